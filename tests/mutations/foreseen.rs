//! What templates and exporters do to the pods of an application, seen before there are any.

use serde_json::json;

use crate::command::{directory, run};
use crate::judging::application;

const POLICY: &str = "\
apiVersion: sparkgate.io/v1alpha1
kind: SparkPolicy
metadata: {name: platform}
spec:
  mutate:
    - name: pods
      podTemplate: {file: pod.yaml}
    - name: metrics
      roles: [driver]
      jmxExporter: {image: \"exporter:1\", config: {inline: {rules: [{pattern: \".*\"}]}}}
  validate:
    - name: small
      roles: [driver]
      resources: {memory: {max: 2Gi}}
";

const TEMPLATE: &str = "\
apiVersion: v1
kind: Pod
spec:
  terminationGracePeriodSeconds: 60
  initContainers:
    - name: logs
      image: \"logs:1\"
      restartPolicy: Always
      resources: {requests: {cpu: 100m, memory: 1Gi}, limits: {cpu: 100m, memory: 1Gi}}
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
    - {name: spark, env: [{name: TZ, value: UTC}]}
";

/// What a command says of an application under the policy.
fn said(arguments: &[&str]) -> String {
    let size = json!({"cores": 1, "memory": "1g"});
    let written = application(&json!({"spec": {"driver": size, "executor": size}}));
    let files = directory(&[
        ("policies/platform.yaml", POLICY),
        ("policies/pod.yaml", TEMPLATE),
        ("etl.json", &written.to_string()),
    ]);
    let ran = run(
        files.path(),
        &[arguments, &["--policies", "policies", "etl.json"]].concat(),
        "",
    );
    assert_eq!(ran.err, "");
    ran.out
}

#[test]
fn explain_counts_what_policies_bring_and_says_who_brought_it() {
    insta::assert_snapshot!(said(&["explain"]));
}

#[test]
fn render_shows_the_pods_with_it() {
    insta::assert_snapshot!(said(&["render", "--diff"]));
}
