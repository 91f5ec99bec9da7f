//! Mounts that name no volume.
//!
//! The API server refuses a pod that mounts what is not among its volumes. What the operator's `addVolumes` (spark-operator v2.5.2) does
//! not find it drops before that, without a word.

use std::collections::BTreeSet;

use json_patch::jsonptr::PointerBuf;

use super::{Case, Violation};
use crate::engine::json::Json;
use crate::engine::subject::{ApplicationKind, Subject};
use crate::engine::workload::{EffectivePod, Located, RoleName, pod};

/// A pod is made with all its volumes, be it a pod that is being made or one that will be.
pub(super) fn of_pods(case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
    let of_application = match case.subject {
        Subject::Application(kind) => kind.spec(case.object).get("volumes"),
        Subject::Pod(_) | Subject::Other => None,
    };
    let of_application = of_application.as_ref().map(names_in).unwrap_or_default();
    case.pods
        .iter()
        .filter(|pod| roles.contains(&pod.role))
        .flat_map(|pod| of_pod(pod, &of_application))
        .collect()
}

/// A volume of the application counts for every container, though the operator adds it only if the Spark container mounts it too.
fn of_pod(pod: &EffectivePod<'_>, of_application: &BTreeSet<&str>) -> Vec<Violation> {
    let spec = Located::root(pod.pod).get_or_empty("spec");
    let volumes = names_in(&spec.get_or_empty("volumes"));
    pod::containers(pod.pod)
        .flat_map(|container| mounts_of(&container))
        .filter(|(name, _)| !volumes.contains(name) && !of_application.contains(name))
        .map(|(name, place)| {
            Violation::in_pod(
                pod,
                &place,
                format!("the {}'s pod has no volume `{name}` to mount", pod.role),
            )
            .with_help(format!("add a volume named `{name}`, or correct the name"))
        })
        .collect()
}

/// Mounts in the Spark container that kubeflow's operator drops, since it knows only the volumes of the application.
pub(super) fn dropped(spec: &Located<'_>, kind: ApplicationKind, roles: &[RoleName]) -> Vec<Violation> {
    match kind {
        ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled => {
            let volumes = names_in(&spec.get_or_empty("volumes"));
            roles
                .iter()
                .flat_map(|role| dropped_of_role(spec, &volumes, *role))
                .collect()
        }
        ApplicationKind::Apache => Vec::new(),
    }
}

fn dropped_of_role(spec: &Located<'_>, volumes: &BTreeSet<&str>, role: RoleName) -> Vec<Violation> {
    let section = spec.get_or_empty(role.as_str());
    let of_template = section.at(["template", "spec", "volumes"]);
    let of_template = of_template.as_ref().map(names_in).unwrap_or_default();
    mounts_of(&section)
        .into_iter()
        .filter(|(name, _)| !volumes.contains(name))
        .map(|(name, place)| {
            if of_template.contains(name) {
                Violation::at(
                    place,
                    format!("`{name}` is a volume of the {role}'s template, and the operator mounts only those of `spec.volumes`"),
                )
                .with_help("mount it in the template's container, or move the volume to `spec.volumes`")
            } else {
                Violation::at(place, format!("the application has no volume `{name}` to mount"))
                    .with_help(format!("add a volume named `{name}`, or correct the name"))
            }
        })
        .collect()
}

fn names_in<'a>(volumes: &Located<'a>) -> BTreeSet<&'a str> {
    volumes
        .items()
        .filter_map(|volume| volume.json.get("name").and_then(Json::as_str))
        .collect()
}

/// The names in `volumeMounts`, and where each stands.
fn mounts_of<'a>(container: &Located<'a>) -> Vec<(&'a str, PointerBuf)> {
    container
        .get_or_empty("volumeMounts")
        .items()
        .filter_map(|mount| {
            let name = mount.json.get("name")?.as_str()?;
            Some((name, mount.pointer.with_trailing_token("name")))
        })
        .collect()
}
