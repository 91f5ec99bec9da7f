//! `resources`: how much pods ask for, how much more they may take, and whether a node holds them.

use super::{apache, application, assert_found, findings, findings_of_update, pod, policy, scheduled};
use crate::policy_files::assert_refused_validations;

const RULE: &str = "resources";

fn rule(fields: &str) -> String {
    format!("  validate: [{{name: sizes, resources: {{{fields}}}}}]")
}

#[track_caller]
fn assert_rows(fields: &str, rows: &[(&str, &str, &[(&str, &str)])]) {
    let policies = policy(&rule(fields));
    for (case, members, expected) in rows {
        assert_found(case, &findings(RULE, &policies, &application(members)), expected);
    }
}

#[test]
fn bounds_what_the_pods_of_an_application_ask_for() {
    assert_rows(
        "cpu: {min: 500m, max: 4}, memory: {min: 1Gi, max: 8Gi}",
        &[
            ("the defaults", "", &[]),
            (
                "the heap and its overhead together",
                "executor: {memory: 7500m}",
                &[(
                    "/spec/executor/memory",
                    "the executor asks for 8250Mi of memory, and 8Gi is the most",
                )],
            ),
            (
                "a property says it",
                "sparkConf: {spark.executor.memory: 16g}",
                &[("/spec/sparkConf/spark.executor.memory", "the most")],
            ),
            (
                "off-heap memory counts",
                "executor: {memory: 4g}, sparkConf: {spark.memory.offHeap.enabled: \"true\", spark.memory.offHeap.size: 6g}",
                &[("/spec/executor/memory", "10649Mi of memory")],
            ),
            (
                "a driver that is too small",
                "driver: {memory: 512m}",
                &[("/spec/driver/memory", "896Mi of memory, and 1Gi is the least")],
            ),
            (
                "cores of both",
                "driver: {cores: 5}, executor: {cores: 8}",
                &[
                    ("/spec/driver/cores", "the driver asks for 5 cpu"),
                    ("/spec/executor/cores", "the executor asks for 8 cpu"),
                ],
            ),
            (
                "a request for Kubernetes alone",
                "executor: {cores: 4, coreRequest: 250m}",
                &[("/spec/executor/coreRequest", "500m is the least")],
            ),
            (
                "a limit far above the request",
                "executor: {coreLimit: \"16\"}",
                &[("/spec/executor/coreLimit", "may take 16 cpu by its limits")],
            ),
            (
                "a memory limit of the operator",
                "executor: {memoryLimit: 32g}",
                &[("/spec/executor/memoryLimit", "may take 32Gi of memory by its limits")],
            ),
            (
                "a sidecar",
                "driver: {sidecars: [{name: helper, image: i, resources: {requests: {memory: 20Gi}}}]}",
                &[("/spec/driver/sidecars/0/resources/requests/memory", "21888Mi of memory")],
            ),
            (
                "an init container",
                "executor: {initContainers: [{name: init, image: i, resources: {limits: {cpu: 12}}}]}",
                &[(
                    "/spec/executor/initContainers/0/resources/limits/cpu",
                    "asks for 12 cpu",
                )],
            ),
            (
                "a sidecar of the template",
                "executor: {template: {spec: {containers: [{name: helper, resources: {requests: {cpu: 9}}}, {name: spark-kubernetes-executor}]}}}",
                &[(
                    "/spec/executor/template/spec/containers/0/resources/requests/cpu",
                    "asks for 10 cpu",
                )],
            ),
            (
                "the pod as a whole",
                "executor: {template: {spec: {resources: {requests: {memory: 100Gi}}, containers: [{name: spark-kubernetes-executor}]}}}",
                &[(
                    "/spec/executor/template/spec/resources/requests/memory",
                    "asks for 100Gi of memory",
                )],
            ),
            (
                "what Spark cannot read is for wellFormed",
                "executor: {memory: 1.5g, cores: many}",
                &[],
            ),
        ],
    );
}

#[test]
fn bounds_the_memory_of_each_core() {
    assert_rows(
        "memoryPerCore: {min: 2Gi, max: 4Gi}",
        &[
            ("enough", "driver: {memory: 2g}, executor: {cores: 2, memory: 5g}", &[]),
            (
                "many cores",
                "driver: {memory: 2g}, executor: {cores: 8, memory: 4g}",
                &[(
                    "/spec/executor/memory",
                    "the executor asks for 4505Mi of memory and 8 cpu, less than 2Gi for each cpu",
                )],
            ),
            (
                "few cores",
                "driver: {memory: 2g}, executor: {cores: 1, memory: 16g}",
                &[("/spec/executor/memory", "more than 4Gi for each cpu")],
            ),
            (
                "a fraction of a core",
                "driver: {memory: 2g, coreRequest: 500m}, executor: {cores: 2, memory: 5g}",
                &[("/spec/driver/memory", "2432Mi of memory and 500m cpu, more than 4Gi")],
            ),
        ],
    );
}

