//! `memoryOverhead`: the overhead that Spark will really use, against a ratio.

use super::{application, assert_found, driver_pod, findings, policy, scheduled};

const RULE: &str = "memoryOverhead";
const POLICY: &str =
    "  validate: [{name: overhead, memoryOverhead: {minRatio: 0.1, languages: {Python: 0.25, R: 0.25}}}]";
/// Asks for more than Spark's defaults give.
const HALF: &str = "  validate: [{name: overhead, memoryOverhead: {minRatio: 0.5}}]";

#[test]
fn judges_the_overhead_that_spark_will_use() {
    // (case, members of the spec, what is found and where)
    let cases: &[(&str, &str, &[(&str, &str)])] = &[
        // Defaults.
        ("nothing written", "", &[]),
        (
            "a small heap gets the minimum",
            "executor: {memory: 512m}, driver: {memory: 450m}",
            &[],
        ),
        (
            "a large heap, the JVM's factor",
            "executor: {memory: 64g}, driver: {memory: 8g}",
            &[],
        ),
        (
            "Java is as Scala",
            "type: Java, executor: {memory: 8g, memoryOverhead: 819m}",
            &[],
        ),
        (
            "Python's default factor is 0.4",
            "type: Python, executor: {memory: 8g}, driver: {memory: 8g}",
            &[],
        ),
        ("and so is R's", "type: R, executor: {memory: 8g}", &[]),
        // Amounts.
        (
            "an amount one MiB too small",
            "executor: {memory: 8g, memoryOverhead: 818m}",
            &[(
                "/spec/executor/memoryOverhead",
                "818 MiB of memory overhead for 8192 MiB of heap, a ratio of 0.099;",
            )],
        ),
        (
            "8g x 0.1 is 819.2, and Spark rounds down",
            "executor: {memory: 8g, memoryOverhead: 819m}",
            &[],
        ),
        (
            "an amount below the minimum holds",
            "driver: {memoryOverhead: 100m}",
            &[(
                "/spec/driver/memoryOverhead",
                "the driver has 100 MiB of memory overhead for 1024 MiB",
            )],
        ),
        (
            "none at all",
            "driver: {memoryOverhead: \"0\"}",
            &[("/spec/driver/memoryOverhead", "a ratio of 0;")],
        ),
        (
            "a bare number is MiB",
            "driver: {memory: 4g, memoryOverhead: \"409\"}, executor: {memory: 4g, memoryOverhead: \"408\"}",
            &[("/spec/executor/memoryOverhead", "408 MiB")],
        ),
        (
            "units in any case, and blanks around",
            "driver: {memory: \" 4G\", memoryOverhead: \"409M \"}, executor: {memory: 4GB, memoryOverhead: 408Mb}",
            &[("/spec/executor/memoryOverhead", "408 MiB")],
        ),
        (
            "an amount wins over a factor",
            "memoryOverheadFactor: \"0.01\", executor: {memory: 8g, memoryOverhead: 4g}",
            &[],
        ),
        (
            "Python needs more",
            "type: Python, executor: {memory: 8g, memoryOverhead: 2047m}, driver: {memory: 8g, memoryOverhead: 2g}",
            &[(
                "/spec/executor/memoryOverhead",
                "the executor of a Python job needs 0.25",
            )],
        ),
        (
            "R needs more",
            "type: R, executor: {memory: 8g, memoryOverhead: 1g}",
            &[("/spec/executor/memoryOverhead", "the executor of an R job needs 0.25")],
        ),
        // Fields and properties.
        (
            "a field wins over its property",
            "driver: {memory: 8g, memoryOverhead: 100m}, sparkConf: {spark.driver.memory: 1g, spark.driver.memoryOverhead: 2g}",
            &[("/spec/driver/memoryOverhead", "100 MiB of memory overhead for 8192 MiB")],
        ),
        (
            "a good field hides a bad property",
            "driver: {memory: 8g, memoryOverhead: 1g}, sparkConf: {spark.driver.memoryOverhead: 1m}",
            &[],
        ),
        (
            "properties alone",
            "sparkConf: {spark.driver.memory: 8g, spark.driver.memoryOverhead: 512m}",
            &[(
                "/spec/sparkConf/spark.driver.memoryOverhead",
                "512 MiB of memory overhead for 8192 MiB",
            )],
        ),
        (
            "the heap by field, the overhead by property",
            "executor: {memory: 16g}, sparkConf: {spark.executor.memoryOverhead: 1g}",
            &[("/spec/sparkConf/spark.executor.memoryOverhead", "a ratio of 0.062;")],
        ),
        // Factors.
        (
            "the application's factor",
            "type: Python, memoryOverheadFactor: \"0.1\", executor: {memory: 8g}",
            &[(
                "/spec/memoryOverheadFactor",
                "the executor has 819 MiB of memory overhead for 8192 MiB of heap, a ratio of 0.099 (a factor of 0.1);",
            )],
        ),
        (
            "of both roles",
            "type: Python, memoryOverheadFactor: \"0.1\", executor: {memory: 8g}, driver: {memory: 8g}",
            &[
                ("/spec/memoryOverheadFactor", "the driver has"),
                ("/spec/memoryOverheadFactor", "the executor has"),
            ],
        ),
        (
            "a factor that is just enough",
            "type: Python, memoryOverheadFactor: \"0.25\", executor: {memory: 9999m}",
            &[],
        ),
        (
            "a factor written as a number",
            "memoryOverheadFactor: 0.05, executor: {memory: 8g}",
            &[("/spec/memoryOverheadFactor", "(a factor of 0.05)")],
        ),
        (
            "an empty factor is none",
            "memoryOverheadFactor: \"\", executor: {memory: 8g}",
            &[],
        ),
        (
            "a property wins over the application's factor",
            "memoryOverheadFactor: \"0.5\", sparkConf: {spark.kubernetes.memoryOverheadFactor: \"0.05\"}, executor: {memory: 8g}",
            &[(
                "/spec/sparkConf/spark.kubernetes.memoryOverheadFactor",
                "(a factor of 0.05)",
            )],
        ),
        (
            "a role's factor wins over both",
            "memoryOverheadFactor: \"0.05\", sparkConf: {spark.executor.memoryOverheadFactor: \"0.2\"}, executor: {memory: 8g}, driver: {memory: 8g}",
            &[("/spec/memoryOverheadFactor", "the driver has 409 MiB")],
        ),
        (
            "a role's factor too small",
            "sparkConf: {spark.driver.memoryOverheadFactor: \"0.05\"}, executor: {memory: 8g}, driver: {memory: 8g}",
            &[(
                "/spec/sparkConf/spark.driver.memoryOverheadFactor",
                "the driver has 409 MiB",
            )],
        ),
        (
            "Spark 3.2 does not read a role's factor",
            "sparkVersion: 3.2.4, sparkConf: {spark.driver.memoryOverheadFactor: \"0.05\"}, driver: {memory: 8g}",
            &[],
        ),
        (
            "nor a good one",
            "sparkVersion: 3.2.4, memoryOverheadFactor: \"0.05\", sparkConf: {spark.driver.memoryOverheadFactor: \"0.5\"}, driver: {memory: 8g}",
            &[("/spec/memoryOverheadFactor", "the driver has 409 MiB")],
        ),
        (
            "Java reads the suffixes of its literals",
            "memoryOverheadFactor: 0.05f, executor: {memory: 8g}",
            &[("/spec/memoryOverheadFactor", "(a factor of 0.05)")],
        ),
        (
            "a factor of zero leaves the minimum",
            "memoryOverheadFactor: \"0\", executor: {memory: 2g}",
            &[],
        ),
        // Minimums.
        (
            "the minimum is too little for Python",
            "type: Python, memoryOverheadFactor: \"0.1\", executor: {memory: 2g}",
            &[(
                "/spec/executor/memory",
                "384 MiB of memory overhead for 2048 MiB of heap, a ratio of 0.187 (the minimum, Spark's minimum);",
            )],
        ),
        (
            "Spark 4.0 reads a minimum",
            "type: Python, sparkVersion: 4.0.0, memoryOverheadFactor: \"0.1\", executor: {memory: 2g}, sparkConf: {spark.executor.minMemoryOverhead: 400m}",
            &[(
                "/spec/sparkConf/spark.executor.minMemoryOverhead",
                "400 MiB of memory overhead for 2048 MiB of heap, a ratio of 0.195 (the minimum);",
            )],
        ),
        (
            "a minimum that is enough",
            "type: Python, sparkVersion: 4.0.0, memoryOverheadFactor: \"0.1\", executor: {memory: 2g}, sparkConf: {spark.executor.minMemoryOverhead: 1g}",
            &[],
        ),
        (
            "a smaller minimum lets the factor hold",
            "type: Python, sparkVersion: 4.0.0, memoryOverheadFactor: \"0.1\", executor: {memory: 2g}, sparkConf: {spark.executor.minMemoryOverhead: 100m}",
            &[("/spec/memoryOverheadFactor", "204 MiB")],
        ),
        (
            "Spark 3.5 does not read one",
            "type: Python, memoryOverheadFactor: \"0.1\", executor: {memory: 2g}, sparkConf: {spark.executor.minMemoryOverhead: 1g}",
            &[("/spec/executor/memory", "384 MiB")],
        ),
        (
            "not even to refuse it",
            "type: Python, memoryOverheadFactor: \"0.1\", executor: {memory: 2g}, sparkConf: {spark.executor.minMemoryOverhead: lots}",
            &[("/spec/executor/memory", "384 MiB")],
        ),
        // What cannot be read is for wellFormed to say.
        (
            "a heap that cannot be read",
            "driver: {memory: 1.5g, memoryOverhead: 1m}",
            &[],
        ),
        (
            "an overhead that cannot be read",
            "driver: {memory: 8g, memoryOverhead: some}",
            &[],
        ),
        (
            "a factor that cannot be read",
            "memoryOverheadFactor: lots, driver: {memory: 8g}",
            &[],
        ),
        (
            "a role's factor of zero, which Spark refuses",
            "sparkConf: {spark.driver.memoryOverheadFactor: \"0\"}, driver: {memory: 8g}",
            &[],
        ),
        (
            "binary units before 4.2",
            "driver: {memory: 8Gi, memoryOverhead: 1m}",
            &[],
        ),
        (
            "binary units from 4.2",
            "sparkVersion: 4.2.0, driver: {memory: 8Gi, memoryOverhead: 1Mi}",
            &[("/spec/driver/memoryOverhead", "1 MiB of memory overhead for 8192 MiB")],
        ),
        (
            "binary units of nobody knows which version",
            "sparkVersion: latest, driver: {memory: 8Gi, memoryOverhead: 1Mi}",
            &[("/spec/driver/memoryOverhead", "1 MiB")],
        ),
        (
            "a language that does not exist",
            "type: Ruby, driver: {memoryOverhead: 1m}",
            &[],
        ),
        (
            "no language is Scala, the operator's default",
            "type: null, driver: {memory: 8g, memoryOverhead: 818m}",
            &[("/spec/driver/memoryOverhead", "the driver of a Scala job")],
        ),
        // The ends of the scale.
        ("no heap", "driver: {memory: \"0\", memoryOverhead: \"0\"}", &[]),
        (
            "a heap of petabytes",
            "driver: {memory: 8000000000g, memoryOverhead: 1m}",
            &[("/spec/driver/memoryOverhead", "a ratio of 0;")],
        ),
        (
            "a heap that no number holds",
            "driver: {memory: 99999999999999999999g}",
            &[],
        ),
        (
            "a factor beyond all measure",
            "memoryOverheadFactor: \"1e300\", driver: {memory: 8g}",
            &[],
        ),
    ];
    let policies = policy(POLICY);
    for (case, members, expected) in cases {
        assert_found(case, &findings(RULE, &policies, &application(members)), expected);
    }
}

