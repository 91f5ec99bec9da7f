//! What `YuniKorn` is told before the first pod is there: how many pods of which size belong together.
//!
//! `internal/scheduler/yunikorn`. The operator counts for itself, by the typed fields alone, and not as Spark will.

use super::super::application::Application;
use super::super::handover::Handover;
use super::super::{OperatorWebhook, defaults};
use crate::engine::json::{Arena, Json, Member, Number};
use crate::engine::quantity::Quantity;
use crate::engine::workload::{Located, Origin, RoleName};

/// `YuniKorn`'s label for the queue of a pod.
pub(super) const QUEUE_LABEL: &str = "queue";

const MEBIBYTE: i64 = 1 << 20;
/// Spark's least overhead, as far as the operator knows.
const LEAST_OVERHEAD: f64 = 384.0 * 1_048_576.0;
const JVM_FACTOR: f64 = 0.1;
const NON_JVM_FACTOR: f64 = 0.4;

/// The fields of Kubernetes' types for tolerations and affinity, in the order in which Go writes them.
const FIELDS: [&str; 24] = [
    "nodeAffinity",
    "podAffinity",
    "podAntiAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
    "weight",
    "preference",
    "podAffinityTerm",
    "labelSelector",
    "matchLabels",
    "matchExpressions",
    "matchFields",
    "namespaces",
    "topologyKey",
    "namespaceSelector",
    "matchLabelKeys",
    "mismatchLabelKeys",
    "key",
    "operator",
    "value",
    "values",
    "effect",
    "tolerationSeconds",
];

/// A value that the operator cannot count with.
pub(super) struct Unreadable {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// The name of the group that a role's pods are in.
pub(super) const fn name(role: RoleName) -> &'static str {
    match role {
        RoleName::Driver => "spark-driver",
        RoleName::Executor => "spark-executor",
    }
}

/// The queue that the application asks for.
pub(super) fn queue<'a>(application: &Application<'a>) -> Option<Located<'a>> {
    application.spec.at(["batchSchedulerOptions", "queue"])
}

/// The groups of an application, as JSON. One of executors that begins with none is not among them.
///
/// # Errors
/// A value that the operator cannot count with.
pub(super) fn of(handover: &Handover<'_, '_>) -> Result<String, Unreadable> {
    let mut groups = vec![group(handover, RoleName::Driver, 1)?];
    let executors = initial_executors(handover);
    if executors > 0 {
        groups.push(group(handover, RoleName::Executor, executors)?);
    }
    let json = serde_json::to_string(&groups).unwrap_or_default();
    // Go's encoder writes for pages too.
    let escapes = [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ];
    Ok(escapes
        .into_iter()
        .fold(json, |json, (from, to)| json.replace(from, to)))
}

fn group<'a>(handover: &Handover<'_, 'a>, role: RoleName, members: i64) -> Result<Json<'a>, Unreadable> {
    let arena = handover.arena;
    let application = handover.application;
    let section = application.section(role);
    let mut group: Vec<Member<'a>> = vec![
        ("name", Json::String(name(role))),
        ("minMember", Json::Number(Number::Signed(members))),
    ];
    let resources = [("cpu", cpu(handover, role)?), ("memory", memory(handover, role)?)];
    let resources = resources.map(|(name, amount)| (name, Json::String(arena.string(&amount))));
    group.push(("minResource", arena.object(&resources)));
    let node_selectors = [application.spec.get("nodeSelector"), section.get("nodeSelector")];
    let tolerations = section
        .json
        .get("tolerations")
        .map_or(Json::Null, |list| ordered(arena, list));
    let affinity = section
        .json
        .get("affinity")
        .map_or(Json::Null, |affinity| ordered(arena, affinity));
    let labels = section.json.get("labels").map(|labels| {
        // The operator adds the queue to these same labels, if there are any.
        let queue = queue(application).map(|queue| (QUEUE_LABEL, queue.json));
        sorted_map(arena, labels.members().iter().copied().chain(queue))
    });
    let node_selectors = node_selectors
        .iter()
        .flatten()
        .flat_map(|map| map.json.members())
        .copied();
    group.extend(
        [
            ("nodeSelector", sorted_map(arena, node_selectors)),
            ("tolerations", tolerations),
            ("affinity", affinity),
            ("labels", labels.unwrap_or(Json::Null)),
        ]
        .into_iter()
        .filter(|(name, json)| *name == "affinity" && !json.is_null() || !is_empty(*json)),
    );
    Ok(arena.object(&group))
}

/// `GetInitialExecutorNumber`, which sees only the typed fields.
fn initial_executors(handover: &Handover<'_, '_>) -> i64 {
    let spec = &handover.application.spec;
    let number = |keys: [&str; 2]| spec.json.at(keys).and_then(Json::as_i64);
    let instances = number(["executor", "instances"]).or_else(|| defaults::instances(handover));
    if spec.json.at(["dynamicAllocation", "enabled"]).and_then(Json::as_bool) != Some(true) {
        return instances.unwrap_or(2);
    }
    let initial = number(["dynamicAllocation", "initialExecutors"]);
    let minimum = number(["dynamicAllocation", "minExecutors"]);
    [instances, initial, minimum].into_iter().flatten().fold(0, i64::max)
}

