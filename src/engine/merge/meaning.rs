//! When two values of a pod mean the same: what the API server fills in, and leaves out, makes no difference.
//!
//! A pod that was changed goes through the API server before it is seen again: it fills in defaults (`SetDefaults_*` of
//! `pkg/apis/core/v1/defaults.go`), leaves out what is empty, and writes quantities in its own way.

use crate::engine::json::{Json, Number};
use crate::engine::workload::demand::amount;

/// Defaults within what is decided as one value, by field.
const DEFAULTS: &[(&str, Json<'static>)] = &[
    ("apiVersion", Json::String("v1")),
    ("defaultMode", number(0o644)),
    ("divisor", Json::String("0")),
    ("expirationSeconds", number(3600)),
    ("failureThreshold", number(3)),
    ("operator", Json::String("Equal")),
    ("path", Json::String("/")),
    ("periodSeconds", number(10)),
    ("protocol", Json::String("TCP")),
    ("pullPolicy", Json::String("IfNotPresent")),
    ("scheme", Json::String("HTTP")),
    ("successThreshold", number(1)),
    ("timeoutSeconds", number(1)),
    ("volumeMode", Json::String("Filesystem")),
];

/// Defaults of fields that are decided one by one, by the way to them.
const DEFAULT_FIELDS: &[(&[&str], Json<'static>)] = &[
    (&["spec", "dnsPolicy"], Json::String("ClusterFirst")),
    (&["spec", "enableServiceLinks"], Json::Bool(true)),
    (&["spec", "restartPolicy"], Json::String("Always")),
    (&["spec", "schedulerName"], Json::String("default-scheduler")),
    (&["spec", "serviceAccountName"], Json::String("default")),
    (&["spec", "terminationGracePeriodSeconds"], number(30)),
    (
        &["spec", "containers", "terminationMessagePath"],
        Json::String("/dev/termination-log"),
    ),
    (
        &["spec", "containers", "terminationMessagePolicy"],
        Json::String("File"),
    ),
];

/// Switches that are off when they are absent, and that the API server leaves out when they are off. Any other that is off says so.
const SWITCHES: [&str; 7] = [
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "readOnly",
    "stdin",
    "stdinOnce",
    "tty",
];

/// What selects pods by their labels.
const SELECTOR: &str = "labelSelector";

/// What holds quantities, itself or in its members.
const QUANTITIES: [&str; 4] = ["divisor", "limits", "requests", "sizeLimit"];

const fn number(number: u64) -> Json<'static> {
    Json::Number(Number::Unsigned(number))
}

/// Whether to write this in a field is to leave the field out.
#[must_use]
pub fn is_absent(field: &str, value: Json<'_>) -> bool {
    match value {
        Json::Null | Json::String("") | Json::Array([]) => true,
        Json::Bool(false) => SWITCHES.contains(&field),
        _ => false,
    }
}

/// Whether the API server puts this in a field of a pod that nobody wrote.
#[must_use]
pub fn is_default(path: &[&str], value: Json<'_>) -> bool {
    DEFAULT_FIELDS
        .iter()
        .any(|(field, default)| field.iter().copied().eq(path.iter().copied().map(super::shared)) && *default == value)
}

/// Whether two values of a field mean the same.
#[must_use]
pub fn is_same(field: &str, one: Json<'_>, other: Json<'_>) -> bool {
    match (one, other) {
        (Json::Object(ones), Json::Object(others)) => {
            let selected = [one, other].map(selected_keys).concat();
            let says_the_same = |(key, value): &(&str, Json<'_>), counterpart: Json<'_>| {
                let below = if QUANTITIES.contains(&field) { field } else { key };
                match counterpart.get(key) {
                    Some(counterpart) if *key == SELECTOR && !selected.is_empty() => {
                        is_same_selector(*value, counterpart, &selected)
                    }
                    Some(counterpart) => is_same(below, *value, counterpart),
                    None => is_absent(key, *value) || DEFAULTS.contains(&(key, *value)),
                }
            };
            ones.iter().all(|member| says_the_same(member, other))
                && others.iter().all(|member| says_the_same(member, one))
        }
        (Json::Array(ones), Json::Array(others)) => {
            ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| is_same(field, *one, *other))
        }
        _ if QUANTITIES.contains(&field) => match (amount(one), amount(other)) {
            (Some(one), Some(other)) => one == other,
            _ => one == other,
        },
        _ => one == other,
    }
}

/// The label keys whose values the API server takes from the pod itself, and writes into the selector beside them as it stores the pod
/// (`applyMatchLabelKeysAndMismatchLabelKeys` of `pkg/registry/core/pod/strategy.go`, and the same of topology constraints).
fn selected_keys(object: Json<'_>) -> Vec<&str> {
    let lists = ["matchLabelKeys", "mismatchLabelKeys"].into_iter();
    lists
        .flat_map(|list| object.get(list).map_or(&[][..], Json::items))
        .filter_map(|key| Json::as_str(*key))
        .collect()
}

/// Whether two selectors mean the same, leaving out what is about these keys.
fn is_same_selector(one: Json<'_>, other: Json<'_>, but_for: &[&str]) -> bool {
    let [labels, others] = [one, other].map(|selector| selector.get("matchLabels").unwrap_or(Json::Object(&[])));
    is_same("matchLabels", labels, others) && expressions_but_for(one, but_for) == expressions_but_for(other, but_for)
}

fn expressions_but_for<'a>(selector: Json<'a>, keys: &[&str]) -> Vec<Json<'a>> {
    let all = selector.get("matchExpressions").map_or(&[][..], Json::items);
    let is_about = |expression: Json<'_>| {
        let key = expression.get("key").and_then(Json::as_str);
        key.is_some_and(|key| keys.contains(&key))
    };
    all.iter()
        .copied()
        .filter(|expression| !is_about(*expression))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::json::Arena;

    fn same(field: &str, one: &Value, other: &Value) -> bool {
        let arena = Arena::new();
        let (one, other) = (arena.import(one), arena.import(other));
        let answer = is_same(field, one, other);
        assert_eq!(answer, is_same(field, other, one), "{field}");
        answer
    }

    #[test]
    fn defaults_quantities_and_empty_values_make_no_difference() {
        let cases = [
            (
                "volumes",
                json!({"configMap": {"name": "a"}}),
                json!({"configMap": {"name": "a", "defaultMode": 420}}),
                true,
            ),
            (
                "volumes",
                json!({"configMap": {"name": "a"}}),
                json!({"configMap": {"name": "a", "defaultMode": 256}}),
                false,
            ),
            (
                "volumes",
                json!({"emptyDir": {}}),
                json!({"emptyDir": {"medium": "", "sizeLimit": null}}),
                true,
            ),
            (
                "volumes",
                json!({"emptyDir": {}}),
                json!({"emptyDir": {"medium": "Memory"}}),
                false,
            ),
            (
                "volumes",
                json!({"emptyDir": {}}),
                json!({"configMap": {"name": "a"}}),
                false,
            ),
            (
                "volumes",
                json!({"emptyDir": {"sizeLimit": "1024Mi"}}),
                json!({"emptyDir": {"sizeLimit": "1Gi"}}),
                true,
            ),
            (
                "volumes",
                json!({"emptyDir": {"sizeLimit": "1024M"}}),
                json!({"emptyDir": {"sizeLimit": "1Gi"}}),
                false,
            ),
            (
                "requests",
                json!({"example.com/gpu": 1}),
                json!({"example.com/gpu": "1"}),
                true,
            ),
            (
                "requests",
                json!({"example.com/gpu": 1}),
                json!({"example.com/gpu": "2"}),
                false,
            ),
            ("requests", json!({"cpu": "one"}), json!({"cpu": "one"}), true),
            ("env", json!({"name": "A", "value": ""}), json!({"name": "A"}), true),
            (
                "env",
                json!({"name": "A", "value": "1024Mi"}),
                json!({"name": "A", "value": "1Gi"}),
                false,
            ),
            (
                "volumeMounts",
                json!({"mountPath": "/a", "readOnly": false}),
                json!({"mountPath": "/a"}),
                true,
            ),
            (
                "tolerations",
                json!({"key": "a", "value": "b"}),
                json!({"key": "a", "operator": "Equal", "value": "b"}),
                true,
            ),
            (
                "tolerations",
                json!({"key": "a"}),
                json!({"key": "a", "tolerationSeconds": 5}),
                false,
            ),
            (
                "ports",
                json!({"containerPort": 1}),
                json!({"containerPort": 1, "protocol": "TCP"}),
                true,
            ),
            (
                "preStop",
                json!({"exec": {"command": ["a"]}}),
                json!({"exec": {"command": ["b"]}}),
                false,
            ),
            ("fromTheFuture", json!([{"a": 1}]), json!([{"a": 1}, {}]), false),
        ];
        for (field, one, other, expected) in cases {
            assert_eq!(same(field, &one, &other), expected, "{field}: {one} and {other}");
        }
    }

    #[test]
    fn what_the_api_server_selects_by_the_pod_s_own_labels_makes_no_difference() {
        let term = |expressions: &Value| {
            json!({
                "topologyKey": "zone",
                "matchLabelKeys": ["app"],
                "labelSelector": {"matchLabels": {"a": "b"}, "matchExpressions": expressions},
            })
        };
        let own = json!({"key": "app", "operator": "In", "values": ["etl"]});
        let other = json!({"key": "team", "operator": "Exists"});
        let cases = [
            (json!(null), json!([own]), true),
            (json!([other]), json!([other, own]), true),
            (json!([other]), json!([own]), false),
        ];
        for (written, stored, expected) in cases {
            let answer = same("affinity", &term(&written), &term(&stored));
            assert_eq!(answer, expected, "{written} {stored}");
        }
    }

    #[test]
    fn a_switch_that_is_off_is_absent_only_where_off_is_the_default() {
        for (field, expected) in [
            ("hostNetwork", true),
            ("readOnly", true),
            ("automountServiceAccountToken", false),
        ] {
            assert_eq!(is_absent(field, Json::Bool(false)), expected, "{field}");
        }
        assert!(!is_absent("hostNetwork", Json::Bool(true)));
    }

    #[test]
    fn what_the_api_server_fills_in_nobody_wrote() {
        assert!(is_default(
            &["spec", "schedulerName"],
            Json::String("default-scheduler")
        ));
        assert!(!is_default(&["spec", "schedulerName"], Json::String("yunikorn")));
        assert!(!is_default(&["spec", "hostname"], Json::String("default-scheduler")));
    }
}
