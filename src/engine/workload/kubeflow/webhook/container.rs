//! The steps that change the Spark container.

use super::Step;
use crate::engine::json::Json;
use crate::engine::quantity::{self, Quantity};
use crate::engine::workload::draft::Draft;

/// Units of Spark's that the operator writes as Kubernetes'. A longer one comes before one that it ends in.
const UNITS: [(&str, &str); 10] = [
    ("kb", "Ki"),
    ("mb", "Mi"),
    ("gb", "Gi"),
    ("tb", "Ti"),
    ("pb", "Pi"),
    ("k", "Ki"),
    ("m", "Mi"),
    ("g", "Gi"),
    ("t", "Ti"),
    ("p", "Pi"),
];

pub(super) fn env(step: &mut Step<'_, '_>) {
    append(step, "env");
}

pub(super) fn env_from(step: &mut Step<'_, '_>) {
    append(step, "envFrom");
}

pub(super) fn ports(step: &mut Step<'_, '_>) {
    append(step, "ports");
}

/// The request stays Spark's.
pub(super) fn memory_limit(step: &mut Step<'_, '_>) {
    let Some(field) = step.field("memoryLimit") else {
        return;
    };
    let text = field.json.as_str().unwrap_or_default();
    let Some(limit) = quantity::canonical(&in_kubernetes_units(text)) else {
        let message = format!(
            "the operator's webhook cannot read `{text}` as a memory limit, and refuses the {}'s pod",
            step.role
        );
        return step.refuse(
            field.origin(),
            message,
            "write the unit in lower case, such as `4g` or `512m`",
        );
    };
    if let Some(request) = request_above(step, &limit) {
        let message = format!(
            "the {} asks for {request} of memory and is limited to {limit}: Kubernetes refuses the pod",
            step.role
        );
        step.refuse(
            field.origin(),
            message,
            "write a limit of at least what Spark asks for: heap and overhead",
        );
    }
    let limit = Draft::text(step.arena.string(&limit), field.origin());
    set_limit(step, "memory", limit);
}

/// One without a name or of no number is left out without a word.
pub(super) fn gpu(step: &mut Step<'_, '_>) {
    let Some(gpu) = step.field("gpu") else {
        return;
    };
    let name = gpu.json.get("name").and_then(Json::as_str).unwrap_or_default();
    let count = gpu
        .get("quantity")
        .and_then(|count| Some((count.json.as_i64()?, count.origin())));
    if let Some((count, origin)) = count.filter(|(count, _)| *count > 0 && !name.is_empty())
        && let Some(text) = quantity::canonical(&count.to_string())
    {
        let limit = Draft::text(step.arena.string(&text), origin);
        set_limit(step, name, limit);
    }
}

pub(super) fn security_context(step: &mut Step<'_, '_>) {
    replace(step, "securityContext");
}

pub(super) fn lifecycle(step: &mut Step<'_, '_>) {
    replace(step, "lifecycle");
}

fn append(step: &mut Step<'_, '_>, list: &'static str) {
    let items: Vec<_> = step.items(list).into_iter().map(Draft::from).collect();
    step.append_to_container(list, items);
}

fn replace(step: &mut Step<'_, '_>, field: &'static str) {
    if let Some(value) = step.field(field)
        && let Some(container) = step.container()
    {
        container.set(field, value.into());
    }
}

fn set_limit<'a>(step: &mut Step<'_, 'a>, resource: &'a str, limit: Draft<'a>) {
    if let Some(container) = step.container() {
        container.at(["resources", "limits"]).set(resource, limit);
    }
}

/// The memory that the Spark container asks for, where it is more than the limit.
fn request_above<'a>(step: &mut Step<'_, 'a>, limit: &str) -> Option<&'a str> {
    let request = step.container()?.get("resources")?.get("requests")?.text_of("memory")?;
    let amount = |text: &str| text.parse::<Quantity>().ok();
    (amount(request)? > amount(limit)?).then_some(request)
}

/// `ConvertJavaMemoryStringToK8sMemoryString` of `pkg/util/util.go`: it finds a unit in any case, and takes off only one in lower case.
fn in_kubernetes_units(memory: &str) -> String {
    let lower_case = memory.to_lowercase();
    match UNITS.into_iter().find(|(unit, _)| lower_case.ends_with(unit)) {
        Some((unit, of_kubernetes)) => format!("{}{of_kubernetes}", memory.strip_suffix(unit).unwrap_or(memory)),
        None => memory.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::in_kubernetes_units;

    #[test]
    fn units_of_memory_limits_are_rewritten_as_the_operator_does() {
        let cases = [
            ("2g", "2Gi"),
            ("512mb", "512Mi"),
            ("1.5g", "1.5Gi"),
            ("4Gi", "4Gi"),
            ("2048", "2048"),
            ("2G", "2GGi"),
            ("2Gb", "2GbGi"),
            ("512M", "512MMi"),
        ];
        for (memory, expected) in cases {
            assert_eq!(in_kubernetes_units(memory), expected, "{memory}");
        }
    }
}
