//! What is wrong with the resources of a template's container.

use super::at;
use crate::engine::policy::document::Problem;
use crate::engine::quantity::Quantity;
use crate::engine::workload::Located;
use crate::engine::workload::demand::amount;

/// What a container has to say of itself, so that it is charged and bounded.
const NEEDED: [(&str, &str, &str); 4] = [
    ("requests", "cpu", "requests.cpu"),
    ("requests", "memory", "requests.memory"),
    ("limits", "cpu", "limits.cpu"),
    ("limits", "memory", "limits.memory"),
];

/// What of it is not said.
pub(super) fn lacking(resources: &Located<'_>) -> Vec<&'static str> {
    let needed = NEEDED.into_iter();
    needed
        .filter(|(amounts, resource, _)| resources.json.at([amounts, resource]).is_none())
        .map(|(.., name)| name)
        .collect()
}

/// Amounts that are none, and requests beyond their limits.
pub(super) fn problems(resources: &Located<'_>) -> Vec<Problem> {
    let limits = resources.get_or_empty("limits");
    let requests = resources.get_or_empty("requests");
    let mut problems: Vec<Problem> = [&requests, &limits]
        .into_iter()
        .flat_map(Located::members)
        .filter_map(|(_, place)| problem_of_amount(&place))
        .collect();
    for (resource, request) in requests.members() {
        let limit = limits.get(resource).and_then(|limit| amount(limit.json));
        if let (Some(limit), Some(asked)) = (limit, amount(request.json))
            && asked > limit
        {
            let message = format!("the request of `{resource}` is beyond its limit");
            problems.push(at(&request, message).with_help("ask for less, or raise the limit"));
        }
    }
    problems
}

/// An amount that is none.
pub(super) fn problem_of_amount(place: &Located<'_>) -> Option<Problem> {
    let is_amount = amount(place.json).is_some_and(|quantity| quantity >= Quantity::default());
    (!is_amount).then(|| at(place, "this is no amount").with_help("write one as in `500m`, `2` or `1Gi`"))
}
