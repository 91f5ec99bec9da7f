//! Applications are changed as they are made, and their pods foreseen.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sparkgate::engine::finding::{MutationRecord, Verdict};
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::request::Phase;

use crate::judging::{CREATE, UPDATE, application, patched, policies, policy, review, verdict, verdict_in};

const MEMORY: &str = "spark.executor.memoryOverhead";

fn set(mutation: &str) -> PolicySet {
    policies(&[policy(
        "p",
        &format!(
            "mutate: [{{name: m, {mutation}}}], validate: [{{name: v, roles: [executor], memoryOverhead: {{minRatio: 0.5}}}}]"
        ),
    )])
}

fn conf(on_conflict: &str) -> PolicySet {
    set(&format!(
        "required: true, onConflict: {on_conflict}, sparkConf: {{{MEMORY}: 2g}}"
    ))
}

fn patch_of(verdict: &Verdict) -> Value {
    serde_json::from_str(verdict.patch.as_json()).unwrap()
}

fn codes(verdict: &Verdict) -> Vec<String> {
    let mut codes: Vec<String> = verdict
        .findings
        .iter()
        .map(|finding| finding.code.to_string())
        .collect();
    codes.dedup();
    codes
}

#[test]
fn a_property_is_set_as_the_application_is_made_and_never_again() {
    let policies = conf("keep");
    let made = application(&json!({}));
    let mutated = verdict(&policies, Phase::Mutate, &review(CREATE, &made));
    let place = format!("/spec/sparkConf/{MEMORY}");
    assert_eq!(
        patch_of(&mutated),
        json!([
            {"op": "add", "path": "/spec/sparkConf", "value": {}},
            {"op": "add", "path": place, "value": "2g"},
        ])
    );
    let once = patched(&made, mutated.patch.as_json());
    assert!(
        verdict(&policies, Phase::Mutate, &review(CREATE, &once))
            .patch
            .is_empty()
    );

    let mut update = review(UPDATE, &made);
    update["request"]["oldObject"] = application(&json!({"spec": {"image": "older"}}));
    assert!(verdict(&policies, Phase::Mutate, &update).patch.is_empty());
}

#[test]
fn what_mutation_had_to_do_and_did_not_is_found() {
    let policies = conf("keep");
    let lacking = application(&json!({}));
    let found = verdict(&policies, Phase::Validate, &review(CREATE, &lacking));
    assert_eq!(codes(&found), ["p/m", "p/v"]);
    assert_eq!(
        found.findings[0].message,
        "the application lacks what the required mutation `sparkConf` gives it"
    );
    assert_eq!(found.findings[0].pointer.as_str(), format!("/spec/sparkConf/{MEMORY}"));

    let as_mutated = application(&json!({"spec": {"sparkConf": {MEMORY: "2g"}}}));
    assert!(
        verdict(&policies, Phase::Validate, &review(CREATE, &as_mutated))
            .findings
            .is_empty()
    );
}

#[test]
fn a_dry_run_judges_the_application_as_it_will_be() {
    let cases = [
        ("keep", json!({}), vec![]),
        ("keep", json!({"spec": {"sparkConf": {MEMORY: "400m"}}}), vec!["p/v"]),
        ("override", json!({"spec": {"sparkConf": {MEMORY: "400m"}}}), vec![]),
        (
            "deny",
            json!({"spec": {"sparkConf": {MEMORY: "400m"}}}),
            vec!["p/m", "p/v"],
        ),
        // The field wins over `sparkConf`.
        (
            "override",
            json!({"spec": {"executor": {"memoryOverhead": "400m"}}}),
            vec!["p/m", "p/v"],
        ),
    ];
    for (on_conflict, change, expected) in cases {
        let found = verdict(&conf(on_conflict), Phase::Check, &review(CREATE, &application(&change)));
        assert_eq!(codes(&found), expected, "{on_conflict} {change}");
    }
}

#[test]
fn a_schedule_stays_as_it_is_and_is_judged_as_its_runs_will_be() {
    let template = application(&json!({}))["spec"].clone();
    let schedule = json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "ScheduledSparkApplication",
        "metadata": {"name": "etl", "namespace": "team-a"},
        "spec": {"schedule": "@daily", "template": template},
    });
    for phase in [Phase::Mutate, Phase::Validate, Phase::Check] {
        let verdict = verdict(&conf("keep"), phase, &review(CREATE, &schedule));
        assert!(verdict.patch.is_empty() && verdict.mutations.is_empty(), "{phase:?}");
        assert!(verdict.findings.is_empty(), "{phase:?}: {:?}", verdict.findings);
    }
}

#[test]
fn an_application_gets_its_labels_from_its_namespace_and_hands_them_to_its_pods() {
    let policies = set(
        "metadata: {labels: {team: {namespaceLabel: team}, owner: {applicationLabel: team}}, annotations: {acme.com/team: {applicationLabel: team}}}",
    );
    let labels = BTreeMap::from([("team".to_owned(), "alpha".to_owned())]);
    let made = application(&json!({"spec": {"executor": {"memoryOverhead": "2g"}}}));
    let mutated = verdict_in(Some(&labels), &policies, Phase::Mutate, &review(CREATE, &made));
    let once = patched(&made, mutated.patch.as_json());
    assert_eq!(once["metadata"]["labels"], json!({"team": "alpha", "owner": "alpha"}));
    let again = verdict_in(Some(&labels), &policies, Phase::Mutate, &review(CREATE, &once));
    assert!(again.patch.is_empty());

    let checked = verdict_in(Some(&labels), &policies, Phase::Check, &review(CREATE, &made));
    let roles: Vec<_> = checked
        .foreseen
        .iter()
        .map(|record| record.role.unwrap().as_str())
        .collect();
    assert_eq!(roles, ["driver", "executor"]);
    assert!(checked.foreseen.iter().all(MutationRecord::has_effect));
}

#[test]
fn an_entry_about_one_role_is_not_about_the_application() {
    let policies = set("roles: [driver], metadata: {labels: {team: {value: alpha}}}");
    let checked = verdict(&policies, Phase::Check, &review(CREATE, &application(&json!({}))));
    assert!(checked.patch.is_empty());
    assert_eq!(checked.foreseen.len(), 1);
}
