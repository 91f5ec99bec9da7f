//! How the fields of a pod merge: which lists by which key, and what is decided as one value.
//!
//! One table, after the API's own merge keys (`patchMergeKey`, `+listType` and `+listMapKey` of `k8s.io/api/core/v1`). Where it departs
//! from them, a comment says why; the tests hold it to the API's declarations.

mod meaning;

pub use meaning::{is_absent, is_default, is_same};

use super::json::Json;

/// How a field merges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// An object field by field; anything else as one value. What no table knows merges like this.
    Fields,
    /// As one value, whatever is in it.
    Whole,
    /// A list of objects that these keys tell apart, each merged field by field.
    Objects(&'static [&'static str]),
    /// A list of objects that these keys tell apart, each one value.
    Units(&'static [&'static str]),
    /// A list of values each of which is in it or is not.
    Set,
    /// A list of alternatives, to each of which what is asked for is added.
    Alternatives,
}

const NAME: &[&str] = &["name"];

/// The rules, by the names of the fields on the way. What holds of `containers` holds of `initContainers`, too.
const TABLE: &[(&str, Merge)] = &[
    ("spec.containers", Merge::Objects(NAME)),
    ("spec.containers.env", Merge::Units(NAME)),
    // Atomic in the API: a source of variables goes together with any other.
    ("spec.containers.envFrom", Merge::Set),
    // Unions: of two sources of which each sets one, the API server refuses the sum.
    ("spec.containers.lifecycle.postStart", Merge::Whole),
    ("spec.containers.lifecycle.preStop", Merge::Whole),
    ("spec.containers.livenessProbe", Merge::Whole),
    ("spec.containers.readinessProbe", Merge::Whole),
    ("spec.containers.startupProbe", Merge::Whole),
    // Both keys, as the list's type says; the patch merge key knows only the first.
    ("spec.containers.ports", Merge::Units(&["containerPort", "protocol"])),
    ("spec.containers.resources.claims", Merge::Units(NAME)),
    ("spec.containers.securityContext.appArmorProfile", Merge::Whole),
    ("spec.containers.securityContext.seccompProfile", Merge::Whole),
    ("spec.containers.volumeDevices", Merge::Units(&["devicePath"])),
    ("spec.containers.volumeMounts", Merge::Units(&["mountPath"])),
    // A union, and more: half of one volume and half of another is neither.
    ("spec.volumes", Merge::Units(NAME)),
    ("spec.imagePullSecrets", Merge::Units(NAME)),
    ("spec.hostAliases", Merge::Units(&["ip"])),
    ("spec.evictionResponders", Merge::Units(NAME)),
    ("spec.resourceClaims", Merge::Units(NAME)),
    ("spec.resources.claims", Merge::Units(NAME)),
    ("spec.schedulingGates", Merge::Units(NAME)),
    ("spec.securityContext.appArmorProfile", Merge::Whole),
    ("spec.securityContext.seccompProfile", Merge::Whole),
    // Both keys, as the list's type says; the patch merge key knows only the first.
    (
        "spec.topologySpreadConstraints",
        Merge::Units(&["topologyKey", "whenUnsatisfiable"]),
    ),
    // Atomic in the API: one more taint that is tolerated, and one more wish or condition, goes together with any other.
    ("spec.tolerations", Merge::Set),
    ("spec.readinessGates", Merge::Set),
    (
        "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution",
        Merge::Set,
    ),
    (
        "spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution",
        Merge::Set,
    ),
    (
        "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution",
        Merge::Set,
    ),
    (
        "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution",
        Merge::Set,
    ),
    (
        "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution",
        Merge::Set,
    ),
    // Atomic in the API: the terms are ORed, so one more would let the pod onto more nodes, not fewer.
    (
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
        Merge::Alternatives,
    ),
];

/// How the field merges to which these names lead from the root of a pod, the places in lists left out.
#[must_use]
pub fn rule(path: &[&str]) -> Merge {
    TABLE
        .iter()
        .find(|(field, _)| field.split('.').eq(path.iter().copied().map(shared)))
        .map_or(Merge::Fields, |(_, merge)| *merge)
}

/// What a field is called in the tables.
fn shared(field: &str) -> &str {
    match field {
        "initContainers" => "containers",
        field => field,
    }
}

