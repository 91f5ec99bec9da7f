//! What watches tell, as requests are judged by it.

use std::thread;

use axum::http::Method;
use serde_json::{Value, json};

use super::pods::pod;
use super::registration::register_both;
use super::{root, shared};
use crate::command::directory;
use crate::serve::process::until;

/// An application of a driver and an executor.
fn application(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "type": "Scala",
            "mode": "cluster",
            "image": "spark:3.5.1",
            "mainClass": "Main",
            "mainApplicationFile": "local:///main.jar",
            "sparkVersion": "3.5.1",
            "driver": {"cores": 1, "memory": "2g", "serviceAccount": "spark"},
            "executor": {"cores": 1, "memory": "2g", "instances": 1},
        },
    })
}

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn of_two_applications_the_one_that_fits_is_let_in_and_gives_its_place_back() {
    let namespace = "the-last-of-a-quota";
    let cluster = shared();
    cluster.namespace(namespace);
    cluster.quota(namespace, &json!({"pods": "3"}));
    let server = cluster.sparkgate(&root().join("fixtures/quota/policies"));
    let _registrations = register_both(&cluster, &server, namespace);

    let applications = ["first", "second"].map(|name| application(namespace, name));
    let answers = thread::scope(|scope| {
        let asking = applications.each_ref().map(|application| {
            let admin = &cluster.admin;
            scope.spawn(|| admin.create(application))
        });
        asking.map(|asked| asked.join().unwrap())
    });
    let ((Ok(winner), Err(refusal)) | (Err(refusal), Ok(winner))) = answers.into() else {
        panic!("one of them fits");
    };
    assert!(refusal.message.contains("quota/fits"), "{}", refusal.message);

    let loser = applications
        .iter()
        .find(|application| application["metadata"]["name"] != winner["metadata"]["name"])
        .unwrap();
    assert!(cluster.admin.try_to_create(loser).is_err());
    let mut ended = winner;
    ended["status"] = json!({"applicationState": {"state": "COMPLETED"}});
    cluster.admin.replace_by("status", &ended).unwrap();
    until("the reservation is given back", || {
        cluster.admin.try_to_create(loser).is_ok()
    });
}

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn an_executor_that_is_refused_shows_at_its_application() {
    let namespace = "denied-executors";
    let cluster = shared();
    cluster.namespace(namespace);
    cluster.account(namespace, "spark");
    let policy = "apiVersion: sparkgate.io/v1alpha1
kind: SparkPolicy
metadata: {name: costs}
spec:
  validate: [{name: labelled, roles: [executor], requiredMetadata: {labels: {cost-center: ['*']}}}]
";
    let policies = directory(&[("costs.yaml", policy)]);
    let application = cluster.admin.create(&application(namespace, "etl")).unwrap();
    let server = cluster.sparkgate(policies.path());
    let _registrations = register_both(&cluster, &server, namespace);

    let mut executor = pod("executor-pod-spark3.5.9-scala-8g-4x8g-mutate.json", namespace);
    executor["metadata"]["labels"]["sparkoperator.k8s.io/app-name"] = json!("etl");
    let refusal = cluster.admin.create(&executor).unwrap_err();
    assert!(refusal.message.contains("costs/labelled"), "{}", refusal.message);
    let path = format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events");
    until("the event is there", || {
        let events = cluster.admin.request(&Method::GET, &path, &Value::Null).unwrap();
        let events = events["items"].as_array().unwrap();
        events.iter().any(|event| {
            event["regarding"]["uid"] == application["metadata"]["uid"]
                && event["reason"] == "ExecutorDenied"
                && event["note"].as_str().unwrap().contains("costs/labelled")
        })
    });
}
