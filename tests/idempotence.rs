//! What holds of every mutation, whatever the object and whatever the policies: the patch applies, a second pass changes
//! nothing, and nothing else is touched.

mod objects;
mod policy_sets;

use proptest::prelude::*;
use serde_json::{Value, json};
use sparkgate::engine::finding::MutationRecord;
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::request::Phase;

use self::objects::{anything, applications, pods};
use self::policy_sets::{Policy, compiled, leaves, policy_sets, policy_sets_about_nodes};
use super::judging::{CREATE, answer, patched, review, verdict};

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
        for (key, value) in entry.fields.as_object().into_iter().flatten() {
            if spec["nodeSelector"].get(key).is_none() || entry.on_conflict == "override" {
                spec["nodeSelector"][key] = value.clone();
            }
        }
        for wanted in entry.fields.as_array().into_iter().flatten() {
            let present = spec["tolerations"].as_array().cloned().unwrap_or_default();
            if !present.iter().any(|item| meaning(item) == meaning(wanted)) {
                let added = present.into_iter().chain([wanted.clone()]);
                spec["tolerations"] = added.collect();
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

/// Pods, and now and then an application.
fn objects() -> impl Strategy<Value = Value> {
    prop_oneof![3 => pods(), 1 => applications()]
}

fn mutated(policies: &PolicySet, object: &Value) -> Value {
    let verdict = verdict(policies, Phase::Mutate, &review(CREATE, object));
    patched(object, verdict.patch.as_json())
}

/// Where the Spark container of a pod stands.
fn spark_index(object: &Value) -> usize {
    let containers = object["spec"]["containers"].as_array();
    let index = containers.and_then(|list| list.iter().position(|container| container["args"].is_array()));
    index.unwrap_or_default()
}

fn containers_of(pod: &Value) -> usize {
    pod["spec"]["containers"].as_array().map_or(0, Vec::len)
}

/// Whether an operation is about nothing but these places, or makes what is missing on the way to one.
fn is_within(operation: &Value, places: &[Vec<String>]) -> bool {
    let path = operation["path"].as_str().unwrap();
    let unescaped = |token: &str| token.replace("~1", "/").replace("~0", "~");
    let path: Vec<String> = path.split('/').skip(1).map(unescaped).collect();
    let value = &operation["value"];
    let is_empty = *value == json!({}) || *value == json!([]);
    let is_named = |touched: &Vec<String>| {
        places.iter().any(|place| {
            let agrees = place
                .iter()
                .zip(touched)
                .all(|(token, other)| token == "*" || token == other);
            agrees && (place.len() <= touched.len() || is_empty)
        })
    };
    leaves(path, value).iter().all(is_named)
}

proptest! {
    #[test]
    fn a_patch_gives_the_pod_that_the_policies_ask_for_and_no_other(set in policy_sets_about_nodes(), pod in pods()) {
        let after = mutated(&compiled(&set), &pod);
        let expected = expected(&set, &pod);
        prop_assert_eq!(with_tolerations_as_meant(after.clone()), with_tolerations_as_meant(expected));
        // What was there is left as it was written.
        let kept = pod["spec"]["tolerations"].as_array().map_or(&[][..], Vec::as_slice);
        let now = after["spec"]["tolerations"].as_array().map_or(&[][..], Vec::as_slice);
        prop_assert_eq!(&now[..kept.len()], kept);
    }

    #[test]
    fn nothing_is_touched_that_no_policy_names(set in policy_sets(), object in objects()) {
        let patch = verdict(&compiled(&set), Phase::Mutate, &review(CREATE, &object)).patch;
        let entries = set.iter().flat_map(|policy| &policy.entries);
        let places: Vec<_> = entries.flat_map(|entry| entry.places(spark_index(&object))).collect();
        let operations: Vec<Value> = serde_json::from_str(patch.as_json()).unwrap();
        for operation in operations {
            prop_assert!(is_within(&operation, &places), "{} {:?}", operation, places);
        }
    }

    #[test]
    fn a_second_pass_changes_nothing(set in policy_sets(), object in objects()) {
        let policies = compiled(&set);
        let once = mutated(&policies, &object);
        for phase in [Phase::Mutate, Phase::Validate, Phase::Check] {
            let again = verdict(&policies, phase, &review(CREATE, &once));
            prop_assert!(again.patch.is_empty(), "{}", again.patch.as_json());
            prop_assert!(!again.mutations.iter().any(MutationRecord::has_effect));
            prop_assert!(!again.findings.iter().any(|finding| finding.message.contains("required mutation")));
        }
    }

    #[test]
    fn a_sidecar_of_another_mutator_in_between_changes_nothing_of_ours(
        set in policy_sets(), pod in pods(), sidecar in anything()
    ) {
        let policies = compiled(&set);
        let mut between = mutated(&policies, &pod);
        let containers = between["spec"]["containers"].as_array_mut().unwrap();
        containers.insert(0, json!({"name": "proxy", "new": sidecar}));
        containers.push(json!({"name": "logs", "args": ["run"]}));
        between["metadata"]["annotations"]["injected"] = json!("yes");
        let mut after = mutated(&policies, &between);
        // A Secret for all containers is for theirs, too.
        for (index, name) in [(0, "proxy"), (containers_of(&between) - 1, "logs")] {
            let container = after["spec"]["containers"][index].as_object_mut().unwrap();
            prop_assert_eq!(&container["name"], name);
            container.retain(|field, _| !["env", "envFrom"].contains(&field.as_str()));
        }
        prop_assert_eq!(&after, &between);
    }

    #[test]
    fn the_order_of_the_files_does_not_matter(set in policy_sets(), object in objects()) {
        let forwards = compiled(&set);
        let backwards = compiled(&set.iter().rev().cloned().collect::<Vec<_>>());
        let body = review(CREATE, &object).to_string();
        for phase in [Phase::Mutate, Phase::Validate] {
            prop_assert_eq!(
                answer(&forwards, phase, body.as_bytes()),
                answer(&backwards, phase, body.as_bytes())
            );
        }
    }
}
