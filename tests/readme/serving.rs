//! The part of the page that is about the server.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::{FROM_A_CHECKOUT, assert_flags_are_listed, page, quoted, root, row, steps};
use crate::serve::client::{Answer, get, post};
use crate::serve::process::Server;
use crate::serve::reviews::recorded;

/// A server with the policies of this repository.
fn server(arguments: &[&str]) -> Server {
    let policies = root().join("policies");
    Server::start(&[&["--policies", policies.to_str().unwrap()], arguments].concat())
}

/// Sends what a curl command sends, to a server on another port.
fn send(server: &Server, curl: &str) -> Answer {
    let words: Vec<&str> = curl.split_whitespace().collect();
    let after = |flag: &str| words[words.iter().position(|word| *word == flag).unwrap() + 1];
    assert_eq!(after("--cacert"), "certs/ca.crt");
    let body = std::fs::read(root().join(after("--data-binary").strip_prefix('@').unwrap())).unwrap();
    let path = words
        .iter()
        .find_map(|word| word.strip_prefix("https://localhost:9443"));
    post(server, path.unwrap(), body)
}

fn patch(answer: &Answer) -> Vec<u8> {
    BASE64.decode(answer.response()["patch"].as_str().unwrap()).unwrap()
}

#[test]
fn serve_answers_what_the_page_shows() {
    let steps = steps(&page("README.md"));
    let serve = format!("{FROM_A_CHECKOUT}serve --policies policies");
    assert!(steps.iter().any(|step| step.command == serve));
    let server = server(&[]);
    let (mut answers, mut patches) = (0, 0);
    for step in steps.iter().filter(|step| step.command.starts_with("curl ")) {
        match step.command.split_once(" | ") {
            None => {
                assert_eq!(
                    send(&server, &step.command).body + "\n",
                    step.output,
                    "{}",
                    step.command
                );
                answers += 1;
            }
            Some((curl, jq)) => {
                assert_eq!(jq, "jq -c '.response.patch | @base64d | fromjson | .[]'");
                let sent: Vec<Value> = serde_json::from_slice(&patch(&send(&server, curl))).unwrap();
                let shown: Vec<Value> = step
                    .output
                    .lines()
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect();
                assert_eq!(sent, shown, "{}", step.command);
                patches += 1;
            }
        }
    }
    assert_eq!((answers, patches), (1, 1));
}

#[test]
fn a_patched_pod_gets_no_patch() {
    let server = server(&[]);
    let mut review: Value =
        serde_json::from_str(&recorded("executor-pod-spark4.3.0-python-defaults-mutate.json")).unwrap();
    let answer = post(&server, "/mutate", review.to_string());
    let patch: json_patch::Patch = serde_json::from_slice(&patch(&answer)).unwrap();
    json_patch::patch(&mut review["request"]["object"], &patch).unwrap();
    let again = post(&server, "/mutate", review.to_string()).response();
    assert_eq!(again["allowed"], true);
    assert_eq!(again.get("patch"), None, "{again}");
}

#[test]
fn every_flag_of_serve_is_on_the_page() {
    assert_flags_are_listed("serve");
}

#[test]
fn the_metrics_and_the_fields_of_the_log_are_those_of_the_page() {
    // A family without a sample is not shown, so each has to be counted once.
    let server = server(&["--max-enforcement", "warn"]);
    let mut review: Value = serde_json::from_str(&recorded("sparkapplication-create-validate.json")).unwrap();
    review["request"]["object"]["spec"]["driver"]["memory"] = json!("1.5g");
    post(&server, "/validate", review.to_string());
    let line = server.next_line("decided");
    post(
        &server,
        "/mutate",
        recorded("executor-pod-spark4.3.0-python-defaults-mutate.json"),
    );

    let page = page("README.md");
    let metrics = get(&server, "/metrics").body;
    let counted: BTreeSet<String> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(|family| match family.split_once(' ').unwrap() {
            (name, "counter") => format!("{name}_total"),
            (name, _) => name.to_owned(),
        })
        .collect();
    let listed: BTreeSet<String> = page
        .lines()
        .filter(|line| !line.contains("in a cluster"))
        .filter_map(|line| line.strip_prefix("| `sparkgate_"))
        .map(|row| format!("sparkgate_{}", row.split('`').next().unwrap()))
        .collect();
    assert_eq!(counted, listed);
    for name in &listed {
        for label in quoted(row(&page, name)[1])
            .iter()
            .filter(|label| !label.starts_with('-'))
        {
            let sample = metrics.lines().find(|line| line.starts_with(name.as_str())).unwrap();
            assert!(
                sample.contains(&format!("{label}=\"")),
                "{name} has no {label}: {sample}"
            );
        }
    }

    let about_the_log = page.split("Each decision is one line").nth(1).unwrap();
    let listed: BTreeSet<&str> = quoted(about_the_log.split("and never").next().unwrap());
    let written: BTreeSet<&str> = line
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .filter(|field| !["timestamp", "level", "target", "message"].contains(field))
        .chain(["decided"])
        .collect();
    assert_eq!(written, listed);
}
