//! The webhook port, asked as the API server asks it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use json_patch::Patch;
use serde_json::{Value, json};

use crate::serve::client::post;
use crate::serve::process::Server;
use crate::serve::reviews::recorded;

/// What is answered to the review of an object that is created.
pub fn asked(server: &Server, path: &str, object: &Value) -> Value {
    let version = object["apiVersion"].as_str().unwrap();
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let mut review: Value = serde_json::from_str(&recorded("sparkapplication-create-validate.json")).unwrap();
    let request = &mut review["request"];
    request["kind"] = json!({"group": group, "version": version, "kind": object["kind"]});
    request["namespace"] = object["metadata"]["namespace"].clone();
    request["object"] = object.clone();
    post(server, path, review.to_string()).response()
}

/// What `/mutate` makes of an object.
pub fn mutated(server: &Server, object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(patch) = asked(server, "/mutate", &object)["patch"].as_str() {
        let patch: Patch = serde_json::from_slice(&BASE64_STANDARD.decode(patch).unwrap()).unwrap();
        json_patch::patch(&mut object, &patch).unwrap();
    }
    object
}
