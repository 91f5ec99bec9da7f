//! The JSON tree that the engine reads and patches.
//!
//! An immutable, [`Copy`] enum of borrowed slices in a bump arena: one arena a request or a file. Building it costs about
//! a fifth of what [`serde_json::Value`] costs (`benches/admission.rs` measures it), a handle is three words,
//! and "before" and "after" of a change share whatever did not change.

use std::cell::Cell;
use std::fmt;
use std::ops::Range;

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use json_patch::jsonptr::Pointer;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// How many nodes the arena of a review may hold. A pod of 200 containers has some 20,000; an array of 7 MiB of zeros,
/// which would take 200 MiB as a tree, has 3.9 million.
pub const REVIEW_NODES: usize = 200_000;
/// How many the arena of a file may hold: what `kubectl get pods -A -o yaml` prints of some thousand pods.
pub const FILE_NODES: usize = 4_000_000;

/// The most memory, in bytes, that an arena keeps from one request to the next.
const LARGEST_KEPT: usize = 1 << 20;

/// The memory that the trees of one request, or of one file, live in, and the bound on their size.
pub struct Arena {
    bump: Bump,
    nodes: usize,
    nodes_left: Cell<usize>,
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl Arena {
    /// An empty arena for a review, of [`REVIEW_NODES`].
    #[must_use]
    pub fn new() -> Self {
        Self::of_nodes(REVIEW_NODES)
    }

    /// An empty arena for a file, of [`FILE_NODES`].
    #[must_use]
    pub fn of_file() -> Self {
        Self::of_nodes(FILE_NODES)
    }

    fn of_nodes(nodes: usize) -> Self {
        Self {
            bump: Bump::new(),
            nodes,
            nodes_left: Cell::new(nodes),
        }
    }

    /// How many nodes it may hold.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// An empty arena that expects about `bytes` of input, so that it asks the allocator once.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            bump: Bump::with_capacity(bytes),
            ..Self::new()
        }
    }

    /// Empties the arena for the next request, and keeps its memory: what was just used is mapped, and warm.
    /// What an unusually large request needed is given back.
    pub fn recycle(&mut self) {
        if self.bump.allocated_bytes() > LARGEST_KEPT {
            self.bump = Bump::new();
        } else {
            self.bump.reset();
        }
        self.nodes_left.set(self.nodes);
    }

    /// Copies a string into the arena.
    pub fn string(&self, text: &str) -> &str {
        self.bump.alloc_str(text)
    }

    /// An array of copies of `items`.
    pub fn array<'a>(&'a self, items: &[Json<'a>]) -> Json<'a> {
        Json::Array(self.bump.alloc_slice_copy(items))
    }

    /// An object of copies of `members`.
    pub fn object<'a>(&'a self, members: &[Member<'a>]) -> Json<'a> {
        Json::Object(self.bump.alloc_slice_copy(members))
    }

    /// A copy of `items` with those in `place` replaced by `item`, or taken out when there is none.
    pub(super) fn spliced<'a, T: Copy>(&'a self, items: &[T], place: Range<usize>, item: Option<T>) -> &'a [T] {
        let mut copy = BumpVec::with_capacity_in(items.len() + 1, &self.bump);
        copy.extend_from_slice_copy(&items[..place.start]);
        copy.extend(item);
        copy.extend_from_slice_copy(&items[place.end..]);
        copy.into_bump_slice()
    }

    /// Takes one node off the budget; false when there is none left.
    #[must_use]
    pub fn spend_node(&self) -> bool {
        match self.nodes_left.get().checked_sub(1) {
            Some(left) => {
                self.nodes_left.set(left);
                true
            }
            None => false,
        }
    }

    /// Copies a [`serde_json::Value`], such as a fragment of a policy, into the arena.
    pub fn import<'a>(&'a self, value: &serde_json::Value) -> Json<'a> {
        use serde_json::Value;
        match value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(
                number
                    .as_u64()
                    .map(Number::Unsigned)
                    .or_else(|| number.as_i64().map(Number::Signed))
                    .unwrap_or_else(|| Number::Float(number.as_f64().unwrap_or(f64::NAN))),
            ),
            Value::String(text) => Json::String(self.string(text)),
            Value::Array(items) => Json::Array(
                self.bump
                    .alloc_slice_fill_iter(items.iter().map(|item| self.import(item))),
            ),
            Value::Object(members) => Json::Object(
                self.bump.alloc_slice_fill_iter(
                    members
                        .iter()
                        .map(|(key, value)| (self.string(key), self.import(value))),
                ),
            ),
        }
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Arena")
            .field("nodes_left", &self.nodes_left.get())
            .finish_non_exhaustive()
    }
}

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
#[derive(Clone, Copy, Debug)]
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
    /// Reads the text of an AdmissionReview. `metadata.managedFields` of the object and the old object, 40 % and more
    /// of a pod that the API server has seen, is left out: no rule reads it, and no patch names it.
    ///
    /// # Errors
    /// Where the text is not JSON, or holds more values than [`REVIEW_NODES`], with line and column.
    pub fn parse_review(arena: &'a Arena, text: &'a str) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let mut builder = Builder::new(arena);
        let json = builder.seed(Place::Review).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(json)
    }

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

