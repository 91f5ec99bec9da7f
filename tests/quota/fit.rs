//! Which jobs fit.

use proptest::prelude::*;
use serde_json::{Value, json};
use sparkgate::engine::evaluate;
use sparkgate::engine::facts::Facts;
use sparkgate::engine::finding::Enforcement;
use sparkgate::engine::json::Arena;
use sparkgate::engine::quota::Statement;
use sparkgate::engine::request::{Phase, Request};

use super::{AT_MOST, Team, application, findings, limit_range, policy, quota};

/// What is short, as `resource wanted short-by`, and how many executors would fit.
fn short(team: &Team, manifest: &Value) -> (Vec<String>, String) {
    let found = team.findings(manifest);
    let rows = found.iter().flat_map(|finding| &finding.shortfalls);
    let rows = rows.map(|row| format!("{} {} {}", row.resource, row.wanted, row.short_by));
    let fitting = found.iter().find_map(|finding| {
        let (_, rest) = finding.message.split_once("`: ")?;
        Some(rest.split_once(" would fit")?.0.to_owned())
    });
    (rows.collect(), fitting.unwrap_or_default())
}

/// Each case: the quota, what of it is used, what the application's spec says besides, what is short, and how much of the job would fit.
#[test]
fn a_job_is_charged_as_a_whole() {
    let g8 = json!({"driver": {"cores": 1, "memory": "8g"}, "executor": {"cores": 1, "memory": "8g", "instances": 4}});
    let dynamic = |initial: u32, min: u32, max: u32| json!({"dynamicAllocation": {"enabled": true, "initialExecutors": initial, "minExecutors": min, "maxExecutors": max}, "executor": {"cores": 2, "memory": "4g"}});
    let claim = |size: &str| {
        let prefix = "spark.kubernetes.executor.volumes.persistentVolumeClaim.spark-local-dir-1";
        json!({"sparkConf": {
            format!("{prefix}.mount.path"): "/data",
            format!("{prefix}.options.claimName"): "OnDemand",
            format!("{prefix}.options.storageClass"): "fast",
            format!("{prefix}.options.sizeLimit"): size,
        }})
    };
    let ephemeral = json!({
        "volumes": [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {
            "storageClassName": "slow",
            "resources": {"requests": {"storage": "7Gi"}},
        }}}}],
        "executor": {"cores": 2, "memory": "4g", "instances": 4, "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]},
    });
    let none = json!({});
    let cases: Vec<(&str, Value, Value, Value, &[&str], &str)> = vec![
        (
            "memory to the last mebibyte",
            json!({"requests.memory": "45055Mi"}),
            none.clone(),
            g8.clone(),
            &[],
            "",
        ),
        (
            "a mebibyte too little",
            json!({"requests.memory": "45054Mi"}),
            none.clone(),
            g8.clone(),
            &["requests.memory 45055Mi 1Mi"],
            "3 of its 4 executors",
        ),
        (
            "a byte too little",
            json!({"requests.memory": 47_243_591_679_u64}),
            none.clone(),
            g8.clone(),
            &["requests.memory 45055Mi 1"],
            "3 of its 4 executors",
        ),
        (
            "memory by its other name",
            json!({"memory": "45054Mi"}),
            none.clone(),
            g8.clone(),
            &["memory 45055Mi 1Mi"],
            "3 of its 4 executors",
        ),
        (
            "its limit",
            json!({"limits.memory": "9011Mi"}),
            none.clone(),
            g8.clone(),
            &["limits.memory 45055Mi 36044Mi"],
            "0 of its 4 executors",
        ),
        (
            "not even the driver",
            json!({"requests.cpu": "500m"}),
            none.clone(),
            none.clone(),
            &["requests.cpu 9 8500m"],
            "not even its driver",
        ),
        (
            "what is used counts",
            json!({"requests.cpu": "10"}),
            json!({"requests.cpu": "2500m"}),
            none.clone(),
            &["requests.cpu 9 1500m"],
            "3 of its 4 executors",
        ),
        (
            "what is used leaves enough",
            json!({"requests.cpu": "10"}),
            json!({"requests.cpu": "1"}),
            none.clone(),
            &[],
            "",
        ),
        (
            "more is used than there may be",
            json!({"requests.cpu": "10"}),
            json!({"requests.cpu": "12"}),
            none.clone(),
            &["requests.cpu 9 11"],
            "not even its driver",
        ),
        (
            "more is used of what it does not want",
            json!({"requests.nvidia.com/gpu": "1"}),
            json!({"requests.nvidia.com/gpu": "2"}),
            none.clone(),
            &[],
            "",
        ),
        (
            "nothing may be had of what it does not want",
            json!({"requests.nvidia.com/gpu": "0", "limits.ephemeral-storage": "0"}),
            none.clone(),
            none.clone(),
            &[],
            "",
        ),
        ("pods", json!({"pods": "5"}), none.clone(), none.clone(), &[], ""),
        (
            "too many pods",
            json!({"pods": "4", "count/pods": "3"}),
            none.clone(),
            none.clone(),
            &["count/pods 5 2", "pods 5 1"],
            "2 of its 4 executors",
        ),
        (
            "applications",
            json!({"count/sparkapplications.sparkoperator.k8s.io": "3"}),
            json!({"count/sparkapplications.sparkoperator.k8s.io": "2"}),
            none.clone(),
            &[],
            "",
        ),
        (
            "too many applications",
            json!({"count/sparkapplications.sparkoperator.k8s.io": "2"}),
            json!({"count/sparkapplications.sparkoperator.k8s.io": "2"}),
            none.clone(),
            &["count/sparkapplications.sparkoperator.k8s.io 1 1"],
            "not even its driver",
        ),
        (
            "a name that Kubernetes does not count",
            json!({"count/sparkoperator.k8s.io/v1beta2/sparkapplications": "0"}),
            none.clone(),
            none.clone(),
            &[],
            "",
        ),
        (
            "services: the driver's, and the UI's",
            json!({"services": "2", "count/services": "1"}),
            none.clone(),
            none.clone(),
            &["count/services 2 1"],
            "not even its driver",
        ),
        (
            "config maps",
            json!({"configmaps": "2"}),
            none.clone(),
            none.clone(),
            &["configmaps 3 1"],
            "not even its driver",
        ),
        (
            "GPUs of each executor",
            json!({"requests.nvidia.com/gpu": "7"}),
            none.clone(),
            json!({"executor": {"cores": 1, "memory": "4g", "instances": 4, "gpu": {"name": "nvidia.com/gpu", "quantity": 2}}}),
            &["requests.nvidia.com/gpu 8 1"],
            "3 of its 4 executors",
        ),
        (
            "claims on demand",
            json!({"requests.storage": "350Gi", "persistentvolumeclaims": "3"}),
            none.clone(),
            claim("100Gi"),
            &["persistentvolumeclaims 4 1", "requests.storage 400Gi 50Gi"],
            "3 of its 4 executors",
        ),
        (
            "claims of a storage class",
            json!({"fast.storageclass.storage.k8s.io/requests.storage": "200Gi", "slow.storageclass.storage.k8s.io/requests.storage": "0"}),
            none.clone(),
            claim("100Gi"),
            &["fast.storageclass.storage.k8s.io/requests.storage 400Gi 200Gi"],
            "2 of its 4 executors",
        ),
        (
            "claims of ephemeral volumes",
            json!({"requests.storage": "20Gi", "slow.storageclass.storage.k8s.io/persistentvolumeclaims": "3"}),
            none.clone(),
            ephemeral.clone(),
            &[
                "requests.storage 28Gi 8Gi",
                "slow.storageclass.storage.k8s.io/persistentvolumeclaims 4 1",
            ],
            "2 of its 4 executors",
        ),
        (
            "services of other types",
            json!({"services.nodeports": "1", "services.loadbalancers": "0"}),
            none.clone(),
            json!({"sparkUIOptions": {"serviceType": "LoadBalancer"}, "driverIngressOptions": [{"servicePort": 8080, "servicePortName": "web", "serviceType": "NodePort"}]}),
            &["services.loadbalancers 1 1", "services.nodeports 2 1"],
            "not even its driver",
        ),
        (
            "executors at most",
            json!({"pods": "100"}),
            none.clone(),
            dynamic(2, 1, 1000),
            &["pods 1001 901"],
            "99 of its 1000 executors",
        ),
        (
            "an amount beyond all quotas",
            json!({"pods": "100"}),
            none.clone(),
            dynamic(2, 1, i32::MAX.unsigned_abs()),
            &["pods 2147483648 2147483548"],
            "99 of its 2147483647 executors",
        ),
        (
            "a quota beyond all amounts",
            json!({"requests.cpu": "1e400"}),
            none.clone(),
            none.clone(),
            &[],
            "",
        ),
        (
            "more used than can be told",
            json!({"requests.cpu": "1e400"}),
            json!({"requests.cpu": "1e400"}),
            none.clone(),
            &["requests.cpu 9 0"],
            "not even its driver",
        ),
        (
            "a negative quota",
            json!({"pods": "-1"}),
            none.clone(),
            none.clone(),
            &["pods 5 6"],
            "not even its driver",
        ),
        (
            "no executor",
            json!({"pods": "1"}),
            none.clone(),
            dynamic(0, 0, 0),
            &[],
            "",
        ),
    ];
    for (case, hard, used, spec, rows, fitting) in cases {
        let team = Team::with_quota(&hard, &used);
        // What a quota on limits asks of containers is another matter.
        let (found_rows, found_fitting) = short(&team, &application("job", &spec));
        assert_eq!(
            (found_rows, found_fitting.as_str()),
            (rows.iter().map(|row| (*row).to_owned()).collect(), fitting),
            "{case}"
        );
    }
}

