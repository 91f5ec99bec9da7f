//! A mutation on trial: what it makes of an object, and what must hold of every mutation.

use serde_json::Value;

use super::{Conflict, Editor, KnownApplication, Mutation, OnConflict, PodContext};
use crate::engine::finding::{Change, Effect};
use crate::engine::json::Arena;
use crate::engine::patch::{PatchError, Recorder};
use crate::engine::workload::RoleName;

/// What came of a trial.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The object after it.
    pub(super) object: Value,
    /// The places of the operations, in their order.
    pub(super) operations: Vec<String>,
    pub(super) changes: Vec<Change>,
    pub(super) conflicts: Vec<Conflict>,
}

impl Outcome {
    /// The places where something came of it that `effect` says.
    pub(super) fn places(&self, effect: Effect) -> Vec<&str> {
        let of_effect = self.changes.iter().filter(|change| change.effect == effect);
        of_effect.map(|change| change.pointer.as_str()).collect()
    }
}

/// Changes a driver's pod of which nothing else is known.
pub(super) fn change(mutation: &dyn Mutation, pod: &Value, on_conflict: OnConflict) -> Result<Outcome, PatchError> {
    change_in(mutation, pod, on_conflict, RoleName::Driver, None)
}

/// Changes a role's pod of which no more is known than its application.
pub(super) fn change_in(
    mutation: &dyn Mutation,
    pod: &Value,
    on_conflict: OnConflict,
    role: RoleName,
    application: Option<&KnownApplication>,
) -> Result<Outcome, PatchError> {
    let context = PodContext {
        role,
        application,
        namespace_labels: None,
        kubernetes_version: None,
    };
    change_knowing(mutation, pod, on_conflict, &context)
}

/// Changes a pod. Another implementation of JSON patches has to come to the same result, and a second time changes nothing.
pub(super) fn change_knowing(
    mutation: &dyn Mutation,
    pod: &Value,
    on_conflict: OnConflict,
    context: &PodContext<'_>,
) -> Result<Outcome, PatchError> {
    let arena = Arena::new();
    let mut recorder = Recorder::new(&arena, arena.import(pod));
    let mut editor = Editor::new(&mut recorder, on_conflict);
    mutation.change_pod(context, &mut editor)?;
    let (changes, conflicts) = editor.finish();
    let object = recorder.root().to_value();
    let operations: Vec<String> = recorder
        .operations()
        .iter()
        .map(|operation| operation.path().to_owned())
        .collect();

    let mut again = Editor::new(&mut recorder, on_conflict);
    mutation.change_pod(context, &mut again)?;
    let (changes_again, conflicts_again) = again.finish();
    assert!(
        changes_again.iter().all(|change| change.effect == Effect::Kept),
        "{pod}"
    );
    assert_eq!(conflicts_again, conflicts, "{pod}");
    assert_eq!(
        recorder.operations().len(),
        operations.len(),
        "a second time changes nothing: {pod}"
    );

    let patch: json_patch::Patch = serde_json::from_str(recorder.into_patch().as_json()).unwrap();
    let mut patched = pod.clone();
    json_patch::patch(&mut patched, &patch).unwrap();
    assert_eq!(patched, object, "{pod}");
    Ok(Outcome {
        object,
        operations,
        changes,
        conflicts,
    })
}
