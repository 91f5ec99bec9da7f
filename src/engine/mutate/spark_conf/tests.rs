use serde_json::{Value, json};

use super::*;
use crate::engine::Facts;
use crate::engine::finding::Effect;
use crate::engine::json::Arena;
use crate::engine::mutate::OnConflict;
use crate::engine::patch::Recorder;
use crate::engine::subject::ApplicationKind;

/// The spec after the mutation, what came of it, and how many conflicts there are. A second time changes nothing.
fn changed(
    kind: ApplicationKind,
    properties: &Value,
    spec: &Value,
    on_conflict: OnConflict,
) -> (Value, Vec<(String, Effect)>, usize) {
    let mutation: SparkConf = serde_json::from_value(properties.clone()).unwrap();
    let arena = Arena::new();
    let mut recorder = Recorder::new(
        &arena,
        arena.import(&json!({"metadata": {"name": "etl"}, "spec": spec})),
    );
    let mut change = || {
        let workload = kind.workload(&arena, recorder.root(), &Facts::default());
        let context = ApplicationContext {
            kind,
            workload: &workload,
            namespace_labels: None,
        };
        let mut editor = Editor::new(&mut recorder, on_conflict);
        mutation.change_application(&context, &mut editor).unwrap();
        editor.finish()
    };
    let (changes, conflicts) = change();
    let (again, conflicts_again) = change();
    assert!(again.iter().all(|change| change.effect == Effect::Kept), "{spec}");
    assert_eq!(conflicts_again, conflicts, "{spec}");
    let changes = changes
        .into_iter()
        .map(|change| (change.pointer.to_string(), change.effect));
    (
        recorder.root().to_value()["spec"].clone(),
        changes.collect(),
        conflicts.len(),
    )
}

const TRACKING: &str = "spark.dynamicAllocation.shuffleTracking.enabled";

#[test]
fn defaults_and_enforced_properties_are_decided_name_by_name() {
    use OnConflict::{Deny, Keep, Override};
    let wanted = json!({"spark.eventLog.enabled": "true"});
    let written = |value: &str| json!({"sparkConf": {"spark.eventLog.enabled": value}});
    let place = || "/spec/sparkConf/spark.eventLog.enabled".to_owned();
    let cases = [
        (json!({}), Keep, written("true"), Some((place(), Effect::Set)), 0),
        (
            json!({"sparkConf": null}),
            Deny,
            written("true"),
            Some((place(), Effect::Set)),
            0,
        ),
        (written("true"), Override, written("true"), None, 0),
        (
            written("false"),
            Keep,
            written("false"),
            Some((place(), Effect::Kept)),
            0,
        ),
        (
            written("false"),
            Override,
            written("true"),
            Some((place(), Effect::Overridden)),
            0,
        ),
        (written("false"), Deny, written("false"), None, 1),
    ];
    for (spec, on_conflict, after, change, conflicts) in cases {
        for kind in [ApplicationKind::Kubeflow, ApplicationKind::Apache] {
            let expected = (after.clone(), change.clone().into_iter().collect(), conflicts);
            let result = changed(kind, &wanted, &spec, on_conflict);
            assert_eq!(result, expected, "{kind:?} {spec} {on_conflict:?}");
        }
    }
}

#[test]
fn a_field_of_the_application_is_as_good_as_the_property_that_it_sets() {
    let field = |tracking: bool| json!({"dynamicAllocation": {"enabled": true, "shuffleTrackingEnabled": tracking}});
    let place = "/spec/dynamicAllocation/shuffleTrackingEnabled".to_owned();
    let wanted = json!({TRACKING: "true"});
    let cases = [
        (true, OnConflict::Override, vec![], 0),
        (false, OnConflict::Keep, vec![(place, Effect::Kept)], 0),
        (false, OnConflict::Override, vec![], 1),
        (false, OnConflict::Deny, vec![], 1),
    ];
    for (tracking, on_conflict, changes, conflicts) in cases {
        let spec = field(tracking);
        let result = changed(ApplicationKind::Kubeflow, &wanted, &spec, on_conflict);
        assert_eq!(result, (spec, changes, conflicts), "{tracking} {on_conflict:?}");
    }
}

#[test]
fn the_runs_of_a_schedule_get_the_properties() {
    let wanted = json!({"spark.eventLog.enabled": "true"});
    let (spec, changes, _) = changed(
        ApplicationKind::KubeflowScheduled,
        &wanted,
        &json!({"schedule": "@daily", "template": {}}),
        OnConflict::Keep,
    );
    assert_eq!(spec["template"]["sparkConf"], wanted);
    let place = "/spec/template/sparkConf/spark.eventLog.enabled".to_owned();
    assert_eq!(changes, [(place, Effect::Set)]);
}

#[test]
fn refuses_names_that_no_spark_reads() {
    let cases = [
        (json!({"spark.eventLog.enabled": "true", "spark.acme.team": "x"}), None),
        (json!({}), Some("")),
        (json!({"eventLog.enabled": "true"}), Some("/eventLog.enabled")),
        (
            json!({"spark.eventlog.enabled": "true"}),
            Some("/spark.eventlog.enabled"),
        ),
    ];
    for (written, expected) in cases {
        let mutation: SparkConf = serde_json::from_value(written.clone()).unwrap();
        let problems = mutation.problems();
        let place = problems.first().map(|problem| problem.pointer.as_str());
        assert_eq!(place, expected, "{written}");
    }
}
