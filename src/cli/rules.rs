//! `sparkgate rules`: what policies can say.

use std::io::{self, Write};

use anyhow::{Context, bail};

use super::Exit;
use crate::engine::documentation::{Documentation, List, RULES};
use crate::engine::suggest::did_you_mean;

/// The arguments of `rules`.
#[derive(Debug, clap::Args)]
pub struct RulesArguments {
    /// The rule to tell all about; without it, all rules are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// A name that no rule has, and a standard output that cannot be written to.
pub fn run(arguments: &RulesArguments) -> anyhow::Result<Exit> {
    let RulesArguments { name } = arguments;
    let mut out = io::stdout().lock();
    let written = match name {
        None => list(&mut out),
        Some(name) => {
            let pages: Vec<String> = Documentation::find(name).map(Documentation::text).collect();
            if pages.is_empty() {
                bail!(unknown(name));
            }
            out.write_all(pages.join("\n").as_bytes())
        }
    };
    match written {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Clean),
        written => written.map(|()| Exit::Clean).context("cannot write the rules"),
    }
}

fn unknown(name: &str) -> String {
    match did_you_mean(name, RULES.map(|rule| rule.name)) {
        Some(meant) => format!("there is no rule `{name}`; did you mean `{meant}`?"),
        None => format!("there is no rule `{name}`; `sparkgate rules` lists those that there are"),
    }
}

/// A line for each rule: its name, what it decides about, and what it is for.
fn list(out: &mut impl Write) -> io::Result<()> {
    let width = |of: fn(&Documentation) -> &'static str| RULES.iter().map(|rule| of(rule).len()).max().unwrap_or(0);
    let (names, stages) = (width(|rule| rule.name), width(|rule| rule.stage.as_str()));
    for list in List::ALL {
        writeln!(out, "{}", list.as_str())?;
        for rule in RULES.iter().filter(|rule| rule.list == list) {
            let (name, stage, summary) = (rule.name, rule.stage.as_str(), rule.summary());
            writeln!(out, "  {name:names$}  {stage:stages$}  {summary}")?;
        }
    }
    writeln!(out, "\n`sparkgate rules NAME` tells all about one.")
}
