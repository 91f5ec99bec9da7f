//! Holding an object against its type.

use json_patch::jsonptr::{PointerBuf, Token};

use super::Problem;
use super::table::{Owner, Schema, Shape, Type};
use crate::engine::finding::Blame;
use crate::engine::json::{Json, Member, Number};
use crate::engine::suggest::{did_you_mean, slip_of};

/// How many problems are reported of one object.
const MOST_PROBLEMS: usize = 100;

/// For how many unknown fields of one object a known one is sought, which takes a microsecond each and more.
const MOST_UNKNOWN: usize = 1000;

/// A type of more fields than this is not recited in a help.
const RECITABLE: usize = 8;

/// A name that more types than this have as a field, such as `name`, does not tell where it belongs.
const TELLING: usize = 8;

/// Who reads this part of the object first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// The API server, by the CRD: it drops what is unknown, and refuses what is missing or of the wrong type.
    ApiServer,
    /// The API server, by a part of the CRD that requires nothing: the pod templates of Apache's.
    LenientApiServer,
    /// sparkgate, by a policy: the API server gets it as a part of pods, and refuses what is missing or of the wrong type.
    Policy,
    /// The operator, by a part that the CRD leaves open: what is unknown is ignored, and nothing is required. The pod templates of
    /// kubeflow's.
    Operator,
}

/// An object on the way from the root to where the walk stands.
#[derive(Clone, Copy)]
struct Level<'s> {
    of: &'s Type,
    /// How many tokens its pointer has.
    depth: usize,
}

/// What an unknown field was probably meant as.
enum Meant {
    /// This field of the same type.
    Here(&'static str),
    /// A field of the same name elsewhere, at these places.
    Elsewhere(Vec<String>),
    /// The fields of this object, which were put one level too deep.
    Wrapping,
}

/// One walk through one object.
pub(super) struct Walk<'s> {
    schema: &'s Schema,
    reader_of_templates: Reader,
    pointer: PointerBuf,
    levels: Vec<Level<'s>>,
    unknown_left: usize,
    problems: Vec<Problem>,
}

impl<'s> Walk<'s> {
    pub(super) fn new(schema: &'s Schema, reader_of_templates: Reader) -> Self {
        Self {
            schema,
            reader_of_templates,
            pointer: PointerBuf::root(),
            levels: Vec::new(),
            unknown_left: MOST_UNKNOWN,
            problems: Vec::new(),
        }
    }

    /// Everything that is wrong with an object that should be a `root` to its first reader.
    pub(super) fn run(mut self, object: Json<'_>, reader: Reader, root: &'s Shape) -> Vec<Problem> {
        self.value(object, root, Owner::Operator, reader);
        self.problems
    }