#[test]
fn says_what_to_write_where_it_counts() {
    let cases = [
        (
            "executor: {memory: 8g, memoryOverhead: 512m}",
            "write `memoryOverhead: 820m` or more for the executor",
        ),
        (
            "type: Python, memoryOverheadFactor: \"0.1\", executor: {memory: 8g}",
            "write `memoryOverhead: 2g` for the executor, or `memoryOverheadFactor: \"0.25\"` for the application",
        ),
        (
            "type: Python, executor: {memory: 8g}, sparkConf: {spark.kubernetes.memoryOverheadFactor: \"0.1\"}",
            "write `memoryOverhead: 2g` for the executor, or `spark.kubernetes.memoryOverheadFactor: \"0.25\"` in `sparkConf`",
        ),
        (
            "memoryOverheadFactor: \"0.5\", executor: {memory: 8g}, sparkConf: {spark.executor.memoryOverheadFactor: \"0.05\"}",
            "write `memoryOverhead: 820m` for the executor, or `spark.executor.memoryOverheadFactor: \"0.1\"` in `sparkConf`",
        ),
        (
            "type: Python, executor: {memory: 2g}, sparkConf: {spark.executor.memoryOverheadFactor: \"0.1\"}",
            "write `memoryOverhead: 512m` for the executor, or `spark.executor.memoryOverheadFactor: \"0.25\"` in `sparkConf`",
        ),
    ];
    let policies = policy(POLICY);
    for (members, expected) in cases {
        let findings = findings(RULE, &policies, &application(members));
        let help: Vec<_> = findings.iter().filter_map(|finding| finding.help.as_deref()).collect();
        assert_eq!(help, [expected], "{members}");
    }
}

