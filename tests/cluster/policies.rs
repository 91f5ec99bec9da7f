//! Policies as they reach a replica: a `ConfigMap`, projected into a directory.

use axum::http::Method;
use serde_json::{Value, json};

use super::registration::{MUTATING, register};
use super::{Cluster, shared};
use crate::serve::process::until;
use crate::serve::reviews::recorded;
use crate::serve::volume::project;

const FILE: &str = "pools.yaml";

/// A policy that sends executors to a pool.
fn policy(pool: &str) -> String {
    format!(
        "apiVersion: sparkgate.io/v1alpha1
kind: SparkPolicy
metadata: {{name: pools}}
spec:
  mutate:
    - {{name: pool, roles: [executor], nodeSelector: {{node-pool: {pool}}}}}
"
    )
}

/// The `ConfigMap` of a namespace, as a kubelet reads it.
fn stored(cluster: &Cluster, namespace: &str) -> String {
    let path = format!("/api/v1/namespaces/{namespace}/configmaps/policies");
    let stored = cluster.admin.request(&Method::GET, &path, &Value::Null).unwrap();
    stored["data"][FILE].as_str().unwrap().to_owned()
}

fn config_map(namespace: &str, text: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": namespace, "name": "policies"},
        "data": {FILE: text},
    })
}

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn decide_from_the_next_projection_on_unless_they_are_broken() {
    let namespace = "policies";
    let cluster = shared();
    cluster.namespace(namespace);
    cluster.account(namespace, "spark");
    cluster.admin.create(&config_map(namespace, &policy("first"))).unwrap();
    let volume = tempfile::tempdir().unwrap();
    project(volume.path(), 1, &[(FILE, &stored(&cluster, namespace))]);
    let server = cluster.sparkgate(volume.path());
    let _registration = register(&cluster, MUTATING, &server, namespace);

    let mut review: Value =
        serde_json::from_str(&recorded("executor-pod-spark4.3.0-python-defaults-mutate.json")).unwrap();
    let mut executor = review["request"]["object"].take();
    executor["metadata"]["namespace"] = json!(namespace);
    let pool = || {
        let made = cluster.admin.try_to_create(&executor).unwrap();
        made["spec"]["nodeSelector"]["node-pool"].as_str().unwrap().to_owned()
    };
    assert_eq!(pool(), "first");

    let update = |version, text: &str| {
        cluster.admin.replace(&config_map(namespace, text)).unwrap();
        project(volume.path(), version, &[(FILE, &stored(&cluster, namespace))]);
    };
    update(2, &policy("second"));
    until("the second policy decides", || pool() == "second");
    update(3, "spec: [");
    server.next_line("policies not reloaded; those in force stay");
    assert_eq!(pool(), "second");
    update(4, &policy("fourth"));
    until("the fourth policy decides", || pool() == "fourth");
}
