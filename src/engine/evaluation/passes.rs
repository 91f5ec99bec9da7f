//! Mutations are gone through until they change nothing more.
//!
//! One may build on what another does: a label that is taken from another label, variables for every container, a port that must
//! not clash. The API server may ask a second time; what a second time would change is changed the first time.

use std::ops::Range;

use crate::engine::finding::{Change, Effect};
use crate::engine::mutate::{Conflict, Editor, Mutation};
use crate::engine::patch::{PatchError, Recorder};
use crate::engine::policy::{ConfiguredMutation, Entry};

/// More than any chain of mutations that build on one another. Two policies that contradict each other in a circle never come to rest.
const MOST_PASSES: usize = 8;

/// What came of one entry.
pub(super) struct Outcome<'p> {
    pub(super) entry: &'p Entry<ConfiguredMutation>,
    /// Which of the recorder's operations are its own.
    pub(super) operations: Vec<Range<usize>>,
    pub(super) changes: Vec<Change>,
    pub(super) conflicts: Vec<Conflict>,
}

/// Lets each of `entries` change the recorder's object by `change`, again and again until a pass leaves it as it was.
pub(super) fn run<'p, 'a>(
    entries: impl Iterator<Item = &'p Entry<ConfiguredMutation>>,
    recorder: &mut Recorder<'a>,
    change: impl Fn(&dyn Mutation, &mut Editor<'_, 'a>) -> Result<(), PatchError>,
) -> Result<Vec<Outcome<'p>>, PatchError> {
    let mut outcomes: Vec<Outcome<'p>> = entries
        .map(|entry| Outcome {
            entry,
            operations: Vec::new(),
            changes: Vec::new(),
            conflicts: Vec::new(),
        })
        .collect();
    for _ in 0..MOST_PASSES {
        let before = recorder.mark();
        for outcome in &mut outcomes {
            let begin = recorder.operations().len();
            let mut editor = Editor::new(recorder, outcome.entry.rule.on_conflict);
            change(outcome.entry.rule.mutation.as_ref(), &mut editor)?;
            let (changes, conflicts) = editor.finish();
            // What is kept, and what cannot be done, is said of the object as it is in the end.
            outcome.changes.retain(|change| change.effect != Effect::Kept);
            for change in changes {
                if !outcome.changes.iter().any(|known| known.pointer == change.pointer) {
                    outcome.changes.push(change);
                }
            }
            outcome.conflicts = conflicts;
            if begin < recorder.operations().len() {
                outcome.operations.push(begin..recorder.operations().len());
            }
        }
        if recorder.mark().is_same_object(before) {
            // Overrides of one another come back to where they were.
            recorder.rewind(before);
            break;
        }
    }
    Ok(outcomes)
}
