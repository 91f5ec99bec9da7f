//! The rules, through `evaluate`: a policy and a manifest, both as people write them, and what is found.

#![expect(
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "a table of cases is as long, and its rows as wide, as there is to say"
)]

mod bad_policies;
mod decommission;
mod dynamic_allocation;
mod generated;
mod images;
mod memory_overhead;
mod not_on_spot;
mod pod_security;
mod required_metadata;
mod resources;
mod restart_policy;
mod schedule;
mod scheduling;
mod secrets;
mod spark_conf;
mod together;
mod updates;
mod well_formed;

use sparkgate::engine::finding::{Finding, Verdict};
use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::{PolicySet, Source};
use sparkgate::engine::request::{Operation, Phase, Request};
use sparkgate::engine::yaml::parse_stream;
use sparkgate::engine::{Facts, evaluate};

/// A set of one policy, whose entries are given from below `spec`.
fn policy(entries: &str) -> PolicySet {
    let text =
        format!("apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {{name: tested}}\nspec:\n{entries}");
    let source = Source {
        name: "tested.yaml".to_owned(),
        text,
    };
    PolicySet::from_sources(&[source], 1).unwrap()
}

/// A `SparkApplication` whose spec has these members, in flow style; of those that it must have, the ones that the text leaves out are made up.
fn application(members: &str) -> String {
    format!(
        "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {{name: job, namespace: team}}\nspec: {}",
        spec(members)
    )
}

/// The same as a schedule.
fn scheduled(members: &str) -> String {
    format!(
        "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: ScheduledSparkApplication\nmetadata: {{name: job, namespace: team}}\nspec: {{schedule: \"@daily\", template: {}}}",
        spec(members)
    )
}

fn spec(members: &str) -> String {
    // Spark goes by the script's name, whatever the type says.
    let declared = members
        .split_once("type: ")
        .and_then(|(_, rest)| rest.split(',').next());
    let file = match declared {
        Some("Python") => "job.py",
        Some("R") => "job.R",
        _ => "job.jar",
    };
    let required = format!(
        "type: Scala, sparkVersion: 3.5.1, image: \"spark:3.5.1\", mainApplicationFile: \"local:///{file}\", driver: {{}}, executor: {{}}"
    );
    format!("{{<<: {{{required}}}, {members}}}")
}

/// An application of Apache's operator with these properties and, besides, these members of the spec.
fn apache(properties: &str, members: &str) -> String {
    format!(
        "apiVersion: spark.apache.org/v1\nkind: SparkApplication\nmetadata: {{name: job, namespace: team}}\nspec: {{mainClass: Main, jars: \"local:///job.jar\", runtimeVersions: {{sparkVersion: 4.0.0}}, sparkConf: {{{properties}}}, {members}}}"
    )
}

/// A driver pod of Spark's with this spec, in flow style.
fn driver_pod(spec: &str) -> String {
    pod("driver", spec)
}

fn pod(role: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: job-{role}, labels: {{spark-role: {role}, spark-app-selector: spark-1}}}}\nspec: {spec}"
    )
}

/// What `check` says of a manifest.
fn verdict(policies: &PolicySet, manifest: &str) -> Verdict {
    verdict_in(Phase::Check, policies, manifest)
}

/// What a rule finds in an object that is changed from `old` to `new`.
fn findings_of_update(rule: &str, policies: &PolicySet, old: &str, new: &str) -> Vec<Finding> {
    let arena = Arena::new();
    let root = |manifest| parse_stream(&arena, manifest).0.first().map(|document| document.root);
    let request = Request {
        phase: Phase::Validate,
        operation: Operation::Update,
        old_object: root(old),
        ..Request::of_manifest(&arena, root(new).unwrap(), None).unwrap()
    };
    let findings = evaluate(policies, &request, &Facts::default()).findings;
    findings.into_iter().filter(|finding| finding.rule == rule).collect()
}

fn verdict_in(phase: Phase, policies: &PolicySet, manifest: &str) -> Verdict {
    let arena = Arena::new();
    let (documents, errors) = parse_stream(&arena, manifest);
    assert_eq!(errors, [], "{manifest}");
    let [document] = documents.as_slice() else {
        panic!("not one document: {manifest}");
    };
    let request = Request::of_manifest(&arena, document.root, None).unwrap();
    evaluate(policies, &Request { phase, ..request }, &Facts::default())
}

/// What one rule finds in a manifest.
fn findings(rule: &str, policies: &PolicySet, manifest: &str) -> Vec<Finding> {
    let findings = verdict(policies, manifest).findings;
    findings.into_iter().filter(|finding| finding.rule == rule).collect()
}

/// Asserts that a rule finds something at these places, in this order, and that each message holds its text.
#[track_caller]
fn assert_found(case: &str, findings: &[Finding], expected: &[(&str, &str)]) {
    let places: Vec<_> = findings.iter().map(|finding| finding.pointer.as_str()).collect();
    let expected_places: Vec<_> = expected.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, expected_places, "{case}: {findings:#?}");
    for (finding, (_, text)) in findings.iter().zip(expected) {
        assert!(
            finding.message.contains(text),
            "{case}: {:?} lacks {text:?}",
            finding.message
        );
    }
}
