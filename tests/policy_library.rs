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

/// The policy files of a level, by their names.
fn files(level_name: &str) -> BTreeSet<String> {
    let paths = level(level_name).read_dir().unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect()
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
    let all = policies.policies().iter();
    let of_policy = all.flat_map(|policy| {
        let mutations = policy.mutations.iter().map(|entry| &entry.code);
        mutations.chain(policy.validations.iter().map(|entry| &entry.code))
    });
    of_policy.map(ToString::to_string).collect()
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
        for name in files(level_name) {
            let path = level(level_name).join(name);
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
        assert_eq!(listed.get(level_name), Some(&files(level_name)), "{level_name}");
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
    // All that denies each, so that nothing leads away from the reason.
    let reasons: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("apache-driver-on-spot", &["spot/driver-off-spot"][..]),
        ("apache-from-kubeflow", &["sparkgate/well-formed"]),
        ("driver-on-spot", &["spot/driver-off-spot"]),
        ("half-decommissioned", &["spot/executors-hand-over"]),
        ("literal-secrets", &["secrets/no-literals"]),
        ("misspelt-properties", &["sparkgate/well-formed"]),
        ("no-cpu-limit", &["quotas/fits"]),
        ("over-quota", &["executors/elastic", "quotas/fits"]),
        // Its image is `latest`.
        ("pyspark-oomkilled", &["images/pinned", "memory/executor-overhead"]),
        // Without the nested spec there is no limit of cpu either, which the quota counts.
        ("scheduled-nested-spec", &["quotas/fits", "sparkgate/well-formed"]),
    ]);
    let mut denied: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in manifests(".bad.yaml") {
        let ran = check("production", &["--format", "json", &file]);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let name = file
            .trim_start_matches("fixtures/manifests/")
            .trim_end_matches(".bad.yaml");
        let findings = report["findings"].as_array().unwrap();
        let denials = findings.iter().filter(|finding| finding["enforcement"] == "deny");
        let codes = denials.map(|finding| finding["code"].as_str().unwrap().to_owned());
        denied.insert(name.to_owned(), codes.collect());
    }
    let expected = reasons
        .into_iter()
        .map(|(name, codes)| (name.to_owned(), codes.iter().map(ToString::to_string).collect()));
    assert_eq!(denied, expected.collect());
}

#[test]
fn what_production_says_to_what_is_well_made() {
    let files = manifests(".ok.yaml");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    insta::assert_snapshot!(check("production", &files).out);
}
