//! `sparkgate explain`, run as its users run it.

use std::fs;

use crate::command::{self, Run};
use crate::judging::root;

/// Runs `sparkgate explain` in the repository.
fn explain(arguments: &[&str], input: &str) -> Run {
    command::run(root(), &[&["explain"], arguments].concat(), input)
}

/// The page of a manifest that is handed in.
fn page(manifest: &str) -> String {
    let run = explain(&["-"], manifest);
    assert_eq!((run.exit, run.err.as_str()), (0, ""), "{manifest}");
    run.out
}

/// The section of a page that begins with a line.
fn section<'p>(page: &'p str, first: &str) -> &'p str {
    let start = page
        .match_indices(first)
        .map(|(at, _)| at)
        .find(|at| *at == 0 || page[..*at].ends_with("\n\n"));
    let rest = &page[start.unwrap_or_else(|| panic!("no {first} in {page}"))..];
    rest.split("\n\n").next().unwrap()
}

const EVERYTHING: &str = r#"apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: everything, namespace: ml}
spec:
  type: Python
  mode: cluster
  sparkVersion: 4.0.1
  image: registry.example/spark:4.0.1
  mainApplicationFile: local:///app/main.py
  sparkConf:
    spark.executor.pyspark.memory: 2g
    spark.memory.offHeap.enabled: "true"
    spark.memory.offHeap.size: 1g
    spark.executor.memoryOverheadFactor: "0.3"
    spark.dynamicAllocation.enabled: "true"
    spark.dynamicAllocation.minExecutors: "0"
  driver:
    cores: 1
    coreLimit: 1200m
    memory: 3g
    env: [{name: TOKEN, value: geheim}]
    template:
      spec:
        initContainers:
          - name: fetch
            image: registry.example/curl
            resources: {requests: {memory: 8Gi, cpu: 100m}}
          - name: logger
            image: registry.example/fluent-bit
            restartPolicy: Always
            resources: {requests: {memory: 64Mi, cpu: 50m}, limits: {memory: 128Mi}}
        containers:
          - {name: spark-kubernetes-driver}
          - {name: proxy, image: registry.example/envoy}
  executor:
    cores: 4
    memory: 6g
    instances: 2
    gpu: {name: nvidia.com/gpu, quantity: 1}
    sidecars:
      - name: metrics
        image: registry.example/exporter
        resources: {requests: {memory: 200M, cpu: "0.1"}}
"#;

#[test]
fn every_part_of_the_memory_has_its_place() {
    let page = page(EVERYTHING);
    insta::assert_snapshot!(page);
    assert!(!page.contains("geheim"));
}

#[test]
fn a_page_is_no_wider_than_a_terminal() {
    let ran = explain(&["--policies", "policies", "fixtures/manifests"], EVERYTHING);
    assert_eq!(ran.exit, 0, "{}", ran.err);
    for line in ran.out.lines().chain(page(EVERYTHING).lines()) {
        let is_one_word = line.split_whitespace().count() <= 2;
        assert!(line.chars().count() <= 100 || is_one_word, "{line}");
    }
}

#[test]
fn jobs_of_the_field_are_explained() {
    for name in [
        "etl-daily-pipeline.ok",
        "scheduled-nested-spec.bad",
        "misspelt-properties.bad",
        "driver-on-spot.bad",
    ] {
        let run = explain(
            &["--policies", "policies", &format!("fixtures/manifests/{name}.yaml")],
            "",
        );
        assert_eq!((run.exit, run.err.as_str()), (0, ""), "{name}");
        insta::assert_snapshot!(name, run.out);
    }
}

/// An application with these members in its spec, in flow style.
fn application(members: &str) -> String {
    format!(
        "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {{name: job, namespace: team}}\n\
         spec: {{<<: {{type: Scala, sparkVersion: 3.5.1, image: spark, mainApplicationFile: \"local:///job.jar\", driver: {{}}, executor: {{}}}}, {members}}}\n"
    )
}

#[test]
fn executors_are_counted_at_start_and_at_most() {
    let cases = [
        (
            "",
            "job\n  in all    2 pods, the driver and 1 executor: cpu 2, memory 2816Mi (2.8Gi)",
        ),
        (
            "executor: {instances: 3}",
            "job\n  in all    4 pods, the driver and 3 executors: cpu 4, memory 5632Mi (5.5Gi)",
        ),
        (
            "dynamicAllocation: {enabled: true, initialExecutors: 2, minExecutors: 1, maxExecutors: 5}",
            "job\n  at start  3 pods, the driver and 2 executors: cpu 3, memory 4224Mi (4.1Gi)\n  \
             at least  2 pods, the driver and 1 executor: cpu 2, memory 2816Mi (2.8Gi)\n  \
             at most   6 pods, the driver and 5 executors: cpu 6, memory 8448Mi (8.2Gi)",
        ),
        (
            "dynamicAllocation: {enabled: true}",
            "job\n  at start  1 pod, the driver alone: cpu 1, memory 1408Mi (1.4Gi)\n  \
             at most   no maximum: as many executors as Spark has tasks for",
        ),
        (
            "dynamicAllocation: {enabled: true, minExecutors: 4, maxExecutors: 2}",
            "job\n  at start  5 pods, the driver and 4 executors: cpu 5, memory 7040Mi (6.9Gi)\n  \
             at most   Spark starts no job whose maximum is below that",
        ),
    ];
    for (members, expected) in cases {
        let page = page(&application(members));
        let job = section(&page, "job\n");
        assert!(job.starts_with(expected), "{members}: {job}");
    }
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    let cases = [
        (
            "driver: {memory: 1.5g}",
            "memory    cannot be told: Spark cannot read `1.5g` as spark.driver.memory",
        ),
        (
            "sparkConf: {spark.memory.offHeap.enabled: \"true\"}",
            "memory    cannot be told: Spark does not start with `spark.memory.offHeap.enabled`",
        ),
        (
            "type: Perl",
            "memory    cannot be told: the overhead depends on the language",
        ),
        ("driver: {coreRequest: two}", "cpu       cannot be told"),
    ];
    for (members, expected) in cases {
        let page = page(&application(members));
        assert!(page.contains(expected), "{members}: {page}");
        let unknown = if expected.starts_with("cpu") {
            "cpu that cannot be told"
        } else {
            "memory that cannot be told"
        };
        assert!(section(&page, "job\n").contains(unknown), "{members}: {page}");
    }
}

