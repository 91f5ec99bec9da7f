//! From the tree to plain serde structs, with every error at its place and in words for those who write policies.
//!
//! serde's own formats take a list for an object and a forgotten value for an absent field, and word their errors for
//! programmers. A policy that is read otherwise than it was meant is worse than one that does not load.

use std::fmt;
use std::slice;

use json_patch::jsonptr::PointerBuf;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::document::Problem;
use crate::engine::finding::Blame;
use crate::engine::json::{Json, Member, Number};
use crate::engine::suggest::did_you_mean;

/// Reads a document as a `T`.
///
/// # Errors
/// The first thing in it that is no part of a `T`.
pub(super) fn from_json<'a, T: Deserialize<'a>>(json: Json<'a>) -> Result<T, Problem> {
    T::deserialize(Reader(json))
}

/// What a field takes.
#[derive(Clone, Copy)]
enum Shape {
    Boolean,
    WholeNumber,
    Number,
    String,
    OneOf(&'static [&'static str]),
    List,
    Object,
}

impl Shape {
    fn expected(self) -> String {
        match self {
            Self::Boolean => "true or false".to_owned(),
            Self::WholeNumber => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::String => "a string".to_owned(),
            Self::OneOf(names) => one_of(names),
            Self::List => "a list".to_owned(),
            Self::Object => "an object".to_owned(),
        }
    }

    /// How to make of a value what it should be.
    fn conversion(self, json: Json<'_>) -> Option<&'static str> {
        match (self, json) {
            (_, Json::Null) => Some("write one, or leave the field out"),
            (Self::String, Json::Bool(_) | Json::Number(_)) => Some("put it in quotes"),
            (Self::Boolean, Json::String("true" | "false")) => Some("leave out the quotes"),
            (Self::WholeNumber | Self::Number, Json::String(text)) if text.parse::<f64>().is_ok() => {
                Some("leave out the quotes")
            }
            (Self::List, Json::String(_)) => Some("put it in brackets: `[a, b]`"),
            (Self::List, Json::Object(_)) => Some("begin each item with `- `"),
            (Self::Object, Json::Array(_)) => Some("write `name: value`, without a `- ` before it"),
            _ => None,
        }
    }
}

fn one_of(names: &[&str]) -> String {
    match names {
        [name] => format!("`{name}`"),
        names => format!("one of `{}`", names.join("`, `")),
    }
}

/// A value that is being read.
#[derive(Clone, Copy)]
struct Reader<'a>(Json<'a>);

impl Reader<'_> {
    fn is_no(self, shape: Shape) -> Problem {
        let Self(json) = self;
        let present = if json.is_null() { "nothing" } else { json.kind() };
        let message = format!("{present} stands here, and {} is expected", shape.expected());
        Problem {
            help: shape.conversion(json).map(str::to_owned),
            ..Problem::at(PointerBuf::root(), message)
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.0 {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(value),
            Json::Number(Number::Unsigned(number)) => visitor.visit_u64(number),
            Json::Number(Number::Signed(number)) => visitor.visit_i64(number),
            Json::Number(Number::Float(number)) => visitor.visit_f64(number),
            Json::String(text) => visitor.visit_borrowed_str(text),
            Json::Array(items) => visitor.visit_seq(Items {
                items: items.iter(),
                index: 0,
            }),
            Json::Object(members) => visitor.visit_map(Members {
                members: members.iter(),
                last: None,
            }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.0 {
            Json::Bool(_) => self.deserialize_any(visitor),
            _ => Err(self.is_no(Shape::Boolean)),
        }
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.0 {
            Json::Number(Number::Unsigned(_) | Number::Signed(_)) => self.deserialize_any(visitor),
            _ => Err(self.is_no(Shape::WholeNumber)),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.0 {
            Json::Number(_) => self.deserialize_any(visitor),
            _ => Err(self.is_no(Shape::Number)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.0 {
            Json::String(_) => self.deserialize_any(visitor),
            _ => Err(self.is_no(Shape::String)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match self.0 {
            Json::String(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            _ => Err(self.is_no(Shape::OneOf(variants))),
        }
    }

    /// A field that is written has a value: a `null` is one that somebody forgot, or took out.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.0 {
            Json::Array(_) => self.deserialize_any(visitor),
            _ => Err(self.is_no(Shape::List)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.0 {
            Json::Object(_) => self.deserialize_any(visitor),
            _ => Err(self.is_no(Shape::Object)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u16 u64 u128 f32 char bytes byte_buf unit unit_struct newtype_struct tuple tuple_struct
        identifier ignored_any
    }
}

struct Items<'a> {
    items: slice::Iter<'a, Json<'a>>,
    index: usize,
}

impl<'a> SeqAccess<'a> for Items<'a> {
    type Error = Problem;

    fn next_element_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Problem> {
        let Some(item) = self.items.next() else {
            return Ok(None);
        };
        let place = PointerBuf::root().with_trailing_token(self.index);
        self.index += 1;
        seed.deserialize(Reader(*item))
            .map(Some)
            .map_err(|problem| problem.below(&place))
    }
}

struct Members<'a> {
    members: slice::Iter<'a, Member<'a>>,
    last: Option<Member<'a>>,
}

impl<'a> MapAccess<'a> for Members<'a> {
    type Error = Problem;

    fn next_key_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Problem> {
        self.last = self.members.next().copied();
        let Some((key, _)) = self.last else {
            return Ok(None);
        };
        seed.deserialize(BorrowedStrDeserializer::new(key))
            .map(Some)
            .map_err(|problem: Problem| Problem {
                blame: Blame::Key,
                ..problem.below(&PointerBuf::from_tokens([key]))
            })
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Problem> {
        let (key, value) = self
            .last
            .take()
            .ok_or_else(|| de::Error::custom("a value was asked for before its key"))?;
        seed.deserialize(Reader(value))
            .map_err(|problem| problem.below(&PointerBuf::from_tokens([key])))
    }
}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::at(PointerBuf::root(), message.to_string())
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::custom(format_args!("{unexpected} does not fit here"))
    }

    fn unknown_field(field: &str, fields: &'static [&'static str]) -> Self {
        unknown("field", field, fields)
    }

    fn unknown_variant(value: &str, values: &'static [&'static str]) -> Self {
        unknown("value", value, values)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("`{field}` is missing"))
    }
}

fn unknown(what: &str, name: &str, known: &'static [&'static str]) -> Problem {
    let help = match did_you_mean(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "nothing is expected here: write `{}`".to_owned(),
        None => format!("write {}", one_of(known)),
    };
    Problem::at(PointerBuf::root(), format!("unknown {what} `{name}`")).with_help(help)
}
