//! What holds for any manifest: nothing makes the engine panic, and what a finding says to write is taken.

use std::collections::BTreeSet;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use sparkgate::engine::documentation::{List, RULES};
use sparkgate::engine::facts::ResourceQuota;
use sparkgate::engine::finding::{Finding, Verdict};
use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::quantity::{JvmMemory, Units};
use sparkgate::engine::quota::Statement;
use sparkgate::engine::request::{Operation, Phase, Request};
use sparkgate::engine::{Facts, evaluate};

use super::policy;

/// Every rule, of every kind.
const ALL_RULES: &str = r#"
  mutate:
    - {name: placed, nodeSelector: {pool: on-demand}}
    - {name: forced, onConflict: override, nodeSelector: {zone: a}}
    - {name: refused, onConflict: deny, nodeSelector: {disk: ssd}}
    - {name: tolerant, required: true, tolerations: [{key: spot, operator: Exists, effect: NoSchedule}]}
  validate:
    - {name: handed-over, decommission: {pools: [{labels: {pool: spot}}]}}
    - {name: elastic, dynamicAllocation: {minExecutors: {max: 1}, initialExecutors: {min: 3}, maxExecutors: {max: 5}, executorIdleTimeout: {max: 1s}, cachedExecutorIdleTimeout: {min: 1d}, shuffleTrackingTimeout: {max: 1h}}}
    - {name: overhead, memoryOverhead: {minRatio: 0.3, languages: {Python: 10}}}
    - {name: trusted, images: {registries: [a.io], pinned: digest, sameInBothRoles: true}}
    - {name: off-spot, notOnSpot: {pools: [{labels: {pool: spot, cpus: "16"}, taint: {key: spot, value: "5", effect: NoSchedule}}]}}
    - {name: confined, podSecurity: {level: restricted}}
    - {name: fits, quotaFit: {whenUnknown: deny}}
    - {name: owned, requiredMetadata: {labels: {team: [a]}, annotations: {owner: ["*@*"]}}}
    - {name: sizes, resources: {cpu: {min: 2, max: 3}, memory: {min: 1Gi, max: 2Gi}, memoryPerCore: {min: 1Gi, max: 2Gi}, maxLimitRequestRatio: {cpu: 2, memory: 1}, pools: [{nodes: {labels: {pool: spot}}, largestPod: {cpu: 1, memory: 1Gi}}]}}
    - {name: restarts, restartPolicy: {types: [OnFailure, Always], maxRetries: 2, interval: {min: 1min, max: 1h}}}
    - {name: schedules, schedule: {concurrencyPolicies: [Forbid], historyLimit: {min: 2, max: 3}}}
    - {name: queued, scheduling: {schedulers: [volcano], queues: [root], priorityClasses: [low]}}
    - {name: no-literals, secrets: {names: [key], except: [value]}}
    - {name: no-back-doors, sparkConf: {forbidden: ["spark.kubernetes.*"], required: ["spark.acme.*"], values: {spark.executor.cores: ["1"]}}}
    - {name: readable, wellFormed: {propertyPrefixes: [spark.acme.]}}
"#;

const PROPERTIES: &[&str] = &[
    "spark.driver.memory",
    "spark.driver.memoryOverhead",
    "spark.driver.memoryOverheadFactor",
    "spark.driver.minMemoryOverhead",
    "spark.driver.cores",
    "spark.executor.memory",
    "spark.executor.memoryOverhead",
    "spark.executor.memoryOverheadFactor",
    "spark.executor.minMemoryOverhead",
    "spark.executor.pyspark.memory",
    "spark.executor.instances",
    "spark.executor.cores",
    "spark.memory.offHeap.size",
    "spark.kubernetes.memoryOverheadFactor",
    "spark.kubernetes.driver.request.cores",
    "spark.kubernetes.driver.limit.cores",
    "spark.kubernetes.node.selector.pool",
    "spark.kubernetes.driver.node.selector.pool",
    "spark.kubernetes.driver.volumes.",
    "spark.kubernetes.driver.volumes.nfs",
    "spark.kubernetes.executor.secrets.",
    "spark.dynamicAllocation.enabled",
    "spark.dynamicAllocation.initialExecutors",
    "spark.dynamicAllocation.minExecutors",
    "spark.dynamicAllocation.maxExecutors",
    "spark.dynamicAllocation.executorIdleTimeout",
    "spark.dynamicAllocation.shuffleTracking.timeout",
    "spark.dynamicallocation.maxexecutors",
    "spark.decommission.enabled",
    "spark.storage.decommission.enabled",
    "spark.kubernetes.driver.labels.acme.io/team",
    "spark.kubernetes.driver.annotation.yunikorn.apache.org/task-groups",
    "spark.kubernetes.executor.volumes.hostPath.a.options.path",
    "spark.kubernetes.container.image",
    "spark.kubernetes.executor.podTemplateFile",
    "spark.kubernetes.scheduler.name",
    "spark.driver.extraJavaOptions",
    "spark.executorEnv.TOKEN",
    "spark.hadoop.fs.s3a.secret.key",
    "spark.acme.key",
    "spark.mesos.coarse",
    "spark.",
    "fs.s3a.endpoint",
    "ÄRGER",
    "",
];

