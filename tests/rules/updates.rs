//! What an UPDATE does not get round.

use serde_json::{Value, json};
use sparkgate::engine::request::Phase;

use crate::judging::{UPDATE, application, pod, policies, policy, review, verdict};

/// The places at which one rule finds something in an object that was another one before.
fn found(rule: &str, old: &Value, new: &Value, sub_resource: Option<&str>) -> Vec<String> {
    let policies = policies(&[policy("tested", &format!("validate: [{{name: tested, {rule}}}]"))]);
    let mut review = review(UPDATE, new);
    review["request"]["oldObject"] = old.clone();
    review["request"]["subResource"] = json!(sub_resource);
    let findings = verdict(&policies, Phase::Validate, &review).findings;
    let of_rule = findings.iter().filter(|finding| finding.code.policy == "tested");
    of_rule.map(|finding| finding.pointer.to_string()).collect()
}

#[test]
fn a_label_that_is_taken_away_is_missed() {
    let rule = "requiredMetadata: {labels: {team: [data]}}";
    let labelled = |labels: Value| application(&json!({"metadata": {"labels": labels}}));
    let (good, bad) = (labelled(json!({"team": "data"})), labelled(json!({"team": "other"})));
    let none: [&str; 0] = [];
    assert_eq!(found(rule, &good, &good, None), none);
    assert_eq!(
        found(rule, &good, &application(&json!({})), None),
        ["/metadata/labels/team"]
    );
    assert_eq!(found(rule, &good, &bad, None), ["/metadata/labels/team"]);
    assert_eq!(found(rule, &bad, &bad, None), none, "it was so before");
    assert_eq!(found(rule, &bad, &good, None), none, "it is put right");
    let of_pod = |labels: Value| pod("driver", &json!({"metadata": {"labels": labels}}));
    let (good, bad) = (of_pod(json!({"team": "data"})), of_pod(json!({"team": null})));
    assert_eq!(found(rule, &good, &bad, None), ["/metadata/labels/team"]);
}

#[test]
fn a_changed_spec_is_judged_for_what_is_new_in_it() {
    let before = application(&json!({}));
    let cases = [
        (
            "images: {registries: [docker.io]}",
            json!({"spec": {"executor": {"image": "evil.io/spark"}}}),
            "/spec/executor/image",
        ),
        (
            "sparkConf: {forbidden: [spark.plugins]}",
            json!({"spec": {"sparkConf": {"spark.plugins": "a"}}}),
            "/spec/sparkConf/spark.plugins",
        ),
        (
            "secrets: {}",
            json!({"spec": {"driver": {"env": [{"name": "TOKEN", "value": "a"}]}}}),
            "/spec/driver/env/0/value",
        ),
        (
            "podSecurity: {level: baseline}",
            json!({"spec": {"driver": {"hostNetwork": true}}}),
            "/spec/driver/hostNetwork",
        ),
        (
            "scheduling: {priorityClasses: [a]}",
            json!({"spec": {"driver": {"priorityClassName": "b"}}}),
            "/spec/driver/priorityClassName",
        ),
    ];
    for (rule, change, place) in cases {
        let after = application(&change);
        assert_eq!(found(rule, &before, &after, None), [place], "{rule}");
        assert_eq!(found(rule, &after, &after, None), [""; 0], "{rule}: the same");
        assert_eq!(found(rule, &after, &before, None), [""; 0], "{rule}: put right");
    }
}

#[test]
fn one_forbidden_value_in_place_of_another_is_new() {
    let with = |change: Value| application(&json!({"spec": change}));
    let cases = [
        (
            "images: {registries: [quay.io]}",
            with(json!({"image": "evil.io/a"})),
            with(json!({"image": "evil.io/b"})),
            "/spec/image",
        ),
        (
            "sparkConf: {forbidden: [spark.plugins]}",
            with(json!({"sparkConf": {"spark.plugins": "a"}})),
            with(json!({"sparkConf": {"spark.plugins": "b"}})),
            "/spec/sparkConf/spark.plugins",
        ),
        (
            "secrets: {}",
            with(json!({"driver": {"env": [{"name": "TOKEN", "value": "a"}]}})),
            with(json!({"driver": {"env": [{"name": "TOKEN", "value": "b"}]}})),
            "/spec/driver/env/0/value",
        ),
        (
            "dynamicAllocation: {maxExecutors: {max: 2}}",
            with(json!({"executor": {"instances": 3}})),
            with(json!({"executor": {"instances": 4}})),
            "/spec/executor/instances",
        ),
        (
            "decommission: {pools: [{labels: {a: b}}]}",
            with(
                json!({"sparkConf": {"spark.decommission.enabled": "true"}, "executor": {"nodeSelector": {"a": "b"}}}),
            ),
            with(
                json!({"sparkConf": {"spark.decommission.enabled": "true", "spark.storage.decommission.shuffleBlocks.enabled": "false"}, "executor": {"nodeSelector": {"a": "b"}}}),
            ),
            "/spec/sparkConf/spark.storage.decommission.shuffleBlocks.enabled",
        ),
    ];
    for (rule, old, new, place) in cases {
        let mut elsewhere = old.clone();
        json_patch::merge(&mut elsewhere, &json!({"spec": {"mainClass": "Other"}}));
        let nothing = [""; 0];
        assert!(found(rule, &old, &new, None).contains(&place.to_owned()), "{rule}");
        assert_eq!(found(rule, &old, &elsewhere, None), nothing, "{rule}: elsewhere");
    }
}

#[test]
fn containers_that_are_put_in_later_are_judged() {
    let before = pod("executor", &json!({}));
    let debugger = json!({"name": "debug", "image": "evil.io/sh", "env": [{"name": "TOKEN", "value": "a"}], "securityContext": {"privileged": true}});
    let after = pod("executor", &json!({"spec": {"ephemeralContainers": [debugger]}}));
    let cases = [
        ("images: {registries: [docker.io]}", "/spec/ephemeralContainers/0/image"),
        ("secrets: {}", "/spec/ephemeralContainers/0/env/0/value"),
        (
            "podSecurity: {level: baseline}",
            "/spec/ephemeralContainers/0/securityContext/privileged",
        ),
    ];
    for (rule, place) in cases {
        let found = found(rule, &before, &after, Some("ephemeralcontainers"));
        assert_eq!(found, [place], "{rule}");
    }
}
