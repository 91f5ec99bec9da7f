use serde_json::{Value, json};

use super::*;
use crate::engine::finding::Effect;
use crate::engine::json::Arena;
use crate::engine::mutate::trial::{change, change_in};
use crate::engine::mutate::{KnownApplication, OnConflict};
use crate::engine::patch::Recorder;
use crate::engine::workload::RoleName;

fn metadata(written: Value) -> Metadata {
    serde_json::from_value(written).unwrap()
}

fn pod(labels: &Value) -> Value {
    json!({"metadata": {"labels": labels}, "spec": {}})
}

#[test]
fn a_value_is_fixed_or_taken_from_a_label_or_its_default() {
    let arena = Arena::new();
    let application = KnownApplication::of(arena.import(&json!({"metadata": {"labels": {"team": "alpha"}}})));
    let known = Some(&application);
    let cases = [
        (json!({"value": "x"}), None, json!("x")),
        (json!({"value": ""}), None, json!("")),
        (json!({"applicationLabel": "team"}), known, json!("alpha")),
        (
            json!({"applicationLabel": "team", "default": "d"}),
            known,
            json!("alpha"),
        ),
        (json!({"applicationLabel": "none", "default": "d"}), known, json!("d")),
        (json!({"applicationLabel": "none"}), known, Value::Null),
        (json!({"applicationLabel": "team", "default": "d"}), None, json!("d")),
        (json!({"applicationLabel": "team"}), None, Value::Null),
        (json!({"podLabel": "own", "default": "d"}), None, json!("mine")),
        (json!({"podLabel": "none", "default": "d"}), None, json!("d")),
        // What is not known is not taken for absent.
        (json!({"namespaceLabel": "team", "default": "d"}), None, Value::Null),
    ];
    for (value, application, expected) in cases {
        let wanted = metadata(json!({"labels": {"acme.com/k": value}}));
        let pod = pod(&json!({"own": "mine"}));
        let outcome = change_in(&wanted, &pod, OnConflict::Keep, RoleName::Executor, application).unwrap();
        assert_eq!(outcome.object["metadata"]["labels"]["acme.com/k"], expected, "{value}");
    }
}

#[test]
fn a_label_of_the_namespace_is_taken_where_it_is_known() {
    let arena = Arena::new();
    let labels = BTreeMap::from([("team".to_owned(), "alpha".to_owned())]);
    for (key, expected) in [("team", "alpha"), ("none", "d")] {
        let mut recorder = Recorder::new(&arena, arena.import(&pod(&Value::Null)));
        let context = PodContext {
            role: RoleName::Driver,
            application: None,
            namespace_labels: Some(&labels),
            kubernetes_version: None,
        };
        metadata(json!({"labels": {"k": {"namespaceLabel": key, "default": "d"}}}))
            .change_pod(&context, &mut Editor::new(&mut recorder, OnConflict::Keep))
            .unwrap();
        assert_eq!(recorder.root().to_value()["metadata"]["labels"]["k"], expected);
    }
}

#[test]
fn every_missing_parent_is_made_and_keys_are_escaped() {
    let wanted = metadata(json!({"labels": {"a/b": {"value": "1"}}, "annotations": {"c~d": {"value": "2"}}}));
    let cases = [
        json!({"spec": {}}),
        json!({"metadata": null, "spec": {}}),
        json!({"metadata": {}, "spec": {}}),
        json!({"metadata": {"labels": null, "annotations": null}, "spec": {}}),
        json!({"metadata": {"labels": {}, "annotations": {}}, "spec": {}}),
    ];
    for pod in cases {
        let outcome = change(&wanted, &pod, OnConflict::Keep).unwrap();
        let expected = json!({"labels": {"a/b": "1"}, "annotations": {"c~d": "2"}});
        assert_eq!(outcome.object["metadata"], expected, "{pod}");
        let places = outcome.places(Effect::Set);
        assert_eq!(places, ["/metadata/labels/a~1b", "/metadata/annotations/c~0d"], "{pod}");
    }
}

#[test]
fn a_conflict_is_decided_key_by_key() {
    let wanted = metadata(json!({"labels": {"a": {"value": "1"}, "b": {"value": "2"}}}));
    let pod = pod(&json!({"a": "0"}));
    let cases = [
        (OnConflict::Keep, json!({"a": "0", "b": "2"}), 0),
        (OnConflict::Override, json!({"a": "1", "b": "2"}), 0),
        (OnConflict::Deny, json!({"a": "0", "b": "2"}), 1),
    ];
    for (on_conflict, labels, conflicts) in cases {
        let outcome = change(&wanted, &pod, on_conflict).unwrap();
        assert_eq!(outcome.object["metadata"]["labels"], labels, "{on_conflict:?}");
        assert_eq!(outcome.conflicts.len(), conflicts, "{on_conflict:?}");
    }
}

#[test]
fn refuses_what_can_be_no_metadata() {
    let cases = [
        (json!({"labels": {"a": {"value": "1"}}}), None),
        (
            json!({"annotations": {"a": {"value": "any text, of any length\n"}}}),
            None,
        ),
        (json!({}), Some("")),
        (json!({"labels": {"a": {}}}), Some("/labels/a")),
        (
            json!({"labels": {"a": {"value": "1", "podLabel": "b"}}}),
            Some("/labels/a"),
        ),
        (
            json!({"labels": {"a": {"value": "1", "default": "b"}}}),
            Some("/labels/a/default"),
        ),
        (
            json!({"labels": {"a": {"value": "no spaces"}}}),
            Some("/labels/a/value"),
        ),
        (
            json!({"labels": {"a": {"podLabel": "b", "default": "é"}}}),
            Some("/labels/a/default"),
        ),
        (
            json!({"labels": {"a": {"podLabel": "no spaces"}}}),
            Some("/labels/a/podLabel"),
        ),
        (
            json!({"labels": {"no spaces": {"value": "1"}}}),
            Some("/labels/no spaces"),
        ),
        (
            json!({"annotations": {"no spaces": {"value": "1"}}}),
            Some("/annotations/no spaces"),
        ),
        (
            json!({"labels": {"spark-role": {"value": "driver"}}}),
            Some("/labels/spark-role"),
        ),
        (
            json!({"labels": {"sparkoperator.k8s.io/app-name": {"value": "x"}}}),
            Some("/labels/sparkoperator.k8s.io~1app-name"),
        ),
    ];
    for (written, expected) in cases {
        let problems = metadata(written.clone()).problems();
        let place = problems.first().map(|problem| problem.pointer.as_str());
        assert_eq!(place, expected, "{written}");
    }
}
