//! The manifests, held against what Kubernetes takes, what the server takes, and each other.

mod built;
mod rights;
mod webhooks;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sparkgate::certs::authority::server_names;
use sparkgate::certs::self_signed;
use sparkgate::engine::json::Arena;
use sparkgate::engine::yaml::parse_stream;

/// What every cluster needs.
const BASE: &str = "manifests/base";
/// Where the certificate comes from.
const SELF_SIGNED: &str = "manifests/overlays/self-signed";
const CERT_MANAGER: &str = "manifests/overlays/cert-manager";
/// What may be added.
const POD_MONITOR: &str = "manifests/components/pod-monitor";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents(text: &str) -> Vec<Value> {
    let arena = Arena::new();
    let (documents, errors) = parse_stream(&arena, text);
    assert_eq!(errors, [], "{text}");
    documents.iter().map(|document| document.root.to_value()).collect()
}

/// The objects in the files of a directory, without what tells kustomize what to make of them.
fn objects(directory: &str) -> Vec<Value> {
    let entries = fs::read_dir(root().join(directory)).unwrap();
    let files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let is_manifest = |file: &&PathBuf| !file.ends_with("kustomization.yaml");
    files
        .iter()
        .filter(is_manifest)
        .flat_map(|file| documents(&fs::read_to_string(file).unwrap()))
        .collect()
}

/// The one object of a kind.
#[track_caller]
fn object(directory: &str, kind: &str) -> Value {
    only(objects(directory), kind)
}

#[track_caller]
fn only(objects: Vec<Value>, kind: &str) -> Value {
    let mut of_kind: Vec<Value> = objects.into_iter().filter(|object| object["kind"] == kind).collect();
    assert_eq!(of_kind.len(), 1, "{kind}");
    of_kind.remove(0)
}

/// The one container of a Deployment.
fn container(deployment: &Value) -> Value {
    let containers = deployment["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    containers[0].clone()
}

/// The arguments of the server, as flag and value.
fn arguments(deployment: &Value) -> Vec<(String, String)> {
    let container = container(deployment);
    let arguments = container["args"].as_array().unwrap();
    assert_eq!(arguments[0], "serve");
    arguments[1..]
        .iter()
        .map(|argument| {
            let (flag, value) = argument.as_str().unwrap().split_once('=').unwrap();
            (flag.to_owned(), value.to_owned())
        })
        .collect()
}

#[track_caller]
fn argument(deployment: &Value, flag: &str) -> String {
    let found = arguments(deployment).into_iter().find(|(name, _)| name == flag);
    found.unwrap_or_else(|| panic!("no {flag}")).1
}

/// Asserts that everything in a value is also in another.
#[track_caller]
fn assert_within(part: &Value, whole: &Value, place: &str) {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            for (key, value) in part {
                let place = format!("{place}/{key}");
                let counterpart = whole.get(key).unwrap_or_else(|| panic!("Kubernetes knows no {place}"));
                assert_within(value, counterpart, &place);
            }
        }
        (Value::Array(part), Value::Array(whole)) => {
            assert_eq!(part.len(), whole.len(), "{place}");
            for (index, (part, whole)) in part.iter().zip(whole).enumerate() {
                assert_within(part, whole, &format!("{place}/{index}"));
            }
        }
        _ => assert_eq!(part, whole, "{place}"),
    }
}

/// Reads an object as Kubernetes would, and asserts that nothing of it is lost on the way.
#[track_caller]
fn assert_is<T: DeserializeOwned + Serialize>(object: &Value) {
    let read: T = serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{error} in {object}"));
    let known = serde_json::to_value(read).unwrap();
    assert_within(object, &known, object["kind"].as_str().unwrap());
}

/// Asserts that an object is one that its cluster knows.
#[track_caller]
fn assert_known(object: &Value) {
    let kind = object["kind"].as_str().unwrap();
    match (object["apiVersion"].as_str().unwrap(), kind) {
        ("v1", "ConfigMap") => assert_is::<ConfigMap>(object),
        ("v1", "Namespace") => assert_is::<Namespace>(object),
        ("v1", "ServiceAccount") => assert_is::<ServiceAccount>(object),
        ("v1", "Service") => assert_is::<Service>(object),
        ("apps/v1", "Deployment") => assert_is::<Deployment>(object),
        ("networking.k8s.io/v1", "NetworkPolicy") => assert_is::<NetworkPolicy>(object),
        ("rbac.authorization.k8s.io/v1", "ClusterRole") => assert_is::<ClusterRole>(object),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding") => assert_is::<ClusterRoleBinding>(object),
        ("rbac.authorization.k8s.io/v1", "Role") => assert_is::<Role>(object),
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => assert_is::<RoleBinding>(object),
        ("policy/v1", "PodDisruptionBudget") => assert_is::<PodDisruptionBudget>(object),
        ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration") => {
            assert_is::<MutatingWebhookConfiguration>(object);
        }
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration") => {
            assert_is::<ValidatingWebhookConfiguration>(object);
        }
        ("cert-manager.io/v1", "Issuer" | "Certificate") | ("monitoring.coreos.com/v1", "PodMonitor") => {}
        other => panic!("nobody holds {other:?} against anything"),
    }
    let is_of_the_cluster =
        kind == "Namespace" || kind.starts_with("Cluster") || kind.ends_with("WebhookConfiguration");
    let expected = if is_of_the_cluster {
        Value::Null
    } else {
        json!("sparkgate")
    };
    assert_eq!(object["metadata"]["namespace"], expected, "{kind}");
}

