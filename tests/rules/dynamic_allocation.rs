//! `dynamicAllocation`: how many executors there are, how long idle ones stay, and what becomes of their shuffle blocks.

use super::{apache, application, assert_found, findings, findings_of_update, pod, policy, scheduled};
use crate::policy_files::assert_refused_validations;

const RULE: &str = "dynamicAllocation";
const ON: &str = "spark.dynamicAllocation.enabled: \"true\"";

fn rule(fields: &str) -> String {
    format!("  validate: [{{name: elastic, dynamicAllocation: {{{fields}}}}}]")
}

/// In a row, ON stands for the property that switches dynamic allocation on.
#[track_caller]
fn assert_rows(fields: &str, rows: &[(&str, &str, &[(&str, &str)])]) {
    let policies = policy(&rule(fields));
    for (case, members, expected) in rows {
        let manifest = application(&members.replace("ON", ON));
        assert_found(case, &findings(RULE, &policies, &manifest), expected);
    }
}

#[test]
fn bounds_the_numbers_of_executors() {
    let enabled = "/spec/sparkConf/spark.dynamicAllocation.enabled";
    assert_rows(
        "minExecutors: {max: 5}, initialExecutors: {max: 10}, maxExecutors: {min: 2, max: 100}",
        &[
            ("switched off", "", &[]),
            (
                "within bounds",
                "dynamicAllocation: {enabled: true, minExecutors: 1, initialExecutors: 10, maxExecutors: 100}",
                &[],
            ),
            (
                "no maximum",
                "sparkConf: {ON}",
                &[(enabled, "nothing bounds the maximum of executors, and 100 is the most")],
            ),
            (
                "no maximum, by the field",
                "dynamicAllocation: {enabled: true}",
                &[("/spec/dynamicAllocation/enabled", "nothing bounds the maximum")],
            ),
            (
                "all out of bounds",
                "dynamicAllocation: {enabled: true, minExecutors: 20, maxExecutors: 500}",
                &[
                    (
                        "/spec/dynamicAllocation/minExecutors",
                        "the minimum of executors, 20, is above 5",
                    ),
                    (
                        "/spec/dynamicAllocation/minExecutors",
                        "the number of executors at start, 20, is above 10",
                    ),
                    (
                        "/spec/dynamicAllocation/maxExecutors",
                        "the maximum of executors, 500, is above 100",
                    ),
                ],
            ),
            (
                "by property",
                "sparkConf: {ON, spark.dynamicAllocation.maxExecutors: \"1\"}",
                &[(
                    "/spec/sparkConf/spark.dynamicAllocation.maxExecutors",
                    "the maximum of executors, 1, is below 2",
                )],
            ),
            (
                "the executor's field says how many there are at start",
                "dynamicAllocation: {enabled: true, maxExecutors: 50}, executor: {instances: 30}",
                &[("/spec/executor/instances", "the number of executors at start, 30")],
            ),
            ("a fixed number within bounds", "executor: {instances: 100}", &[]),
            (
                "a fixed number above the ceiling",
                "executor: {instances: 101}",
                &[(
                    "/spec/executor/instances",
                    "the job has 101 executors, and 100 is the most",
                )],
            ),
            (
                "and by property",
                "sparkConf: {spark.executor.instances: \"200\", spark.dynamicAllocation.enabled: \"false\"}",
                &[("/spec/sparkConf/spark.executor.instances", "200 executors")],
            ),
            (
                "what Spark cannot read is for wellFormed",
                "sparkConf: {ON, spark.dynamicAllocation.maxExecutors: many, spark.dynamicAllocation.minExecutors: few}",
                &[],
            ),
        ],
    );
}

#[test]
fn bounds_how_long_idle_executors_stay() {
    let bounded = "executorIdleTimeout: {min: 2min, max: 10min}, cachedExecutorIdleTimeout: {max: 1h}, shuffleTrackingTimeout: {max: 2h}";
    let enabled = "/spec/sparkConf/spark.dynamicAllocation.enabled";
    assert_rows(
        bounded,
        &[
            ("switched off", "", &[]),
            (
                "the defaults",
                "sparkConf: {ON}",
                &[
                    (enabled, "the idle timeout, 1min, is below 2min"),
                    (
                        enabled,
                        "nothing bounds the idle timeout of executors with cached blocks",
                    ),
                    (
                        enabled,
                        "nothing bounds the idle timeout of executors with shuffle blocks",
                    ),
                ],
            ),
            (
                "within bounds",
                "dynamicAllocation: {enabled: true, shuffleTrackingTimeout: 7200000}, sparkConf: {spark.dynamicAllocation.executorIdleTimeout: \"300\", spark.dynamicAllocation.cachedExecutorIdleTimeout: 30min}",
                &[],
            ),
            (
                "too long",
                "dynamicAllocation: {enabled: true, shuffleTrackingTimeout: 7260000}, sparkConf: {spark.dynamicAllocation.executorIdleTimeout: 1h, spark.dynamicAllocation.cachedExecutorIdleTimeout: 1d}",
                &[
                    (
                        "/spec/sparkConf/spark.dynamicAllocation.executorIdleTimeout",
                        "the idle timeout, 1h, is above 10min",
                    ),
                    (
                        "/spec/sparkConf/spark.dynamicAllocation.cachedExecutorIdleTimeout",
                        "1d, is above 1h",
                    ),
                    ("/spec/dynamicAllocation/shuffleTrackingTimeout", "121min, is above 2h"),
                ],
            ),
            (
                "blocks that a plugin keeps are not waited for",
                "dynamicAllocation: {enabled: true, shuffleTrackingEnabled: false}, sparkConf: {spark.shuffle.sort.io.plugin.class: com.acme.Remote, spark.dynamicAllocation.executorIdleTimeout: 5min, spark.dynamicAllocation.cachedExecutorIdleTimeout: 5min}",
                &[],
            ),
            (
                "what Spark cannot read is for wellFormed",
                "dynamicAllocation: {enabled: true, shuffleTrackingTimeout: 1000}, sparkConf: {spark.dynamicAllocation.executorIdleTimeout: soon, spark.dynamicAllocation.cachedExecutorIdleTimeout: late}",
                &[],
            ),
        ],
    );
}

