use serde_json::{Value, json};

use super::resource_quota::{Scope, ScopeOperator, ScopeRequirement};
use super::*;
use crate::engine::json::Arena;

fn read<T>(from_json: impl Fn(Json<'_>) -> Result<T, FactError>, manifest: &Value) -> Result<T, (String, String)> {
    let arena = Arena::new();
    from_json(arena.import(manifest)).map_err(|error| (error.pointer.to_string(), error.message))
}

fn shown(list: &ResourceList) -> Vec<String> {
    list.iter()
        .map(|(resource, amount)| format!("{resource} {amount}"))
        .collect()
}

#[test]
fn reads_a_quota_as_the_api_server_writes_it() {
    let quota = read(
        ResourceQuota::from_json,
        &json!({
            "metadata": {"name": "compute"},
            "spec": {
                "hard": {"requests.cpu": "10", "requests.memory": "64Gi", "pods": 50, "limits.cpu": "1500u"},
                "scopes": ["NotTerminating"],
                "scopeSelector": {"matchExpressions": [
                    {"scopeName": "PriorityClass", "operator": "In", "values": ["high", "low"]},
                    {"scopeName": "BestEffort", "operator": "DoesNotExist"},
                ]},
            },
            "status": {"hard": {"requests.cpu": "9"}, "used": {"requests.cpu": "2500m"}},
        }),
    )
    .unwrap();
    assert_eq!(
        shown(&quota.hard),
        ["limits.cpu 2m", "pods 50", "requests.cpu 10", "requests.memory 64Gi"]
    );
    assert_eq!(shown(&quota.used), ["requests.cpu 2500m"]);
    let requirement = |scope, operator| ScopeRequirement { scope, operator };
    assert_eq!(
        quota.scopes,
        [
            requirement(Scope::NotTerminating, ScopeOperator::Exists),
            requirement(
                Scope::PriorityClass,
                ScopeOperator::In(vec!["high".to_owned(), "low".to_owned()])
            ),
            requirement(Scope::BestEffort, ScopeOperator::DoesNotExist),
        ]
    );
}

#[test]
fn takes_what_was_never_counted_for_unused_only_when_told_to() {
    let manifest = json!({"metadata": {"name": "q"}, "spec": {"hard": {"pods": "5", "cpu": "1"}}, "status": {"used": {"pods": "3"}}});
    let mut quota = read(ResourceQuota::from_json, &manifest).unwrap();
    assert_eq!(shown(&quota.used), ["pods 3"]);
    quota.assume_unused();
    assert_eq!(shown(&quota.used), ["cpu 0", "pods 3"]);
}

#[test]
fn fills_in_what_the_api_server_does_in_a_limit_range() {
    let range = read(
        LimitRange::from_json,
        &json!({"metadata": {"name": "r"}, "spec": {"limits": [
            {
                "type": "Container",
                "max": {"cpu": "8", "memory": "32Gi"},
                "min": {"cpu": "100m", "ephemeral-storage": "1Gi"},
                "default": {"cpu": "2"},
                "defaultRequest": {"memory": "1Gi"},
            },
            {"type": "Pod", "max": {"cpu": "16"}},
            {"type": "openshift.io/Image", "max": {"storage": "1Gi"}},
        ]}}),
    )
    .unwrap();
    let [container, pod] = range.limits.as_slice() else {
        panic!("{range:#?}");
    };
    assert_eq!(shown(&container.default), ["cpu 2", "memory 32Gi"]);
    assert_eq!(
        shown(&container.default_request),
        ["cpu 2", "ephemeral-storage 1Gi", "memory 1Gi"]
    );
    assert_eq!(shown(&pod.max), ["cpu 16"]);
    assert_eq!(shown(&pod.default), [""; 0], "only containers have defaults");
}

#[test]
fn the_lowest_of_several_default_priority_classes_counts() {
    let class = |name: &str, value: i32, global_default: bool| PriorityClass {
        name: name.to_owned(),
        value,
        global_default,
    };
    let classes = [
        class("high", 100, true),
        class("usual", 10, true),
        class("low", 1, false),
    ];
    assert_eq!(
        PriorityClass::default_of(&classes).map(|class| class.name.as_str()),
        Some("usual")
    );
    assert_eq!(PriorityClass::default_of(&classes[2..]), None);
}

#[test]
fn says_where_a_manifest_makes_no_sense() {
    type Reader = fn(Json<'_>) -> Result<(), FactError>;
    let quota: Reader = |manifest| ResourceQuota::from_json(manifest).map(drop);
    let range: Reader = |manifest| LimitRange::from_json(manifest).map(drop);
    let priority: Reader = |manifest| PriorityClass::from_json(manifest).map(drop);
    let runtime: Reader = |manifest| RuntimeClass::from_json(manifest).map(drop);
    let named = |mut manifest: Value| {
        manifest["metadata"] = json!({"name": "n"});
        manifest
    };
    let cases = [
        (quota, json!({}), "/metadata/name"),
        (
            quota,
            named(json!({"spec": {"hard": {"cpu": "two"}}})),
            "/spec/hard/cpu",
        ),
        (
            quota,
            named(json!({"spec": {"hard": {"cpu": {"a": 1}}}})),
            "/spec/hard/cpu",
        ),
        (quota, named(json!({"spec": {"hard": ["cpu"]}})), "/spec/hard"),
        (
            quota,
            named(json!({"status": {"used": {"cpu": "1 Gi"}}})),
            "/status/used/cpu",
        ),
        (
            quota,
            named(json!({"spec": {"scopes": ["Sometimes"]}})),
            "/spec/scopes/0",
        ),
        (
            quota,
            named(
                json!({"spec": {"scopeSelector": {"matchExpressions": [{"scopeName": "BestEffort", "operator": "Is"}]}}}),
            ),
            "/spec/scopeSelector/matchExpressions/0/operator",
        ),
        (quota, named(json!({"spec": "hard"})), "/spec"),
        (quota, named(json!({"status": 3})), "/status"),
        (quota, named(json!({"spec": {"scopes": "Terminating"}})), "/spec/scopes"),
        (
            quota,
            named(json!({"spec": {"scopeSelector": ["Terminating"]}})),
            "/spec/scopeSelector",
        ),
        (
            quota,
            named(
                json!({"spec": {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In"}]}}}),
            ),
            "/spec/scopeSelector/matchExpressions/0",
        ),
        (
            quota,
            named(
                json!({"spec": {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "NotIn", "values": "high"}]}}}),
            ),
            "/spec/scopeSelector/matchExpressions/0/values",
        ),
        (
            range,
            named(json!({"spec": {"limits": {"type": "Pod"}}})),
            "/spec/limits",
        ),
        (
            range,
            named(json!({"spec": {"limits": [{"max": {"cpu": "1"}}]}})),
            "/spec/limits/0",
        ),
        (runtime, named(json!({"overhead": "250m"})), "/overhead"),
        (
            range,
            named(json!({"spec": {"limits": [{"type": "Pod", "max": {"cpu": "1g"}}]}})),
            "/spec/limits/0/max/cpu",
        ),
        (priority, named(json!({"value": "high"})), "/value"),
        (
            runtime,
            named(json!({"overhead": {"podFixed": {"cpu": true}}})),
            "/overhead/podFixed/cpu",
        ),
    ];
    for (reader, manifest, place) in cases {
        let error = read(reader, &manifest).unwrap_err();
        assert_eq!(error.0, place, "{manifest}: {}", error.1);
    }
}
