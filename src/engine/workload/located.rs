//! A value together with where it stands.

use json_patch::jsonptr::PointerBuf;

use super::origin::{Document, Origin};
use crate::engine::json::{Arena, Json};

/// A value of a document, and its JSON pointer.
#[derive(Clone, Debug)]
pub struct Located<'a> {
    /// The value.
    pub json: Json<'a>,
    /// Which document it stands in.
    pub document: Document,
    /// Where.
    pub pointer: PointerBuf,
}

impl<'a> Located<'a> {
    /// The object itself.
    #[must_use]
    pub fn root(json: Json<'a>) -> Self {
        Self::root_of(Document::Object, json)
    }

    /// The whole of a document.
    #[must_use]
    pub fn root_of(document: Document, json: Json<'a>) -> Self {
        Self {
            json,
            document,
            pointer: PointerBuf::root(),
        }
    }

    fn below(&self, token: &str, json: Json<'a>) -> Self {
        Self {
            json,
            document: self.document,
            pointer: self.pointer.with_trailing_token(token),
        }
    }

    /// The member `key`; `None` where it is absent or `null`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Self> {
        self.json.get(key).map(|json| self.below(key, json))
    }

    /// The member `key`, as if it were an empty object where it is not there.
    #[must_use]
    pub fn get_or_empty(&self, key: &str) -> Self {
        self.below(key, self.json.get(key).unwrap_or(Json::Object(&[])))
    }

    /// Follows `keys` through objects.
    #[must_use]
    pub fn at<const N: usize>(&self, keys: [&str; N]) -> Option<Self> {
        keys.into_iter().try_fold(self.clone(), |located, key| located.get(key))
    }

    /// The members of an object that are not `null`, each with its key.
    pub fn members(&self) -> impl Iterator<Item = (&'a str, Self)> {
        self.json
            .members()
            .iter()
            .filter(|(_, json)| !json.is_null())
            .map(|(key, json)| (*key, self.below(key, *json)))
    }

    /// The items of a list.
    pub fn items(&self) -> impl Iterator<Item = Self> {
        self.json
            .items()
            .iter()
            .enumerate()
            .map(|(index, json)| self.below(&index.to_string(), *json))
    }

    /// Where the value comes from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin::Written(self.document, self.pointer.clone())
    }

    /// A scalar as `spark-submit` gets it: the text of a string, or a number or boolean as it is written.
    #[must_use]
    pub fn property_text(&self, arena: &'a Arena) -> Option<&'a str> {
        match self.json {
            Json::String(text) => Some(text),
            Json::Number(number) => Some(arena.string(&number.to_string())),
            Json::Bool(value) => Some(if value { "true" } else { "false" }),
            _ => None,
        }
    }
}
