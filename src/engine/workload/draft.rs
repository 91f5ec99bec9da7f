//! A pod in the making: a tree that can be changed, whose every part knows where it comes from.

use std::collections::HashMap;

use json_patch::jsonptr::PointerBuf;

use super::Located;
use super::origin::{ApplicationOrigins, Origin};
use crate::engine::json::{Arena, Json, Member};

/// One value of a pod in the making. It stays in one piece until something below it changes.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    origin: Option<Origin>,
    /// The value, where it has no parts of its own yet.
    whole: Json<'a>,
    /// The parts of an object that changes.
    members: Option<Vec<(&'a str, Draft<'a>)>>,
    /// The parts of a list that changes.
    items: Option<Vec<Draft<'a>>>,
}

impl<'a> From<Located<'a>> for Draft<'a> {
    fn from(located: Located<'a>) -> Self {
        Self::new(located.json, located.origin())
    }
}

impl<'a> Draft<'a> {
    /// A value that comes from `origin`.
    #[must_use]
    pub fn new(json: Json<'a>, origin: Origin) -> Self {
        Self::of(Some(origin), json)
    }

    fn of(origin: Option<Origin>, whole: Json<'a>) -> Self {
        Self {
            origin,
            whole,
            members: None,
            items: None,
        }
    }

    /// A string that comes from `origin`.
    #[must_use]
    pub fn text(text: &'a str, origin: Origin) -> Self {
        Self::new(Json::String(text), origin)
    }

    /// An object of these members, which know where they come from themselves.
    #[must_use]
    pub fn object(members: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        Self {
            members: Some(members.into_iter().collect()),
            ..Self::of(None, Json::Null)
        }
    }

    /// An object without members.
    #[must_use]
    pub fn empty() -> Self {
        Self::object([])
    }

    /// Says where the value itself comes from, as far as its parts do not say it.
    #[must_use]
    pub fn from_origin(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Where it comes from, as far as that is said of the value itself.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// The value, where it is still in one piece.
    #[must_use]
    pub fn json(&self) -> Option<Json<'a>> {
        let is_whole = self.members.is_none() && self.items.is_none();
        is_whole.then_some(self.whole)
    }

    /// Writes the value in another way; it still comes from where it came.
    pub fn replace(&mut self, json: Json<'a>) {
        *self = Self::of(self.origin.take(), json);
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        self.json()?.as_str()
    }

    /// The text of the member `key`, where it is a string.
    #[must_use]
    pub fn text_of(&self, key: &str) -> Option<&'a str> {
        match &self.members {
            Some(members) => members.iter().find(|(name, _)| *name == key)?.1.as_str(),
            None => self.json()?.get(key)?.as_str(),
        }
    }

    /// Whether there is a member `key`.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        match &self.members {
            Some(members) => members.iter().any(|(name, _)| *name == key),
            None => self.json().is_some_and(|json| json.get(key).is_some()),
        }
    }

    /// The member `key`, to be changed; `None` where it is absent.
    pub fn get(&mut self, key: &str) -> Option<&mut Self> {
        self.members()
            .iter_mut()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }

    /// The member `key`, to be changed; an empty object where it was absent.
    pub fn member(&mut self, key: &'a str) -> &mut Self {
        let members = self.members();
        let place = members
            .iter()
            .position(|(name, _)| *name == key)
            .unwrap_or(members.len());
        if place == members.len() {
            members.push((key, Self::empty()));
        }
        &mut members[place].1
    }

    /// Follows `keys` through objects, and makes those that are absent.
    pub fn at<const N: usize>(&mut self, keys: [&'a str; N]) -> &mut Self {
        keys.into_iter().fold(self, Self::member)
    }

    /// Sets a member.
    pub fn set(&mut self, key: &'a str, value: Self) {
        *self.member(key) = value;
    }

    /// Sets members of which there may be many.
    pub fn set_all(&mut self, values: impl IntoIterator<Item = (&'a str, Self)>) {
        let members = self.members();
        let mut places: HashMap<&str, usize> = members
            .iter()
            .enumerate()
            .map(|(place, (key, _))| (*key, place))
            .collect();
        for (key, value) in values {
            let place = *places.entry(key).or_insert(members.len());
            match members.get_mut(place) {
                Some((_, member)) => *member = value,
                None => members.push((key, value)),
            }
        }
    }

    /// Sets a member, unless there is one already.
    pub fn set_if_absent(&mut self, key: &'a str, value: impl FnOnce() -> Self) {
        if !self.has(key) {
            self.set(key, value());
        }
    }

    /// Takes a member out.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        let members = self.members();
        let place = members.iter().position(|(name, _)| *name == key)?;
        Some(members.remove(place).1)
    }

    /// Appends to the list `key`, and makes it where it is absent.
    pub fn append(&mut self, key: &'a str, items: impl IntoIterator<Item = Self>) {
        let mut items = items.into_iter().peekable();
        if items.peek().is_some() {
            self.member(key).items().extend(items);
        }
    }

    /// The members of an object, to be changed. Anything else becomes an empty object: what has another shape than its kind is
    /// refused by the API server, and Spark does not read it.
    pub fn members(&mut self) -> &mut Vec<(&'a str, Self)> {
        let members = self.json().map_or(&[][..], Json::members).iter();
        let origin = self.origin.as_ref();
        let parts = || {
            members
                .filter(|(_, json)| !json.is_null())
                .map(|(key, json)| (*key, Self::part(origin, key, *json)))
                .collect()
        };
        self.items = None;
        self.members.get_or_insert_with(parts)
    }

    /// The items of a list, to be changed. Anything else becomes an empty list.
    pub fn items(&mut self) -> &mut Vec<Self> {
        let items = self.json().map_or(&[][..], Json::items).iter();
        let origin = self.origin.as_ref();
        let parts = || {
            items
                .enumerate()
                .map(|(index, json)| Self::part(origin, &index.to_string(), *json))
                .collect()
        };
        self.members = None;
        self.items.get_or_insert_with(parts)
    }

    fn part(origin: Option<&Origin>, token: &str, json: Json<'a>) -> Self {
        let origin = origin.map(|origin| origin.below(&PointerBuf::from_tokens([token])));
        Self::of(origin, json)
    }

    /// The finished value; notes where its parts come from.
    pub fn finish(self, arena: &'a Arena, origins: &mut ApplicationOrigins) -> Json<'a> {
        self.finish_at(&PointerBuf::root(), arena, origins)
    }

    fn finish_at(self, place: &PointerBuf, arena: &'a Arena, origins: &mut ApplicationOrigins) -> Json<'a> {
        if let Some(origin) = self.origin {
            origins.note(place.clone(), origin);
        }
        if let Some(members) = self.members {
            let members: Vec<Member<'a>> = members
                .into_iter()
                .map(|(key, value)| (key, value.finish_at(&place.with_trailing_token(key), arena, origins)))
                .collect();
            arena.object(&members)
        } else if let Some(items) = self.items {
            let items: Vec<Json<'a>> = items
                .into_iter()
                .enumerate()
                .map(|(index, item)| item.finish_at(&place.with_trailing_token(index), arena, origins))
                .collect();
            arena.array(&items)
        } else {
            self.whole
        }
    }
}
