//! The JSON tree that the engine reads and patches.
//!
//! An immutable, [`Copy`] enum of borrowed slices in a bump arena: one arena a request or a file. Building it costs about
//! a fifth of what [`serde_json::Value`] costs (`benches/admission.rs` measures it), a handle is three words,
//! and "before" and "after" of a change share whatever did not change.

mod arena;
mod parse;

use std::fmt;

use json_patch::jsonptr::Pointer;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

pub use arena::{Arena, FILE_NODES, REVIEW_NODES};

/// A member of an object: its key and its value.
pub type Member<'a> = (&'a str, Json<'a>);

/// A JSON number, as the grammar of Kubernetes objects needs it: integers exactly, anything else as a double.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Zero or more.
    Unsigned(u64),
    /// Below zero.
    Signed(i64),
    /// Written with a point or an exponent, or too large for 64 bits.
    Float(f64),
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(number) => number.fmt(formatter),
            Self::Signed(number) => number.fmt(formatter),
            Self::Float(number) => number.fmt(formatter),
        }
    }
}

/// A JSON value. Two are equal when they mean the same: the order of an object's members does not count.
///
/// The tag takes a whole word. Left to itself it would be a byte with a boolean beside it, and every copy of a value would then be made in
/// pieces of other sizes than it was written in, for which processors wait: half the time of building a tree.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub enum Json<'a> {
    /// `null`, which Kubernetes treats as absent.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string, borrowed from the input where it has no escape.
    String(&'a str),
    /// An array.
    Array(&'a [Json<'a>]),
    /// An object, its members in the order in which they were written.
    Object(&'a [Member<'a>]),
}

impl<'a> Json<'a> {
    /// The value under `key`; of several with that key the last, as in Go. `None` when this is not an object.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Json<'a>> {
        self.members()
            .iter()
            .rev()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| *value)
            .filter(|value| !value.is_null())
    }

    /// Follows `keys` through objects. A `null` on the way, or at the end, is as good as absent.
    #[must_use]
    pub fn at<const N: usize>(self, keys: [&str; N]) -> Option<Json<'a>> {
        keys.into_iter().try_fold(self, Json::get)
    }

    /// The value that a JSON pointer names, `null` included.
    #[must_use]
    pub fn resolve(self, pointer: &Pointer) -> Option<Json<'a>> {
        pointer.tokens().try_fold(self, |json, token| match json {
            Json::Object(members) => {
                let key = token.decoded();
                members
                    .iter()
                    .rev()
                    .find(|(name, _)| *name == key)
                    .map(|(_, value)| *value)
            }
            Json::Array(items) => items.get(token.decoded().parse::<usize>().ok()?).copied(),
            _ => None,
        })
    }

    /// The members of an object; none of anything else.
    #[must_use]
    pub fn members(self) -> &'a [Member<'a>] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of an array; none of anything else.
    #[must_use]
    pub fn items(self) -> &'a [Json<'a>] {
        match self {
            Json::Array(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a boolean.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The value of an integer that fits 64 bits.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Json::Number(Number::Unsigned(number)) => i64::try_from(number).ok(),
            Json::Number(Number::Signed(number)) => Some(number),
            _ => None,
        }
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        matches!(self, Json::Null)
    }

    /// What this is, for a message: "a string", "an object".
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(Number::Float(_)) => "a fraction",
            Json::Number(_) => "an integer",
            Json::String(_) => "a string",
            Json::Array(_) => "a list",
            Json::Object(_) => "an object",
        }
    }

    /// An owned copy, for what leaves the engine.
    #[must_use]
    pub fn to_value(self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(value),
            Json::Number(Number::Unsigned(number)) => Value::from(number),
            Json::Number(Number::Signed(number)) => Value::from(number),
            Json::Number(Number::Float(number)) => Value::from(number),
            Json::String(text) => Value::from(text),
            Json::Array(items) => items.iter().map(|item| item.to_value()).collect(),
            Json::Object(members) => members
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.to_value()))
                .collect(),
        }
    }
}

impl PartialEq for Json<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Json::Null, Json::Null) => true,
            (Json::Bool(one), Json::Bool(other)) => one == other,
            (Json::Number(one), Json::Number(other)) => one == other,
            (Json::String(one), Json::String(other)) => one == other,
            (Json::Array(one), Json::Array(other)) => one == other,
            // Writers keep an order, so position by position is the usual case, and the search the rare one.
            (Json::Object(one), Json::Object(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|((key, value), (same_place, candidate))| {
                        let found = if key == same_place {
                            Some(candidate)
                        } else {
                            other.iter().find(|(name, _)| name == key).map(|(_, found)| found)
                        };
                        found == Some(value)
                    })
            }
            _ => false,
        }
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(value),
            Json::Number(Number::Unsigned(number)) => serializer.serialize_u64(number),
            Json::Number(Number::Signed(number)) => serializer.serialize_i64(number),
            Json::Number(Number::Float(number)) => serializer.serialize_f64(number),
            Json::String(text) => serializer.serialize_str(text),
            Json::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Json::Object(members) => {
                let mut object = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    object.serialize_entry(key, value)?;
                }
                object.end()
            }
        }
    }
}
