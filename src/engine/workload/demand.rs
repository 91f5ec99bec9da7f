//! What a pod asks for, as the scheduler and quotas count it.
//!
//! `PodRequests` of `k8s.io/component-helpers/resource` (Kubernetes 1.34), on top of the defaults of the API server.

use std::collections::BTreeMap;

use crate::engine::json::Json;
use crate::engine::quantity::Quantity;

/// What is asked for, by the name of the resource: `cpu`, `memory`, `nvidia.com/gpu`.
pub type Resources<'a> = BTreeMap<&'a str, Quantity>;

/// What a container is to its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// One of `containers`.
    Main,
    /// One of `initContainers` that goes on running beside the others.
    NativeSidecar,
    /// One of `initContainers` that ends before the others start.
    Init,
}

impl ContainerKind {
    /// What one of `initContainers` is.
    #[must_use]
    pub fn of_init(container: Json<'_>) -> Self {
        match container.get("restartPolicy").and_then(Json::as_str) {
            Some("Always") => Self::NativeSidecar,
            _ => Self::Init,
        }
    }
}

/// The containers of a pod in the order in which they start, each with its place: the list it is in, and its index there.
pub fn containers(pod: Json<'_>) -> impl Iterator<Item = (ContainerKind, &'static str, usize, Json<'_>)> {
    let list = |name: &'static str| pod.at(["spec", name]).map_or(&[][..], Json::items).iter().enumerate();
    let init =
        list("initContainers").map(|(index, json)| (ContainerKind::of_init(*json), "initContainers", index, *json));
    let main = list("containers").map(|(index, json)| (ContainerKind::Main, "containers", index, *json));
    init.chain(main)
}