#[test]
fn holds_limits_against_requests() {
    assert_rows(
        "maxLimitRequestRatio: {cpu: 1.5, memory: 1}",
        &[
            (
                "limits near by",
                "driver: {coreLimit: \"1\"}, executor: {cores: 2, coreLimit: \"3\"}",
                &[],
            ),
            (
                "no limit",
                "driver: {coreLimit: \"1\"}, executor: {cores: 2}",
                &[("/spec/executor/cores", "may take any amount of cpu: it has no limit")],
            ),
            (
                "a limit too far",
                "driver: {coreLimit: \"1\"}, executor: {cores: 2, coreLimit: \"4\"}",
                &[(
                    "/spec/executor/coreLimit",
                    "asks for 2 cpu and may take 4, more than 1.5 times as much",
                )],
            ),
            (
                "by property",
                "driver: {coreLimit: \"1\"}, sparkConf: {spark.kubernetes.executor.limit.cores: \"4\"}",
                &[("/spec/sparkConf/spark.kubernetes.executor.limit.cores", "may take 4")],
            ),
            (
                "more memory than Spark asks for",
                "driver: {coreLimit: \"1\", memoryLimit: 4g}, executor: {coreLimit: \"1\"}",
                &[("/spec/driver/memoryLimit", "may take 4Gi")],
            ),
            (
                "an init container without limits",
                "driver: {coreLimit: \"1\", initContainers: [{name: init, image: i}]}, executor: {coreLimit: \"1\"}",
                &[
                    (
                        "/spec/driver/initContainers/0",
                        "`init` of the driver may take any amount of cpu",
                    ),
                    ("/spec/driver/initContainers/0", "any amount of memory"),
                ],
            ),
        ],
    );
}

#[test]
fn asks_for_a_node_that_holds_the_pod() {
    assert_rows(
        "pools: [{nodes: {labels: {pool: small}}, largestPod: {cpu: 4, memory: 8Gi}}, {nodes: {labels: {pool: large}, taint: {key: large, effect: NoSchedule}}, largestPod: {cpu: 16, memory: 64Gi}}]",
        &[
            ("small ones", "", &[]),
            (
                "only the large nodes would hold it, and they are tainted",
                "executor: {memory: 16g}",
                &[(
                    "/spec/executor/memory",
                    "the executor asks for 1 cpu and 18022Mi of memory, and no node that it can be scheduled on holds that: a node with `pool=small` holds 4 cpu and 8Gi of memory",
                )],
            ),
            (
                "it tolerates the taint",
                "executor: {memory: 16g, tolerations: [{key: large, operator: Exists}]}",
                &[],
            ),
            (
                "it selects the small ones all the same",
                "executor: {memory: 16g, tolerations: [{key: large, operator: Exists}], nodeSelector: {pool: small}}",
                &[("/spec/executor/memory", "no node")],
            ),
            (
                "larger than the largest",
                "driver: {cores: 32, template: {spec: {tolerations: [{operator: Exists}]}}}",
                &[(
                    "/spec/driver/cores",
                    "a node with `pool=small` holds 4 cpu and 8Gi of memory; a node with `pool=large`",
                )],
            ),
            (
                "nodes that nobody described",
                "executor: {memory: 16g, nodeSelector: {pool: other}}",
                &[],
            ),
        ],
    );
    assert_rows(
        "pools: [{largestPod: {memory: 4Gi}}]",
        &[(
            "all nodes are alike",
            "executor: {memory: 8g}",
            &[("/spec/executor/memory", "every node holds 4Gi of memory")],
        )],
    );
}

#[test]
fn judges_pods_as_they_are_made_and_resized() {
    let policies = policy(&rule(
        "cpu: {min: 1}, memory: {max: 4Gi}, memoryPerCore: {max: 4Gi}, maxLimitRequestRatio: {memory: 1}, pools: [{largestPod: {cpu: 8}}]",
    ));
    let with = |resources: &str| {
        pod(
            "executor",
            &format!(
                "{{containers: [{{name: spark, args: [executor], env: [{{name: SPARK_APPLICATION_ID, value: a}}], resources: {resources}}}]}}"
            ),
        )
    };
    let small = with("{requests: {cpu: 1, memory: 2Gi}, limits: {memory: 2Gi}}");
    let large = with("{requests: {cpu: 1, memory: 6Gi}, limits: {memory: 6Gi}}");
    let memory = "/spec/containers/0/resources/requests/memory";
    let too_large: &[(&str, &str)] = &[
        (memory, "6Gi of memory, and 4Gi"),
        (memory, "more than 4Gi for each cpu"),
    ];
    assert_found("small", &findings(RULE, &policies, &small), &[]);
    assert_found("large", &findings(RULE, &policies, &large), too_large);
    assert_found("grown", &findings_of_update(RULE, &policies, &small, &large), too_large);
    assert_found("as it was", &findings_of_update(RULE, &policies, &large, &large), &[]);
    assert_found(
        "nothing asked for",
        &findings(RULE, &policies, &with("{}")),
        &[
            ("/spec/containers/0", "the executor asks for no cpu"),
            (
                "/spec/containers/0",
                "`spark` of the executor may take any amount of memory",
            ),
        ],
    );
    assert_found(
        "larger than every node",
        &findings(RULE, &policies, &with("{requests: {cpu: 9}, limits: {memory: 1Gi}}")),
        &[("/spec/containers/0/resources/requests/cpu", "every node holds 8 cpu")],
    );
}

