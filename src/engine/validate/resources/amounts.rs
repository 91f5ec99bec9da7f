//! How much a pod asks for.

use super::{Resource, place};
use crate::engine::quantity::Quantity;
use crate::engine::validate::Violation;
use crate::engine::validate::bounds::Bounds;
use crate::engine::workload::EffectivePod;
use crate::engine::workload::demand::{most_of_pod, of_pod};

pub(super) fn judge(pod: &EffectivePod<'_>, resource: Resource, range: Option<Bounds<Quantity>>) -> Option<Violation> {
    let range = range?;
    let role = pod.role;
    let name = resource.as_str();
    let asked = of_pod(pod.pod).get(name).copied();
    let in_requests = |message: String, help: String| {
        let place = place::of_most(pod.pod, resource, "requests");
        Some(Violation::in_pod(pod, &place, message).with_help(help))
    };
    if let Some(min) = range.above(asked.unwrap_or_default()) {
        if !place::is_known(pod, resource) {
            return None;
        }
        let asked = asked.map_or_else(|| format!("no {name}"), |amount| resource.amount(amount));
        return in_requests(
            format!("the {role} asks for {asked}, and {min} is the least that it may ask for"),
            format!("ask for {min} or more"),
        );
    }
    let asked = asked?;
    if let Some(max) = range.below(asked) {
        let asked = resource.amount(asked);
        return in_requests(
            format!("the {role} asks for {asked}, and {max} is the most that it may ask for"),
            format!("ask for {max} or less in all: Spark's container with its overhead, and what runs beside it"),
        );
    }
    let most = *most_of_pod(pod.pod).get(name)?;
    let max = range.below(most)?;
    let place = place::of_most(pod.pod, resource, "limits");
    let most = resource.amount(most);
    let message = format!("the {role} may take {most} by its limits, and {max} is the most that it may");
    Some(Violation::in_pod(pod, &place, message).with_help(format!("write limits of {max} or less in all")))
}

/// The memory that comes with each cpu; a pod that asks for no cpu is left to the bounds of cpu.
pub(super) fn per_core(pod: &EffectivePod<'_>, range: Bounds<Quantity>) -> Option<Violation> {
    if ![Resource::Cpu, Resource::Memory]
        .iter()
        .all(|resource| place::is_known(pod, *resource))
    {
        return None;
    }
    let asked = of_pod(pod.pod);
    let cpu = *asked.get("cpu").filter(|cpu| !cpu.is_zero())?;
    let memory = asked.get("memory").copied().unwrap_or_default();
    let times_cpu = |amount: Option<Quantity>| amount.map(|amount| amount.times(cpu));
    let for_all = Bounds {
        min: times_cpu(range.min),
        max: times_cpu(range.max),
    };
    let (side, wanted, direction) = match (for_all.above(memory), for_all.below(memory)) {
        (Some(least), _) => (format!("less than {}", range.min?), least, "more"),
        (None, Some(most)) => (format!("more than {}", range.max?), most, "less"),
        (None, None) => return None,
    };
    let message = format!(
        "the {} asks for {} and {}, {side} for each cpu",
        pod.role,
        Resource::Memory.amount(memory),
        Resource::Cpu.amount(cpu),
    );
    let place = place::of_most(pod.pod, Resource::Memory, "requests");
    Some(Violation::in_pod(pod, &place, message).with_help(format!(
        "ask for {wanted} of memory or {direction}, or for another number of cores"
    )))
}
