use serde_json::{Value, json};

use super::*;
use crate::engine::finding::Effect;
use crate::engine::mutate::OnConflict;
use crate::engine::mutate::trial::change;

fn mutation(written: Value) -> EnvFromSecret {
    serde_json::from_value(written).unwrap()
}

/// A driver whose Spark container comes second, with these variables besides Spark's own.
fn pod(variables: &[Value]) -> Value {
    let mut env = vec![json!({"name": "SPARK_APPLICATION_ID", "value": "spark-1"})];
    env.extend_from_slice(variables);
    json!({"spec": {
        "initContainers": [{"name": "fetch"}],
        "containers": [{"name": "proxy"}, {"name": "any", "args": ["driver"], "env": env}],
    }})
}

fn from_secret(variable: &str) -> Value {
    json!({"name": variable, "valueFrom": {"secretKeyRef": {"name": "lake", "key": "k"}}})
}

#[test]
fn a_whole_secret_goes_where_it_is_meant_to_go_once() {
    let source = json!([{"secretRef": {"name": "lake"}}]);
    let spark = change(&mutation(json!({"secret": "lake"})), &pod(&[]), OnConflict::Keep).unwrap();
    assert_eq!(spark.object["spec"]["containers"][1]["envFrom"], source);
    assert_eq!(spark.places(Effect::Set), ["/spec/containers/1/envFrom/0"]);

    let all = change(
        &mutation(json!({"secret": "lake", "containers": "all"})),
        &pod(&[]),
        OnConflict::Keep,
    )
    .unwrap();
    for container in ["/spec/initContainers/0", "/spec/containers/0", "/spec/containers/1"] {
        assert_eq!(all.object.pointer(container).unwrap()["envFrom"], source, "{container}");
    }

    let other_prefix = change(
        &mutation(json!({"secret": "lake", "prefix": "LAKE_"})),
        &spark.object,
        OnConflict::Keep,
    );
    assert_eq!(
        other_prefix.unwrap().object["spec"]["containers"][1]["envFrom"],
        json!([{"secretRef": {"name": "lake"}}, {"prefix": "LAKE_", "secretRef": {"name": "lake"}}])
    );
}

#[test]
fn a_conflict_is_decided_variable_by_variable() {
    let wanted = mutation(json!({"secret": "lake", "keys": {"A": "k", "B": "k"}}));
    let literal = json!({"name": "A", "value": "geheim"});
    let cases = [
        (OnConflict::Keep, literal.clone(), 0),
        (OnConflict::Override, from_secret("A"), 0),
        (OnConflict::Deny, literal.clone(), 1),
    ];
    for (on_conflict, first, conflicts) in cases {
        let outcome = change(&wanted, &pod(std::slice::from_ref(&literal)), on_conflict).unwrap();
        let env = &outcome.object["spec"]["containers"][1]["env"];
        assert_eq!((&env[1], &env[2]), (&first, &from_secret("B")), "{on_conflict:?}");
        assert_eq!(outcome.conflicts.len(), conflicts, "{on_conflict:?}");
        for conflict in outcome.conflicts {
            assert!(!format!("{conflict:?}").contains("geheim"));
        }
    }
}

#[test]
fn the_last_of_several_variables_of_a_name_is_the_one_that_counts() {
    let wanted = mutation(json!({"secret": "lake", "keys": {"A": "k"}}));
    let twice = [json!({"name": "A", "value": "1"}), from_secret("A")];
    assert!(
        change(&wanted, &pod(&twice), OnConflict::Override)
            .unwrap()
            .operations
            .is_empty()
    );
}

#[test]
fn a_pod_whose_spark_container_is_not_found_stays_as_it_is() {
    let pod = json!({"spec": {"containers": [{"name": "spark-kubernetes-driver"}]}});
    let outcome = change(&mutation(json!({"secret": "lake"})), &pod, OnConflict::Keep).unwrap();
    assert!(outcome.operations.is_empty());
}

#[test]
fn refuses_names_that_cannot_be() {
    let cases = [
        (json!({"secret": "lake"}), None),
        (json!({"secret": "lake.prod", "prefix": "P_"}), None),
        (json!({"secret": "Lake"}), Some("/secret")),
        (json!({"secret": ""}), Some("/secret")),
        (json!({"secret": "lake", "keys": {}}), Some("/keys")),
        (json!({"secret": "lake", "keys": {"1A": "k"}}), Some("/keys/1A")),
        (json!({"secret": "lake", "keys": {"A B": "k"}}), Some("/keys/A B")),
        (json!({"secret": "lake", "keys": {"A": "no/key"}}), Some("/keys/A")),
        (
            json!({"secret": "lake", "keys": {"A": "k"}, "prefix": "P_"}),
            Some("/prefix"),
        ),
        (json!({"secret": "lake", "prefix": "1"}), Some("/prefix")),
    ];
    for (written, expected) in cases {
        let problems = mutation(written.clone()).problems();
        let place = problems.first().map(|problem| problem.pointer.as_str());
        assert_eq!(place, expected, "{written}");
    }
}
