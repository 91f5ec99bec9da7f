//! What holds of every template and every pod.

use proptest::collection::{btree_map, vec};
use proptest::sample::{select, subsequence};

use super::*;

/// Parts of a template's spec that have nothing to do with each other.
fn parts() -> Vec<Value> {
    vec![
        json!({"terminationGracePeriodSeconds": 60}),
        json!({"priorityClassName": "spark"}),
        json!({"schedulerName": "yunikorn"}),
        json!({"dnsConfig": {"searches": ["a"], "options": [{"name": "ndots", "value": "2"}]}}),
        json!({"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}]}),
        json!({"imagePullSecrets": [{"name": "registry"}]}),
        json!({"securityContext": {"runAsUser": 1000, "fsGroup": 1000, "seccompProfile": {"type": "RuntimeDefault"}}}),
        json!({"tolerations": [{"key": "spot", "operator": "Exists"}, {"key": "spot", "value": "true"}]}),
        json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}]}),
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
            {"matchExpressions": [{"key": "b", "operator": "Exists"}]},
        ]}}}}),
        json!({"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "podAffinityTerm": {"topologyKey": "zone"}},
        ]}}}),
        json!({"volumes": [{"name": "cache", "emptyDir": {"sizeLimit": "1Gi"}}]}),
        json!({"initContainers": [injected("fetch", &json!({})), injected("logs", &json!({"restartPolicy": "Always"}))]}),
        json!({"nodeSelector": {"pool": "spark", "example.com/zone": "a"}}),
        json!({"fromTheFuture": {"a": {"b": 1}, "c": [1]}}),
    ]
}

/// Parts of what a template says of the Spark container.
fn spark_parts() -> Vec<Value> {
    vec![
        json!({"env": [{"name": "TZ", "value": "UTC"}, {"name": "HOST", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}]}),
        json!({"envFrom": [{"configMapRef": {"name": "settings"}}]}),
        json!({"ports": [{"containerPort": 9090, "name": "metrics"}]}),
        json!({"volumeMounts": [{"name": "spark-local-dir-1", "mountPath": "/scratch", "readOnly": false}]}),
        json!({"lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}}}),
        json!({"resources": {"limits": {"example.com/gpu": 1}, "requests": {"memory": "9Gi"}}}),
        json!({"securityContext": {"readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}}}),
    ]
}

/// Values of other kinds than the templates', and of the same.
fn present() -> Vec<Value> {
    let mut all = parts();
    all.extend([
        json!({"terminationGracePeriodSeconds": 30, "schedulerName": "default-scheduler", "dnsPolicy": "ClusterFirst"}),
        json!({"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}),
        json!({"priorityClassName": "other", "priority": 5}),
        json!({"tolerations": [{"key": "spot", "operator": "Equal", "value": "true"}]}),
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "c", "operator": "Exists"}]}, {},
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]},
        ]}}}}),
        json!({"volumes": [{"name": "cache", "configMap": {"name": "c", "defaultMode": 420}}]}),
        json!({"initContainers": [{"name": "logs", "image": "other"}]}),
        json!({"initContainers": null, "volumes": [], "tolerations": null, "affinity": {}}),
        json!({"securityContext": {"runAsUser": 0}}),
        json!({"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["b"]}]}),
        json!({"fromTheFuture": {"a": {"b": 2}, "d": true}}),
    ]);
    all
}

fn merged(parts: &[Value]) -> Value {
    let mut all = json!({});
    for part in parts {
        json_patch::merge(&mut all, part);
    }
    all
}

fn templates() -> impl Strategy<Value = Value> {
    let labels = btree_map("[a-z]{1,3}", "[a-z]{0,3}", 0..3);
    (subsequence(parts(), 0..8), subsequence(spark_parts(), 0..5), labels).prop_map(|(parts, of_spark, labels)| {
        let mut spec = merged(&parts);
        let mut container = merged(&of_spark);
        container["name"] = json!("spark");
        spec["containers"] = json!([container]);
        json!({"metadata": {"labels": labels}, "spec": spec})
    })
}

