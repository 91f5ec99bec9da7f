//! `policies/`: three levels to choose from, each of which keeps what it promises.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use sparkgate::engine::policy::PolicySet;

use crate::command::{Run, run};
use crate::judging::root;

const LEVELS: [&str; 3] = ["baseline", "production", "strict"];

fn level(name: &str) -> PathBuf {
    root().join("policies").join(name)
}

/// The manifests whose names end in this.
fn manifests(ending: &str) -> Vec<String> {
    let directory = root().join("fixtures/manifests").read_dir().unwrap();
    let mut files: Vec<String> = directory
        .map(|entry| format!("fixtures/manifests/{}", entry.unwrap().file_name().to_str().unwrap()))
        .filter(|file| file.ends_with(ending))
        .collect();
    files.sort();
    files
}

/// What a level says, of a cluster that has the quotas of the fixtures.
fn check(level: &str, arguments: &[&str]) -> Run {
    let policies = format!("policies/{level}");
    let cluster = ["--cluster", "fixtures/manifests/quotas.yaml"];
    let ran = run(
        root(),
        &[&["check", "--policies", &policies], &cluster[..], arguments].concat(),
        "",
    );
    assert_eq!(ran.err, "");
    ran
}

/// The codes of a level.
fn codes(level_name: &str) -> BTreeSet<String> {
    let policies: PolicySet = sparkgate::policies::load(Some(&level(level_name)), 1).unwrap();
    let entries = policies.policies().iter().flat_map(|policy| &policy.validations);
    entries.map(|entry| entry.code.to_string()).collect()
}

#[test]
fn each_level_holds_the_one_before_it() {
    let [baseline, production, strict] = LEVELS.map(codes);
    assert!(baseline.is_subset(&production), "{baseline:?} {production:?}");
    assert!(production.is_subset(&strict), "{production:?} {strict:?}");
    assert_ne!(baseline, production);
}

#[test]
fn every_entry_says_why_it_is_there() {
    for level_name in LEVELS {
        for entry in level(level_name).read_dir().unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let mut reasoned = false;
            for line in text.lines().map(str::trim_start) {
                assert!(!line.starts_with("- name:") || reasoned, "{}: {line}", path.display());
                // A reason may take several lines.
                reasoned = line.starts_with("# Why:") || (reasoned && line.starts_with('#'));
            }
        }
    }
}

#[test]
fn the_index_lists_the_files_of_each_level() {
    let page = fs::read_to_string(root().join("policies/README.md")).unwrap();
    let mut listed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in page.lines().filter_map(|line| line.strip_prefix("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let file = cells[0].trim_end_matches('`');
        for (level_name, cell) in LEVELS.into_iter().zip(&cells[2..]) {
            if !cell.is_empty() {
                listed.entry(level_name).or_default().insert(file.to_owned());
            }
        }
    }
    for level_name in LEVELS {
        let files = level(level_name).read_dir().unwrap();
        let files: BTreeSet<String> = files
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(listed.get(level_name), Some(&files), "{level_name}");
    }
}

#[test]
fn baseline_denies_nothing_that_works() {
    let files = manifests(".ok.yaml");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    assert_eq!(files.len(), 8, "{files:?}");
    let ran = check("baseline", &files);
    assert_eq!(ran.exit, 0, "{}", ran.out);
}

#[test]
fn production_denies_what_is_bad_for_the_reason_that_is_given() {
    let reasons = [
        ("apache-driver-on-spot", "spot/driver-off-spot"),
        ("apache-from-kubeflow", "sparkgate/well-formed"),
        ("driver-on-spot", "spot/driver-off-spot"),
        ("half-decommissioned", "spot/executors-hand-over"),
        ("literal-secrets", "secrets/no-literals"),
        ("misspelt-properties", "sparkgate/well-formed"),
        ("no-cpu-limit", "quotas/fits"),
        ("over-quota", "quotas/fits"),
        ("pyspark-oomkilled", "memory/executor-overhead"),
        ("scheduled-nested-spec", "sparkgate/well-formed"),
    ];
    for (name, code) in reasons {
        let file = format!("fixtures/manifests/{name}.bad.yaml");
        let ran = check("production", &["--format", "json", &file]);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let is_denied = |finding: &Value| finding["code"] == code && finding["enforcement"] == "deny";
        assert!(findings.iter().any(is_denied), "{name}: {findings:#?}");
    }
}

#[test]
fn what_production_says_to_what_is_well_made() {
    let files = manifests(".ok.yaml");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    insta::assert_snapshot!(check("production", &files).out);
}
