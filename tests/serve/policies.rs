//! Policies that change while the server runs.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::client::{get, post};
use super::process::{Server, until};
use super::reviews::recorded;
use super::volume::project;

fn policy(pool: &str) -> String {
    format!(
        "apiVersion: sparkgate.io/v1alpha1\n\
         kind: SparkPolicy\n\
         metadata: {{name: pools}}\n\
         spec:\n\
         \x20 description: Executors run in a pool of their own.\n\
         \x20 mutate:\n\
         \x20   - name: pool\n\
         \x20     roles: [executor]\n\
         \x20     nodeSelector: {{node-pool: {pool}}}\n"
    )
}

fn server_on(policies: &Path) -> Server {
    Server::start(&["--policies", policies.to_str().unwrap()])
}

/// The generation that the answers of the server name.
fn generation(server: &Server) -> String {
    let answer = post(server, "/mutate", recorded("sparkapplication-create-mutate.json"));
    let generation = &answer.response()["auditAnnotations"]["generation"];
    generation.as_str().unwrap().to_owned()
}

#[track_caller]
fn until_generation(server: &Server, expected: &str) {
    until(&format!("generation {expected}"), || generation(server) == expected);
    assert_eq!(
        get(server, "/readyz").body,
        format!("ready, policy generation {expected}\n")
    );
}

#[test]
fn follows_a_file_that_is_written_replaced_added_and_removed() {
    let policies = tempfile::tempdir().unwrap();
    let file = policies.path().join("pools.yaml");
    fs::write(&file, policy("first")).unwrap();
    let server = server_on(policies.path());
    until_generation(&server, "1");

    fs::write(&file, policy("second")).unwrap();
    until_generation(&server, "2");

    let beside = policies.path().join("pools.yaml.new");
    fs::write(&beside, policy("third")).unwrap();
    fs::rename(&beside, &file).unwrap();
    until_generation(&server, "3");

    let added = policies.path().join("more.yaml");
    fs::write(&added, policy("fourth").replace("name: pools", "name: more")).unwrap();
    until_generation(&server, "4");

    fs::remove_file(&added).unwrap();
    until_generation(&server, "5");
}

#[test]
fn follows_the_symlink_swaps_of_a_mounted_config_map() {
    let volume = tempfile::tempdir().unwrap();
    project(volume.path(), 1, &[("pools.yaml", &policy("first"))]);
    let server = server_on(volume.path());
    until_generation(&server, "1");
    for version in 2..=5 {
        let policy = policy(&format!("pool-{version}"));
        project(volume.path(), version, &[("pools.yaml", &policy)]);
        until_generation(&server, &version.to_string());
    }
}

#[test]
fn follows_a_directory_that_goes_and_comes_back() {
    let parent = tempfile::tempdir().unwrap();
    let policies = parent.path().join("policies");
    let fill = |pool: &str| {
        fs::create_dir(&policies).unwrap();
        fs::write(policies.join("pools.yaml"), policy(pool)).unwrap();
    };
    fill("first");
    let server = server_on(&policies);
    for version in 2..=3 {
        fs::remove_dir_all(&policies).unwrap();
        server.next_line("policies not reloaded; those in force stay");
        assert_eq!(generation(&server), (version - 1).to_string());
        fill(&format!("pool-{version}"));
        until_generation(&server, &version.to_string());
    }
    fs::write(policies.join("pools.yaml"), policy("fourth")).unwrap();
    until_generation(&server, "4");
}

/// Replaces a file in one step. One that is written over is empty for a moment, which is a set that does not load, too.
fn replace(file: &Path, text: &str) {
    let new = file.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}

#[test]
fn keeps_the_last_good_policies_and_says_so() {
    let policies = tempfile::tempdir().unwrap();
    let file = policies.path().join("pools.yaml");
    fs::write(&file, policy("first")).unwrap();
    let server = server_on(policies.path());

    // What a file is while it is being written over: a set without its policies would let everything in.
    replace(&file, "");
    let line = server.next_line("policies not reloaded; those in force stay");
    assert!(
        line["error"]
            .as_str()
            .unwrap()
            .contains("there is no policy in this file"),
        "{line}"
    );
    replace(&file, "spec: [");
    let line = server.next_line("policies not reloaded; those in force stay");
    assert_eq!(line["level"], "ERROR");
    assert!(line["error"].as_str().unwrap().contains("pools.yaml"), "{line}");
    assert_eq!(generation(&server), "1");
    assert_eq!(get(&server, "/readyz").status, 200);
    let metrics = get(&server, "/metrics").body;
    for sample in [
        "sparkgate_policy_generation 1\n",
        "sparkgate_policy_reloads_total{result=\"failure\"} 2\n",
        "sparkgate_policy_last_reload_succeeded 0\n",
    ] {
        assert!(metrics.contains(sample), "no {sample} in {metrics}");
    }

    fs::write(&file, policy("second")).unwrap();
    until_generation(&server, "2");
    assert!(
        get(&server, "/metrics")
            .body
            .contains("sparkgate_policy_last_reload_succeeded 1\n")
    );
}

#[test]
fn reports_policies_that_need_a_cluster_to_be_judged_where_there_is_none() {
    let policies = tempfile::tempdir().unwrap();
    let selector = "spec:\n\x20 match: {namespaceSelector: {matchLabels: {tier: production}}}\n";
    fs::write(
        policies.path().join("pools.yaml"),
        policy("spot").replace("spec:\n", selector),
    )
    .unwrap();
    let server = server_on(policies.path());

    let review = recorded("executor-pod-spark4.3.0-python-defaults-mutate.json");
    let response = post(&server, "/mutate", review).response();
    assert_eq!(response["allowed"], true);
    assert_eq!(response.get("patch"), None);
    let warning = "pools: not judged: the labels of the namespace are not known";
    assert_eq!(response["warnings"], json!([warning]));
    let metrics = get(&server, "/metrics").body;
    assert!(!metrics.contains("sparkgate_facts_synced{"), "{metrics}");
}
