//! `sparkgate check`, run as its users run it.

use std::path::Path;

use serde_json::{Value, json};

use crate::command::{self, Run, directory, run_unread};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n";

/// Runs `sparkgate check` in a directory.
fn check(directory: &Path, arguments: &[&str], input: &str) -> Run {
    command::run(directory, &[&["check"], arguments].concat(), input)
}

fn check_json(directory: &Path, arguments: &[&str], input: &str) -> (i32, Value) {
    let run = check(directory, &[&["--format", "json"], arguments].concat(), input);
    (run.exit, serde_json::from_str(&run.out).unwrap())
}

/// One field of each entry of a list in the report.
fn each<'r>(report: &'r Value, list: &str, field: &str) -> Vec<&'r Value> {
    report[list]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry[field])
        .collect()
}

#[test]
fn the_exit_code_tells_clean_from_undone_work() {
    let files = directory(&[
        ("good.yaml", CONFIG_MAP),
        ("broken.yaml", "a: [1\n"),
        ("none/notes.txt", "not a manifest"),
        ("comments.yaml", "# nothing yet\n"),
    ]);
    let cases: [(&[&str], i32); 8] = [
        (&["good.yaml"], 0),
        (&["good.yaml", "comments.yaml"], 0),
        (&[], 2),
        (&["missing.yaml"], 2),
        (&["good.yaml", "broken.yaml"], 2),
        (&["none"], 2),
        (&["comments.yaml"], 2),
        (&["--format", "xml", "good.yaml"], 2),
    ];
    for (arguments, exit) in cases {
        let run = check(files.path(), arguments, "");
        assert_eq!(run.exit, exit, "{arguments:?}: {}{}", run.out, run.err);
    }
}

#[test]
fn what_could_not_be_judged_is_named_and_the_rest_is_judged() {
    let files = directory(&[
        ("a.yaml", CONFIG_MAP),
        ("b.yaml", "kind: A\n---\nkind: [B\n---\nkind: C\n"),
        ("empty/README.md", ""),
    ]);
    let (exit, report) = check_json(files.path(), &["a.yaml", "missing.yaml", "b.yaml", "empty"], "");
    assert_eq!(exit, 2);
    assert_eq!(each(&report, "documents", "kind"), ["ConfigMap", "A", "C"]);
    assert_eq!(each(&report, "documents", "line"), [1, 1, 5]);
    assert_eq!(each(&report, "failures", "file"), ["empty", "missing.yaml", "b.yaml"]);
    assert_eq!(report["failures"][2]["line"], 3);
    assert_eq!(report["failures"][2]["column"], 7);
    assert_eq!(report["summary"]["failures"], 3);
}

#[test]
fn what_only_the_operators_webhook_gives_the_pods_is_not_there_without_it() {
    let files = directory(&[(
        "policies/p.yaml",
        "apiVersion: sparkgate.io/v1alpha1
kind: SparkPolicy
metadata: {name: spot}
spec:
  validate:
  - {name: driver-off-spot, roles: [driver], notOnSpot: {pools: [{taint: {key: spot, value: x, effect: NoSchedule}}]}}
",
    )]);
    let application = "apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: a}
spec:
  type: Scala
  mode: cluster
  sparkVersion: 3.5.1
  image: a/b
  mainClass: a.B
  mainApplicationFile: local:///a.jar
  driver: {tolerations: [{key: spot, operator: Exists}]}
  executor: {}
";
    for (arguments, found) in [
        (&[][..], &["spot/driver-off-spot"][..]),
        (&["--no-operator-webhook"], &[]),
    ] {
        let arguments = [&["--policies", "policies", "-"], arguments].concat();
        let (_, report) = check_json(files.path(), &arguments, application);
        assert_eq!(each(&report, "findings", "code"), found, "{arguments:?}");
    }
}

