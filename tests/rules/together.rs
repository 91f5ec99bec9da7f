//! All that is wrong with an object is said at once, and always in the same order.

use serde_json::{Value, json};
use sparkgate::engine::request::Phase;

use crate::judging::{CREATE, application, pod, policies, policy, review, verdict};

/// The codes and places of what is found, by policies that are read in either order.
#[track_caller]
fn found(object: &Value) -> Vec<String> {
    let first = policy(
        "a",
        "order: 1, validate: [{name: third, secrets: {}}, {name: second, images: {pinned: tag}}, {name: first, requiredMetadata: {labels: {b: [\"*\"], a: [\"*\"]}}}]",
    );
    let second = policy(
        "b",
        "order: 1, validate: [{name: third, podSecurity: {level: baseline}}, {name: second, sparkConf: {forbidden: [spark.plugins], required: [spark.a]}}]",
    );
    let earlier = policy(
        "c",
        "order: 0, validate: [{name: third, restartPolicy: {maxRetries: 1}}]",
    );
    let review = review(CREATE, object);
    let [one, other] = [
        [first.clone(), second.clone(), earlier.clone()],
        [earlier, second, first],
    ]
    .map(|sources| {
        let findings = verdict(&policies(&sources), Phase::Validate, &review).findings;
        let places = findings
            .iter()
            .map(|finding| format!("{} {}", finding.code, finding.pointer));
        places.collect::<Vec<String>>()
    });
    assert_eq!(one, other);
    one
}

#[test]
fn of_an_application() {
    let application = application(&json!({"spec": {
        "image": "spark",
        "restartPolicy": {"type": "Always"},
        "hadoopConf": {"fs.s3a.secret.key": "a"},
        "sparkConf": {"spark.plugins": "a"},
        "driver": {"hostNetwork": true, "env": [{"name": "TOKEN", "value": "a"}, {"name": "PASSWORD", "value": "a"}]},
        "executor": {"securityContext": {"privileged": true}},
        "exector": {},
    }}));
    assert_eq!(
        found(&application),
        [
            "sparkgate/well-formed /spec/exector",
            "c/third /spec/restartPolicy/type",
            "a/third /spec/driver/env/0/value",
            "a/third /spec/driver/env/1/value",
            "a/third /spec/hadoopConf/fs.s3a.secret.key",
            "a/second /spec/image",
            "a/second /spec/image",
            "a/first /metadata/labels/a",
            "a/first /metadata/labels/b",
            "b/third /spec/driver/hostNetwork",
            "b/third /spec/executor/securityContext/privileged",
            "b/second /spec/sparkConf/spark.plugins",
            "b/second /spec/sparkConf",
        ]
    );
}

#[test]
fn of_a_pod() {
    let pod = pod(
        "driver",
        &json!({"spec": {"hostPID": true, "containers": [
            {"name": "spark", "image": "spark", "args": ["driver"], "env": [{"name": "TOKEN", "value": "a"}]},
            {"name": "side", "image": "side:latest", "securityContext": {"privileged": true}},
        ]}}),
    );
    assert_eq!(
        found(&pod),
        [
            "a/third /spec/containers/0/env/0/value",
            "a/second /spec/containers/0/image",
            "a/second /spec/containers/1/image",
            "a/first /metadata/labels/a",
            "a/first /metadata/labels/b",
            "b/third /spec/hostPID",
            "b/third /spec/containers/1/securityContext/privileged",
        ]
    );
}
