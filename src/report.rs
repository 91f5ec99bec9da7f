//! What the commands have to say, and how it is written down: [`human`] for people, [`json`] for programs.

pub mod changes;
pub mod explain;
pub mod human;
pub mod json;
pub mod pods;
pub mod redact;
pub mod remark;
#[cfg(test)]
mod tests;

use std::iter;
use std::rc::Rc;

use json_patch::jsonptr::Pointer;

use crate::engine::finding::{Enforcement, Finding, MutationRecord, Skipped, SubjectKind};
use crate::engine::yaml::{Position, Positions};
use changes::ObjectChanges;

/// Everything that one run found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was judged, in the order in which it was read.
    pub documents: Vec<JudgedDocument>,
    /// What could not be.
    pub failures: Vec<Failure>,
    /// How many policies were loaded; `None` where only the built-in one was asked.
    pub policies: Option<usize>,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its name, as the user would write it.
    pub name: String,
    /// What it says, with what must not be shown made illegible ([`redact`]); every byte is where it was.
    pub text: String,
}

/// One object, and what the policies say about it.
#[derive(Clone, Debug)]
pub struct JudgedDocument {
    /// Where it was read.
    pub file: Rc<SourceFile>,
    /// The line at which it begins, from 1.
    pub line: u32,
    /// `kind`, empty where the document says none.
    pub kind: String,
    /// `metadata.namespace`, or the one that stands in for it.
    pub namespace: Option<String>,
    /// `metadata.name`, or `metadata.generateName`; empty where the document says neither.
    pub name: String,
    /// What it was taken for.
    pub subject: SubjectKind,
    /// One word: `denied`, `mutated`, or `allowed`.
    pub decision: &'static str,
    /// What was found, in the order of the places.
    pub findings: Vec<PlacedFinding>,
    /// What the mutations would do.
    pub mutations: Vec<MutationRecord>,
    /// What the mutations make of the object and its pods, where that is to be shown.
    pub changes: Vec<ObjectChanges>,
    /// What could not be decided.
    pub skipped: Vec<Skipped>,
}

/// A finding, and where in its file it points.
#[derive(Clone, Debug)]
pub struct PlacedFinding {
    /// The finding.
    pub finding: Finding,
    /// The value or the key to blame.
    pub position: Position,
    /// The key that it stands under, which says which of several alike it is.
    pub parent: Option<Position>,
}

/// Something that could not be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The file, or the directory.
    pub file: String,
    /// Line and column, from 1, where the trouble has a place.
    pub at: Option<(u32, u32)>,
    /// Why.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// How a document ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not Spark's, and so not judged.
    NotSpark,
    /// Judged, and let in.
    Passed,
    /// Judged, and refused.
    Denied,
}

/// How many of each there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Documents.
    pub documents: usize,
    /// Documents that are let in.
    pub passed: usize,
    /// Documents that are refused.
    pub denied: usize,
    /// Documents that are not Spark's.
    pub not_spark: usize,
    /// Findings that deny.
    pub errors: usize,
    /// Findings that warn.
    pub warnings: usize,
    /// Findings for the log only.
    pub audits: usize,
    /// Mutations that would have an effect.
    pub mutations: usize,
}

impl PlacedFinding {
    /// Finds the place of a finding about the object that stands at `object` in a document.
    #[must_use]
    pub fn place(finding: Finding, object: &Pointer, positions: &Positions<'_>) -> Self {
        let pointer = object.concat(&finding.pointer);
        Self {
            position: positions.nearest(&pointer, finding.blame),
            parent: key_above(&pointer, positions),
            finding,
        }
    }
}

/// The key that a value stands under, not counting its own.
fn key_above(pointer: &Pointer, positions: &Positions<'_>) -> Option<Position> {
    iter::successors(pointer.parent(), |ancestor| ancestor.parent()).find_map(|ancestor| positions.key(ancestor))
}

impl JudgedDocument {
    /// How many mutations would change something.
    #[must_use]
    pub fn effective_mutations(&self) -> usize {
        self.mutations.iter().filter(|mutation| mutation.has_effect()).count()
    }

    /// How the document ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.subject == SubjectKind::Other {
            Outcome::NotSpark
        } else if self.count(Enforcement::Deny) > 0 {
            Outcome::Denied
        } else {
            Outcome::Passed
        }
    }

    /// How many findings have this enforcement.
    #[must_use]
    pub fn count(&self, enforcement: Enforcement) -> usize {
        self.findings
            .iter()
            .filter(|placed| placed.finding.enforcement == enforcement)
            .count()
    }
}

impl Report {
    /// Counts everything.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for document in &self.documents {
            tally.documents += 1;
            match document.outcome() {
                Outcome::NotSpark => tally.not_spark += 1,
                Outcome::Passed => tally.passed += 1,
                Outcome::Denied => tally.denied += 1,
            }
            tally.errors += document.count(Enforcement::Deny);
            tally.warnings += document.count(Enforcement::Warn);
            tally.audits += document.count(Enforcement::Audit);
            tally.mutations += document.effective_mutations();
        }
        tally
    }
}
