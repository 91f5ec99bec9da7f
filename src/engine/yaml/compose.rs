//! From the parser's events to one document's tree and places.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag, options};

use super::{Booleans, Contents, Document, MemberPlace, Place, Position, Positions, YamlError, scalar};
use crate::engine::json::{Arena, Json};

/// How deep collections may nest: as deep as `serde_json` reads them.
const MAX_DEPTH: usize = 127;

/// Composes the documents of one file, one after the other.
pub(super) struct Composer<'a> {
    arena: &'a Arena,
    booleans: Booleans,
    parser: Parser<'a, StrInput<'a>>,
    /// The anchored values of this document that are complete, by the parser's number for them.
    anchored: HashMap<usize, Node<'a>>,
}

/// A composed value. Cheap to clone, which is what an alias does.
#[derive(Clone)]
struct Node<'a> {
    json: Json<'a>,
    place: Place<'a>,
}

impl<'a> Composer<'a> {
    pub(super) fn new(arena: &'a Arena, text: &'a str, booleans: Booleans) -> Self {
        let options = options! {
            emit_comments: false,
            // kubectl cuts a file at its `---` lines before it parses, so a directive is an error there too.
            disallow_directives: true,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        Self {
            arena,
            booleans,
            parser: Parser::new_from_str_with_options(text, options),
            anchored: HashMap::new(),
        }
    }

    /// The next document; `None` at the end of the file.
    pub(super) fn document(&mut self) -> Result<Option<Document<'a>>, YamlError> {
        self.anchored.clear();
        while let Some((event, span)) = self.next_event()? {
            match event {
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                event => {
                    let root = self.node(event, span, 0)?;
                    // What follows the root may show that the document is broken, so its end is read as well.
                    self.next_event()?;
                    return Ok(Some(Document {
                        root: root.json,
                        positions: Positions { root: root.place },
                    }));
                }
            }
        }
        Ok(None)
    }

    /// Gives up the document at hand; false when there is no other.
    pub(super) fn skip_to_next_document(&mut self) -> bool {
        self.parser.proceed_next_document().unwrap_or(false)
    }

    fn next_event(&mut self) -> Result<Option<(Event<'a>, Span)>, YamlError> {
        self.parser
            .next_event()
            .transpose()
            .map_err(|error| error_at(*error.marker(), error.info()))
    }

    /// The next event within a collection, which has one at least: its end.
    fn next_within(&mut self, opening: Span) -> Result<(Event<'a>, Span), YamlError> {
        self.next_event()?
            .ok_or_else(|| error_at(opening.start, "the file ends within this"))
    }

