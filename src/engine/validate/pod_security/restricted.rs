//! The controls that the level `restricted` has beyond `baseline`, each named after the file of Kubernetes that it follows.

use super::checked_pod::{CONFINED, Check, CheckedPod, Part, text};
use super::{Breach, Level};
use crate::engine::json::Json;
use crate::engine::workload::Located;

/// The controls.
pub(super) const CHECKS: [Check; 6] = [
    allow_privilege_escalation,
    capabilities,
    restricted_volumes,
    run_as_non_root,
    run_as_user,
    seccomp_profile,
];

/// The kinds of volume that Kubernetes itself fills, or that an administrator hands out.
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

fn breach(part: &Part<'_>, at: &Located<'_>, predicate: impl Into<String>, help: impl Into<String>) -> Breach {
    part.breach(Level::Restricted, &at.pointer, predicate, help)
}

/// Processes gain privileges by setuid programs unless that is said to be off. Not on Windows, from 1.25 on.
fn allow_privilege_escalation(pod: &CheckedPod<'_>) -> Vec<Breach> {
    const FIELD: &str = "allowPrivilegeEscalation";
    let containers = pod.containers.iter().filter(|_| !pod.is_for_windows());
    containers
        .filter(|container| container.context.json.get(FIELD).and_then(Json::as_bool) != Some(false))
        .map(|container| {
            let place = container.context.pointer.with_trailing_token(FIELD);
            let help = "set `allowPrivilegeEscalation: false` in its `securityContext`";
            container.breach(Level::Restricted, &place, "may gain privileges", help)
        })
        .collect()
}

/// Everything is dropped, and only the right to low ports added. Not on Windows, from 1.25 on.
fn capabilities(pod: &CheckedPod<'_>) -> Vec<Breach> {
    let containers = pod.containers.iter().filter(|_| !pod.is_for_windows());
    containers
        .flat_map(|container| {
            let capabilities = container.context.get_or_empty("capabilities");
            let dropped = capabilities.get_or_empty("drop");
            let keeps_some = !dropped.items().any(|capability| text(&capability) == "ALL");
            let kept = keeps_some.then(|| {
                let help = "set `capabilities: {drop: [ALL]}` in its `securityContext`";
                breach(container, &dropped, "does not drop all capabilities", help)
            });
            let added: Vec<_> = capabilities
                .get_or_empty("add")
                .items()
                .filter(|capability| text(capability) != "NET_BIND_SERVICE")
                .map(|capability| {
                    let predicate = format!("adds the capability `{}`", text(&capability));
                    breach(container, &capability, predicate, "take it out")
                })
                .collect();
            kept.into_iter().chain(added)
        })
        .collect()
}

/// A directory of the node is for `baseline` to find.
fn restricted_volumes(pod: &CheckedPod<'_>) -> Vec<Breach> {
    let is_allowed = |volume: &Located<'_>| VOLUMES.iter().any(|kind| volume.get(kind).is_some());
    pod.spec
        .get_or_empty("volumes")
        .items()
        .filter(|volume| !is_allowed(volume) && volume.get("hostPath").is_none())
        .map(|volume| {
            let name = volume.json.get("name").and_then(Json::as_str).unwrap_or_default();
            let predicate = format!("takes storage of its own choice as the volume `{name}`");
            breach(&pod.whole, &volume, predicate, "take a claim of a persistent volume")
        })
        .collect()
}

fn run_as_non_root<'a>(pod: &CheckedPod<'a>) -> Vec<Breach> {
    const FIELD: &str = "runAsNonRoot";
    let said = |part: &Part<'a>| {
        part.context
            .get(FIELD)
            .and_then(|field| Some((field.json.as_bool()?, field)))
    };
    let explicit: Vec<_> = pod
        .parts()
        .filter_map(|part| match said(part)? {
            (false, field) => Some(breach(part, &field, "may run as root", "set `runAsNonRoot: true`")),
            (true, _) => None,
        })
        .collect();
    if !explicit.is_empty() || said(&pod.whole).is_some() {
        return explicit;
    }
    let silent = pod.containers.iter().filter(|container| said(container).is_none());
    silence(
        pod,
        silent,
        FIELD,
        "does not say that it runs as non-root",
        "set `runAsNonRoot: true` in the pod's security context",
    )
}

fn run_as_user(pod: &CheckedPod<'_>) -> Vec<Breach> {
    pod.parts()
        .filter_map(|part| {
            let user = part.context.get("runAsUser")?;
            (user.json.as_i64() == Some(0)).then(|| breach(part, &user, "runs as root", "choose another user than 0"))
        })
        .collect()
}

/// Not on Windows, from 1.25 on.
fn seccomp_profile<'a>(pod: &CheckedPod<'a>) -> Vec<Breach> {
    const FIELD: &str = "seccompProfile";
    const HELP: &str = "set `seccompProfile: {type: RuntimeDefault}` in the pod's security context";
    if pod.is_for_windows() {
        return Vec::new();
    }
    let said = |part: &Part<'a>| part.context.get(FIELD);
    let explicit: Vec<_> = pod
        .parts()
        .filter_map(|part| {
            let kind = said(part)?.get_or_empty("type");
            (!CONFINED.contains(&text(&kind))).then(|| {
                let predicate = format!("has the seccomp profile `{}`", text(&kind));
                breach(part, &kind, predicate, "write `RuntimeDefault` or `Localhost`")
            })
        })
        .collect();
    if !explicit.is_empty() || said(&pod.whole).is_some() {
        return explicit;
    }
    let silent = pod.containers.iter().filter(|container| said(container).is_none());
    silence(pod, silent, FIELD, "names no seccomp profile", HELP)
}

/// What neither the pod nor some of its containers say. Where none says it, the pod has one line to add.
fn silence<'p, 'a: 'p>(
    pod: &'p CheckedPod<'a>,
    silent: impl Iterator<Item = &'p Part<'a>>,
    field: &str,
    predicate: &str,
    help: &str,
) -> Vec<Breach> {
    let silent: Vec<_> = silent.collect();
    let to_say = if silent.len() == pod.containers.len() {
        silent.first().map(|_| &pod.whole).into_iter().collect()
    } else {
        silent
    };
    to_say
        .into_iter()
        .map(|part| {
            let place = part.context.pointer.with_trailing_token(field);
            part.breach(Level::Restricted, &place, predicate, help)
        })
        .collect()
}