#[test]
fn every_quota_has_its_say() {
    let team = Team {
        quotas: vec![
            quota("loose", &json!({"pods": "100"}), &json!({})),
            quota("tight", &json!({"pods": "3"}), &json!({})),
            quota("tighter", &json!({"pods": "2"}), &json!({})),
        ],
        ..Team::default()
    };
    let found = team.findings(&application("job", &json!({})));
    let [finding] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert_eq!(
        finding.message,
        "the job does not fit the quota `tighter`: 1 of its 4 executors would fit; pods wanted 5, used 0, reserved 0, hard 2: short by 3, and of 1 other resource"
    );
    assert_eq!(
        finding.help.as_deref(),
        Some("ask for no more than 1 executor, or for a larger quota")
    );
    assert_eq!(finding.pointer.as_str(), "/spec/executor/instances");
    let quotas: Vec<&str> = finding.shortfalls.iter().map(|row| row.quota.as_str()).collect();
    assert_eq!(quotas, ["tight", "tighter"]);
}

#[test]
fn what_is_not_known_of_one_quota_does_not_hide_what_another_lacks() {
    let mut uncounted = quota("uncounted", &json!({"pods": "100"}), &json!({}));
    uncounted.used.clear();
    let team = Team {
        quotas: vec![uncounted, quota("tight", &json!({"pods": "3"}), &json!({}))],
        ..Team::default()
    };
    let found = team.findings(&application("job", &json!({})));
    let [finding] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert_eq!(finding.enforcement, Enforcement::Deny);
    assert!(
        finding
            .message
            .starts_with("the job does not fit the quota `tight`: 2 of its 4 executors would fit"),
        "{}",
        finding.message
    );
}

