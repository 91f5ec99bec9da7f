//! What the mutations make of an object and of its pods, for `check --diff`.

use serde_json::Value;

use crate::engine::Facts;
use crate::engine::finding::Verdict;
use crate::engine::json::Json;
use crate::engine::policy::PolicySet;
use crate::engine::preview;
use crate::engine::request::Request;
use crate::report::changes::ObjectChanges;
use crate::report::pods::BeforeAndAfter;

/// The object itself first, then the pods that Spark will make of it.
pub(super) fn of(
    policies: &PolicySet,
    request: &Request<'_>,
    facts: &Facts<'_>,
    verdict: &Verdict,
    name: &str,
) -> Vec<ObjectChanges> {
    let mut changes = Vec::new();
    if let Some(object) = request.object.filter(|_| !verdict.mutations.is_empty()) {
        let title = format!("{} {name}", request.kind.kind);
        let object = BeforeAndAfter {
            before: sorted(request, &object.to_value()),
            after: sorted(request, &patched(object, verdict.patch.as_json())),
        };
        changes.push(ObjectChanges::new(
            title,
            "as written",
            object,
            verdict.mutations.clone(),
        ));
    }
    // Of what nothing can be told, the findings say why.
    if let Ok(Some(preview)) = preview::of_application(policies, request, facts) {
        for (pod, before) in preview.workload.pods.iter().zip(preview.before) {
            let of_role = preview.mutations.iter().filter(|record| record.role == Some(pod.role));
            let both = BeforeAndAfter { before, after: pod.pod };
            changes.push(ObjectChanges::new(
                format!("{} pod of {name}", pod.role),
                "as Spark makes it",
                both,
                of_role.cloned().collect(),
            ));
        }
    }
    changes
}

/// What another implementation of JSON patches than the recorder makes of the object.
fn patched(object: Json<'_>, patch: &str) -> Value {
    let mut value = object.to_value();
    let patch: json_patch::Patch = serde_json::from_str(patch).unwrap_or_default();
    // One that does not apply leaves the object as it was, and cannot be: the recorder applied it.
    drop(json_patch::patch(&mut value, &patch));
    value
}

/// The members in the same order before and after.
fn sorted<'a>(request: &Request<'a>, value: &Value) -> Json<'a> {
    request.arena.import(value)
}