/// Keys of the objects in and around a pod, in any of which any may stand.
const KEYS: &[&str] = &[
    "name",
    "key",
    "value",
    "values",
    "operator",
    "effect",
    "pool",
    "cpus",
    "spec",
    "nodeName",
    "nodeSelector",
    "tolerations",
    "affinity",
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
    "matchExpressions",
    "matchFields",
    "containers",
    "initContainers",
    "ephemeralContainers",
    "resources",
    "requests",
    "limits",
    "cpu",
    "memory",
    "volumeMounts",
    "volumes",
    "command",
    "args",
    "env",
    "image",
    "securityContext",
    "privileged",
    "capabilities",
    "add",
    "seccompProfile",
    "type",
    "runAsUser",
    "ports",
    "hostPort",
    "hostPath",
    "hostNetwork",
    "schedulerName",
    "priorityClassName",
];

/// Labels and annotations that rules look for.
const METADATA: &[&str] = &[
    "team",
    "owner",
    "queue",
    "scheduling.k8s.io/group-name",
    "yunikorn.apache.org/task-group-name",
    "yunikorn.apache.org/task-groups",
];

/// Fields of a role, and others that do not belong there.
const ROLE_FIELDS: &[&str] = &[
    "cores",
    "coreRequest",
    "coreLimit",
    "memory",
    "memoryOverhead",
    "instances",
    "template",
    "nodeSelector",
    "tolerations",
    "affinity",
    "volumeMounts",
    "initContainers",
    "sidecars",
    "configMaps",
    "secrets",
    "image",
    "env",
    "envVars",
    "labels",
    "annotations",
    "javaOptions",
    "securityContext",
    "podSecurityContext",
    "hostNetwork",
    "schedulerName",
    "executor",
];

const DYNAMIC_ALLOCATION_FIELDS: &[&str] = &["enabled", "initialExecutors", "minExecutors", "maxExecutors"];

const RESTART_FIELDS: &[&str] = &[
    "type",
    "onFailureRetries",
    "onFailureRetryInterval",
    "onSubmissionFailureRetries",
    "onSubmissionFailureRetryInterval",
];

/// Fields of a schedule beside its template.
const SCHEDULE_FIELDS: &[&str] = &[
    "schedule",
    "timeZone",
    "concurrencyPolicy",
    "successfulRunHistoryLimit",
    "failedRunHistoryLimit",
];

const MONITORING_FIELDS: &[&str] = &[
    "exposeDriverMetrics",
    "prometheus",
    "configFile",
    "metricsPropertiesFile",
];

/// What people, and worse, write where one value belongs.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "-?[0-9]{0,20}(\\.[0-9]{0,3})?(b|k|m|g|t|p|Ki|Mi|GiB|gb|E|e9|e-999)?".prop_map(Value::from),
        select(vec![
            "spot",
            "5",
            "Exists",
            "Equal",
            "In",
            "Gt",
            "Lt",
            "DoesNotExist",
            "driver",
            "Python",
            "OnFailure",
            "Always",
            "Forbid",
            "0 0 30 2 *",
            "@every 1h",
            "3.2.0",
            "true",
            "volcano",
            "Localhost",
            "a.io/b@sha256:",
            "-Dspark.a=\"",
            "jdbc:a://b:c@d/?password=",
            "[{\"name\":\"a\",\"minMember\":3,\"minResource\":{\"cpu\":\"1e99\"}}]",
        ])
        .prop_map(Value::from),
    ]
}

/// A value of any shape, with keys that the rules look for.
fn anything() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(6, 48, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), object(KEYS, inner),]
    })
}

fn object(keys: &'static [&'static str], values: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    btree_map(select(keys), values, 0..5).prop_map(|members| {
        let members: Map<String, Value> = members
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        Value::from(members)
    })
}

