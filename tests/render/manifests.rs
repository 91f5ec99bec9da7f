//! Of manifests.

use serde_json::json;

use super::{application, documents, lines};
use crate::command::{directory, run, run_unread};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n";

#[test]
fn a_document_for_each_pod_with_a_comment_before_it() {
    let here = directory(&[]);
    let application = application(
        "etl",
        "dynamicAllocation: {enabled: true, initialExecutors: 3, minExecutors: 1}",
        "",
    );
    let run = run(here.path(), &["render", "-"], &application);
    assert_eq!((run.exit, run.err.as_str()), (0, ""));
    let pods = documents(&run.out);
    let kinds: Vec<_> = pods.iter().map(|pod| (&pod["apiVersion"], &pod["kind"])).collect();
    assert_eq!(kinds, [(&json!("v1"), &json!("Pod")), (&json!("v1"), &json!("Pod"))]);
    let comments: Vec<_> = run.out.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(
        comments,
        [
            "# driver of etl",
            "# executor of etl: 3 at start, at least 1, at most as many as it has tasks for",
        ]
    );
    assert!(
        run.out.starts_with("# driver of etl\napiVersion: v1\nkind: Pod\n"),
        "{}",
        run.out
    );
    assert_eq!(run.out.lines().filter(|line| *line == "---").count(), 1);
}

#[test]
fn json_has_a_line_for_each_application() {
    let here = directory(&[(
        "jobs.yaml",
        &format!(
            "{CONFIG_MAP}---\n{}---\n{}",
            application("a", "executor: {instances: 2}", ""),
            application("b", "dynamicAllocation: {enabled: true, maxExecutors: 7}", ""),
        ),
    )]);
    let run = run(here.path(), &["render", "jobs.yaml", "-o", "json"], "");
    assert_eq!((run.exit, run.err.as_str()), (0, ""));
    let jobs = lines(&run.out);
    let executors: Vec<_> = jobs.iter().map(|job| &job["executors"]).collect();
    assert_eq!(
        executors,
        [
            &json!({"initial": 2, "min": 2, "max": 2}),
            &json!({"initial": 0, "min": 0, "max": 7}),
        ]
    );
    for job in &jobs {
        assert_eq!(job.as_object().unwrap().len(), 3, "{job}");
        assert_eq!(job["driver"]["kind"], "Pod");
        assert_eq!(job["executor"]["kind"], "Pod");
    }
    assert!(run.out.starts_with("{\"driver\":{"), "{}", run.out);
}

#[test]
fn both_outputs_are_the_same_pods() {
    let here = directory(&[("a.yaml", &application("a", "executor: {cores: 2}", ""))]);
    let yaml = run(here.path(), &["render", "a.yaml"], "");
    let json = run(here.path(), &["render", "a.yaml", "--output", "json"], "");
    let job = &lines(&json.out)[0];
    assert_eq!(documents(&yaml.out), [job["driver"].clone(), job["executor"].clone()]);
}

