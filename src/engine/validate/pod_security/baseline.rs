//! The controls of the level `baseline`, each named after the file of Kubernetes that it follows.

use super::checked_pod::{CONFINED, Check, CheckedPod, Part, is_on, text};
use super::{Breach, Level};
use crate::engine::json::Json;
use crate::engine::workload::Located;

/// The controls that hold under every level.
pub(super) const CHECKS: [Check; 11] = [
    app_armor_profile,
    host_namespaces,
    host_path_volumes,
    host_ports,
    host_probes_and_host_lifecycle,
    privileged,
    proc_mount,
    se_linux_options,
    sysctls,
    windows_host_process,
    app_armor_annotations,
];

/// The controls for which `restricted` has stricter ones.
pub(super) const RELAXED: [Check; 2] = [capabilities, seccomp_profile];

const APP_ARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The capabilities that a container runtime gives of its own accord.
const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The types of `SELinux` for containers.
const SE_LINUX_TYPES: [&str; 5] = [
    "",
    "container_t",
    "container_init_t",
    "container_kvm_t",
    "container_engine_t",
];

/// The kernel's settings that are a pod's own.
const SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

fn breach(part: &Part<'_>, at: &Located<'_>, predicate: impl Into<String>, help: impl Into<String>) -> Breach {
    part.breach(Level::Baseline, &at.pointer, predicate, help)
}

/// Fields since Kubernetes 1.30; a profile that is not named is the runtime's.
fn app_armor_profile(pod: &CheckedPod<'_>) -> Vec<Breach> {
    unconfined(pod, "appArmorProfile", "AppArmor")
}

/// From 1.19 on a field of its own.
fn seccomp_profile(pod: &CheckedPod<'_>) -> Vec<Breach> {
    unconfined(pod, "seccompProfile", "seccomp")
}

fn unconfined(pod: &CheckedPod<'_>, field: &str, what: &str) -> Vec<Breach> {
    pod.parts()
        .filter_map(|part| {
            let profile = part.context.at([field, "type"])?;
            (!CONFINED.contains(&text(&profile))).then(|| {
                let predicate = format!("has the {what} profile `{}`", text(&profile));
                breach(part, &profile, predicate, "write `RuntimeDefault` or `Localhost`")
            })
        })
        .collect()
}

/// The same by annotations, as before Kubernetes 1.30.
fn app_armor_annotations(pod: &CheckedPod<'_>) -> Vec<Breach> {
    let annotations = pod.object.get_or_empty("metadata").get_or_empty("annotations");
    let is_confined =
        |profile: &str| profile.is_empty() || profile == "runtime/default" || profile.starts_with("localhost/");
    annotations
        .members()
        .filter(|(key, profile)| key.starts_with(APP_ARMOR_ANNOTATION) && !is_confined(text(profile)))
        .map(|(_, profile)| {
            let predicate = format!("has the AppArmor profile `{}`", text(&profile));
            breach(
                &pod.whole,
                &profile,
                predicate,
                "write `runtime/default` or `localhost/…`",
            )
        })
        .collect()
}

