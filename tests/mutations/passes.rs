//! Mutations that build on one another, in whatever order they stand.

use serde_json::{Value, json};
use sparkgate::engine::request::Phase;

use super::pod_template::RESTRICTED;
use crate::judging::{CREATE, application, patched, pod, policies, policy, review, verdict};

fn mutated(spec: &str, object: &Value) -> Value {
    let policies = policies(&[policy("p", spec)]);
    let once = patched(
        object,
        verdict(&policies, Phase::Mutate, &review(CREATE, object))
            .patch
            .as_json(),
    );
    let again = verdict(&policies, Phase::Mutate, &review(CREATE, &once));
    assert!(again.patch.is_empty(), "{spec}: {}", again.patch.as_json());
    once
}

#[test]
fn a_label_that_comes_from_a_later_label_is_set_the_first_time() {
    let spec = "mutate: [\
        {name: a, metadata: {annotations: {c: {podLabel: b}}}}, \
        {name: b, metadata: {labels: {b: {podLabel: a}}}}, \
        {name: c, metadata: {labels: {a: {value: x}}}}]";
    let once = mutated(spec, &pod("driver", &json!({})));
    assert_eq!(once["metadata"]["labels"]["b"], "x");
    assert_eq!(once["metadata"]["annotations"]["c"], "x");
}

#[test]
fn policies_that_override_each_other_come_to_rest() {
    let spec = "mutate: [\
        {name: a, onConflict: override, nodeSelector: {pool: one}}, \
        {name: b, onConflict: override, nodeSelector: {pool: two}}]";
    let once = mutated(spec, &pod("driver", &json!({})));
    assert_eq!(once["spec"]["nodeSelector"], json!({"pool": "two"}));
}

#[test]
fn policies_that_override_each_others_properties_come_to_rest() {
    let spec = "mutate: [\
        {name: a, onConflict: override, sparkConf: {spark.eventLog.enabled: \"false\"}}, \
        {name: b, onConflict: override, sparkConf: {spark.eventLog.enabled: \"true\"}}]";
    for written in ["true", "false"] {
        let conf = json!({"spark.eventLog.enabled": written});
        let once = mutated(spec, &application(&json!({"spec": {"sparkConf": conf}})));
        assert_eq!(once["spec"]["sparkConf"]["spark.eventLog.enabled"], "true", "{written}");
    }
}

#[test]
fn what_was_kept_and_what_was_set_is_told_once() {
    let policies = policies(&[policy(
        "p",
        "mutate: [{name: a, nodeSelector: {pool: x, zone: a}}, {name: b, metadata: {labels: {team: {value: t}}}}]",
    )]);
    let pod = pod("driver", &json!({"spec": {"nodeSelector": {"pool": "mine"}}}));
    let verdict = verdict(&policies, Phase::Mutate, &review(CREATE, &pod));
    let told: Vec<String> = verdict
        .mutations
        .iter()
        .flat_map(|record| {
            record
                .changes
                .iter()
                .map(|change| format!("{} {} {}", record.code, change.effect.as_str(), change.pointer))
        })
        .collect();
    assert_eq!(
        told,
        [
            "p/a set /spec/nodeSelector/zone",
            "p/a kept /spec/nodeSelector/pool",
            "p/b set /metadata/labels/team",
        ]
    );
}

#[test]
fn a_secret_for_all_containers_reaches_those_that_later_entries_bring() {
    let spec = format!(
        "mutate: [\
        {{name: lake, envFromSecret: {{secret: lake, keys: {{TOKEN: token}}, containers: all}}}}, \
        {{name: metrics, jmxExporter: {{image: \"exporter:1\", config: {{inline: {{}}}}}}}}, \
        {{name: fetch, podTemplate: {{inline: {{spec: {{initContainers: [{{name: fetch, image: \"tool:1\", {RESTRICTED}}}]}}}}}}}}]"
    );
    let once = mutated(&spec, &pod("executor", &json!({})));
    let containers = ["containers", "initContainers"]
        .into_iter()
        .flat_map(|list| once["spec"][list].as_array().unwrap());
    let told: Vec<&str> = containers
        .filter(|container| {
            let env = container["env"].as_array().map_or(&[][..], Vec::as_slice);
            env.iter().filter(|variable| variable["name"] == "TOKEN").count() == 1
        })
        .map(|container| container["name"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["spark", "jmx-exporter", "fetch"]);
}
