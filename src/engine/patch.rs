//! The operation recorder: applies each operation to a tree as it writes it down.
//!
//! So a patch that would not apply cannot be emitted. The API server refuses a request whose patch does not apply, even
//! under `failurePolicy: Ignore`.

use std::mem::discriminant;

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Serialize;

use super::json::{Arena, Json};

/// Why an operation does not apply: the object does not have the shape of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// Nothing is there to replace, remove or stand in.
    #[error("there is nothing at {0}")]
    Missing(PointerBuf),
    /// Something else stands there than should.
    #[error("{pointer} is {kind}, and should be {expected}")]
    OfAnotherKind {
        /// Where.
        pointer: PointerBuf,
        /// What is there, with its article.
        kind: &'static str,
        /// What should be there, with its article.
        expected: &'static str,
    },
}

/// A finished JSON patch (RFC 6902), as the text that goes over the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    operations: Option<String>,
}

impl Patch {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_none()
    }

    /// The list of operations, as JSON.
    #[must_use]
    pub fn as_json(&self) -> &str {
        self.operations.as_deref().unwrap_or("[]")
    }
}

/// One operation of a patch.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Operation<'a> {
    /// Adds a member or an item.
    Add {
        /// Where it will be.
        path: &'a str,
        /// What.
        value: Json<'a>,
    },
    /// Replaces what is there.
    Replace {
        /// Where.
        path: &'a str,
        /// By what.
        value: Json<'a>,
    },
    /// Removes what is there.
    Remove {
        /// Where.
        path: &'a str,
    },
}

impl<'a> Operation<'a> {
    /// Where the operation takes place.
    #[must_use]
    pub fn path(self) -> &'a str {
        match self {
            Self::Add { path, .. } | Self::Replace { path, .. } | Self::Remove { path } => path,
        }
    }
}

/// A tree, and the operations that made it out of another. The original is not touched: only the path to a change is copied.
#[derive(Debug)]
pub struct Recorder<'a> {
    arena: &'a Arena,
    root: Json<'a>,
    operations: Vec<Operation<'a>>,
}

/// A state of a recorder.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    root: Json<'a>,
    operations: usize,
}

impl Mark<'_> {
    /// Whether the tree means the same in both states.
    #[must_use]
    pub fn is_same_object(self, other: Self) -> bool {
        self.operations == other.operations || self.root == other.root
    }
}

impl<'a> Recorder<'a> {
    /// Starts from `root`, with nothing recorded.
    #[must_use]
    pub fn new(arena: &'a Arena, root: Json<'a>) -> Self {
        Self {
            arena,
            root,
            operations: Vec::new(),
        }
    }

