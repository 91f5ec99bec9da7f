mod generated;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::engine::finding::Effect;
use crate::engine::json::Arena;
use crate::engine::kubernetes_version::KubernetesVersion;
use crate::engine::mutate::OnConflict;
use crate::engine::mutate::trial::{Outcome, change};
use crate::engine::patch::Recorder;
use crate::engine::workload::RoleName;

fn template(pod: &Value) -> PodTemplate {
    let document: PodTemplateDocument = serde_json::from_value(json!({ "inline": pod })).unwrap();
    document
        .compile(&TemplateFiles::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// A driver's pod as Spark makes it, whose second container is Spark's, changed by a merge patch.
fn pod(spec: &Value) -> Value {
    let mut pod = json!({
        "metadata": {"labels": {"spark-role": "driver"}},
        "spec": {
            "containers": [
                {"name": "proxy", "image": "proxy:1"},
                {
                    "name": "etl",
                    "image": "spark:4.0.1",
                    "args": ["driver"],
                    "env": [{"name": "SPARK_APPLICATION_ID", "value": "spark-1"}],
                    "resources": {"limits": {"memory": "2Gi"}, "requests": {"cpu": "1", "memory": "2Gi"}},
                },
            ],
            "volumes": [{"name": "spark-local-dir-1", "emptyDir": {}}],
        },
    });
    json_patch::merge(&mut pod["spec"], spec);
    pod
}

fn applied(spec: &Value, given: &Value, on_conflict: OnConflict) -> Outcome {
    change(&template(&json!({ "spec": given })), &pod(spec), on_conflict).unwrap()
}

/// What is injected, as it has to be.
fn injected(name: &str, change: &Value) -> Value {
    let mut container = json!({
        "name": name,
        "image": "tool:1",
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "100m", "memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": true,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    });
    json_patch::merge(&mut container, change);
    container
}

fn spark(given: &Value) -> Value {
    let mut container = json!({"name": "spark"});
    json_patch::merge(&mut container, given);
    json!({ "containers": [container] })
}

#[test]
fn decides_scalars_one_by_one() {
    use OnConflict::{Deny, Keep, Override};
    let wanted = json!({"terminationGracePeriodSeconds": 60});
    let cases = [
        (json!({}), Keep, json!(60), 1, 0),
        (json!({"terminationGracePeriodSeconds": 45}), Keep, json!(45), 0, 0),
        (json!({"terminationGracePeriodSeconds": 45}), Override, json!(60), 1, 0),
        (json!({"terminationGracePeriodSeconds": 45}), Deny, json!(45), 0, 1),
        // What the API server fills in, nobody said.
        (json!({"terminationGracePeriodSeconds": 30}), Deny, json!(60), 1, 0),
    ];
    for (spec, on_conflict, expected, operations, conflicts) in cases {
        let outcome = applied(&spec, &wanted, on_conflict);
        let said = (outcome.operations.len(), outcome.conflicts.len());
        assert_eq!(
            outcome.object["spec"]["terminationGracePeriodSeconds"], expected,
            "{spec}"
        );
        assert_eq!(said, (operations, conflicts), "{spec} {on_conflict:?}");
    }
}

#[test]
fn what_is_not_said_is_not_written() {
    let wanted =
        json!({"hostNetwork": false, "hostname": "", "tolerations": [], "securityContext": {}, "nodeSelector": null});
    assert_eq!(
        applied(&json!({}), &wanted, OnConflict::Override).operations,
        [] as [String; 0]
    );
    let wanted = json!({"automountServiceAccountToken": false});
    let outcome = applied(&json!({}), &wanted, OnConflict::Keep);
    assert_eq!(outcome.operations, ["/spec/automountServiceAccountToken"]);
}

#[test]
fn the_spark_container_is_found_wherever_it_stands() {
    let outcome = applied(
        &json!({}),
        &spark(&json!({"env": [{"name": "TZ", "value": "UTC"}]})),
        OnConflict::Keep,
    );
    assert_eq!(outcome.operations, ["/spec/containers/1/env/1"]);
    assert_eq!(
        outcome.object["spec"]["containers"][0],
        json!({"name": "proxy", "image": "proxy:1"})
    );
}

#[test]
fn what_is_spark_s_in_its_container_stays_spark_s() {
    let wanted = spark(&json!({
        "image": "other", "command": ["sh"], "args": ["-c"],
        "resources": {
            "requests": {"cpu": "9", "memory": "9Gi", "ephemeral-storage": "1Gi"},
            "limits": {"cpu": "9", "memory": "9Gi", "example.com/gpu": 1},
        },
    }));
    let outcome = applied(&json!({}), &wanted, OnConflict::Override);
    assert_eq!(
        outcome.operations,
        [
            "/spec/containers/1/resources/limits/example.com~1gpu",
            "/spec/containers/1/resources/requests/ephemeral-storage",
        ]
    );
}

#[test]
fn a_pod_in_which_spark_does_not_run_gets_nothing_of_the_spark_container() {
    let containers = json!({"containers": [{"name": "spark", "image": "spark:4.0.1"}]});
    let outcome = applied(
        &containers,
        &spark(&json!({"env": [{"name": "A", "value": "b"}]})),
        OnConflict::Keep,
    );
    assert_eq!(outcome.operations, [] as [String; 0]);
    assert_eq!(outcome.conflicts.len(), 1);
}

#[test]
fn units_are_kept_or_replaced_whole() {
    let wanted = json!({"volumes": [{"name": "cache", "emptyDir": {"sizeLimit": "1Gi"}}]});
    let present = json!({"volumes": [{"name": "cache", "configMap": {"name": "c"}}]});
    let kept = applied(&present, &wanted, OnConflict::Keep);
    assert_eq!(kept.places(Effect::Kept), ["/spec/volumes/0"]);
    let overridden = applied(&present, &wanted, OnConflict::Override);
    assert_eq!(overridden.operations, ["/spec/volumes/0"]);
    assert_eq!(overridden.object["spec"]["volumes"], wanted["volumes"]);
    let same = json!({"volumes": [{"name": "cache", "emptyDir": {"sizeLimit": "1024Mi"}}]});
    assert_eq!(applied(&same, &wanted, OnConflict::Deny).conflicts, []);
}

#[test]
fn no_message_tells_the_value_of_a_variable() {
    let wanted = spark(&json!({"env": [{"name": "TOKEN", "value": "s3cret"}]}));
    let containers = |value: &str| {
        let variables = json!([{"name": "SPARK_APPLICATION_ID", "value": "a"}, {"name": "TOKEN", "value": value}]);
        json!({"containers": [{"name": "spark", "args": ["driver"], "env": variables}]})
    };
    let outcome = applied(&containers("hidden"), &wanted, OnConflict::Deny);
    let [conflict] = outcome.conflicts.as_slice() else {
        panic!("{:?}", outcome.conflicts);
    };
    assert_eq!(conflict.pointer.as_str(), "/spec/containers/0/env/1");
    assert_eq!(conflict.message, "`env` has another `TOKEN` than the pod template");
}

#[test]
fn of_variables_given_twice_the_last_counts() {
    let variables = json!([
        {"name": "SPARK_APPLICATION_ID", "value": "a"}, {"name": "A", "value": "wanted"}, {"name": "A", "value": "last"},
    ]);
    let containers = json!({"containers": [{"name": "spark", "args": ["driver"], "env": variables}]});
    let wanted = spark(&json!({"env": [{"name": "A", "value": "wanted"}]}));
    let outcome = applied(&containers, &wanted, OnConflict::Override);
    assert_eq!(outcome.operations, ["/spec/containers/0/env/2"]);
}

#[test]
fn ports_are_told_apart_by_number_and_protocol_and_named_once() {
    let ports = json!([{"containerPort": 9090, "name": "metrics"}]);
    let containers = json!({"containers": [{
        "name": "spark", "args": ["driver"], "env": [{"name": "SPARK_APPLICATION_ID", "value": "a"}], "ports": ports,
    }]});
    let cases = [
        (
            json!({"containerPort": 9090, "protocol": "TCP", "name": "metrics"}),
            0,
            0,
        ),
        (json!({"containerPort": 9090, "protocol": "UDP"}), 1, 0),
        (json!({"containerPort": 9090, "name": "other"}), 0, 1),
        (json!({"containerPort": 9091, "name": "metrics"}), 0, 1),
    ];
    for (port, operations, conflicts) in cases {
        let outcome = applied(&containers, &spark(&json!({"ports": [port]})), OnConflict::Deny);
        let said = (outcome.operations.len(), outcome.conflicts.len());
        assert_eq!(said, (operations, conflicts), "{port}");
    }
}

#[test]
fn a_volume_that_spark_does_not_bring_is_not_mounted() {
    let mount = |name: &str| json!({"volumeMounts": [{"name": name, "mountPath": "/scratch"}]});
    let mounted = applied(&json!({}), &spark(&mount("spark-local-dir-1")), OnConflict::Keep);
    assert_eq!(mounted.conflicts, []);
    let spark = applied(&json!({}), &spark(&mount("spark-local-dir-2")), OnConflict::Keep);
    assert_eq!(spark.places(Effect::Set), [] as [&str; 0]);
    assert_eq!(spark.conflicts.len(), 1);
    let sidecar = injected("logs", &mount("spark-local-dir-2"));
    let sidecar = applied(&json!({}), &json!({"initContainers": [sidecar]}), OnConflict::Keep);
    assert_eq!(sidecar.operations, [] as [String; 0]);
    assert_eq!(sidecar.conflicts.len(), 1);
}

#[test]
fn containers_of_one_name_merge_if_they_are_of_one_kind() {
    let sidecar = injected(
        "logs",
        &json!({"restartPolicy": "Always", "env": [{"name": "A", "value": "b"}]}),
    );
    let wanted = json!({"initContainers": [sidecar]});
    let same = json!({"initContainers": [{"name": "logs", "image": "logs:2", "restartPolicy": "Always"}]});
    let merged = applied(&same, &wanted, OnConflict::Keep);
    assert_eq!(merged.object["spec"]["initContainers"][0]["image"], "logs:2");
    assert_eq!(
        merged.object["spec"]["initContainers"][0]["env"],
        json!([{"name": "A", "value": "b"}])
    );
    for (pod, place) in [
        (
            json!({"initContainers": [{"name": "logs", "image": "logs:2"}]}),
            "/spec/initContainers/0",
        ),
        (pod_with_plain_sidecar(), "/spec/containers/0"),
    ] {
        let kept = applied(&pod, &wanted, OnConflict::Keep);
        assert_eq!(kept.places(Effect::Kept), [place]);
        assert_eq!(kept.operations, [] as [String; 0]);
        for on_conflict in [OnConflict::Override, OnConflict::Deny] {
            let refused = applied(&pod, &wanted, on_conflict);
            assert_eq!(refused.operations, [] as [String; 0]);
            assert_eq!(refused.conflicts.len(), 1);
        }
    }
}

fn pod_with_plain_sidecar() -> Value {
    json!({"containers": [{"name": "logs", "image": "logs:2"}, {"name": "spark", "args": ["driver"]}]})
}

#[test]
fn no_sidecar_goes_to_a_cluster_that_knows_none() {
    let sidecar = json!({"spec": {"initContainers": [injected("logs", &json!({"restartPolicy": "Always"}))]}});
    let plain = json!({"spec": {"initContainers": [injected("logs", &json!({}))]}});
    let cases = [
        (&sidecar, Some(KubernetesVersion::new(1, 28)), 0, 1),
        (&sidecar, Some(KubernetesVersion::new(1, 29)), 2, 0),
        (&sidecar, None, 2, 0),
        (&plain, Some(KubernetesVersion::new(1, 28)), 2, 0),
    ];
    for (given, kubernetes_version, operations, conflicts) in cases {
        let arena = Arena::new();
        let mut recorder = Recorder::new(&arena, arena.import(&pod(&json!({}))));
        let context = PodContext {
            role: RoleName::Driver,
            application: None,
            namespace_labels: None,
            kubernetes_version,
        };
        let mut editor = Editor::new(&mut recorder, OnConflict::Keep);
        template(given).change_pod(&context, &mut editor).unwrap();
        assert_eq!(editor.finish().1.len(), conflicts, "{kubernetes_version:?}");
        assert_eq!(recorder.operations().len(), operations, "{kubernetes_version:?}");
    }
}

#[test]
fn what_is_derived_goes_with_what_it_is_derived_from() {
    let arrived = json!({
        "priority": 0, "preemptionPolicy": "PreemptLowerPriority", "runtimeClassName": "kata", "overhead": {"cpu": "250m"},
    });
    let wanted = json!({"priorityClassName": "spark", "runtimeClassName": "gvisor"});
    let kept = applied(&arrived, &wanted, OnConflict::Keep).object;
    assert_eq!(kept["spec"]["priority"], Value::Null);
    assert_eq!(kept["spec"]["preemptionPolicy"], Value::Null);
    assert_eq!(kept["spec"]["overhead"], json!({"cpu": "250m"}));
    let overridden = applied(&arrived, &wanted, OnConflict::Override).object;
    assert_eq!(overridden["spec"]["overhead"], Value::Null);
    let again = json!({"priorityClassName": "spark", "priority": 1000});
    let wanted = json!({"priorityClassName": "spark"});
    assert_eq!(
        applied(&again, &wanted, OnConflict::Override).operations,
        [] as [String; 0]
    );
}

#[test]
fn required_node_affinity_narrows_down_each_alternative() {
    let one = |key: &str| json!({"key": key, "operator": "Exists"});
    let term = |keys: &[&str]| json!({"matchExpressions": keys.iter().map(|key| one(key)).collect::<Vec<_>>()});
    let affinity = |terms: &Value| json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}});
    let field = json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]});
    let cases = [
        ("none", json!([]), json!([term(&["a"])]), json!([term(&["a"])])),
        (
            "one that has it",
            json!([term(&["b", "a"])]),
            json!([term(&["a"])]),
            json!([term(&["b", "a"])]),
        ),
        (
            "one that lacks it",
            json!([term(&["b"])]),
            json!([term(&["a"])]),
            json!([term(&["b", "a"])]),
        ),
        (
            "several",
            json!([term(&["b"]), term(&["a"]), {}]),
            json!([term(&["a"])]),
            json!([term(&["b", "a"]), term(&["a"]), {}]),
        ),
        (
            "several wanted",
            json!([term(&["x"]), term(&["b"])]),
            json!([term(&["a"]), term(&["b"])]),
            json!([term(&["x", "a"]), term(&["b"]), term(&["x", "b"])]),
        ),
        (
            "a field",
            json!([field]),
            json!([term(&["a"])]),
            json!([{"matchFields": field["matchFields"], "matchExpressions": [one("a")]}]),
        ),
    ];
    for (case, present, wanted, expected) in cases {
        let outcome = applied(&affinity(&present), &affinity(&wanted), OnConflict::Deny);
        assert_eq!(
            outcome.object["spec"]["affinity"],
            affinity(&expected)["affinity"],
            "{case}"
        );
    }
}

#[test]
fn unknown_fields_merge_as_far_as_they_are_objects() {
    let wanted = json!({"fromTheFuture": {"mode": "new", "list": [1, 2], "more": {"a": 1}}});
    let present = json!({"fromTheFuture": {"mode": "old", "list": [1], "other": true}});
    let merged = applied(&present, &wanted, OnConflict::Keep);
    let expected = json!({"mode": "old", "list": [1], "other": true, "more": {"a": 1}});
    assert_eq!(merged.object["spec"]["fromTheFuture"], expected);
    let merged = applied(&present, &wanted, OnConflict::Override);
    let expected = json!({"mode": "new", "list": [1, 2], "other": true, "more": {"a": 1}});
    assert_eq!(merged.object["spec"]["fromTheFuture"], expected);
}

#[test]
fn missing_parents_are_made_and_keys_escaped() {
    let given = template(&json!({"metadata": {"labels": {"a/b": "c"}}}));
    for pod in [json!({"spec": {}}), json!({"metadata": {"labels": null}, "spec": {}})] {
        let outcome = change(&given, &pod, OnConflict::Keep).unwrap();
        assert_eq!(outcome.operations.last().unwrap(), "/metadata/labels/a~1b", "{pod}");
    }
}
