//! With policies: the pods as they leave them, and what they change.

use tempfile::TempDir;

use super::{application, lines};
use crate::command::{Run, directory, run};

const SPOT: &str = "apiVersion: sparkgate.io/v1alpha1
kind: SparkPolicy
metadata: {name: spot}
spec:
  match: {languages: [Scala]}
  mutate:
  - {name: pool, roles: [executor], nodeSelector: {pool: spot}}
  - {name: zone, onConflict: deny, nodeSelector: {zone: a}}
";

/// A directory with an application and the policy.
fn with_spot(members: &str) -> TempDir {
    directory(&[
        ("policies/spot.yaml", SPOT),
        ("a.yaml", &application("etl", members, "")),
        (
            "spark-defaults.conf",
            "spark.app.name=etl\nspark.kubernetes.container.image=a/b:1\n",
        ),
    ])
}

fn render(directory: &TempDir, arguments: &[&str]) -> Run {
    run(
        directory.path(),
        &[&["render", "--policies", "policies"], arguments].concat(),
        "",
    )
}

const OF_PROPERTIES: [&str; 6] = [
    "--properties",
    "spark-defaults.conf",
    "--language",
    "scala",
    "--spark-version",
    "3.5.1",
];

#[test]
fn pods_are_shown_as_the_policies_leave_them() {
    let files = with_spot("driver: {}");
    for source in [&["a.yaml"][..], &OF_PROPERTIES] {
        let run = render(&files, &[source, &["-o", "json"]].concat());
        assert_eq!((run.exit, run.err.as_str()), (0, ""));
        let job = &lines(&run.out)[0];
        assert_eq!(job["driver"]["spec"]["nodeSelector"], serde_json::json!({"zone": "a"}));
        assert_eq!(
            job["executor"]["spec"]["nodeSelector"],
            serde_json::json!({"pool": "spot", "zone": "a"})
        );
    }
}

#[test]
fn a_diff_shows_what_the_policies_change() {
    let files = with_spot("driver: {nodeSelector: {zone: a}}");
    let run = render(&files, &["a.yaml", "--diff"]);
    assert_eq!((run.exit, run.err.as_str()), (0, ""));
    let changes: Vec<_> = run
        .out
        .lines()
        .filter(|line| line.starts_with(['+', '-', '#']))
        .collect();
    assert_eq!(
        changes,
        [
            "# driver of etl: the policies change nothing",
            "--- executor of etl, as Spark makes it",
            "+++ executor of etl, after the policies",
            "+  nodeSelector:",
            "+    pool: spot",
            "+    zone: a",
        ]
    );
}

#[test]
fn a_conflict_is_said() {
    let files = with_spot("driver: {nodeSelector: {zone: b}}");
    let run = render(&files, &["a.yaml", "-o", "json"]);
    assert_eq!(run.exit, 1);
    assert_eq!(lines(&run.out).len(), 1);
    insta::assert_snapshot!(run.err, @r"
    error[spot/zone]: the node selector `zone` is `b`, and the policy asks for `a`
      --> a.yaml:11:33
       |
    11 |   driver: {nodeSelector: {zone: b}}
       |                                 ^
       |
       = effective: driver pod /spec/nodeSelector/zone
       = help: leave `zone` out, or write `zone: a`
    ");
}

#[test]
fn a_policy_that_cannot_be_decided_is_said_to_be_left_out() {
    let files = directory(&[
        (
            "policies/p.yaml",
            &SPOT.replace("languages: [Scala]", "submitters: {users: [a]}"),
        ),
        ("a.yaml", &application("etl", "", "")),
    ]);
    let run = render(&files, &["a.yaml", "--diff"]);
    assert_eq!(run.exit, 0);
    insta::assert_snapshot!(run.err, @r"
    note: the policy spot is left out: who submits it is not known
    ");
}

#[test]
fn a_diff_is_of_policies_and_no_output() {
    let files = with_spot("");
    for arguments in [
        &["a.yaml", "--diff"][..],
        &["a.yaml", "--policies", "policies", "--diff", "-o", "json"],
    ] {
        let run = run(files.path(), &[&["render"], arguments].concat(), "");
        assert_eq!((run.exit, run.out.as_str()), (2, ""), "{arguments:?}");
    }
}

#[test]
fn the_namespace_of_the_command_line_stands_in() {
    let files = directory(&[
        (
            "policies/p.yaml",
            &SPOT.replace("languages: [Scala]", "namespaces: [team-*]"),
        ),
        ("a.yaml", &application("etl", "", "")),
        (
            "spark-defaults.conf",
            "spark.app.name=etl\nspark.kubernetes.container.image=a/b:1\n",
        ),
    ]);
    for source in [&["a.yaml"][..], &OF_PROPERTIES] {
        for (namespace, zone) in [("team-a", "a"), ("other", "")] {
            let run = render(&files, &[source, &["-o", "json", "-n", namespace]].concat());
            let driver = &lines(&run.out)[0]["driver"];
            assert_eq!(driver["metadata"]["namespace"], namespace, "{source:?}");
            assert_eq!(
                driver["spec"]["nodeSelector"]["zone"].as_str().unwrap_or_default(),
                zone,
                "{source:?}"
            );
        }
    }
}
