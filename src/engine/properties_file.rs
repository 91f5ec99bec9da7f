//! A file of Spark's properties, such as `spark-defaults.conf`, to the engine's tree, and beside it where each property stands.
//!
//! It must mean here what it means to `spark-submit`, which reads it with `java.util.Properties` and trims the values
//! (`Utils.getPropertiesFromFile`). So `a=b`, `a: b` and `a b` are the same, a backslash at the end of a line goes on with the next, and
//! of a property that is given twice the last counts.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::iter;

use super::json::{Arena, Json, Member};
use super::yaml::{Document, MemberPosition, Position, Positions};

/// What editors of Windows put before the text of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A file that was read.
#[derive(Debug)]
pub struct PropertiesFile<'a> {
    /// One object: the properties, each a string.
    pub document: Document<'a>,
    /// What is wrong with lines of it, in their order.
    pub problems: Vec<Problem>,
}

/// Something wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub position: Position,
    /// What.
    pub kind: ProblemKind,
}

/// What is wrong with a line. Never holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// A name stands alone on it. The property is left out.
    #[error("`{0}` has no value")]
    NoValue(String),
    /// A value stands alone on it. Spark reads no property without a name.
    #[error("there is a value without a name")]
    NoName,
    /// The file begins with a byte order mark, which Java takes for the first letter of the first name.
    #[error("the file begins with a byte order mark: spark-submit takes it for a part of `{0}`, which it leaves out")]
    ByteOrderMark(String),
    /// A `\u` without its four digits. The property is left out; Java reads nothing of such a file.
    #[error("`\\u` is not followed by four hexadecimal digits: Spark cannot read the file")]
    MalformedEscape,
    /// The property was given before. This one counts.
    #[error("`{name}` is given twice, first at line {first}; this one counts")]
    GivenTwice {
        /// The property.
        name: String,
        /// The line at which it was given before, from 1.
        first: u32,
    },
}

impl ProblemKind {
    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoValue(name) => Some(format!("write `{name}=` and the value")),
            Self::NoName => Some("write the name of a property before it, or take it out".to_owned()),
            Self::ByteOrderMark(_) => Some("save the file as UTF-8 without a byte order mark".to_owned()),
            Self::MalformedEscape => Some("write a backslash as `\\\\`".to_owned()),
            Self::GivenTwice { .. } => None,
        }
    }

    /// Whether the line does not count.
    #[must_use]
    pub fn is_error(&self) -> bool {
        !matches!(self, Self::GivenTwice { .. })
    }
}

/// Reads a file: every property that can be read, and a problem for each that cannot.
#[must_use]
pub fn parse<'a>(arena: &'a Arena, text: &str) -> PropertiesFile<'a> {
    let mut members: Vec<(Json<'a>, MemberPosition<'a>)> = Vec::new();
    let mut slots: HashMap<&'a str, usize> = HashMap::new();
    let mut problems = Vec::new();
    for line in logical_lines(text) {
        let (written_name, separator, written_value) = split(&line);
        let key = position(written_name)
            .or(position(separator))
            .unwrap_or(Position::START);
        let (name, value) = match (unescape(written_name), unescape(written_value)) {
            (Ok(name), Ok(value)) => (name, value),
            (Err(escape), _) | (_, Err(escape)) => {
                problems.push(Problem {
                    position: escape,
                    kind: ProblemKind::MalformedEscape,
                });
                continue;
            }
        };
        if let (0, Some(name)) = (key.start, name.strip_prefix(BYTE_ORDER_MARK)) {
            // Of a comment, or of nothing, it makes a property that nobody reads.
            if !name.is_empty() && !name.starts_with(['#', '!']) {
                problems.push(Problem {
                    position: key,
                    kind: ProblemKind::ByteOrderMark(name.to_owned()),
                });
            }
            continue;
        }
        if name.is_empty() {
            problems.push(Problem {
                position: key,
                kind: ProblemKind::NoName,
            });
            continue;
        }
        if written_value.is_empty() && !separator.iter().any(|written| is_mark(written.character)) {
            problems.push(Problem {
                position: key,
                kind: ProblemKind::NoValue(name),
            });
            continue;
        }
        let name = arena.string(&name);
        let place = MemberPosition {
            name,
            key,
            value: position(written_value).unwrap_or(key),
            last_line: written_value.last().map_or(key.line, |written| written.line),
        };
        let member = (Json::String(arena.string(trim(&value))), place);
        let slot = *slots.entry(name).or_insert(members.len());
        match members.get_mut(slot) {
            None => members.push(member),
            Some(present) => {
                let first = std::mem::replace(present, member).1.key.line;
                problems.push(Problem {
                    position: key,
                    kind: ProblemKind::GivenTwice {
                        name: name.to_owned(),
                        first,
                    },
                });
            }
        }
    }
    let (values, places): (Vec<Member<'a>>, Vec<_>) = members
        .into_iter()
        .map(|(json, place)| ((place.name, json), place))
        .unzip();
    PropertiesFile {
        document: Document {
            root: arena.object(&values),
            positions: Positions::of_object(&places),
        },
        problems,
    }
}

