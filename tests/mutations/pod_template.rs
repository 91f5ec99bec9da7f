//! `podTemplate`, on pods that real Spark made.

mod convergence;
mod loading;
mod operator_cases;

use std::fs;

use serde_json::{Value, json};
use sparkgate::engine::finding::Verdict;
use sparkgate::engine::policy::Source;
use sparkgate::engine::request::Phase;

use crate::judging::{CREATE, UPDATE, patched, policies, policy, review, root, verdict};

/// A pod that Spark made.
fn recorded(version: &str, case: &str, role: &str) -> Value {
    let path = root().join(format!("fixtures/spark-pods/{version}/{case}.json"));
    let recording: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    recording[role].clone()
}

/// The driver's pod of an ordinary job.
fn driver() -> Value {
    recorded("4.0.5", "defaults", "driver")
}

/// An executor's pod in which a sidecar stands before Spark's container.
fn executor_behind_a_sidecar() -> Value {
    recorded("4.3.0", "template-executor", "executor")
}

/// A policy that merges this template, in flow style, with these other fields of the entry.
fn inline(fields: &str, template: &str) -> Source {
    policy(
        "platform",
        &format!("mutate: [{{name: pods, {fields} podTemplate: {{inline: {{{template}}}}}}}]"),
    )
}

/// What `/mutate` answers to a pod, and the pod after it. Asked again, it has nothing to add.
#[track_caller]
fn mutated(sources: &[Source], pod: &Value) -> (Value, Verdict) {
    let policies = policies(sources);
    let answer = verdict(&policies, Phase::Mutate, &review(CREATE, pod));
    let after = patched(pod, answer.patch.as_json());
    let again = verdict(&policies, Phase::Mutate, &review(CREATE, &after));
    assert!(again.patch.is_empty(), "{}", again.patch.as_json());
    (after, answer)
}

/// A pod after a template that keeps what is there.
#[track_caller]
fn merged(template: &str, pod: &Value) -> Value {
    let (after, answer) = mutated(&[inline("", template)], pod);
    assert_eq!(answer.findings, [], "{template}");
    after
}

/// Spark's container, by what Spark puts in it.
fn spark_of(pod: &Value) -> &Value {
    let containers = pod["spec"]["containers"].as_array().unwrap();
    let is_spark = |container: &&Value| matches!(container["args"][0].as_str(), Some("driver" | "executor"));
    containers.iter().find(is_spark).unwrap()
}

/// The items that a list has more than before.
fn added(before: &Value, after: &Value) -> Vec<Value> {
    let items = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let (before, after) = (items(before), items(after));
    assert!(after.starts_with(&before), "{before:?} {after:?}");
    after[before.len()..].to_vec()
}

pub const RESTRICTED: &str = "resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 100m, memory: 64Mi}}, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}";

#[test]
fn a_template_of_a_file_does_what_the_same_inline_does() {
    let template =
        "spec: {terminationGracePeriodSeconds: 60, containers: [{name: spark, env: [{name: TZ, value: UTC}]}]}";
    let file = Source {
        name: "policies/platform-pod.yaml".to_owned(),
        text: format!("apiVersion: v1\nkind: Pod\n{template}\n"),
    };
    let by_file = policy(
        "platform",
        "mutate: [{name: pods, podTemplate: {file: platform-pod.yaml}}]",
    );
    let (of_file, _) = mutated(&[by_file, file], &driver());
    assert_eq!(of_file, merged(template, &driver()));
    assert_eq!(of_file["spec"]["terminationGracePeriodSeconds"], 60);
}

#[test]
fn the_settings_of_the_spark_container_never_reach_its_neighbour() {
    let pod = executor_behind_a_sidecar();
    let after = merged(
        "spec: {containers: [{name: spark, image: x, env: [{name: TZ, value: UTC}], resources: {limits: {memory: 1Mi, example.com/gpu: 1}}}]}",
        &pod,
    );
    assert_eq!(after["spec"]["containers"][0], pod["spec"]["containers"][0]);
    let (spark, before) = (spark_of(&after), spark_of(&pod));
    assert_eq!(
        added(&before["env"], &spark["env"]),
        [json!({"name": "TZ", "value": "UTC"})]
    );
    assert_eq!(spark["image"], before["image"]);
    assert_eq!(
        spark["resources"]["limits"]["memory"],
        before["resources"]["limits"]["memory"]
    );
    assert_eq!(spark["resources"]["limits"]["example.com/gpu"], 1);
}

