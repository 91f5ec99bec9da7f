//! The tables of types, `kubeflow.txt`, `apache.txt` and `kubernetes.txt`, whose notation the first one explains.

use std::collections::BTreeMap;

/// Whose type it is, which decides what an unknown field of it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// An operator's: the table has every field.
    Operator,
    /// Kubernetes': a newer one may have more fields than the table.
    Kubernetes,
}

/// A type that has fields.
#[derive(Debug)]
pub(super) struct Type {
    /// As the operator or Kubernetes calls it: `DriverSpec`.
    pub(super) name: &'static str,
    /// Whose it is.
    pub(super) owner: Owner,
    /// Its fields, by name.
    pub(super) fields: Vec<Field>,
}

impl Type {
    /// The field of that name.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The names of all fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name)
    }
}

/// A field of a type.
#[derive(Debug)]
pub(super) struct Field {
    /// As it is written: `memoryOverhead`.
    pub(super) name: &'static str,
    /// What it can hold.
    pub(super) shape: Shape,
    /// Whether the CRD requires it.
    pub(super) required: bool,
}

/// What a field can hold.
#[derive(Debug)]
pub(super) enum Shape {
    Any,
    String,
    Integer,
    Boolean,
    IntOrString,
    Quantity,
    /// One of these strings.
    OneOf(Vec<&'static str>),
    List(Box<Shape>),
    /// Any keys, all values alike.
    Map(Box<Shape>),
    /// The type of that name.
    Object(&'static str),
}

impl Shape {
    fn parse(text: &'static str) -> Self {
        let within = |open, close| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        if let Some(values) = within('(', ')') {
            return Self::OneOf(values.split('|').collect());
        }
        if let Some(item) = within('[', ']') {
            return Self::List(Box::new(Self::parse(item)));
        }
        if let Some(value) = within('{', '}') {
            return Self::Map(Box::new(Self::parse(value)));
        }
        match text {
            "any" => Self::Any,
            "string" => Self::String,
            "integer" => Self::Integer,
            "boolean" => Self::Boolean,
            "int-or-string" => Self::IntOrString,
            "quantity" => Self::Quantity,
            name => Self::Object(name),
        }
    }

    /// What it holds, for a message.
    pub(super) fn expected(&self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::String | Self::OneOf(_) => "a string",
            Self::Integer => "an integer",
            Self::Boolean => "a boolean",
            Self::IntOrString | Self::Quantity => "an integer or a string",
            Self::List(_) => "a list",
            Self::Map(_) | Self::Object(_) => "an object",
        }
    }
}

/// All types of an operator and of Kubernetes, by name.
#[derive(Debug)]
pub(super) struct Schema {
    types: BTreeMap<&'static str, Type>,
}

impl Schema {
    /// Reads the tables. They are compiled in, so what does not fit their notation is left out here and found by a test.
    pub(super) fn parse(tables: &[(Owner, &'static str)]) -> Self {
        let types = tables
            .iter()
            .flat_map(|(owner, table)| paragraphs(table).map(|(name, fields)| (*owner, name, fields)))
            .map(|(owner, name, fields)| {
                let fields = fields.into_iter().filter_map(parse_field).collect();
                (name, Type { name, owner, fields })
            })
            .collect();
        Self { types }
    }

    /// The type of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Type> {
        self.types.get(name)
    }

    /// All types, by name.
    pub(super) fn types(&self) -> impl Iterator<Item = &Type> {
        self.types.values()
    }
}

/// The types of a table: the name, and the words that follow it.
pub(super) fn paragraphs(table: &'static str) -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let mut lines = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    std::iter::from_fn(move || {
        let (name, first) = lines.next()?.split_once(':')?;
        let mut words: Vec<_> = first.split_whitespace().collect();
        while let Some(more) = lines.next_if(|line| line.starts_with(' ')) {
            words.extend(more.split_whitespace());
        }
        Some((name, words))
    })
}

fn parse_field(word: &'static str) -> Option<Field> {
    let (name, shape) = word.split_once('=')?;
    let (shape, required) = shape.strip_suffix('!').map_or((shape, false), |shape| (shape, true));
    Some(Field {
        name,
        shape: Shape::parse(shape),
        required,
    })
}
