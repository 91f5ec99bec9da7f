//! Mounts that name no volume.
//!
//! `addVolumes`, `addGeneralConfigMaps` and `driverVolumeMountsOption` of spark-operator v2.5.2; `Constants.scala` of Spark 4.0 and
//! `MountSecretsFeatureStep`. Apache's operator brings no volumes of its own.

use json_patch::jsonptr::PointerBuf;

use super::names::{PROMETHEUS_VOLUME, has_exporter_volume};
use super::{Case, Violation};
use crate::engine::json::Json;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::{Located, RoleName};

/// Volumes that Spark and the API server add to a pod, by how their names begin.
const ADDED_LATER: [&str; 9] = [
    "spark-local-dir-",
    "spark-conf-volume",
    "pod-template-volume",
    "hadoop-properties",
    "hadoop-secret",
    "krb5-file",
    "kerberos-keytab",
    "kubernetes-credentials",
    "kube-api-access-",
];
/// The operator cuts the names of volumes off here.
const LONGEST_VOLUME_NAME: usize = 63;

/// A pod is made with all its volumes: a mount of any other is refused by the API server.
pub(super) fn of_pod(case: &Case<'_, '_>) -> Vec<Violation> {
    let pod = Located::root(case.object);
    let Some(spec) = pod.get("spec") else {
        return Vec::new();
    };
    let volumes = names_in(spec.get("volumes").as_ref());
    mounts_of_containers(&spec)
        .filter(|(name, _)| !volumes.contains(name))
        .map(|(name, place)| missing(name, place, "the pod"))
        .collect()
}

pub(super) fn of_application(
    object: Json<'_>,
    kind: ApplicationKind,
    spec: &Located<'_>,
    roles: &[RoleName],
) -> Vec<Violation> {
    match kind {
        ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled => of_kubeflow(object, spec, roles),
        ApplicationKind::Apache => roles.iter().flat_map(|role| of_apache(spec, *role)).collect(),
    }
}

fn of_apache(spec: &Located<'_>, role: RoleName) -> Vec<Violation> {
    let kind = ApplicationKind::Apache;
    let Some(pod) = spec.at([kind.section(role), kind.template(), "spec"]) else {
        return Vec::new();
    };
    let volumes = names_in(pod.get("volumes").as_ref());
    mounts_of_containers(&pod)
        .filter(|(name, _)| {
            !volumes.contains(name) && !is_added_later(name) && !is_made_from_a_property(name, spec, role)
        })
        .map(|(name, place)| missing(name, place, "the template"))
        .collect()
}

fn of_kubeflow(object: Json<'_>, spec: &Located<'_>, roles: &[RoleName]) -> Vec<Violation> {
    let volumes = names_in(spec.get("volumes").as_ref());
    let mut violations = Vec::new();
    for role in roles {
        let Some(section) = spec.get(role.as_str()) else {
            continue;
        };
        let template_spec = section.at(["template", "spec"]);
        let of_template = names_in(template_spec.as_ref().and_then(|spec| spec.get("volumes")).as_ref());
        // The operator mounts only volumes of the application into the Spark container, and drops the others without a word.
        for mount in section.get("volumeMounts").iter().flat_map(Located::items) {
            let Some(name) = mount.json.get("name").and_then(Json::as_str) else {
                continue;
            };
            if volumes.contains(&name) {
                continue;
            }
            let place = mount.pointer.with_trailing_token("name");
            violations.push(if of_template.contains(&name) {
                Violation::at(
                    place,
                    format!("`{name}` is a volume of the {role}'s template, and the operator mounts only those of `spec.volumes`"),
                )
                .with_help("mount it in the template's container, or move the volume to `spec.volumes`")
            } else {
                missing(name, place, "the application")
            });
        }
        // A volume of the application counts for every container, though the operator adds it only if the Spark container mounts it too.
        let in_template = template_spec.iter().flat_map(mounts_of_containers);
        let in_section = ["initContainers", "sidecars"]
            .into_iter()
            .filter_map(|field| section.get(field))
            .flat_map(|containers| containers.items().collect::<Vec<_>>())
            .flat_map(|container| mounts_of(&container));
        for (name, place) in in_template.chain(in_section) {
            let is_known = volumes.contains(&name)
                || of_template.contains(&name)
                || is_added_later(name)
                || is_made_from_a_field(name, object, spec, &section)
                || is_made_from_a_property(name, spec, *role);
            if !is_known {
                violations.push(missing(name, place, "the application"));
            }
        }
    }
    violations
}

