//! What the driver logs in to Kerberos with.
//!
//! `KerberosConfDriverFeatureStep`. Tokens that whoever submits holds already are not known here.

use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{Draft, env, generated};

const KRB5_FILE: &str = "spark.kubernetes.kerberos.krb5.path";
const KRB5_CONFIG_MAP: &str = "spark.kubernetes.kerberos.krb5.configMapName";
const TOKEN_SECRET: &str = "spark.kubernetes.kerberos.tokenSecret.name";
const TOKEN_KEY: &str = "spark.kubernetes.kerberos.tokenSecret.itemKey";
const KEYTAB: &str = "spark.kerberos.keytab";
const PRINCIPAL: &str = "spark.kerberos.principal";
const CREDENTIALS: &str = "/mnt/secrets/hadoop-credentials";

/// Mounts the configuration, and then the keytab, or else the tokens.
pub(super) fn configure<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    if let (Some(file), Some(_)) = (step.property(KRB5_FILE), step.property(KRB5_CONFIG_MAP)) {
        let message = format!("{KRB5_FILE} and {KRB5_CONFIG_MAP} are both set, and Spark takes only one");
        step.refuse(&file.origin, message, Some("leave one out".to_owned()));
    }
    require_both(step, KEYTAB, PRINCIPAL);
    require_both(step, TOKEN_SECRET, TOKEN_KEY);
    mount_configuration(step, pod);
    let is_uploaded = step.value(KEYTAB).is_some_and(|keytab| !keytab.starts_with("local:"));
    if is_uploaded {
        let name = format!("{}-kerberos-keytab", generated::resource_prefix(step));
        let secret = Draft::text(step.arena.string(&name), generated::GENERATED);
        pod.add_volume(
            Draft::text("kerberos-keytab", SPARK_DEFAULT),
            "secret",
            Draft::object([("secretName", secret)]),
            [("mountPath", Draft::text("/mnt/secrets/kerberos-keytab", SPARK_DEFAULT))],
        );
    } else if let Some(secret) = step.property(TOKEN_SECRET) {
        let key = step.value(TOKEN_KEY).unwrap_or("hadoop-tokens");
        let location = step.arena.string(&format!("{CREDENTIALS}/{key}"));
        let name = Draft::text(secret.value, secret.origin.clone());
        pod.add_volume(
            Draft::text("hadoop-secret", SPARK_DEFAULT),
            "secret",
            Draft::object([("secretName", name)]),
            [("mountPath", Draft::text(CREDENTIALS, SPARK_DEFAULT))],
        );
        pod.add_env([env::variable(
            "HADOOP_TOKEN_FILE_LOCATION",
            location,
            secret.origin.clone(),
        )]);
    }
}

fn require_both(step: &mut Step<'_, '_>, one: &'static str, other: &'static str) {
    for (given, missing) in [(one, other), (other, one)] {
        if let (Some(property), None) = (step.property(given), step.property(missing)) {
            let message = format!("{given} is set without {missing}, and Spark takes both or neither");
            step.refuse(&property.origin, message, Some(format!("set {missing} too")));
        }
    }
}

fn mount_configuration<'a>(step: &Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let mut source = Draft::empty();
    if let Some(config_map) = step.property(KRB5_CONFIG_MAP) {
        source.set("name", Draft::text(config_map.value, config_map.origin.clone()));
    } else if let Some(file) = step.property(KRB5_FILE) {
        let name = format!("{}-krb5-file", generated::resource_prefix(step));
        source.set("name", Draft::text(step.arena.string(&name), generated::GENERATED));
        let key = file.value.rsplit('/').next().unwrap_or(file.value);
        let text = || Draft::text(key, file.origin.clone());
        source.append("items", [Draft::object([("key", text()), ("path", text())])]);
    } else {
        return;
    }
    pod.add_volume(
        Draft::text("krb5-file", SPARK_DEFAULT),
        "configMap",
        source,
        [
            ("mountPath", Draft::text("/etc/krb5.conf", SPARK_DEFAULT)),
            ("subPath", Draft::text("krb5.conf", SPARK_DEFAULT)),
        ],
    );
}
