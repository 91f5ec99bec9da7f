//! What the policies make of an object, for people: every key with the policy that decided it, then a unified diff.
//!
//! Unlike the pods that `render` writes, which are for programs that take pods, this is a report: what must not be shown is
//! made illegible.

use std::io::{self, Write};

use similar::TextDiff;

use super::pods::{BeforeAndAfter, yaml_of};
use super::redact::redact;
use crate::engine::finding::{Effect, MutationRecord};
use crate::engine::json::Arena;
use crate::engine::yaml::parse_stream;

/// What becomes of an object, or of a pod that Spark will make of it.
#[derive(Clone, Debug)]
pub struct ObjectChanges {
    /// Which: `executor pod of etl`.
    pub title: String,
    /// What the mutations did, in their order.
    pub records: Vec<MutationRecord>,
    diff: String,
}

impl ObjectChanges {
    /// Compares the object before and after; `origin` says what it is before: `as Spark makes it`.
    #[must_use]
    pub fn new(title: String, origin: &str, object: BeforeAndAfter<'_>, records: Vec<MutationRecord>) -> Self {
        let [before, after] = [object.before, object.after].map(|json| legible(&yaml_of(json)));
        Self {
            diff: unified_diff(&title, origin, &before, &after),
            title,
            records,
        }
    }
}

/// A unified diff of two texts; empty where they are the same.
pub(super) fn unified_diff(title: &str, origin: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after)
        .unified_diff()
        .header(&format!("{title}, {origin}"), &format!("{title}, after the policies"))
        .to_string()
}

fn legible(text: &str) -> String {
    let arena = Arena::of_file();
    redact(text, &parse_stream(&arena, text).0)
}

/// Writes what became of one object; nothing where no mutation had anything to say.
///
/// # Errors
/// What the stream says.
pub fn write(changes: &ObjectChanges, out: &mut impl Write) -> io::Result<()> {
    if changes.records.is_empty() {
        return Ok(());
    }
    writeln!(out, "# {}", changes.title)?;
    for record in &changes.records {
        for change in &record.changes {
            let told = match change.effect {
                Effect::Set => format!("{} set {}", record.code, change.pointer),
                Effect::Overridden => format!("{} replaced {}", record.code, change.pointer),
                Effect::Kept => format!("{} kept {}, which says something else", record.code, change.pointer),
            };
            writeln!(out, "#   {}", told.escape_debug())?;
        }
    }
    writeln!(out, "{}", changes.diff)
}