/// All that the pod asks for. An amount that cannot be read is left out.
#[must_use]
pub fn of_pod(pod: Json<'_>) -> Resources<'_> {
    in_all(pod, REQUESTED)
}

/// All that the pod may take: as [`of_pod`], but by the limits where there are any.
#[must_use]
pub fn most_of_pod(pod: Json<'_>) -> Resources<'_> {
    in_all(pod, LIMITED)
}

/// The list that decides about a resource, and the one that does where the first does not name it.
type Lists = [&'static str; 2];
const REQUESTED: Lists = ["requests", "limits"];
const LIMITED: Lists = ["limits", "requests"];

fn in_all(pod: Json<'_>, lists: Lists) -> Resources<'_> {
    let mut running = together(containers(pod).map(|(kind, _, _, container)| (kind, named_in(container, lists))));
    // What the pod asks for as a whole (Kubernetes 1.34) stands for what its containers ask for.
    let [deciding, filling] = lists.map(|list| amounts(pod.at(["spec", "resources", list])));
    running.extend(deciding);
    fill(&mut running, filling);
    add(&mut running, &amounts(pod.at(["spec", "overhead"])));
    running
}

/// What containers, in the order in which they start, take together: what they take is added up; one that runs before the others counts
/// where it takes more than they do together.
pub fn together<'a>(containers: impl Iterator<Item = (ContainerKind, Resources<'a>)>) -> Resources<'a> {
    let mut running = Resources::new();
    let mut beside = Resources::new();
    let mut starting = Resources::new();
    for (kind, own) in containers {
        match kind {
            ContainerKind::Main => add(&mut running, &own),
            ContainerKind::NativeSidecar => {
                add(&mut running, &own);
                add(&mut beside, &own);
                raise(&mut starting, &beside);
            }
            ContainerKind::Init => {
                let mut while_it_runs = own;
                add(&mut while_it_runs, &beside);
                raise(&mut starting, &while_it_runs);
            }
        }
    }
    raise(&mut running, &starting);
    running
}

/// What one container asks for: of what it only limits, that limit, as the API server fills it in.
#[must_use]
pub fn of_container(container: Json<'_>) -> Resources<'_> {
    named_in(container, REQUESTED)
}

fn named_in(container: Json<'_>, lists: Lists) -> Resources<'_> {
    let [mut deciding, filling] = lists.map(|list| amounts(container.at(["resources", list])));
    fill(&mut deciding, filling);
    deciding
}

fn amounts(list: Option<Json<'_>>) -> Resources<'_> {
    let members = list.map_or(&[][..], Json::members).iter();
    members
        .filter_map(|(name, json)| Some((*name, amount(*json)?)))
        .collect()
}

/// A quantity, which JSON may write as a number too.
#[must_use]
pub fn amount(json: Json<'_>) -> Option<Quantity> {
    match json {
        Json::String(text) => text.trim().parse().ok(),
        Json::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// Adds what the other takes.
pub fn add<'a>(to: &mut Resources<'a>, other: &Resources<'a>) {
    for (name, amount) in other {
        let sum = to.entry(name).or_default();
        *sum = *sum + *amount;
    }
}

fn fill<'a>(to: &mut Resources<'a>, other: Resources<'a>) {
    for (name, amount) in other {
        to.entry(name).or_insert(amount);
    }
}

fn raise<'a>(to: &mut Resources<'a>, other: &Resources<'a>) {
    for (name, amount) in other {
        let most = to.entry(name).or_insert(*amount);
        *most = (*most).max(*amount);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::json::Arena;

    fn container(memory: &str) -> Value {
        json!({"resources": {"requests": {"memory": memory}}})
    }

    fn sidecar(memory: &str) -> Value {
        json!({"restartPolicy": "Always", "resources": {"requests": {"memory": memory}}})
    }

    #[test]
    fn may_take_as_much_as_its_limits() {
        let pod = json!({"spec": {"containers": [
            {"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "3Gi"}}},
            container("1Gi"),
        ]}});
        let arena = Arena::new();
        let most = most_of_pod(arena.import(&pod));
        assert_eq!(most.get("memory").map(Quantity::to_string).as_deref(), Some("4Gi"));
    }

    #[test]
    fn counts_as_the_scheduler_does() {
        let cases = [
            ("nothing", json!({}), None),
            (
                "containers together",
                json!({"containers": [container("1Gi"), container("512Mi")]}),
                Some("1536Mi"),
            ),
            (
                "a limit alone",
                json!({"containers": [{"resources": {"limits": {"memory": "1Gi"}}}]}),
                Some("1Gi"),
            ),
            (
                "a small start",
                json!({"initContainers": [container("1Gi")], "containers": [container("2Gi")]}),
                Some("2Gi"),
            ),
            (
                "a large start",
                json!({"initContainers": [container("3Gi"), container("1Gi")], "containers": [container("2Gi")]}),
                Some("3Gi"),
            ),
            (
                "a sidecar beside",
                json!({"initContainers": [sidecar("1Gi")], "containers": [container("2Gi")]}),
                Some("3Gi"),
            ),
            (
                "a start with the sidecars before it",
                json!({"initContainers": [sidecar("1Gi"), container("3Gi"), sidecar("1Gi")], "containers": [container("1Gi")]}),
                Some("4Gi"),
            ),
            (
                "the overhead of a runtime",
                json!({"overhead": {"memory": "100Mi"}, "containers": [container("1Gi")]}),
                Some("1124Mi"),
            ),
            (
                "the pod as a whole",
                json!({"resources": {"requests": {"memory": "8Gi"}}, "containers": [container("1Gi"), container("1Gi")]}),
                Some("8Gi"),
            ),
            (
                "numbers, and what is none",
                json!({"containers": [{"resources": {"requests": {"memory": 1024, "cpu": "two"}}}]}),
                Some("1024"),
            ),
        ];
        for (case, spec, expected) in cases {
            let arena = Arena::new();
            let pod = arena.import(&json!({ "spec": spec }));
            let requests = of_pod(pod);
            let memory = requests.get("memory").map(Quantity::to_string);
            assert_eq!(memory.as_deref(), expected, "{case}");
            assert_eq!(requests.get("cpu"), None, "{case}");
        }
    }
}
