//! `--cluster`: what a cluster holds, through the command.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const POLICIES: &str = "fixtures/quota/policies";
const QUOTAS: &str = "fixtures/manifests/quotas.yaml";

fn run(command: &str, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sparkgate"))
        .args([command, "--policies", POLICIES])
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn report(arguments: &[&str]) -> Value {
    let (_, out, err) = run("check", &[&["--format", "json"], arguments].concat());
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"))
}

fn codes_and_places(report: &Value) -> Vec<(&str, &str)> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| (finding["code"].as_str().unwrap(), finding["pointer"].as_str().unwrap()))
        .collect()
}

#[test]
fn what_does_not_fit_is_denied_for_the_reason_in_its_comment() {
    let over = report(&["--cluster", QUOTAS, "fixtures/manifests/over-quota.bad.yaml"]);
    assert_eq!(
        codes_and_places(&over),
        [("quota/fits", "/spec/dynamicAllocation/maxExecutors")]
    );
    let shortfalls = over["findings"][0]["shortfalls"].as_array().unwrap();
    let cpu = shortfalls.iter().find(|row| row["resource"] == "requests.cpu").unwrap();
    assert_eq!(
        *cpu,
        serde_json::json!({
            "quota": "spark-compute-quota",
            "resource": "requests.cpu",
            "wanted": "4001",
            "used": "120",
            "reserved": "0",
            "hard": "500",
            "shortBy": "3621",
        })
    );

    let unlimited = report(&["--cluster", QUOTAS, "fixtures/manifests/no-cpu-limit.bad.yaml"]);
    assert_eq!(
        codes_and_places(&unlimited),
        [("quota/fits", "/spec/driver"), ("quota/fits", "/spec/executor")]
    );
    for finding in unlimited["findings"].as_array().unwrap() {
        assert!(
            finding["message"]
                .as_str()
                .unwrap()
                .contains("must specify limits.cpu for: spark-kubernetes-")
        );
    }
}

#[test]
fn everything_that_is_well_made_fits() {
    let manifests = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/manifests");
    for entry in manifests.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let path = path.to_str().unwrap();
        if path.ends_with(".ok.yaml") {
            let report = report(&["--cluster", QUOTAS, path]);
            assert_eq!(codes_and_places(&report), [], "{path}");
            assert_eq!(report["summary"]["passed"], 1, "{path}");
        }
    }
}

/// A cluster in a file, beside an application of five pods in `team`.
fn check_in(cluster: &str) -> (i32, String, String) {
    let directory = tempfile::tempdir().unwrap();
    let (state, job) = (directory.path().join("cluster.yaml"), directory.path().join("job.yaml"));
    fs::write(&state, cluster).unwrap();
    fs::write(&job, APPLICATION.replace("NAME", "job")).unwrap();
    let paths = [&state, &job].map(|path| path.to_str().unwrap().to_owned());
    run("check", &["--cluster", &paths[0], &paths[1]])
}

const APPLICATION: &str = "\
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: NAME, namespace: team}
spec:
  type: Scala
  mode: cluster
  image: spark:3.5.1
  mainClass: Main
  mainApplicationFile: local:///main.jar
  sparkVersion: 3.5.1
  driver: {cores: 1, memory: 2g}
  executor: {cores: 2, memory: 4g, instances: 4}
";

