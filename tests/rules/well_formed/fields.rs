//! Fields, and the types of their values.

use sparkgate::engine::policy::PolicySet;

use super::{RULE, assert_rows};
use crate::rules::{application, assert_found, findings, verdict};

#[test]
fn fields_are_those_of_the_operator() {
    assert_rows(&[
        (
            "a section misspelt",
            "exector: {cores: 1}",
            &[("/spec/exector", "`exector` is not a field of SparkApplicationSpec")],
        ),
        (
            "a field misspelt",
            "driver: {memoryOverHead: 1g}",
            &[(
                "/spec/driver/memoryOverHead",
                "`memoryOverHead` is not a field of DriverSpec",
            )],
        ),
        (
            "a mode that does not exist, once",
            "mode: clustered",
            &[("/spec/mode", "`mode` must be `cluster` or `client`")],
        ),
        (
            "a language that does not exist, once",
            "type: Ruby",
            &[("/spec/type", "`type` must be")],
        ),
        (
            "a version that is a number, once",
            "sparkVersion: 3.5",
            &[(
                "/spec/sparkVersion",
                "`sparkVersion` is a fraction and should be a string",
            )],
        ),
        (
            "a property that is a number, once",
            "sparkConf: {spark.executor.memory: 4}",
            &[("/spec/sparkConf/spark.executor.memory", "should be a string")],
        ),
        (
            "a list for an object",
            "driver: [{cores: 1}]",
            &[("/spec/driver", "`driver` is a list and should be an object")],
        ),
        (
            "a text for a list",
            "volumes: data, driver: {volumeMounts: data, tolerations: all}",
            &[
                ("/spec/driver/volumeMounts", "should be a list"),
                ("/spec/driver/tolerations", "should be a list"),
                ("/spec/volumes", "should be a list"),
            ],
        ),
    ]);
}

#[test]
fn another_version_of_the_api_is_not_guessed_at() {
    let manifest = application("driver: {memory: 1.5g}").replace("v1beta2", "v1beta1");
    assert_found(
        "v1beta1",
        &findings(RULE, &PolicySet::builtin(), &manifest),
        &[(
            "/apiVersion",
            "`v1beta1` is not a version of SparkApplication that can be judged",
        )],
    );
}

#[test]
fn an_object_without_a_spec_is_an_object_with_mistakes() {
    let policies = PolicySet::builtin();
    for spec in ["", "spec: null\n", "spec: []\n", "spec: text\n", "spec: {}\n"] {
        let manifest =
            format!("apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {{name: a}}\n{spec}");
        assert!(!verdict(&policies, &manifest).findings.is_empty(), "{spec}");
    }
}
