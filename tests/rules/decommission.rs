//! `decommission`: is all of it on, for executors that may land on spot nodes?

use super::{apache, application, assert_found, findings, findings_of_update, pod, policy, scheduled};
use crate::policy_files::assert_refused_validations;

const RULE: &str = "decommission";
const POLICY: &str = "  validate: [{name: on-spot, decommission: {pools: [{labels: {pool: spot}, taint: {key: spot, value: \"true\", effect: NoSchedule}}]}}]";
const TOLERANT: &str = "executor: {tolerations: [{key: spot, operator: Exists}]}";
const TOLERATION: &str = "/spec/executor/tolerations/0";

/// The properties, by what of their names differs.
fn properties(switches: &[(&str, bool)]) -> String {
    let lines: Vec<String> = switches
        .iter()
        .map(|(name, value)| match *name {
            "" => format!("spark.decommission.enabled: \"{value}\""),
            "storage" => format!("spark.storage.decommission.enabled: \"{value}\""),
            blocks => format!("spark.storage.decommission.{blocks}.enabled: \"{value}\""),
        })
        .collect();
    lines.join(", ")
}

#[test]
fn all_of_it_has_to_be_on() {
    let rows: &[(&str, &str, &[(&str, bool)], &[(&str, &str)])] = &[
        (
            "nothing",
            "3.5.1",
            &[],
            &[(
                TOLERATION,
                "`spark.decommission.enabled` and `spark.storage.decommission.enabled` are not switched on",
            )],
        ),
        (
            "by half",
            "3.5.1",
            &[("", true)],
            &[(
                "/spec/sparkConf/spark.decommission.enabled",
                "`spark.storage.decommission.enabled` is not switched on",
            )],
        ),
        (
            "all that Spark does not do by itself",
            "3.5.1",
            &[("", true), ("storage", true)],
            &[],
        ),
        (
            "before Spark did",
            "3.3.4",
            &[("", true), ("storage", true)],
            &[(
                "/spec/sparkConf/spark.decommission.enabled",
                "`spark.storage.decommission.rddBlocks.enabled` and `spark.storage.decommission.shuffleBlocks.enabled` are not switched on",
            )],
        ),
        (
            "all of it",
            "3.3.4",
            &[
                ("", true),
                ("storage", true),
                ("rddBlocks", true),
                ("shuffleBlocks", true),
            ],
            &[],
        ),
        (
            "blocks left behind",
            "4.0.0",
            &[
                ("", true),
                ("storage", true),
                ("rddBlocks", false),
                ("shuffleBlocks", false),
            ],
            &[
                (
                    "/spec/sparkConf/spark.storage.decommission.rddBlocks.enabled",
                    "`spark.storage.decommission.rddBlocks.enabled` is off",
                ),
                (
                    "/spec/sparkConf/spark.storage.decommission.shuffleBlocks.enabled",
                    "`spark.storage.decommission.shuffleBlocks.enabled` is off",
                ),
            ],
        ),
        (
            "switched off",
            "3.5.1",
            &[("", false), ("storage", true)],
            &[("/spec/sparkConf/spark.decommission.enabled", "is off")],
        ),
    ];
    for (case, version, switches, expected) in rows {
        let manifest = application(&format!(
            "sparkVersion: {version}, {TOLERANT}, sparkConf: {{{}}}",
            properties(switches)
        ));
        assert_found(case, &findings(RULE, &policy(POLICY), &manifest), expected);
    }
}

