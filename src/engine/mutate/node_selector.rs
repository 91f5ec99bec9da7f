//! `nodeSelector`: labels of the nodes that a pod may go to.
//!
//! ## What it does
//! Adds the labels to the pod's node selector, key by key. Where the pod has another value for a key, `onConflict` decides: `keep` leaves
//! the pod's, `override` replaces it, and `deny` leaves it and finds it. Pods are changed as they are made; of an application, the pods that
//! it will have are judged as this leaves them.
//!
//! ## Why
//! Which nodes a cluster has for what is for those to know who run it. Written into every application, it is wrong in some.
//!
//! ## Policy
//! ```yaml
//! - name: executors-on-spot
//!   roles: [executor]
//!   # keep, override or deny
//!   onConflict: keep
//!   # labels of nodes, and their values
//!   nodeSelector: {node-pool: spark-spot}
//! ```
//!
//! ## Changes
//! ```yaml
//! apiVersion: v1
//! kind: Pod
//! metadata:
//!   name: etl-exec-1
//!   labels: {spark-role: executor, spark-app-selector: spark-1}
//! spec:
//!   containers: [{name: spark-kubernetes-executor, image: "spark:4.0.1"}]
//! ```
//!
//! ## Leaves alone
//! ```yaml
//! apiVersion: v1
//! kind: Pod
//! metadata:
//!   name: etl-exec-1
//!   labels: {spark-role: executor, spark-app-selector: spark-1}
//! spec:
//!   nodeSelector: {node-pool: gpu}
//!   containers: [{name: spark-kubernetes-executor, image: "spark:4.0.1"}]
//! ```

use std::collections::BTreeMap;

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::{Conflict, OnConflict};
use crate::engine::json::Json;
use crate::engine::patch::{PatchError, Recorder};
use crate::engine::policy::document::Problem;

const PARENT: &Pointer = Pointer::from_static("/spec/nodeSelector");

/// Labels of nodes, by key.
pub type NodeSelector = BTreeMap<String, String>;

/// What is wrong with it as it is written.
pub(super) fn problems(selector: &NodeSelector) -> Vec<Problem> {
    if selector.is_empty() {
        return vec![Problem::at(PointerBuf::root(), "the mutation selects nothing").with_help("write `key: value`")];
    }
    selector
        .iter()
        .flat_map(|(key, value)| Problem::of_label(Pointer::root(), key, value))
        .collect()
}

/// Adds the selectors that are missing.
pub(super) fn apply(
    selector: &NodeSelector,
    recorder: &mut Recorder<'_>,
    on_conflict: OnConflict,
) -> Result<Vec<Conflict>, PatchError> {
    let mut conflicts = Vec::new();
    for (key, wanted) in selector {
        let present = recorder.root().at(["spec", "nodeSelector", key]);
        if present.and_then(Json::as_str) == Some(wanted) {
            continue;
        }
        let pointer = PARENT.with_trailing_token(key.as_str());
        let value = Json::String(recorder.arena().string(wanted));
        match (present, on_conflict) {
            (None, _) => {
                let empty = recorder.arena().object(&[]);
                recorder.ensure(PARENT, empty)?;
                recorder.add(&pointer, value)?;
            }
            (Some(_), OnConflict::Override) => recorder.replace(&pointer, value)?,
            (Some(_), OnConflict::Keep) => {}
            (Some(present), OnConflict::Deny) => conflicts.push(Conflict {
                pointer,
                message: format!(
                    "the node selector `{key}` is `{}`, and the policy asks for `{wanted}`",
                    present.as_str().unwrap_or_else(|| present.kind())
                ),
                help: format!("leave `{key}` out, or write `{key}: {wanted}`"),
            }),
        }
    }
    Ok(conflicts)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::json::Arena;

    /// The node selector after the mutation, the number of operations, and of conflicts.
    fn applied(spec: &Value, on_conflict: OnConflict) -> (Value, usize, usize) {
        let selector = NodeSelector::from([("a/b".to_owned(), "1".to_owned()), ("c".to_owned(), "2".to_owned())]);
        let arena = Arena::new();
        let mut recorder = Recorder::new(&arena, arena.import(&json!({ "spec": spec })));
        let conflicts = apply(&selector, &mut recorder, on_conflict).unwrap();
        let result = recorder.root().at(["spec", "nodeSelector"]).unwrap().to_value();
        let operations = recorder.operations().len();
        let again = apply(&selector, &mut recorder, on_conflict).unwrap();
        assert_eq!(again, conflicts, "{spec}");
        assert_eq!(
            recorder.operations().len(),
            operations,
            "a second time changes nothing: {spec}"
        );
        (result, operations, conflicts.len())
    }

    #[test]
    fn decides_key_by_key() {
        use OnConflict::{Deny, Keep, Override};
        let both = json!({"a/b": "1", "c": "2"});
        let cases = [
            (json!({}), Keep, both.clone(), 3, 0),
            (json!({"nodeSelector": null}), Keep, both.clone(), 3, 0),
            (json!({"nodeSelector": {}}), Keep, both.clone(), 2, 0),
            (json!({"nodeSelector": {"c": "2"}}), Deny, both.clone(), 1, 0),
            (json!({"nodeSelector": both}), Override, both.clone(), 0, 0),
            (
                json!({"nodeSelector": {"c": "3"}}),
                Keep,
                json!({"a/b": "1", "c": "3"}),
                1,
                0,
            ),
            (json!({"nodeSelector": {"c": "3"}}), Override, both.clone(), 2, 0),
            (
                json!({"nodeSelector": {"c": "3"}}),
                Deny,
                json!({"a/b": "1", "c": "3"}),
                1,
                1,
            ),
            (json!({"nodeSelector": {"c": null}}), Deny, both.clone(), 2, 0),
            (
                json!({"nodeSelector": {"other": "x"}}),
                Keep,
                json!({"a/b": "1", "c": "2", "other": "x"}),
                2,
                0,
            ),
        ];
        for (spec, on_conflict, selector, operations, conflicts) in cases {
            let expected = (selector, operations, conflicts);
            assert_eq!(applied(&spec, on_conflict), expected, "{spec} {on_conflict:?}");
        }
    }

    #[test]
    fn a_pod_without_a_spec_is_no_pod() {
        let arena = Arena::new();
        for pod in [json!({}), json!({"spec": "text"}), json!({"spec": null})] {
            let mut recorder = Recorder::new(&arena, arena.import(&pod));
            let selector = NodeSelector::from([("a".to_owned(), "1".to_owned())]);
            assert!(apply(&selector, &mut recorder, OnConflict::Keep).is_err(), "{pod}");
        }
    }
}
