//! The webhook configurations: what the command writes is what is shipped, and keeps the API server's contract.

use std::fs;

use serde_json::{Value, json};

use super::{BASE, Command, documents, object, only, root};

/// What `sparkgate manifests` writes in the repository.
pub fn rendered(arguments: &[&str]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_sparkgate"))
        .arg("manifests")
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn are_what_the_command_renders_from_the_policies() {
    let shipped = fs::read_to_string(root().join(BASE).join("webhooks.yaml")).unwrap();
    assert_eq!(
        shipped,
        rendered(&["--policies", "policies"]),
        "write it anew: cargo run -- manifests --policies policies > {BASE}/webhooks.yaml"
    );
}

#[test]
fn ask_about_whatever_a_level_of_the_library_decides_about() {
    let shipped = object(BASE, "ValidatingWebhookConfiguration");
    for level in ["baseline", "production", "strict"] {
        let configurations = documents(&rendered(&["--policies", &format!("policies/{level}")]));
        assert_eq!(
            only(configurations, "ValidatingWebhookConfiguration"),
            shipped,
            "{level}"
        );
    }
}

#[test]
fn keep_the_api_servers_contract_and_its_good_practice() {
    // Kind, the one webhook's name, its path, and what the API server does when nobody answers, and what else happens than the answer.
    let cases = [
        (
            "MutatingWebhookConfiguration",
            "mutate.sparkgate.io",
            "/mutate",
            "Ignore",
            "None",
        ),
        (
            "ValidatingWebhookConfiguration",
            "validate.sparkgate.io",
            "/validate",
            "Fail",
            "NoneOnDryRun",
        ),
    ];
    for (kind, name, path, failure_policy, side_effects) in cases {
        let configuration = object(BASE, kind);
        assert_eq!(configuration["metadata"], json!({"name": "sparkgate"}), "{kind}");
        assert_eq!(configuration["webhooks"].as_array().unwrap().len(), 1, "{kind}");
        let webhook = &configuration["webhooks"][0];
        let expected = [
            ("name", json!(name)),
            ("admissionReviewVersions", json!(["v1"])),
            ("failurePolicy", json!(failure_policy)),
            ("sideEffects", json!(side_effects)),
            ("matchPolicy", json!("Equivalent")),
        ];
        for (field, value) in expected {
            assert_eq!(webhook[field], value, "{kind}: {field}");
        }
        // A caBundle here would be written back by whoever applies this, over the one that is in force.
        assert_eq!(
            webhook["clientConfig"],
            json!({"service": {"namespace": "sparkgate", "name": "sparkgate", "path": path, "port": 443}}),
            "{kind}"
        );
        assert!(
            (1..=10).contains(&webhook["timeoutSeconds"].as_u64().unwrap()),
            "{kind}"
        );
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
    let mutating = object(BASE, "MutatingWebhookConfiguration");
    assert_eq!(mutating["webhooks"][0]["reinvocationPolicy"], "IfNeeded");
}

#[test]
fn ask_about_what_the_server_judges() {
    let rule = |group: &str, versions: &[&str], operations: &[&str], resources: &[&str]| {
        json!({
            "apiGroups": [group],
            "apiVersions": versions,
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
            json!([rule("", &["v1"], &["CREATE"], &["pods"])]),
        ),
        (
            "ValidatingWebhookConfiguration",
            json!([
                rule("sparkoperator.k8s.io", &["v1beta2"], &both, &applications),
                rule("spark.apache.org", &["v1", "v1beta1"], &both, &["sparkapplications"]),
                rule("", &["v1"], &both, &["pods", "pods/ephemeralcontainers", "pods/resize"]),
            ]),
        ),
    ];
    for (kind, rules) in cases {
        assert_eq!(object(BASE, kind)["webhooks"][0]["rules"], rules, "{kind}");
    }
}

#[test]
fn say_what_they_are_asked_to() {
    let asked = rendered(&[
        "--namespace",
        "platform",
        "--namespace-label",
        "tier=spark",
        "--failure-policy",
        "Ignore",
        "--timeout",
        "2",
    ]);
    let [webhook] = &documents(&asked)[..] else {
        panic!("the built-in policy changes nothing: {asked}");
    };
    let webhook = &webhook["webhooks"][0];
    let expected = [
        ("/clientConfig/service/namespace", json!("platform")),
        (
            "/namespaceSelector/matchExpressions/0",
            json!({"key": "tier", "operator": "In", "values": ["spark"]}),
        ),
        (
            "/namespaceSelector/matchExpressions/1/values",
            json!(["kube-system", "kube-node-lease", "platform"]),
        ),
        ("/failurePolicy", json!("Ignore")),
        ("/timeoutSeconds", json!(2)),
    ];
    for (place, value) in expected {
        assert_eq!(webhook.pointer(place), Some(&value), "{place}");
    }
    let everywhere: Vec<Value> = documents(&rendered(&["--cluster-wide"]));
    let expressions = &everywhere[0]["webhooks"][0]["namespaceSelector"]["matchExpressions"];
    assert_eq!(expressions.as_array().unwrap().len(), 1);
}

#[test]
fn are_not_rendered_where_they_can_lock_a_cluster_out() {
    for (arguments, reason) in [
        (["--timeout", "11"], "too long"),
        (
            ["--namespace-label", "kubernetes.io/metadata.name=kube-system"],
            "`kube-system`",
        ),
    ] {
        let ran = Command::new(env!("CARGO_BIN_EXE_sparkgate"))
            .arg("manifests")
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(ran.status.code(), Some(2), "{ran:?}");
        assert_eq!(ran.stdout, b"");
        assert!(String::from_utf8(ran.stderr).unwrap().contains(reason), "{reason}");
    }
}
