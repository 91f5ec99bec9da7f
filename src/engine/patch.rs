//! The operation recorder: applies each operation to a tree as it writes it down.
//!
//! So a patch that would not apply cannot be emitted. The API server refuses a request whose patch does not apply, even
//! under `failurePolicy: Ignore`.

use json_patch::jsonptr::{Pointer, PointerBuf, Token};
use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation};

use super::json::{Arena, Json, Member};

/// Why an operation does not apply: the object does not have the shape of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// Nothing is there to replace, remove or stand in.
    #[error("there is nothing at {0}")]
    Missing(PointerBuf),
    /// A scalar stands where an object or a list should.
    #[error("{pointer} is {kind}, and should be an object or a list")]
    NotAContainer {
        /// Where.
        pointer: PointerBuf,
        /// What is there, with its article.
        kind: &'static str,
    },
}

/// A tree, and the operations that made it out of another. The original is not touched: only the path to a change is copied.
#[derive(Debug)]
pub struct Recorder<'a> {
    arena: &'a Arena,
    root: Json<'a>,
    operations: Vec<PatchOperation>,
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
    pub fn operations(&self) -> &[PatchOperation] {
        &self.operations
    }

    /// The whole patch.
    #[must_use]
    pub fn into_patch(self) -> json_patch::Patch {
        json_patch::Patch(self.operations)
    }

    /// Adds a member to an object, or an item to a list (`-` appends).
    ///
    /// # Errors
    /// The parent is missing or is no container.
    pub fn add(&mut self, path: &Pointer, value: Json<'a>) -> Result<(), PatchError> {
        self.root = edit(self.arena, self.root, path, Edit::Add(value))?;
        self.operations.push(PatchOperation::Add(AddOperation {
            path: path.to_buf(),
            value: value.to_value(),
        }));
        Ok(())
    }

    /// Replaces a value that is there.
    ///
    /// # Errors
    /// It is not there.
    pub fn replace(&mut self, path: &Pointer, value: Json<'a>) -> Result<(), PatchError> {
        self.root = edit(self.arena, self.root, path, Edit::Replace(value))?;
        self.operations.push(PatchOperation::Replace(ReplaceOperation {
            path: path.to_buf(),
            value: value.to_value(),
        }));
        Ok(())
    }

    /// Removes a value that is there.
    ///
    /// # Errors
    /// It is not there.
    pub fn remove(&mut self, path: &Pointer) -> Result<(), PatchError> {
        self.root = edit(self.arena, self.root, path, Edit::Remove)?;
        self.operations
            .push(PatchOperation::Remove(RemoveOperation { path: path.to_buf() }));
        Ok(())
    }

    /// Makes sure that something other than `null` stands at `path`, putting `empty` there if not. Its own parent must exist.
    ///
    /// # Errors
    /// The parent is missing or is no container.
    pub fn ensure(&mut self, path: &Pointer, empty: Json<'a>) -> Result<(), PatchError> {
        match self.root.resolve(path) {
            Some(Json::Null) | None => self.add(path, empty),
            Some(_) => Ok(()),
        }
    }
}

#[derive(Clone, Copy)]
enum Edit<'a> {
    Add(Json<'a>),
    Replace(Json<'a>),
    Remove,
}

/// Copies the path from `root` to `path`, with the edit made at its end.
fn edit<'a>(arena: &'a Arena, root: Json<'a>, path: &Pointer, change: Edit<'a>) -> Result<Json<'a>, PatchError> {
    let tokens: Vec<Token<'_>> = path.tokens().collect();
    edit_below(arena, root, path, &tokens, change)
}

fn edit_below<'a>(
    arena: &'a Arena,
    json: Json<'a>,
    path: &Pointer,
    tokens: &[Token<'_>],
    change: Edit<'a>,
) -> Result<Json<'a>, PatchError> {
    let Some((token, rest)) = tokens.split_first() else {
        return match change {
            Edit::Add(value) | Edit::Replace(value) => Ok(value),
            Edit::Remove => Ok(Json::Null),
        };
    };
    let key = token.decoded();
    let missing = || PatchError::Missing(path.to_buf());
    match json {
        Json::Object(members) => {
            let place = members.iter().rposition(|(name, _)| *name == key);
            if !rest.is_empty() {
                let place = place.ok_or_else(missing)?;
                let (name, child) = members[place];
                let child = edit_below(arena, child, path, rest, change)?;
                return Ok(with_member(arena, members, place, Some((name, child))));
            }
            match (change, place) {
                (Edit::Add(value) | Edit::Replace(value), Some(place)) => {
                    Ok(with_member(arena, members, place, Some((members[place].0, value))))
                }
                (Edit::Add(value), None) => Ok(with_member(
                    arena,
                    members,
                    members.len(),
                    Some((arena.string(&key), value)),
                )),
                (Edit::Remove, Some(place)) => Ok(with_member(arena, members, place, None)),
                (Edit::Replace(_) | Edit::Remove, None) => Err(missing()),
            }
        }
        Json::Array(items) => {
            let appends = rest.is_empty() && matches!(change, Edit::Add(_));
            let end = if appends {
                items.len()
            } else {
                items.len().saturating_sub(1)
            };
            let index = match key.as_ref() {
                "-" if appends => Some(items.len()),
                digits => digits.parse::<usize>().ok(),
            };
            let index = index
                .filter(|index| *index <= end && (appends || !items.is_empty()))
                .ok_or_else(missing)?;
            let mut copy = items.to_vec();
            if !rest.is_empty() {
                copy[index] = edit_below(arena, items[index], path, rest, change)?;
            } else {
                match change {
                    Edit::Add(value) => copy.insert(index, value),
                    Edit::Replace(value) => copy[index] = value,
                    Edit::Remove => drop(copy.remove(index)),
                }
            }
            Ok(arena.array(&copy))
        }
        scalar => Err(PatchError::NotAContainer {
            pointer: path.to_buf(),
            kind: scalar.kind(),
        }),
    }
}

/// `members` with the one at `place` replaced, added at the end, or left out.
fn with_member<'a>(arena: &'a Arena, members: &[Member<'a>], place: usize, member: Option<Member<'a>>) -> Json<'a> {
    let mut copy = Vec::with_capacity(members.len() + 1);
    copy.extend_from_slice(&members[..place]);
    copy.extend(member);
    copy.extend(members.iter().skip(place + 1));
    arena.object(&copy)
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
        json_patch::patch(&mut theirs, &recorder.into_patch()).unwrap();
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