    fn value(&mut self, value: Json<'_>, shape: &'s Shape, owner: Owner, reader: Reader) {
        if value.is_null() || self.problems.len() >= MOST_PROBLEMS {
            return;
        }
        match (shape, value) {
            (Shape::List(shape), Json::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.below(index, |walk| walk.value(*item, shape, owner, reader));
                }
            }
            (Shape::Map(shape), Json::Object(members)) => {
                for (key, value) in members {
                    self.below(*key, |walk| walk.value(*value, shape, owner, reader));
                }
            }
            (Shape::Object(name), Json::Object(members)) => {
                if let Some(of) = self.schema.get(name) {
                    let reader = if *name == "PodTemplateSpec" {
                        self.reader_of_templates
                    } else {
                        reader
                    };
                    let depth = self.pointer.count();
                    self.levels.push(Level { of, depth });
                    self.object(members, of, reader);
                    self.levels.pop();
                }
            }
            (Shape::OneOf(values), Json::String(text)) => self.one_of(text, values, owner),
            _ if fits(shape, value, reader) => {}
            _ => self.report(
                Blame::Value,
                format!(
                    "{} is {} and should be {}",
                    self.subject(),
                    value.kind(),
                    shape.expected()
                ),
                self.conversion(shape, value),
            ),
        }
    }

    fn object(&mut self, members: &[Member<'_>], of: &'s Type, reader: Reader) {
        let mut misspelt = Vec::new();
        let mut wrapped = false;
        for (key, value) in members {
            if let Some(field) = of.field(key) {
                self.below(*key, |walk| walk.value(*value, &field.shape, of.owner, reader));
            } else if !value.is_null() {
                match self.unknown(key, *value, of, reader) {
                    Some(Meant::Here(name)) => misspelt.push(name),
                    Some(Meant::Wrapping) => wrapped = true,
                    Some(Meant::Elsewhere(_)) | None => {}
                }
            }
        }
        if wrapped || !matches!(reader, Reader::ApiServer | Reader::Policy) {
            return;
        }
        let object = Json::Object(members);
        for field in of.fields.iter().filter(|field| field.required) {
            if object.get(field.name).is_none() && !misspelt.contains(&field.name) {
                let message = format!("`{}` is missing: {} requires it", field.name, of.name);
                self.report(Blame::Value, message, None);
            }
        }
    }

    /// Reports a field that the type does not have, and says what it was probably meant as.
    fn unknown(&mut self, key: &str, value: Json<'_>, of: &'s Type, reader: Reader) -> Option<Meant> {
        self.unknown_left = self.unknown_left.checked_sub(1)?;
        let meant = self.meant(key, value, of);
        if meant.is_none() && of.owner == Owner::Kubernetes {
            return None;
        }
        let help = match &meant {
            Some(Meant::Here(name)) => Some(format!("did you mean `{name}`?")),
            Some(Meant::Elsewhere(places)) => Some(format!("did you mean {}?", alternatives(places))),
            Some(Meant::Wrapping) => Some(format!(
                "{} holds the fields of {} itself: move what is under `{key}` up one level",
                self.subject(),
                of.name
            )),
            None => recital(of),
        };
        let fate = match reader {
            Reader::ApiServer | Reader::LenientApiServer => {
                "kubectl refuses it, and from other clients the API server drops it"
            }
            Reader::Policy => "the API server drops it from pods",
            Reader::Operator => "the operator ignores it",
        };
        let message = format!("`{key}` is not a field of {}: {fate}", of.name);
        self.below(key, |walk| walk.report(Blame::Key, message, help));
        meant
    }

    fn meant(&self, key: &str, value: Json<'_>, of: &'s Type) -> Option<Meant> {
        if of.owner == Owner::Kubernetes {
            return slip_of(key, of.names()).map(Meant::Here);
        }
        let wraps = key == "spec" && value.members().iter().any(|(name, _)| of.field(name).is_some());
        if wraps {
            return Some(Meant::Wrapping);
        }
        let elsewhere = self.elsewhere(key, of);
        if elsewhere.is_empty() {
            did_you_mean(key, of.names()).map(Meant::Here)
        } else {
            Some(Meant::Elsewhere(elsewhere))
        }
    }

    /// Where the objects in and around this one have a field of that name: a slip of the indentation, mostly.
    fn elsewhere(&self, key: &str, of: &'s Type) -> Vec<String> {
        let has = |of: &Type| of.field(key).is_some();
        if self.schema.types().filter(|of| has(of)).count() > TELLING {
            return Vec::new();
        }
        let depth = self.pointer.count();
        let inside: Vec<_> = of
            .fields
            .iter()
            .filter(|field| matches!(field.shape, Shape::Object(name) if self.schema.get(name).is_some_and(has)))
            .map(|field| format!("{}.{key}", dotted(self.pointer.tokens().chain([field.name.into()]))))
            .collect();
        if !inside.is_empty() {
            return inside;
        }
        self.levels
            .iter()
            .rev()
            .find(|level| level.depth < depth && has(level.of))
            .map(|level| dotted(self.pointer.tokens().take(level.depth).chain([key.into()])))
            .into_iter()
            .collect()
    }

    fn one_of(&mut self, text: &str, values: &'s [&'static str], owner: Owner) {
        if values.contains(&text) {
            return;
        }
        let candidates = values.iter().copied();
        let meant = match owner {
            Owner::Operator => did_you_mean(text, candidates),
            Owner::Kubernetes => slip_of(text, candidates),
        };
        if meant.is_none() && owner == Owner::Kubernetes {
            return;
        }
        let message = format!("{} must be {}", self.subject(), alternatives(values));
        self.report(
            Blame::Value,
            message,
            meant.map(|value| format!("did you mean `{value}`?")),
        );
    }

    /// How to make of a value what it should be; never the value itself, which may be a secret.
    fn conversion(&self, shape: &Shape, value: Json<'_>) -> Option<String> {
        let help = match (shape, value) {
            (Shape::String | Shape::OneOf(_), Json::Number(_) | Json::Bool(_))
            | (Shape::IntOrString | Shape::Quantity, Json::Number(_)) => "put it in quotes",
            (Shape::Integer, Json::String(text)) if text.parse::<i64>().is_ok() => "leave out the quotes",
            (Shape::Boolean, Json::String("true" | "false")) => "leave out the quotes",
            (Shape::List(_), _) => "begin each item with `- `",
            (Shape::Map(_) | Shape::Object(_), Json::Array(_)) => "write `name: value`, without a `- ` before it",
            (Shape::Object(name), _) => return self.schema.get(name).and_then(recital),
            _ => return None,
        };
        Some(help.to_owned())
    }

    /// What the pointer names, for a message.
    fn subject(&self) -> String {
        let mut tokens = self.pointer.tokens().collect::<Vec<_>>().into_iter().rev();
        match (tokens.next(), tokens.next()) {
            (None, _) => "the application".to_owned(),
            (Some(index), Some(list)) if is_index(&index) => format!("an item of `{}`", list.decoded()),
            (Some(key), _) => format!("`{}`", key.decoded()),
        }
    }

    fn below<'t>(&mut self, token: impl Into<Token<'t>>, walk: impl FnOnce(&mut Self)) {
        self.pointer.push_back(token);
        walk(self);
        self.pointer.pop_back();
    }

    fn report(&mut self, blame: Blame, message: String, help: Option<String>) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem {
                pointer: self.pointer.clone(),
                blame,
                message,
                help,
            });
        }
    }
}

