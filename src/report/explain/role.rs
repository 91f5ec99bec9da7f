//! What one pod of a role asks for.

use std::io::{self, Write};

use annotate_snippets::normalize_untrusted_str;

use super::bar::{self, Mark};
use super::origins::Origins;
use super::rows::{self, Row};
use super::{BAD, BOLD, INDENT, WIDTH, wrapped};
use crate::engine::explanation::{ContainerExplanation, Figure, RoleExplanation, UntoldMemory};
use crate::engine::quantity::Quantity;
use crate::engine::workload::Origin;
use crate::engine::workload::demand::ContainerKind;
use crate::engine::workload::memory::{Extra, OverheadSource, RoleMemory};

pub(super) const MEMORY: &str = "memory";
pub(super) const CPU: &str = "cpu";
/// How Spark's own container is called, whatever its name is.
const SPARK: &str = "Spark";

pub(super) fn write(role: &RoleExplanation<'_>, origins: &Origins<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    let image = role
        .spark()
        .and_then(|spark| spark.image)
        .unwrap_or("nobody says which");
    let image = normalize_untrusted_str(image);
    writeln!(out, "{BOLD}{}{BOLD:#}", role.role)?;
    headline("image", &image, out)?;
    write_memory(role, origins, out)?;
    write_resource(role, CPU, origins, out)?;
    let others = role
        .requests
        .keys()
        .filter(|resource| ![MEMORY, CPU].contains(resource));
    for resource in others {
        write_resource(role, resource, origins, out)?;
    }
    Ok(())
}

/// One part of the memory of a pod.
struct Part {
    mark: Mark,
    name: String,
    amount: Quantity,
    from: String,
}

fn write_memory(role: &RoleExplanation<'_>, origins: &Origins<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    let memory = match &role.memory {
        Ok(memory) => memory,
        Err(untold) => return write_untold(untold, origins, out),
    };
    let parts = parts(role, memory, origins);
    let sum: Quantity = parts.iter().map(|part| part.amount).sum();
    let total = role.requests.get(MEMORY).copied().unwrap_or(sum);
    let starts_with_another = role
        .containers
        .iter()
        .any(|container| container.kind == ContainerKind::Init);
    let why = match (total > sum, starts_with_another) {
        (true, true) => ", for what runs before Spark starts",
        (true, false) => ", with the overhead of its runtime",
        (false, _) => limit_words(role, MEMORY),
    };
    headline(MEMORY, &format!("{}{why}", readable(total)), out)?;
    let share = |part: &Part| part.amount.ratio_to(sum);
    let shares: Vec<(Mark, f64)> = parts.iter().map(|part| (part.mark, share(part))).collect();
    writeln!(out, "{:INDENT$}{}", "", bar::bar(&shares))?;
    let mut rows: Vec<Row> = parts
        .iter()
        .map(|part| Row {
            mark: Some(part.mark),
            name: part.name.clone(),
            amount: part.amount.to_string(),
            share: format!("{:.0}%", 100.0 * share(part)),
            from: part.from.clone(),
        })
        .collect();
    rows.extend(rows_beside_the_bar(role, origins));
    rows.extend(differing_limits(role, MEMORY, origins));
    rows::write(&rows, out)
}

fn write_untold(untold: &UntoldMemory<'_>, origins: &Origins<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    let why = match untold {
        UntoldMemory::Language => "the overhead depends on the language, which is none that Spark has".to_owned(),
        UntoldMemory::Property(unreadable) => {
            format!("{unreadable} ({})", origins.words(&unreadable.property.origin))
        }
    };
    let text = format!("cannot be told: {}", normalize_untrusted_str(&why));
    for (index, line) in wrapped(&text, WIDTH - INDENT).into_iter().enumerate() {
        let line = format!("{BAD}{line}{BAD:#}");
        headline(if index == 0 { MEMORY } else { "" }, &line, out)?;
    }
    Ok(())
}

/// What runs at the same time, which adds up.
fn parts(role: &RoleExplanation<'_>, memory: &RoleMemory, origins: &Origins<'_, '_>) -> Vec<Part> {
    let counted = Quantity::from_mebibytes(memory.total().mebibytes());
    let in_pod = role.spark().and_then(|spark| spark.request(MEMORY));
    let mut parts = match in_pod {
        Some(figure) if figure.amount.is_some_and(|amount| amount != counted) => vec![Part {
            mark: bar::HEAP,
            name: SPARK.to_owned(),
            amount: figure.amount.unwrap_or_default(),
            from: words_of(figure.origin.as_ref(), origins),
        }],
        _ => parts_of_spark(memory, origins),
    };
    let beside = role.containers.iter().filter(|container| runs_beside_spark(container));
    let asking = beside.filter_map(|container| Some((container, container.request(MEMORY)?)));
    for (index, (container, figure)) in asking.enumerate() {
        parts.push(Part {
            mark: Mark::of_sidecar(index),
            name: container.name.to_owned(),
            amount: figure.amount.unwrap_or_default(),
            from: words_of_figure(container, figure, origins),
        });
    }
    parts.retain(|part| !part.amount.is_zero());
    parts
}

