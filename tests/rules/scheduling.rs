//! `scheduling`: by which scheduler, in which queue, with which priority, and no gang that waits for ever.

use sparkgate::engine::policy::PolicySet;

use super::{application, assert_found, findings, policy, scheduled};

const RULE: &str = "scheduling";

fn asking_for(rule: &str) -> PolicySet {
    policy(&format!("  validate: [{{name: tested, scheduling: {{{rule}}}}}]"))
}

/// Each row: a case, members of an application's spec, what is found and where.
fn assert_rows(rule: &str, rows: &[(&str, &str, &[(&str, &str)])]) {
    let policies = asking_for(rule);
    for (case, members, expected) in rows {
        assert_found(case, &findings(RULE, &policies, &application(members)), expected);
    }
}

/// A pod of Spark's with this in its metadata and its spec.
fn pod(role: &str, metadata: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, {metadata}}}\nspec: {{containers: [{{name: c, args: [{role}], env: [{{name: SPARK_APPLICATION_ID, value: a}}], resources: {{requests: {{cpu: 1, memory: 1Gi}}}}}}], {spec}}}"
    )
}

#[test]
fn schedulers_are_those_that_are_allowed() {
    assert_rows(
        "schedulers: [volcano, \"yuni*\"]",
        &[
            ("both", "batchScheduler: volcano", &[]),
            ("a pattern", "batchScheduler: yunikorn", &[]),
            (
                "none",
                "",
                &[
                    (
                        "/spec/driver",
                        "the driver's scheduler `default-scheduler` is not allowed",
                    ),
                    ("/spec/executor", "the executor's scheduler `default-scheduler`"),
                ],
            ),
            (
                "a role's field",
                "driver: {schedulerName: volcano}, executor: {schedulerName: other}",
                &[("/spec/executor/schedulerName", "`other`")],
            ),
            (
                "a property",
                "sparkConf: {spark.kubernetes.scheduler.name: volcano, spark.kubernetes.executor.scheduler.name: other}",
                &[("/spec/sparkConf/spark.kubernetes.executor.scheduler.name", "`other`")],
            ),
            (
                "a template",
                "driver: {template: {spec: {schedulerName: other}}}, executor: {schedulerName: volcano}",
                &[("/spec/driver/template/spec/schedulerName", "`other`")],
            ),
        ],
    );
    let policies = asking_for("schedulers: [volcano]");
    assert_found(
        "a pod",
        &findings(RULE, &policies, &pod("driver", "", "schedulerName: volcano")),
        &[],
    );
    assert_found(
        "another pod",
        &findings(RULE, &policies, &pod("executor", "", "schedulerName: x")),
        &[("/spec/schedulerName", "the executor's scheduler `x`")],
    );
    assert_found(
        "a schedule",
        &findings(
            RULE,
            &policies,
            &scheduled("batchScheduler: volcano, driver: {schedulerName: x}"),
        ),
        &[],
    );
}

#[test]
fn priority_classes_are_those_that_are_allowed() {
    assert_rows(
        "priorityClasses: [\"spark-*\"]",
        &[
            ("none", "", &[]),
            ("an allowed one", "driver: {priorityClassName: spark-high}", &[]),
            (
                "others",
                "driver: {priorityClassName: system-node-critical}, executor: {template: {spec: {priorityClassName: system-cluster-critical}}}",
                &[
                    (
                        "/spec/driver/priorityClassName",
                        "the driver's priority class `system-node-critical` is not allowed",
                    ),
                    ("/spec/executor/template/spec/priorityClassName", "the executor's"),
                ],
            ),
            (
                "that of the group",
                "batchScheduler: volcano, batchSchedulerOptions: {priorityClassName: urgent}",
                &[(
                    "/spec/batchSchedulerOptions/priorityClassName",
                    "the priority class `urgent`",
                )],
            ),
        ],
    );
    let policies = asking_for("priorityClasses: [\"spark-*\"]");
    assert_found("a pod", &findings(RULE, &policies, &pod("driver", "", "")), &[]);
    assert_found(
        "another pod",
        &findings(RULE, &policies, &pod("driver", "", "priorityClassName: urgent")),
        &[("/spec/priorityClassName", "`urgent`")],
    );
}

