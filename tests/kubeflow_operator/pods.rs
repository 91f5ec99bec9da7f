//! What the operator's webhook makes of pods.

use serde_json::{Value, json};
use sparkgate::engine::json::Arena;
use sparkgate::engine::subject::ApplicationKind;
use sparkgate::engine::workload::draft::Draft;
use sparkgate::engine::workload::{Located, RoleName, kubeflow};

use super::{application, finished, overlay, recordings};

fn role_of(case: &Value) -> RoleName {
    if case["role"] == "executor" {
        RoleName::Executor
    } else {
        RoleName::Driver
    }
}

/// The pod before the webhook saw it.
fn pod_of(case: &Value) -> Value {
    let name = format!("spark-kubernetes-{}", role_of(case));
    let mut pod = json!({"metadata": {}, "spec": {"containers": [{"name": name}]}});
    overlay(&mut pod["metadata"], &case["pod"]["metadata"]);
    overlay(&mut pod["spec"], &case["pod"]["spec"]);
    pod
}

#[test]
fn every_pod_becomes_what_the_webhook_makes_of_it() {
    let cases = recordings("pods.yaml");
    let metadata = &cases[0]["after"]["metadata"];
    for case in &cases {
        let arena = Arena::new();
        let object = arena.import(&application(case));
        let role = role_of(case);
        let mut pod = Draft::from(Located::root(arena.import(&pod_of(case))));
        let refusals = kubeflow::mutate_pod(&arena, object, ApplicationKind::Kubeflow, role, &mut pod);
        assert_eq!(
            !refusals.is_empty(),
            case.get("refused").is_some(),
            "{}: {refusals:#?}",
            case["case"]
        );
        if refusals.is_empty() {
            let mut expected = case["after"].clone();
            if expected.get("metadata").is_none() {
                expected["metadata"] = match role {
                    RoleName::Driver => metadata.clone(),
                    RoleName::Executor => json!({}),
                };
            }
            assert_eq!(finished(&arena, pod), expected, "{}", case["case"]);
        }
    }
}

#[test]
fn the_steps_of_two_runs_append_twice_and_replace_once() {
    let case = json!({"spec": {"driver": {
        "env": [{"name": "A", "value": "1"}],
        "tolerations": [{"key": "a"}],
        "sidecars": [{"name": "s", "image": "s"}],
        "nodeSelector": {"pool": "a"},
    }}});
    let arena = Arena::new();
    let object = arena.import(&application(&case));
    let mut pod = Draft::from(Located::root(arena.import(&pod_of(&case))));
    for _ in 0..2 {
        let refusals = kubeflow::mutate_pod(&arena, object, ApplicationKind::Kubeflow, RoleName::Driver, &mut pod);
        assert_eq!(refusals, []);
    }
    let pod = finished(&arena, pod);
    let count = |list: &str| pod.pointer(list).and_then(Value::as_array).map(Vec::len);
    let counts = [
        "/metadata/ownerReferences",
        "/spec/containers",
        "/spec/containers/0/env",
        "/spec/tolerations",
    ]
    .map(count);
    assert_eq!(counts, [Some(1), Some(2), Some(2), Some(2)]);
}
