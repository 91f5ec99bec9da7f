//! A value together with where it stands.

use json_patch::jsonptr::PointerBuf;

use crate::engine::json::{Arena, Json};

/// A value of an object, and its JSON pointer.
#[derive(Clone, Debug)]
pub struct Located<'a> {
    /// The value.
    pub json: Json<'a>,
    /// Where it stands.
    pub pointer: PointerBuf,
}

impl<'a> Located<'a> {
    /// The object itself.
    #[must_use]
    pub fn root(json: Json<'a>) -> Self {
        Self {
            json,
            pointer: PointerBuf::root(),
        }
    }

    /// The member `key`; `None` where it is absent or `null`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Self> {
        self.json.get(key).map(|json| Self {
            json,
            pointer: self.pointer.with_trailing_token(key),
        })
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
            .map(|(key, json)| {
                let located = Self {
                    json: *json,
                    pointer: self.pointer.with_trailing_token(*key),
                };
                (*key, located)
            })
    }

    /// The items of a list.
    pub fn items(&self) -> impl Iterator<Item = Self> {
        self.json.items().iter().enumerate().map(|(index, json)| Self {
            json: *json,
            pointer: self.pointer.with_trailing_token(index),
        })
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