#[test]
fn a_queue_is_named() {
    assert_rows(
        "queues: [\"root.team-*\"]",
        &[
            (
                "none",
                "",
                &[
                    ("/spec/driver", "the driver's pod names no queue"),
                    ("/spec/executor", "the executor's pod names no queue"),
                ],
            ),
            (
                "the option",
                "batchScheduler: volcano, batchSchedulerOptions: {queue: root.team-a}",
                &[],
            ),
            (
                "YuniKorn's",
                "batchScheduler: yunikorn, batchSchedulerOptions: {queue: root.team-a}",
                &[],
            ),
            (
                "another, said once",
                "batchScheduler: yunikorn, batchSchedulerOptions: {queue: root.default}",
                &[(
                    "/spec/batchSchedulerOptions/queue",
                    "the queue `root.default` is not allowed",
                )],
            ),
            (
                "a group of the operator's without a queue",
                "batchScheduler: volcano",
                &[("/spec/driver", "names no queue"), ("/spec/executor", "names no queue")],
            ),
            (
                "a group of somebody else's",
                "batchScheduler: volcano, driver: {annotations: {scheduling.k8s.io/group-name: mine}}, executor: {annotations: {scheduling.k8s.io/group-name: mine}}",
                &[],
            ),
            (
                "a group in a file",
                "sparkConf: {spark.kubernetes.scheduler.volcano.podGroupTemplateFile: /a.yaml}",
                &[],
            ),
            (
                "annotations",
                "driver: {annotations: {yunikorn.apache.org/queue: root.team-a}}, executor: {annotations: {scheduling.volcano.sh/queue-name: root.b}}",
                &[(
                    "/spec/executor/annotations/scheduling.volcano.sh~1queue-name",
                    "`root.b`",
                )],
            ),
            (
                "a label that differs from the option",
                "batchScheduler: volcano, batchSchedulerOptions: {queue: root.team-a}, executor: {labels: {queue: root.b}}",
                &[("/spec/executor/labels/queue", "`root.b`")],
            ),
        ],
    );
    let policies = asking_for("queues: [\"root.team-*\"]");
    assert_found(
        "a pod",
        &findings(RULE, &policies, &pod("driver", "labels: {queue: root.team-a}", "")),
        &[],
    );
    assert_found(
        "a pod of a group",
        &findings(
            RULE,
            &policies,
            &pod("driver", "annotations: {scheduling.k8s.io/group-name: g}", ""),
        ),
        &[],
    );
    assert_found(
        "other pods",
        &findings(RULE, &policies, &pod("driver", "labels: {queue: root.b}", "")),
        &[("/metadata/labels/queue", "`root.b`")],
    );
    assert_found(
        "a pod without",
        &findings(RULE, &policies, &pod("executor", "", "")),
        &[("/metadata", "the executor's pod names no queue")],
    );
    let queued_by_kueue = application("").replace(
        "name: job,",
        "name: job, labels: {kueue.x-k8s.io/queue-name: root.team-a},",
    );
    assert_found("Kueue", &findings(RULE, &policies, &queued_by_kueue), &[]);
}

