//! What holds of every mutation, whatever the pod and whatever the policies: the patch applies, a second pass changes
//! nothing, and nothing else is touched.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use sparkgate::engine::finding::MutationRecord;
use sparkgate::engine::policy::{PolicySet, Source};
use sparkgate::engine::request::Phase;

use super::judging::{CREATE, answer, patched, pod, policies, review, verdict};

const KEYS: [&str; 4] = ["pool", "zone", "example.com/pool", "team"];
const VALUES: [&str; 3] = ["a", "b", ""];

/// Tolerations that a policy can give.
fn tolerations() -> Vec<Value> {
    vec![
        json!({"key": "spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"}),
        json!({"key": "spot", "value": "true", "effect": "NoSchedule"}),
        json!({"key": "spot", "operator": "Exists"}),
        json!({"operator": "Exists"}),
        json!({"key": "spot", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}),
        json!({"key": "example.com/spot", "operator": "Exists", "effect": "NoExecute"}),
    ]
}

/// What a toleration means, with the defaults that Kubernetes reads into it.
fn meaning(toleration: &Value) -> (String, String, String, String, Option<i64>) {
    let text = |key: &str, default: &str| {
        let text = toleration[key].as_str().filter(|text| !text.is_empty());
        text.unwrap_or(default).to_owned()
    };
    (
        text("key", ""),
        text("operator", "Equal"),
        text("value", ""),
        text("effect", ""),
        toleration["tolerationSeconds"].as_i64(),
    )
}

/// Something that the engine has never heard of.
fn anything() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z~/\"\\\\é]{0,6}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            btree_map("[a-z~/]{1,4}", inner, 0..3).prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

fn node_selector() -> impl Strategy<Value = BTreeMap<&'static str, &'static str>> {
    btree_map(select(&KEYS[..]), select(&VALUES[..]), 0..4)
}

fn pods() -> impl Strategy<Value = Value> {
    let present_tolerations = tolerations().into_iter().chain([
        json!({"key": "spot", "operator": "", "value": "true", "effect": "NoSchedule"}),
        json!({"key": "spot", "operator": "Exists", "value": null, "new": {"field": 1}}),
        json!({"key": "other", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
    ]);
    let tolerations = vec(select(present_tolerations.collect::<Vec<_>>()), 0..4);
    let container = (select(vec!["spark", "sidecar", "logs"]), anything());
    let parts = (
        select(vec!["driver", "executor"]),
        prop_oneof![
            Just(None),
            Just(Some(Value::Null)),
            node_selector().prop_map(|selector| Some(json!(selector)))
        ],
        prop_oneof![
            Just(None),
            Just(Some(Value::Null)),
            tolerations.prop_map(|list| Some(json!(list)))
        ],
        btree_map("[a-z]{1,3}", "[a-z]{0,3}", 0..3),
        vec(container, 0..4),
        btree_map("x[a-z~/]{0,3}", anything(), 0..3),
    );
    parts.prop_map(|(role, selector, tolerations, labels, containers, unknown)| {
        let mut object = pod(role, &json!({"metadata": {"labels": labels}}));
        let spec = object["spec"].as_object_mut().unwrap();
        spec.extend(selector.map(|selector| ("nodeSelector".to_owned(), selector)));
        spec.extend(tolerations.map(|list| ("tolerations".to_owned(), list)));
        spec.extend(unknown.clone());
        let list = spec["containers"].as_array_mut().unwrap();
        list.extend(
            containers
                .into_iter()
                .map(|(name, new)| json!({"name": name, "new": new})),
        );
        object.as_object_mut().unwrap().extend(unknown);
        object
    })
}

/// One entry of `mutate`, before it is written down.
#[derive(Clone, Debug)]
struct Entry {
    role: Option<&'static str>,
    on_conflict: &'static str,
    required: bool,
    gives: Gives,
}

#[derive(Clone, Debug)]
enum Gives {
    NodeSelector(BTreeMap<&'static str, &'static str>),
    Tolerations(Vec<Value>),
}

#[derive(Clone, Debug)]
struct Policy {
    name: String,
    order: i32,
    entries: Vec<Entry>,
}

impl Policy {
    fn source(&self) -> Source {
        let entries: Vec<Value> = self
            .entries
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                let (rule, gives) = match &entry.gives {
                    Gives::NodeSelector(selector) => ("nodeSelector", json!(selector)),
                    Gives::Tolerations(list) => ("tolerations", json!(list)),
                };
                let mut written = json!({
                    "name": format!("entry-{index}"), "onConflict": entry.on_conflict, "required": entry.required, rule: gives,
                });
                if let Some(role) = entry.role {
                    written["roles"] = json!([role]);
                }
                written
            })
            .collect();
        let document = json!({
            "apiVersion": "sparkgate.io/v1alpha1",
            "kind": "SparkPolicy",
            "metadata": {"name": self.name},
            "spec": {"order": self.order, "mutate": entries},
        });
        Source {
            name: format!("{}.json", self.name),
            text: document.to_string(),
        }
    }
}