#[test]
fn what_spark_would_refuse_is_said_and_the_pods_are_there() {
    let members = "executor: {memory: 1.5g, cores: 0, env: [{name: TOKEN, value: hunter2}]}";
    let here = directory(&[("a.yaml", &application("a", members, "spark.executorEnv.TOKEN: hunter3"))]);
    let run = run(here.path(), &["render", "a.yaml"], "");
    assert_eq!(run.exit, 1);
    assert_eq!(documents(&run.out).len(), 2);
    insta::assert_snapshot!(run.err, @r"
    error: Spark cannot read `1.5g` as spark.executor.memory: Spark reads whole numbers only
      --> a.yaml:11:22
       |
    11 |   executor: {memory: 1.5g, cores: 0, env: [{name: TOKEN, value: *******}]}
       |                      ^^^^
       |
       = help: write `1536m`

    error: the executor has `0` cores; Spark takes a whole number of at least 1
      --> a.yaml:11:35
       |
    11 |   executor: {memory: 1.5g, cores: 0, env: [{name: TOKEN, value: *******}]}
       |                                   ^
       |
       = help: write `1` or more; `coreRequest` may be less, such as `500m`
    ");
    assert!(!run.err.contains("hunter"), "{}", run.err);
}

#[test]
fn the_environment_is_part_of_the_pod() {
    let here = directory(&[(
        "a.yaml",
        &application("a", "", "spark.kubernetes.driverEnv.TOKEN: hunter2"),
    )]);
    let run = run(here.path(), &["render", "a.yaml"], "");
    assert!(run.out.contains("- name: TOKEN\n      value: hunter2\n"), "{}", run.out);
}

#[test]
fn what_cannot_be_read_is_said_in_the_words_of_check_and_the_rest_is_rendered() {
    let broken = format!(
        "{}---\nkind: [A\n---\n{}",
        application("a", "", ""),
        application("b", "", "")
    );
    let cases = [("broken.yaml", broken.as_str(), 4), ("missing.yaml", "", 0)];
    for (name, text, pods) in cases {
        let here = directory(&[]);
        if !text.is_empty() {
            std::fs::write(here.path().join(name), text).unwrap();
        }
        let checked = run(here.path(), &["check", name], "");
        let rendered = run(here.path(), &["render", name], "");
        assert_eq!((checked.exit, rendered.exit), (2, 2), "{name}");
        let error = rendered.err.trim_end();
        assert!(error.starts_with("error: "), "{error}");
        assert!(checked.out.contains(error), "{}\n{}", checked.out, rendered.err);
        assert_eq!(documents(&rendered.out).len(), pods, "{name}");
    }
}

#[test]
fn without_an_application_there_is_nothing_to_render() {
    let here = directory(&[("a.yaml", &format!("{CONFIG_MAP}---\nno: kind\n---\n[1]\n"))]);
    let run = run(here.path(), &["render", "a.yaml"], "");
    assert_eq!((run.exit, run.out.as_str()), (2, ""));
    insta::assert_snapshot!(run.err, @r"
    error: there is no Spark application in this
    --> a.yaml
     = help: an application is a SparkApplication or ScheduledSparkApplication of `sparkoperator.k8s.io/v1beta2`, or a SparkApplication of `spark.apache.org/v1`
    ");
}

#[test]
fn an_unknown_version_is_said_and_the_rest_is_rendered() {
    let unknown = application("a", "", "").replace("v1beta2", "v1beta9");
    let here = directory(&[("a.yaml", &format!("{unknown}---\n{}", application("b", "", "")))]);
    let run = run(here.path(), &["render", "a.yaml", "-o", "json"], "");
    assert_eq!(run.exit, 1);
    assert_eq!(lines(&run.out).len(), 1);
    insta::assert_snapshot!(run.err, @r"
    error: `v1beta9` is not a version of SparkApplication that can be judged
     --> a.yaml:1:13
      |
    1 | apiVersion: sparkoperator.k8s.io/v1beta9
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write `apiVersion: sparkoperator.k8s.io/v1beta2`
    ");
}

#[test]
fn a_version_of_spark_whose_pods_are_not_known_is_said() {
    let cases = [
        (
            "2.4.8",
            "what pods Spark 2.4.8 makes is not known: they are those of 3.2.0",
        ),
        (
            "4.4.0",
            "what pods Spark 4.4.0 makes is not known: they are those of 4.3.0",
        ),
        (
            "latest",
            "which version of Spark the job runs cannot be told: its pods are those of 4.3.0",
        ),
    ];
    for (version, note) in cases {
        let here = directory(&[("a.yaml", &application("a", "", "").replace("3.5.1", version))]);
        let run = run(here.path(), &["render", "a.yaml"], "");
        assert_eq!((run.exit, documents(&run.out).len()), (0, 2), "{version}: {}", run.err);
        assert_eq!(run.err, format!("note: {note}\n--> a.yaml:1:1\n\n"));
    }
}

#[test]
fn a_template_that_is_no_pod_is_said() {
    let here = directory(&[("a.yaml", &application("a", "driver: {template: [1]}", ""))]);
    let run = run(here.path(), &["render", "a.yaml"], "");
    assert_eq!(run.exit, 1);
    assert_eq!(documents(&run.out).len(), 2);
    insta::assert_snapshot!(run.err, @r"
    error: the template of the driver's pod is a list, and should be a pod
      --> a.yaml:11:12
       |
    11 |   driver: {template: [1]}
       |            ^^^^^^^^
       |
       = help: write the pod's `metadata` and `spec` under `template`
    ");
}

#[test]
fn what_the_api_server_would_refuse_is_said_once_and_the_pods_are_there() {
    let members = "driver: {cores: [1], memory: 1.5g}\n  executor: []\n  exector: {}";
    let here = directory(&[("a.yaml", &application("a", members, ""))]);
    let run = run(here.path(), &["render", "a.yaml"], "");
    assert_eq!(run.exit, 1);
    assert_eq!(documents(&run.out).len(), 2);
    insta::assert_snapshot!(run.err, @r"
    error: `cores` is a list and should be an integer
      --> a.yaml:11:12
       |
    11 |   driver: {cores: [1], memory: 1.5g}
       |            ^^^^^

    error: Spark cannot read `1.5g` as spark.driver.memory: Spark reads whole numbers only
      --> a.yaml:11:32
       |
    11 |   driver: {cores: [1], memory: 1.5g}
       |                                ^^^^
       |
       = help: write `1536m`

    error: `executor` is a list and should be an object
      --> a.yaml:12:3
       |
     4 | spec:
    ...
    12 |   executor: []
       |   ^^^^^^^^
       |
       = help: write `name: value`, without a `- ` before it

    error: `exector` is not a field of SparkApplicationSpec: kubectl refuses it, and from other clients the API server drops it
      --> a.yaml:13:3
       |
     4 | spec:
    ...
    13 |   exector: {}
       |   ^^^^^^^
       |
       = help: did you mean `executor`?
    ");
}

#[test]
fn lists_and_schedules_are_unfolded() {
    let here = directory(&[]);
    let text = "apiVersion: v1
kind: List
items:
- apiVersion: sparkoperator.k8s.io/v1beta2
  kind: ScheduledSparkApplication
  metadata: {name: nightly}
  spec: {schedule: \"@daily\", template: {sparkVersion: 3.5.1, executor: {instances: 5, memory: four}}}
";
    let run = run(here.path(), &["render", "-", "-o", "json"], text);
    assert_eq!(run.exit, 1);
    assert_eq!(lines(&run.out)[0]["executors"]["initial"], 5);
    assert!(run.err.contains("--> <stdin>:7:"), "{}", run.err);
}

#[test]
fn an_operator_without_its_webhook_leaves_out_what_only_that_can_say() {
    let members = "driver: {tolerations: [{key: batch}]}";
    let here = directory(&[("a.yaml", &application("a", members, ""))]);
    let tolerations = |arguments: &[&str]| {
        let run = run(
            here.path(),
            &[&["render", "a.yaml", "-o", "json"], arguments].concat(),
            "",
        );
        lines(&run.out)[0]["driver"]["spec"]["tolerations"].clone()
    };
    assert_eq!(tolerations(&[]), json!([{"key": "batch"}]));
    assert_eq!(tolerations(&["--no-operator-webhook"]), json!(null));
}

#[test]
fn a_name_stays_in_its_comment() {
    let here = directory(&[]);
    for name in ["\"a\\nkind: Evil\"", "\"a\\u2028b\"", "\"a\\x85b\""] {
        let run = run(here.path(), &["render", "-"], &application(name, "", ""));
        let comment = run.out.lines().next().unwrap();
        assert!(comment.starts_with("# driver of a\\"), "{comment}");
        assert_eq!(documents(&run.out).len(), 2);
        assert!(!run.out.contains("\nkind: Evil"), "{}", run.out);
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let many = format!("{}---\n", application("a", "", "")).repeat(200);
    let here = directory(&[("many.yaml", &many)]);
    let run = run_unread(here.path(), &["render", "many.yaml"]);
    assert_eq!(run.exit, 0);
    assert_eq!(run.err, "");
}