#[test]
fn judges_whom_the_entry_is_about_in_every_kind_of_application() {
    let of_executors = policy("  validate: [{name: sizes, roles: [executor], resources: {memory: {max: 2Gi}}}]");
    let members = "driver: {memory: 8g}, executor: {memory: 8g}";
    assert_found(
        "executors",
        &findings(RULE, &of_executors, &application(members)),
        &[("/spec/executor/memory", "the executor")],
    );
    assert_found(
        "a schedule",
        &findings(RULE, &of_executors, &scheduled(members)),
        &[("/spec/template/executor/memory", "the executor")],
    );
    let apache = apache("spark.driver.memory: 8g, spark.executor.memory: 8g", "");
    assert_found(
        "Apache's",
        &findings(RULE, &of_executors, &apache),
        &[("/spec/sparkConf/spark.executor.memory", "the executor")],
    );
    assert_found(
        "a driver pod",
        &findings(
            RULE,
            &of_executors,
            &pod(
                "driver",
                "{containers: [{name: c, resources: {requests: {memory: 9Gi}}}]}",
            ),
        ),
        &[],
    );
}

#[test]
fn says_what_to_ask_for() {
    let cases = [
        (
            "memory: {max: 2Gi}",
            "executor: {memory: 4g}",
            "ask for 2Gi or less in all: Spark's container with its overhead, and what runs beside it",
        ),
        ("cpu: {min: 2}", "driver: {cores: 2}", "ask for 2 or more"),
        (
            "maxLimitRequestRatio: {cpu: 2}",
            "driver: {coreLimit: \"1\"}, executor: {cores: 3}",
            "give it a limit of cpu of 6 or less",
        ),
        (
            "memoryPerCore: {min: 2Gi}",
            "driver: {memory: 2g}, executor: {memory: 4g, cores: 4}",
            "ask for 8Gi of memory or more, or for another number of cores",
        ),
    ];
    for (fields, members, help) in cases {
        let findings = findings(RULE, &policy(&rule(fields)), &application(members));
        let said: Vec<_> = findings.iter().map(|finding| finding.help.as_deref()).collect();
        assert_eq!(said, [Some(help)], "{fields}");
    }
}

#[test]
fn refuses_what_can_never_be() {
    assert_refused_validations(
        r#"
        «resources: {}
            the rule asks for nothing; give it `cpu`, `memory`, `memoryPerCore`, `maxLimitRequestRatio` or `pools`
        resources: {«cpu: {}}
            the range bounds nothing; write `min`, `max`, or both
        resources: {memory: {min: «8Gi, max: 4Gi}}
            the least, 8Gi, is above the most, 4Gi; write 4Gi or less
        resources: {cpu: {min: 4}, memory: {max: 4Gi}, memoryPerCore: {min: «2Gi}}
            no pod has 8Gi, the least with `cpu`, and 4Gi at most; write ranges that a pod can meet together
        resources: {cpu: {max: 2}, memory: {min: 16Gi}, memoryPerCore: {max: «4Gi}}
            no pod has 8Gi, the most with `cpu`, and 16Gi at least; write ranges that a pod can meet together
        resources: {memory: {max: «8g}}
            `8g` is no quantity: Kubernetes reads a number and a unit, such as 500m, 2 or 4Gi
        resources: {cpu: {max: «"-1"}}
            -1 is below zero; write an amount of zero or more
        resources: {cpu: {«most: 4}}
            unknown field `most`; write one of `min`, `max`
        resources: {maxLimitRequestRatio: {memory: «0.5}}
            0.5 is no ratio of a limit to its request: no limit is below it; write 1 for a limit that is the request, or more
        resources: {maxLimitRequestRatio: {«storage: 1}}
            unknown value `storage`; write one of `cpu`, `memory`
        resources: {pools: [{nodes: {labels: {a: b}}, «largestPod: {}}]}
            the pool has no size; write how much one of its nodes leaves to a pod: `{cpu: 15500m, memory: 120Gi}`
        resources: {pools: [«{nodes: {labels: {a: b}}}]}
            `largestPod` is missing
        resources: {pools: [{nodes: {labels: {a: «"b c"}}, largestPod: {cpu: 1}}]}
            `b c` is no label value; a value is up to 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit
    "#,
    );
}