fn cpu(handover: &Handover<'_, '_>, role: RoleName) -> Result<String, Unreadable> {
    let section = handover.application.section(role);
    if let Some(request) = section.get("coreRequest") {
        let text = request.json.as_str().unwrap_or_default();
        return match text.parse::<Quantity>() {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err(unreadable(&request)),
        };
    }
    let cores = section.get("cores");
    Ok(cores
        .and_then(|cores| cores.property_text(handover.arena))
        .unwrap_or("1")
        .to_owned())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "Go's int64(math.Max(float64(memory) * factor, least))"
)]
fn memory(handover: &Handover<'_, '_>, role: RoleName) -> Result<String, Unreadable> {
    let section = handover.application.section(role);
    let heap = match section.get("memory") {
        Some(field) => bytes(&field)?,
        None if defaults::has_memory(handover, role) => 1 << 30,
        None => 0,
    };
    let overhead = match section.get("memoryOverhead") {
        Some(field) => bytes(&field)?,
        None => (heap as f64 * factor(handover)?).max(LEAST_OVERHEAD) as i64,
    };
    let other = match role {
        RoleName::Driver => 0,
        RoleName::Executor => pyspark(handover)?.wrapping_add(off_heap(handover)?),
    };
    // Go's arithmetic goes round without a word.
    let sum = heap.wrapping_add(overhead).wrapping_add(other);
    Ok(format!("{}Mi", sum / MEBIBYTE))
}

fn factor(handover: &Handover<'_, '_>) -> Result<f64, Unreadable> {
    let spec = &handover.application.spec;
    if let Some(field) = spec.get("memoryOverheadFactor") {
        let factor = field.json.as_str().and_then(|text| text.parse().ok());
        return factor.ok_or_else(|| unreadable(&field));
    }
    let of_type = spec.json.get("type").and_then(Json::as_str);
    Ok(match of_type {
        Some("Java" | "Scala") => JVM_FACTOR,
        None | Some("") if handover.webhook == OperatorWebhook::Installed => JVM_FACTOR,
        _ => NON_JVM_FACTOR,
    })
}

fn pyspark(handover: &Handover<'_, '_>) -> Result<i64, Unreadable> {
    let spec = &handover.application.spec;
    let property = spec.at(["sparkConf", "spark.executor.pyspark.memory"]);
    let Some(property) = property.filter(|_| spec.json.get("type").and_then(Json::as_str) == Some("Python")) else {
        return Ok(0);
    };
    let mebibytes = property.json.as_str().and_then(|text| text.parse::<i64>().ok());
    mebibytes.map_or_else(|| bytes(&property), |mebibytes| Ok(mebibytes.wrapping_mul(MEBIBYTE)))
}

fn off_heap(handover: &Handover<'_, '_>) -> Result<i64, Unreadable> {
    let property = |name| handover.application.spec.at(["sparkConf", name]);
    let enabled = property("spark.memory.offHeap.enabled");
    match property("spark.memory.offHeap.size") {
        Some(size) if enabled.is_some_and(|enabled| enabled.json.as_str() != Some("false")) => bytes(&size),
        _ => Ok(0),
    }
}

/// `byteStringAsBytes`: Spark's amounts of memory, but not without a unit.
fn bytes(field: &Located<'_>) -> Result<i64, Unreadable> {
    let text = field.json.as_str().unwrap_or_default().to_ascii_lowercase();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let power = match unit {
        "b" => Some(0),
        "k" | "kb" => Some(10),
        "m" | "mb" => Some(20),
        "g" | "gb" => Some(30),
        "t" | "tb" => Some(40),
        "p" | "pb" => Some(50),
        _ => None,
    };
    let number: Option<i64> = number.parse().ok();
    let bytes = number
        .zip(power)
        .and_then(|(number, power)| number.checked_mul(1 << power));
    bytes.ok_or_else(|| unreadable(field))
}

fn unreadable(field: &Located<'_>) -> Unreadable {
    Unreadable {
        text: field.json.as_str().unwrap_or_default().to_owned(),
        origin: field.origin(),
    }
}

/// As Go writes what it has read: known fields only, in the order of their types, and without empty ones.
fn ordered<'a>(arena: &'a Arena, json: Json<'a>) -> Json<'a> {
    match json {
        Json::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| ordered(arena, *item)).collect();
            arena.array(&items)
        }
        Json::Object(_) => {
            let fields = FIELDS.into_iter().filter_map(|field| {
                let value = json.get(field)?;
                let value = match field {
                    "matchLabels" => sorted_map(arena, value.members().iter().copied()),
                    _ => ordered(arena, value),
                };
                (field == "nodeSelectorTerms" || matches!(value, Json::Object(_)) || !is_empty(value))
                    .then_some((field, value))
            });
            let fields: Vec<_> = fields.collect();
            arena.object(&fields)
        }
        scalar => scalar,
    }
}

/// A map, whose keys Go sorts. Of several members with one key the last counts.
fn sorted_map<'a>(arena: &'a Arena, members: impl Iterator<Item = Member<'a>>) -> Json<'a> {
    let map: std::collections::BTreeMap<_, _> = members.collect();
    let members: Vec<_> = map.into_iter().collect();
    arena.object(&members)
}

fn is_empty(json: Json<'_>) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(members) => members.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}
