//! What the Spark container asks for.
//!
//! `BasicDriverFeatureStep` and `BasicExecutorFeatureStep`.

use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{Draft, devices};
use crate::engine::json::Json;
use crate::engine::quantity::Quantity;
use crate::engine::workload::memory::RoleMemory;
use crate::engine::workload::{Language, Property};

/// Asks for cpu, memory and devices. Of the template, the limit of cpu stays where none is configured, and so does whatever else it asks for.
pub(super) fn set<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    if let Some(cpu) = cpu_request(step) {
        pod.container.at(["resources", "requests"]).set("cpu", cpu);
    }
    if let Some(memory) = memory(step) {
        for kind in ["requests", "limits"] {
            pod.container.at(["resources", kind]).set("memory", memory.clone());
        }
    }
    let limit = step.property(step.of_role(
        "spark.kubernetes.driver.limit.cores",
        "spark.kubernetes.executor.limit.cores",
    ));
    if let Some(limit) = limit.and_then(amount) {
        pod.container.at(["resources", "limits"]).set("cpu", limit);
    }
    leave_out_a_limit_below_the_request(step, pod);
    for (name, amount) in devices::of(step) {
        pod.container.at(["resources", "limits"]).set(name, amount);
    }
}

/// Kubernetes takes no pod whose limit is below its request, and Spark 4.1 and later makes no such executor.
fn leave_out_a_limit_below_the_request<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let mut cpu_of = |kind| pod.container.get("resources")?.get(kind)?.get("cpu").cloned();
    let (Some(request), Some(limit)) = (cpu_of("requests"), cpu_of("limits")) else {
        return;
    };
    let (Some(requested), Some(limited)) = (as_quantity(&request), as_quantity(&limit)) else {
        return;
    };
    if limited >= requested {
        return;
    }
    if let Some(origin) = limit.origin() {
        let message = format!(
            "the {} is limited to {limited} cpu, and asks for {requested}: Kubernetes refuses the pod",
            step.role
        );
        step.refuse(origin, message, Some(format!("write {requested} or more")));
    }
    pod.container.at(["resources", "limits"]).remove("cpu");
}

/// A template may write an amount as a number.
fn as_quantity(draft: &Draft<'_>) -> Option<Quantity> {
    match draft.json()? {
        Json::String(text) => text.parse().ok(),
        Json::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// How many cores Spark takes an executor, or the driver, to have.
pub(super) fn cores<'a>(step: &Step<'_, 'a>) -> Draft<'a> {
    let name = step.of_role("spark.driver.cores", "spark.executor.cores");
    match step.property(name) {
        // What is no number is found by the rule about cpu.
        Some(property) => {
            let text = property
                .as_i32()
                .map_or(property.value.trim(), |cores| step.arena.string(&cores.to_string()));
            Draft::text(text, property.origin.clone())
        }
        None => Draft::text("1", SPARK_DEFAULT),
    }
}

fn cpu_request<'a>(step: &Step<'_, 'a>) -> Option<Draft<'a>> {
    let requested = step.property(step.of_role(
        "spark.kubernetes.driver.request.cores",
        "spark.kubernetes.executor.request.cores",
    ));
    match requested {
        Some(property) => amount(property),
        None => Some(cores(step)).filter(|cores| cores.as_str().is_some_and(|text| text.parse::<u32>().is_ok())),
    }
}

/// An amount as Kubernetes reads it. What it does not read, or refuses, the rule about cpu finds.
fn amount<'a>(property: &Property<'a>) -> Option<Draft<'a>> {
    let quantity: Quantity = property.value.parse().ok()?;
    (quantity >= Quantity::default()).then(|| Draft::text(property.value, property.origin.clone()))
}

fn memory<'a>(step: &Step<'_, 'a>) -> Option<Draft<'a>> {
    let submission = step.submission;
    let language = submission.language.unwrap_or(Language::Scala);
    // What cannot be read is found by the rule about memory.
    let memory = RoleMemory::of(step.role, &submission.properties, language, step.version()).ok()?;
    let total = step.arena.string(&format!("{}Mi", memory.total().mebibytes()));
    Some(Draft::text(total, memory.heap_origin.clone()))
}
