//! Where a pod says how much it asks for.

use json_patch::jsonptr::PointerBuf;

use super::Resource;
use crate::engine::json::Json;
use crate::engine::workload::demand::{containers, of_container};
use crate::engine::workload::pod::spark_container;
use crate::engine::workload::{EffectivePod, Origins};

/// The place of the amount that counts most: what the pod says as a whole, else what the container says that asks for most. Where none says
/// anything, the container that Spark runs in.
pub(super) fn of_most(pod: Json<'_>, resource: Resource, list: &'static str) -> PointerBuf {
    let spec = PointerBuf::from_tokens(["spec"]);
    if let Some(place) = pod.get("spec").and_then(|spec| written(spec, resource, list)) {
        return spec.concat(&place);
    }
    let place_of = |list: &str, index: usize| spec.with_trailing_token(list).with_trailing_token(index);
    // Of equals the first, which `max_by_key` would give last.
    let largest = containers(pod)
        .filter_map(|(_, of, index, container)| {
            let amount = *of_container(container).get(resource.as_str())?;
            Some((amount, place_of(of, index).concat(&written(container, resource, list)?)))
        })
        .reduce(|largest, next| if next.0 > largest.0 { next } else { largest });
    match largest {
        Some((_, place)) => place,
        None => spark_container(pod).map_or(spec.clone(), |(index, _)| place_of("containers", index)),
    }
}

/// Where a container, or a pod as a whole, says how much: in this list, else in the other.
fn written(of: Json<'_>, resource: Resource, list: &'static str) -> Option<PointerBuf> {
    [list, "requests", "limits"]
        .into_iter()
        .find(|list| of.at(["resources", list, resource.as_str()]).is_some())
        .map(|list| PointerBuf::from_tokens(["resources", list, resource.as_str()]))
}

/// Whether it can be told what the pod asks for. Spark always asks for both in its own container, so where a pod that does not exist yet asks for
/// nothing there, what the user wrote could not be read, which is for `wellFormed` to say.
pub(super) fn is_known(pod: &EffectivePod<'_>, resource: Resource) -> bool {
    let asks = || {
        let (index, _) = spark_container(pod.pod)?;
        let container = pod.pod.at(["spec", "containers"])?.items().get(index)?;
        container.at(["resources", "requests", resource.as_str()])
    };
    matches!(pod.origins, Origins::Itself) || asks().is_some()
}
