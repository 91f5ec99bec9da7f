//! What the API server makes of a pod's amounts before it stores and charges them: the canonical text of each, and a request
//! wherever there is only a limit.
//!
//! `SetDefaults_Pod` of `pkg/apis/core/v1/defaults.go`, and `CanonicalizeBytes` of `k8s.io/apimachinery`.

use super::Draft;
use crate::engine::json::{Arena, Json};
use crate::engine::quantity::canonical;

/// Settles the amounts of all containers, and the sizes of volumes in memory.
pub(in crate::engine::workload) fn settle<'a>(pod: &mut Draft<'a>, arena: &'a Arena) {
    let spec = pod.member("spec");
    for list in ["initContainers", "containers"] {
        for container in spec.get(list).into_iter().flat_map(|list| list.items().iter_mut()) {
            if let Some(resources) = container.get("resources") {
                settle_resources(resources, arena);
            }
        }
    }
    for volume in spec.get("volumes").into_iter().flat_map(|list| list.items().iter_mut()) {
        if let Some(size) = volume.get("emptyDir").and_then(|volume| volume.get("sizeLimit")) {
            settle_amount(size, arena);
        }
    }
}

fn settle_resources<'a>(resources: &mut Draft<'a>, arena: &'a Arena) {
    for kind in ["limits", "requests"] {
        for (_, amount) in resources.get(kind).into_iter().flat_map(Draft::members) {
            settle_amount(amount, arena);
        }
    }
    let limits = resources
        .get("limits")
        .map(|limits| limits.members().clone())
        .unwrap_or_default();
    for (name, limit) in limits {
        resources.member("requests").set_if_absent(name, || limit);
    }
}

fn settle_amount<'a>(amount: &mut Draft<'a>, arena: &'a Arena) {
    let text = match amount.json() {
        Some(Json::String(text)) => text.to_owned(),
        Some(Json::Number(number)) => number.to_string(),
        _ => return,
    };
    if let Some(text) = canonical(&text) {
        amount.replace(Json::String(arena.string(&text)));
    }
}
