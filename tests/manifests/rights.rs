//! What the server may do in a cluster: what it uses, and nothing else.

use serde_json::{Value, json};

use super::{BASE, SELF_SIGNED, object, objects};

/// The rights of a role, a line for each group, resource, name and set of verbs.
fn rights(role: &Value) -> Vec<String> {
    let words = |value: &Value| -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        items.map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    let mut rights = Vec::new();
    for rule in role["rules"].as_array().unwrap() {
        let names = words(&rule["resourceNames"]);
        let of_names = if names.is_empty() {
            String::new()
        } else {
            format!(" {}", names.join(","))
        };
        for group in words(&rule["apiGroups"]) {
            for resource in words(&rule["resources"]) {
                rights.push(format!(
                    "{} {resource}.{group}{of_names}",
                    words(&rule["verbs"]).join("+")
                ));
            }
        }
    }
    rights
}

#[test]
fn everywhere_it_watches_and_tells() {
    assert_eq!(
        rights(&object(BASE, "ClusterRole")),
        [
            "list+watch namespaces.",
            "list+watch resourcequotas.",
            "list+watch limitranges.",
            "list+watch pods.",
            "list+watch priorityclasses.scheduling.k8s.io",
            "list+watch runtimeclasses.node.k8s.io",
            "list+watch sparkapplications.sparkoperator.k8s.io",
            "list+watch sparkapplications.spark.apache.org",
            "create+patch events.events.k8s.io",
        ]
    );
}

#[test]
fn what_keeps_a_certificate_is_named_where_kubernetes_allows_a_name() {
    assert_eq!(
        rights(&object(SELF_SIGNED, "Role")),
        [
            "create secrets.",
            "get+update secrets. sparkgate-certs",
            "create leases.coordination.k8s.io",
            "get+update leases.coordination.k8s.io sparkgate",
        ]
    );
    assert_eq!(
        rights(&object(SELF_SIGNED, "ClusterRole")),
        [
            "get+patch mutatingwebhookconfigurations.admissionregistration.k8s.io sparkgate",
            "get+patch validatingwebhookconfigurations.admissionregistration.k8s.io sparkgate",
        ]
    );
}

#[test]
fn are_the_service_accounts() {
    let account = object(BASE, "ServiceAccount")["metadata"].take();
    let subjects = json!([{"kind": "ServiceAccount", "namespace": account["namespace"], "name": account["name"]}]);
    for (directory, kinds) in [(BASE, &["ClusterRole"][..]), (SELF_SIGNED, &["Role", "ClusterRole"])] {
        for kind in kinds {
            let role = object(directory, kind);
            let binding = object(directory, &format!("{kind}Binding"));
            assert_eq!(binding["subjects"], subjects, "{directory} {kind}");
            assert_eq!(
                binding["roleRef"],
                json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role["metadata"]["name"]})
            );
        }
    }
    let bindings = [BASE, SELF_SIGNED].map(objects).concat();
    let bindings = bindings
        .iter()
        .filter(|object| object["kind"].as_str().unwrap().ends_with("Binding"));
    assert_eq!(bindings.count(), 3);
}