/// A character, and where it is written.
#[derive(Clone, Copy)]
struct Written {
    character: char,
    line: u32,
    column: u32,
    start: usize,
}

/// The place of some characters; `None` of none.
fn position(written: &[Written]) -> Option<Position> {
    let (first, last) = (written.first()?, written.last()?);
    Some(Position {
        line: first.line,
        column: first.column,
        start: first.start,
        end: last.start + last.character.len_utf8(),
    })
}

/// The lines of a file, each with the byte at which it starts.
fn natural_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = Some(0);
    iter::from_fn(move || {
        let start = rest?;
        let from_here = text.get(start..)?;
        let length = from_here.find(['\r', '\n']).unwrap_or(from_here.len());
        let (line, end) = from_here.split_at(length);
        rest = match end {
            "" => None,
            end if end.starts_with("\r\n") => Some(start + length + 2),
            _ => Some(start + length + 1),
        };
        Some((start, line))
    })
}

/// The lines as Java joins them: without comments, blank lines, indentation, and the backslashes that join them.
fn logical_lines(text: &str) -> Vec<Vec<Written>> {
    let mut lines = Vec::new();
    let mut joined: Option<Vec<Written>> = None;
    for (number, (start, line)) in (1..).zip(natural_lines(text)) {
        let written = line
            .char_indices()
            .zip(1..)
            .map(|((offset, character), column)| Written {
                character,
                line: number,
                column,
                start: start + offset,
            });
        let mut written: Vec<Written> = written.skip_while(|written| is_space(written.character)).collect();
        let is_start = joined.as_ref().is_none_or(Vec::is_empty);
        if is_start && matches!(written.first().map(|first| first.character), None | Some('#' | '!')) {
            continue;
        }
        let backslashes = written
            .iter()
            .rev()
            .take_while(|written| written.character == '\\')
            .count();
        let goes_on = backslashes % 2 == 1;
        if goes_on {
            written.pop();
        }
        let line = joined.get_or_insert_default();
        line.append(&mut written);
        if !goes_on {
            lines.extend(joined.take());
        }
    }
    lines.extend(joined);
    lines.retain(|line| !line.is_empty());
    lines
}

/// Cuts a line into the name, what separates it from the value, and the value.
fn split(line: &[Written]) -> (&[Written], &[Written], &[Written]) {
    let mut is_escaped = false;
    let end_of_name = line.iter().position(|written| {
        let ends = !is_escaped && (is_mark(written.character) || is_space(written.character));
        is_escaped = written.character == '\\' && !is_escaped;
        ends
    });
    let (name, rest) = line.split_at(end_of_name.unwrap_or(line.len()));
    let mut is_marked = false;
    let end_of_separator = rest.iter().position(|written| {
        let is_first_mark = is_mark(written.character) && !is_marked;
        is_marked |= is_first_mark;
        !is_first_mark && !is_space(written.character)
    });
    let (separator, value) = rest.split_at(end_of_separator.unwrap_or(rest.len()));
    (name, separator, value)
}

/// What a name or a value means; where it cannot be told, the place of the escape to blame.
fn unescape(written: &[Written]) -> Result<String, Position> {
    // Java counts in UTF-16, where one character may be two escapes.
    let mut units = Vec::with_capacity(written.len());
    let mut rest = written;
    while let Some((next, after)) = rest.split_first() {
        let (character, after) = match (next.character, after.split_first()) {
            ('\\', None) => break,
            ('\\', Some((escaped, after))) => match escaped.character {
                't' => ('\t', after),
                'n' => ('\n', after),
                'r' => ('\r', after),
                'f' => ('\u{c}', after),
                'u' => {
                    let (digits, after) = after.split_at(after.len().min(4));
                    units.push(code_unit(digits).ok_or_else(|| position(&[*next, *escaped]).unwrap_or_default())?);
                    rest = after;
                    continue;
                }
                other => (other, after),
            },
            (other, _) => (other, after),
        };
        units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
        rest = after;
    }
    Ok(String::from_utf16_lossy(&units))
}

fn code_unit(digits: &[Written]) -> Option<u16> {
    let digits: Option<Vec<u32>> = digits.iter().map(|digit| digit.character.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() == 4)?;
    u16::try_from(digits.into_iter().fold(0, |unit, digit| unit * 16 + digit)).ok()
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{c}')
}

fn is_mark(character: char) -> bool {
    matches!(character, '=' | ':')
}

/// Spark's `trimExceptCRLF`: line ends that were written as escapes stay.
fn trim(value: &str) -> &str {
    value.trim_matches(|character: char| character <= ' ' && !matches!(character, '\r' | '\n'))
}