#[test]
fn are_what_kubernetes_knows_in_the_servers_namespace() {
    let mut seen = 0;
    for directory in [BASE, SELF_SIGNED, CERT_MANAGER, POD_MONITOR] {
        for object in objects(directory) {
            assert_known(&object);
            seen += 1;
        }
    }
    assert_eq!(seen, 19);
}

#[test]
fn the_server_does_not_judge_itself() {
    let labels = object(BASE, "Namespace")["metadata"]["labels"].take();
    assert_eq!(labels.get("sparkgate.io/managed"), None);
}

#[test]
fn ports_mounts_and_names_agree() {
    let deployment = object(BASE, "Deployment");
    let container = container(&deployment);
    let port_of = |flag| {
        let address = argument(&deployment, flag);
        address.rsplit_once(':').unwrap().1.parse::<u16>().unwrap()
    };
    assert_eq!(
        container["ports"],
        json!([
            {"name": "webhook", "containerPort": port_of("--listen")},
            {"name": "admin", "containerPort": port_of("--admin-listen")},
        ])
    );
    for (probe, path) in [("readinessProbe", "/readyz"), ("livenessProbe", "/livez")] {
        assert_eq!(container[probe]["httpGet"], json!({"path": path, "port": "admin"}));
    }
    let service = object(BASE, "Service");
    assert_eq!(
        service["spec"]["ports"],
        json!([{"name": "webhook", "port": 443, "targetPort": "webhook"}])
    );
    let ingress = object(BASE, "NetworkPolicy")["spec"]["ingress"].take();
    let let_in: Vec<&Value> = ingress
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| &rule["ports"][0]["port"])
        .collect();
    assert_eq!(let_in, ["webhook", "admin"]);

    let pod = &deployment["spec"]["template"];
    let labels = &pod["metadata"]["labels"];
    assert_eq!(&service["spec"]["selector"], labels);
    let selectors = [
        deployment["spec"]["selector"].clone(),
        object(BASE, "PodDisruptionBudget")["spec"]["selector"].take(),
        object(BASE, "NetworkPolicy")["spec"]["podSelector"].take(),
        object(POD_MONITOR, "PodMonitor")["spec"]["selector"].take(),
    ];
    for selector in selectors {
        assert_eq!(&selector["matchLabels"], labels, "{selector}");
    }
    let endpoint = object(POD_MONITOR, "PodMonitor")["spec"]["podMetricsEndpoints"][0].take();
    assert_eq!(
        (&endpoint["port"], &endpoint["path"]),
        (&json!("admin"), &json!("/metrics"))
    );
    assert_mounted(&deployment, "policies", &["--policies"]);
}

/// Asserts that what flags name is in a volume, which is mounted whole.
#[track_caller]
fn assert_mounted(deployment: &Value, name: &str, flags: &[&str]) {
    let container = container(deployment);
    let mounts = container["volumeMounts"].as_array().unwrap();
    let mount = mounts.iter().find(|mount| mount["name"] == name).unwrap();
    for flag in flags {
        let path = argument(deployment, flag);
        assert!(path.starts_with(mount["mountPath"].as_str().unwrap()), "{flag}");
    }
    assert_eq!(mount.get("subPath"), None, "{name}: changes would not be followed");
    let volumes = deployment["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    assert!(volumes.iter().any(|volume| volume["name"] == name), "{name}");
}

#[test]
fn the_certificate_is_for_the_service() {
    let certificates: Vec<Value> = objects(CERT_MANAGER)
        .into_iter()
        .filter(|object| object["kind"] == "Certificate" && object["spec"]["isCA"] != true)
        .collect();
    assert_eq!(certificates.len(), 1);
    let names: Vec<String> = server_names(self_signed::NAMESPACE)
        .into_iter()
        .filter(|name| name.starts_with("sparkgate."))
        .collect();
    assert_eq!(
        certificates[0]["spec"]["dnsNames"],
        json!(names),
        "as in a certificate of the server's own"
    );
}

#[test]
fn the_pods_may_do_no_more_than_they_need() {
    let deployment = object(BASE, "Deployment");
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(
        container(&deployment)["securityContext"],
        json!({
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"]},
        })
    );
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(
        pod["securityContext"]["seccompProfile"],
        json!({"type": "RuntimeDefault"})
    );
    assert!(deployment["spec"]["replicas"].as_u64() >= Some(2));
    assert_eq!(
        pod["serviceAccountName"],
        object(BASE, "ServiceAccount")["metadata"]["name"]
    );
}