/// Each case: a policy's fields, what the spec says, and how many executors are counted.
#[test]
fn the_policy_says_how_many_executors_count() {
    let dynamic =
        json!({"dynamicAllocation": {"enabled": true, "initialExecutors": 5, "minExecutors": 3, "maxExecutors": 20}});
    let fixed = json!({});
    let cases = [
        ("{}", &dynamic, "20"),
        ("{executors: max}", &dynamic, "20"),
        ("{executors: start}", &dynamic, "5"),
        ("{executors: min}", &dynamic, "3"),
        ("{executors: min}", &fixed, "4"),
        ("{executors: start}", &fixed, "4"),
    ];
    let team = Team::with_quota(&json!({"pods": "1"}), &json!({}));
    for (fields, spec, count) in cases {
        let found = findings(team.validate(&policy(fields), &application("job", spec), None));
        let [finding] = found.as_slice() else {
            panic!("{fields}: {found:#?}");
        };
        let counted = format!("0 of its {count} executors would fit");
        assert!(finding.message.contains(&counted), "{fields}: {}", finding.message);
    }
}

#[test]
fn a_schedule_and_a_suspended_application_must_fit_an_empty_quota() {
    let team = |pods: &str| Team::with_quota(&json!({"pods": pods}), &json!({"pods": "5"}));
    let suspended = application("job", &json!({"suspend": true}));
    let mut scheduled = application("job", &json!({}));
    scheduled["kind"] = json!("ScheduledSparkApplication");
    scheduled["spec"] = json!({"schedule": "@daily", "template": scheduled["spec"]});
    for manifest in [suspended, scheduled] {
        assert_eq!(team("5").findings(&manifest), [], "{manifest}");
        assert_eq!(team("4").findings(&manifest).len(), 1, "{manifest}");
        assert_eq!(team("5").validate(&AT_MOST, &manifest, None).claim, None, "{manifest}");
    }
}