/// Whether a value that is neither a list nor an object with a shape of its own is what the shape says.
fn fits(shape: &Shape, value: Json<'_>, reader: Reader) -> bool {
    match (shape, value) {
        (Shape::Any, _)
        | (Shape::String | Shape::IntOrString | Shape::Quantity, Json::String(_))
        | (Shape::Boolean, Json::Bool(_)) => true,
        (Shape::Integer | Shape::IntOrString, Json::Number(number)) => is_whole(number),
        // The CRD takes integers and strings; what reads a pod takes fractions too.
        (Shape::Quantity, Json::Number(number)) => {
            matches!(reader, Reader::Operator | Reader::Policy) || is_whole(number)
        }
        _ => false,
    }
}

/// Whether the API server takes a number for an integer: `2.0` is one.
fn is_whole(number: Number) -> bool {
    match number {
        Number::Unsigned(_) | Number::Signed(_) => true,
        Number::Float(number) => number.fract() == 0.0,
    }
}

fn is_index(token: &Token<'_>) -> bool {
    let token = token.encoded();
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit())
}

/// The way to a field as people write it: `spec.volumes[0].name`.
fn dotted<'t>(tokens: impl Iterator<Item = Token<'t>>) -> String {
    let mut path = String::new();
    for token in tokens {
        if is_index(&token) {
            path.extend(["[", token.encoded(), "]"]);
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&token.decoded());
        }
    }
    path
}

/// The fields of a small type.
fn recital(of: &Type) -> Option<String> {
    let names: Vec<_> = of.names().collect();
    (names.len() <= RECITABLE).then(|| format!("{} has {}", of.name, list(&names, "and")))
}

fn alternatives<S: AsRef<str>>(names: &[S]) -> String {
    list(names, "or")
}

/// `a`, `b` or `c`.
fn list<S: AsRef<str>>(names: &[S], last: &str) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
        None => String::new(),
    }
}
