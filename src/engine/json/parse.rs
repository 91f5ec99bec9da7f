//! From the text of a review to its tree, in one pass.

use std::fmt;

use bumpalo::collections::Vec as BumpVec;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Arena, Json, Member, Number};

impl<'a> Json<'a> {
    /// Reads the text of an AdmissionReview. `metadata.managedFields` of the object and the old object, 40 % and more
    /// of a pod that the API server has seen, is left out: no rule reads it, and no patch names it.
    ///
    /// # Errors
    /// Where the text is not JSON, or holds more values than [`super::REVIEW_NODES`], with line and column.
    pub fn parse_review(arena: &'a Arena, text: &'a str) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let mut builder = Builder::new(arena);
        let json = builder.seed(Place::Review).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(json)
    }
}

/// Builds trees in one arena. Children are gathered on two stacks and copied out when their parent is complete,
/// so that every list has exactly its size.
struct Builder<'a> {
    arena: &'a Arena,
    items: BumpVec<'a, Json<'a>>,
    members: BumpVec<'a, Member<'a>>,
}

impl<'a> Builder<'a> {
    fn new(arena: &'a Arena) -> Self {
        Self {
            arena,
            items: arena.stack(),
            members: arena.stack(),
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

#[cfg(test)]
mod tests {
    use json_patch::jsonptr::Pointer;
    use serde_json::{Value, json};

    use super::*;

    fn tree(text: &str) -> Result<Value, String> {
        let arena = Arena::new();
        Json::parse_review(&arena, text)
            .map(Json::to_value)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn reads_what_serde_json_reads() {
        let texts = [
            "null",
            "[]",
            "{}",
            "[1, -1, 0, 18446744073709551615, -9223372036854775808, 1.5, 1e3, -0.0]",
            r#"{"a": {"b": [true, false, null, "text", {"c": []}]}, "d": ""}"#,
            r#"{"escaped \u003c key": "a\nb \ud83d\ude00 \\ \""}"#,
            " {\n\t\"a\" : [ ] }\r\n",
        ];
        for text in texts {
            assert_eq!(
                tree(text).unwrap(),
                serde_json::from_str::<Value>(text).unwrap(),
                "{text}"
            );
        }
        for text in ["", "{", "[1,]", "{\"a\"}", "nul", "{} {}", "\"\\x\"", "01"] {
            assert!(tree(text).is_err(), "{text}");
        }
    }

    #[test]
    fn leaves_out_managed_fields_of_the_objects_and_nowhere_else() {
        let review = json!({
            "managedFields": 1,
            "request": {
                "managedFields": 2,
                "requestKind": {"kind": "Pod"},
                "object": {
                    "metadata": {"managedFields": [{"a": 1}], "labels": {"managedFields": "kept"}},
                    "spec": {"metadata": {"managedFields": 3}},
                },
                "oldObject": {"metadata": {"managedFields": []}},
                "options": {"metadata": {}},
            },
        });
        let expected = json!({
            "managedFields": 1,
            "request": {
                "managedFields": 2,
                "object": {
                    "metadata": {"labels": {"managedFields": "kept"}},
                    "spec": {"metadata": {"managedFields": 3}},
                },
                "oldObject": {"metadata": {}},
            },
        });
        assert_eq!(tree(&review.to_string()), Ok(expected));
    }

    #[test]
    fn bounds_what_it_builds() {
        let zeros = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(tree(&zeros(super::super::REVIEW_NODES - 1)).is_ok());
        let error = tree(&zeros(super::super::REVIEW_NODES)).unwrap_err();
        assert!(error.contains("more than 200000 values"), "{error}");
        assert!(tree(&"[".repeat(10_000)).is_err());
    }

    #[test]
    fn a_recycled_arena_has_its_budget_back() {
        let mut arena = Arena::new();
        for _ in 0..3 {
            let text = format!("[{}0]", "0,".repeat(150_000));
            assert!(Json::parse_review(&arena, &text).is_ok());
            arena.recycle();
        }
    }

    #[test]
    fn follows_pointers_and_takes_null_for_absent() {
        let arena = Arena::new();
        let json = Json::parse_review(&arena, r#"{"a/b": [{"~": 1}], "n": null, "twice": 1, "twice": 2}"#).unwrap();
        let resolve = |pointer: &str| json.resolve(Pointer::parse(pointer).unwrap());
        assert_eq!(resolve("/a~1b/0/~0").and_then(Json::as_i64), Some(1));
        assert_eq!(resolve("/n"), Some(Json::Null));
        assert_eq!(resolve("/a~1b/1"), None);
        assert_eq!(json.get("n"), None);
        assert_eq!(json.at(["n", "deeper"]), None);
        assert_eq!(json.get("twice").and_then(Json::as_i64), Some(2));
    }

    #[test]
    fn equality_is_of_meaning() {
        let arena = Arena::new();
        let import = |value: Value| arena.import(&value);
        let one = import(json!({"a": 1, "b": [null, {"c": "x"}]}));
        assert_eq!(
            one,
            Json::parse_review(&arena, r#"{"b": [null, {"c": "x"}], "a": 1}"#).unwrap()
        );
        for other in [
            json!({"a": 1}),
            json!({"a": 1, "b": [null, {"c": "y"}]}),
            json!({"a": 1, "c": [null, {"c": "x"}]}),
            json!({"a": 1.0, "b": [null, {"c": "x"}]}),
            json!([1]),
        ] {
            assert_ne!(one, import(other.clone()), "{other}");
        }
    }
}
