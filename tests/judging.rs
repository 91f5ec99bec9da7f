//! The engine as the webhook paths use it: from a review to a verdict, and to the bytes of an answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use sparkgate::engine::finding::Verdict;
use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::{PolicySet, Source};
use sparkgate::engine::request::Phase;
use sparkgate::engine::review::{self, Review, ReviewError};
use sparkgate::engine::{Facts, evaluate};

pub const CREATE: &str = "CREATE";
pub const UPDATE: &str = "UPDATE";

/// The repository's own directory.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A policy of this name, with this in its spec, in flow style.
pub fn policy(name: &str, spec: &str) -> Source {
    Source {
        name: format!("{name}.yaml"),
        text: format!(
            "apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"
        ),
    }
}

#[track_caller]
pub fn policies(sources: &[Source]) -> PolicySet {
    PolicySet::from_sources(sources, 7).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The policies that the repository brings.
pub fn starter_policies() -> PolicySet {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join("policies"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    let sources: Vec<Source> = files
        .iter()
        .map(|path| Source {
            name: path.display().to_string(),
            text: fs::read_to_string(path).unwrap(),
        })
        .collect();
    policies(&sources)
}

/// Every review that was recorded, with the name of its file and the path that it was sent to.
pub fn recorded_reviews() -> Vec<(String, Phase, Value)> {
    let mut reviews: Vec<(String, Phase, Value)> = fs::read_dir(root().join("fixtures/reviews"))
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name()?.to_str()?.strip_suffix(".json")?.to_owned();
            let phase = if name.ends_with("-mutate") {
                Phase::Mutate
            } else {
                Phase::Validate
            };
            Some((name, phase, serde_json::from_slice(&fs::read(path).unwrap()).unwrap()))
        })
        .collect();
    reviews.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    reviews
}

/// One of the recorded reviews.
pub fn recorded(name: &str) -> Value {
    let path = root().join("fixtures/reviews").join(format!("{name}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A review of an object, of the kind that it says it is.
pub fn review(operation: &str, object: &Value) -> Value {
    let api_version = object["apiVersion"].as_str().unwrap();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "u-1",
            "operation": operation,
            "kind": {"group": group, "version": version, "kind": object["kind"]},
            "namespace": "team-a",
            "name": "etl",
            "userInfo": {"username": "ann", "groups": ["data", "system:authenticated"]},
            "object": object,
        }
    })
}

/// A Scala application that nothing is wrong with, changed by a merge patch.
pub fn application(change: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": "etl", "namespace": "team-a"},
        "spec": {
            "type": "Scala",
            "mode": "cluster",
            "sparkVersion": "3.5.1",
            "image": "spark:3.5.1",
            "mainApplicationFile": "local:///app.jar",
            "mainClass": "Main",
            "driver": {},
            "executor": {},
        },
    });
    json_patch::merge(&mut object, change);
    object
}

/// A pod as Spark makes it, as far as the engine looks, changed by a merge patch.
pub fn pod(role: &str, change: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": format!("etl-{role}"), "labels": {"spark-role": role, "spark-app-selector": "spark-1"}},
        "spec": {"containers": [{"name": "spark", "args": [role], "env": [{"name": "SPARK_APPLICATION_ID", "value": "spark-1"}]}]},
    });
    json_patch::merge(&mut object, change);
    object
}

/// What the engine says to a review, of a namespace with these labels, if they are known.
#[track_caller]
pub fn verdict_in(
    labels: Option<&BTreeMap<String, String>>,
    policies: &PolicySet,
    phase: Phase,
    review: &Value,
) -> Verdict {
    let arena = Arena::new();
    let body = review.to_string();
    let review = Review::parse(&arena, phase, body.as_bytes()).unwrap();
    let facts = Facts {
        namespace_labels: labels,
        ..Facts::default()
    };
    evaluate(policies, &review.request, &facts)
}

/// What the engine says to a review.
#[track_caller]
pub fn verdict(policies: &PolicySet, phase: Phase, review: &Value) -> Verdict {
    verdict_in(None, policies, phase, review)
}

/// The bytes that answer a body; `None` where there is no uid to answer to.
pub fn answer(policies: &PolicySet, phase: Phase, body: &[u8]) -> Option<Vec<u8>> {
    let arena = Arena::new();
    let answer = match Review::parse(&arena, phase, body) {
        Ok(review) => {
            let verdict = evaluate(policies, &review.request, &Facts::default());
            review::answer(review.uid, &verdict, policies.generation())
        }
        Err(ReviewError::NotUnderstood { uid, reason }) => review::refusal(&uid, &reason),
        Err(ReviewError::NotAReview(_)) => return None,
    };
    Some(answer.unwrap())
}

/// `code: message` of each finding.
pub fn said(verdict: &Verdict) -> Vec<String> {
    verdict
        .findings
        .iter()
        .map(|finding| format!("{}: {}", finding.code, finding.message))
        .collect()
}

/// An object after a patch.
#[track_caller]
pub fn patched(object: &Value, operations: &str) -> Value {
    let patch: json_patch::Patch = serde_json::from_str(operations).unwrap();
    let mut object = object.clone();
    json_patch::patch(&mut object, &patch).unwrap();
    object
}

/// The operations of a response's patch, as JSON.
pub fn operations(response: &Value) -> Option<String> {
    let patch = BASE64.decode(response.get("patch")?.as_str()?).unwrap();
    Some(String::from_utf8(patch).unwrap())
}