fn parts_of_spark(memory: &RoleMemory, origins: &Origins<'_, '_>) -> Vec<Part> {
    let part = |mark, name: &str, amount: u64, from| Part {
        mark,
        name: name.to_owned(),
        amount: Quantity::from_mebibytes(amount),
        from,
    };
    let overhead = match &memory.overhead_source {
        OverheadSource::Factor { factor, origin } => format!("{factor} of the heap: {}", origins.words(origin)),
        OverheadSource::Amount(origin) | OverheadSource::Minimum(origin) => origins.words(origin),
    };
    let mut parts = vec![
        part(
            bar::HEAP,
            "heap",
            memory.heap.mebibytes(),
            origins.words(&memory.heap_origin),
        ),
        part(bar::OVERHEAD, "overhead", memory.overhead.mebibytes(), overhead),
    ];
    let extras = [
        (bar::PYSPARK, "pyspark", &memory.pyspark),
        (bar::OFF_HEAP, "off-heap", &memory.off_heap),
    ];
    for (mark, name, extra) in extras {
        if let Some(Extra { amount, origin }) = extra {
            parts.push(part(mark, name, amount.mebibytes(), origins.words(origin)));
        }
    }
    parts
}

/// What is no part of the sum: sidecars that ask for nothing, and containers that end before Spark starts.
fn rows_beside_the_bar(role: &RoleExplanation<'_>, origins: &Origins<'_, '_>) -> Vec<Row> {
    let row = |container: &ContainerExplanation<'_>| {
        let (amount, from) = match (container.kind, container.request(MEMORY)) {
            (ContainerKind::Init, Some(figure)) => (written(figure), words_of_figure(container, figure, origins)),
            (ContainerKind::Main | ContainerKind::NativeSidecar, None) => {
                ("0".to_owned(), "sidecar, asks for none".to_owned())
            }
            _ => return None,
        };
        Some(Row {
            name: container.name.to_owned(),
            amount,
            from,
            ..Row::default()
        })
    };
    let others = role.containers.iter().filter(|container| !container.is_spark);
    others.filter_map(row).collect()
}

/// cpu, and whatever else is asked for.
fn write_resource(
    role: &RoleExplanation<'_>,
    resource: &str,
    origins: &Origins<'_, '_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let asking: Vec<_> = role
        .containers
        .iter()
        .rev()
        .filter_map(|container| Some((container, container.request(resource)?)))
        .collect();
    let total = role.requests.get(resource).map(Quantity::to_string);
    let words = match total {
        Some(total) if resource != CPU || role.tells_cpu() => total,
        _ => format!("{BAD}cannot be told{BAD:#}"),
    };
    let name = normalize_untrusted_str(resource);
    headline(&name, &format!("{words}{}", limit_words(role, resource)), out)?;
    let mut rows: Vec<Row> = asking
        .iter()
        .map(|(container, figure)| Row {
            name: name_of(container),
            amount: written(figure),
            from: words_of_figure(container, figure, origins),
            ..Row::default()
        })
        .collect();
    rows.extend(differing_limits(role, resource, origins));
    rows::write(&rows, out)
}

/// The limits that are not what is requested.
fn differing_limits(role: &RoleExplanation<'_>, resource: &str, origins: &Origins<'_, '_>) -> Vec<Row> {
    let limit_of = |container: &ContainerExplanation<'_>| {
        let limit = container.limit(resource)?;
        let request = container.request(resource)?;
        (limit.amount != request.amount || limit.origin != request.origin).then(|| Row {
            name: format!("limit of {}", name_of(container)),
            amount: written(limit),
            from: words_of_figure(container, limit, origins),
            ..Row::default()
        })
    };
    role.containers.iter().rev().filter_map(limit_of).collect()
}

/// What a headline says of limits, where Spark alone asks for something. Others have a row each.
fn limit_words(role: &RoleExplanation<'_>, resource: &str) -> &'static str {
    let mut asking = role
        .containers
        .iter()
        .filter(|container| container.request(resource).is_some());
    let (Some(spark), None) = (asking.next().filter(|container| container.is_spark), asking.next()) else {
        return "";
    };
    match (spark.request(resource), spark.limit(resource)) {
        (_, None) => ", no limit",
        (Some(request), Some(limit)) if request.amount == limit.amount => ", limit the same",
        _ => "",
    }
}

fn runs_beside_spark(container: &ContainerExplanation<'_>) -> bool {
    !container.is_spark && container.kind != ContainerKind::Init
}

fn name_of(container: &ContainerExplanation<'_>) -> String {
    if container.is_spark { SPARK } else { container.name }.to_owned()
}

/// Where a figure comes from; where its container does, if the figure came with that.
fn words_of_figure(container: &ContainerExplanation<'_>, figure: &Figure<'_>, origins: &Origins<'_, '_>) -> String {
    let origin = figure.origin.as_ref().or(container.origin.as_ref());
    match container.kind {
        _ if container.is_spark => words_of(origin, origins),
        ContainerKind::Init => origins.words_of_container("ends before Spark starts", origin),
        ContainerKind::Main | ContainerKind::NativeSidecar => origins.words_of_container("sidecar", origin),
    }
}

fn words_of(origin: Option<&Origin>, origins: &Origins<'_, '_>) -> String {
    origin.map(|origin| origins.words(origin)).unwrap_or_default()
}

fn written(figure: &Figure<'_>) -> String {
    figure
        .amount
        .map_or_else(|| "unreadable".to_owned(), |amount| amount.to_string())
}

/// An amount of memory as Kubernetes writes it, and in round figures where that is hard to read: `9011Mi (8.8Gi)`.
pub(super) fn readable(memory: Quantity) -> String {
    let gibibytes = memory.ratio_to(Quantity::from_mebibytes(1024));
    let exact = memory.to_string();
    if exact.ends_with("Gi") || gibibytes < 1.0 {
        exact
    } else {
        format!("{exact} ({gibibytes:.1}Gi)")
    }
}

fn headline(name: &str, text: &str, out: &mut impl Write) -> io::Result<()> {
    let width = INDENT - 4;
    writeln!(out, "  {name:width$}  {text}")
}