#[test]
fn no_gang_waits_for_what_never_comes() {
    let groups = |groups: &str| {
        format!(
            "driver: {{annotations: {{yunikorn.apache.org/task-group-name: d, yunikorn.apache.org/task-groups: '{groups}'}}}}, executor: {{instances: 2, annotations: {{yunikorn.apache.org/task-group-name: e}}}}"
        )
    };
    let annotation = "/spec/driver/annotations/yunikorn.apache.org~1task-groups";
    let rows: Vec<(&str, String, Vec<(&str, &str)>)> = vec![
        ("no gang", String::new(), vec![]),
        ("the operator's groups", "batchScheduler: yunikorn, executor: {instances: 3, memory: 8g, cores: 2}".to_owned(), vec![]),
        (
            "a Python job's",
            "type: Python, batchScheduler: yunikorn, executor: {memory: 8g}, sparkConf: {spark.executor.pyspark.memory: 1g}".to_owned(),
            vec![],
        ),
        (
            "a group that fits",
            groups(r#"[{"name":"d","minMember":1,"minResource":{"cpu":1,"memory":"1Gi"}},{"name":"e","minMember":2,"minResource":{"cpu":"1"}}]"#),
            vec![],
        ),
        (
            "too many executors",
            groups(r#"[{"name":"e","minMember":5,"minResource":{"cpu":"1"}}]"#),
            vec![(annotation, "the task group `e` waits for 5 pods, and the job has 2 in it")],
        ),
        (
            "two drivers",
            groups(r#"[{"name":"d","minMember":2}]"#),
            vec![(annotation, "the task group `d` waits for 2 pods, and the job has 1 in it")],
        ),
        (
            "a group that nobody is in",
            groups(r#"[{"name":"x","minMember":1}]"#),
            vec![(annotation, "`x` waits for 1 pods, and the job has 0 in it")],
        ),
        (
            "larger pods",
            groups(r#"[{"name":"e","minMember":1,"minResource":{"cpu":"8","memory":"1Gi","example.com/gpu":"1"}}]"#),
            vec![
                (annotation, "the task group `e` asks for more cpu than its pods do"),
                (annotation, "asks for more example.com/gpu"),
            ],
        ),
        (
            "no groups",
            groups("{}"),
            vec![(annotation, "YuniKorn does not read these task groups")],
        ),
        (
            "dynamic allocation without a bound",
            "batchScheduler: yunikorn, dynamicAllocation: {enabled: true, initialExecutors: 50}".to_owned(),
            vec![],
        ),
        (
            "resources that fit",
            "batchScheduler: volcano, batchSchedulerOptions: {resources: {cpu: \"3\", memory: 4Gi}}, executor: {instances: 2}".to_owned(),
            vec![],
        ),
        (
            "resources beyond the job",
            "batchScheduler: volcano, batchSchedulerOptions: {resources: {cpu: 3001m, memory: 1Ti, nvidia.com/gpu: 1}}, executor: {instances: 2}".to_owned(),
            vec![
                ("/spec/batchSchedulerOptions/resources/cpu", "the job waits until `3001m` of cpu is free, and asks for `3` at most"),
                ("/spec/batchSchedulerOptions/resources/memory", "`1Ti` of memory"),
                ("/spec/batchSchedulerOptions/resources/nvidia.com~1gpu", "asks for `0` at most"),
            ],
        ),
        (
            "no bound",
            "batchScheduler: volcano, batchSchedulerOptions: {resources: {cpu: \"3000\"}}, dynamicAllocation: {enabled: true}".to_owned(),
            vec![],
        ),
        (
            "not read by YuniKorn",
            "batchScheduler: yunikorn, batchSchedulerOptions: {resources: {cpu: \"3000\"}}".to_owned(),
            vec![],
        ),
    ];
    let policies = asking_for("");
    for (case, members, expected) in &rows {
        assert_found(case, &findings(RULE, &policies, &application(members)), expected);
    }
}

#[test]
fn a_pod_tells_of_its_own_task_group() {
    let policies = asking_for("");
    let of = |role: &str, groups: &str| {
        let metadata = format!(
            "annotations: {{yunikorn.apache.org/task-group-name: d, yunikorn.apache.org/task-groups: '{groups}'}}"
        );
        let findings = findings(RULE, &policies, &pod(role, &metadata, ""));
        findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
    };
    assert_eq!(
        of(
            "driver",
            r#"[{"name":"d","minMember":1,"minResource":{"cpu":1}},{"name":"e","minMember":50}]"#
        ),
        [""; 0]
    );
    assert_eq!(
        of(
            "driver",
            r#"[{"name":"d","minMember":2,"minResource":{"memory":"2Gi"}}]"#
        ),
        [
            "the task group `d` waits for 2 pods, and the job has 1 in it",
            "the task group `d` asks for more memory than its pods do"
        ]
    );
    assert_eq!(of("driver", "[1"), ["YuniKorn does not read these task groups"]);
    assert_eq!(of("executor", r#"[{"name":"d","minMember":50}]"#), [""; 0]);
}
