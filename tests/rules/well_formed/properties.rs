//! Properties that Spark does not read.

use sparkgate::engine::finding::{Blame, Enforcement};
use sparkgate::engine::policy::PolicySet;

use super::{RULE, assert_rows};
use crate::rules::{application, assert_found, findings, policy, scheduled};

#[test]
fn properties_are_what_this_version_of_spark_reads() {
    assert_rows(&[
        ("none", "", &[]),
        ("no object", "sparkConf: 5", &[("/spec/sparkConf", "an integer")]),
        ("null", "sparkConf: {spark.executor.memoryoverhead: null}", &[]),
        (
            "known ones, and what may follow a prefix",
            "sparkConf: {spark.ui.port: \"4041\", spark.hadoop.fs.s3a.endpoint: s3, spark.rapids.sql.enabled: \"true\"}",
            &[],
        ),
        (
            "typed fields, which are spelt right",
            "executor: {cores: 2, memory: 2g}, nodeSelector: {zone: a}, dynamicAllocation: {enabled: true}",
            &[],
        ),
        (
            "an old name that Spark still reads",
            "sparkConf: {spark.yarn.executor.memoryOverhead: 1g}",
            &[],
        ),
        (
            "upper and lower case",
            "sparkConf: {spark.dynamicallocation.enabled: \"true\"}",
            &[(
                "/spec/sparkConf/spark.dynamicallocation.enabled",
                "Spark has no property `spark.dynamicallocation.enabled`, and ignores it",
            )],
        ),
        (
            "a free-form prefix, with a slash in the name",
            "sparkConf: {spark.kubernetes.driver.labels.acme.io/team: a}",
            &[(
                "/spec/sparkConf/spark.kubernetes.driver.labels.acme.io~1team",
                "Spark has no property `spark.kubernetes.driver.labels.acme.io/team`",
            )],
        ),
        (
            "a later version's",
            "sparkConf: {spark.driver.minMemoryOverhead: 512m}",
            &[(
                "/spec/sparkConf/spark.driver.minMemoryOverhead",
                "Spark reads `spark.driver.minMemoryOverhead` from 4.0.0 on; this application runs 3.5.1, which ignores it",
            )],
        ),
        (
            "that version's",
            "sparkVersion: 4.0.0, sparkConf: {spark.driver.minMemoryOverhead: 512m}",
            &[],
        ),
        (
            "a later version's, where the version is not known",
            "sparkVersion: latest, sparkConf: {spark.driver.minMemoryOverhead: 512m}",
            &[],
        ),
        (
            "a later version's prefix",
            "sparkVersion: 3.2.4, sparkConf: {spark.kubernetes.driver.node.selector.pool: on-demand}",
            &[(
                "/spec/sparkConf/spark.kubernetes.driver.node.selector.pool",
                "from 3.3.0 on",
            )],
        ),
        (
            "an earlier version's",
            "sparkVersion: 4.1.0, sparkConf: {spark.blacklist.enabled: \"true\"}",
            &[(
                "/spec/sparkConf/spark.blacklist.enabled",
                "Spark 4.1.0 and later ignore `spark.blacklist.enabled`",
            )],
        ),
        (
            "what SQL refuses",
            "sparkVersion: 4.0.0, sparkConf: {spark.sql.legacy.parquet.int96RebaseModeInRead: LEGACY}",
            &[(
                "/spec/sparkConf/spark.sql.legacy.parquet.int96RebaseModeInRead",
                "Spark 4.0.0 and later start no SQL session with this value of",
            )],
        ),
        (
            "the one value that it does not",
            "sparkVersion: 4.0.0, sparkConf: {spark.sql.legacy.parquet.int96RebaseModeInRead: CORRECTED}",
            &[],
        ),
        (
            "nobody's",
            "sparkConf: {spark.decommission.timeout: 90s}",
            &[(
                "/spec/sparkConf/spark.decommission.timeout",
                "Spark is not known to read `spark.decommission.timeout`",
            )],
        ),
        (
            "without spark",
            "sparkConf: {fs.s3a.endpoint: s3}",
            &[(
                "/spec/sparkConf/fs.s3a.endpoint",
                "`fs.s3a.endpoint` does not begin with `spark.`: spark-submit drops it",
            )],
        ),
        (
            "of the wrong type, once",
            "sparkConf: {spark.executor.memoryoverhead: 1}",
            &[(
                "/spec/sparkConf/spark.executor.memoryoverhead",
                "`spark.executor.memoryoverhead` is an integer and should be a string",
            )],
        ),
    ]);
}

