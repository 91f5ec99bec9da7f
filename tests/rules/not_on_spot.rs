//! `notOnSpot`: can the scheduler put the pod on a spot node?

use sparkgate::engine::finding::Finding;
use sparkgate::engine::policy::PolicySet;

use super::{application, driver_pod, findings, pod, policy, scheduled};

const RULE: &str = "notOnSpot";
/// Spot nodes with a label and a taint, as most clusters have them.
const TAINTED: &str = "{labels: {pool: spot}, taint: {key: spot, value: \"true\", effect: NoSchedule}}";
/// Spot nodes that only a label tells from others.
const LABELLED: &str = "{labels: {pool: spot}}";
const TOLERATION: &str = "{key: spot, operator: Equal, value: \"true\", effect: NoSchedule}";

fn drivers_off(pools: &str) -> PolicySet {
    policy(&off(pools))
}

fn off(pools: &str) -> String {
    format!("  validate: [{{name: off-spot, roles: [driver], notOnSpot: {{pools: [{pools}]}}}}]")
}

/// Where a finding is in what the user wrote, and where in the pod that Spark will make.
fn places(findings: &[Finding]) -> Vec<(&str, &str)> {
    findings
        .iter()
        .map(|finding| {
            let effective = finding.effective.as_ref();
            (
                finding.pointer.as_str(),
                effective.map_or("", |effective| effective.pointer.as_str()),
            )
        })
        .collect()
}

fn assert_places(policies: &PolicySet, rows: &[(&str, &str, &[(&str, &str)])]) {
    for (case, members, expected) in rows {
        // In a row, SPOT stands for the toleration of the taint.
        let manifest = application(&members.replace("SPOT", TOLERATION));
        assert_eq!(places(&findings(RULE, policies, &manifest)), *expected, "{case}");
    }
}

