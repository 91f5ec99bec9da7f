//! `wellFormed`: what Spark, the operator and Kubernetes can read, and what they cannot.

mod cpu;
mod executors;
mod fields;
mod kubernetes;
mod memory;
mod mounts;
mod names;
mod properties;

use sparkgate::engine::policy::PolicySet;

use super::{application, assert_found, driver_pod, findings, pod, policy, scheduled};

const RULE: &str = "wellFormed";

type Row<'r> = (&'r str, &'r str, &'r [(&'r str, &'r str)]);

/// Each row: a case, members of an application's spec, what is found and where.
fn assert_rows(rows: &[Row<'_>]) {
    let policies = PolicySet::builtin();
    for (case, members, expected) in rows {
        assert_found(case, &findings(RULE, &policies, &application(members)), expected);
    }
}

/// Members of `spec.monitoring` that bring the exporter's configuration as a volume.
const EXPORTER: &str =
    "monitoring: {exposeDriverMetrics: true, exposeExecutorMetrics: false, prometheus: {jmxExporterJar: /jmx.jar}}";

#[test]
fn help_says_what_to_write() {
    let cases = [
        ("driver: {memory: 1.5g}", Some("write `1536m`")),
        ("driver: {memory: 4Gi}", Some("write `4g`")),
        ("driver: {memory: 4 g}", Some("write `4g`")),
        (
            "driver: {memory: four}",
            Some("write a whole number and a unit, such as `512m` or `4g`"),
        ),
        ("driver: {memory: \"3072\"}", Some("write the unit: `3g`")),
        ("driver: {memory: 1m}", Some("write `450m` or more")),
        (
            "driver: {cores: 0}",
            Some("write `1` or more; `coreRequest` may be less, such as `500m`"),
        ),
        ("driver: {cores: \"2\"}", Some("leave out the quotes")),
        ("driver: {coreLimit: 500m}", Some("write a limit of at least `1`")),
        (
            "driver: {volumeMounts: [{name: data, mountPath: /d}]}",
            Some("add a volume named `data`, or correct the name"),
        ),
        (
            "memoryOverheadFactor: 25%",
            Some("write a share of the heap, such as \"0.25\" for a quarter"),
        ),
        (
            "dynamicAllocation: {enabled: true, minExecutors: 3, maxExecutors: 2}",
            Some("write 2 or less, or raise the maximum"),
        ),
        ("exector: {cores: 1}", Some("did you mean `executor`?")),
        ("executor: {instances: 0}", Some("write `1` or more")),
    ];
    let policies = PolicySet::builtin();
    for (members, expected) in cases {
        let findings = findings(RULE, &policies, &application(members));
        let help: Vec<_> = findings.iter().map(|finding| finding.help.as_deref()).collect();
        assert_eq!(help, [expected], "{members}");
    }
}

#[test]
fn a_schedule_is_judged_by_its_template() {
    let manifest = scheduled(
        "driver: {memory: 1.5g, cores: 0}, executor: {volumeMounts: [{name: data, mountPath: /d}]}, exector: {}",
    );
    assert_found(
        "scheduled",
        &findings(RULE, &PolicySet::builtin(), &manifest),
        &[
            ("/spec/template/exector", "`exector`"),
            ("/spec/template/driver/memory", "`1.5g`"),
            ("/spec/template/driver/cores", "`0` cores"),
            ("/spec/template/executor/volumeMounts/0/name", "`data`"),
        ],
    );
}

#[test]
fn an_entry_is_about_its_roles() {
    let policies = policy("  validate: [{name: readable, roles: [executor], wellFormed: {}}]");
    let manifest = application("driver: {memory: 1.5g, cores: 0}, executor: {memory: 1.5g}");
    assert_found(
        "an application",
        &findings(RULE, &policies, &manifest),
        &[("/spec/executor/memory", "`1.5g`")],
    );
    let drivers = policy("  validate: [{name: readable, roles: [driver], wellFormed: {}}]");
    let manifest = application("driver: {cores: 0}, executor: {instances: 0, cores: 0}");
    assert_found(
        "an application's driver",
        &findings(RULE, &drivers, &manifest),
        &[("/spec/driver/cores", "`0`")],
    );
    let broken = "{containers: [{name: c, volumeMounts: [{name: a, mountPath: /a}]}]}";
    assert_found("a driver", &findings(RULE, &policies, &driver_pod(broken)), &[]);
    assert_found(
        "an executor",
        &findings(RULE, &policies, &pod("executor", broken)),
        &[("/spec/containers/0/volumeMounts/0/name", "`a`")],
    );
}