/// Builds trees in one arena. Children are gathered on two stacks and copied out when their parent is complete,
/// so that every list has exactly its size. The stacks live in the arena too: a recycled one asks the allocator for nothing.
struct Builder<'a> {
    arena: &'a Arena,
    items: BumpVec<'a, Json<'a>>,
    members: BumpVec<'a, Member<'a>>,
}

impl<'a> Builder<'a> {
    fn new(arena: &'a Arena) -> Self {
        Self {
            arena,
            items: BumpVec::with_capacity_in(64, &arena.bump),
            members: BumpVec::with_capacity_in(64, &arena.bump),
        }
    }

    fn seed(&mut self, place: Place) -> TreeSeed<'_, 'a> {
        TreeSeed { builder: self, place }
    }
}

/// Where in a review the parser stands, as far as it matters for leaving out `metadata.managedFields`:
/// there and nowhere else, so that a label or a property of that name is kept.
#[derive(Clone, Copy)]
enum Place {
    Review,
    Request,
    Object,
    Metadata,
    Elsewhere,
}

impl Place {
    /// Where the member `key` stands; `None` for one that is left out.
    fn of_member(self, key: &str) -> Option<Self> {
        match (self, key) {
            // What the request was before the API server converted it.
            (Place::Request, "resource" | "requestKind" | "requestResource" | "options")
            | (Place::Metadata, "managedFields") => None,
            (Place::Review, "request") => Some(Place::Request),
            (Place::Request, "object" | "oldObject") => Some(Place::Object),
            (Place::Object, "metadata") => Some(Place::Metadata),
            _ => Some(Place::Elsewhere),
        }
    }
}

/// Reads one value into a tree.
struct TreeSeed<'b, 'a> {
    builder: &'b mut Builder<'a>,
    place: Place,
}

impl<'a> DeserializeSeed<'a> for TreeSeed<'_, 'a> {
    type Value = Json<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Json<'a>, D::Error> {
        if !self.builder.arena.spend_node() {
            return Err(serde::de::Error::custom(format_args!(
                "the object has more than {} values",
                self.builder.arena.nodes()
            )));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for TreeSeed<'_, 'a> {
    type Value = Json<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'a>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'a>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'a>, E> {
        Ok(Json::Number(Number::Unsigned(number)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'a>, E> {
        Ok(Json::Number(match u64::try_from(number) {
            Ok(number) => Number::Unsigned(number),
            Err(_) => Number::Signed(number),
        }))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'a>, E> {
        Ok(Json::Number(Number::Float(number)))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Json<'a>, E> {
        Ok(Json::String(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'a>, E> {
        Ok(Json::String(self.builder.arena.string(text)))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Json<'a>, A::Error> {
        let builder = self.builder;
        let start = builder.items.len();
        while let Some(item) = seq.next_element_seed(builder.seed(Place::Elsewhere))? {
            builder.items.push(item);
        }
        let array = builder.arena.array(&builder.items[start..]);
        builder.items.truncate(start);
        Ok(array)
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Json<'a>, A::Error> {
        let Self { builder, place } = self;
        let start = builder.members.len();
        while let Some(key) = map.next_key_seed(KeySeed(builder.arena))? {
            match place.of_member(key) {
                Some(place) => {
                    let value = map.next_value_seed(builder.seed(place))?;
                    builder.members.push((key, value));
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let object = builder.arena.object(&builder.members[start..]);
        builder.members.truncate(start);
        Ok(object)
    }
}

/// Reads an object's key, borrowed where it has no escape.
struct KeySeed<'a>(&'a Arena);

impl<'a> DeserializeSeed<'a> for KeySeed<'a> {
    type Value = &'a str;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<&'a str, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for KeySeed<'a> {
    type Value = &'a str;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<&'a str, E> {
        Ok(text)
    }

    fn visit_str<E>(self, text: &str) -> Result<&'a str, E> {
        Ok(self.0.string(text))
    }
}