    /// Composes the value that `event` begins, inside `depth` collections.
    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node<'a>, YamlError> {
        let (node, anchor) = match event {
            Event::Alias(anchor) => return self.alias(anchor, span, depth),
            Event::Scalar(text, style, anchor, tag) => (self.scalar(text, style, tag.as_deref(), span)?, anchor),
            Event::SequenceStart(_, anchor, _) => (self.sequence(span, depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.mapping(span, depth)?, anchor),
            _ => return Err(error_at(span.start, "a value is expected here")),
        };
        if anchor != 0 {
            self.anchored.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// An alias shares the anchored value, and pays for every value in it once more: that bounds what a few nested
    /// aliases can grow to.
    fn alias(&self, anchor: usize, span: Span, depth: usize) -> Result<Node<'a>, YamlError> {
        let node = self
            .anchored
            .get(&anchor)
            .ok_or_else(|| error_at(span.start, "this alias stands inside the value that it names"))?;
        self.pay_again(node.json, span, depth)?;
        Ok(Node {
            json: node.json,
            place: Place {
                position: position(span),
                contents: node.place.contents.clone(),
            },
        })
    }

    fn pay_again(&self, json: Json<'a>, span: Span, depth: usize) -> Result<(), YamlError> {
        match json {
            Json::Array(items) => {
                self.pay_for_collection(span, depth)?;
                items.iter().try_for_each(|item| self.pay_again(*item, span, depth + 1))
            }
            Json::Object(members) => {
                self.pay_for_collection(span, depth)?;
                members
                    .iter()
                    .try_for_each(|(_, value)| self.pay_again(*value, span, depth + 1))
            }
            _ => self.pay(span),
        }
    }

    fn pay_for_collection(&self, span: Span, depth: usize) -> Result<(), YamlError> {
        if depth >= MAX_DEPTH {
            let message = format!("this is nested too deep: at most {MAX_DEPTH} collections may be inside each other");
            return Err(error_at(span.start, message));
        }
        self.pay(span)
    }

    fn pay(&self, span: Span) -> Result<(), YamlError> {
        if self.arena.spend_node() {
            Ok(())
        } else {
            let message = format!(
                "the file has more than {} values, counting each alias as what it names",
                self.arena.nodes()
            );
            Err(error_at(span.start, message))
        }
    }

    fn scalar(
        &self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<Node<'a>, YamlError> {
        self.pay(span)?;
        let json = scalar::resolve(text, style, tag, self.booleans)
            .and_then(|scalar| scalar.into_json(self.arena))
            .map_err(|message| error_at(span.start, message))?;
        let is_line = !span.is_empty() && span.start.line() == span.end.line();
        Ok(Node {
            json,
            place: Place {
                position: position(span),
                contents: if is_line { Contents::Line } else { Contents::NotOneLine },
            },
        })
    }

    fn sequence(&mut self, opening: Span, depth: usize) -> Result<Node<'a>, YamlError> {
        self.pay_for_collection(opening, depth)?;
        let mut values = Vec::new();
        let mut places = Vec::new();
        loop {
            let (event, span) = self.next_within(opening)?;
            if event == Event::SequenceEnd {
                break;
            }
            let item = self.node(event, span, depth + 1)?;
            values.push(item.json);
            places.push(item.place);
        }
        Ok(Node {
            json: self.arena.array(&values),
            place: Place {
                position: bracket_or(opening, places.first().map(|place| place.position)),
                contents: Contents::Items(places.into()),
            },
        })
    }

    fn mapping(&mut self, opening: Span, depth: usize) -> Result<Node<'a>, YamlError> {
        self.pay_for_collection(opening, depth)?;
        let mut members = Members::default();
        let mut first_key = None;
        loop {
            let (event, key_span) = self.next_within(opening)?;
            if event == Event::MappingEnd {
                break;
            }
            first_key.get_or_insert(position(key_span));
            let key = self.key(event, key_span)?;
            let (event, span) = self.next_within(opening)?;
            let written_as_list = matches!(event, Event::SequenceStart(..));
            let value = self.node(event, span, depth + 1)?;
            let merged = match key {
                Key::Name(name) => {
                    members.write(name, position(key_span), value)?;
                    continue;
                }
                Key::Merge if written_as_list => members.merge_list(&value),
                Key::Merge => members.merge(&value),
            };
            merged.ok_or_else(|| error_at(span.start, "a merge key takes an object or a list of objects"))?;
        }
        let (values, places): (Vec<_>, Vec<_>) = members
            .in_order
            .into_iter()
            .map(|member| ((member.place.name, member.json), member.place))
            .unzip();
        Ok(Node {
            json: self.arena.object(&values),
            place: Place {
                position: bracket_or(opening, first_key),
                contents: Contents::Members(places.into()),
            },
        })
    }

    fn key(&mut self, event: Event<'a>, span: Span) -> Result<Key<'a>, YamlError> {
        match event {
            Event::Scalar(text, style, _, tag) if scalar::is_merge(&text, style, tag.as_deref()) => Ok(Key::Merge),
            Event::Scalar(text, style, anchor, tag) => {
                if anchor != 0 {
                    let node = self.scalar(text.clone(), style, tag.as_deref(), span)?;
                    self.anchored.insert(anchor, node);
                }
                scalar::resolve(text, style, tag.as_deref(), self.booleans)
                    .and_then(|scalar| scalar.into_key(self.arena))
                    .map(Key::Name)
                    .map_err(|message| error_at(span.start, message))
            }
            Event::Alias(anchor) => match self.anchored.get(&anchor).map(|node| node.json) {
                Some(Json::String(text)) => Ok(Key::Name(text)),
                Some(Json::Bool(value)) => Ok(Key::Name(if value { "true" } else { "false" })),
                Some(Json::Number(number)) => Ok(Key::Name(self.arena.string(&number.to_string()))),
                _ => Err(error_at(span.start, scalar::NOT_A_KEY)),
            },
            _ => Err(error_at(span.start, scalar::NOT_A_KEY)),
        }
    }
}

