//! Secrets that the user names: mounted, or in the environment. Spark reads none of them, and neither does sparkgate.
//!
//! `MountSecretsFeatureStep` and `EnvSecretsFeatureStep`.

use super::Draft;
use super::spark_pod::SparkPod;
use super::step::Step;

/// `spark.kubernetes.{driver,executor}.secrets.NAME=PATH`: first all volumes, then all mounts.
pub(super) fn mount<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let prefix = step.of_role("spark.kubernetes.driver.secrets.", "spark.kubernetes.executor.secrets.");
    for (secret, property) in step.with_prefix(prefix) {
        let text = |text| Draft::text(text, property.origin.clone());
        let volume = step.arena.string(&format!("{secret}-volume"));
        pod.add_volume(
            text(volume),
            "secret",
            Draft::object([("secretName", text(secret))]),
            [("mountPath", text(property.value))],
        );
    }
}

/// `spark.kubernetes.{driver,executor}.secretKeyRef.VARIABLE=SECRET:KEY`.
pub(super) fn put_in_env<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let prefix = step.of_role(
        "spark.kubernetes.driver.secretKeyRef.",
        "spark.kubernetes.executor.secretKeyRef.",
    );
    for (variable, property) in step.with_prefix(prefix) {
        let text = |text| Draft::text(text, property.origin.clone());
        let parts = property.value.split_once(':');
        let Some((secret, key)) = parts.filter(|(_, key)| !key.is_empty() && !key.contains(':')) else {
            step.refuse(
                &property.origin,
                format!("{prefix}{variable} does not name a Secret and a key in it"),
                Some("write SECRET:KEY".to_owned()),
            );
            continue;
        };
        let reference = Draft::object([("key", text(key)), ("name", text(secret))]);
        let source = Draft::object([("secretKeyRef", reference)]);
        let variable = Draft::object([("name", text(variable)), ("valueFrom", source)]);
        pod.add_env([variable.from_origin(property.origin.clone())]);
    }
}
