//! The report for people, in the manner of rustc: each finding with the line to blame, then a line for each document of
//! Spark's, then one line in all.

mod shortfalls;

use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str};

use super::remark::{Place, Remark, Severity};
use super::{Failure, JudgedDocument, Outcome, PlacedFinding, Report, SourceFile, Tally, changes};
use crate::engine::finding::{Enforcement, Skipped};
use crate::engine::yaml::Position;

/// Writes the report, with colours; the stream takes them off where they are not wanted.
///
/// # Errors
/// What the stream says.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    for document in &report.documents {
        for placed in &document.findings {
            write_finding(&document.file, placed, out)?;
        }
    }
    for changes in report.documents.iter().flat_map(|document| &document.changes) {
        changes::write(changes, out)?;
    }
    for document in &report.documents {
        for skipped in &document.skipped {
            write_block(&skipped_block(document, skipped), out)?;
        }
    }
    for failure in &report.failures {
        write_block(&failure_block(failure), out)?;
    }
    write_documents(&report.documents, out)?;
    writeln!(out, "{}", summary(report))
}

/// Writes one finding, and the line to blame.
///
/// # Errors
/// What the stream says.
pub fn write_finding(file: &SourceFile, placed: &PlacedFinding, out: &mut impl Write) -> io::Result<()> {
    write_block(&finding_block(file, placed), out)
}

/// Writes one remark, and the line that it is about.
///
/// # Errors
/// What the stream says.
pub fn write_remark(remark: &Remark, out: &mut impl Write) -> io::Result<()> {
    write_block(&remark_block(remark), out)
}

fn write_block(block: &Group<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}\n", Renderer::styled().render(std::slice::from_ref(block)))
}

fn finding_block<'a>(file: &'a SourceFile, placed: &'a PlacedFinding) -> Group<'a> {
    let finding = &placed.finding;
    let level = match finding.enforcement {
        Enforcement::Deny => Level::ERROR,
        Enforcement::Warn => Level::WARNING,
        Enforcement::Audit => Level::NOTE,
    };
    let mut block = level
        .primary_title(finding.message.as_str())
        .id(finding.code.to_string())
        .element(snippet(file, placed.position, placed.parent));
    if let Some(effective) = &finding.effective {
        let text = format!("{} pod {}", effective.role, effective.pointer);
        block = block.element(
            Level::NOTE
                .with_name("effective")
                .message(normalize_untrusted_str(&text)),
        );
    }
    if !finding.shortfalls.is_empty() {
        block = block.element(
            Level::NOTE
                .with_name("quotas")
                .message(shortfalls::table(&finding.shortfalls)),
        );
    }
    if let Some(asked) = finding.lowered_from {
        let text = format!("the policy says {asked}; lowered to {}", finding.enforcement);
        block = block.element(Level::NOTE.message(text));
    }
    with_help(block, finding.help.as_deref())
}

/// The line to blame, and the line of the key that it stands under if that is another.
fn snippet(
    file: &SourceFile,
    blamed: Position,
    parent: Option<Position>,
) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let text = file.text.as_str();
    let above = parent.filter(|parent| parent.line < blamed.line);
    let first = above.unwrap_or(blamed);
    let lines = line_of(text, first).start..line_of(text, blamed).end;
    let shown = text.get(lines.clone()).unwrap_or_default();
    let within = |position: Position| {
        let end = position.end.min(line_of(text, position).end);
        position.start - lines.start..end - lines.start
    };
    Snippet::source(shown)
        .line_start(usize::try_from(first.line).unwrap_or(usize::MAX))
        .path(file.name.as_str())
        .annotation(AnnotationKind::Primary.span(within(blamed)))
        .annotations(above.map(|parent| AnnotationKind::Visible.span(within(parent))))
}

/// The line in which a position begins, without its end.
fn line_of(text: &str, position: Position) -> Range<usize> {
    let (before, after) = text.split_at_checked(position.start).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let length = after.find(['\r', '\n']).unwrap_or(after.len());
    start..before.len() + length
}

