//! What kubeflow's operator does to a job, against what its own code was seen to do.

mod origins;
mod pods;
mod submissions;

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use sparkgate::engine::json::Arena;
use sparkgate::engine::workload::draft::Draft;
use sparkgate::engine::workload::origin::ApplicationOrigins;
use sparkgate::engine::yaml::parse_stream;

/// The cases of a file of recordings.
fn recordings(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/kubeflow-operator")
        .join(file);
    let arena = Arena::of_file();
    let text = fs::read_to_string(path).unwrap();
    let (documents, errors) = parse_stream(&arena, &text);
    assert_eq!(errors, [], "{file}");
    let [document] = documents.as_slice() else {
        panic!("{file} is not one document");
    };
    document.root.items().iter().map(|case| case.to_value()).collect()
}

/// The application that a case is about.
fn application(case: &Value) -> Value {
    let mut application = json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": "job", "namespace": "team"},
        "spec": {
            "type": "Scala",
            "mode": "cluster",
            "sparkVersion": "3.5.1",
            "mainApplicationFile": "local:///job.jar",
            "driver": {},
            "executor": {},
        },
    });
    overlay(&mut application["metadata"], &case["metadata"]);
    overlay(&mut application["spec"], &case["spec"]);
    application
}

/// Sets the members that `instead` has; one that is `null` there goes.
fn overlay(object: &mut Value, instead: &Value) {
    let members = object.as_object_mut().unwrap();
    for (key, value) in instead.as_object().unwrap_or(&Map::new()) {
        if value.is_null() {
            members.remove(key);
        } else {
            members.insert(key.clone(), value.clone());
        }
    }
}

pub fn finished<'a>(arena: &'a Arena, draft: Draft<'a>) -> Value {
    let mut origins = ApplicationOrigins::of_role(json_patch::jsonptr::PointerBuf::root());
    draft.finish(arena, &mut origins).to_value()
}
