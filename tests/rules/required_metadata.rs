//! `requiredMetadata`: labels and annotations that everything has.

use super::{assert_found, findings, policy};

const RULE: &str = "requiredMetadata";

/// An application of kubeflow's with this metadata and these members of its spec.
fn application(kind: &str, metadata: &str, members: &str) -> String {
    let job = format!(
        "{{type: Scala, sparkVersion: 3.5.1, image: \"spark:3\", mainApplicationFile: \"local:///a.jar\", {members}}}"
    );
    let spec = if kind == "SparkApplication" {
        job
    } else {
        format!("{{schedule: \"@daily\", template: {job}}}")
    };
    format!(
        "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: {kind}\nmetadata: {{name: job, namespace: team, {metadata}}}\nspec: {spec}"
    )
}

#[test]
fn applications_and_so_their_pods_have_the_labels() {
    let policies = policy(
        "  validate: [{name: tested, requiredMetadata: {labels: {team: [\"*\"], cost-center: [\"CC-[0-9][0-9]\", none]}}}]",
    );
    let good = "team: data, cost-center: CC-42";
    let rows: &[(&str, String, &str, &[(&str, &str)])] = &[
        ("both", format!("labels: {{{good}}}"), "driver: {}, executor: {}", &[]),
        (
            "another allowed value",
            "labels: {team: data, cost-center: none}".to_owned(),
            "driver: {}, executor: {}",
            &[],
        ),
        (
            "none",
            String::new(),
            "driver: {}, executor: {}",
            &[
                (
                    "/metadata/labels/cost-center",
                    "the application lacks the label `cost-center`",
                ),
                ("/metadata/labels/team", "the application lacks the label `team`"),
            ],
        ),
        (
            "an empty value and a wrong one",
            "labels: {team: \"\", cost-center: CC-4}".to_owned(),
            "driver: {}, executor: {}",
            &[
                (
                    "/metadata/labels/cost-center",
                    "has the label `cost-center` with a value that is not allowed",
                ),
                ("/metadata/labels/team", "lacks the label `team`"),
            ],
        ),
        (
            "a role overrides one",
            format!("labels: {{{good}}}"),
            "driver: {}, executor: {labels: {cost-center: mine}}",
            &[(
                "/spec/executor/labels/cost-center",
                "the executor's pod has the label `cost-center` with a value",
            )],
        ),
        (
            "a property does not, since the operator's counts",
            format!("labels: {{{good}}}"),
            "driver: {}, executor: {}, sparkConf: {spark.kubernetes.executor.label.team: \"\"}",
            &[],
        ),
        (
            "the pods alone are not enough",
            "labels: {cost-center: CC-42}".to_owned(),
            "driver: {labels: {team: data}}, executor: {labels: {team: data}}",
            &[("/metadata/labels/team", "the application lacks")],
        ),
    ];
    for (case, metadata, members, expected) in rows {
        let manifest = application("SparkApplication", metadata, members);
        assert_found(case, &findings(RULE, &policies, &manifest), expected);
    }
    let manifest = application(
        "ScheduledSparkApplication",
        "labels: {team: data}",
        "driver: {}, executor: {}",
    );
    assert_found(
        "a schedule",
        &findings(RULE, &policies, &manifest),
        &[("/metadata/labels/cost-center", "lacks")],
    );
}

#[test]
fn what_does_not_get_to_the_pods_is_found_in_them() {
    let policies =
        policy("  validate: [{name: tested, requiredMetadata: {annotations: {owner: [\"*@example.com\"]}}}]");
    let manifest = application(
        "SparkApplication",
        "annotations: {owner: ann@example.com}",
        "driver: {annotations: {owner: ann@example.com}}, executor: {}",
    );
    let found = findings(RULE, &policies, &manifest);
    assert_found(
        "kubeflow's",
        &found,
        &[("/spec/executor", "the executor's pod lacks the annotation `owner`")],
    );
    assert_eq!(
        found[0].help.as_deref(),
        Some("set `owner` to `*@example.com` under `executor.annotations`")
    );
    let policies = policy("  validate: [{name: tested, roles: [driver], requiredMetadata: {labels: {team: [data]}}}]");
    let apache = "apiVersion: spark.apache.org/v1\nkind: SparkApplication\nmetadata: {name: job, namespace: team, labels: {team: data}}\nspec: {jars: \"local:///job.jar\", runtimeVersions: {sparkVersion: 4.0.0}, sparkConf: {}}";
    let found = findings(RULE, &policies, apache);
    assert_found(
        "Apache's",
        &found,
        &[("/spec/driverSpec", "the driver's pod lacks the label `team`")],
    );
    assert_eq!(
        found[0].help.as_deref(),
        Some("set `team` to `data` as the property `spark.kubernetes.driver.label.team`")
    );
    let repaired = apache.replace("sparkConf: {}", "sparkConf: {spark.kubernetes.driver.label.team: data}");
    assert_found("Apache's with the property", &findings(RULE, &policies, &repaired), &[]);
}

#[test]
fn pods_are_judged_as_they_are() {
    let policies =
        policy("  validate: [{name: tested, roles: [executor], requiredMetadata: {labels: {team: [data]}}}]");
    let pod = |role: &str, labels: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, labels: {{spark-role: {role}, spark-app-selector: a{labels}}}}}\nspec: {{containers: [{{name: c}}]}}"
        )
    };
    let rows: &[(&str, &str, &[(&str, &str)])] = &[
        ("executor", ", team: data", &[]),
        (
            "executor",
            "",
            &[("/metadata/labels/team", "the executor's pod lacks the label `team`")],
        ),
        (
            "executor",
            ", team: other",
            &[("/metadata/labels/team", "with a value that is not allowed")],
        ),
        ("driver", "", &[]),
    ];
    for (role, labels, expected) in rows {
        assert_found(role, &findings(RULE, &policies, &pod(role, labels)), expected);
    }
}