fn pods() -> impl Strategy<Value = Value> {
    let labels = btree_map("[a-z]{1,3}", "[a-z]{0,3}", 0..3);
    let parts = (
        vec(select(present()), 0..6),
        vec(select(spark_parts()), 0..4),
        any::<bool>(),
        labels,
    );
    parts.prop_map(|(parts, of_spark, is_first, labels)| {
        let mut object = pod(&merged(&parts));
        object["metadata"]["labels"] = json!(labels);
        let containers = object["spec"]["containers"].as_array_mut().unwrap();
        let mut of_spark = merged(&of_spark);
        if let Some(variables) = of_spark.get_mut("env").and_then(Value::as_array_mut) {
            variables.push(json!({"name": "SPARK_APPLICATION_ID", "value": "spark-1"}));
        }
        json_patch::merge(&mut containers[1], &of_spark);
        if is_first {
            containers.reverse();
        }
        object
    })
}

fn decisions() -> impl Strategy<Value = OnConflict> {
    select(vec![OnConflict::Keep, OnConflict::Override, OnConflict::Deny])
}

/// The names of the members of `spec` that a template says something of, or that are derived from what it says.
fn concerns(given: &Value) -> Vec<String> {
    let named = given["spec"].as_object().unwrap().keys().cloned();
    let derived = ["priority", "preemptionPolicy"].map(str::to_owned);
    named.chain(derived).collect()
}

proptest! {
    // That the patch applies, and that a second pass changes nothing, each trial looks at itself.
    #[test]
    fn what_no_template_names_stays_to_the_byte(given in templates(), pod in pods(), on_conflict in decisions()) {
        let outcome = change(&template(&given), &pod, on_conflict).unwrap();
        let concerns = concerns(&given);
        for (field, value) in pod["spec"].as_object().unwrap().iter().filter(|(field, _)| !concerns.contains(field)) {
            prop_assert_eq!(value, &outcome.object["spec"][field]);
        }
        let proxy = |pod: &Value| {
            let containers = pod["spec"]["containers"].as_array().unwrap().iter();
            containers.filter(|container| container["name"] == "proxy").map(Value::to_string).collect::<Vec<_>>()
        };
        prop_assert_eq!(proxy(&pod), proxy(&outcome.object));
    }

    #[test]
    fn what_is_kept_is_as_it_was(given in templates(), pod in pods()) {
        let outcome = change(&template(&given), &pod, OnConflict::Keep).unwrap();
        for place in outcome.places(Effect::Kept) {
            prop_assert_eq!(pod.pointer(place), outcome.object.pointer(place));
        }
    }

    #[test]
    fn lists_only_grow_at_their_ends(given in templates(), pod in pods(), on_conflict in decisions()) {
        let outcome = change(&template(&given), &pod, on_conflict).unwrap();
        for list in ["volumes", "initContainers", "tolerations", "hostAliases", "containers"] {
            let names = |pod: &Value| -> Vec<Value> {
                let items = pod["spec"][list].as_array().cloned().unwrap_or_default();
                items.iter().map(|item| json!([item["name"], item["ip"], item["key"]])).collect()
            };
            prop_assert!(names(&outcome.object).starts_with(&names(&pod)), "{}", list);
        }
    }

    #[test]
    fn a_sidecar_of_somebody_else_in_between_changes_nothing_of_ours(given in templates(), pod in pods(), on_conflict in decisions()) {
        let given = template(&given);
        let once = change(&given, &pod, on_conflict).unwrap();
        let mut between = once.object;
        between["spec"]["containers"].as_array_mut().unwrap().insert(0, json!({"name": "istio-proxy", "args": ["proxy"]}));
        let again = change(&given, &between, on_conflict).unwrap();
        prop_assert_eq!(again.object, between);
    }
}