#[test]
fn what_binary_fractions_add_is_not_asked_for() {
    let policies = policy("  validate: [{name: overhead, memoryOverhead: {minRatio: 0.07}}]");
    let findings = findings(
        RULE,
        &policies,
        &application("executor: {memory: 100g, memoryOverhead: 1g}"),
    );
    assert_eq!(
        findings[0].help.as_deref(),
        Some("write `memoryOverhead: 7g` or more for the executor")
    );
}

#[test]
fn blames_the_role_when_nobody_wrote_anything() {
    assert_found(
        "defaults",
        &findings(RULE, &policy(HALF), &application("")),
        &[
            (
                "/spec/driver",
                "the driver has 384 MiB of memory overhead for 1024 MiB of heap, a ratio of 0.375 (the minimum, Spark's minimum); the driver of a Scala job needs 0.5",
            ),
            ("/spec/executor", "the executor has 384 MiB"),
        ],
    );
    assert_found(
        "only the heap",
        &findings(
            RULE,
            &policy(HALF),
            &application("type: Python, driver: {memory: 2g}, executor: {memory: 4g}"),
        ),
        &[
            (
                "/spec/driver/memory",
                "a ratio of 0.399 (a factor of 0.4, Spark's default for Python and R)",
            ),
            ("/spec/executor/memory", "1638 MiB"),
        ],
    );
}