#[test]
fn people_see_where_a_file_is_broken() {
    let files = directory(&[("b.yaml", "kind: A\nkind: B\n")]);
    let run = check(files.path(), &["b.yaml"], "");
    insta::assert_snapshot!(run.out, @r#"
    error: the key "kind" is given twice in one object, first at line 1, column 1
    --> b.yaml:2:1

    0 documents; 1 input could not be judged; only the built-in policy (name others with --policies)
    "#);
    assert_eq!(run.err, "");
}

#[test]
fn a_directory_is_walked_in_order_and_hidden_things_are_left_alone() {
    let files = directory(&[
        ("jobs/b.yaml", CONFIG_MAP),
        ("jobs/a.yml", CONFIG_MAP),
        ("jobs/c.json", "{\n\t\"kind\": \"ConfigMap\"\n}"),
        ("jobs/d.txt", CONFIG_MAP),
        ("jobs/team/e.yaml", CONFIG_MAP),
        ("jobs/.git/f.yaml", CONFIG_MAP),
        ("jobs/.g.yaml", CONFIG_MAP),
        ("other.manifest", CONFIG_MAP),
    ]);
    let (exit, report) = check_json(files.path(), &["other.manifest", "jobs"], "");
    assert_eq!(exit, 0);
    assert_eq!(
        each(&report, "documents", "file"),
        [
            "other.manifest",
            "jobs/a.yml",
            "jobs/b.yaml",
            "jobs/c.json",
            "jobs/team/e.yaml"
        ]
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_their_loops_survived() {
    use std::os::unix::fs::symlink;
    let files = directory(&[("jobs/a.yaml", CONFIG_MAP), ("elsewhere/b.yaml", CONFIG_MAP)]);
    let jobs = files.path().join("jobs");
    symlink("..", jobs.join("loop")).unwrap();
    symlink("../elsewhere", jobs.join("elsewhere")).unwrap();
    symlink("../elsewhere/b.yaml", jobs.join("link.yaml")).unwrap();
    let (exit, report) = check_json(files.path(), &["jobs"], "");
    assert_eq!(exit, 0);
    assert_eq!(
        each(&report, "documents", "file"),
        ["jobs/a.yaml", "jobs/elsewhere/b.yaml", "jobs/link.yaml"]
    );
}

#[test]
fn standard_input_is_a_file_too() {
    let here = directory(&[]);
    let (exit, report) = check_json(here.path(), &["-"], "\u{feff}kind: A\r\n---\r\nkind: B\r\n");
    assert_eq!(exit, 0);
    assert_eq!(each(&report, "documents", "kind"), ["A", "B"]);
    assert_eq!(each(&report, "documents", "file"), ["<stdin>", "<stdin>"]);
}

#[test]
fn an_empty_standard_input_is_no_pass() {
    let here = directory(&[]);
    let (exit, report) = check_json(here.path(), &["-"], "");
    assert_eq!(exit, 2);
    assert_eq!(each(&report, "failures", "message"), ["there is no document in this"]);
}

#[test]
fn lists_are_unfolded() {
    let text = "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a, namespace: x}
- kind: List
  items:
  - {kind: Secret, metadata: {name: b}}
---
apiVersion: v1
kind: ConfigMapList
items:
- metadata: {name: c}
---
kind: NotReallyAList
";
    let here = directory(&[]);
    let (exit, report) = check_json(here.path(), &["-", "--namespace", "y"], text);
    assert_eq!(exit, 0);
    assert_eq!(each(&report, "documents", "name"), ["a", "b", "c", ""]);
    assert_eq!(each(&report, "documents", "namespace"), ["x", "y", "y", "y"]);
    assert_eq!(
        each(&report, "documents", "kind"),
        ["ConfigMap", "Secret", "ConfigMap", "NotReallyAList"]
    );
    assert_eq!(each(&report, "documents", "line"), [4, 9, 14, 16]);
}

#[test]
fn what_is_not_spark_is_counted_and_left_alone() {
    let here = directory(&[]);
    let run = check(
        here.path(),
        &["-"],
        &format!("{CONFIG_MAP}---\nno: kind\n---\n[1, 2]\n---\ntext\n"),
    );
    assert_eq!(run.exit, 0);
    assert_eq!(
        run.out,
        "4 documents: 4 not Spark; only the built-in policy (name others with --policies)\n"
    );
}

#[test]
fn a_report_in_json_always_has_all_its_parts() {
    let here = directory(&[]);
    let (_, report) = check_json(here.path(), &["missing"], "");
    assert_eq!(
        report,
        json!({
            "findings": [],
            "documents": [],
            "skipped": [],
            "failures": [{
                "file": "missing",
                "line": null,
                "column": null,
                "message": "this cannot be read: there is no such file",
                "help": null,
            }],
            "summary": {
                "documents": 0, "passed": 0, "denied": 0, "notSpark": 0,
                "errors": 0, "warnings": 0, "audits": 0, "mutations": 0,
                "failures": 1, "policies": null,
            },
        })
    );
}

#[test]
fn policies_that_do_not_load_stop_the_work() {
    let files = directory(&[("good.yaml", CONFIG_MAP), ("empty/README.md", "")]);
    let cases = [
        ("missing", "name a directory that holds policy files"),
        ("good.yaml", "name a directory that holds policy files"),
        ("empty", "holds no *.yaml or *.yml file"),
    ];
    for (policies, complaint) in cases {
        let run = check(files.path(), &["--policies", policies, "good.yaml"], "");
        assert_eq!(run.exit, 2, "{policies}");
        assert_eq!(run.out, "", "{policies}");
        assert!(run.err.starts_with("error: the policy directory "), "{}", run.err);
        assert!(run.err.contains(complaint), "{}", run.err);
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let files = directory(&[("many.yaml", &format!("{CONFIG_MAP}---\n").repeat(5_000))]);
    let run = run_unread(files.path(), &["check", "--format", "json", "many.yaml"]);
    assert_eq!(run.exit, 0);
    assert_eq!(run.err, "");
}
