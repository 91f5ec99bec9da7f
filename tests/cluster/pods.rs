//! The pods that real Spark made, made again through the API.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Client;
use super::port::mutated;
use super::registration::{Registration, VALIDATING, plain_pod, register, register_both};
use super::shared;
use super::sidecar_injector::{SIDECAR, SidecarInjector};
use crate::command::directory;
use crate::serve::process::{Server, until};
use crate::serve::reviews::recorded;

/// All pods get a node selector and a toleration; drivers must not tolerate spot nodes.
fn policies() -> TempDir {
    let policy = "apiVersion: sparkgate.io/v1alpha1
kind: SparkPolicy
metadata: {name: pools}
spec:
  mutate:
    - {name: spark-nodes, nodeSelector: {node-pool: spark}}
    - name: tolerate-spark
      required: true
      tolerations: [{key: spark, operator: Exists, effect: NoSchedule}]
  validate:
    - {name: off-spot, roles: [driver], notOnSpot: {pools: [{taint: {key: spot, value: x, effect: NoSchedule}}]}}
";
    directory(&[("pools.yaml", policy)])
}

/// The recordings, each of a pod.
pub const REVIEWS: [&str; 6] = [
    "driver-pod-spark3.5.9-scala-8g-4x8g-mutate.json",
    "driver-pod-spark4.3.0-python-defaults-mutate.json",
    "driver-pod-spark4.3.0-template-executor-mutate.json",
    "executor-pod-spark3.5.9-scala-8g-4x8g-mutate.json",
    "executor-pod-spark4.3.0-python-defaults-mutate.json",
    "executor-pod-spark4.3.0-template-executor-mutate.json",
];

/// A recorded pod as Spark sent it, but for where it is made.
pub fn pod(review: &str, namespace: &str) -> Value {
    let mut review: Value = serde_json::from_str(&recorded(review)).unwrap();
    let mut pod = review["request"]["object"].take();
    pod["metadata"]["namespace"] = json!(namespace);
    for field in ["managedFields", "uid", "creationTimestamp"] {
        pod["metadata"].as_object_mut().unwrap().remove(field);
    }
    pod
}

/// The next decision about a pod, as path, operation and decision.
fn next_decision(server: &Server, pod: &Value) -> (String, String, String) {
    loop {
        let line = server.next_line("decided");
        if line["name"] == pod["metadata"]["name"] {
            let field = |name: &str| line[name].as_str().unwrap().to_owned();
            return (field("path"), field("operation"), field("decision"));
        }
    }
}

fn decision(path: &str, operation: &str, decision: &str) -> (String, String, String) {
    (path.to_owned(), operation.to_owned(), decision.to_owned())
}

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn are_stored_mutated_once_when_another_webhook_has_sparkgate_asked_again() {
    let namespace = "pods-mutated";
    let cluster = shared();
    cluster.namespace(namespace);
    cluster.account(namespace, "spark");
    let policies = policies();
    let server = cluster.sparkgate(policies.path());
    let _registrations = register_both(&cluster, &server, namespace);
    let injector = SidecarInjector::start();
    let _injector = Registration::new(&cluster, injector.configuration(namespace));
    until("sidecars are injected", || {
        let pod = cluster.admin.try_to_create(&plain_pod(namespace)).unwrap();
        pod["spec"]["containers"][0]["name"] == SIDECAR
    });

    for review in REVIEWS {
        let sent = pod(review, namespace);
        let stored = cluster.admin.create(&sent).unwrap();
        for expected in [
            decision("/mutate", "CREATE", "mutated"),
            decision("/mutate", "CREATE", "allowed"),
            decision("/validate", "CREATE", "allowed"),
        ] {
            assert_eq!(next_decision(&server, &sent), expected, "{review}");
        }
        let expected = mutated(&server, &sent);
        for field in ["nodeSelector", "tolerations"] {
            assert_eq!(stored["spec"][field], expected["spec"][field], "{review}: {field}");
        }
        let containers = stored["spec"]["containers"].as_array().unwrap();
        assert_eq!(containers[0]["name"], SIDECAR, "{review}");
        assert_eq!(
            containers[1..],
            expected["spec"]["containers"].as_array().unwrap()[..],
            "{review}: the rest is as Spark sent it"
        );
    }
}

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn are_judged_without_labels_when_the_drivers_account_makes_them() {
    let namespace = "pods-without-labels";
    let cluster = shared();
    cluster.namespace(namespace);
    cluster.account(namespace, "spark");
    let account = json!({"kind": "ServiceAccount", "namespace": namespace, "name": "spark"});
    cluster.allow(namespace, &account, "", "pods");
    let policies = policies();
    let server = cluster.sparkgate(policies.path());
    // Mutation has failed open, as far as anybody can tell.
    let _registration = register(&cluster, VALIDATING, &server, namespace);

    let driver: Client = cluster.as_account(namespace, "spark");
    let mut executor = pod("executor-pod-spark4.3.0-python-defaults-mutate.json", namespace);
    executor["metadata"].as_object_mut().unwrap().remove("labels");
    let refusal = driver.create(&executor).unwrap_err();
    assert_eq!(
        refusal.message,
        "admission webhook \"validate.sparkgate.io\" denied the request: pools/tolerate-spark: the executor lacks what the \
         required mutation `tolerations` gives it (at /spec/tolerations); see that the mutating webhook is registered and \
         answers"
    );
    assert_eq!(refusal.code, 403);

    executor["spec"]["tolerations"] = json!([{"key": "spark", "operator": "Exists", "effect": "NoSchedule"}]);
    driver.create(&executor).unwrap();
}

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn are_judged_when_they_change() {
    let namespace = "pods-changed";
    let cluster = shared();
    cluster.namespace(namespace);
    cluster.account(namespace, "spark");
    let policies = policies();
    let server = cluster.sparkgate(policies.path());
    let _registrations = register_both(&cluster, &server, namespace);

    let sent = pod("driver-pod-spark4.3.0-python-defaults-mutate.json", namespace);
    let stored = cluster.admin.create(&sent).unwrap();
    assert_eq!(next_decision(&server, &sent), decision("/mutate", "CREATE", "mutated"));
    assert_eq!(
        next_decision(&server, &sent),
        decision("/validate", "CREATE", "allowed")
    );

    let mut on_spot = stored.clone();
    let tolerations = on_spot["spec"]["tolerations"].as_array_mut().unwrap();
    tolerations.push(json!({"key": "spot", "operator": "Exists"}));
    let refusal = cluster.admin.replace(&on_spot).unwrap_err();
    assert!(refusal.message.contains("pools/off-spot: "), "{}", refusal.message);
    assert_eq!(next_decision(&server, &sent), decision("/validate", "UPDATE", "denied"));

    let mut debugged = stored.clone();
    debugged["spec"]["ephemeralContainers"] = json!([{"name": "shell", "image": "registry.example.com/shell:1"}]);
    let debugged = cluster.admin.replace_by("ephemeralcontainers", &debugged).unwrap();
    assert_eq!(
        next_decision(&server, &sent),
        decision("/validate", "UPDATE", "allowed")
    );

    let mut resized = debugged;
    resized["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("2");
    cluster.admin.replace_by("resize", &resized).unwrap();
    assert_eq!(
        next_decision(&server, &sent),
        decision("/validate", "UPDATE", "allowed")
    );
}