enum Key<'a> {
    Name(&'a str),
    /// `<<`
    Merge,
}

/// The members of an object that is being read.
#[derive(Default)]
struct Members<'a> {
    in_order: Vec<MemberNode<'a>>,
    slots: HashMap<&'a str, usize>,
}

struct MemberNode<'a> {
    json: Json<'a>,
    place: MemberPlace<'a>,
    /// Where this object itself gives the key; `None` while it only comes from a merge.
    written: Option<Position>,
}

impl<'a> Members<'a> {
    /// Adds a member that is written in this object, over one that was merged into it.
    fn write(&mut self, name: &'a str, key: Position, value: Node<'a>) -> Result<(), YamlError> {
        let member = self.slot(name, key, value);
        match member.written.replace(key) {
            None => Ok(()),
            Some(first) => Err(YamlError {
                line: key.line,
                column: key.column,
                message: format!(
                    "the key {name:?} is given twice in one object, first at line {}, column {}",
                    first.line, first.column
                ),
            }),
        }
    }

    /// Merges another object's members over those that stand before the merge key; those after it go over them again.
    /// `None` if the value is not an object.
    fn merge(&mut self, value: &Node<'a>) -> Option<()> {
        let (Json::Object(values), Contents::Members(places)) = (value.json, &value.place.contents) else {
            return None;
        };
        for ((name, json), place) in values.iter().zip(places.iter()) {
            let node = Node {
                json: *json,
                place: place.value.clone(),
            };
            self.slot(name, place.key, node);
        }
        Some(())
    }

    /// Merges a list of objects, of which the first has the last word.
    fn merge_list(&mut self, list: &Node<'a>) -> Option<()> {
        let Contents::Items(places) = &list.place.contents else {
            return None;
        };
        let objects = list.json.items().iter().zip(places.iter());
        objects.rev().try_for_each(|(json, place)| {
            self.merge(&Node {
                json: *json,
                place: place.clone(),
            })
        })
    }

    /// Sets the value of a member, where it stands if there is one of that name, and at the end if not.
    fn slot(&mut self, name: &'a str, key: Position, value: Node<'a>) -> &mut MemberNode<'a> {
        let place = MemberPlace {
            name,
            key,
            value: value.place,
        };
        let slot = *self.slots.entry(name).or_insert(self.in_order.len());
        if slot == self.in_order.len() {
            self.in_order.push(MemberNode {
                json: value.json,
                place,
                written: None,
            });
        } else {
            self.in_order[slot].json = value.json;
            self.in_order[slot].place = place;
        }
        &mut self.in_order[slot]
    }
}

/// Where a collection stands: at its bracket, or at its first key or item if it is written without.
fn bracket_or(opening: Span, first: Option<Position>) -> Position {
    match first {
        Some(first) if opening.is_empty() => first,
        _ => position(opening),
    }
}

fn position(span: Span) -> Position {
    // The parser gives bytes for every span of a text.
    let bytes = span.byte_range().unwrap_or_default();
    Position {
        line: line(span.start),
        column: column(span.start),
        start: bytes.start,
        end: bytes.end,
    }
}

fn error_at(mark: Marker, message: impl Into<String>) -> YamlError {
    YamlError {
        line: line(mark),
        column: column(mark),
        message: message.into(),
    }
}

fn line(mark: Marker) -> u32 {
    u32::try_from(mark.line()).unwrap_or(u32::MAX)
}

fn column(mark: Marker) -> u32 {
    u32::try_from(mark.col() + 1).unwrap_or(u32::MAX)
}
