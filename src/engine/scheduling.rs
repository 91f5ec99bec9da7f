//! Can the scheduler put a pod on a node? As the scheduler decides it, for a node of which some labels and a taint are known.
//!
//! Node affinity as in `k8s.io/component-helpers/scheduling/corev1/nodeaffinity`, tolerations as in `Toleration.ToleratesTaint`
//! of `k8s.io/api/core/v1` (Kubernetes 1.36).

use std::collections::BTreeMap;

use json_patch::jsonptr::PointerBuf;
use serde::{Deserialize, Serialize};

use super::json::Json;
use super::workload::Located;

/// What a taint, or a toleration, is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaintEffect {
    /// Pods that do not tolerate it are not scheduled.
    NoSchedule,
    /// The scheduler tries to avoid it, no more.
    PreferNoSchedule,
    /// Pods that do not tolerate it are not scheduled, and leave.
    NoExecute,
}

impl TaintEffect {
    /// Kubernetes' spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }
}

/// A taint of the nodes of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value; empty where it has none.
    #[serde(default)]
    pub value: String,
    /// What it does to pods that do not tolerate it.
    pub effect: TaintEffect,
}

/// What is known of the nodes of a pool. They may have more labels than these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodePool {
    /// Labels that all of them have.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The taint that all of them have.
    pub taint: Option<Taint>,
}

/// Why a pod can land on a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Landing {
    /// It names its node, so the scheduler is not asked.
    NodeName(PointerBuf),
    /// It selects a label of the pool, here.
    Selected(PointerBuf),
    /// It tolerates the taint, here, and nothing else keeps it off.
    Tolerates(PointerBuf),
    /// Nothing keeps it off.
    Unhindered,
}

impl Landing {
    /// What of the pod lets it land there: the pod's spec where nothing in particular does.
    #[must_use]
    pub fn place(&self) -> PointerBuf {
        match self {
            Self::NodeName(place) | Self::Selected(place) | Self::Tolerates(place) => place.clone(),
            Self::Unhindered => PointerBuf::from_tokens(["spec"]),
        }
    }
}

/// Why the pod can land on a node of `pool`; `None` when it cannot. Conditions on keys that the pool does not describe
/// exclude nothing, and neither do preferences.
#[must_use]
pub fn landing(pod: &Located<'_>, pool: &NodePool) -> Option<Landing> {
    let Some(spec) = pod.get("spec") else {
        return pool
            .taint
            .as_ref()
            .is_none_or(|taint| !hinders(taint))
            .then_some(Landing::Unhindered);
    };
    if let Some(name) = spec.get("nodeName").filter(|name| name.json.as_str() != Some("")) {
        return Some(Landing::NodeName(name.pointer));
    }
    let mut selected = None;
    for (key, value) in spec.get("nodeSelector").iter().flat_map(Located::members) {
        if let Some(label) = pool.labels.get(key) {
            if value.json.as_str() != Some(label) {
                return None;
            }
            selected = Some(value.pointer);
        }
    }
    let required = spec.at([
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
    ]);
    if let Some(terms) = required.and_then(|required| required.get("nodeSelectorTerms"))
        && !terms.items().any(|term| may_match(term.json, pool))
    {
        return None;
    }
    let tolerated = match pool.taint.as_ref().filter(|taint| hinders(taint)) {
        None => None,
        Some(taint) => Some(
            spec.get("tolerations")
                .iter()
                .flat_map(Located::items)
                .find(|toleration| tolerates(toleration.json, taint))?
                .pointer,
        ),
    };
    Some(match (selected, tolerated) {
        (Some(pointer), _) => Landing::Selected(pointer),
        (None, Some(pointer)) => Landing::Tolerates(pointer),
        (None, None) => Landing::Unhindered,
    })
}

fn hinders(taint: &Taint) -> bool {
    taint.effect != TaintEffect::PreferNoSchedule
}

/// Whether a node selector term can hold for a node of the pool. Its expressions must all hold; an empty term holds for no node.
fn may_match(term: Json<'_>, pool: &NodePool) -> bool {
    let items = |key| term.get(key).map_or(&[][..], Json::items);
    let expressions = items("matchExpressions");
    let is_empty = expressions.is_empty() && items("matchFields").is_empty();
    !is_empty
        && expressions
            .iter()
            .all(|expression| expression_may_hold(*expression, pool))
}

