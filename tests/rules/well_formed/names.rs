//! Names, and what is derived from them.

use sparkgate::engine::policy::PolicySet;

use super::{EXPORTER, RULE};
use crate::rules::{application, assert_found, findings, scheduled};

const NAME: &str = "/metadata/name";

#[test]
fn names_leave_room_for_what_is_derived_from_them() {
    let of = |length: usize| format!("name: {}", "a".repeat(length));
    let generated = |length: usize| format!("generateName: {}", "a".repeat(length));
    let in_the_image = EXPORTER
        .replace(
            "exposeDriverMetrics",
            "metricsPropertiesFile: /m.properties, exposeDriverMetrics",
        )
        .replace("jmxExporterJar", "configFile: /p.yaml, jmxExporterJar");
    let ingress =
        "driverIngressOptions: [{servicePort: 80, servicePortName: a}, {servicePort: 4040, servicePortName: b}]";
    let cases: Vec<(String, String, &[(&str, &str)])> = vec![
        (of(1), application(""), &[]),
        (of(63), application(""), &[]),
        (
            of(64),
            application(""),
            &[(
                NAME,
                "the name has 64 characters, and a label of its pods, made from it, allows 63",
            )],
        ),
        (of(49), application(EXPORTER), &[]),
        (
            of(50),
            application(EXPORTER),
            &[(
                NAME,
                "the volume of its Prometheus configuration, made from it, allows 49",
            )],
        ),
        (
            of(63),
            application(&EXPORTER.replace("exposeDriverMetrics: true", "exposeDriverMetrics: false")),
            &[],
        ),
        (
            of(63),
            application("monitoring: {exposeDriverMetrics: true, exposeExecutorMetrics: true}"),
            &[],
        ),
        (of(63), application(&in_the_image), &[]),
        (of(51), application(ingress), &[]),
        (
            of(52),
            application(ingress),
            &[(NAME, "the service of its driver ingress, made from it, allows 51")],
        ),
        (of(43), scheduled(""), &[]),
        (
            of(44),
            scheduled(""),
            &[(
                NAME,
                "the name has 44 characters, and the name of each run, made from it, allows 43",
            )],
        ),
        (of(29), scheduled(EXPORTER), &[]),
        (of(30), scheduled(EXPORTER), &[(NAME, "allows 29")]),
        (
            "name: 1st-job".to_owned(),
            application(""),
            &[(NAME, "`1st-job` cannot be the name of the services")],
        ),
        (
            "name: a.job".to_owned(),
            application(""),
            &[(NAME, "`a.job` cannot be")],
        ),
        ("name: job-".to_owned(), application(""), &[(NAME, "`job-` cannot be")]),
        ("name: Job".to_owned(), application(""), &[(NAME, "`Job` cannot be")]),
        ("name: the--job-2".to_owned(), application(""), &[]),
        ("generateName: job-".to_owned(), application(""), &[]),
        (generated(200), application(""), &[]),
        (generated(44), application(EXPORTER), &[]),
        (
            generated(45),
            application(EXPORTER),
            &[("/metadata/generateName", "the name has 50 characters")],
        ),
        (
            "generateName: 1st-".to_owned(),
            application(""),
            &[("/metadata/generateName", "cannot be the name of the services")],
        ),
        ("labels: {}".to_owned(), application(""), &[]),
    ];
    let policies = PolicySet::builtin();
    for (metadata, manifest, expected) in cases {
        let manifest = manifest.replace("name: job,", &format!("{metadata},"));
        assert_found(&manifest, &findings(RULE, &policies, &manifest), expected);
    }
    assert_found(
        "a pod's own name is the pod's",
        &findings(
            RULE,
            &policies,
            &application("driver: {podName: a-name-of-its-own}").replace("name: job", &of(63)),
        ),
        &[],
    );
}