/// What a key says of an item. A port whose protocol is not said is one of TCP.
#[must_use]
pub fn key<'a>(item: Json<'a>, key: &str) -> Option<Json<'a>> {
    item.get(key)
        .or_else(|| (key == "protocol").then_some(Json::String("TCP")))
}

/// Whether two items of a list are told to be the same by its keys. Items that lack one are the same as no other.
#[must_use]
pub fn is_same_item(keys: &[&str], one: Json<'_>, other: Json<'_>) -> bool {
    keys.iter()
        .all(|name| key(one, name).is_some_and(|value| key(other, name) == Some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lists that merge in another way than the API declares. The table says why.
    const DEPARTURES: [&str; 9] = [
        "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution",
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
        "spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution",
        "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution",
        "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution",
        "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution",
        "spec.containers.envFrom",
        "spec.readinessGates",
        "spec.tolerations",
    ];

    /// What the API declares of each list: its path, its patch merge key, its type, and the keys of a map.
    fn declared() -> Vec<[&'static str; 4]> {
        include_str!("../../fixtures/kubernetes/pod-spec-lists.tsv")
            .lines()
            .skip(1)
            .map(|line| {
                let columns: Vec<&str> = line.split('\t').collect();
                let [path, _, merge_key, list_type, keys] = columns[..] else {
                    panic!("not five columns: {line}");
                };
                [path, merge_key, list_type, keys]
            })
            .collect()
    }

    fn rule_at(path: &str) -> Merge {
        rule(&path.split('.').collect::<Vec<_>>())
    }

    /// Whether the field is part of something that is decided as one value, such as an item of a list that does not merge.
    fn is_within_a_value(path: &str) -> bool {
        let is_list = |path: &str| declared().iter().any(|[list, ..]| *list == path);
        path.match_indices('.').any(|(end, _)| match rule_at(&path[..end]) {
            Merge::Fields => is_list(&path[..end]),
            Merge::Objects(_) => false,
            Merge::Whole | Merge::Units(_) | Merge::Set | Merge::Alternatives => true,
        })
    }

    #[test]
    fn lists_merge_by_the_keys_that_the_api_declares() {
        for [path, merge_key, list_type, keys] in declared() {
            if is_within_a_value(path) || DEPARTURES.contains(&path) {
                continue;
            }
            let expected: Vec<&str> = keys.split(',').filter(|key| !key.is_empty()).collect();
            match (list_type, rule_at(path)) {
                ("map", Merge::Objects(ours) | Merge::Units(ours)) => {
                    assert_eq!(ours, expected, "{path}");
                    assert!(merge_key.is_empty() || ours.first() == Some(&merge_key), "{path}");
                }
                ("atomic", Merge::Fields) | ("set", Merge::Set) => {}
                (declared, ours) => panic!("{path} is {declared}, and merges as {ours:?}"),
            }
        }
    }

    #[test]
    fn departures_are_of_lists_that_the_api_takes_for_one_value() {
        for path in DEPARTURES {
            let declared = declared().into_iter().find(|[declared, ..]| *declared == path);
            let [_, _, list_type, _] = declared.unwrap_or_else(|| panic!("the API has no list {path}"));
            assert_eq!(list_type, "atomic", "{path}");
            assert!(matches!(rule_at(path), Merge::Set | Merge::Alternatives), "{path}");
        }
    }

    #[test]
    fn the_table_has_no_list_that_the_api_has_not() {
        for (path, merge) in TABLE {
            let is_declared = declared().iter().any(|[declared, ..]| declared == path);
            assert_eq!(is_declared, *merge != Merge::Whole, "{path}");
        }
    }

    #[test]
    fn init_containers_merge_as_containers_do() {
        for (path, merge) in TABLE {
            if let Some(field) = path.strip_prefix("spec.containers") {
                assert_eq!(rule_at(&format!("spec.initContainers{field}")), *merge, "{path}");
            }
        }
    }

    #[test]
    fn what_the_table_does_not_know_merges_field_by_field() {
        for path in [
            "spec.fromTheFuture",
            "spec.containers.env.name",
            "containers",
            "metadata.labels",
        ] {
            assert_eq!(rule_at(path), Merge::Fields, "{path}");
        }
    }
}
