//! What kustomize makes of the manifests. Only where there is a kubectl, which has it built in; CI has one.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::webhooks::rendered;
use super::{
    BASE, CERT_MANAGER, Command, SELF_SIGNED, argument, arguments, assert_known, assert_mounted, container, documents,
    only, root,
};

const CLUSTER_WIDE: &str = "manifests/overlays/cluster-wide";
const CONFIGURATIONS: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// The objects that come of a directory; `None` where there is no kubectl.
fn built(directory: &Path) -> Option<Vec<Value>> {
    let ran = match Command::new("kubectl").arg("kustomize").arg(directory).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        ran => ran.unwrap(),
    };
    let error = String::from_utf8(ran.stderr).unwrap();
    assert!(ran.status.success(), "{}: {error}", directory.display());
    assert_eq!(error, "", "{}", directory.display());
    Some(documents(&String::from_utf8(ran.stdout).unwrap()))
}

/// The service's certificate comes from somewhere, and every argument is one that the server takes.
#[test]
fn every_overlay_is_whole() {
    let help = Command::new(env!("CARGO_BIN_EXE_sparkgate"))
        .args(["serve", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for directory in [BASE, SELF_SIGNED, CERT_MANAGER, CLUSTER_WIDE] {
        let Some(objects) = built(&root().join(directory)) else {
            return;
        };
        let mut seen = BTreeSet::new();
        for object in &objects {
            assert_known(object);
            let (kind, name) = (&object["kind"], &object["metadata"]["name"]);
            assert!(
                seen.insert(format!("{kind} {name}")),
                "{directory}: {kind} {name} twice"
            );
        }
        let deployment = only(objects, "Deployment");
        for (flag, _) in arguments(&deployment) {
            assert!(help.contains(&format!("{flag} <")), "serve has no {flag}: {help}");
        }
    }
}

#[test]
fn what_makes_the_certificate_alone_writes_the_ca_bundle() {
    let (Some(self_signed), Some(cert_manager)) = (built(&root().join(SELF_SIGNED)), built(&root().join(CERT_MANAGER)))
    else {
        return;
    };
    for kind in CONFIGURATIONS {
        for (objects, annotations) in [
            (&self_signed, Value::Null),
            (
                &cert_manager,
                json!({"cert-manager.io/inject-ca-from": "sparkgate/sparkgate-tls"}),
            ),
        ] {
            let configuration = only(objects.clone(), kind);
            assert_eq!(configuration["metadata"]["annotations"], annotations, "{kind}");
            assert_eq!(
                configuration["webhooks"][0]["clientConfig"].get("caBundle"),
                None,
                "{kind}"
            );
        }
    }

    let deployment = only(self_signed.clone(), "Deployment");
    let secret = argument(&deployment, "--certs-secret");
    assert_eq!(only(self_signed, "Role")["rules"][1]["resourceNames"], json!([secret]));

    let deployment = only(cert_manager.clone(), "Deployment");
    assert_mounted(&deployment, "tls", &["--tls-cert-file", "--tls-private-key-file"]);
    let volumes = &deployment["spec"]["template"]["spec"]["volumes"];
    let secret = volumes
        .as_array()
        .unwrap()
        .iter()
        .find_map(|volume| volume.get("secret"));
    let served = cert_manager
        .iter()
        .filter(|object| object["kind"] == "Certificate")
        .find(|certificate| certificate["metadata"]["name"] == "sparkgate-tls");
    assert_eq!(secret.unwrap()["secretName"], served.unwrap()["spec"]["secretName"]);
}

#[test]
fn the_policies_are_mounted_under_the_name_that_they_keep() {
    let levels = ["baseline", "production", "strict"].map(|level| {
        let directory = format!("policies/{level}");
        let text = format!(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../{SELF_SIGNED}]\ncomponents: [../{directory}]\n"
        );
        (directory, built_of(&[("kustomization.yaml", &text)]))
    });
    let shipped = ("policies".to_owned(), built(&root().join(BASE)));
    for (directory, objects) in levels.into_iter().chain([shipped]) {
        let Some(objects) = objects else { return };
        let policies = only(objects.clone(), "ConfigMap");
        let volumes = only(objects, "Deployment")["spec"]["template"]["spec"]["volumes"].take();
        assert_eq!(volumes[0]["configMap"], json!({"name": policies["metadata"]["name"]}));
        let mut files = Map::new();
        for entry in fs::read_dir(root().join(&directory)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                files.insert(name, json!(fs::read_to_string(path).unwrap()));
            }
        }
        assert_eq!(policies["data"], Value::Object(files), "{directory}");
    }
}

#[test]
fn cluster_wide_is_what_the_command_renders_so() {
    let Some(objects) = built(&root().join(CLUSTER_WIDE)) else {
        return;
    };
    let expected = documents(&rendered(&["--policies", "policies", "--cluster-wide"]));
    for kind in CONFIGURATIONS {
        assert_eq!(only(objects.clone(), kind), only(expected.clone(), kind));
    }
}

#[test]
fn a_kustomization_of_ones_own_is_as_the_page_shows() {
    let page = fs::read_to_string(root().join("manifests/README.md")).unwrap();
    let (_, example) = page.split_once("```yaml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let policy = "\
apiVersion: sparkgate.io/v1alpha1
kind: SparkPolicy
metadata: {name: ours}
spec: {mutate: [{name: ours, sparkConf: {spark.eventLog.enabled: \"true\"}}]}
";
    let policies = tempfile::tempdir().unwrap();
    fs::write(policies.path().join("ours.yaml"), policy).unwrap();
    let webhooks = rendered(&["--policies", policies.path().to_str().unwrap()]);
    let Some(objects) = built_of(&[
        ("kustomization.yaml", example),
        ("policies/ours.yaml", policy),
        ("webhooks.yaml", &webhooks),
    ]) else {
        return;
    };
    assert_eq!(only(objects.clone(), "ConfigMap")["data"], json!({"ours.yaml": policy}));
    only(objects.clone(), "PodMonitor");
    let deployment = only(objects.clone(), "Deployment");
    assert_eq!(container(&deployment)["image"], "registry.acme.com/sparkgate:0.1.0");
    assert_eq!(argument(&deployment, "--max-enforcement"), "deny");
    for kind in CONFIGURATIONS {
        let rendered = only(documents(&webhooks), kind);
        assert_eq!(only(objects.clone(), kind)["webhooks"], rendered["webhooks"], "{kind}");
    }
}

/// The objects that come of a directory of one's own, beside copies of what is shipped.
fn built_of(files: &[(&str, &str)]) -> Option<Vec<Value>> {
    let directory = tempfile::tempdir().unwrap();
    for shipped in ["manifests", "policies"] {
        copy(&root().join(shipped), &directory.path().join(shipped));
    }
    for (name, text) in files {
        let file = directory.path().join("ours").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    built(&directory.path().join("ours"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
