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

use std::collections::BTreeMap;

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use super::{Editor, Mutation, PodContext};
use crate::engine::json::Json;
use crate::engine::patch::PatchError;
use crate::engine::policy::document::Problem;

/// The field of a policy entry that the mutation is written in.
pub const NAME: &str = "nodeSelector";

const PARENT: &Pointer = Pointer::from_static("/spec/nodeSelector");

/// Labels of nodes, by key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct NodeSelector(BTreeMap<String, String>);

impl Mutation for NodeSelector {
    fn problems(&self) -> Vec<Problem> {
        if self.0.is_empty() {
            return vec![
                Problem::at(PointerBuf::root(), "the mutation selects nothing").with_help("write `key: value`"),
            ];
        }
        self.0
            .iter()
            .flat_map(|(key, value)| Problem::of_label(Pointer::root(), key, value))
            .collect()
    }

    fn change_pod(&self, _context: &PodContext<'_>, editor: &mut Editor<'_, '_>) -> Result<(), PatchError> {
        for (key, wanted) in &self.0 {
            let value = Json::String(editor.arena().string(wanted));
            editor.set(&PARENT.with_trailing_token(key.as_str()), value, |present| {
                let present = present.as_str().unwrap_or_else(|| present.kind());
                (
                    format!("the node selector `{key}` is `{present}`, and the policy asks for `{wanted}`"),
                    format!("leave `{key}` out, or write `{key}: {wanted}`"),
                )
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::finding::Effect;
    use crate::engine::mutate::OnConflict;
    use crate::engine::mutate::trial::change;

    /// The node selector after the mutation, the number of operations, and of conflicts.
    fn applied(spec: &Value, on_conflict: OnConflict) -> (Value, usize, usize) {
        let selector: NodeSelector = serde_json::from_value(json!({"a/b": "1", "c": "2"})).unwrap();
        let outcome = change(&selector, &json!({ "spec": spec }), on_conflict).unwrap();
        let result = outcome.object["spec"]["nodeSelector"].clone();
        (result, outcome.operations.len(), outcome.conflicts.len())
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
    fn tells_what_it_set_and_what_it_kept() {
        let selector: NodeSelector = serde_json::from_value(json!({"a/b": "1", "c": "2"})).unwrap();
        let pod = json!({"spec": {"nodeSelector": {"c": "3"}}});
        let kept = change(&selector, &pod, OnConflict::Keep).unwrap();
        assert_eq!(kept.places(Effect::Set), ["/spec/nodeSelector/a~1b"]);
        assert_eq!(kept.places(Effect::Kept), ["/spec/nodeSelector/c"]);
        let overridden = change(&selector, &pod, OnConflict::Override).unwrap();
        assert_eq!(overridden.places(Effect::Overridden), ["/spec/nodeSelector/c"]);
    }

    #[test]
    fn a_pod_without_a_spec_is_no_pod() {
        let selector: NodeSelector = serde_json::from_value(json!({"a": "1"})).unwrap();
        for pod in [json!({}), json!({"spec": "text"}), json!({"spec": null})] {
            assert!(change(&selector, &pod, OnConflict::Keep).is_err(), "{pod}");
        }
    }
}
