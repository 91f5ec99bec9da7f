//! What still works while sparkgate does not answer.

use axum::http::Method;
use serde_json::{Value, json};

use super::balancer::Balancer;
use super::registration::{MUTATING, Registration, VALIDATING, at_port, plain_pod, until_asked};
use super::{alone, root, shipped};
use crate::serve::process::until;

/// A replica of sparkgate, as its `ReplicaSet` would make it.
fn own_pod() -> Value {
    let template = shipped("Deployment")["spec"]["template"].take();
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": "sparkgate", "name": "sparkgate-1", "labels": template["metadata"]["labels"]},
        "spec": template["spec"],
    })
}

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn leaves_alone_what_the_cluster_and_sparkgate_need_to_get_well() {
    let namespace = "outage";
    let cluster = alone();
    cluster.namespace(namespace);
    cluster.account("kube-system", "default");
    // Somebody enrols what is never to be asked about.
    for name in ["kube-system", "sparkgate"] {
        let path = format!("/api/v1/namespaces/{name}");
        let mut enrolled = cluster.admin.request(&Method::GET, &path, &Value::Null).unwrap();
        enrolled["metadata"]["labels"]["sparkgate.io/managed"] = json!("true");
        cluster.admin.replace(&enrolled).unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let start = || cluster.sparkgate_in(directory.path(), &root().join("policies"));
    let service = Balancer::start();
    let server = start();
    service.add(server.webhook);
    let registrations = [MUTATING, VALIDATING].map(|kind| {
        let registration = Registration::new(&cluster, at_port(kind, service.port, &server));
        until_asked(&cluster, kind, &server, namespace);
        registration
    });

    let mut stored = plain_pod(namespace);
    stored["metadata"]["name"] = json!("stored");
    let mut stored = cluster.admin.create(&stored).unwrap();
    service.remove(server.webhook);
    drop(server);
    let refusal = cluster.admin.try_to_create(&plain_pod(namespace)).unwrap_err();
    assert!(
        refusal
            .message
            .contains("failed calling webhook \"validate.sparkgate.io\""),
        "mutation fails open, and validation closed: {}",
        refusal.message
    );
    // What is there can be finished and cleaned up, and not become something else.
    for finalizers in [json!(["example.com/tidy"]), json!([])] {
        stored["metadata"]["finalizers"] = finalizers;
        stored = cluster.admin.replace(&stored).unwrap();
    }
    stored["metadata"]["labels"] = json!({"team": "data"});
    let refusal = cluster.admin.replace(&stored).unwrap_err();
    assert!(
        refusal.message.contains("failed calling webhook"),
        "{}",
        refusal.message
    );
    cluster.admin.create(&plain_pod("kube-system")).unwrap();
    cluster.admin.create(&own_pod()).unwrap();

    let server = start();
    service.add(server.webhook);
    for kind in [MUTATING, VALIDATING] {
        until_asked(&cluster, kind, &server, namespace);
    }

    // Those who come next are not to meet what is left of this.
    drop(registrations);
    service.remove(server.webhook);
    drop(server);
    until("nobody is asked any more", || {
        cluster.admin.try_to_create(&plain_pod(namespace)).is_ok()
    });
}