fn expression_may_hold(expression: Json<'_>, pool: &NodePool) -> bool {
    let text = |key| expression.get(key).and_then(Json::as_str);
    let Some(label) = text("key").and_then(|key| pool.labels.get(key)) else {
        return true;
    };
    let values = expression.get("values").map_or(&[][..], Json::items);
    let is_listed = || values.iter().any(|value| value.as_str() == Some(label));
    let compared = || {
        let wanted = values.first()?.as_str()?.parse::<i64>().ok()?;
        Some(label.parse::<i64>().ok()?.cmp(&wanted))
    };
    match text("operator") {
        Some("In") => is_listed(),
        Some("NotIn") => !is_listed(),
        Some("DoesNotExist") => false,
        Some("Gt") => compared().is_some_and(std::cmp::Ordering::is_gt),
        Some("Lt") => compared().is_some_and(std::cmp::Ordering::is_lt),
        // `Exists` holds. What the API server does not know it refuses, so nothing is excluded by it.
        _ => true,
    }
}

/// Whether a toleration tolerates a taint.
fn tolerates(toleration: Json<'_>, taint: &Taint) -> bool {
    let text = |key| toleration.get(key).and_then(Json::as_str).unwrap_or_default();
    let (effect, key, value) = (text("effect"), text("key"), text("value"));
    if !effect.is_empty() && effect != taint.effect.as_str() {
        return false;
    }
    if !key.is_empty() && key != taint.key {
        return false;
    }
    let compared = || {
        let (taint, toleration) = (taint.value.parse::<i64>().ok()?, value.parse::<i64>().ok()?);
        Some(taint.cmp(&toleration))
    };
    match text("operator") {
        "" | "Equal" => value == taint.value,
        "Exists" => true,
        "Lt" => compared().is_some_and(std::cmp::Ordering::is_lt),
        "Gt" => compared().is_some_and(std::cmp::Ordering::is_gt),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::json::Arena;

    fn pool(value: Value) -> NodePool {
        serde_json::from_value(value).unwrap()
    }

    /// Spot nodes with a label and a taint, as most clusters have them.
    fn spot() -> NodePool {
        pool(json!({
            "labels": {"pool": "spot", "cpus": "16"},
            "taint": {"key": "spot", "value": "true", "effect": "NoSchedule"},
        }))
    }

    fn landing_of(spec: &Value, pool: &NodePool) -> Option<Landing> {
        let arena = Arena::new();
        let pod = arena.import(&json!({ "spec": spec }));
        landing(&Located::root(pod), pool)
    }

    fn at(pointer: &str) -> PointerBuf {
        PointerBuf::parse(pointer).unwrap()
    }

    fn required(terms: &Value) -> Value {
        json!({
            "tolerations": [{"operator": "Exists"}],
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}},
        })
    }

    #[test]
    fn taints_keep_off_who_does_not_tolerate_them() {
        let tolerated = || Some(Landing::Tolerates(at("/spec/tolerations/0")));
        let cases = [
            (json!({}), None),
            (json!({"tolerations": []}), None),
            (json!({"tolerations": null}), None),
            (
                json!({"tolerations": [{"key": "spot", "operator": "Exists"}]}),
                tolerated(),
            ),
            (json!({"tolerations": [{"key": "spot", "value": "true"}]}), tolerated()),
            (
                json!({"tolerations": [{"key": "spot", "operator": "Equal", "value": "true"}]}),
                tolerated(),
            ),
            (
                json!({"tolerations": [{"key": "spot", "operator": "Equal", "value": "false"}]}),
                None,
            ),
            (
                json!({"tolerations": [{"key": "spot", "value": "true", "effect": "NoSchedule"}]}),
                tolerated(),
            ),
            (
                json!({"tolerations": [{"key": "spot", "value": "true", "effect": "NoExecute"}]}),
                None,
            ),
            (json!({"tolerations": [{"key": "other", "operator": "Exists"}]}), None),
            (json!({"tolerations": [{"operator": "Exists"}]}), tolerated()),
            (
                json!({"tolerations": [{"operator": "Exists", "effect": "NoExecute"}]}),
                None,
            ),
            (json!({"tolerations": [{"key": "spot", "operator": "Sometimes"}]}), None),
            (
                json!({"tolerations": [{"key": "spot", "operator": "Exists", "tolerationSeconds": 5}]}),
                tolerated(),
            ),
            (
                json!({"tolerations": [{"key": "a"}, {"key": "spot", "operator": "Exists"}]}),
                Some(Landing::Tolerates(at("/spec/tolerations/1"))),
            ),
        ];
        for (spec, expected) in cases {
            assert_eq!(landing_of(&spec, &spot()), expected, "{spec}");
        }
    }

    #[test]
    fn numbers_in_taints_compare() {
        let pool = pool(json!({"taint": {"key": "risk", "value": "5", "effect": "NoExecute"}}));
        for (operator, value, lands) in [
            ("Lt", "9", true),
            ("Lt", "5", false),
            ("Gt", "4", true),
            ("Gt", "x", false),
        ] {
            let spec = json!({"tolerations": [{"key": "risk", "operator": operator, "value": value}]});
            assert_eq!(landing_of(&spec, &pool).is_some(), lands, "{spec}");
        }
    }

    #[test]
    fn a_preference_not_to_schedule_keeps_nobody_off() {
        let pool = pool(json!({"taint": {"key": "spot", "effect": "PreferNoSchedule"}, "labels": {"pool": "spot"}}));
        assert_eq!(landing_of(&json!({}), &pool), Some(Landing::Unhindered));
        assert_eq!(landing_of(&json!({"nodeSelector": {"pool": "on-demand"}}), &pool), None);
        let arena = Arena::new();
        assert_eq!(
            landing(&Located::root(arena.import(&json!({}))), &pool),
            Some(Landing::Unhindered)
        );
    }

    #[test]
    fn node_selectors_exclude_by_the_labels_that_the_pool_describes() {
        let everything = json!([{"operator": "Exists"}]);
        let cases = [
            (
                json!({"pool": "spot"}),
                Some(Landing::Selected(at("/spec/nodeSelector/pool"))),
            ),
            (json!({"pool": "on-demand"}), None),
            (
                json!({"zone": "a"}),
                Some(Landing::Tolerates(at("/spec/tolerations/0"))),
            ),
            (json!({"zone": "a", "pool": "on-demand"}), None),
            (json!({"pool": "spot", "cpus": "8"}), None),
        ];
        for (selector, expected) in cases {
            let spec = json!({"nodeSelector": selector, "tolerations": everything});
            assert_eq!(landing_of(&spec, &spot()), expected, "{spec}");
        }
    }

    #[test]
    fn required_node_affinity_excludes_when_no_term_can_hold() {
        let expression = |operator: &str, values: Value| json!({"key": "pool", "operator": operator, "values": values});
        let cpus = |operator: &str, value: &str| json!({"key": "cpus", "operator": operator, "values": [value]});
        let term = |expressions: Value| json!([{ "matchExpressions": expressions }]);
        let cases = [
            (term(json!([expression("In", json!(["spot", "other"]))])), true),
            (term(json!([expression("In", json!(["on-demand"]))])), false),
            (term(json!([expression("In", json!([]))])), false),
            (term(json!([expression("NotIn", json!(["spot"]))])), false),
            (term(json!([expression("NotIn", json!(["on-demand"]))])), true),
            (term(json!([expression("Exists", json!(null))])), true),
            (term(json!([expression("DoesNotExist", json!(null))])), false),
            (term(json!([cpus("Gt", "8")])), true),
            (term(json!([cpus("Gt", "16")])), false),
            (term(json!([cpus("Lt", "17")])), true),
            (term(json!([cpus("Lt", "many")])), false),
            (term(json!([{"key": "zone", "operator": "In", "values": ["a"]}])), true),
            (term(json!([{"key": "zone", "operator": "DoesNotExist"}])), true),
            // Within a term, all must hold.
            (
                term(json!([cpus("Gt", "8"), expression("NotIn", json!(["spot"]))])),
                false,
            ),
            // Of several terms, one is enough.
            (
                json!([
                    {"matchExpressions": [expression("In", json!(["on-demand"]))]},
                    {"matchExpressions": [cpus("Gt", "8")]},
                ]),
                true,
            ),
            // A term without conditions holds for no node, and neither does no term at all.
            (json!([{}]), false),
            (json!([{"matchExpressions": []}]), false),
            (json!([]), false),
            (
                json!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]),
                true,
            ),
        ];
        for (terms, lands) in cases {
            assert_eq!(landing_of(&required(&terms), &spot()).is_some(), lands, "{terms}");
        }
    }

    #[test]
    fn preferences_exclude_nothing() {
        let spec = json!({
            "tolerations": [{"key": "spot", "operator": "Exists"}],
            "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 100, "preference": {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["on-demand"]}]}},
            ]}},
        });
        assert!(landing_of(&spec, &spot()).is_some());
    }

    #[test]
    fn a_node_name_goes_round_everything() {
        let spec = json!({"nodeName": "n1", "nodeSelector": {"pool": "on-demand"}});
        assert_eq!(
            landing_of(&spec, &spot()),
            Some(Landing::NodeName(at("/spec/nodeName")))
        );
        assert_eq!(
            landing_of(&json!({"nodeName": "", "nodeSelector": {"pool": "on-demand"}}), &spot()),
            None
        );
    }
}