#[test]
fn looks_at_every_place_that_says_where_a_driver_goes() {
    assert_places(
        &drivers_off(TAINTED),
        &[
            ("nothing, and the taint keeps it off", "", &[]),
            (
                "its toleration",
                "driver: {tolerations: [SPOT]}",
                &[("/spec/driver/tolerations/0", "/spec/tolerations/0")],
            ),
            (
                "a toleration of another taint",
                "driver: {tolerations: [{key: other, operator: Exists}]}",
                &[],
            ),
            (
                "of another value",
                "driver: {tolerations: [{key: spot, value: \"false\"}]}",
                &[],
            ),
            (
                "of another effect",
                "driver: {tolerations: [{key: spot, operator: Exists, effect: NoExecute}]}",
                &[],
            ),
            (
                "of everything, second in the list",
                "driver: {tolerations: [{key: other, operator: Exists}, {operator: Exists}]}",
                &[("/spec/driver/tolerations/1", "/spec/tolerations/1")],
            ),
            ("the executor's toleration", "executor: {tolerations: [SPOT]}", &[]),
            (
                "a toleration in the template",
                "driver: {template: {spec: {tolerations: [SPOT]}}}",
                &[("/spec/driver/template/spec/tolerations/0", "/spec/tolerations/0")],
            ),
            (
                "one in the template besides another in the field",
                "driver: {template: {spec: {tolerations: [{key: other, operator: Exists}]}}, tolerations: [SPOT]}",
                &[("/spec/driver/tolerations/0", "/spec/tolerations/1")],
            ),
            (
                "its node selector",
                "driver: {tolerations: [SPOT], nodeSelector: {pool: on-demand}}",
                &[],
            ),
            (
                "a node selector of spot",
                "driver: {tolerations: [SPOT], nodeSelector: {pool: spot}}",
                &[("/spec/driver/nodeSelector/pool", "/spec/nodeSelector/pool")],
            ),
            (
                "a node selector of spot without a toleration",
                "driver: {nodeSelector: {pool: spot}}",
                &[],
            ),
            (
                "a node selector on what the pool does not describe",
                "driver: {tolerations: [SPOT], nodeSelector: {zone: a}}",
                &[("/spec/driver/tolerations/0", "/spec/tolerations/0")],
            ),
            (
                "the application's node selector",
                "nodeSelector: {pool: on-demand}, driver: {tolerations: [SPOT]}",
                &[],
            ),
            (
                "the application's node selector of spot",
                "nodeSelector: {pool: spot}, driver: {tolerations: [SPOT]}",
                &[("/spec/nodeSelector/pool", "/spec/nodeSelector/pool")],
            ),
            (
                "the driver's wins over the application's",
                "nodeSelector: {pool: spot}, driver: {tolerations: [SPOT], nodeSelector: {pool: on-demand}}",
                &[],
            ),
            (
                "the executor's does not count",
                "driver: {tolerations: [SPOT]}, executor: {nodeSelector: {pool: on-demand}}",
                &[("/spec/driver/tolerations/0", "/spec/tolerations/0")],
            ),
            (
                "a property for both roles",
                "driver: {tolerations: [SPOT]}, sparkConf: {spark.kubernetes.node.selector.pool: on-demand}",
                &[],
            ),
            (
                "a property of spot",
                "driver: {tolerations: [SPOT]}, sparkConf: {spark.kubernetes.node.selector.pool: spot}",
                &[(
                    "/spec/sparkConf/spark.kubernetes.node.selector.pool",
                    "/spec/nodeSelector/pool",
                )],
            ),
            (
                "a property for drivers wins over that for both",
                "driver: {tolerations: [SPOT]}, sparkConf: {spark.kubernetes.node.selector.pool: on-demand, spark.kubernetes.driver.node.selector.pool: spot}",
                &[(
                    "/spec/sparkConf/spark.kubernetes.driver.node.selector.pool",
                    "/spec/nodeSelector/pool",
                )],
            ),
            (
                "a property for executors does not count",
                "driver: {tolerations: [SPOT]}, sparkConf: {spark.kubernetes.executor.node.selector.pool: on-demand}",
                &[("/spec/driver/tolerations/0", "/spec/tolerations/0")],
            ),
            (
                "Spark 3.2 does not read the property for drivers",
                "sparkVersion: 3.2.1, driver: {tolerations: [SPOT]}, sparkConf: {spark.kubernetes.driver.node.selector.pool: on-demand}",
                &[("/spec/driver/tolerations/0", "/spec/tolerations/0")],
            ),
            (
                "the application's node selector wins over its property",
                "nodeSelector: {pool: on-demand}, driver: {tolerations: [SPOT]}, sparkConf: {spark.kubernetes.node.selector.pool: spot}",
                &[],
            ),
            (
                "a node selector in the template",
                "driver: {template: {spec: {tolerations: [SPOT], nodeSelector: {pool: on-demand}}}}",
                &[],
            ),
            (
                "a property wins over the template",
                "driver: {template: {spec: {tolerations: [SPOT], nodeSelector: {pool: on-demand}}}}, sparkConf: {spark.kubernetes.node.selector.pool: spot}",
                &[(
                    "/spec/sparkConf/spark.kubernetes.node.selector.pool",
                    "/spec/nodeSelector/pool",
                )],
            ),
            (
                "a node by its name",
                "driver: {template: {spec: {nodeName: n1, nodeSelector: {pool: on-demand}}}}",
                &[("/spec/driver/template/spec/nodeName", "/spec/nodeName")],
            ),
            (
                "no name is no node",
                "driver: {template: {spec: {nodeName: \"\"}}}",
                &[],
            ),
        ],
    );
}

/// A member `affinity` of node affinity with these terms.
fn affinity(strength: &str, terms: &str) -> String {
    format!("affinity: {{nodeAffinity: {{{strength}: {terms}}}}}")
}

fn required(expressions: &str) -> String {
    let terms = format!("{{nodeSelectorTerms: [{{matchExpressions: [{expressions}]}}]}}");
    affinity("requiredDuringSchedulingIgnoredDuringExecution", &terms)
}