#[test]
fn it_says_why_a_policy_does_not_match() {
    let directory = tempfile::tempdir().unwrap();
    let policies = [
        ("everywhere", ""),
        ("namespaces", "match: {namespaces: [\"prod-*\", stage]}"),
        ("excluded", "exclude: {namespaces: [\"te*\"]}"),
        ("languages", "match: {languages: [Python, R]}"),
        ("excluded-language", "exclude: {languages: [Scala]}"),
        ("versions", "match: {sparkVersions: \">=4.0, <5\"}"),
        ("excluded-version", "exclude: {sparkVersions: \"=3.5\"}"),
        ("label", "match: {objectSelector: {matchLabels: {team: alpha}}}"),
        ("other-label", "match: {objectSelector: {matchLabels: {stage: prod}}}"),
        (
            "labels",
            "match: {objectSelector: {matchExpressions: [{key: stage, operator: In, values: [prod, test]}]}}",
        ),
        (
            "not-labels",
            "match: {objectSelector: {matchExpressions: [{key: stage, operator: NotIn, values: [dev]}]}}",
        ),
        (
            "without-label",
            "match: {objectSelector: {matchExpressions: [{key: stage, operator: DoesNotExist}]}}",
        ),
        (
            "excluded-labels",
            "exclude: {objectSelector: {matchLabels: {stage: dev}}}",
        ),
        (
            "by-namespace",
            "match: {namespaceSelector: {matchLabels: {tier: prod}}}",
        ),
        ("by-submitter", "match: {submitters: {users: [anna]}}"),
    ];
    for (name, selector) in policies {
        let text = format!(
            "apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {{name: {name}}}\nspec:\n  {selector}\n  \
             mutate: [{{name: select, nodeSelector: {{pool: {name}}}, onConflict: override}}]\n"
        );
        fs::write(directory.path().join(format!("{name}.yaml")), text).unwrap();
    }
    let manifest = application("").replace("name: job", "name: job, labels: {stage: dev}");
    let run = explain(&["--policies", directory.path().to_str().unwrap(), "-"], &manifest);
    insta::assert_snapshot!(section(&run.out, "policies\n"));
}

#[test]
fn a_policy_that_says_it_itself_takes_the_place_of_the_one_on_by_default() {
    let directory = tempfile::tempdir().unwrap();
    let policy = "apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {name: mild}\nspec:\n  \
                  description: Only a warning.\n  enforcement: warn\n  validate: [{name: readable, wellFormed: {}}]\n";
    fs::write(directory.path().join("mild.yaml"), policy).unwrap();
    let run = explain(
        &["--policies", directory.path().to_str().unwrap(), "-"],
        &application("driver: {memory: 1.5g}"),
    );
    insta::assert_snapshot!(section(&run.out, "policies\n"), @r"
    policies
      ✗ sparkgate  left out: `mild` says it in its place
      ✓ mild       Only a warning.
          readable  wellFormed  finds 1 warning
    ");
}

#[test]
fn the_exit_code_tells_whether_everything_was_explained() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = write("good.yaml", &application(""));
    let denied = write("denied.yaml", &application("driver: {memory: 1.5g}"));
    let other = write("other.yaml", "kind: ConfigMap\n");
    let broken = write("broken.yaml", "a: [1\n");
    let unknown = write("unknown.yaml", &application("").replace("v1beta2", "v3"));
    let missing = "missing.yaml";
    let cases: [(&[&str], i32, &str); 7] = [
        (&[&good], 0, ""),
        (&[&denied], 0, ""),
        (&[&good, &other], 0, ""),
        (&[&other], 2, "there is no Spark application in this"),
        (&[&good, &broken], 2, "error"),
        (&[&good, &unknown], 2, "is not a version of SparkApplication"),
        (&[&good, missing], 2, "this cannot be read"),
    ];
    for (paths, exit, complaint) in cases {
        let run = explain(paths, "");
        assert_eq!(run.exit, exit, "{paths:?}: {}", run.err);
        assert!(run.err.contains(complaint), "{paths:?}: {}", run.err);
        assert_eq!(run.err.is_empty(), complaint.is_empty(), "{paths:?}: {}", run.err);
        assert_eq!(
            run.out.contains("SparkApplication team/job"),
            paths.iter().any(|path| [&good, &denied].contains(&&(*path).to_owned()))
        );
    }
}