fn skipped_block<'a>(document: &'a JudgedDocument, skipped: &'a Skipped) -> Group<'a> {
    let line = usize::try_from(document.line).unwrap_or(usize::MAX);
    Level::NOTE
        .primary_title(format!("not judged: {}", skipped.reason))
        .id(skipped.policy.as_str())
        .element(Origin::path(document.file.name.as_str()).line(line))
}

fn failure_block(failure: &Failure) -> Group<'_> {
    let block = Group::with_title(Level::ERROR.primary_title(failure.message.as_str()))
        .element(origin(&failure.file, failure.at));
    with_help(block, failure.help.as_deref())
}

fn remark_block(remark: &Remark) -> Group<'_> {
    let level = match remark.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let block = Group::with_title(level.primary_title(remark.message.as_str()));
    let block = match &remark.place {
        Place::Nowhere => block,
        Place::File { name, at } => block.element(origin(name, *at)),
        Place::Line { file, position, parent } => block.element(snippet(file, *position, *parent)),
    };
    with_help(block, remark.help.as_deref())
}

fn origin(file: &str, at: Option<(u32, u32)>) -> Origin<'_> {
    let origin = Origin::path(file);
    match at {
        Some((line, column)) => origin
            .line(usize::try_from(line).unwrap_or(usize::MAX))
            .char_column(usize::try_from(column).unwrap_or(usize::MAX)),
        None => origin,
    }
}

fn with_help<'a>(block: Group<'a>, help: Option<&str>) -> Group<'a> {
    match help {
        Some(help) => block.element(Level::HELP.message(normalize_untrusted_str(help))),
        None => block,
    }
}

/// A line for each document of Spark's, in columns.
fn write_documents(documents: &[JudgedDocument], out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<[String; 3]> = documents
        .iter()
        .filter(|document| document.outcome() != Outcome::NotSpark)
        .map(|document| [place(document), title(document), ending(document)].map(|cell| normalize_untrusted_str(&cell)))
        .collect();
    let width =
        |column: fn(&[String; 3]) -> &String| rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0);
    let (place_width, title_width) = (width(|[place, ..]| place), width(|[_, title, _]| title));
    for [place, title, ending] in &rows {
        writeln!(out, "{place:place_width$}  {title:title_width$}  {ending}")?;
    }
    if rows.is_empty() { Ok(()) } else { writeln!(out) }
}

fn place(document: &JudgedDocument) -> String {
    format!("{}:{}", document.file.name, document.line)
}

fn title(document: &JudgedDocument) -> String {
    let name = if document.name.is_empty() {
        "(no name)"
    } else {
        &document.name
    };
    match &document.namespace {
        Some(namespace) => format!("{} {namespace}/{name}", document.kind),
        None => format!("{} {name}", document.kind),
    }
}

fn ending(document: &JudgedDocument) -> String {
    let word = if document.outcome() == Outcome::Denied {
        "denied"
    } else {
        "passed"
    };
    let counts = [
        (document.count(Enforcement::Deny), "error"),
        (document.count(Enforcement::Warn), "warning"),
        (document.count(Enforcement::Audit), "note"),
        (document.effective_mutations(), "mutation"),
    ];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| counted(count, noun))
        .collect();
    if counts.is_empty() {
        word.to_owned()
    } else {
        format!("{word}: {}", counts.join(", "))
    }
}

/// One line in all: `3 documents: 1 passed, 1 denied, 1 not Spark; 2 policies`.
fn summary(report: &Report) -> String {
    let Tally {
        documents,
        passed,
        denied,
        not_spark,
        ..
    } = report.tally();
    let counts: Vec<String> = [(passed, "passed"), (denied, "denied"), (not_spark, "not Spark")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let mut parts = vec![counted(documents, "document")];
    if let [first] = parts.as_mut_slice()
        && !counts.is_empty()
    {
        *first = format!("{first}: {}", counts.join(", "));
    }
    if !report.failures.is_empty() {
        parts.push(format!(
            "{} could not be judged",
            counted(report.failures.len(), "input")
        ));
    }
    parts.push(match report.policies {
        Some(1) => "1 policy".to_owned(),
        Some(policies) => format!("{policies} policies"),
        None => "only the built-in policy (name others with --policies)".to_owned(),
    });
    parts.join("; ")
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
