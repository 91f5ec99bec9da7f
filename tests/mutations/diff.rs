//! `sparkgate check --diff`: what the policies make of each object, and which policy did it.

use serde_json::json;

use crate::command::{self, directory};
use crate::judging::{application, pod};

const POLICY: &str = "\
apiVersion: sparkgate.io/v1alpha1
kind: SparkPolicy
metadata: {name: p}
spec:
  mutate:
    - name: log
      onConflict: override
      sparkConf: {spark.eventLog.enabled: \"true\", spark.eventLog.dir: \"s3a://logs\"}
    - name: pool
      roles: [driver]
      nodeSelector: {pool: spark, zone: a}
    - name: lake
      envFromSecret: {secret: lake, keys: {TOKEN: token}}
";

#[test]
fn every_change_is_told_with_the_policy_that_made_it() {
    let written = application(&json!({"spec": {
        "sparkConf": {"spark.eventLog.enabled": "false"},
        "driver": {"nodeSelector": {"zone": "b"}, "env": [{"name": "TOKEN", "value": "geheim"}]},
    }}));
    let files = directory(&[("policies/p.yaml", POLICY), ("etl.json", &written.to_string())]);
    let run = command::run(
        files.path(),
        &["check", "--policies", "policies", "--diff", "etl.json"],
        "",
    );
    assert_eq!(run.exit, 0, "{}{}", run.out, run.err);
    assert!(!run.out.contains("geheim"), "{}", run.out);
    insta::assert_snapshot!(run.out);
}

#[test]
fn a_pod_is_shown_as_it_will_be_and_an_unchanged_one_is_not() {
    let files = directory(&[
        ("policies/p.yaml", POLICY),
        ("driver.json", &pod("driver", &json!({})).to_string()),
        (
            "other.json",
            &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}).to_string(),
        ),
    ]);
    let arguments = ["check", "--policies", "policies", "--diff", "driver.json", "other.json"];
    let run = command::run(files.path(), &arguments, "");
    assert_eq!(run.exit, 0, "{}{}", run.out, run.err);
    insta::assert_snapshot!(run.out);
}