#[test]
fn only_what_is_sure_is_denied() {
    let cases = [
        ("spark.executor.memoryoverhead", "3.5.1", Enforcement::Deny),
        ("spark.executor.memoryoverhead", "4.4.0", Enforcement::Warn),
        ("spark.executor.memoryoverhead", "latest", Enforcement::Warn),
        ("spark.report.interval", "3.5.1", Enforcement::Warn),
        ("spark.acme.key", "3.5.1", Enforcement::Warn),
        ("spark.driver.minMemoryOverhead", "3.5.1", Enforcement::Deny),
        ("spark.sql.chunkBase64String.enabled", "3.5.1", Enforcement::Warn),
        ("spark.mesos.coarse", "4.0.0", Enforcement::Warn),
        ("spark.sql.hive.verifyPartitionPath", "4.0.0", Enforcement::Deny),
        ("fs.s3a.endpoint", "latest", Enforcement::Deny),
    ];
    for (name, version, expected) in cases {
        let manifest = application(&format!("sparkVersion: {version}, sparkConf: {{{name}: x}}"));
        let enforcements = |policies: &PolicySet| -> Vec<_> {
            let findings = findings(RULE, policies, &manifest);
            assert!(findings.iter().all(|finding| finding.blame == Blame::Key));
            findings
                .iter()
                .map(|finding| (finding.enforcement, finding.lowered_from))
                .collect()
        };
        assert_eq!(
            enforcements(&PolicySet::builtin()),
            [(expected, None)],
            "{name} {version}"
        );
        let audited = policy("  enforcement: audit\n  validate: [{name: readable, wellFormed: {}}]");
        assert_eq!(enforcements(&audited), [(Enforcement::Audit, None)], "{name} {version}");
        let lowered = PolicySet::builtin().with_max_enforcement(Enforcement::Audit);
        assert_eq!(
            enforcements(&lowered),
            [(Enforcement::Audit, Some(expected))],
            "{name} {version}: what the rule itself is not sure of was not lowered"
        );
    }
}

#[test]
fn help_says_what_to_write() {
    let cases = [
        (
            "spark.executor.decommission.enabled",
            "did you mean `spark.decommission.enabled`?",
        ),
        (
            "spark.kubernetes.label.team",
            "did you mean `spark.kubernetes.driver.label.team` or `spark.kubernetes.executor.label.team`?",
        ),
        (
            "spark.driver.minMemoryOverhead",
            "take it out, or run Spark 4.0.0 or later",
        ),
        ("spark.storage.memoryFraction", "take it out"),
        (
            "spark.akka.frameSize",
            "write `spark.rpc.message.maxSize`, or take it out",
        ),
        (
            "spark.acme.key",
            "correct or remove it; if something else reads what begins with `spark.acme.`, name that in `propertyPrefixes` of a policy",
        ),
        (
            "spark.decommission.timeout",
            "correct or remove it, unless something else reads it",
        ),
        ("spark.acme", "correct or remove it, unless something else reads it"),
        ("fs.s3a.endpoint", "did you mean `spark.hadoop.fs.s3a.endpoint`?"),
        (
            "AWS_REGION",
            "set an environment variable as `spark.kubernetes.driverEnv.AWS_REGION` and `spark.executorEnv.AWS_REGION`",
        ),
        (
            "acme.key",
            "put `spark.` before it where the job reads it, or take it out",
        ),
    ];
    for (name, expected) in cases {
        let manifest = application(&format!("sparkConf: {{{name}: x}}"));
        let findings = findings(RULE, &PolicySet::builtin(), &manifest);
        let help: Vec<_> = findings.iter().map(|finding| finding.help.as_deref()).collect();
        assert_eq!(help, [Some(expected)], "{name}");
    }
}

#[test]
fn a_policy_lets_prefixes_be() {
    let policies =
        policy("  validate: [{name: readable, wellFormed: {propertyPrefixes: [spark.acme., spark.executor.acme.]}}]");
    let manifest = application(
        "sparkConf: {spark.acme.key: a, spark.executor.acme.cores: a, spark.acmes.key: a, spark.executor.acmes: a, acme.key: a}",
    );
    assert_found(
        "prefixes",
        &findings(RULE, &policies, &manifest),
        &[
            ("/spec/sparkConf/spark.acmes.key", "not known"),
            ("/spec/sparkConf/spark.executor.acmes", "not known"),
            ("/spec/sparkConf/acme.key", "spark-submit drops it"),
        ],
    );
}

#[test]
fn a_schedule_is_judged_by_its_template() {
    let manifest = scheduled("sparkConf: {spark.executor.memoryoverhead: 1g}");
    assert_found(
        "scheduled",
        &findings(RULE, &PolicySet::builtin(), &manifest),
        &[(
            "/spec/template/sparkConf/spark.executor.memoryoverhead",
            "`spark.executor.memoryoverhead`",
        )],
    );
}

#[test]
fn a_hundred_are_enough() {
    let properties: Vec<String> = (0..5000).map(|number| format!("spark.acme.key{number}: a")).collect();
    let manifest = application(&format!("sparkConf: {{{}}}", properties.join(", ")));
    assert_eq!(findings(RULE, &PolicySet::builtin(), &manifest).len(), 100);
}
