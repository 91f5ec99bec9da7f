//! A table of what quotas leave too little of.

use annotate_snippets::normalize_untrusted_str;

use crate::engine::quota::Shortfall;

const HEADINGS: [&str; 7] = ["quota", "resource", "wanted", "used", "reserved", "hard", "short by"];

/// A line of headings, and one for each resource; names to the left of their columns, amounts to the right.
pub(super) fn table(shortfalls: &[Shortfall]) -> String {
    let rows = shortfalls.iter().map(|short| {
        let names = [&short.quota, &short.resource].map(|name| normalize_untrusted_str(name));
        let amounts = [short.wanted, short.used, short.reserved, short.hard, short.short_by];
        names
            .into_iter()
            .chain(amounts.map(|amount| amount.to_string()))
            .collect()
    });
    let rows: Vec<Vec<String>> = std::iter::once(HEADINGS.map(str::to_owned).to_vec())
        .chain(rows)
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let lines = rows.iter().map(|row| {
        let cells = row.iter().enumerate().map(|(column, cell)| match column {
            0 | 1 => format!("{cell:0$}", width(column)),
            _ => format!("{cell:>0$}", width(column)),
        });
        cells.collect::<Vec<_>>().join("  ")
    });
    lines.collect::<Vec<_>>().join("\n")
}
