//! What has to be done to a pod, gathered before anything is done: either all of it is done, or nothing.

use json_patch::jsonptr::{Pointer, PointerBuf};

use crate::engine::json::Json;
use crate::engine::mutate::{Conflict, Editor, OnConflict};
use crate::engine::patch::PatchError;

/// What is not yet as the policy says.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    root: Json<'a>,
    steps: Vec<Step<'a>>,
    refusals: Vec<Conflict>,
}

#[derive(Debug)]
enum Step<'a> {
    /// Puts something where nothing stands, or something else does.
    Set {
        pointer: PointerBuf,
        wanted: Json<'a>,
        what: String,
        is_contradicted: bool,
    },
    /// Adds an item that the list does not have.
    Append(PointerBuf, Json<'a>),
    /// Puts there what has in it what stands there.
    Extend(PointerBuf, Json<'a>),
}

impl<'a> Plan<'a> {
    /// Nothing has to be done yet to the object.
    pub(super) fn new(root: Json<'a>) -> Self {
        Self {
            root,
            steps: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// Whether nothing has to be done.
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.refusals.is_empty()
    }

    /// A member of an object: `what`, for a message.
    pub(super) fn member(&mut self, pointer: PointerBuf, wanted: Json<'a>, what: String) {
        let present = self.root.resolve(&pointer).filter(|present| !present.is_null());
        if !present.is_some_and(|present| says(present, wanted)) {
            self.steps.push(Step::Set {
                pointer,
                wanted,
                what,
                is_contradicted: present.is_some(),
            });
        }
    }

    /// An item of a list, of this kind, which is told from the others by its member `key`.
    pub(super) fn item(&mut self, list: &Pointer, key: &str, wanted: Json<'a>, kind: &str) {
        let identity = wanted.get(key);
        let items = self.root.resolve(list).map_or(&[][..], Json::items);
        match items.iter().position(|item| item.get(key) == identity) {
            Some(index) => {
                let name = identity.and_then(Json::as_str).unwrap_or_default();
                self.member(list.with_trailing_token(index), wanted, format!("{kind} `{name}`"));
            }
            None => self.append(list, wanted),
        }
    }

    /// Something to add to the end of a list.
    pub(super) fn append(&mut self, list: &Pointer, item: Json<'a>) {
        self.steps.push(Step::Append(list.to_buf(), item));
    }

    /// A value that what stands there goes into.
    pub(super) fn extend(&mut self, pointer: PointerBuf, value: Json<'a>) {
        self.steps.push(Step::Extend(pointer, value));
    }

    /// A value in the place of another, which contradicts it: `what`, for a message.
    pub(super) fn replace(&mut self, pointer: PointerBuf, wanted: Json<'a>, what: String) {
        self.steps.push(Step::Set {
            pointer,
            wanted,
            what,
            is_contradicted: true,
        });
    }

    /// Something that is in the way, whatever is to happen in a conflict.
    pub(super) fn refuse(&mut self, pointer: PointerBuf, message: String, help: &str) {
        self.refusals.push(Conflict {
            pointer,
            message,
            help: help.to_owned(),
        });
    }

    /// Does all of it; or, where something is in the way, nothing but say so.
    ///
    /// # Errors
    /// A pod that does not have the shape of a pod.
    pub(super) fn carry_out(self, editor: &mut Editor<'_, 'a>) -> Result<(), PatchError> {
        let overrides = editor.on_conflict() == OnConflict::Override;
        let stops = |step: &Step<'_>| {
            !overrides
                && matches!(
                    step,
                    Step::Set {
                        is_contradicted: true,
                        ..
                    }
                )
        };
        let is_stopped = self.steps.iter().any(stops);
        if !is_stopped && !self.refusals.is_empty() {
            for Conflict { pointer, message, help } in self.refusals {
                editor.refuse(&pointer, message, help);
            }
            return Ok(());
        }
        for step in self.steps.into_iter().filter(|step| !is_stopped || stops(step)) {
            match step {
                Step::Set {
                    pointer, wanted, what, ..
                } => editor.set(&pointer, wanted, |_| {
                    (
                        format!("the {what} is not the one of the policy's exporter, of which nothing is added"),
                        format!("leave the {what} out, or exclude the job from the policy"),
                    )
                })?,
                Step::Append(list, item) => drop(editor.append(&list, item)?),
                Step::Extend(pointer, value) => editor.extend(&pointer, value)?,
            }
        }
        Ok(())
    }
}

/// Whether `present` says all that `wanted` says. The API server fills in defaults, and its plugins what every container gets, so that
/// there may be more.
fn says(present: Json<'_>, wanted: Json<'_>) -> bool {
    match (present, wanted) {
        (Json::Object(_), Json::Object(members)) => members
            .iter()
            .all(|(key, wanted)| present.get(key).is_some_and(|present| says(present, *wanted))),
        (Json::Array(present), Json::Array(wanted)) if wanted.iter().all(|item| matches!(item, Json::Object(_))) => {
            wanted
                .iter()
                .all(|wanted| present.iter().any(|present| says(*present, *wanted)))
        }
        _ => present == wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::json::Arena;

    #[test]
    fn what_is_said_more_is_no_contradiction() {
        let wanted = json!({"name": "x", "args": ["1", "2"], "ports": [{"containerPort": 1}]});
        let cases = [
            (wanted.clone(), true),
            (
                json!({"name": "x", "args": ["1", "2"], "ports": [{"containerPort": 2}, {"containerPort": 1, "protocol": "TCP"}], "env": []}),
                true,
            ),
            (
                json!({"name": "x", "args": ["2", "1"], "ports": [{"containerPort": 1}]}),
                false,
            ),
            (
                json!({"name": "x", "args": ["1", "2", "3"], "ports": [{"containerPort": 1}]}),
                false,
            ),
            (json!({"name": "x", "args": ["1", "2"], "ports": []}), false),
            (json!({"name": "x", "args": ["1", "2"]}), false),
            (
                json!({"name": "y", "args": ["1", "2"], "ports": [{"containerPort": 1}]}),
                false,
            ),
            (json!("x"), false),
        ];
        let arena = Arena::new();
        for (present, expected) in cases {
            assert_eq!(
                says(arena.import(&present), arena.import(&wanted)),
                expected,
                "{present}"
            );
        }
    }
}
