//! How many pods a job has, and what they ask for together.

use std::io::{self, Write};

use annotate_snippets::normalize_untrusted_str;

use super::origins::Origins;
use super::role::{CPU, MEMORY, readable};
use super::rows::{self, Row};
use super::{BAD, BOLD, INDENT, WIDTH, counted, wrapped};
use crate::engine::explanation::{Explanation, RoleExplanation};
use crate::engine::workload::Executors;

/// The properties that decide how many executors there are.
const COUNTS: [&str; 4] = [
    "spark.executor.instances",
    "spark.dynamicAllocation.initialExecutors",
    "spark.dynamicAllocation.minExecutors",
    "spark.dynamicAllocation.maxExecutors",
];

pub(super) fn write(explanation: &Explanation<'_>, origins: &Origins<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    let Executors { initial, min, max } = explanation.executors();
    writeln!(out, "{BOLD}job{BOLD:#}")?;
    let first = if max == Some(initial) && min == initial {
        "in all"
    } else {
        "at start"
    };
    write_sum(first, initial, explanation, out)?;
    if min < initial {
        write_sum("at least", min, explanation, out)?;
    }
    match max {
        Some(max) if max < initial => writeln!(
            out,
            "{}{BAD}Spark starts no job whose maximum is below that{BAD:#}",
            label("at most")
        )?,
        Some(max) if max > initial => write_sum("at most", max, explanation, out)?,
        Some(_) => {}
        None => writeln!(
            out,
            "{}no maximum: as many executors as Spark has tasks for",
            label("at most")
        )?,
    }
    rows::write(&counts(explanation, origins), out)
}

fn label(text: &str) -> String {
    let width = INDENT - 2;
    format!("  {text:width$}")
}

fn write_sum(when: &str, executors: u32, explanation: &Explanation<'_>, out: &mut impl Write) -> io::Result<()> {
    let requests = explanation.requests(executors);
    let memory = match requests.get(MEMORY) {
        Some(memory) if explanation.roles.iter().all(|role| role.memory.is_ok()) => {
            format!("memory {}", readable(*memory))
        }
        _ => format!("{BAD}memory that cannot be told{BAD:#}"),
    };
    let cpu = match requests.get(CPU) {
        Some(cpu) if explanation.roles.iter().all(RoleExplanation::tells_cpu) => format!("cpu {cpu}"),
        _ => format!("{BAD}cpu that cannot be told{BAD:#}"),
    };
    let others: Vec<String> = requests
        .iter()
        .filter(|(resource, amount)| ![CPU, MEMORY].contains(resource) && !amount.is_zero())
        .map(|(resource, amount)| format!(", {resource} {amount}"))
        .collect();
    let executors = usize::try_from(executors).unwrap_or(usize::MAX);
    let who = match executors {
        0 => "the driver alone".to_owned(),
        _ => format!("the driver and {}", counted(executors, "executor")),
    };
    let pods = counted(executors.saturating_add(1), "pod");
    let others = normalize_untrusted_str(&others.concat());
    let text = format!("{pods}, {who}: {cpu}, {memory}{others}");
    for (index, line) in wrapped(&text, WIDTH - INDENT).into_iter().enumerate() {
        writeln!(out, "{}{line}", label(if index == 0 { when } else { "" }))?;
    }
    Ok(())
}

fn counts(explanation: &Explanation<'_>, origins: &Origins<'_, '_>) -> Vec<Row> {
    let properties = &explanation.preview.workload.properties;
    COUNTS
        .into_iter()
        .filter_map(|name| Some((name, properties.get(name)?)))
        .map(|(name, property)| Row {
            name: name.rsplit('.').next().unwrap_or(name).to_owned(),
            amount: property.value.to_owned(),
            from: origins.words(&property.origin),
            ..Row::default()
        })
        .collect()
}
