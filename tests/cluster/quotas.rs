//! The API server's own limits, beside sparkgate's.

use serde_json::json;

use super::registration::{plain_pod, register_both};
use super::{root, shared};

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn of_the_api_server_still_count() {
    let namespace = "quotas";
    let cluster = shared();
    cluster.namespace(namespace);
    let server = cluster.sparkgate(&root().join("policies"));
    let _registrations = register_both(&cluster, &server, namespace);
    cluster.quota(namespace, &json!({"limits.memory": "1Gi"}));
    let metadata = json!({"namespace": namespace, "name": "defaults"});
    let limits = json!([{"type": "Container", "default": {"memory": "768Mi"}}]);
    cluster
        .admin
        .create(&json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": limits}}))
        .unwrap();

    let mut pod = plain_pod(namespace);
    let stored = cluster.admin.create(&pod).unwrap();
    assert_eq!(
        stored["spec"]["containers"][0]["resources"]["limits"]["memory"],
        "768Mi"
    );
    pod["metadata"]["name"] = json!("another");
    let refusal = cluster.admin.create(&pod).unwrap_err();
    assert!(refusal.message.contains("exceeded quota: quota"), "{}", refusal.message);
}
