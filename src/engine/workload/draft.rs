//! A pod in the making: a tree that can be changed, whose every part knows where it comes from.

use json_patch::jsonptr::PointerBuf;

use super::Located;
use super::origin::{ApplicationOrigins, Origin};
use crate::engine::json::{Arena, Json, Member};

/// One value of a pod in the making.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    origin: Option<Origin>,
    value: Value<'a>,
}

/// What was copied stays in one piece until something below it changes.
#[derive(Clone, Debug)]
enum Value<'a> {
    Whole(Json<'a>),
    Object(Vec<(&'a str, Draft<'a>)>),
    List(Vec<Draft<'a>>),
}

impl<'a> From<Located<'a>> for Draft<'a> {
    fn from(located: Located<'a>) -> Self {
        Self {
            origin: Some(located.origin()),
            value: Value::Whole(located.json),
        }
    }
}

impl<'a> Draft<'a> {
    /// A value that comes from `origin`.
    #[must_use]
    pub fn new(json: Json<'a>, origin: Origin) -> Self {
        Self {
            origin: Some(origin),
            value: Value::Whole(json),
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
            origin: None,
            value: Value::Object(members.into_iter().collect()),
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
        match self.value {
            Value::Whole(json) => Some(json),
            Value::Object(_) | Value::List(_) => None,
        }
    }

    /// Writes the value in another way; it still comes from where it came.
    pub fn replace(&mut self, json: Json<'a>) {
        self.value = Value::Whole(json);
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        match self.value {
            Value::Whole(json) => json.as_str(),
            _ => None,
        }
    }

    /// The text of the member `key`, where it is a string.
    #[must_use]
    pub fn text_of(&self, key: &str) -> Option<&'a str> {
        match &self.value {
            Value::Whole(json) => json.get(key)?.as_str(),
            Value::Object(members) => members.iter().find(|(name, _)| *name == key)?.1.as_str(),
            Value::List(_) => None,
        }
    }

    /// Whether there is a member `key`.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        match &self.value {
            Value::Whole(json) => json.get(key).is_some(),
            Value::Object(members) => members.iter().any(|(name, _)| *name == key),
            Value::List(_) => false,
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
        if let Value::Whole(json) = self.value {
            let members = json.members().iter().filter(|(_, value)| !value.is_null());
            let thawed = members.map(|(key, value)| (*key, self.part(key, *value))).collect();
            self.value = Value::Object(thawed);
        } else if let Value::List(_) = self.value {
            self.value = Value::Object(Vec::new());
        }
        match &mut self.value {
            Value::Object(members) => members,
            // Made an object just now.
            Value::Whole(_) | Value::List(_) => unreachable!("an object was just made"),
        }
    }

    /// The items of a list, to be changed. Anything else becomes an empty list.
    pub fn items(&mut self) -> &mut Vec<Self> {
        if let Value::Whole(json) = self.value {
            let items = json.items().iter().enumerate();
            let thawed = items
                .map(|(index, item)| self.part(&index.to_string(), *item))
                .collect();
            self.value = Value::List(thawed);
        } else if let Value::Object(_) = self.value {
            self.value = Value::List(Vec::new());
        }
        match &mut self.value {
            Value::List(items) => items,
            Value::Whole(_) | Value::Object(_) => unreachable!("a list was just made"),
        }
    }

    fn part(&self, token: &str, json: Json<'a>) -> Self {
        Self {
            origin: self
                .origin
                .as_ref()
                .map(|origin| origin.below(&PointerBuf::from_tokens([token]))),
            value: Value::Whole(json),
        }
    }

    /// The finished value; notes where its parts come from.
    pub fn finish(self, arena: &'a Arena, origins: &mut ApplicationOrigins) -> Json<'a> {
        self.finish_at(&PointerBuf::root(), arena, origins)
    }

    fn finish_at(self, place: &PointerBuf, arena: &'a Arena, origins: &mut ApplicationOrigins) -> Json<'a> {
        if let Some(origin) = self.origin {
            origins.note(place.clone(), origin);
        }
        match self.value {
            Value::Whole(json) => json,
            Value::Object(members) => {
                let members: Vec<Member<'a>> = members
                    .into_iter()
                    .map(|(key, value)| (key, value.finish_at(&place.with_trailing_token(key), arena, origins)))
                    .collect();
                arena.object(&members)
            }
            Value::List(items) => {
                let items: Vec<Json<'a>> = items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| item.finish_at(&place.with_trailing_token(index), arena, origins))
                    .collect();
                arena.array(&items)
            }
        }
    }
}
