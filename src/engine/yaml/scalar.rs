//! What a scalar means: the rules of `goyaml.v2/resolve.go`, and what `sigs.k8s.io/yaml` makes JSON of.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use granit_parser::{ScalarStyle, Tag};

use super::Booleans;
use crate::engine::json::{Arena, Json, Number};

/// The namespace of YAML's own tags, which are written `!!int` and the like.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

pub(super) const NOT_A_KEY: &str = "a key must be a string, a number or a boolean";

/// A scalar's value, before it is known whether it is a value or a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Integer(Number),
    Float(f64),
    String(Cow<'a, str>),
}

/// What a scalar means by how it is written.
///
/// # Errors
/// A text that its tag does not allow.
pub(super) fn resolve<'a>(
    text: Cow<'a, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
    booleans: Booleans,
) -> Result<Scalar<'a>, String> {
    let Some(tag) = tag else {
        return Ok(match style {
            ScalarStyle::Plain => plain(text, booleans),
            _ => Scalar::String(text),
        });
    };
    let Some(kind) = tag.suffix_in_namespace(YAML_TAGS) else {
        return Ok(Scalar::String(text));
    };
    let mismatch = || format!("this is tagged !!{kind}, and cannot be read as that");
    match (kind.as_ref(), plain(text.clone(), booleans)) {
        ("null", Scalar::Null) => Ok(Scalar::Null),
        ("bool", Scalar::Bool(value)) => Ok(Scalar::Bool(value)),
        ("int", Scalar::Integer(number)) => Ok(Scalar::Integer(number)),
        ("float", number @ (Scalar::Float(_) | Scalar::Integer(_))) => Ok(number),
        ("null" | "bool" | "int" | "float", _) => Err(mismatch()),
        ("binary", _) => {
            let encoded: String = text.lines().collect();
            let bytes = BASE64.decode(encoded).map_err(|_| mismatch())?;
            Ok(Scalar::String(String::from_utf8_lossy(&bytes).into_owned().into()))
        }
        _ => Ok(Scalar::String(text)),
    }
}

/// Whether a key is the merge key.
pub(super) fn is_merge(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> bool {
    text == "<<"
        && match tag {
            None => style == ScalarStyle::Plain,
            Some(tag) => tag.suffix_in_namespace(YAML_TAGS).as_deref() == Some("merge"),
        }
}

impl<'a> Scalar<'a> {
    /// The value in JSON.
    ///
    /// # Errors
    /// Infinity and not-a-number, which JSON cannot say.
    pub(super) fn into_json(self, arena: &'a Arena) -> Result<Json<'a>, String> {
        match self {
            Self::Null => Ok(Json::Null),
            Self::Bool(value) => Ok(Json::Bool(value)),
            Self::Integer(number) => Ok(Json::Number(number)),
            Self::Float(number) if number.is_finite() => Ok(Json::Number(json_number(number))),
            Self::Float(_) => Err("JSON has no infinity and no not-a-number; quote it if it is a string".to_owned()),
            Self::String(text) => Ok(Json::String(into_arena(text, arena))),
        }
    }

    /// The key in JSON.
    ///
    /// # Errors
    /// Null, which is no key.
    pub(super) fn into_key(self, arena: &'a Arena) -> Result<&'a str, String> {
        match self {
            Self::Null => Err(NOT_A_KEY.to_owned()),
            Self::Bool(value) => Ok(if value { "true" } else { "false" }),
            Self::Integer(number) => Ok(arena.string(&number.to_string())),
            Self::Float(number) => Ok(arena.string(&single_precision(number))),
            Self::String(text) => Ok(into_arena(text, arena)),
        }
    }
}

fn into_arena<'a>(text: Cow<'a, str>, arena: &'a Arena) -> &'a str {
    match text {
        Cow::Borrowed(text) => text,
        Cow::Owned(text) => arena.string(&text),
    }
}

/// What a scalar without quotes means. Timestamps stay strings.
fn plain(text: Cow<'_, str>, booleans: Booleans) -> Scalar<'_> {
    let has_other_words = booleans == Booleans::OfYaml11;
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if has_other_words => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if has_other_words => Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        other if other.starts_with(['+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) => {
            let digits = other.replace('_', "");
            integer(&digits)
                .map(Scalar::Integer)
                .or_else(|| float(&digits).map(Scalar::Float))
                .unwrap_or(Scalar::String(text))
        }
        _ => Scalar::String(text),
    }
}

/// An integer as Go writes it: decimal, `0x`, `0b`, `0o`, and octal after a bare `0`. One that does not fit
/// 64 bits is none.
fn integer(text: &str) -> Option<Number> {
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.chars().next(), digits),
        None => (None, text),
    };
    let (radix, digits) = match digits.split_at_checked(2) {
        Some(("0x" | "0X", digits)) => (16, digits),
        Some(("0o" | "0O", digits)) => (8, digits),
        Some(("0b" | "0B", digits)) => (2, digits),
        Some(_) if digits.starts_with('0') => (8, digits),
        _ => (10, digits),
    };
    // Rust would take a second sign.
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match sign {
        None => Some(Number::Unsigned(magnitude)),
        Some('+') => i64::try_from(magnitude).ok().map(|_| Number::Unsigned(magnitude)),
        Some(_) => 0_i64.checked_sub_unsigned(magnitude).map(signed),
    }
}

fn signed(number: i64) -> Number {
    u64::try_from(number).map_or(Number::Signed(number), Number::Unsigned)
}

/// A decimal fraction, or an integer too large for [`integer`]. One that does not fit a double is none.
fn float(text: &str) -> Option<f64> {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
        .then(|| text.parse::<f64>().ok())
        .flatten()
        .filter(|number| number.is_finite())
}

/// A double on its way through Go's JSON: `1.0` and `1e3` come out as integers.
fn json_number(number: f64) -> Number {
    let text = number.to_string();
    text.parse()
        .map(Number::Unsigned)
        .or_else(|_| text.parse().map(signed))
        .unwrap_or(Number::Float(number))
}

/// A number as a key, which `sigs.k8s.io/yaml` writes as Go's `%g` of single precision.
fn single_precision(number: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the precision that the key is written with"
    )]
    let single = number as f32;
    if single.is_nan() {
        return ".nan".to_owned();
    }
    if single.is_infinite() {
        return if single > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{single:e}");
    match scientific
        .split_once('e')
        .map(|(digits, exponent)| (digits, exponent.parse::<i32>()))
    {
        Some((digits, Ok(exponent))) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => single.to_string(),
    }
}