    /// The tree as it is now.
    #[must_use]
    pub fn root(&self) -> Json<'a> {
        self.root
    }

    /// Where new values are made.
    #[must_use]
    pub fn arena(&self) -> &'a Arena {
        self.arena
    }

    /// What was recorded so far.
    #[must_use]
    pub fn operations(&self) -> &[Operation<'a>] {
        &self.operations
    }

    /// Forgets all that was recorded since `earlier`, a copy of this recorder's state.
    pub fn rewind(&mut self, earlier: Mark<'a>) {
        self.root = earlier.root;
        self.operations.truncate(earlier.operations);
    }

    /// The state to come back to.
    #[must_use]
    pub fn mark(&self) -> Mark<'a> {
        Mark {
            root: self.root,
            operations: self.operations.len(),
        }
    }

    /// The whole patch.
    #[must_use]
    pub fn into_patch(self) -> Patch {
        // A tree of strings, numbers and lists can always be written.
        let written = |operations: &[Operation<'_>]| serde_json::to_string(operations).unwrap_or_default();
        Patch {
            operations: (!self.operations.is_empty()).then(|| written(&self.operations)),
        }
    }

    /// Adds a member to an object, or an item to a list (`-` appends).
    ///
    /// # Errors
    /// The parent is missing or is no container.
    pub fn add(&mut self, path: &Pointer, value: Json<'a>) -> Result<(), PatchError> {
        self.root = edit(self.arena, self.root, path, path, Edit::Add(value))?;
        let path = self.arena.string(path.as_str());
        self.operations.push(Operation::Add { path, value });
        Ok(())
    }

    /// Replaces a value that is there.
    ///
    /// # Errors
    /// It is not there.
    pub fn replace(&mut self, path: &Pointer, value: Json<'a>) -> Result<(), PatchError> {
        self.root = edit(self.arena, self.root, path, path, Edit::Replace(value))?;
        let path = self.arena.string(path.as_str());
        self.operations.push(Operation::Replace { path, value });
        Ok(())
    }

    /// Removes a value that is there.
    ///
    /// # Errors
    /// It is not there.
    pub fn remove(&mut self, path: &Pointer) -> Result<(), PatchError> {
        self.root = edit(self.arena, self.root, path, path, Edit::Remove)?;
        let path = self.arena.string(path.as_str());
        self.operations.push(Operation::Remove { path });
        Ok(())
    }

    /// Makes sure that an object or a list, whichever `empty` is, stands at `path`, putting `empty` there if nothing or
    /// `null` does. Its own parent must exist.
    ///
    /// # Errors
    /// The parent is missing or is no container, or something else stands there.
    pub fn ensure(&mut self, path: &Pointer, empty: Json<'a>) -> Result<(), PatchError> {
        match self.root.resolve(path) {
            Some(Json::Null) | None => self.add(path, empty),
            Some(present) if discriminant(&present) == discriminant(&empty) => Ok(()),
            Some(present) => Err(PatchError::OfAnotherKind {
                pointer: path.to_buf(),
                kind: present.kind(),
                expected: empty.kind(),
            }),
        }
    }
}