#[test]
fn reads_node_affinity_as_the_scheduler_does() {
    let on_demand = required("{key: pool, operator: In, values: [on-demand]}");
    let not_spot = required("{key: pool, operator: NotIn, values: [spot]}");
    let spot_or_not = required("{key: pool, operator: In, values: [spot, on-demand]}");
    let of_a_zone = required("{key: zone, operator: In, values: [a]}");
    let preferred = affinity(
        "preferredDuringSchedulingIgnoredDuringExecution",
        "[{weight: 100, preference: {matchExpressions: [{key: pool, operator: NotIn, values: [spot]}]}}]",
    );
    let either = affinity(
        "requiredDuringSchedulingIgnoredDuringExecution",
        "{nodeSelectorTerms: [{matchExpressions: [{key: pool, operator: In, values: [on-demand]}]}, {matchExpressions: [{key: zone, operator: Exists}]}]}",
    );
    let neither = affinity(
        "requiredDuringSchedulingIgnoredDuringExecution",
        "{nodeSelectorTerms: [{matchExpressions: [{key: pool, operator: In, values: [on-demand]}]}, {}]}",
    );
    let lands: &[(&str, &str)] = &[("/spec/driver/tolerations/0", "/spec/tolerations/0")];
    let rows: Vec<(&str, String, &[(&str, &str)])> = vec![
        (
            "other nodes",
            format!("driver: {{tolerations: [SPOT], {on_demand}}}"),
            &[],
        ),
        ("not spot", format!("driver: {{tolerations: [SPOT], {not_spot}}}"), &[]),
        (
            "spot among others",
            format!("driver: {{tolerations: [SPOT], {spot_or_not}}}"),
            lands,
        ),
        (
            "what the pool does not describe",
            format!("driver: {{tolerations: [SPOT], {of_a_zone}}}"),
            lands,
        ),
        (
            "a preference",
            format!("driver: {{tolerations: [SPOT], {preferred}}}"),
            lands,
        ),
        (
            "one term of two",
            format!("driver: {{tolerations: [SPOT], {either}}}"),
            lands,
        ),
        (
            "an empty term holds for nothing",
            format!("driver: {{tolerations: [SPOT], {neither}}}"),
            &[],
        ),
        (
            "in the template",
            format!("driver: {{tolerations: [SPOT], template: {{spec: {{{not_spot}}}}}}}"),
            &[],
        ),
        (
            "the field replaces the template's",
            format!("driver: {{tolerations: [SPOT], {of_a_zone}, template: {{spec: {{{not_spot}}}}}}}"),
            lands,
        ),
        (
            "even an empty one",
            format!("driver: {{tolerations: [SPOT], affinity: {{}}, template: {{spec: {{{not_spot}}}}}}}"),
            lands,
        ),
        (
            "the executor's does not count",
            format!("driver: {{tolerations: [SPOT]}}, executor: {{{not_spot}}}"),
            lands,
        ),
    ];
    let rows: Vec<_> = rows
        .iter()
        .map(|(case, members, expected)| (*case, members.as_str(), *expected))
        .collect();
    assert_places(&drivers_off(TAINTED), &rows);
}

#[test]
fn without_a_taint_a_driver_has_to_go_elsewhere_by_itself() {
    let not_spot = required("{key: pool, operator: NotIn, values: [spot]}");
    let elsewhere = format!("driver: {{{not_spot}}}");
    assert_places(
        &drivers_off(LABELLED),
        &[
            ("nothing written", "", &[("/spec/driver", "/spec")]),
            (
                "a template that says nothing of it",
                "driver: {template: {spec: {schedulerName: x}}}",
                &[("/spec/driver/template/spec", "/spec")],
            ),
            ("another pool", "driver: {nodeSelector: {pool: on-demand}}", &[]),
            ("by affinity", &elsewhere, &[]),
            (
                "another zone",
                "driver: {nodeSelector: {zone: a}}",
                &[("/spec/driver", "/spec")],
            ),
        ],
    );
    let only_preferred = "{labels: {pool: spot}, taint: {key: spot, effect: PreferNoSchedule}}";
    assert_places(
        &drivers_off(only_preferred),
        &[("a taint that keeps nobody off", "", &[("/spec/driver", "/spec")])],
    );
}

#[test]
fn every_pool_is_looked_at() {
    let pools = format!("{TAINTED}, {{labels: {{capacity: spot}}}}");
    let policies = drivers_off(&pools);
    assert_places(
        &policies,
        &[
            ("on neither", "driver: {nodeSelector: {capacity: on-demand}}", &[]),
            (
                "on the second",
                "driver: {nodeSelector: {pool: on-demand}}",
                &[("/spec/driver", "/spec")],
            ),
            (
                "on both",
                "driver: {tolerations: [SPOT]}",
                &[
                    ("/spec/driver/tolerations/0", "/spec/tolerations/0"),
                    ("/spec/driver", "/spec"),
                ],
            ),
            (
                "a node by its name is one reason",
                "driver: {template: {spec: {nodeName: n1}}}",
                &[("/spec/driver/template/spec/nodeName", "/spec/nodeName")],
            ),
        ],
    );
}

