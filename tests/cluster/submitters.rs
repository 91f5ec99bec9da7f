//! Who asks, and where, as the API server tells it.

use serde_json::json;

use super::api_server::DANA;
use super::registration::{VALIDATING, register};
use super::{documents, root, shared};
use crate::command::directory;

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn are_told_apart_by_the_policies() {
    let namespace = "submitters";
    let cluster = shared();
    cluster.namespace(namespace);
    let policies = directory(&[(
        "memory.yaml",
        "apiVersion: sparkgate.io/v1alpha1
kind: SparkPolicy
metadata: {name: memory}
spec:
  match:
    namespaceSelector: {matchLabels: {sparkgate.io/managed: \"true\"}}
    submitters: {users: [dana], groups: [team-beta]}
  validate:
    - {name: overhead, memoryOverhead: {minRatio: 5}}
",
    )]);
    let server = cluster.sparkgate(policies.path());
    let _registration = register(&cluster, VALIDATING, &server, namespace);
    let mut application = documents(&root().join("fixtures/manifests/spot-executors.ok.yaml")).remove(0);
    application["metadata"]["namespace"] = json!(namespace);

    let dana = cluster.user(DANA);
    let refusal = dana.create(&application).unwrap_err();
    assert!(
        refusal.message.contains("User \"dana\" cannot create"),
        "{}",
        refusal.message
    );
    let subject = json!({"kind": "User", "name": "dana"});
    cluster.allow(namespace, &subject, "sparkoperator.k8s.io", "sparkapplications");
    let refusal = dana.create(&application).unwrap_err();
    assert!(refusal.message.contains("memory/overhead: "), "{}", refusal.message);
    cluster.admin.create(&application).unwrap();
}