#[test]
fn finds_shuffle_blocks_that_are_lost() {
    let untracked = "dynamicAllocation: {enabled: true, shuffleTrackingEnabled: false}";
    let with = |properties: &str| format!("{untracked}, sparkConf: {{{properties}}}");
    let rows: Vec<(&str, String, &[(&str, &str)])> = vec![
        ("tracked", "dynamicAllocation: {enabled: true}".to_owned(), &[]),
        ("nobody keeps them: for wellFormed", untracked.to_owned(), &[]),
        (
            "a shuffle service",
            with("spark.shuffle.service.enabled: \"true\""),
            &[(
                "/spec/sparkConf/spark.shuffle.service.enabled",
                "Kubernetes has no external shuffle service",
            )],
        ),
        (
            "a shuffle manager of somebody else's",
            with(
                "spark.shuffle.service.enabled: \"true\", spark.shuffle.manager: org.apache.spark.shuffle.RssShuffleManager",
            ),
            &[],
        ),
        (
            "decommissioning without migration",
            with("spark.decommission.enabled: \"true\""),
            &[(
                "/spec/sparkConf/spark.decommission.enabled",
                "nothing is migrated without `spark.storage.decommission.enabled`",
            )],
        ),
        (
            "migration switched off",
            with("spark.decommission.enabled: \"true\", spark.storage.decommission.enabled: \"false\""),
            &[(
                "/spec/sparkConf/spark.storage.decommission.enabled",
                "nothing is migrated",
            )],
        ),
        (
            "decommissioning with migration",
            with("spark.decommission.enabled: \"true\", spark.storage.decommission.enabled: \"true\""),
            &[],
        ),
    ];
    let rows: Vec<_> = rows
        .iter()
        .map(|(case, members, expected)| (*case, members.as_str(), *expected))
        .collect();
    assert_rows("", &rows);
}

#[test]
fn decides_on_applications_of_every_kind_and_on_no_pod() {
    let policies = policy(&rule("maxExecutors: {max: 10}"));
    let members = "dynamicAllocation: {enabled: true, maxExecutors: 11}";
    assert_found(
        "a schedule",
        &findings(RULE, &policies, &scheduled(members)),
        &[("/spec/template/dynamicAllocation/maxExecutors", "11")],
    );
    assert_found(
        "Apache's",
        &findings(
            RULE,
            &policies,
            &apache(&format!("{ON}, spark.dynamicAllocation.maxExecutors: \"11\""), ""),
        ),
        &[("/spec/sparkConf/spark.dynamicAllocation.maxExecutors", "11")],
    );
    assert_found(
        "Apache's, with a fixed number",
        &findings(RULE, &policies, &apache("spark.executor.instances: \"11\"", "")),
        &[("/spec/sparkConf/spark.executor.instances", "11")],
    );
    for role in ["driver", "executor"] {
        assert_found(role, &findings(RULE, &policies, &pod(role, "{}")), &[]);
    }
    let within = application("dynamicAllocation: {enabled: true, maxExecutors: 10}");
    assert_found(
        "raised by an update",
        &findings_of_update(RULE, &policies, &within, &application(members)),
        &[("/spec/dynamicAllocation/maxExecutors", "11")],
    );
}

#[test]
fn refuses_what_can_never_be() {
    assert_refused_validations(
        r"
        «roles: [executor], dynamicAllocation: {}
            `dynamicAllocation` is about the job as a whole, not about one role; leave `roles` out
        dynamicAllocation: {«maxExecutors: {}}
            the range bounds nothing; write `min`, `max`, or both
        dynamicAllocation: {maxExecutors: {min: «20, max: 10}}
            the least, 20, is above the most, 10; write 10 or less
        dynamicAllocation: {maxExecutors: {max: «-1}}
            integer `-1` does not fit here
        dynamicAllocation: {minExecutors: {min: «5}, maxExecutors: {max: 4}}
            no job has 5 executors at least and 4 at most; write 4 or less
        dynamicAllocation: {minExecutors: {min: «5}, initialExecutors: {max: 4}}
            no job has 5 executors at least and 4 at start; write 4 or less
        dynamicAllocation: {initialExecutors: {min: «5}, maxExecutors: {max: 4}}
            no job has 5 executors at start and 4 at most; write 4 or less
        dynamicAllocation: {executorIdleTimeout: {min: «1h, max: 60s}}
            the least, 1h, is above the most, 1min; write 1min or less
        dynamicAllocation: {executorIdleTimeout: {max: «10}}
            an integer stands here, and a string is expected; put it in quotes
        dynamicAllocation: {executorIdleTimeout: {max: «'10'}}
            `10` is no time: write a whole number and a unit, such as 90s, 10min or 1h
        dynamicAllocation: {«idleTimeout: {max: 10s}}
            unknown field `idleTimeout`; write one of `minExecutors`, `initialExecutors`, `maxExecutors`, `executorIdleTimeout`, `cachedExecutorIdleTimeout`, `shuffleTrackingTimeout`
    ",
    );
}
