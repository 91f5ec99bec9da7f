//! Figures in columns: what, how much, what share of the whole, on whose word.

use std::io::{self, Write};

use annotate_snippets::normalize_untrusted_str;

use super::bar::Mark;
use super::{DIM, INDENT, WIDTH};

/// One figure.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) mark: Option<Mark>,
    pub(super) name: String,
    pub(super) amount: String,
    pub(super) share: String,
    pub(super) from: String,
}

/// Writes rows below each other, indented under the headline of their section.
pub(super) fn write(rows: &[Row], out: &mut impl Write) -> io::Result<()> {
    let width = |cell: fn(&Row) -> &String| rows.iter().map(|row| cell(row).chars().count()).max().unwrap_or(0);
    let (names, amounts, shares) = (
        width(|row| &row.name),
        width(|row| &row.amount),
        width(|row| &row.share),
    );
    let marks = if rows.iter().any(|row| row.mark.is_some()) {
        2
    } else {
        0
    };
    for Row {
        mark,
        name,
        amount,
        share,
        from,
    } in rows
    {
        let mark = match mark {
            Some(Mark { block, style }) => format!("{style}{block}{style:#} "),
            None => " ".repeat(marks),
        };
        let (name, amount) = (normalize_untrusted_str(name), normalize_untrusted_str(amount));
        let shares = if shares == 0 {
            String::new()
        } else {
            format!("{share:>shares$}  ")
        };
        let taken = INDENT + marks + names + 2 + amounts + 2 + if shares.is_empty() { 0 } else { shares.len() };
        let from = shortened(from, WIDTH.saturating_sub(taken));
        let line = format!("{:INDENT$}{mark}{name:names$}  {amount:>amounts$}  {shares}", "");
        writeln!(out, "{}", format!("{line}{DIM}{from}{DIM:#}").trim_end())?;
    }
    Ok(())
}

/// A text that is too long loses its beginning: the end of a path says more.
fn shortened(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(length + 1 - width.max(1)).collect();
    format!("…{kept}")
}