#[test]
fn containers_must_say_what_a_quota_counts() {
    let team = Team::with_quota(&json!({"limits.cpu": "100"}), &json!({}));
    let found = team.findings(&application("job", &json!({})));
    let said: Vec<_> = found
        .iter()
        .map(|finding| (finding.pointer.as_str(), finding.message.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (
                "/spec/driver",
                "the driver is never made: the quota `compute` refuses it, must specify limits.cpu for: spark-kubernetes-driver"
            ),
            (
                "/spec/executor",
                "the executor is never made: the quota `compute` refuses it, must specify limits.cpu for: spark-kubernetes-executor"
            ),
        ]
    );
    let limited = json!({
        "driver": {"cores": 1, "coreLimit": "1", "memory": "2g"},
        "executor": {"cores": 2, "coreLimit": "2", "memory": "4g", "instances": 4},
    });
    assert_eq!(team.findings(&application("job", &limited)), []);
    let defaults = Team {
        limit_ranges: vec![limit_range(&json!([{"type": "Container", "default": {"cpu": "8"}}]))],
        ..Team::with_quota(&json!({"limits.cpu": "40"}), &json!({}))
    };
    assert_eq!(defaults.findings(&application("job", &json!({}))), []);
}

/// Each case: limits of the namespace, and what is said of the driver (a core, and 2432Mi as request and limit) and the executor (two cores, and 4505Mi).
#[test]
fn pods_and_containers_must_keep_to_limit_ranges() {
    let container = |limits: Value| {
        let mut limits = limits;
        limits["type"] = json!("Container");
        json!([limits])
    };
    let pod = |limits: Value| {
        let mut limits = limits;
        limits["type"] = json!("Pod");
        json!([limits])
    };
    let cases: [(Value, &[&str]); 14] = [
        (json!([]), &[]),
        (container(json!({"min": {"cpu": "1"}})), &[]),
        (
            container(json!({"min": {"cpu": "2"}})),
            &[
                "the driver is never made: the limit range `limits` refuses the container `spark-kubernetes-driver`: it asks for cpu 1, and the least is 2",
            ],
        ),
        (
            container(json!({"min": {"memory": "3Gi"}, "default": {"memory": "4Gi"}})),
            &[
                "the driver is never made: the limit range `limits` refuses the container `spark-kubernetes-driver`: it asks for memory 2432Mi, and the least is 3Gi",
            ],
        ),
        // A maximum is a default, so that the container has a limit.
        (container(json!({"max": {"cpu": "2"}})), &[]),
        (
            container(json!({"max": {"memory": "4Gi"}})),
            &[
                "the executor is never made: the limit range `limits` refuses the container `spark-kubernetes-executor`: its limit of memory is 4505Mi, and the most is 4Gi",
            ],
        ),
        (container(json!({"maxLimitRequestRatio": {"memory": "1"}})), &[]),
        (
            container(json!({"default": {"cpu": "4"}, "maxLimitRequestRatio": {"cpu": "3"}})),
            &[
                "the driver is never made: the limit range `limits` refuses the container `spark-kubernetes-driver`: its limit of cpu, 4, is more than 3 times the 1 that it asks for",
            ],
        ),
        (
            container(json!({"maxLimitRequestRatio": {"ephemeral-storage": "1"}})),
            &[
                "the driver is never made: the limit range `limits` refuses the container `spark-kubernetes-driver`: it asks for no ephemeral-storage, and a limit may be 1 times that",
                "the executor is never made: the limit range `limits` refuses the container `spark-kubernetes-executor`: it asks for no ephemeral-storage, and a limit may be 1 times that",
            ],
        ),
        (
            pod(json!({"min": {"memory": "3Gi"}})),
            &[
                "the driver is never made: the limit range `limits` refuses the pod: it asks for memory 2432Mi, and the least is 3Gi",
            ],
        ),
        (
            pod(json!({"min": {"nvidia.com/gpu": "1"}})),
            &[
                "the driver is never made: the limit range `limits` refuses the pod: it asks for no nvidia.com/gpu, and the least is 1",
                "the executor is never made: the limit range `limits` refuses the pod: it asks for no nvidia.com/gpu, and the least is 1",
            ],
        ),
        (
            pod(json!({"max": {"cpu": "16"}})),
            &[
                "the driver is never made: the limit range `limits` refuses the pod: it has no limit of cpu, and the most is 16",
                "the executor is never made: the limit range `limits` refuses the pod: it has no limit of cpu, and the most is 16",
            ],
        ),
        (
            pod(json!({"max": {"memory": "4Gi"}})),
            &[
                "the executor is never made: the limit range `limits` refuses the pod: its limit of memory is 4505Mi, and the most is 4Gi",
            ],
        ),
        (
            json!([{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}]),
            &[],
        ),
    ];
    for (limits, expected) in cases {
        let team = Team {
            limit_ranges: vec![limit_range(&limits)],
            ..Team::default()
        };
        let found = team.findings(&application("job", &json!({})));
        let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, expected, "{limits}");
    }
}

