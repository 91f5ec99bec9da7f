//! YAML text to the engine's tree, and beside it where each value stands.
//!
//! A manifest must mean here what it means to `kubectl`, so the rules are those of its parser, `sigs.k8s.io/yaml` (the
//! `goyaml.v2` in it): YAML 1.1's booleans and octal numbers, merge keys, keys that become strings. Three things are
//! stricter: a key given twice, a value of infinity or not-a-number, and nesting deeper than JSON's readers go are
//! errors, each with its place. JSON is YAML, so `.json` files are read by the same function.
//!
//! The tree is composed from the events of granit-parser, the parser underneath serde-saphyr: it gives every key and
//! scalar its bytes and can go on after a broken document, and the rules above are not serde-saphyr's.

mod compose;
mod emit;
mod scalar;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use json_patch::jsonptr::{Pointer, Token};

use super::finding::Blame;
use super::json::{Arena, Json};
use compose::Composer;
pub use emit::emit;

/// One document of a file.
#[derive(Debug)]
pub struct Document<'a> {
    /// What it says.
    pub root: Json<'a>,
    /// Where it says it.
    pub positions: Positions<'a>,
}

/// A stretch of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The byte at which it starts.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

impl Position {
    /// Where a file starts.
    pub const START: Self = Self {
        line: 1,
        column: 1,
        start: 0,
        end: 0,
    };
}

/// Why a document could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct YamlError {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

/// Which words without quotes are booleans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booleans {
    /// Those of YAML 1.1, which kubectl reads: `yes`, `n` and `off` too.
    OfYaml11,
    /// Those of YAML 1.2, which Spark reads pod templates by (`YAMLParser` of Jackson): `true` and `false`.
    OfYaml12,
}

/// Reads the documents of a file as kubectl does: all that can be read, and an error for each that cannot. A broken document does not take
/// its neighbours with it; an empty one, or one that is only `null`, is left out.
#[must_use]
pub fn parse_stream<'a>(arena: &'a Arena, text: &'a str) -> (Vec<Document<'a>>, Vec<YamlError>) {
    parse_stream_with(arena, text, Booleans::OfYaml11)
}

/// The same, with other words for booleans.
#[must_use]
pub fn parse_stream_with<'a>(
    arena: &'a Arena,
    text: &'a str,
    booleans: Booleans,
) -> (Vec<Document<'a>>, Vec<YamlError>) {
    let mut composer = Composer::new(arena, text, booleans);
    let mut documents = Vec::new();
    let mut errors = Vec::new();
    loop {
        match composer.document() {
            Ok(Some(document)) if document.root.is_null() => {}
            Ok(Some(document)) => documents.push(document),
            Ok(None) => break,
            Err(error) => {
                errors.push(error);
                if !composer.skip_to_next_document() {
                    break;
                }
            }
        }
    }
    (documents, errors)
}

/// Where each value of a document stands in its file.
#[derive(Clone, Debug)]
pub struct Positions<'a> {
    root: Place<'a>,
}

/// A value's position, and those of what is in it. What several aliases use, they share.
#[derive(Clone, Debug)]
struct Place<'a> {
    position: Position,
    contents: Contents<'a>,
}

/// What is in a value, in the order of the tree.
#[derive(Clone, Debug)]
enum Contents<'a> {
    /// A scalar that one line shows all of.
    Line,
    /// A scalar of no text, or of several lines.
    NotOneLine,
    /// The items of a list.
    Items(Rc<[Place<'a>]>),
    /// The members of an object.
    Members(Rc<[MemberPlace<'a>]>),
}

#[derive(Clone, Debug)]
struct MemberPlace<'a> {
    name: &'a str,
    key: Position,
    value: Place<'a>,
}

/// A value's place, with its key where it is an object's member.
#[derive(Clone, Copy)]
struct Found<'p, 'a> {
    key: Option<Position>,
    value: &'p Place<'a>,
}

/// A member of an object, as a reader of other files than YAML finds it.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct MemberPosition<'a> {
    pub(in crate::engine) name: &'a str,
    pub(in crate::engine) key: Position,
    pub(in crate::engine) value: Position,
    /// The line on which the value ends.
    pub(in crate::engine) last_line: u32,
}

impl<'a> Positions<'a> {
    /// The places of one object whose members are scalars.
    pub(in crate::engine) fn of_object(members: &[MemberPosition<'a>]) -> Self {
        let places = members.iter().map(|member| MemberPlace {
            name: member.name,
            key: member.key,
            value: Place {
                position: member.value,
                contents: if member.value.line == member.last_line && member.value.start < member.value.end {
                    Contents::Line
                } else {
                    Contents::NotOneLine
                },
            },
        });
        Self {
            root: Place {
                position: Position::START,
                contents: Contents::Members(places.collect()),
            },
        }
    }
}

impl Positions<'_> {
    /// Where the value stands that a pointer names: the whole scalar, the opening bracket of a collection, or the first
    /// key or item of one that has no bracket. An alias stands where it is used, what is in it where it is defined.
    #[must_use]
    pub fn value(&self, pointer: &Pointer) -> Option<Position> {
        self.find(pointer).map(|found| found.value.position)
    }

    /// Where the last key of a pointer stands; `None` for an item of a list and for the whole document.
    #[must_use]
    pub fn key(&self, pointer: &Pointer) -> Option<Position> {
        self.find(pointer).and_then(|found| found.key)
    }

    /// The place to show for a finding: the value or its key, as `blame` says; the key too where the value is not
    /// one line of text; and for something that is not there, the nearest thing around it that is.
    #[must_use]
    pub fn nearest(&self, pointer: &Pointer, blame: Blame) -> Position {
        let mut found = self.root();
        for token in pointer.tokens() {
            match found.step(&token) {
                Some(next) => found = next,
                None => break,
            }
        }
        match (blame, &found.value.contents) {
            (Blame::Value, Contents::Line) => found.value.position,
            _ => found.key.unwrap_or(found.value.position),
        }
    }

    fn root(&self) -> Found<'_, '_> {
        Found {
            key: None,
            value: &self.root,
        }
    }

    fn find(&self, pointer: &Pointer) -> Option<Found<'_, '_>> {
        pointer
            .tokens()
            .try_fold(self.root(), |found, token| found.step(&token))
    }
}

impl<'p, 'a> Found<'p, 'a> {
    fn step(self, token: &Token<'_>) -> Option<Found<'p, 'a>> {
        match &self.value.contents {
            Contents::Line | Contents::NotOneLine => None,
            Contents::Items(items) => Some(Found {
                key: None,
                value: items.get(token.decoded().parse::<usize>().ok()?)?,
            }),
            Contents::Members(members) => {
                let name = token.decoded();
                let member = members.iter().find(|member| member.name == name)?;
                Some(Found {
                    key: Some(member.key),
                    value: &member.value,
                })
            }
        }
    }
}
