//! The manifests, held against what Kubernetes takes, what the server takes, and each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Service, ServiceAccount};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sparkgate::certs::authority::server_names;
use sparkgate::certs::self_signed;
use sparkgate::engine::json::Arena;
use sparkgate::engine::yaml::parse_stream;

/// The objects of all manifests.
fn objects() -> Vec<Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests");
    let mut objects = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(&path).unwrap();
            let arena = Arena::new();
            let (documents, errors) = parse_stream(&arena, &text);
            assert_eq!(errors, [], "{}", path.display());
            objects.extend(documents.iter().map(|document| document.root.to_value()));
        }
    }
    objects
}

/// The one object of a kind.
#[track_caller]
fn object(kind: &str) -> Value {
    let mut of_kind: Vec<Value> = objects().into_iter().filter(|object| object["kind"] == kind).collect();
    assert_eq!(of_kind.len(), 1, "{kind}");
    of_kind.remove(0)
}

fn container() -> Value {
    let mut deployment = object("Deployment");
    let containers = deployment["spec"]["template"]["spec"]["containers"].take();
    assert_eq!(containers.as_array().unwrap().len(), 1);
    containers[0].clone()
}

/// The arguments of the server, as flag and value.
fn arguments() -> Vec<(String, String)> {
    let container = container();
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
fn argument(flag: &str) -> String {
    let found = arguments().into_iter().find(|(name, _)| name == flag);
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

#[test]
fn have_no_field_that_kubernetes_does_not_know() {
    let mut seen = BTreeSet::new();
    for object in objects() {
        let kind = object["kind"].as_str().unwrap().to_owned();
        match (object["apiVersion"].as_str().unwrap(), kind.as_str()) {
            ("v1", "Namespace") => assert_is::<Namespace>(&object),
            ("v1", "ServiceAccount") => assert_is::<ServiceAccount>(&object),
            ("v1", "Service") => assert_is::<Service>(&object),
            ("apps/v1", "Deployment") => assert_is::<Deployment>(&object),
            ("rbac.authorization.k8s.io/v1", "ClusterRole") => assert_is::<ClusterRole>(&object),
            ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding") => assert_is::<ClusterRoleBinding>(&object),
            ("policy/v1", "PodDisruptionBudget") => assert_is::<PodDisruptionBudget>(&object),
            ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration") => {
                assert_is::<MutatingWebhookConfiguration>(&object);
            }
            ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration") => {
                assert_is::<ValidatingWebhookConfiguration>(&object);
            }
            ("cert-manager.io/v1", "Issuer" | "Certificate") => {}
            other => panic!("nobody holds {other:?} against anything"),
        }
        seen.insert(kind);
    }
    assert_eq!(seen.len(), 11, "{seen:?}");
}

#[test]
fn the_webhooks_keep_the_api_servers_contract_and_its_good_practice() {
    // Kind, the one webhook's name, its path, whether the API server goes on without it, and its seconds at most.
    let cases = [
        (
            "MutatingWebhookConfiguration",
            "mutate.sparkgate.io",
            "/mutate",
            "Ignore",
        ),
        (
            "ValidatingWebhookConfiguration",
            "validate.sparkgate.io",
            "/validate",
            "Fail",
        ),
    ];
    let certificate = objects()
        .into_iter()
        .find(|object| object["kind"] == "Certificate" && object["metadata"]["name"] == "sparkgate-tls")
        .unwrap();
    let certificate = format!("sparkgate/{}", certificate["metadata"]["name"].as_str().unwrap());
    for (kind, name, path, failure_policy) in cases {
        let configuration = object(kind);
        let annotations = &configuration["metadata"]["annotations"];
        assert_eq!(
            annotations["cert-manager.io/inject-ca-from"],
            certificate.as_str(),
            "{kind}"
        );
        assert_eq!(configuration["webhooks"].as_array().unwrap().len(), 1, "{kind}");
        let webhook = &configuration["webhooks"][0];
        let expected = [
            ("name", json!(name)),
            ("admissionReviewVersions", json!(["v1"])),
            ("failurePolicy", json!(failure_policy)),
            ("sideEffects", json!("None")),
            ("matchPolicy", json!("Equivalent")),
        ];
        for (field, value) in expected {
            assert_eq!(webhook[field], value, "{kind}: {field}");
        }
        assert_eq!(
            webhook["clientConfig"],
            json!({"service": {"namespace": "sparkgate", "name": "sparkgate", "path": path, "port": 443}}),
            "{kind}"
        );
        assert!((1..=5).contains(&webhook["timeoutSeconds"].as_u64().unwrap()), "{kind}");
        assert_eq!(webhook.get("objectSelector"), None, "{kind}: labels are the user's");
        let enrolled = json!({"key": "sparkgate.io/managed", "operator": "In", "values": ["true"]});
        let excluded = json!({
            "key": "kubernetes.io/metadata.name",
            "operator": "NotIn",
            "values": ["kube-system", "kube-node-lease", "sparkgate"],
        });
        assert_eq!(
            webhook["namespaceSelector"],
            json!({ "matchExpressions": [enrolled, excluded] }),
            "{kind}"
        );
    }
    let mutating = object("MutatingWebhookConfiguration");
    assert_eq!(mutating["webhooks"][0]["reinvocationPolicy"], "IfNeeded");
}