/// Mostly of the right shape, so that a rule gets to its end, and now and then of any.
fn mostly(right: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    prop_oneof![9 => right.boxed(), 1 => anything().boxed()]
}

fn spec() -> impl Strategy<Value = Value> {
    let role = || mostly(object(ROLE_FIELDS, prop_oneof![scalar().boxed(), anything().boxed()]));
    (
        [scalar().boxed(), scalar().boxed(), scalar().boxed()],
        role(),
        role(),
        mostly(object(PROPERTIES, scalar())),
        mostly(object(DYNAMIC_ALLOCATION_FIELDS, scalar())),
        [
            mostly(object(MONITORING_FIELDS, anything())).boxed(),
            mostly(object(RESTART_FIELDS, scalar())).boxed(),
        ],
        [anything().boxed(), anything().boxed(), anything().boxed()],
        (
            [scalar().boxed(), scalar().boxed()],
            mostly(object(&["queue", "priorityClassName", "resources"], anything())),
            vec(scalar(), 0..4),
        ),
    )
        .prop_map(
            |(
                [language, version, factor],
                driver,
                executor,
                properties,
                dynamic,
                [monitoring, restarts],
                [selector, volumes, ingress],
                ([image, scheduler], scheduler_options, arguments),
            )| {
                json!({
                    "type": language,
                    "sparkVersion": version,
                    "memoryOverheadFactor": factor,
                    "driver": driver,
                    "executor": executor,
                    "sparkConf": properties,
                    "dynamicAllocation": dynamic,
                    "monitoring": monitoring,
                    "restartPolicy": restarts,
                    "nodeSelector": selector,
                    "volumes": volumes,
                    "driverIngressOptions": ingress,
                    "image": image,
                    "batchScheduler": scheduler,
                    "batchSchedulerOptions": scheduler_options,
                    "arguments": arguments,
                })
            },
        )
}

fn manifest() -> impl Strategy<Value = Value> {
    let metadata = || object(&["name", "generateName", "namespace"], scalar());
    let of_kind = |kind: &'static str, metadata: Value, spec: Value| json!({"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": kind, "metadata": metadata, "spec": spec});
    prop_oneof![
        4 => (metadata(), mostly(spec())).prop_map(move |(metadata, spec)| of_kind("SparkApplication", metadata, spec)),
        1 => (metadata(), object(SCHEDULE_FIELDS, scalar()), mostly(spec())).prop_map(move |(metadata, mut schedule, spec)| {
            schedule["template"] = spec;
            of_kind("ScheduledSparkApplication", metadata, schedule)
        }),
        2 => (mostly(object(METADATA, scalar())), mostly(object(KEYS, anything()))).prop_map(|(annotations, spec)| json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"labels": {"spark-role": "driver", "spark-app-selector": "spark-1"}, "annotations": annotations},
            "spec": spec,
        })),
    ]
}

fn judged(policies: &PolicySet, phase: Phase, operation: Operation, manifest: &Value, old: Option<&Value>) -> Verdict {
    let arena = Arena::new();
    let request = Request {
        phase,
        operation,
        old_object: old.map(|old| arena.import(old)),
        ..Request::of_manifest(&arena, arena.import(manifest), None).unwrap()
    };
    let quota = json!({"metadata": {"name": "small"}, "spec": {"hard": {"limits.cpu": "1", "requests.memory": "1Gi", "pods": "3"}}});
    let mut quota = ResourceQuota::from_json(arena.import(&quota)).unwrap();
    quota.assume_unused();
    let facts = Facts {
        quotas: Some(&[quota]),
        limit_ranges: Some(&[]),
        statement: Some(&Statement::default()),
        ..Facts::default()
    };
    evaluate(policies, &request, &facts)
}

fn checked(policies: &PolicySet, manifest: &Value) -> Vec<Finding> {
    judged(policies, Phase::Check, Operation::Create, manifest, None).findings
}

fn application(spec: &Value) -> Value {
    json!({"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication", "metadata": {"name": "job"}, "spec": spec})
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// What stands between the first backtick after `before` and the next.
fn quoted_after<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    text.split_once(before)?.1.split('`').next()
}

