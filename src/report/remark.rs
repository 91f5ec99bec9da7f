//! What a command has to say beside what it was asked for.

use std::rc::Rc;

use json_patch::jsonptr::Pointer;

use super::{Failure, SourceFile, key_above};
use crate::engine::finding::Blame;
use crate::engine::yaml::{Position, Positions};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Note,
    /// Perhaps not what was meant.
    Warning,
    /// It does not work.
    Error,
}

/// Something to say.
#[derive(Clone, Debug)]
pub struct Remark {
    /// How bad it is.
    pub severity: Severity,
    /// What, in one line. Never holds an env value or a Secret.
    pub message: String,
    /// About what.
    pub place: Place,
    /// What to write instead, in one line.
    pub help: Option<String>,
}

/// What a remark is about.
#[derive(Clone, Debug)]
pub enum Place {
    /// No file in particular.
    Nowhere,
    /// A file, or a place in one whose text is not shown.
    File {
        /// Its name.
        name: String,
        /// Line and column, from 1.
        at: Option<(u32, u32)>,
    },
    /// A line, which is shown.
    Line {
        /// Its file.
        file: Rc<SourceFile>,
        /// The value or the key to blame.
        position: Position,
        /// The key that it stands under.
        parent: Option<Position>,
    },
}

impl Place {
    /// What a pointer names, or the nearest thing around it. Of the whole of a document, no line is shown.
    #[must_use]
    pub fn find(file: &Rc<SourceFile>, positions: &Positions<'_>, pointer: &Pointer, blame: Blame) -> Self {
        if pointer.is_root() {
            let whole = positions.nearest(pointer, Blame::Value);
            return Self::File {
                name: file.name.clone(),
                at: Some((whole.line, whole.column)),
            };
        }
        Self::Line {
            file: Rc::clone(file),
            position: positions.nearest(pointer, blame),
            parent: key_above(pointer, positions),
        }
    }

    /// The byte at which it starts; that of a whole file is 0.
    #[must_use]
    pub fn start(&self) -> usize {
        match self {
            Self::Nowhere | Self::File { .. } => 0,
            Self::Line { position, .. } => position.start,
        }
    }
}

impl Remark {
    /// A remark about no file in particular.
    #[must_use]
    pub fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self {
            severity,
            message: message.into(),
            place: Place::Nowhere,
            help: None,
        }
    }

    /// The same, about a place.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// The same, with what to write instead.
    #[must_use]
    pub fn with_help(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }
}

impl From<Failure> for Remark {
    fn from(failure: Failure) -> Self {
        let Failure {
            file,
            at,
            message,
            help,
        } = failure;
        Self::new(Severity::Error, message)
            .at(Place::File { name: file, at })
            .with_help(help)
    }
}