fn capabilities(pod: &CheckedPod<'_>) -> Vec<Breach> {
    pod.containers
        .iter()
        .flat_map(|container| {
            let added = container.context.get_or_empty("capabilities").get_or_empty("add");
            let forbidden = added
                .items()
                .filter(|capability| !CAPABILITIES.contains(&text(capability)));
            forbidden
                .map(|capability| {
                    let predicate = format!("adds the capability `{}`", text(&capability));
                    breach(container, &capability, predicate, "take it out")
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

fn host_namespaces(pod: &CheckedPod<'_>) -> Vec<Breach> {
    ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter_map(|field| pod.spec.get(field))
        .filter(|field| is_on(Some(field)))
        .map(|field| breach(&pod.whole, &field, "shares a namespace of its node", "take it out"))
        .collect()
}

fn host_path_volumes(pod: &CheckedPod<'_>) -> Vec<Breach> {
    pod.spec
        .get_or_empty("volumes")
        .items()
        .filter(|volume| volume.get("hostPath").is_some())
        .map(|volume| {
            let name = volume.json.get("name").and_then(Json::as_str).unwrap_or_default();
            let predicate = format!("has the volume `{name}`, a directory of its node");
            let help = "take another kind of volume, such as `emptyDir` or a claim";
            breach(&pod.whole, &volume, predicate, help)
        })
        .collect()
}

fn host_ports(pod: &CheckedPod<'_>) -> Vec<Breach> {
    pod.containers
        .iter()
        .flat_map(|container| {
            let ports = container.located.get_or_empty("ports");
            let host_ports: Vec<_> = ports.items().filter_map(|port| port.get("hostPort")).collect();
            host_ports
                .into_iter()
                .filter(|port| port.json.as_i64() != Some(0))
                .map(|port| breach(container, &port, "takes a port of its node", "take out `hostPort`"))
        })
        .collect()
}

/// From 1.34 on: the kubelet would ask any host for the pod.
fn host_probes_and_host_lifecycle(pod: &CheckedPod<'_>) -> Vec<Breach> {
    const HANDLERS: [[&str; 2]; 2] = [["lifecycle", "postStart"], ["lifecycle", "preStop"]];
    const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
    pod.containers
        .iter()
        .flat_map(|container| {
            let probes = PROBES.into_iter().filter_map(|probe| container.located.get(probe));
            let handlers = HANDLERS.into_iter().filter_map(|handler| container.located.at(handler));
            probes
                .chain(handlers)
                .flat_map(|handler| ["httpGet", "tcpSocket"].map(|kind| handler.at([kind, "host"])))
                .flatten()
                .filter(|host| !text(host).is_empty())
                .map(|host| breach(container, &host, "has another host probed", "take out `host`"))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn privileged(pod: &CheckedPod<'_>) -> Vec<Breach> {
    pod.containers
        .iter()
        .filter_map(|container| {
            let switch = container
                .context
                .get("privileged")
                .filter(|switch| is_on(Some(switch)))?;
            Some(breach(container, &switch, "is privileged", "take it out"))
        })
        .collect()
}

fn proc_mount(pod: &CheckedPod<'_>) -> Vec<Breach> {
    pod.containers
        .iter()
        .filter_map(|container| {
            let mount = container.context.get("procMount")?;
            (text(&mount) != "Default").then(|| breach(container, &mount, "unmasks `/proc`", "take it out"))
        })
        .collect()
}

fn se_linux_options(pod: &CheckedPod<'_>) -> Vec<Breach> {
    pod.parts()
        .flat_map(|part| {
            let options = part.context.get_or_empty("seLinuxOptions");
            let of_type = options
                .get("type")
                .filter(|kind| !SE_LINUX_TYPES.contains(&text(kind)))
                .map(|kind| {
                    let predicate = format!("has the SELinux type `{}`", text(&kind));
                    breach(part, &kind, predicate, "write `container_t`, or take it out")
                });
            let of_others = ["user", "role"].map(|field| {
                let value = options.get(field).filter(|value| !text(value).is_empty())?;
                Some(breach(part, &value, format!("has an SELinux {field}"), "take it out"))
            });
            [of_type].into_iter().chain(of_others).flatten()
        })
        .collect()
}

fn sysctls(pod: &CheckedPod<'_>) -> Vec<Breach> {
    pod.whole
        .context
        .get_or_empty("sysctls")
        .items()
        .filter_map(|sysctl| sysctl.get("name"))
        .filter(|name| !SYSCTLS.contains(&text(name)))
        .map(|name| {
            let predicate = format!("sets `{}`, a setting of the kernel", text(&name));
            breach(&pod.whole, &name, predicate, "take it out")
        })
        .collect()
}

fn windows_host_process(pod: &CheckedPod<'_>) -> Vec<Breach> {
    pod.parts()
        .filter_map(|part| {
            let switch = part.context.at(["windowsOptions", "hostProcess"])?;
            is_on(Some(&switch)).then(|| breach(part, &switch, "is a process of its node", "take it out"))
        })
        .collect()
}