#[test]
fn what_policies_do_to_the_pods_is_seen() {
    let with = |mutation: &str| {
        policy(&format!(
            "  mutate: [{{name: placed, roles: [driver], {mutation}}}]\n{}",
            off(TAINTED)
        ))
    };
    let toleration = format!("tolerations: [{TOLERATION}]");
    assert_places(
        &with(&toleration),
        &[
            (
                "the policy's toleration",
                "",
                &[("/spec/driver", "/spec/tolerations/0")],
            ),
            (
                "the policy's, besides another",
                "driver: {tolerations: [{key: other, operator: Exists}]}",
                &[("/spec/driver", "/spec/tolerations/1")],
            ),
            (
                "the policy's, besides one of the template",
                "driver: {template: {spec: {tolerations: [{key: other, operator: Exists}]}}}",
                &[("/spec/driver", "/spec/tolerations/1")],
            ),
            (
                "and the application's selector",
                "driver: {nodeSelector: {pool: on-demand}}",
                &[],
            ),
        ],
    );
    assert_places(
        &with("nodeSelector: {pool: on-demand}"),
        &[
            (
                "the policy's selector keeps it off",
                "driver: {tolerations: [SPOT]}",
                &[],
            ),
            (
                "but the application wins",
                "driver: {tolerations: [SPOT], nodeSelector: {pool: spot}}",
                &[("/spec/driver/nodeSelector/pool", "/spec/nodeSelector/pool")],
            ),
        ],
    );
    assert_places(
        &with("onConflict: override, nodeSelector: {pool: on-demand}"),
        &[(
            "unless the policy does",
            "driver: {tolerations: [SPOT], nodeSelector: {pool: spot}}",
            &[],
        )],
    );
}

#[test]
fn pods_are_judged_as_they_are() {
    let policies = drivers_off(TAINTED);
    let of = |manifest: &str| {
        let findings = findings(RULE, &policies, &manifest.replace("SPOT", TOLERATION));
        places(&findings)
            .into_iter()
            .map(|(place, effective)| (place.to_owned(), effective.to_owned()))
            .collect::<Vec<_>>()
    };
    let at = |place: &str| vec![(place.to_owned(), String::new())];
    assert_eq!(of(&driver_pod("{}")), []);
    assert_eq!(of(&driver_pod("{tolerations: [SPOT]}")), at("/spec/tolerations/0"));
    assert_eq!(
        of(&driver_pod("{tolerations: [SPOT], nodeSelector: {pool: spot}}")),
        at("/spec/nodeSelector/pool")
    );
    assert_eq!(
        of(&driver_pod("{tolerations: [SPOT], nodeSelector: {pool: on-demand}}")),
        []
    );
    assert_eq!(of(&driver_pod("{nodeName: n1}")), at("/spec/nodeName"));
    assert_eq!(
        of(&pod("executor", "{tolerations: [SPOT]}")),
        [],
        "an executor may go there"
    );
    assert_eq!(of(&pod("connect-server", "{tolerations: [SPOT]}")), [], "not a driver");
    assert_eq!(
        of("apiVersion: v1\nkind: Pod\nspec: {tolerations: [SPOT]}"),
        [],
        "nobody's driver"
    );
}

#[test]
fn a_schedule_is_judged_by_its_template() {
    let manifest = scheduled(&format!("driver: {{tolerations: [{TOLERATION}]}}"));
    assert_eq!(
        places(&findings(RULE, &drivers_off(TAINTED), &manifest)),
        [("/spec/template/driver/tolerations/0", "/spec/tolerations/0")]
    );
}

#[test]
fn says_why_and_what_keeps_the_driver_off() {
    let cases = [
        (
            TAINTED,
            format!("driver: {{tolerations: [{TOLERATION}]}}"),
            "the driver can be scheduled on spot nodes: it tolerates the taint of those with `pool=spot`, and nothing else keeps it off",
            "give the driver a node selector or required node affinity for nodes whose `pool` is not `spot`, or take out the toleration",
        ),
        (
            LABELLED,
            "driver: {nodeSelector: {pool: spot}}".to_owned(),
            "the driver can be scheduled on spot nodes: it selects those with `pool=spot`",
            "give the driver a node selector or required node affinity for nodes whose `pool` is not `spot`",
        ),
        (
            LABELLED,
            String::new(),
            "the driver can be scheduled on spot nodes: nothing keeps it off those with `pool=spot`",
            "give the driver a node selector or required node affinity for nodes whose `pool` is not `spot`",
        ),
        (
            TAINTED,
            "driver: {template: {spec: {nodeName: n1}}}".to_owned(),
            "the driver names its node, so neither selectors nor taints keep it off spot nodes",
            "take out `nodeName`, and select nodes by their labels",
        ),
    ];
    for (pools, members, message, help) in cases {
        let findings = findings(RULE, &drivers_off(pools), &application(&members));
        let said: Vec<_> = findings
            .iter()
            .map(|finding| (finding.message.as_str(), finding.help.as_deref()))
            .collect();
        assert_eq!(said, [(message, Some(help))], "{members}");
    }
}
