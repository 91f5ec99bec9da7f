//! What `check` finds, in short.

use std::io::{self, Write};

use annotate_snippets::normalize_untrusted_str;

use super::origins::Origins;
use super::{BAD, BOLD, DIM, DOUBTFUL, GOOD, WIDTH, wrapped};
use crate::engine::finding::{Enforcement, Finding};

pub(super) fn write(findings: &[Finding], origins: &Origins<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{BOLD}check{BOLD:#}")?;
    if findings.is_empty() {
        return writeln!(out, "  {GOOD}finds nothing{GOOD:#}");
    }
    let mut sorted: Vec<_> = findings
        .iter()
        .map(|finding| (origins.nearest_line(finding), finding))
        .collect();
    sorted.sort_by_key(|(line, _)| *line);
    for (line, finding) in sorted {
        let (word, style) = match finding.enforcement {
            Enforcement::Deny => ("error", BAD),
            Enforcement::Warn => ("warning", DOUBTFUL),
            Enforcement::Audit => ("note", DIM),
        };
        writeln!(out, "  {style}{word}{style:#} {}, line {line}", finding.code)?;
        for line in wrapped(&normalize_untrusted_str(&finding.message), WIDTH - 4) {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}