#[test]
fn no_validation_is_left_out() {
    let policies = policy(ALL_RULES);
    let entries = policies.policies().iter().flat_map(|policy| &policy.validations);
    let tried: BTreeSet<&str> = entries.map(|entry| entry.rule.name).collect();
    let validations = RULES.iter().filter(|rule| rule.list == List::Validate);
    assert_eq!(tried, validations.map(|rule| rule.name).collect());
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn no_manifest_makes_the_engine_panic(manifest in manifest(), old in manifest()) {
        let policies = policy(ALL_RULES);
        for phase in [Phase::Mutate, Phase::Validate, Phase::Check] {
            for (operation, old) in [(Operation::Create, None), (Operation::Update, Some(&old))] {
                let verdict = judged(&policies, phase, operation, &manifest, old);
                for finding in verdict.findings.iter().filter(|finding| finding.rule == "memoryOverhead") {
                    prop_assert!(!finding.message.contains("NaN") && !finding.message.contains("inf"), "{finding:?}");
                }
            }
        }
    }

    #[test]
    fn the_overhead_or_the_factor_that_is_asked_for_is_enough(
        ratio in prop_oneof![0.01..1.0, Just(0.1), Just(0.25), 1.0..=10.0],
        language in select(vec!["Java", "Scala", "Python", "R"]),
        version in select(vec!["3.2.4", "3.5.1", "4.0.0", "4.3.0"]),
        heap in "(4[5-9][0-9]|[1-9][0-9]{3,6})m|[1-9][0-9]{0,3}g|[5-9][0-9]{8,11}b",
        overhead in prop_oneof![Just(None), "[0-9]{1,4}m".prop_map(Some)],
        properties in btree_map(
            select(vec![
                "spark.executor.memoryOverheadFactor",
                "spark.kubernetes.memoryOverheadFactor",
                "spark.executor.minMemoryOverhead",
                "spark.executor.memoryOverhead",
            ]),
            "0\\.[0-9]{0,2}[1-9]",
            0..3,
        ),
        factor in prop_oneof![Just(None), "0\\.[0-9]{1,2}".prop_map(Some)],
    ) {
        let policies = policy(&format!(
            "  validate: [{{name: overhead, roles: [executor], memoryOverhead: {{minRatio: {ratio}}}}}]"
        ));
        let properties: Map<String, Value> = properties
            .into_iter()
            .map(|(name, share)| match name.strip_suffix("Factor") {
                Some(_) => (name.to_owned(), Value::from(share)),
                // As an amount, so many hundredths are so many MiB.
                None => (name.to_owned(), Value::from(format!("{}m", share.trim_start_matches("0.")))),
            })
            .collect();
        let spec = json!({
            "type": language,
            "sparkVersion": version,
            "memoryOverheadFactor": factor,
            "driver": {},
            "executor": {"memory": heap, "memoryOverhead": overhead},
            "sparkConf": properties,
        });
        let shortages = |spec: &Value| {
            let findings = checked(&policies, &application(spec));
            findings.into_iter().filter(|finding| finding.rule == "memoryOverhead").collect::<Vec<_>>()
        };
        for shortage in shortages(&spec) {
            let help = shortage.help.unwrap();
            let mut better = spec.clone();
            better["executor"]["memoryOverhead"] = quoted_after(&help, "write `memoryOverhead: ").unwrap().into();
            prop_assert_eq!(shortages(&better), [], "{}", help);
            let Some((name, value)) = quoted_after(&help, ", or `").and_then(|field| field.split_once(": ")) else {
                continue;
            };
            let mut better = spec.clone();
            let place = if name.starts_with("spark.") { &mut better["sparkConf"][name] } else { &mut better[name] };
            *place = value.trim_matches('"').into();
            prop_assert_eq!(shortages(&better), [], "{}", help);
        }
    }

    #[test]
    fn memory_that_is_suggested_can_be_read(
        text in "[0-9]{1,7}(\\.[0-9]{1,3})? ?(b|k|m|g|t|KB|Mi|gi|GiB|Ti|GB)?",
        version in select(vec!["3.5.1", "4.2.0", "latest"]),
    ) {
        let spec = json!({
            "type": "Scala",
            "sparkVersion": version,
            "driver": {"memory": &text},
            "executor": {"memoryOverhead": &text},
        });
        for finding in checked(&PolicySet::builtin(), &application(&spec)) {
            let suggested = finding.help.as_deref().filter(|_| finding.pointer.as_str().contains("memory"));
            if let Some(suggested) = suggested.and_then(|help| help.strip_prefix("write `")) {
                let suggested = suggested.split('`').next().unwrap();
                prop_assert!(JvmMemory::parse(suggested, Units::Jvm).is_ok(), "{finding:?}");
            }
        }
    }
}
