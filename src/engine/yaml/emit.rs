//! From a tree to YAML, as `kubectl get -o yaml` writes it.
//!
//! A string stands without quotes where every reader of YAML 1.1 takes it for that string. What the reader beside this takes for
//! something else is asked of that reader, so the two cannot come to differ.

use std::borrow::Cow;
use std::fmt::Write as _;

use granit_parser::ScalarStyle;

use super::Booleans;
use super::scalar::{self, Scalar};
use crate::engine::json::{Json, Member};

/// The tree as one document of YAML, with a line end. Members keep their order.
#[must_use]
pub fn emit(json: Json<'_>) -> String {
    let mut emitter = Emitter::default();
    match json {
        Json::Object(members) if !members.is_empty() => emitter.members(members, 0, 0),
        Json::Array(items) if !items.is_empty() => emitter.items(items, 0, 0),
        scalar => emitter.scalar(scalar, 0),
    }
    emitter.text
}

#[derive(Default)]
struct Emitter {
    text: String,
}

impl Emitter {
    /// Writes members, each on lines of its own. The first line already has its indentation but for `missing`.
    fn members(&mut self, members: &[Member<'_>], indentation: usize, missing: usize) {
        let mut missing = missing;
        for (key, value) in members {
            self.indent(missing);
            missing = indentation;
            self.key(key);
            match *value {
                Json::Object(members) if !members.is_empty() => {
                    self.text.push('\n');
                    self.members(members, indentation + 2, indentation + 2);
                }
                Json::Array(items) if !items.is_empty() => {
                    self.text.push('\n');
                    self.items(items, indentation, indentation);
                }
                scalar => {
                    self.text.push(' ');
                    self.scalar(scalar, indentation);
                }
            }
        }
    }

    /// Writes items, as [`Self::members`] does members.
    fn items(&mut self, items: &[Json<'_>], indentation: usize, missing: usize) {
        let mut missing = missing;
        for item in items {
            self.indent(missing);
            missing = indentation;
            self.text.push_str("- ");
            match *item {
                Json::Object(members) if !members.is_empty() => self.members(members, indentation + 2, 0),
                Json::Array(items) if !items.is_empty() => self.items(items, indentation + 2, 0),
                scalar => self.scalar(scalar, indentation),
            }
        }
    }

    fn indent(&mut self, indentation: usize) {
        self.text.extend(std::iter::repeat_n(' ', indentation));
    }

    fn key(&mut self, key: &str) {
        if is_plain(key) {
            self.text.push_str(key);
        } else {
            self.quoted(key);
        }
        self.text.push(':');
    }

    /// Writes what is no collection, or an empty one, and a line end.
    fn scalar(&mut self, json: Json<'_>, indentation: usize) {
        match json {
            Json::Null => self.text.push_str("null"),
            Json::Bool(value) => self.text.push_str(if value { "true" } else { "false" }),
            // Only a string is written to, which cannot fail.
            Json::Number(number) => drop(write!(self.text, "{number}")),
            Json::String(text) if is_plain(text) => self.text.push_str(text),
            Json::String(text) if is_literal(text) => return self.literal(text, indentation + 2),
            Json::String(text) => self.quoted(text),
            Json::Array(_) => self.text.push_str("[]"),
            Json::Object(_) => self.text.push_str("{}"),
        }
        self.text.push('\n');
    }

    /// Writes the lines of a text as they are.
    fn literal(&mut self, text: &str, indentation: usize) {
        let content = text.trim_end_matches('\n');
        let ends = text.len() - content.len();
        self.text.push_str(match ends {
            0 => "|-\n",
            1 => "|\n",
            _ => "|+\n",
        });
        for line in content.split('\n') {
            if !line.is_empty() {
                self.indent(indentation);
                self.text.push_str(line);
            }
            self.text.push('\n');
        }
        self.text.extend(std::iter::repeat_n('\n', ends.saturating_sub(1)));
    }

    fn quoted(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\t' => self.text.push_str("\\t"),
                '\r' => self.text.push_str("\\r"),
                printable if is_printable(printable) => self.text.push(printable),
                other => drop(write!(self.text, "\\U{:08X}", u32::from(other))),
            }
        }
        self.text.push('"');
    }
}

/// Whether a text stands for itself without quotes.
fn is_plain(text: &str) -> bool {
    let resolved = scalar::resolve(Cow::Borrowed(text), ScalarStyle::Plain, None, Booleans::OfYaml11);
    matches!(resolved, Ok(Scalar::String(_)))
        && !is_time(text)
        && !begins_like_syntax(text)
        && !matches!(text, "<<" | "=" | "-")
        && !text.ends_with([':', ' '])
        && ![": ", " #"].iter().any(|syntax| text.contains(syntax))
        && text.chars().all(is_printable)
}

/// What some readers of YAML 1.1 take for a date, or for a number of base 60.
fn is_time(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-'))
        && text.contains(['-', ':'])
        && text.bytes().all(|byte| {
            byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b':' | b'.' | b'_' | b' ' | b'T' | b't' | b'Z')
        })
}

fn begins_like_syntax(text: &str) -> bool {
    text.starts_with(|first: char| " ?:,[]{}#&*!|>'\"%@`".contains(first))
        || ["- ", "---", "..."].iter().any(|syntax| text.starts_with(syntax))
}

/// Whether a text of several lines can be written as they are.
fn is_literal(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\n'])
        && text
            .chars()
            .all(|character| character == '\n' || is_printable(character))
}

/// What may stand in a line as it is. Line ends of YAML 1.1 do not.
fn is_printable(character: char) -> bool {
    matches!(character, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}