fn quota(pods: u32, status: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: q, namespace: team}}\nspec: {{hard: {{pods: \"{pods}\"}}}}\n{status}"
    )
}

/// Each case: what the cluster holds, and whether another five pods fit.
#[test]
fn what_others_have_and_are_to_have_counts() {
    let running = APPLICATION.replace("NAME", "other");
    let finished = format!("{running}status: {{applicationState: {{state: COMPLETED}}}}\n");
    let itself = APPLICATION.replace("NAME", "job");
    let schedule = "\
apiVersion: sparkoperator.k8s.io/v1beta2
kind: ScheduledSparkApplication
metadata: {name: other, namespace: team}
spec: {schedule: \"@daily\", template: {}}
";
    let used = "status: {used: {pods: \"3\"}}\n";
    let pod = "\
apiVersion: v1
kind: Pod
metadata:
  name: other-driver
  namespace: team
  labels: {spark-role: driver, spark-app-selector: s, sparkoperator.k8s.io/app-name: other}
spec: {containers: [{name: c, image: i}]}
";
    let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: team}, spec: {hard: {pods: 4}}}\n";
    let cases = [
        ("an unused quota", quota(5, ""), true),
        ("too small a quota", quota(4, ""), false),
        ("a quota that is used", quota(7, used), false),
        ("a quota that is used, and large enough", quota(8, used), true),
        (
            "an application to come",
            format!("{}---\n{running}", quota(9, "")),
            false,
        ),
        (
            "a schedule that is called as that application is",
            format!("{}---\n{running}---\n{schedule}", quota(9, "")),
            false,
        ),
        ("room for both", format!("{}---\n{running}", quota(10, "")), true),
        (
            "an application that has finished",
            format!("{}---\n{finished}", quota(5, "")),
            true,
        ),
        (
            "a pod of another's",
            format!("{}---\n{running}---\n{pod}", quota(9, "")),
            true,
        ),
        (
            "the application itself",
            format!("{}---\n{itself}", quota(5, used)),
            true,
        ),
        ("a list", list.to_owned(), false),
    ];
    for (case, cluster, fits) in cases {
        let (exit, out, err) = check_in(&cluster);
        assert_eq!(exit, i32::from(!fits), "{case}: {out}{err}");
    }
}

#[test]
fn a_namespace_of_which_nothing_is_known_is_not_judged() {
    let (exit, out, _) = check_in(&quota(1, "").replace("team", "other-team"));
    assert_eq!(exit, 0);
    assert!(
        out.contains("note[quota/fits]: not judged: nothing is known of the quotas in namespace `team`"),
        "{out}"
    );
}

#[test]
fn explains_what_was_not_judged_and_what_does_not_fit() {
    let manifest = "fixtures/manifests/over-quota.bad.yaml";
    let (_, untold, _) = run("explain", &[manifest]);
    assert!(
        untold.contains("fits  quotaFit  not judged: nothing is known of the quotas in namespace `data-pipelines`"),
        "{untold}"
    );
    let (_, told, _) = run("explain", &["--cluster", QUOTAS, manifest]);
    assert!(told.contains("80 of its 1000 executors would fit"), "{told}");

    // Which priority class the pods get is not known: that is a warning, and called one.
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("cluster.yaml");
    let scoped = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: data-pipelines}\nspec: {hard: {pods: 1}, scopes: [PriorityClass]}\n";
    fs::write(&state, scoped).unwrap();
    let (_, doubtful, _) = run("explain", &["--cluster", state.to_str().unwrap(), manifest]);
    assert!(doubtful.contains("fits  quotaFit  finds 1 warning"), "{doubtful}");
}

/// Each case: a file of a cluster, and what is wrong with it.
#[test]
fn says_what_is_wrong_with_what_the_cluster_holds() {
    let cases = [
        (
            quota(1, "").replace("\"1\"", "many"),
            ":4:21: q: this is no amount of `pods`",
        ),
        (
            quota(1, "").replace(", namespace: team", ""),
            ":3:1: q: the object names no namespace",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: team, labels: {spark-role: driver, spark-app-selector: s, sparkoperator.k8s.io/app-name: a}}\nspec: {containers: [{resources: {requests: {cpu: two}}}]}\n".to_owned(),
            ":4:50: p: this is no amount of cpu",
        ),
        ("kind: [".to_owned(), ":1:"),
        (
            "a: b".to_owned(),
            "there is nothing of a cluster in what --cluster names",
        ),
        (String::new(), "there is nothing of a cluster in what --cluster names"),
    ];
    for (cluster, message) in cases {
        let (exit, out, err) = check_in(&cluster);
        assert_eq!((exit, out.as_str()), (2, ""), "{cluster}: {err}");
        assert!(err.contains(message), "{cluster}: {err}");
    }
    let (exit, _, err) = run("check", &["--cluster", "nowhere.yaml", QUOTAS]);
    assert_eq!(exit, 2);
    assert!(err.contains("nowhere.yaml"), "{err}");
}

#[test]
fn the_labels_of_namespaces_decide_which_policies_match() {
    let directory = tempfile::tempdir().unwrap();
    let policies = directory.path().join("policies");
    fs::create_dir(&policies).unwrap();
    fs::write(
        policies.join("pool.yaml"),
        "apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {name: pool}\nspec: {match: {namespaceSelector: {matchLabels: {tier: production}}}, mutate: [{name: pool, nodeSelector: {pool: spark}}]}\n",
    )
    .unwrap();
    let state = directory.path().join("namespaces.yaml");
    let job = directory.path().join("job.yaml");
    fs::write(&job, APPLICATION.replace("NAME", "job")).unwrap();
    for (tier, is_matched) in [("production", true), ("sandbox", false)] {
        fs::write(
            &state,
            format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: team, labels: {{tier: {tier}}}}}\n"),
        )
        .unwrap();
        let [policies, state, job] = [&policies, &state, &job].map(|path| path.to_str().unwrap());
        for command in ["render", "explain"] {
            let output = Command::new(env!("CARGO_BIN_EXE_sparkgate"))
                .args([command, "--policies", policies, "--cluster", state, job])
                .output()
                .unwrap();
            let out = String::from_utf8(output.stdout).unwrap();
            let shown = match command {
                "render" => out.contains("pool: spark"),
                _ => out.contains("✓ pool"),
            };
            assert_eq!(shown, is_matched, "{command} {tier}: {out}");
        }
    }
}
