//! The recorded pods of real Spark, and what the policies that are shipped make of them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use sparkgate::engine::request::Phase;

use crate::judging::{CREATE, patched, review, root, verdict_in};

/// Every pod that was recorded, with the file and the role.
pub fn recorded_pods() -> Vec<(PathBuf, &'static str, Value)> {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join("fixtures/spark-pods"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && !path.ends_with("templates"))
        .flat_map(|directory| fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let mut pods = Vec::new();
    for file in files {
        let recording: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        for role in ["driver", "executor"] {
            if recording[role].is_object() {
                pods.push((file.clone(), role, recording[role].clone()));
            }
        }
    }
    assert!(pods.len() > 400, "{}", pods.len());
    pods
}

/// The pod as the API server sends it for review.
pub fn as_created(pod: &Value) -> Value {
    let mut pod = pod.clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod
}

/// What a set of policies does, and to which pods, in a namespace of team `alpha`.
fn done(directory: &str) -> String {
    let labels = BTreeMap::from([("team".to_owned(), "alpha".to_owned())]);
    let policies = sparkgate::policies::load(Some(&root().join(directory)), 1).unwrap();
    let mut pods: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, role, pod) in recorded_pods() {
        let before = as_created(&pod);
        let mutate = |pod: &Value| verdict_in(Some(&labels), &policies, Phase::Mutate, &review(CREATE, pod));
        let verdict = mutate(&before);
        assert_eq!(verdict.findings, [], "{} {role}", file.display());
        let again = mutate(&patched(&before, verdict.patch.as_json())).patch;
        assert!(again.is_empty(), "{} {role}: {}", file.display(), again.as_json());
        let mut all = String::new();
        for record in &verdict.mutations {
            for change in &record.changes {
                writeln!(all, "  {} {} {}", record.code, change.effect.as_str(), change.pointer).unwrap();
            }
        }
        let operations: Vec<Value> = serde_json::from_str(verdict.patch.as_json()).unwrap();
        for operation in operations {
            writeln!(all, "  {operation}").unwrap();
        }
        let run = file
            .strip_prefix(root().join("fixtures/spark-pods"))
            .unwrap()
            .with_extension("");
        pods.entry(all)
            .or_default()
            .push(format!("{role} of {}", run.display()));
    }
    let groups = pods.into_iter().map(|(all, pods)| {
        let of_role = |role: &str| pods.iter().filter(|pod| pod.starts_with(role)).count();
        let whose = match pods.as_slice() {
            few if few.len() <= 8 => few.join(", "),
            _ => format!("{} drivers, {} executors", of_role("driver"), of_role("executor")),
        };
        format!("{whose}:\n{}", if all.is_empty() { "  nothing\n" } else { &all })
    });
    groups.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_the_shipped_policies_do_to_every_recorded_pod() {
    insta::assert_snapshot!("shipped_policies_to_try", done("policies"));
    insta::assert_snapshot!("shipped_policies_of_production", done("policies/production"));
}
