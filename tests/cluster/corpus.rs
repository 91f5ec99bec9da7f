//! Applications as people write them, and pods as Spark makes them: `check`, the webhook port and the API server say the
//! same of them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::pods::{REVIEWS, pod};
use super::port::{asked, mutated};
use super::registration::register_both;
use super::{Cluster, documents, path, root, shared};
use crate::command::run;
use crate::serve::process::Server;

/// What is decided about an object.
#[derive(Debug)]
struct Decision {
    denied: bool,
    /// All that denies it, and each warning.
    said: Vec<String>,
}

/// What `check` finds, as the beginnings of lines: `code: message`.
fn by_check(file: &Path) -> Decision {
    let policies = root().join("policies");
    let checked = run(
        root(),
        &["check", "--format", "json", "--policies", path(&policies), path(file)],
        "",
    );
    let report: Value = serde_json::from_str(&checked.out).unwrap();
    let said = report["findings"].as_array().unwrap().iter().map(|finding| {
        let text = |field: &str| finding[field].as_str().unwrap();
        format!("{}: {}", text("code"), text("message"))
    });
    Decision {
        denied: checked.exit == 1,
        said: said.collect(),
    }
}

/// What the server answers, asked as the API server asks it: `/mutate` first.
fn by_the_port(server: &Server, object: &Value) -> Decision {
    let response = asked(server, "/validate", &mutated(server, object));
    let warnings = response["warnings"].as_array().into_iter().flatten();
    let denials = response["status"]["message"].as_str().unwrap_or_default().lines();
    Decision {
        denied: response["allowed"] == false,
        said: denials
            .chain(warnings.map(|warning| warning.as_str().unwrap()))
            .map(str::to_owned)
            .collect(),
    }
}

/// What somebody sees who applies it.
fn by_the_api_server(cluster: &Cluster, file: &Path) -> Decision {
    let applied = cluster.kubectl(&["apply", "-f", path(file)]);
    let error = String::from_utf8(applied.stderr).unwrap();
    let said = error.lines().map(|line| {
        let line = line.strip_prefix("Warning: ").unwrap_or(line);
        let denied = line.split_once("admission webhook \"validate.sparkgate.io\" denied the request: ");
        denied.map_or(line, |(_, denial)| denial).to_owned()
    });
    Decision {
        denied: !applied.status.success(),
        said: said.collect(),
    }
}

/// The applications of the fixtures, moved to a namespace.
fn applications(namespace: &str, directory: &Path) -> Vec<PathBuf> {
    let mut moved = Vec::new();
    for entry in fs::read_dir(root().join("fixtures/manifests")).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap();
        if name.ends_with(".ok.yaml") || name.ends_with(".bad.yaml") {
            let own = documents(&file)[0]["metadata"]["namespace"]
                .as_str()
                .unwrap()
                .to_owned();
            let text = fs::read_to_string(&file).unwrap();
            let text = text.replace(&format!("namespace: {own}"), &format!("namespace: {namespace}"));
            fs::write(directory.join(name), text).unwrap();
            moved.push(directory.join(name));
        }
    }
    moved
}

/// The recorded pods, and each again where it tolerates spot nodes.
fn pods(namespace: &str, directory: &Path) -> Vec<PathBuf> {
    let mut written = Vec::new();
    for review in REVIEWS {
        let mut pod = pod(review, namespace);
        let mut write = |name: String, pod: &Value| {
            let file = directory.join(name).with_extension("json");
            fs::write(&file, pod.to_string()).unwrap();
            written.push(file);
        };
        write(review.to_owned(), &pod);
        let tolerations = pod["spec"]["tolerations"].as_array_mut().unwrap();
        tolerations.push(json!({"key": "spot-instance", "operator": "Exists"}));
        let name = format!("{}-on-spot", pod["metadata"]["name"].as_str().unwrap());
        pod["metadata"]["name"] = json!(name);
        write(name, &pod);
    }
    written
}

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn is_decided_alike_by_check_by_the_port_and_by_the_api_server() {
    let namespace = "corpus";
    let cluster = shared();
    cluster.namespace(namespace);
    cluster.account(namespace, "spark");
    let server = cluster.sparkgate(&root().join("policies"));
    let _registrations = register_both(&cluster, &server, namespace);
    let directory = tempfile::tempdir().unwrap();
    let (mut accepted, mut denied) = (0, 0);
    let mut files = applications(namespace, directory.path());
    files.extend(pods(namespace, directory.path()));
    for file in files {
        let checked = by_check(&file);
        let answered = by_the_port(&server, &documents(&file)[0]);
        let applied = by_the_api_server(&cluster, &file);
        let name = file.display();
        assert_eq!(
            (checked.denied, answered.denied),
            (answered.denied, applied.denied),
            "{name}: {checked:?} {answered:?} {applied:?}"
        );
        assert_eq!(
            checked.said.len(),
            answered.said.len(),
            "{name}: {checked:?} {answered:?}"
        );
        for line in &checked.said {
            let is_said = |answer: &String| answer.starts_with(line) || line.starts_with(answer.trim_end_matches('…'));
            assert!(
                answered.said.iter().any(is_said),
                "{name}: {line} is not in {answered:?}"
            );
        }
        assert_eq!(sorted(applied.said), sorted(answered.said), "{name}");
        if checked.denied {
            denied += 1;
        } else {
            accepted += 1;
        }
    }
    assert!(accepted >= 17 && denied >= 8, "{accepted} accepted, {denied} denied");
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}