/// Each case: what of the facts is not known, what the spec says, and what is said to be missing.
#[test]
fn what_is_not_known_is_never_taken_to_fit() {
    type Forget = fn(&mut Facts<'_>);
    let nothing: Forget = |_| {};
    let unbounded = json!({"dynamicAllocation": {"enabled": true, "initialExecutors": 1}});
    let plain = json!({});
    let kata = json!({"executor": {"cores": 2, "memory": "4g", "instances": 4, "template": {"spec": {"runtimeClassName": "kata"}}}});
    let cases: [(Forget, &Value, &str); 6] = [
        (
            |facts| facts.quotas = None,
            &plain,
            "the quotas of the namespace are not known",
        ),
        (
            |facts| facts.limit_ranges = None,
            &plain,
            "the limit ranges of the namespace are not known",
        ),
        (
            |facts| facts.statement = None,
            &plain,
            "what other applications still have to come is not known",
        ),
        (
            |facts| facts.priority_classes = None,
            &plain,
            "which priority class pods get that name none is not known",
        ),
        (
            |facts| facts.runtime_classes = None,
            &kata,
            "the runtime classes of the cluster are not known",
        ),
        (
            nothing,
            &unbounded,
            "how many executors the job asks for at most is not known, since it sets no maximum",
        ),
    ];
    let mut scoped = quota("scoped", &json!({"pods": "100"}), &json!({}));
    scoped.scopes = {
        let arena = Arena::new();
        let manifest = json!({"metadata": {"name": "q"}, "spec": {"scopes": ["PriorityClass"]}});
        sparkgate::engine::facts::ResourceQuota::from_json(arena.import(&manifest))
            .unwrap()
            .scopes
    };
    let team = Team {
        quotas: vec![scoped],
        ..Team::default()
    };
    for (forget, spec, reason) in cases {
        for (fields, enforcement) in [
            ("{whenUnknown: deny}", Some(Enforcement::Deny)),
            ("{}", Some(Enforcement::Warn)),
            ("{whenUnknown: allow}", None),
        ] {
            let arena = Arena::new();
            let manifest = arena.import(&application("job", spec));
            let request = Request {
                phase: Phase::Validate,
                ..Request::of_manifest(&arena, manifest, None).unwrap()
            };
            let statement = Statement::default();
            let mut facts = team.facts(&statement);
            forget(&mut facts);
            let found = findings(evaluate(&policy(fields), &request, &facts));
            let said: Vec<_> = found
                .iter()
                .map(|finding| (finding.enforcement, finding.message.as_str()))
                .collect();
            let message = format!("it cannot be told whether the job fits: {reason}");
            let expected: Vec<_> = enforcement
                .iter()
                .map(|enforcement| (*enforcement, message.as_str()))
                .collect();
            assert_eq!(said, expected, "{reason} {fields}");
        }
    }
}

#[test]
fn a_quota_that_nobody_counted_yet_is_not_known() {
    let mut team = Team::with_quota(&json!({"pods": "100"}), &json!({}));
    team.quotas[0].used.clear();
    let found = team.findings(&application("job", &json!({})));
    assert_eq!(found.len(), 1);
    assert!(
        found[0]
            .message
            .ends_with("how much of the quotas is used is not known"),
        "{}",
        found[0].message
    );
}

#[test]
fn amounts_that_are_none_are_found_and_never_fit() {
    let team = Team::with_quota(&json!({"requests.cpu": "1000"}), &json!({}));
    for amount in ["two", "-1", "1e40"] {
        let sidecar = json!([{"name": "s", "image": "s", "resources": {"requests": {"cpu": amount}}}]);
        let executor = json!({"cores": 2, "memory": "4g", "instances": 4, "sidecars": sidecar});
        let found = team.findings(&application("job", &json!({"executor": executor})));
        let [finding] = found.as_slice() else {
            panic!("{amount}: {found:#?}");
        };
        assert_eq!(
            finding.pointer.as_str(),
            "/spec/executor/sidecars/0/resources/requests/cpu",
            "{amount}"
        );
        assert!(finding.message.contains("no amount of cpu"), "{}", finding.message);
    }
}

#[test]
fn without_the_cluster_the_rule_is_skipped() {
    let arena = Arena::new();
    let manifest = arena.import(&application("job", &json!({})));
    let request = Request::of_manifest(&arena, manifest, None).unwrap();
    let verdict = evaluate(&AT_MOST, &request, &Facts::default());
    let skipped: Vec<_> = verdict
        .skipped
        .iter()
        .map(|skipped| (skipped.policy.as_str(), skipped.reason.as_str()))
        .collect();
    assert_eq!(
        skipped,
        [(
            "quota/fits",
            "nothing is known of the quotas in namespace `team`: name manifests of it with --cluster"
        )]
    );
    assert_eq!(findings(verdict), []);
}

#[test]
fn pods_are_left_to_the_api_server() {
    let team = Team::with_quota(&json!({"pods": "0"}), &json!({}));
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "job-driver", "namespace": "team", "labels": {"spark-role": "driver", "spark-app-selector": "s"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    });
    assert_eq!(team.findings(&pod), []);
}

proptest! {
    /// The largest number of executors that would fit does, and one more does not.
    #[test]
    fn as_many_executors_fit_as_it_says(executors in 1..2000_u32, pods in 0..2500_u32, cores in 0..5000_u32, used in 0..50_u32) {
        let hard = json!({"pods": pods, "requests.cpu": cores});
        let team = Team::with_quota(&hard, &json!({"pods": used}));
        let of = |count: u32| {
            let executor = json!({"cores": 2, "memory": "4g", "instances": count});
            short(&team, &application("job", &json!({"executor": executor})))
        };
        let most = i64::from(pods).saturating_sub(i64::from(used) + 1).min((i64::from(cores) - 1).div_euclid(2));
        let (rows, fitting) = of(executors);
        if most >= i64::from(executors) {
            prop_assert_eq!(rows, Vec::<String>::new());
        } else if most < 0 {
            prop_assert_eq!(fitting, "not even its driver");
        } else {
            prop_assert_eq!(fitting, format!("{most} of its {executors} executors"));
        }
    }
}
