//! `tolerations`: taints that a pod tolerates.
//!
//! ## What it does
//! Adds each toleration to the pod that has not the same one, as a whole, already. Nothing is taken away, so there is nothing to be in
//! conflict with. Pods are changed as they are made; of an application, the pods that it will have are judged as this leaves them.
//!
//! ## Why
//! Nodes that are kept for Spark, or that can be taken away, carry a taint. What tolerates it is a decision about the cluster, not about a
//! job, and one toleration copied from executors to a driver costs the job.
//!
//! ## Policy
//! ```yaml
//! - name: tolerate-spot
//!   roles: [executor]
//!   # as in a pod: key, operator (Equal or Exists), value, effect, tolerationSeconds
//!   tolerations:
//!     - {key: spot-instance, operator: Equal, value: "true", effect: NoSchedule}
//! ```

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use super::{Editor, Mutation, PodContext};
use crate::engine::json::{Arena, Json, Member, Number};
use crate::engine::label;
use crate::engine::patch::PatchError;
use crate::engine::policy::document::Problem;
use crate::engine::scheduling::TaintEffect;

/// The field of a policy entry that the mutation is written in.
pub const NAME: &str = "tolerations";

const LIST: &Pointer = Pointer::from_static("/spec/tolerations");

/// A toleration, as a pod has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Toleration {
    /// The taint's key; empty, with `Exists`, for every taint.
    #[serde(default)]
    pub key: String,
    /// How the values compare.
    #[serde(default)]
    pub operator: TolerationOperator,
    /// The taint's value.
    #[serde(default)]
    pub value: String,
    /// The taint's effect; none for every effect.
    pub effect: Option<TaintEffect>,
    /// For how long a `NoExecute` taint is tolerated; for ever when not given.
    pub toleration_seconds: Option<i64>,
}

/// How the values of toleration and taint compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum TolerationOperator {
    /// They are the same. Kubernetes' default.
    #[default]
    Equal,
    /// The taint has the key, whatever its value.
    Exists,
}

impl TolerationOperator {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "Equal",
            Self::Exists => "Exists",
        }
    }
}

/// The tolerations to add.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Tolerations(Vec<Toleration>);

impl Mutation for Tolerations {
    fn problems(&self) -> Vec<Problem> {
        problems(&self.0)
    }

    /// A toleration is there or it is not: there is nothing to be in conflict with.
    fn change_pod(&self, _context: &PodContext<'_>, editor: &mut Editor<'_, '_>) -> Result<(), PatchError> {
        for toleration in &self.0 {
            let present = editor.get(LIST).map_or(&[][..], Json::items);
            if !present.iter().any(|item| is_same(*item, toleration)) {
                let value = to_json(toleration, editor.arena());
                editor.append(LIST, value)?;
            }
        }
        Ok(())
    }
}

/// What is wrong with them as they are written: what the API server would refuse (`validateTolerations` of `pkg/apis/core/validation`).
fn problems(tolerations: &[Toleration]) -> Vec<Problem> {
    if tolerations.is_empty() {
        return vec![Problem::at(PointerBuf::root(), "the mutation tolerates nothing")];
    }
    let place = |index: usize| PointerBuf::root().with_trailing_token(index);
    tolerations
        .iter()
        .enumerate()
        .flat_map(|(index, toleration)| problems_of(toleration, &place(index)))
        .collect()
}

/// What is wrong with one that stands at `place`.
pub(super) fn problems_of(toleration: &Toleration, place: &Pointer) -> Vec<Problem> {
    let mut problems = Vec::new();
    let exists = toleration.operator == TolerationOperator::Exists;
    if toleration.key.is_empty() && !exists {
        problems.push(
            Problem::at(place.to_buf(), "a toleration without a key is for every taint")
                .with_help("write `operator: Exists` if that is meant"),
        );
    }
    if !toleration.key.is_empty() && !label::is_key(&toleration.key) {
        let message = format!("`{}` is no taint key", toleration.key);
        problems.push(Problem::at(place.with_trailing_token("key"), message).with_help(label::KEY_HELP));
    }
    if exists && !toleration.value.is_empty() {
        problems.push(
            Problem::at(place.with_trailing_token("value"), "`Exists` takes no value")
                .with_help("leave `value` out, or write `operator: Equal`"),
        );
    }
    if !label::is_value(&toleration.value) {
        let message = format!("`{}` is no taint value", toleration.value);
        problems.push(Problem::at(place.with_trailing_token("value"), message).with_help(label::VALUE_HELP));
    }
    if toleration.toleration_seconds.is_some() && toleration.effect != Some(TaintEffect::NoExecute) {
        problems.push(
            Problem::at(
                place.with_trailing_token("tolerationSeconds"),
                "only what is tolerated of `NoExecute` has a time",
            )
            .with_help("write `effect: NoExecute`, or leave `tolerationSeconds` out"),
        );
    }
    problems
}

