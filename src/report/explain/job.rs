//! How many pods a job has, and what they ask for together.

use std::io::{self, Write};

use super::origins::Origins;
use super::role::readable;
use super::rows::{self, Row};
use super::{BAD, BOLD, INDENT};
use crate::engine::explanation::Explanation;
use crate::engine::workload::Executors;

/// The properties that decide how many executors there are.
const COUNTS: [&str; 4] = [
    "spark.executor.instances",
    "spark.dynamicAllocation.initialExecutors",
    "spark.dynamicAllocation.minExecutors",
    "spark.dynamicAllocation.maxExecutors",
];

pub(super) fn write(
    explanation: &Explanation<'_>,
    origins: &Origins<'_, '_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let Executors { initial, min, max } = explanation.executors();
    writeln!(out, "{BOLD}job{BOLD:#}")?;
    match max {
        Some(max) if max == initial => write_sum("in all", initial, explanation, out)?,
        Some(max) => {
            write_sum("at start", initial, explanation, out)?;
            write_sum("at most", max.max(initial), explanation, out)?;
        }
        None => {
            write_sum("at start", initial, explanation, out)?;
            writeln!(out, "  at most   no maximum: as many executors as Spark has tasks for")?;
        }
    }
    if min < initial {
        writeln!(out, "  while idle {min} executors are kept")?;
    }
    rows::write(&counts(explanation, origins), out)
}

fn write_sum(when: &str, executors: u32, explanation: &Explanation<'_>, out: &mut impl Write) -> io::Result<()> {
    let width = INDENT - 2;
    let requests = explanation.requests(executors);
    let untold = format!("{BAD}memory that cannot be told{BAD:#}");
    let memory = match requests.get("memory") {
        Some(memory) if explanation.roles.iter().all(|role| role.memory.is_ok()) => format!("memory {}", readable(*memory)),
        _ => untold,
    };
    let cpu = requests.get("cpu").map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let others: Vec<String> = requests
        .iter()
        .filter(|(resource, _)| !["cpu", "memory"].contains(resource))
        .map(|(resource, amount)| format!(", {resource} {amount}"))
        .collect();
    let pods = u64::from(executors) + 1;
    let noun = if executors == 1 { "executor" } else { "executors" };
    writeln!(
        out,
        "  {when:width$}{pods} pods, the driver and {executors} {noun}: cpu {cpu}, {memory}{}",
        others.concat()
    )
}

fn counts(explanation: &Explanation<'_>, origins: &Origins<'_, '_>) -> Vec<Row> {
    let properties = &explanation.preview.workload.properties;
    COUNTS
        .into_iter()
        .filter_map(|name| Some((name, properties.get(name)?)))
        .map(|(name, property)| Row {
            name: name.strip_prefix("spark.").unwrap_or(name).to_owned(),
            amount: property.value.to_owned(),
            from: origins.words(&property.origin),
            ..Row::default()
        })
        .collect()
}