#[test]
fn a_schedule_is_judged_by_its_template() {
    let members = "driver: {memory: 8g, memoryOverhead: 100m}, sparkConf: {spark.executor.memoryOverhead: 1m}";
    assert_found(
        "scheduled",
        &findings(RULE, &policy(POLICY), &scheduled(members)),
        &[
            ("/spec/template/driver/memoryOverhead", "100 MiB"),
            ("/spec/template/sparkConf/spark.executor.memoryOverhead", "1 MiB"),
        ],
    );
    assert_found(
        "nothing written",
        &findings(RULE, &policy(HALF), &scheduled("")),
        &[("/spec/template/driver", ""), ("/spec/template/executor", "")],
    );
}

#[test]
fn an_entry_is_about_its_roles() {
    let manifest = application("driver: {memoryOverhead: 1m}, executor: {memoryOverhead: 1m}");
    for (roles, place) in [
        ("driver", "/spec/driver/memoryOverhead"),
        ("executor", "/spec/executor/memoryOverhead"),
    ] {
        let policies = policy(&format!(
            "  validate: [{{name: overhead, roles: [{roles}], memoryOverhead: {{minRatio: 0.1}}}}]"
        ));
        assert_found(roles, &findings(RULE, &policies, &manifest), &[(place, roles)]);
    }
}

#[test]
fn a_ratio_of_zero_asks_for_nothing() {
    let policies = policy("  validate: [{name: overhead, memoryOverhead: {minRatio: 0}}]");
    let manifest = application("driver: {memoryOverhead: \"0\"}");
    assert_found("zero", &findings(RULE, &policies, &manifest), &[]);
}

#[test]
fn a_pod_alone_does_not_tell() {
    let manifest = driver_pod("{containers: [{name: c, resources: {requests: {memory: 1Gi}}}]}");
    assert_found("a pod", &findings(RULE, &policy(HALF), &manifest), &[]);
}