fn is_added_later(volume: &str) -> bool {
    ADDED_LATER.iter().any(|prefix| volume.starts_with(prefix))
}

fn missing(name: &str, place: PointerBuf, what: &str) -> Violation {
    Violation::at(place, format!("{what} has no volume `{name}` to mount"))
        .with_help(format!("add a volume named `{name}`, or correct the name"))
}

fn names_in<'a>(volumes: Option<&Located<'a>>) -> Vec<&'a str> {
    volumes
        .into_iter()
        .flat_map(Located::items)
        .filter_map(|volume| volume.json.get("name").and_then(Json::as_str))
        .collect()
}

/// The mounts of a pod's containers, whichever list they are in, and where each is named.
fn mounts_of_containers<'a>(spec: &Located<'a>) -> impl Iterator<Item = (&'a str, PointerBuf)> {
    ["initContainers", "containers", "ephemeralContainers"]
        .into_iter()
        .filter_map(|field| spec.get(field))
        .flat_map(|containers| containers.items().collect::<Vec<_>>())
        .flat_map(|container| mounts_of(&container))
}

fn mounts_of<'a>(container: &Located<'a>) -> Vec<(&'a str, PointerBuf)> {
    container
        .get("volumeMounts")
        .iter()
        .flat_map(Located::items)
        .filter_map(|mount| {
            let name = mount.json.get("name")?.as_str()?;
            Some((name, mount.pointer.with_trailing_token("name")))
        })
        .collect()
}

/// The operator makes volumes of fields that name a ConfigMap, and Spark of `secrets`, and these names follow from the fields.
fn is_made_from_a_field(volume: &str, object: Json<'_>, spec: &Located<'_>, section: &Located<'_>) -> bool {
    let is_named = |field, suffix| {
        names_in(section.get(field).as_ref())
            .iter()
            .any(|name| cut_off(&format!("{name}{suffix}")) == volume)
    };
    let is_of_the_exporter = || {
        // A run of a schedule has a name of its own, and so has this volume.
        has_exporter_volume(spec)
            && object.at(["metadata", "name"]).and_then(Json::as_str) == volume.strip_suffix(PROMETHEUS_VOLUME)
    };
    match volume {
        "spark-configmap-volume" => spec.get("sparkConfigMap").is_some(),
        "hadoop-configmap-volume" => spec.get("hadoopConfigMap").is_some(),
        _ => is_named("configMaps", "-vol") || is_named("secrets", "-volume") || is_of_the_exporter(),
    }
}

fn cut_off(name: &str) -> &str {
    name.get(..LONGEST_VOLUME_NAME).unwrap_or(name)
}

/// Spark makes volumes of `spark.kubernetes.ROLE.volumes.TYPE.NAME.*` and of `spark.kubernetes.ROLE.secrets.NAME`.
fn is_made_from_a_property(volume: &str, spec: &Located<'_>, role: RoleName) -> bool {
    let prefix = format!("spark.kubernetes.{role}.");
    spec.get("sparkConf").is_some_and(|properties| {
        properties
            .json
            .members()
            .iter()
            .filter_map(|(name, _)| name.strip_prefix(prefix.as_str()))
            .any(|name| match name.split_once('.') {
                Some(("volumes", rest)) => rest.split('.').nth(1) == Some(volume),
                Some(("secrets", secret)) => volume.strip_suffix("-volume") == Some(secret),
                _ => false,
            })
    })
}
