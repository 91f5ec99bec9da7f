//! How much more than it asks for a container may take. As `maxLimitRequestRatio` of a `LimitRange`.

use std::collections::BTreeMap;

use json_patch::jsonptr::PointerBuf;

use super::{Resource, place};
use crate::engine::json::Json;
use crate::engine::policy::document::Problem;
use crate::engine::quantity::Quantity;
use crate::engine::validate::Violation;
use crate::engine::workload::EffectivePod;
use crate::engine::workload::demand::{amount, containers, of_container};

pub(super) fn problem(resource: Resource, ratio: Quantity) -> Option<Problem> {
    (ratio < Quantity::from_count(1)).then(|| {
        let place = PointerBuf::from_tokens(["maxLimitRequestRatio", resource.as_str()]);
        let message = format!(
            "{} is no ratio of a limit to its request: no limit is below it",
            in_figures(ratio)
        );
        Problem::at(place, message).with_help("write 1 for a limit that is the request, or more")
    })
}

pub(super) fn judge(pod: &EffectivePod<'_>, ratios: &BTreeMap<Resource, Quantity>) -> Vec<Violation> {
    containers(pod.pod)
        .flat_map(|(_, list, index, container)| {
            let place = PointerBuf::from_tokens(["spec", list]).with_trailing_token(index);
            ratios
                .iter()
                .filter(|(resource, _)| place::is_known(pod, **resource))
                .filter_map(move |(resource, ratio)| judge_container(pod, &place, container, *resource, *ratio))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn judge_container(
    pod: &EffectivePod<'_>,
    place: &PointerBuf,
    container: Json<'_>,
    resource: Resource,
    ratio: Quantity,
) -> Option<Violation> {
    let role = pod.role;
    let name = container.get("name").and_then(Json::as_str).unwrap_or_default();
    let at = |list| place.concat(&PointerBuf::from_tokens(["resources", list, resource.as_str()]));
    let asked = of_container(container).get(resource.as_str()).copied();
    let Some(limit) = container.at(["resources", "limits", resource.as_str()]) else {
        let message = format!(
            "the container `{name}` of the {role} may take any amount of {}: it has no limit",
            resource.as_str()
        );
        let (place, most) = match asked {
            Some(asked) => (at("requests"), format!(" of {} or less", asked.times(ratio))),
            None => (place.clone(), String::new()),
        };
        return Some(
            Violation::in_pod(pod, &place, message)
                .with_help(format!("give it a limit of {}{most}", resource.as_str())),
        );
    };
    let (asked, limit) = (asked?, amount(limit)?);
    let most = asked.times(ratio);
    (limit > most).then(|| {
        let message = format!(
            "the container `{name}` of the {role} asks for {} and may take {limit}, more than {} times as much",
            resource.amount(asked),
            in_figures(ratio)
        );
        Violation::in_pod(pod, &at("limits"), message)
            .with_help(format!("write a limit of {most} or less, or ask for more"))
    })
}

/// A ratio as people write it: 1.5, not 1500m.
fn in_figures(ratio: Quantity) -> f64 {
    ratio.ratio_to(Quantity::from_count(1))
}
