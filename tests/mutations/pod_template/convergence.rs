//! The webhook of kubeflow's operator before the templates, and after them: it replaces affinity and security contexts whole, and appends to
//! lists whatever stands in them.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::request::Phase;
use sparkgate::engine::subject::ApplicationKind;
use sparkgate::engine::workload::draft::Draft;
use sparkgate::engine::workload::{Located, RoleName, kubeflow};

use super::{driver, inline, spark_of};
use crate::judging::{CREATE, application, patched, policies, policy, review, verdict};
use crate::kubeflow_operator::finished;

const DECISIONS: [&str; 3] = ["keep", "override", "deny"];

/// What both an application and a template can say, each in its own way.
const FIELDS: [(&str, &str); 9] = [
    (
        r#"{"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}}}}"#,
        r#"{"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "b", "operator": "Exists"}]}]}}}}"#,
    ),
    (
        r#"{"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {"topologyKey": "a"}}]}}}"#,
        r#"{"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {"topologyKey": "b"}}]}}}"#,
    ),
    (
        r#"{"podSecurityContext": {"runAsUser": 1, "fsGroup": 1}}"#,
        r#"{"securityContext": {"runAsUser": 2, "runAsNonRoot": true}}"#,
    ),
    (
        r#"{"securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}, "runAsUser": 1}}"#,
        r#"{"containers": [{"name": "spark", "securityContext": {"capabilities": {"drop": ["ALL"]}, "runAsUser": 2}}]}"#,
    ),
    (
        r#"{"tolerations": [{"key": "a", "operator": "Exists"}]}"#,
        r#"{"tolerations": [{"key": "b", "operator": "Exists"}]}"#,
    ),
    (
        r#"{"nodeSelector": {"a": "1", "b": "1"}}"#,
        r#"{"nodeSelector": {"b": "2", "c": "2"}}"#,
    ),
    (r#"{"priorityClassName": "a"}"#, r#"{"priorityClassName": "b"}"#),
    (
        r#"{"terminationGracePeriodSeconds": 40}"#,
        r#"{"terminationGracePeriodSeconds": 50}"#,
    ),
    (
        r#"{"dnsConfig": {"searches": ["a"]}}"#,
        r#"{"dnsConfig": {"searches": ["b"], "nameservers": ["10.0.0.2"]}}"#,
    ),
];

fn merged(parts: &[&str]) -> Value {
    let mut all = json!({});
    for part in parts {
        json_patch::merge(&mut all, &serde_json::from_str(part).unwrap());
    }
    all
}

fn of_applications() -> impl Strategy<Value = Value> {
    subsequence(
        FIELDS.map(|(of_application, _)| of_application).to_vec(),
        0..=FIELDS.len(),
    )
    .prop_map(|parts| merged(&parts))
}

fn of_templates() -> impl Strategy<Value = Value> {
    subsequence(FIELDS.map(|(_, of_template)| of_template).to_vec(), 1..=FIELDS.len()).prop_map(|parts| merged(&parts))
}

fn ours(policies: &PolicySet, pod: &Value) -> Value {
    let answer = verdict(policies, Phase::Mutate, &review(CREATE, pod));
    patched(pod, answer.patch.as_json())
}

fn theirs(of_driver: &Value, pod: &Value) -> Value {
    let arena = Arena::new();
    let object = arena.import(&application(&json!({"spec": {"driver": of_driver}})));
    let mut draft = Draft::from(Located::root(arena.import(pod)));
    let refusals = kubeflow::mutate_pod(&arena, object, ApplicationKind::Kubeflow, RoleName::Driver, &mut draft);
    assert_eq!(refusals, []);
    finished(&arena, draft)
}

/// What the webhooks decide: the order of tolerations means nothing, nor does it to be told twice.
fn decided(pod: &Value) -> Value {
    let mut tolerations: Vec<String> = pod["spec"]["tolerations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(Value::to_string)
        .collect();
    tolerations.sort();
    tolerations.dedup();
    let mut spec = pod["spec"].clone();
    spec["tolerations"] = json!(tolerations);
    spec["containers"] = json!([spark_of(pod)]);
    spec
}

/// The same template with other values.
fn with_other_values(spec: &Value) -> String {
    spec.to_string()
        .replace("\"b\"", "\"d\"")
        .replace('2', "3")
        .replace("50", "70")
}

proptest! {
    #[test]
    fn templates_of_several_policies_come_to_rest_in_any_order_of_files(
        one in of_templates(), other in of_templates(), a in select(&DECISIONS[..]), b in select(&DECISIONS[..])
    ) {
        let entry = |name: &str, on_conflict: &str, spec: &str| {
            policy(name, &format!("mutate: [{{name: pods, onConflict: {on_conflict}, podTemplate: {{inline: {{spec: {spec}}}}}}}]"))
        };
        let sources = [entry("a", a, &one.to_string()), entry("b", b, &with_other_values(&other))];
        let [first, second] = sources.clone();
        let once = ours(&policies(&sources), &driver());
        prop_assert_eq!(&ours(&policies(&[second, first]), &driver()), &once);
        prop_assert_eq!(&ours(&policies(&sources), &once), &once);
    }

    #[test]
    fn the_pod_is_the_same_whoever_comes_first(
        of_driver in of_applications(), spec in of_templates(), on_conflict in select(vec!["keep", "override"])
    ) {
        let template = format!("spec: {spec}");
        let policies = policies(&[inline(&format!("onConflict: {on_conflict},"), &template)]);
        let operator_first = ours(&policies, &theirs(&of_driver, &driver()));
        let ours_first = ours(&policies, &theirs(&of_driver, &ours(&policies, &driver())));
        prop_assert_eq!(decided(&ours_first), decided(&operator_first));
        // The API server calls both again, and once more changes nothing.
        let again = ours(&policies, &theirs(&of_driver, &ours_first));
        prop_assert_eq!(decided(&again), decided(&ours_first));
        prop_assert_eq!(ours(&policies, &again), again);
    }
}