/// Whether an item of a pod's list says the same: an absent operator is `Equal`, and absent texts are empty ones.
fn is_same(item: Json<'_>, toleration: &Toleration) -> bool {
    let text = |key| item.get(key).and_then(Json::as_str).unwrap_or_default();
    let operator = match text("operator") {
        "" => TolerationOperator::Equal.as_str(),
        other => other,
    };
    text("key") == toleration.key
        && operator == toleration.operator.as_str()
        && text("value") == toleration.value
        && text("effect") == toleration.effect.map_or("", TaintEffect::as_str)
        && item.get("tolerationSeconds").and_then(Json::as_i64) == toleration.toleration_seconds
}

fn to_json<'a>(toleration: &Toleration, arena: &'a Arena) -> Json<'a> {
    let mut members: Vec<Member<'a>> = Vec::with_capacity(5);
    let mut text = |key, value: &str| {
        if !value.is_empty() {
            members.push((key, Json::String(arena.string(value))));
        }
    };
    text("key", &toleration.key);
    text("operator", toleration.operator.as_str());
    text("value", &toleration.value);
    text("effect", toleration.effect.map_or("", TaintEffect::as_str));
    if let Some(seconds) = toleration.toleration_seconds {
        let number = u64::try_from(seconds).map_or(Number::Signed(seconds), Number::Unsigned);
        members.push(("tolerationSeconds", Json::Number(number)));
    }
    arena.object(&members)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::mutate::OnConflict;
    use crate::engine::mutate::trial::change;

    fn toleration(value: Value) -> Toleration {
        serde_json::from_value(value).unwrap()
    }

    fn applied(spec: &Value, wanted: &[Toleration]) -> (Value, usize) {
        let outcome = change(
            &Tolerations(wanted.to_vec()),
            &json!({ "spec": spec }),
            OnConflict::Keep,
        )
        .unwrap();
        (outcome.object["spec"]["tolerations"].clone(), outcome.operations.len())
    }

    #[test]
    fn appends_what_is_not_there() {
        let spot = || toleration(json!({"key": "spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"}));
        let written = json!({"key": "spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"});
        let without_operator = json!({"key": "spot", "value": "true", "effect": "NoSchedule"});
        let of_every_effect = json!({"key": "spot", "operator": "Equal", "value": "true"});
        let timed = json!({"key": "spot", "operator": "Equal", "value": "true", "effect": "NoSchedule", "tolerationSeconds": 5});
        let cases = [
            (json!({}), json!([written]), 2),
            (json!({"tolerations": null}), json!([written]), 2),
            (json!({"tolerations": []}), json!([written]), 1),
            (json!({"tolerations": [written]}), json!([written]), 0),
            (json!({"tolerations": [without_operator]}), json!([without_operator]), 0),
            (
                json!({"tolerations": [of_every_effect]}),
                json!([of_every_effect, written]),
                1,
            ),
            (json!({"tolerations": [timed]}), json!([timed, written]), 1),
        ];
        for (spec, expected, operations) in cases {
            assert_eq!(applied(&spec, &[spot()]), (expected, operations), "{spec}");
        }
        let twice = applied(&json!({}), &[spot(), spot()]);
        assert_eq!(twice, (json!([written]), 2), "the same wanted twice");
    }

    #[test]
    fn writes_only_what_is_said() {
        let everything = toleration(json!({"operator": "Exists"}));
        assert_eq!(applied(&json!({}), &[everything]).0, json!([{"operator": "Exists"}]));
        let timed = json!({"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": -1});
        assert_eq!(applied(&json!({}), &[toleration(timed.clone())]).0, json!([timed]));
    }

    #[test]
    fn refuses_what_the_api_server_would() {
        let cases = [
            (json!({"key": "a"}), None),
            (json!({"operator": "Exists"}), None),
            (json!({}), Some("/0")),
            (json!({"key": "no spaces"}), Some("/0/key")),
            (
                json!({"key": "a", "operator": "Exists", "value": "b"}),
                Some("/0/value"),
            ),
            (json!({"key": "a", "value": "no spaces"}), Some("/0/value")),
            (
                json!({"key": "a", "tolerationSeconds": 5}),
                Some("/0/tolerationSeconds"),
            ),
        ];
        for (written, expected) in cases {
            let problems = problems(&[toleration(written.clone())]);
            let place = problems.first().map(|problem| problem.pointer.as_str());
            assert_eq!(place, expected, "{written}");
        }
        assert!(!problems(&[]).is_empty());
    }
}