#[derive(Clone, Copy)]
enum Edit<'a> {
    Add(Json<'a>),
    Replace(Json<'a>),
    Remove,
}

/// Copies the way from `json` to what `rest` names below it, with the edit made at its end. `path` is the whole way, for errors.
fn edit<'a>(
    arena: &'a Arena,
    json: Json<'a>,
    path: &Pointer,
    rest: &Pointer,
    change: Edit<'a>,
) -> Result<Json<'a>, PatchError> {
    let Some((token, rest)) = rest.split_front() else {
        return Ok(match change {
            Edit::Add(value) | Edit::Replace(value) => value,
            Edit::Remove => Json::Null,
        });
    };
    let key = token.decoded();
    let missing = || PatchError::Missing(path.to_buf());
    let adds_here = rest.is_root() && matches!(change, Edit::Add(_));
    let removes_here = rest.is_root() && matches!(change, Edit::Remove);
    match json {
        Json::Object(members) => {
            let (place, name, child) = match members.iter().rposition(|(name, _)| *name == key) {
                Some(place) => (place..place + 1, members[place].0, members[place].1),
                None if adds_here => (members.len()..members.len(), arena.string(&key), Json::Null),
                None => return Err(missing()),
            };
            let member = if removes_here {
                None
            } else {
                Some((name, edit(arena, child, path, rest, change)?))
            };
            Ok(Json::Object(arena.spliced(members, place, member)))
        }
        Json::Array(items) => {
            let index = match key.as_ref() {
                "-" => items.len(),
                digits => digits.parse::<usize>().map_err(|_| missing())?,
            };
            let (place, child) = match items.get(index) {
                _ if adds_here && index <= items.len() => (index..index, Json::Null),
                Some(child) => (index..index + 1, *child),
                None => return Err(missing()),
            };
            let item = if removes_here {
                None
            } else {
                Some(edit(arena, child, path, rest, change)?)
            };
            Ok(Json::Array(arena.spliced(items, place, item)))
        }
        scalar => Err(PatchError::OfAnotherKind {
            pointer: path.to_buf(),
            kind: scalar.kind(),
            expected: "an object or a list",
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn pointer(text: &str) -> &Pointer {
        Pointer::parse(text).unwrap()
    }

    /// Runs one operation through the recorder and through json-patch, and gives both results.
    fn both_ways(
        before: &Value,
        record: impl for<'a> FnOnce(&mut Recorder<'a>) -> Result<(), PatchError>,
    ) -> Result<(Value, Value), PatchError> {
        let arena = Arena::new();
        let mut recorder = Recorder::new(&arena, arena.import(before));
        record(&mut recorder)?;
        let ours = recorder.root().to_value();
        let mut theirs = before.clone();
        let patch: json_patch::Patch = serde_json::from_str(recorder.into_patch().as_json()).unwrap();
        json_patch::patch(&mut theirs, &patch).unwrap();
        Ok((ours, theirs))
    }

    #[test]
    fn applies_what_it_records() {
        let before = json!({"a": {"b": [1, 2]}, "n": null, "x/y": {"~": 1}});
        let cases = [
            ("/a/c", json!({"a": {"b": [1, 2], "c": 0}, "n": null, "x/y": {"~": 1}})),
            ("/a/b/0", json!({"a": {"b": [0, 1, 2]}, "n": null, "x/y": {"~": 1}})),
            ("/a/b/2", json!({"a": {"b": [1, 2, 0]}, "n": null, "x/y": {"~": 1}})),
            ("/a/b/-", json!({"a": {"b": [1, 2, 0]}, "n": null, "x/y": {"~": 1}})),
            ("/n", json!({"a": {"b": [1, 2]}, "n": 0, "x/y": {"~": 1}})),
            ("/x~1y/~0", json!({"a": {"b": [1, 2]}, "n": null, "x/y": {"~": 0}})),
            (
                "/x~1y/k~1",
                json!({"a": {"b": [1, 2]}, "n": null, "x/y": {"~": 1, "k/": 0}}),
            ),
        ];
        for (path, expected) in cases {
            let (ours, theirs) = both_ways(&before, |recorder| {
                let zero = recorder.arena().import(&json!(0));
                recorder.add(pointer(path), zero)
            })
            .unwrap();
            assert_eq!(ours, expected, "{path}");
            assert_eq!(theirs, expected, "{path}");
        }
    }

    #[test]
    fn replaces_and_removes_what_is_there() {
        let before = json!({"a": [1, 2, 3]});
        let (ours, theirs) = both_ways(&before, |recorder| {
            recorder.replace(pointer("/a/1"), Json::Null)?;
            recorder.remove(pointer("/a/0"))
        })
        .unwrap();
        assert_eq!(ours, json!({"a": [null, 3]}));
        assert_eq!(theirs, ours);
    }

    #[test]
    fn refuses_what_would_not_apply() {
        let before = json!({"a": [1], "s": "text", "empty": []});
        for path in ["/missing/key", "/a/2", "/a/x", "/a/-/b", "/s/key", "/empty/0/key"] {
            let refused = both_ways(&before, |recorder| recorder.add(pointer(path), Json::Null));
            assert!(refused.is_err(), "add {path}");
        }
        for path in ["/missing", "/a/1", "/empty/0", "/a/-"] {
            let refused = both_ways(&before, |recorder| recorder.replace(pointer(path), Json::Null));
            assert!(refused.is_err(), "replace {path}");
            let refused = both_ways(&before, |recorder| recorder.remove(pointer(path)));
            assert!(refused.is_err(), "remove {path}");
        }
    }

    #[test]
    fn ensures_a_parent_once() {
        let arena = Arena::new();
        let mut recorder = Recorder::new(&arena, arena.import(&json!({"spec": {"nodeSelector": null}})));
        for _ in 0..2 {
            recorder
                .ensure(pointer("/spec/nodeSelector"), arena.object(&[]))
                .unwrap();
        }
        assert_eq!(recorder.operations().len(), 1);
        assert_eq!(recorder.root().to_value(), json!({"spec": {"nodeSelector": {}}}));
    }

    proptest! {
        #[test]
        fn leaves_the_original_alone(key in "[a-z~/]{1,4}", number in any::<i64>()) {
            let arena = Arena::new();
            let before = arena.import(&json!({"labels": {"kept": 1}}));
            let mut recorder = Recorder::new(&arena, before);
            let path = PointerBuf::from_tokens(["labels", key.as_str()]);
            let value = arena.import(&json!(number));
            recorder.add(&path, value).unwrap();
            prop_assert_eq!(before.to_value(), json!({"labels": {"kept": 1}}));
            prop_assert_eq!(recorder.root().resolve(&path), Some(value));
        }
    }
}
