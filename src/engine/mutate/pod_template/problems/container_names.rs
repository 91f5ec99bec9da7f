//! References to containers by name (`resourceFieldRef` of variables and of the downward API).

use super::{at, text};
use crate::engine::policy::document::Problem;
use crate::engine::workload::Located;

const FIELD: &str = "containerName";

/// References to anything but what the template brings: what the Spark container is called differs from pod to pod.
pub(super) fn problems(spec: &Located<'_>) -> Vec<Problem> {
    let containers = spec.get_or_empty("initContainers");
    let names: Vec<&str> = containers
        .items()
        .filter_map(|container| text(&container, "name"))
        .collect();
    let mut references = Vec::new();
    collect(spec, &mut references);
    references
        .into_iter()
        .filter(|reference| reference.json.as_str().is_none_or(|name| !names.contains(&name)))
        .map(|reference| {
            at(&reference, "the pod template brings no container of this name").with_help(
                "name one of its `initContainers`; in a variable of the same container, leave `containerName` out",
            )
        })
        .collect()
}

fn collect<'a>(value: &Located<'a>, references: &mut Vec<Located<'a>>) {
    for (field, member) in value.members() {
        if field == "resourceFieldRef" {
            references.extend(member.get(FIELD));
        } else {
            collect(&member, references);
        }
    }
    for item in value.items() {
        collect(&item, references);
    }
}