#[test]
fn looks_at_every_way_to_a_spot_node() {
    let rows: &[(&str, &str, &[(&str, &str)])] = &[
        ("the taint keeps executors off", "", &[]),
        (
            "the driver's toleration",
            "driver: {tolerations: [{operator: Exists}]}",
            &[],
        ),
        (
            "a toleration in the template",
            "executor: {template: {spec: {tolerations: [{operator: Exists}], containers: [{name: spark-kubernetes-executor}]}}}",
            &[("/spec/executor/template/spec/tolerations/0", "not switched on")],
        ),
        (
            "a node selector by property",
            "executor: {tolerations: [{operator: Exists}]}, sparkConf: {spark.kubernetes.executor.node.selector.pool: spot}",
            &[(
                "/spec/sparkConf/spark.kubernetes.executor.node.selector.pool",
                "not switched on",
            )],
        ),
        (
            "elsewhere by node selector",
            "executor: {tolerations: [{operator: Exists}], nodeSelector: {pool: on-demand}}",
            &[],
        ),
        (
            "a node by its name",
            "executor: {template: {spec: {nodeName: n1, containers: [{name: spark-kubernetes-executor}]}}}",
            &[("/spec/executor/template/spec/nodeName", "not switched on")],
        ),
        (
            "blocks that others keep",
            "executor: {tolerations: [{operator: Exists}]}, sparkConf: {spark.shuffle.manager: org.apache.spark.shuffle.RssShuffleManager, spark.decommission.enabled: \"true\", spark.storage.decommission.enabled: \"true\", spark.storage.decommission.shuffleBlocks.enabled: \"false\"}",
            &[],
        ),
        (
            "what an environment says",
            "executor: {tolerations: [{operator: Exists}]}, sparkConf: {spark.decommission.enabled: \"${env:DECOMMISSION}\", spark.storage.decommission.enabled: \"true\"}",
            &[],
        ),
    ];
    for (case, members, expected) in rows {
        assert_found(case, &findings(RULE, &policy(POLICY), &application(members)), expected);
    }
}

#[test]
fn executors_that_a_policy_sends_to_spot_nodes_are_among_them() {
    let sent = format!(
        "{POLICY}\n  mutate: [{{name: tolerant, roles: [executor], tolerations: [{{key: spot, operator: Exists, effect: NoSchedule}}]}}]"
    );
    let findings = findings(RULE, &policy(&sent), &application("executor: {cores: 2}"));
    assert_found("by a policy", &findings, &[("/spec/executor", "not switched on")]);
}

#[test]
fn decides_on_applications_of_every_kind_and_on_no_pod() {
    let policies = policy(POLICY);
    assert_found(
        "a schedule",
        &findings(RULE, &policies, &scheduled(TOLERANT)),
        &[("/spec/template/executor/tolerations/0", "not switched on")],
    );
    let template = "executorSpec: {podTemplateSpec: {spec: {tolerations: [{operator: Exists}]}}}";
    assert_found(
        "Apache's",
        &findings(
            RULE,
            &policies,
            &apache("spark.decommission.enabled: \"true\"", template),
        ),
        &[(
            "/spec/sparkConf/spark.decommission.enabled",
            "`spark.storage.decommission.enabled`",
        )],
    );
    for role in ["driver", "executor"] {
        assert_found(
            role,
            &findings(RULE, &policies, &pod(role, "{tolerations: [{operator: Exists}]}")),
            &[],
        );
    }
    assert_found(
        "moved by an update",
        &findings_of_update(RULE, &policies, &application(""), &application(TOLERANT)),
        &[(TOLERATION, "not switched on")],
    );
}

#[test]
fn says_what_to_add() {
    let findings = findings(RULE, &policy(POLICY), &application(TOLERANT));
    let said: Vec<_> = findings
        .iter()
        .map(|finding| (finding.message.as_str(), finding.help.as_deref()))
        .collect();
    assert_eq!(
        said,
        [(
            "executors can be scheduled on spot nodes, those with `pool=spot`, and `spark.decommission.enabled` and `spark.storage.decommission.enabled` are not switched on: blocks are lost with their node",
            Some(
                "add `spark.decommission.enabled: \"true\"` and `spark.storage.decommission.enabled: \"true\"` to the properties"
            ),
        )]
    );
}

#[test]
fn refuses_what_can_never_be() {
    assert_refused_validations(
        r"
        decommission: {«pools: []}
            no pool is described; give each pool its labels and its taint
        decommission: {pools: [«{}]}
            a pool without labels and taint is every node; write the labels that its nodes have, or their taint
        «decommission: {}
            `pools` is missing
        «roles: [driver], decommission: {pools: [{labels: {a: b}}]}
            `decommission` is about the job as a whole, not about one role; leave `roles` out
    ",
    );
}
