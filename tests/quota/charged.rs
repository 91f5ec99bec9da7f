//! What a pod is charged: held to a recording of an API server, and to a table of our own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sparkgate::engine::facts::{Facts, LimitRange, PriorityClass, ResourceQuota, RuntimeClass};
use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::select::Holds;
use sparkgate::engine::quantity::Quantity;
use sparkgate::engine::quota::scope::Class;
use sparkgate::engine::quota::{AdmittedPod, NotAdmitted, constraint};

/// The scoped quotas of the recording.
const SCOPED: [(&str, &str); 5] = [
    ("terminating", r#"{"scopes": ["Terminating"]}"#),
    ("notterminating", r#"{"scopes": ["NotTerminating"]}"#),
    ("besteffort", r#"{"scopes": ["BestEffort"]}"#),
    ("notbesteffort", r#"{"scopes": ["NotBestEffort"]}"#),
    (
        "high",
        r#"{"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}}"#,
    ),
];

fn quota(name: &str, spec: &Value) -> ResourceQuota {
    let arena = Arena::new();
    ResourceQuota::from_json(arena.import(&json!({"metadata": {"name": name}, "spec": spec}))).unwrap()
}

fn limit_range(limits: &Value) -> LimitRange {
    let arena = Arena::new();
    let manifest = json!({"metadata": {"name": "limits"}, "spec": {"limits": limits}});
    LimitRange::from_json(arena.import(&manifest)).unwrap()
}

fn kata() -> RuntimeClass {
    let arena = Arena::new();
    let manifest = json!({"metadata": {"name": "kata"}, "overhead": {"podFixed": {"cpu": "250m", "memory": "120Mi"}}});
    RuntimeClass::from_json(arena.import(&manifest)).unwrap()
}

fn charges(pod: &AdmittedPod<'_>) -> BTreeMap<String, Quantity> {
    pod.charges()
        .iter()
        .map(|(resource, amount)| (resource.to_owned(), amount))
        .collect()
}

fn quantity(text: &str) -> Quantity {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

#[test]
fn charges_what_an_api_server_charged() {
    let recording: Value = serde_json::from_str(include_str!("../../fixtures/quota/charged-pods.json")).unwrap();
    let runtime_classes = [kata()];
    let facts = Facts {
        limit_ranges: Some(&[]),
        priority_classes: Some(&[]),
        runtime_classes: Some(&runtime_classes),
        ..Facts::default()
    };
    for case in recording["cases"].as_array().unwrap() {
        let name = case["case"].as_str().unwrap();
        let arena = Arena::new();
        let pod = AdmittedPod::new(arena.import(&json!({"spec": case["spec"]})), &facts).unwrap();
        // What the quotas of the recording counted; some resources that it charged stood in none, such as `cpu` beside `requests.cpu`.
        let charged = charges(&pod);
        let mut expected = BTreeMap::new();
        let mut scopes = BTreeSet::new();
        for (resource, amount) in case["used"].as_object().unwrap() {
            match resource.split_once(':') {
                Some((scope, "pods")) => drop(scopes.insert(scope.to_owned())),
                _ => drop(expected.insert(resource.clone(), quantity(amount.as_str().unwrap()))),
            }
        }
        let charged: BTreeMap<_, _> = charged
            .into_iter()
            .filter(|(resource, _)| !matches!(resource.as_str(), "cpu" | "memory"))
            .collect();
        assert_eq!(charged, expected, "{name}");

        let counted: BTreeSet<String> = SCOPED
            .into_iter()
            .filter(|(scope, spec)| {
                let quota = quota(scope, &serde_json::from_str(spec).unwrap());
                Class::Pod(pod.class.clone()).counts_against(&quota) == Holds::Yes
            })
            .map(|(scope, _)| scope.to_owned())
            .collect();
        assert_eq!(counted, scopes, "{name}");

        let refusals: Vec<String> = ["limits.cpu", "limits.memory", "requests.cpu", "requests.memory"]
            .into_iter()
            .map(|resource| quota("one", &json!({"hard": {resource: "100"}})))
            .map(|quota| constraint::describe(&constraint::unsaid(&pod, &quota)))
            .filter(|unsaid| !unsaid.is_empty())
            .map(|unsaid| format!("must specify {unsaid}"))
            .collect();
        assert_eq!(json!(refusals), case["refusedBy"], "{name}");
    }
}

fn container(resources: Value) -> Value {
    json!({"name": "c", "resources": resources})
}

fn requests(amounts: Value) -> Value {
    container(json!({"requests": amounts}))
}

fn sidecar(amounts: Value) -> Value {
    json!({"name": "s", "restartPolicy": "Always", "resources": {"requests": amounts}})
}

/// Each case: a pod's spec, the limits of the namespace, and amounts that it is charged, by the names of quotas; `-` for none.
#[test]
fn charges_as_the_quota_evaluator_does() {
    let one_cpu = || requests(json!({"cpu": "1"}));
    let cases: Vec<(&str, Value, Value, &[(&str, &str)])> = vec![
        (
            "nothing asked for",
            json!({"containers": [container(json!({}))]}),
            json!([]),
            &[("pods", "1"), ("count/pods", "1"), ("cpu", "-"), ("requests.cpu", "-")],
        ),
        (
            "a request by both names",
            json!({"containers": [one_cpu()]}),
            json!([]),
            &[("cpu", "1"), ("requests.cpu", "1"), ("limits.cpu", "-")],
        ),
        (
            "a limit is a request too",
            json!({"containers": [container(json!({"limits": {"memory": "4Gi"}}))]}),
            json!([]),
            &[("memory", "4Gi"), ("requests.memory", "4Gi"), ("limits.memory", "4Gi")],
        ),
        (
            "a request below its limit",
            json!({"containers": [container(json!({"limits": {"cpu": "4"}, "requests": {"cpu": "1500m"}}))]}),
            json!([]),
            &[("requests.cpu", "1500m"), ("limits.cpu", "4")],
        ),
        (
            "containers add up",
            json!({"containers": [one_cpu(), requests(json!({"cpu": "250m"}))]}),
            json!([]),
            &[("cpu", "1250m")],
        ),
        (
            "an init container below the sum",
            json!({"initContainers": [one_cpu()], "containers": [one_cpu(), one_cpu()]}),
            json!([]),
            &[("cpu", "2")],
        ),
        (
            "an init container above the sum",
            json!({"initContainers": [requests(json!({"cpu": "5"}))], "containers": [one_cpu(), one_cpu()]}),
            json!([]),
            &[("cpu", "5")],
        ),
        (
            "the largest of the init containers",
            json!({"initContainers": [requests(json!({"cpu": "3"})), requests(json!({"cpu": "4"}))], "containers": [one_cpu()]}),
            json!([]),
            &[("cpu", "4")],
        ),
        (
            "a native sidecar stays",
            json!({"initContainers": [sidecar(json!({"cpu": "500m"}))], "containers": [one_cpu()]}),
            json!([]),
            &[("cpu", "1500m")],
        ),
        (
            "a sidecar beside a later init container",
            json!({"initContainers": [sidecar(json!({"cpu": "1"})), requests(json!({"cpu": "3"}))], "containers": [one_cpu()]}),
            json!([]),
            &[("cpu", "4")],
        ),
        (
            "a sidecar after an init container",
            json!({"initContainers": [requests(json!({"cpu": "3"})), sidecar(json!({"cpu": "1"}))], "containers": [one_cpu()]}),
            json!([]),
            &[("cpu", "3")],
        ),
        (
            "each resource has its own largest",
            json!({"initContainers": [requests(json!({"cpu": "3", "memory": "1Gi"}))], "containers": [requests(json!({"cpu": "1", "memory": "8Gi"}))]}),
            json!([]),
            &[("cpu", "3"), ("memory", "8Gi")],
        ),
        (
            "limits have a sum of their own",
            json!({"initContainers": [container(json!({"limits": {"cpu": "8"}, "requests": {"cpu": "1"}}))], "containers": [container(json!({"limits": {"cpu": "2"}, "requests": {"cpu": "2"}}))]}),
            json!([]),
            &[("requests.cpu", "2"), ("limits.cpu", "8")],
        ),
        (
            "overhead on requests",
            json!({"overhead": {"cpu": "250m"}, "containers": [one_cpu()]}),
            json!([]),
            &[("requests.cpu", "1250m"), ("limits.cpu", "-")],
        ),
        (
            "overhead on a limit that is there",
            json!({"overhead": {"cpu": "250m"}, "containers": [container(json!({"limits": {"cpu": "1"}}))]}),
            json!([]),
            &[("requests.cpu", "1250m"), ("limits.cpu", "1250m")],
        ),
        (
            "no overhead on a limit of nothing",
            json!({"overhead": {"cpu": "250m"}, "containers": [container(json!({"limits": {"cpu": "0"}}))]}),
            json!([]),
            &[("limits.cpu", "-"), ("requests.cpu", "250m")],
        ),
        (
            "overhead of what no container asks for",
            json!({"overhead": {"memory": "120Mi"}, "containers": [one_cpu()]}),
            json!([]),
            &[("memory", "120Mi")],
        ),
        (
            "a runtime class",
            json!({"runtimeClassName": "kata", "containers": [one_cpu()]}),
            json!([]),
            &[("cpu", "1250m"), ("memory", "120Mi")],
        ),
        (
            "ephemeral storage",
            json!({"containers": [container(json!({"limits": {"ephemeral-storage": "20Gi"}, "requests": {"ephemeral-storage": "10Gi"}}))]}),
            json!([]),
            &[
                ("ephemeral-storage", "10Gi"),
                ("requests.ephemeral-storage", "10Gi"),
                ("limits.ephemeral-storage", "20Gi"),
            ],
        ),
        (
            "an extended resource",
            json!({"containers": [container(json!({"limits": {"nvidia.com/gpu": "2"}}))]}),
            json!([]),
            &[
                ("requests.nvidia.com/gpu", "2"),
                ("nvidia.com/gpu", "-"),
                ("limits.nvidia.com/gpu", "-"),
            ],
        ),
        (
            "extended resources of sidecars",
            json!({"initContainers": [sidecar(json!({"example.com/dongle": "1"}))], "containers": [requests(json!({"example.com/dongle": "2"}))]}),
            json!([]),
            &[("requests.example.com/dongle", "3")],
        ),
        (
            "a resource of Kubernetes' own domain",
            json!({"containers": [requests(json!({"attachable.kubernetes.io/x": "2"}))]}),
            json!([]),
            &[("requests.attachable.kubernetes.io/x", "-")],
        ),
        (
            "a class of devices",
            json!({"containers": [requests(json!({"deviceclass.resource.kubernetes.io/gpu": "2"}))]}),
            json!([]),
            &[("requests.deviceclass.resource.kubernetes.io/gpu", "2")],
        ),
        (
            "a name without a domain",
            json!({"containers": [requests(json!({"widgets": "2"}))]}),
            json!([]),
            &[("requests.widgets", "-"), ("widgets", "-")],
        ),
        (
            "huge pages",
            json!({"containers": [container(json!({"limits": {"hugepages-2Mi": "64Mi"}}))]}),
            json!([]),
            &[
                ("hugepages-2Mi", "64Mi"),
                ("requests.hugepages-2Mi", "64Mi"),
                ("limits.hugepages-2Mi", "-"),
            ],
        ),
        (
            "amounts as numbers",
            json!({"containers": [requests(json!({"cpu": 2, "memory": 1_073_741_824}))]}),
            json!([]),
            &[("cpu", "2"), ("memory", "1073741824")],
        ),
        (
            "a fraction as a number",
            json!({"containers": [requests(json!({"cpu": 0.5}))]}),
            json!([]),
            &[("cpu", "500m")],
        ),
        (
            "less than a thousandth",
            json!({"containers": [requests(json!({"cpu": "1n"})), requests(json!({"cpu": "1n"}))]}),
            json!([]),
            &[("cpu", "2m")],
        ),
        (
            "the largest that is counted",
            json!({"containers": [requests(json!({"memory": "9223372036854775807"})), requests(json!({"memory": "9223372036854775807"}))]}),
            json!([]),
            &[("memory", "18446744073709551614")],
        ),
        (
            "pod-level requests",
            json!({"resources": {"requests": {"cpu": "4"}}, "containers": [one_cpu()]}),
            json!([]),
            &[("requests.cpu", "4")],
        ),
        (
            "pod-level limits, and what containers ask for",
            json!({"resources": {"limits": {"cpu": "4"}}, "containers": [one_cpu()]}),
            json!([]),
            &[("requests.cpu", "1"), ("limits.cpu", "4")],
        ),
        (
            "pod-level limits alone",
            json!({"resources": {"limits": {"cpu": "4"}}, "containers": [container(json!({}))]}),
            json!([]),
            &[("requests.cpu", "4"), ("limits.cpu", "4")],
        ),
        (
            "pod-level amounts of one resource only",
            json!({"resources": {"requests": {"cpu": "4"}}, "containers": [requests(json!({"cpu": "1", "memory": "1Gi"}))]}),
            json!([]),
            &[("requests.cpu", "4"), ("requests.memory", "1Gi")],
        ),
        (
            "pod-level amounts of what pods cannot have",
            json!({"resources": {"requests": {"nvidia.com/gpu": "4"}}, "containers": [requests(json!({"nvidia.com/gpu": "1"}))]}),
            json!([]),
            &[("requests.nvidia.com/gpu", "1")],
        ),
        (
            "pod-level amounts with overhead",
            json!({"resources": {"requests": {"cpu": "4"}}, "overhead": {"cpu": "1"}, "containers": [one_cpu()]}),
            json!([]),
            &[("requests.cpu", "5")],
        ),
        (
            "huge pages of containers, which limit the pod, which then asks for what they do before their defaults",
            json!({"resources": {"requests": {"cpu": "4"}}, "containers": [
                container(json!({"requests": {"memory": "1Gi"}, "limits": {"hugepages-2Mi": "64Mi"}})),
                container(json!({})),
            ]}),
            json!([{"type": "Container", "defaultRequest": {"memory": "8Gi"}}]),
            &[
                ("requests.cpu", "4"),
                ("requests.memory", "1Gi"),
                ("hugepages-2Mi", "64Mi"),
            ],
        ),
        (
            "a default request",
            json!({"containers": [container(json!({}))]}),
            json!([{"type": "Container", "defaultRequest": {"cpu": "100m"}}]),
            &[("requests.cpu", "100m"), ("limits.cpu", "-")],
        ),
        (
            "a default limit is a request too",
            json!({"containers": [container(json!({}))]}),
            json!([{"type": "Container", "default": {"cpu": "8"}}]),
            &[("requests.cpu", "8"), ("limits.cpu", "8")],
        ),
        (
            "a default limit beside a request",
            json!({"containers": [one_cpu()]}),
            json!([{"type": "Container", "default": {"cpu": "8"}}]),
            &[("requests.cpu", "1"), ("limits.cpu", "8")],
        ),
        (
            "a default request beside a limit",
            json!({"containers": [container(json!({"limits": {"cpu": "2"}}))]}),
            json!([{"type": "Container", "defaultRequest": {"cpu": "100m"}}]),
            &[("requests.cpu", "2"), ("limits.cpu", "2")],
        ),
        (
            "a maximum is a default",
            json!({"containers": [container(json!({}))]}),
            json!([{"type": "Container", "max": {"memory": "4Gi"}}]),
            &[("requests.memory", "4Gi"), ("limits.memory", "4Gi")],
        ),
        (
            "a minimum is a default request",
            json!({"containers": [container(json!({}))]}),
            json!([{"type": "Container", "min": {"cpu": "50m"}}]),
            &[("requests.cpu", "50m"), ("limits.cpu", "-")],
        ),
        (
            "defaults of each container",
            json!({"initContainers": [sidecar(json!({}))], "containers": [container(json!({})), container(json!({}))]}),
            json!([{"type": "Container", "defaultRequest": {"cpu": "100m"}}]),
            &[("requests.cpu", "300m")],
        ),
        (
            "the last item of a limit range",
            json!({"containers": [container(json!({}))]}),
            json!([{"type": "Container", "defaultRequest": {"cpu": "1"}}, {"type": "Container", "defaultRequest": {"cpu": "2"}}]),
            &[("requests.cpu", "2")],
        ),
        (
            "limits of whole pods are no defaults",
            json!({"containers": [container(json!({}))]}),
            json!([{"type": "Pod", "max": {"cpu": "8"}}]),
            &[("requests.cpu", "-")],
        ),
        (
            "an amount of nothing",
            json!({"containers": [requests(json!({"cpu": "0"}))]}),
            json!([{"type": "Container", "defaultRequest": {"cpu": "2"}}]),
            &[("requests.cpu", "-")],
        ),
        (
            "nulls",
            json!({"containers": [container(json!({"requests": null, "limits": {"cpu": null}}))], "overhead": null, "resources": null}),
            json!([]),
            &[("requests.cpu", "-"), ("pods", "1")],
        ),
        (
            "what is no pod",
            json!("spec"),
            json!([]),
            &[("pods", "1"), ("cpu", "-")],
        ),
    ];
    let runtime_classes = [kata()];
    for (case, spec, limits, expected) in &cases {
        let limit_ranges = [limit_range(limits)];
        let facts = Facts {
            limit_ranges: Some(&limit_ranges),
            runtime_classes: Some(&runtime_classes),
            ..Facts::default()
        };
        let arena = Arena::new();
        let pod = AdmittedPod::new(arena.import(&json!({"spec": spec})), &facts).unwrap();
        let charged = charges(&pod);
        for (resource, amount) in *expected {
            let actual = charged.get(*resource).map(Quantity::to_string);
            assert_eq!(
                actual.as_deref().unwrap_or("-"),
                *amount,
                "{case}: {resource} of {charged:?}"
            );
        }
    }
}

#[test]
fn the_first_limit_range_counts() {
    let limit_ranges =
        ["1", "2"].map(|cpu| limit_range(&json!([{"type": "Container", "defaultRequest": {"cpu": cpu}}])));
    let facts = Facts {
        limit_ranges: Some(&limit_ranges),
        ..Facts::default()
    };
    let arena = Arena::new();
    let pod = arena.import(&json!({"spec": {"containers": [container(json!({}))]}}));
    let pod = AdmittedPod::new(pod, &facts).unwrap();
    assert_eq!(pod.charges().get("requests.cpu"), quantity("1"));
}

/// Each case: a pod's spec, a quota's scopes, and whether the pod counts.
#[test]
fn counts_by_scope_as_the_quota_evaluator_does() {
    let any = || json!([requests(json!({"cpu": "1"}))]);
    let scoped = |scope: &str| json!({"scopes": [scope]});
    let priority = |operator: &str, values: Value| {
        json!({"scopeSelector": {"matchExpressions": [
            {"scopeName": "PriorityClass", "operator": operator, "values": values}
        ]}})
    };
    let affinity = |kind: &str, term: Value| json!({"containers": any(), "affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}});
    let high = || json!({"containers": any(), "priorityClassName": "high"});
    let plain = || json!({"containers": any()});
    let yes = Holds::Yes;
    let no = Holds::No;
    let cases: Vec<(&str, Value, Value, Holds)> = vec![
        ("no scope", plain(), json!({}), yes),
        (
            "a deadline",
            json!({"containers": any(), "activeDeadlineSeconds": 0}),
            scoped("Terminating"),
            yes,
        ),
        (
            "a deadline, not",
            json!({"containers": any(), "activeDeadlineSeconds": 60}),
            scoped("NotTerminating"),
            no,
        ),
        ("no deadline", plain(), scoped("Terminating"), no),
        ("no deadline, not", plain(), scoped("NotTerminating"), yes),
        ("asks for something", plain(), scoped("BestEffort"), no),
        (
            "asks for nothing",
            json!({"containers": [container(json!({}))]}),
            scoped("BestEffort"),
            yes,
        ),
        (
            "asks for none of it",
            json!({"containers": [requests(json!({"cpu": "0"}))]}),
            scoped("BestEffort"),
            yes,
        ),
        (
            "asks for a GPU only",
            json!({"containers": [requests(json!({"nvidia.com/gpu": "1"}))]}),
            scoped("BestEffort"),
            yes,
        ),
        (
            "an init container asks",
            json!({"initContainers": any(), "containers": [container(json!({}))]}),
            scoped("NotBestEffort"),
            yes,
        ),
        (
            "the pod asks",
            json!({"resources": {"limits": {"cpu": "1"}}, "containers": [container(json!({}))]}),
            scoped("NotBestEffort"),
            yes,
        ),
        (
            "the pod asks for nothing, whatever its containers ask",
            json!({"resources": {}, "containers": any()}),
            scoped("BestEffort"),
            yes,
        ),
        (
            "both scopes hold",
            plain(),
            json!({"scopes": ["NotTerminating", "NotBestEffort"]}),
            yes,
        ),
        (
            "one of two does not",
            plain(),
            json!({"scopes": ["NotTerminating", "BestEffort"]}),
            no,
        ),
        ("a priority class", high(), scoped("PriorityClass"), yes),
        ("no priority class", plain(), scoped("PriorityClass"), no),
        (
            "an empty priority class",
            json!({"containers": any(), "priorityClassName": ""}),
            scoped("PriorityClass"),
            no,
        ),
        ("one of these", high(), priority("In", json!(["low", "high"])), yes),
        ("none of these", high(), priority("In", json!(["low"])), no),
        (
            "without one, none of these",
            plain(),
            priority("In", json!(["low"])),
            no,
        ),
        ("not one of these", high(), priority("NotIn", json!(["low"])), yes),
        ("not none of these", high(), priority("NotIn", json!(["high"])), no),
        (
            "without one, not one of these",
            plain(),
            priority("NotIn", json!(["high"])),
            yes,
        ),
        ("it has one", high(), priority("Exists", json!([])), yes),
        ("it should have none", high(), priority("DoesNotExist", json!([])), no),
        ("it has none", plain(), priority("DoesNotExist", json!([])), yes),
        (
            "affinity within its namespace",
            affinity("podAffinity", json!({"topologyKey": "zone"})),
            scoped("CrossNamespacePodAffinity"),
            no,
        ),
        (
            "affinity to a namespace",
            affinity("podAffinity", json!({"namespaces": ["other"]})),
            scoped("CrossNamespacePodAffinity"),
            yes,
        ),
        (
            "away from all namespaces",
            affinity("podAntiAffinity", json!({"namespaceSelector": {}})),
            scoped("CrossNamespacePodAffinity"),
            yes,
        ),
        (
            "a preference for a namespace",
            json!({"containers": any(), "affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {"namespaces": ["other"]}}]}}}),
            scoped("CrossNamespacePodAffinity"),
            yes,
        ),
        ("a scope of claims", plain(), scoped("VolumeAttributesClass"), no),
    ];
    for (case, spec, quota_spec, expected) in cases {
        let facts = Facts {
            limit_ranges: Some(&[]),
            priority_classes: Some(&[]),
            ..Facts::default()
        };
        let arena = Arena::new();
        let pod = AdmittedPod::new(arena.import(&json!({"spec": spec})), &facts).unwrap();
        let counts = Class::Pod(pod.class).counts_against(&quota("q", &quota_spec));
        assert_eq!(counts, expected, "{case}");
    }
}

#[test]
fn a_pod_without_a_priority_class_has_the_default_one_if_that_is_known() {
    let usual = [PriorityClass {
        name: "usual".to_owned(),
        value: 0,
        global_default: true,
    }];
    let scope = json!({"scopeSelector": {"matchExpressions": [
        {"scopeName": "PriorityClass", "operator": "In", "values": ["usual"]}
    ]}});
    let cases: [(Option<&[PriorityClass]>, fn(Holds) -> bool); 3] = [
        (Some(&usual), |holds| holds == Holds::Yes),
        (Some(&[]), |holds| holds == Holds::No),
        (None, |holds| matches!(holds, Holds::Unknown(_))),
    ];
    for (priority_classes, is_expected) in cases {
        let facts = Facts {
            limit_ranges: Some(&[]),
            priority_classes,
            ..Facts::default()
        };
        let arena = Arena::new();
        let pod = AdmittedPod::new(arena.import(&json!({"spec": {"containers": []}})), &facts).unwrap();
        let counts = Class::Pod(pod.class).counts_against(&quota("q", &scope));
        assert!(is_expected(counts), "{counts:?}");
    }
}

#[test]
fn does_not_tell_what_it_cannot_know_or_read() {
    let container_of = |amounts: Value| json!({"containers": [container(amounts)]});
    let refused = [
        (
            container_of(json!({"requests": {"cpu": "two"}})),
            "/spec/containers/0/resources/requests/cpu",
        ),
        (
            container_of(json!({"requests": {"cpu": "-1"}})),
            "/spec/containers/0/resources/requests/cpu",
        ),
        (
            container_of(json!({"limits": {"memory": {"Gi": 1}}})),
            "/spec/containers/0/resources/limits/memory",
        ),
        (
            container_of(json!({"limits": {"memory": "1e400"}})),
            "/spec/containers/0/resources/limits/memory",
        ),
        (
            container_of(json!({"limits": {"memory": "9223372036854775808"}})),
            "/spec/containers/0/resources/limits/memory",
        ),
        (
            json!({"initContainers": [requests(json!({"cpu": ""}))]}),
            "/spec/initContainers/0/resources/requests/cpu",
        ),
        (json!({"overhead": {"cpu": "much"}}), "/spec/overhead/cpu"),
        (
            json!({"resources": {"requests": {"cpu": true}}}),
            "/spec/resources/requests/cpu",
        ),
        (json!({"runtimeClassName": "gvisor"}), "/spec/runtimeClassName"),
    ];
    let facts = Facts {
        limit_ranges: Some(&[]),
        runtime_classes: Some(&[]),
        ..Facts::default()
    };
    for (spec, place) in refused {
        let arena = Arena::new();
        match AdmittedPod::new(arena.import(&json!({"spec": spec})), &facts) {
            Err(NotAdmitted::Refused { pointer, .. }) => assert_eq!(pointer.as_str(), place, "{spec}"),
            other => panic!("{spec}: {other:?}"),
        }
    }
    let arena = Arena::new();
    let plain = arena.import(&json!({"spec": {}}));
    let of_class = arena.import(&json!({"spec": {"runtimeClassName": "kata"}}));
    let known_limits = Facts {
        limit_ranges: Some(&[]),
        ..Facts::default()
    };
    for (pod, facts) in [(plain, Facts::default()), (of_class, known_limits)] {
        let told = AdmittedPod::new(pod, &facts);
        assert!(matches!(told, Err(NotAdmitted::NotKnown(_))), "{told:?}");
    }
}
