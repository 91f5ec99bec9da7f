//! What a mutation changes a pod or an application with: it decides key by key, and writes down what came of each.

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::OnConflict;
use crate::engine::finding::{Change, Effect};
use crate::engine::json::{Arena, Json};
use crate::engine::patch::{PatchError, Recorder};

const SPEC: &Pointer = Pointer::from_static("/spec");

/// A place where a mutation cannot have its way, which becomes a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Where in the object.
    pub pointer: PointerBuf,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// The hand of one mutation on one object.
#[derive(Debug)]
pub struct Editor<'e, 'a> {
    recorder: &'e mut Recorder<'a>,
    on_conflict: OnConflict,
    changes: Vec<Change>,
    conflicts: Vec<Conflict>,
}

impl<'e, 'a> Editor<'e, 'a> {
    /// Nothing is changed yet.
    #[must_use]
    pub fn new(recorder: &'e mut Recorder<'a>, on_conflict: OnConflict) -> Self {
        Self {
            recorder,
            on_conflict,
            changes: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    /// The object as it is now.
    #[must_use]
    pub fn root(&self) -> Json<'a> {
        self.recorder.root()
    }

    /// Where new values are made.
    #[must_use]
    pub fn arena(&self) -> &'a Arena {
        self.recorder.arena()
    }

    /// What stands at `pointer`; `null` is as good as absent.
    #[must_use]
    pub fn get(&self, pointer: &Pointer) -> Option<Json<'a>> {
        self.root().resolve(pointer).filter(|value| !value.is_null())
    }

    /// Puts `wanted` where nothing stands. Where something else does, the policy says which of them stays, and `describe` what is
    /// wrong with what is there: the message, and what to write instead.
    ///
    /// # Errors
    /// An ancestor that is no object.
    pub fn set(
        &mut self,
        pointer: &Pointer,
        wanted: Json<'a>,
        describe: impl FnOnce(Json<'a>) -> (String, String),
    ) -> Result<(), PatchError> {
        match self.get(pointer) {
            Some(present) if present == wanted => Ok(()),
            Some(present) => match self.on_conflict {
                OnConflict::Keep => {
                    self.note(pointer, Effect::Kept);
                    Ok(())
                }
                OnConflict::Override => {
                    self.recorder.replace(pointer, wanted)?;
                    self.note(pointer, Effect::Overridden);
                    Ok(())
                }
                OnConflict::Deny => {
                    let (message, help) = describe(present);
                    self.refuse(pointer, message, help);
                    Ok(())
                }
            },
            None => {
                self.ensure_parents(pointer)?;
                self.recorder.add(pointer, wanted)?;
                self.note(pointer, Effect::Set);
                Ok(())
            }
        }
    }

    /// Adds an item to the end of the list at `list`, which is made where it is missing, and gives its place.
    ///
    /// # Errors
    /// Something that is no list, or an ancestor that is no object.
    pub fn append(&mut self, list: &Pointer, item: Json<'a>) -> Result<PointerBuf, PatchError> {
        self.ensure_parents(list)?;
        self.recorder.ensure(list, Json::Array(&[]))?;
        let length = self.root().resolve(list).map_or(0, |list| list.items().len());
        let pointer = list.with_trailing_token(length);
        self.recorder.add(&pointer, item)?;
        self.note(&pointer, Effect::Set);
        Ok(pointer)
    }

    /// Puts `value` where what stands there goes into it: an addition to what is there, not another opinion.
    ///
    /// # Errors
    /// An ancestor that is missing or no object.
    pub fn extend(&mut self, pointer: &Pointer, value: Json<'a>) -> Result<(), PatchError> {
        match self.root().resolve(pointer) {
            Some(_) => self.recorder.replace(pointer, value)?,
            None => self.recorder.add(pointer, value)?,
        }
        self.note(pointer, Effect::Set);
        Ok(())
    }

    /// Takes away what the API server derives again from what was changed; nothing where nothing stands.
    ///
    /// # Errors
    /// None that a pointer to an object's member can have.
    pub fn forget(&mut self, pointer: &Pointer) -> Result<(), PatchError> {
        match self.root().resolve(pointer) {
            Some(_) => self.recorder.remove(pointer),
            None => Ok(()),
        }
    }

    /// Writes down that what is there stays, though the policy says something else.
    pub fn keep(&mut self, pointer: &Pointer) {
        self.note(pointer, Effect::Kept);
    }

    /// Leaves what is there where the policy's cannot stand beside it, nor in its place: under `onConflict: keep` that is written down,
    /// else it is a finding.
    pub fn cede(&mut self, pointer: &Pointer, message: impl Into<String>, help: impl Into<String>) {
        match self.on_conflict {
            OnConflict::Keep => self.keep(pointer),
            OnConflict::Override | OnConflict::Deny => self.refuse(pointer, message, help),
        }
    }

    /// Finds that the mutation cannot have its way, whatever is to happen in a conflict.
    pub fn refuse(&mut self, pointer: &Pointer, message: impl Into<String>, help: impl Into<String>) {
        self.conflicts.push(Conflict {
            pointer: pointer.to_buf(),
            message: message.into(),
            help: help.into(),
        });
    }

    /// What happens where something else stands than the policy says.
    #[must_use]
    pub fn on_conflict(&self) -> OnConflict {
        self.on_conflict
    }

    /// What was changed or kept, and what could not be done.
    #[must_use]
    pub fn finish(self) -> (Vec<Change>, Vec<Conflict>) {
        (self.changes, self.conflicts)
    }

    /// Makes the objects that are missing on the way to `pointer`, its last token left out.
    fn ensure_parents(&mut self, pointer: &Pointer) -> Result<(), PatchError> {
        let Some(parent) = pointer.parent().filter(|parent| !parent.is_root()) else {
            return Ok(());
        };
        match self.get(parent) {
            // The recorder says what is wrong with anything else.
            Some(_) => Ok(()),
            // What has no spec is no pod and no application, whatever it is called.
            None if parent == SPEC => Err(PatchError::Missing(parent.to_buf())),
            None => {
                self.ensure_parents(parent)?;
                self.recorder.ensure(parent, Json::Object(&[]))
            }
        }
    }

    fn note(&mut self, pointer: &Pointer, effect: Effect) {
        self.changes.push(Change {
            pointer: pointer.to_buf(),
            effect,
        });
    }
}