#[test]
fn the_webhooks_ask_about_what_the_server_judges() {
    let rule = |group: &str, version: &str, operations: &[&str], resources: &[&str]| {
        json!({
            "apiGroups": [group],
            "apiVersions": [version],
            "operations": operations,
            "resources": resources,
            "scope": "Namespaced",
        })
    };
    let both = ["CREATE", "UPDATE"];
    let applications = ["sparkapplications", "scheduledsparkapplications"];
    let cases = [
        (
            "MutatingWebhookConfiguration",
            json!([rule("", "v1", &["CREATE"], &["pods"])]),
        ),
        (
            "ValidatingWebhookConfiguration",
            json!([
                rule("sparkoperator.k8s.io", "v1beta2", &both, &applications),
                rule("spark.apache.org", "v1", &both, &["sparkapplications"]),
                rule("", "v1", &both, &["pods", "pods/ephemeralcontainers", "pods/resize"]),
            ]),
        ),
    ];
    for (kind, rules) in cases {
        assert_eq!(object(kind)["webhooks"][0]["rules"], rules, "{kind}");
    }
}

#[test]
fn what_has_a_namespace_is_in_the_servers() {
    for object in objects() {
        let kind = object["kind"].as_str().unwrap();
        let is_of_the_cluster =
            kind == "Namespace" || kind.starts_with("Cluster") || kind.ends_with("WebhookConfiguration");
        let expected = if is_of_the_cluster {
            Value::Null
        } else {
            json!("sparkgate")
        };
        assert_eq!(object["metadata"]["namespace"], expected, "{kind}");
    }
    let labels = object("Namespace")["metadata"]["labels"].take();
    assert_eq!(
        labels.get("sparkgate.io/managed"),
        None,
        "the server does not judge itself"
    );
}

#[test]
fn the_servers_arguments_are_ones_that_it_takes() {
    let help = Command::new(env!("CARGO_BIN_EXE_sparkgate"))
        .args(["serve", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for (flag, _) in arguments() {
        assert!(help.contains(&format!("{flag} <")), "serve has no {flag}: {help}");
    }
}

#[test]
fn ports_mounts_and_names_agree() {
    let container = container();
    let port_of = |flag| argument(flag).rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
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
    let service = object("Service");
    assert_eq!(
        service["spec"]["ports"],
        json!([{"name": "webhook", "port": 443, "targetPort": "webhook"}])
    );

    let pod = object("Deployment")["spec"]["template"].take();
    let labels = &pod["metadata"]["labels"];
    assert_eq!(&service["spec"]["selector"], labels);
    for kind in ["Deployment", "PodDisruptionBudget"] {
        assert_eq!(&object(kind)["spec"]["selector"]["matchLabels"], labels, "{kind}");
    }

    for (name, flags) in [
        ("policies", &["--policies"][..]),
        ("tls", &["--tls-cert-file", "--tls-private-key-file"]),
    ] {
        let mounts = container["volumeMounts"].as_array().unwrap();
        let mount = mounts.iter().find(|mount| mount["name"] == name).unwrap();
        for flag in flags {
            assert!(
                argument(flag).starts_with(mount["mountPath"].as_str().unwrap()),
                "{flag}"
            );
        }
        assert_eq!(mount.get("subPath"), None, "{name}: changes would not be followed");
        let volumes = pod["spec"]["volumes"].as_array().unwrap();
        assert!(volumes.iter().any(|volume| volume["name"] == name), "{name}");
    }
}

#[test]
fn the_certificate_is_for_the_service_and_in_the_secret_that_is_mounted() {
    let certificates: Vec<Value> = objects()
        .into_iter()
        .filter(|object| object["kind"] == "Certificate" && object["spec"]["isCA"] != true)
        .collect();
    assert_eq!(certificates.len(), 1);
    let spec = &certificates[0]["spec"];
    let names: Vec<String> = server_names(self_signed::NAMESPACE)
        .into_iter()
        .filter(|name| name.starts_with("sparkgate."))
        .collect();
    assert_eq!(
        spec["dnsNames"],
        json!(names),
        "as in a certificate of the server's own"
    );
    let volumes = object("Deployment")["spec"]["template"]["spec"]["volumes"].take();
    let secrets: Vec<&Value> = volumes
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|volume| volume.pointer("/secret/secretName"))
        .collect();
    assert_eq!(secrets, [&spec["secretName"]]);
}

#[test]
fn the_server_may_do_no_more_than_it_needs() {
    let container = container();
    let pod = object("Deployment")["spec"]["template"]["spec"].take();
    assert_eq!(
        container["securityContext"],
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
    assert!(object("Deployment")["spec"]["replicas"].as_u64() >= Some(2));

    assert_eq!(
        object("ClusterRole")["rules"],
        json!([
            {
                "apiGroups": [""],
                "resources": ["namespaces", "resourcequotas", "limitranges", "pods"],
                "verbs": ["list", "watch"],
            },
            {"apiGroups": ["scheduling.k8s.io"], "resources": ["priorityclasses"], "verbs": ["list", "watch"]},
            {"apiGroups": ["node.k8s.io"], "resources": ["runtimeclasses"], "verbs": ["list", "watch"]},
            {
                "apiGroups": ["sparkoperator.k8s.io", "spark.apache.org"],
                "resources": ["sparkapplications"],
                "verbs": ["list", "watch"],
            },
            {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
        ])
    );
    let binding = object("ClusterRoleBinding");
    assert_eq!(binding["roleRef"]["name"], object("ClusterRole")["metadata"]["name"]);
    let account = object("ServiceAccount")["metadata"].take();
    assert_eq!(
        binding["subjects"],
        json!([{"kind": "ServiceAccount", "namespace": account["namespace"], "name": account["name"]}])
    );
    assert_eq!(pod["serviceAccountName"], account["name"]);
}
