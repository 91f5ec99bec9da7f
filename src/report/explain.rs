//! The page of `explain`, for people: what the pods of a job ask for and on whose word, how many there will be, which policies have a
//! say in it, and what `check` finds.

mod bar;
mod findings;
mod job;
mod origins;
mod policies;
mod role;
mod rows;

use std::io::{self, Write};

use annotate_snippets::normalize_untrusted_str;
use annotate_snippets::renderer::{AnsiColor, Style};
use json_patch::jsonptr::Pointer;

use super::SourceFile;
use crate::engine::explanation::Explanation;
use crate::engine::finding::Blame;
use crate::engine::yaml::Positions;
use origins::Origins;

/// No line is longer, unless a single word is.
const WIDTH: usize = 100;
/// Where the figures of a section begin.
const INDENT: usize = 12;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// One job, and where it was read.
#[derive(Clone, Copy, Debug)]
pub struct Page<'p, 'a> {
    /// `kind` of the object.
    pub kind: &'p str,
    /// Its namespace, where that is known.
    pub namespace: Option<&'p str>,
    /// Its name.
    pub name: &'p str,
    /// The file.
    pub file: &'p SourceFile,
    /// Where everything stands in its document.
    pub positions: &'p Positions<'a>,
    /// Where in its document the object stands.
    pub at: &'p Pointer,
    /// What there is to tell.
    pub explanation: &'p Explanation<'a>,
}

/// Writes the page, with colours; the stream takes them off where they are not wanted.
///
/// # Errors
/// What the stream says.
pub fn write(page: &Page<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    let origins = Origins {
        positions: page.positions,
        at: page.at,
    };
    write_title(page, out)?;
    for role in &page.explanation.roles {
        writeln!(out)?;
        role::write(role, &origins, out)?;
    }
    writeln!(out)?;
    job::write(page.explanation, &origins, out)?;
    writeln!(out)?;
    policies::write(&page.explanation.policies, out)?;
    writeln!(out)?;
    findings::write(&page.explanation.findings, &origins, out)
}

fn write_title(page: &Page<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    let name = match page.namespace {
        Some(namespace) => format!("{namespace}/{}", page.name),
        None => page.name.to_owned(),
    };
    let line = page.positions.nearest(page.at, Blame::Value).line;
    let (kind, name) = (normalize_untrusted_str(page.kind), normalize_untrusted_str(&name));
    let file = normalize_untrusted_str(&page.file.name);
    writeln!(out, "{BOLD}{kind} {name}{BOLD:#}")?;
    writeln!(out, "{DIM}{file}:{line}{DIM:#}")?;
    let workload = &page.explanation.preview.workload;
    let language = workload
        .language
        .map_or("in a language that Spark does not have".to_owned(), |language| {
            language.to_string()
        });
    match workload.spark_version {
        Some(version) => writeln!(out, "{language}, Spark {version}"),
        None => writeln!(
            out,
            "{language}, a version of Spark that cannot be told: taken for the newest"
        ),
    }
}

/// Breaks a text into lines between its words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
