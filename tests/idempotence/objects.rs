//! Pods and applications of every shape, with fields that the engine has never heard of.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::policy_sets::{node_selector, tolerations};
use crate::judging::{application, pod};

/// Something that the engine has never heard of.
pub fn anything() -> impl Strategy<Value = Value> {
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

/// What stands in the way of what policies add, or is a part of it already.
fn obstacles() -> Vec<Value> {
    vec![
        json!({"terminationGracePeriodSeconds": 30, "schedulerName": "default-scheduler", "dnsPolicy": "ClusterFirst"}),
        json!({"priorityClassName": "mine", "priority": 5, "preemptionPolicy": "PreemptLowerPriority"}),
        json!({"priority": 0}),
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "c", "operator": "Exists"}]}, {},
        ]}}}}),
        json!({"affinity": null, "initContainers": null, "volumes": []}),
        json!({"initContainers": [{"name": "fetch", "image": "mine", "env": null}]}),
        json!({"initContainers": [{"name": "jmx-exporter", "image": "mine", "restartPolicy": "Always"}]}),
        json!({"volumes": [{"name": "cache", "configMap": {"name": "mine", "defaultMode": 420}}]}),
        json!({"securityContext": {"runAsUser": 0}}),
        json!({"hostNetwork": true}),
    ]
}

/// The same of the Spark container: variables, ports, mounts.
fn of_spark() -> Vec<Value> {
    vec![
        json!({"env": {"name": "TZ", "value": "CET"}}),
        json!({"env": {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "mine", "key": "token", "optional": true}}}}),
        json!({"env": {"name": "TOKEN", "value": "twice"}}),
        json!({"env": {"name": "SPARK_SUBMIT_OPTS", "value": "-Da=\"b c\""}}),
        json!({"env": {"name": "SPARK_JAVA_OPT_3", "value": "-Dcom.sun.management.jmxremote.port=1"}}),
        json!({"env": {"name": "JAVA_TOOL_OPTIONS", "value": "-javaagent:/mine/jmx.jar=1:x"}}),
        json!({"envFrom": {"secretRef": {"name": "lake"}}}),
        json!({"ports": {"containerPort": 9404, "name": "mine"}}),
        json!({"volumeMounts": {"name": "mine", "mountPath": "/cache"}}),
    ]
}

/// Pods whose Spark container stands anywhere among the others.
pub fn pods() -> impl Strategy<Value = Value> {
    let present_tolerations = tolerations().into_iter().chain([
        json!({"key": "spot", "operator": "", "value": "true", "effect": "NoSchedule"}),
        json!({"key": "spot", "operator": "Exists", "value": null, "new": {"field": 1}}),
        json!({"key": "other", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
    ]);
    let tolerations = vec(select(present_tolerations.collect::<Vec<_>>()), 0..4);
    let container = (select(vec!["other", "sidecar", "logs"]), anything());
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
        (
            subsequence(obstacles(), 0..3),
            subsequence(of_spark(), 0..4),
            0_usize..4,
        ),
    );
    parts.prop_map(
        |(role, selector, tolerations, labels, containers, unknown, (obstacles, of_spark, turn))| {
            let mut object = pod(role, &json!({"metadata": {"labels": labels}}));
            let spec = object["spec"].as_object_mut().unwrap();
            spec.extend(selector.map(|selector| ("nodeSelector".to_owned(), selector)));
            spec.extend(tolerations.map(|list| ("tolerations".to_owned(), list)));
            spec.extend(unknown.clone());
            for obstacle in obstacles {
                spec.extend(obstacle.as_object().cloned().unwrap());
            }
            let list = spec["containers"].as_array_mut().unwrap();
            for (field, item) in of_spark.iter().filter_map(Value::as_object).flatten() {
                let items = list[0]
                    .as_object_mut()
                    .unwrap()
                    .entry(field)
                    .or_insert_with(|| json!([]));
                items.as_array_mut().unwrap().push(item.clone());
            }
            list.extend(
                containers
                    .into_iter()
                    .map(|(name, new)| json!({"name": name, "new": new})),
            );
            let turn = turn % list.len();
            list.rotate_left(turn);
            object.as_object_mut().unwrap().extend(unknown);
            object
        },
    )
}

/// Applications of both operators.
pub fn applications() -> impl Strategy<Value = Value> {
    let properties = vec![
        ("spark.decommission.enabled", "false"),
        ("spark.eventLog.dir", "mine"),
        ("spark.acme~a/b", ""),
    ];
    let parts = (
        any::<bool>(),
        prop_oneof![
            Just(None),
            Just(Some(Value::Null)),
            subsequence(properties, 0..=3).prop_map(|properties| {
                let members = properties
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), json!(value)));
                Some(Value::Object(members.collect()))
            })
        ],
        prop_oneof![Just(Value::Null), node_selector().prop_map(|labels| json!(labels)),],
        btree_map("x[a-z~/]{0,3}", anything(), 0..3),
    );
    parts.prop_map(|(is_apache, properties, labels, unknown)| {
        let mut object = if is_apache {
            json!({
                "apiVersion": "spark.apache.org/v1",
                "kind": "SparkApplication",
                "metadata": {"name": "etl", "namespace": "team-a"},
                "spec": {"mainClass": "Main", "jars": "local:///app.jar", "runtimeVersions": {"sparkVersion": "4.0.0"}},
            })
        } else {
            application(&json!({}))
        };
        object["metadata"]["labels"] = labels;
        let spec = object["spec"].as_object_mut().unwrap();
        spec.extend(properties.map(|properties| ("sparkConf".to_owned(), properties)));
        spec.extend(unknown.clone());
        object.as_object_mut().unwrap().extend(unknown);
        object
    })
}