#[test]
fn a_conflict_is_found_where_it_is_and_says_no_value_of_a_variable() {
    let mut pod = driver();
    let container = pod["spec"]["containers"].as_array_mut().unwrap().first_mut().unwrap();
    container["env"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "TOKEN", "value": "hidden"}));
    let place = format!(
        "/spec/containers/0/env/{}",
        container["env"].as_array().unwrap().len() - 1
    );
    let template = "spec: {containers: [{name: spark, env: [{name: TOKEN, value: s3cret}]}]}";
    let (after, answer) = mutated(&[inline("onConflict: deny,", template)], &pod);
    assert_eq!(after, pod);
    let [finding] = answer.findings.as_slice() else {
        panic!("{:?}", answer.findings);
    };
    assert_eq!(finding.pointer.as_str(), place);
    assert_eq!(finding.message, "`env` has another `TOKEN` than the pod template");
    let (after, answer) = mutated(&[inline("onConflict: override,", template)], &pod);
    assert_eq!(after.pointer(&place).unwrap()["value"], "s3cret");
    assert_eq!(answer.findings, []);
}

#[test]
fn only_new_pods_are_changed() {
    let policies = policies(&[inline("", "spec: {hostname: a}")]);
    let answer = verdict(&policies, Phase::Mutate, &review(UPDATE, &driver()));
    assert!(answer.patch.is_empty());
}

#[test]
fn a_required_template_that_was_not_merged_is_found() {
    let policies = policies(&[inline("required: true,", "spec: {terminationGracePeriodSeconds: 60}")]);
    let found = verdict(&policies, Phase::Validate, &review(CREATE, &driver()));
    let places: Vec<_> = found.findings.iter().map(|finding| finding.pointer.as_str()).collect();
    assert_eq!(places, ["/spec/terminationGracePeriodSeconds"]);
    // What the API server makes of the patched pod is what the policy asks for.
    let mut pod = driver();
    pod["spec"]["terminationGracePeriodSeconds"] = json!(60);
    let found = verdict(&policies, Phase::Validate, &review(CREATE, &pod));
    assert_eq!(found.findings, []);
}

#[test]
fn what_the_api_server_makes_of_a_merged_pod_lacks_nothing() {
    let template = format!(
        "spec: {{hostNetwork: false, volumes: [{{name: settings, configMap: {{name: settings}}}}, {{name: cache, emptyDir: {{sizeLimit: 1024Mi}}}}], \
         initContainers: [{{name: fetch, image: \"tool:1\", {RESTRICTED}, ports: [{{containerPort: 9090}}], volumeMounts: [{{name: cache, mountPath: /cache, readOnly: false}}]}}]}}"
    );
    let sources = [inline("required: true, onConflict: override,", &template)];
    let (mut after, _) = mutated(&sources, &driver());
    let volumes = after["spec"]["volumes"].as_array_mut().unwrap();
    let count = volumes.len();
    volumes[count - 2]["configMap"]["defaultMode"] = json!(420);
    volumes[count - 1]["emptyDir"]["sizeLimit"] = json!("1Gi");
    let fetch = &mut after["spec"]["initContainers"][0];
    fetch["ports"][0]["protocol"] = json!("TCP");
    fetch["volumeMounts"][0].as_object_mut().unwrap().remove("readOnly");
    fetch["terminationMessagePath"] = json!("/dev/termination-log");
    let policies = policies(&sources);
    for phase in [Phase::Mutate, Phase::Validate] {
        let answer = verdict(&policies, phase, &review(CREATE, &after));
        assert!(answer.patch.is_empty(), "{}", answer.patch.as_json());
        assert_eq!(answer.findings, []);
    }
}
