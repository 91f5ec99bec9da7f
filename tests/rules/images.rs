//! `images`: where images come from, and that they stay what they are.

use super::{application, assert_found, driver_pod, findings, pod, policy, scheduled};

const RULE: &str = "images";
const TRUSTED: &str = "registries: [registry.example.com, \"ghcr.io/acme/spark-*\"]";

fn entry(rule: &str) -> String {
    format!("  validate: [{{name: tested, images: {{{rule}}}}}]")
}

#[test]
fn images_come_from_the_registries_of_the_policy() {
    let policies = policy(&entry(TRUSTED));
    let trusted = "registry.example.com/data/spark:3.5.1";
    let cases: [(&str, String, &[(&str, &str)]); 9] = [
        ("below a registry", format!("image: {trusted}"), &[]),
        ("a pattern", "image: ghcr.io/acme/spark-py:3.5.1".to_owned(), &[]),
        ("below a pattern", "image: ghcr.io/acme/spark-py/slim".to_owned(), &[]),
        (
            "another host that begins alike",
            "image: registry.example.com.evil.io/spark".to_owned(),
            &[
                (
                    "/spec/image",
                    "the driver's container `spark-kubernetes-driver` has its image from `registry.example.com.evil.io/spark`",
                ),
                ("/spec/image", "the executor's container `spark-kubernetes-executor`"),
            ],
        ),
        (
            "the default registry, of one role",
            format!("image: {trusted}, executor: {{image: spark}}"),
            &[("/spec/executor/image", "`docker.io/library/spark`")],
        ),
        (
            "a property that the field overrides",
            format!("image: {trusted}, sparkConf: {{spark.kubernetes.container.image: evil/spark}}"),
            &[],
        ),
        (
            "an init container of a template",
            format!(
                "image: {trusted}, driver: {{template: {{spec: {{initContainers: [{{name: fetch, image: \"busybox:1\"}}]}}}}}}"
            ),
            &[(
                "/spec/driver/template/spec/initContainers/0/image",
                "container `fetch` has its image from `docker.io/library/busybox`",
            )],
        ),
        (
            "a sidecar of the executor",
            format!("image: {trusted}, executor: {{sidecars: [{{name: log, image: \"quay.io/log:1\"}}]}}"),
            &[("/spec/executor/sidecars/0/image", "container `log`")],
        ),
        (
            "no reference at all",
            format!("image: {trusted}, driver: {{image: \"Registry.example.com/Spark\"}}"),
            &[(
                "/spec/driver/image",
                "`Registry.example.com/Spark`, which refers to no image",
            )],
        ),
    ];
    for (case, members, expected) in &cases {
        assert_found(case, &findings(RULE, &policies, &application(members)), expected);
    }
}

#[test]
fn images_are_pinned() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let cases: [(&str, &str, &str, &[&str]); 9] = [
        ("tag", "spark:3.5.1", "a version", &[]),
        ("tag", "spark", "no tag", &["has no tag"]),
        ("tag", "localhost:5000/spark", "a port is no tag", &["has no tag"]),
        ("tag", "spark:latest", "latest", &["is another one after every release"]),
        ("tag", "spark@DIGEST", "a digest", &[]),
        ("tag", "spark:latest@DIGEST", "a digest wins over the tag", &[]),
        ("digest", "spark:3.5.1", "a tag alone", &["has no digest"]),
        ("digest", "spark:3.5.1@DIGEST", "both", &[]),
        ("digest", "spark@DIGEST", "a digest alone", &[]),
    ];
    for (pin, image, case, texts) in cases {
        let policies = policy(&format!(
            "  validate: [{{name: tested, roles: [driver], images: {{pinned: {pin}}}}}]"
        ));
        let image = image.replace("DIGEST", &digest);
        let of_application: Vec<_> = texts.iter().map(|text| ("/spec/image", *text)).collect();
        let manifest = application(&format!("image: \"{image}\""));
        assert_found(case, &findings(RULE, &policies, &manifest), &of_application);
        let of_schedule: Vec<_> = texts.iter().map(|text| ("/spec/template/image", *text)).collect();
        let manifest = scheduled(&format!("image: \"{image}\""));
        assert_found(case, &findings(RULE, &policies, &manifest), &of_schedule);
        let of_pod: Vec<_> = texts.iter().map(|text| ("/spec/containers/0/image", *text)).collect();
        let spec = format!("{{containers: [{{name: c, image: \"{image}\"}}]}}");
        assert_found(case, &findings(RULE, &policies, &driver_pod(&spec)), &of_pod);
        assert_found("another role", &findings(RULE, &policies, &pod("executor", &spec)), &[]);
    }
}

#[test]
fn every_image_of_a_pod_counts() {
    let policies = policy(&entry(TRUSTED));
    let spec = "{initContainers: [{name: a, image: evil/a}], containers: [{name: b, image: registry.example.com/b}, {name: c}], ephemeralContainers: [{name: d, image: evil/d}], volumes: [{name: e, image: {reference: evil/e}}]}";
    for role in ["driver", "executor"] {
        assert_found(
            role,
            &findings(RULE, &policies, &pod(role, spec)),
            &[
                ("/spec/initContainers/0/image", "container `a`"),
                ("/spec/ephemeralContainers/0/image", "container `d`"),
                ("/spec/volumes/0/image/reference", "volume `e`"),
            ],
        );
    }
}

#[test]
fn the_application_of_apache_is_judged_too() {
    let manifest = "apiVersion: spark.apache.org/v1\nkind: SparkApplication\nmetadata: {name: job, namespace: team}\nspec: {jars: \"local:///job.jar\", runtimeVersions: {sparkVersion: 4.0.0}, sparkConf: {spark.kubernetes.container.image: \"evil/spark:4\"}}";
    assert_found(
        "a property",
        &findings(RULE, &policy(&entry(TRUSTED)), manifest),
        &[
            (
                "/spec/sparkConf/spark.kubernetes.container.image",
                "`docker.io/evil/spark`",
            ),
            (
                "/spec/sparkConf/spark.kubernetes.container.image",
                "`docker.io/evil/spark`",
            ),
        ],
    );
}

#[test]
fn both_roles_run_the_same_image() {
    let policies = policy(&entry("sameInBothRoles: true"));
    let cases: [(&str, &str, &[(&str, &str)]); 5] = [
        ("one for both", "image: \"spark:3.5.1\"", &[]),
        (
            "the same in other words",
            "image: \"spark:3.5.1\", executor: {image: \"docker.io/library/spark:3.5.1\"}",
            &[],
        ),
        (
            "another tag",
            "image: \"spark:3.5.1\", executor: {image: \"spark:3.5.2\"}",
            &[(
                "/spec/executor/image",
                "the executor runs `docker.io/library/spark:3.5.2`, and the driver `docker.io/library/spark:3.5.1`",
            )],
        ),
        (
            "another for the driver",
            "image: \"spark:3.5.1\", driver: {image: \"spark:3.5.2\"}",
            &[("/spec/image", "the executor runs")],
        ),
        (
            "a sidecar is another",
            "image: \"spark:3.5.1\", driver: {sidecars: [{name: log, image: log}]}",
            &[],
        ),
    ];
    for (case, members, expected) in &cases {
        assert_found(case, &findings(RULE, &policies, &application(members)), expected);
    }
    let lonely = "{containers: [{name: c, image: spark}]}";
    assert_found("a pod alone", &findings(RULE, &policies, &driver_pod(lonely)), &[]);
}