fn policy_sets() -> impl Strategy<Value = Vec<Policy>> {
    let gives = prop_oneof![
        btree_map(select(&KEYS[..]), select(&VALUES[..]), 1..4).prop_map(Gives::NodeSelector),
        vec(select(tolerations()), 1..3).prop_map(Gives::Tolerations),
    ];
    let entry = (
        select(vec![None, Some("driver"), Some("executor")]),
        select(vec!["keep", "override", "deny"]),
        any::<bool>(),
        gives,
    )
        .prop_map(|(role, on_conflict, required, gives)| Entry {
            role,
            on_conflict,
            required,
            gives,
        });
    vec((0..3, vec(entry, 1..4)), 1..4).prop_map(|policies| {
        let named = policies
            .into_iter()
            .enumerate()
            .map(|(index, (order, entries))| Policy {
                name: format!("policy-{index}"),
                order,
                entries,
            });
        named.collect()
    })
}

fn compiled(set: &[Policy]) -> PolicySet {
    policies(&set.iter().map(Policy::source).collect::<Vec<_>>())
}

/// The pod as the policies want it, by the words of the documentation alone.
fn expected(set: &[Policy], pod: &Value) -> Value {
    let mut in_order: Vec<&Policy> = set.iter().collect();
    in_order.sort_by_key(|policy| (policy.order, &policy.name));
    let role = &pod["metadata"]["labels"]["spark-role"];
    let mut after = pod.clone();
    let spec = &mut after["spec"];
    for entry in in_order.into_iter().flat_map(|policy| &policy.entries) {
        if entry.role.is_some_and(|only| role != only) {
            continue;
        }
        match &entry.gives {
            Gives::NodeSelector(selector) => {
                for (key, value) in selector {
                    if spec["nodeSelector"].get(key).is_none() || entry.on_conflict == "override" {
                        spec["nodeSelector"][key] = json!(value);
                    }
                }
            }
            Gives::Tolerations(list) => {
                for wanted in list {
                    let present = spec["tolerations"].as_array().cloned().unwrap_or_default();
                    if !present.iter().any(|item| meaning(item) == meaning(wanted)) {
                        let added = present.into_iter().chain([wanted.clone()]);
                        spec["tolerations"] = added.collect();
                    }
                }
            }
        }
    }
    after
}

/// The same pod, with every toleration as it is meant.
fn with_tolerations_as_meant(mut pod: Value) -> Value {
    if let Some(list) = pod["spec"].get_mut("tolerations").and_then(Value::as_array_mut) {
        for toleration in list {
            *toleration = json!(meaning(toleration));
        }
    }
    pod
}

fn mutated(policies: &PolicySet, pod: &Value) -> Value {
    let verdict = verdict(policies, Phase::Mutate, &review(CREATE, pod));
    patched(pod, verdict.patch.as_json())
}

proptest! {
    #[test]
    fn a_patch_gives_the_pod_that_the_policies_ask_for_and_no_other(set in policy_sets(), pod in pods()) {
        let after = mutated(&compiled(&set), &pod);
        let expected = expected(&set, &pod);
        prop_assert_eq!(with_tolerations_as_meant(after.clone()), with_tolerations_as_meant(expected));
        // What was there is left as it was written.
        let kept = pod["spec"]["tolerations"].as_array().map_or(&[][..], Vec::as_slice);
        let now = after["spec"]["tolerations"].as_array().map_or(&[][..], Vec::as_slice);
        prop_assert_eq!(&now[..kept.len()], kept);
    }

    #[test]
    fn a_second_pass_changes_nothing(set in policy_sets(), pod in pods()) {
        let policies = compiled(&set);
        let once = mutated(&policies, &pod);
        for phase in [Phase::Mutate, Phase::Validate, Phase::Check] {
            let again = verdict(&policies, phase, &review(CREATE, &once));
            prop_assert!(again.patch.is_empty(), "{}", again.patch.as_json());
            prop_assert!(!again.mutations.iter().any(MutationRecord::has_effect));
            prop_assert!(!again.findings.iter().any(|finding| finding.message.contains("required mutation")));
        }
    }

    #[test]
    fn another_mutator_in_between_changes_nothing_of_ours(set in policy_sets(), pod in pods(), sidecar in anything()) {
        let policies = compiled(&set);
        let mut between = mutated(&policies, &pod);
        let containers = between["spec"]["containers"].as_array_mut().unwrap();
        containers.insert(0, json!({"name": "proxy", "new": sidecar}));
        containers.push(json!({"name": "logs", "args": ["run"]}));
        between["metadata"]["annotations"] = json!({"injected": "yes"});
        prop_assert_eq!(&mutated(&policies, &between), &between);
    }

    #[test]
    fn the_order_of_the_files_does_not_matter(set in policy_sets(), pod in pods()) {
        let forwards = compiled(&set);
        let backwards = compiled(&set.iter().rev().cloned().collect::<Vec<_>>());
        let body = review(CREATE, &pod).to_string();
        for phase in [Phase::Mutate, Phase::Validate] {
            prop_assert_eq!(
                answer(&forwards, phase, body.as_bytes()),
                answer(&backwards, phase, body.as_bytes())
            );
        }
    }
}
