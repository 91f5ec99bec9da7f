//! Which policies are about a job, what those did, and why the others are not.

use std::io::{self, Write};

use annotate_snippets::normalize_untrusted_str;

use super::{BOLD, DIM, DOUBTFUL, GOOD, WIDTH, counted, wrapped};
use crate::engine::explanation::{Applies, Effect, EntryExplanation, PolicyExplanation};
use crate::engine::finding::Enforcement;
use crate::engine::workload::RoleName;

pub(super) fn write(policies: &[PolicyExplanation], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{BOLD}policies{BOLD:#}")?;
    let width = policies
        .iter()
        .map(|policy| policy.name.chars().count())
        .max()
        .unwrap_or(0);
    for policy in policies {
        let (sign, style, text) = match &policy.applies {
            Applies::Yes => ('✓', GOOD, policy.description.clone().unwrap_or_default()),
            Applies::No(why) => ('✗', DIM, format!("does not match: {why}")),
            Applies::Unknown(what) => ('?', DOUBTFUL, format!("cannot be decided: {what}")),
            Applies::Replaced(by) => ('✗', DIM, format!("left out: `{by}` says it in its place")),
        };
        let text = wrapped(&normalize_untrusted_str(&text), WIDTH.saturating_sub(width + 6));
        let mut lines = text.into_iter();
        let first = lines.next().unwrap_or_default();
        writeln!(
            out,
            "{}",
            format!("  {style}{sign}{style:#} {:width$}  {first}", policy.name).trim_end()
        )?;
        for line in lines {
            writeln!(out, "    {:width$}  {line}", "")?;
        }
        if policy.applies == Applies::Yes {
            write_entries(&policy.entries, out)?;
        }
    }
    Ok(())
}

fn write_entries(entries: &[EntryExplanation], out: &mut impl Write) -> io::Result<()> {
    let width = |cell: fn(&EntryExplanation) -> &str| {
        entries
            .iter()
            .map(|entry| cell(entry).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (names, rules) = (width(|entry| &entry.name), width(|entry| entry.rule));
    for EntryExplanation {
        name,
        rule,
        roles,
        effect,
    } in entries
    {
        writeln!(
            out,
            "      {name:names$}  {DIM}{rule:rules$}{DIM:#}  {}",
            words(effect, roles)
        )?;
    }
    Ok(())
}

fn words(effect: &Effect, about: &[RoleName]) -> String {
    match effect {
        Effect::Changed(whom) if whom.is_empty() => {
            format!("changes nothing of the {}", both(about.iter().copied().map(Some)))
        }
        Effect::Changed(whom) => format!("changes the {}", both(whom.iter().copied())),
        Effect::Found(0, _) => "finds nothing".to_owned(),
        Effect::NotJudged(reason) => format!("{DOUBTFUL}not judged{DOUBTFUL:#}: {reason}"),
        Effect::Found(count, enforcement) => {
            let noun = match enforcement {
                Enforcement::Deny => "error",
                Enforcement::Warn => "warning",
                Enforcement::Audit => "note",
            };
            let style = if *enforcement == Enforcement::Deny {
                super::BAD
            } else {
                DOUBTFUL
            };
            format!("{style}finds {}{style:#}", counted(*count, noun))
        }
    }
}

fn both(whom: impl Iterator<Item = Option<RoleName>>) -> String {
    let names: Vec<&str> = whom.map(|role| role.map_or("application", RoleName::as_str)).collect();
    names.join(" and the ")
}
