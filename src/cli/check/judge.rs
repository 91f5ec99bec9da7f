//! From the text of a file to what the policies say about each object in it.

use std::rc::Rc;

use json_patch::jsonptr::PointerBuf;

use crate::engine::finding::{Blame, Finding, SubjectKind, Verdict};
use crate::engine::json::{Arena, Json};
use crate::engine::policy::PolicySet;
use crate::engine::request::Request;
use crate::engine::yaml::{Positions, parse_stream};
use crate::engine::{Facts, evaluate};
use crate::report::redact::redact;
use crate::report::{Failure, JudgedDocument, PlacedFinding, Report, SourceFile};

/// Judges every object of a file, and adds what comes of it to the report. `namespace` stands in for the one that an
/// object does not name.
pub(super) fn judge(policies: &PolicySet, namespace: Option<&str>, name: String, text: &str, report: &mut Report) {
    let arena = Arena::of_file();
    let (documents, errors) = parse_stream(&arena, text);
    report.failures.extend(errors.into_iter().map(|error| Failure {
        file: name.clone(),
        at: Some((error.line, error.column)),
        message: error.message,
        help: None,
    }));
    let file = Rc::new(SourceFile {
        name,
        text: redact(text, &documents),
    });
    for document in &documents {
        let mut objects = Vec::new();
        unfold(&arena, document.root, PointerBuf::new(), &mut objects);
        for object in objects {
            let judged = judge_object(policies, namespace, &arena, &file, &document.positions, object);
            report.documents.push(judged);
        }
    }
}

/// An object of a file: a whole document, or an item of a list.
struct Object<'a> {
    manifest: Json<'a>,
    /// Where it is in its document.
    at: PointerBuf,
}

/// Adds the objects of a document: itself, or if it is a list, what is in it.
fn unfold<'a>(arena: &'a Arena, manifest: Json<'a>, at: PointerBuf, objects: &mut Vec<Object<'a>>) {
    let kind = manifest.get("kind").and_then(Json::as_str);
    match (kind.and_then(|kind| kind.strip_suffix("List")), manifest.get("items")) {
        (Some(item_kind), Some(Json::Array(items))) => {
            for (index, item) in items.iter().enumerate() {
                let item = with_kind(arena, *item, item_kind, manifest.get("apiVersion"));
                let at = at.with_trailing_token("items").with_trailing_token(index);
                unfold(arena, item, at, objects);
            }
        }
        _ => objects.push(Object { manifest, at }),
    }
}

/// An item of a `SparkApplicationList` may leave its kind to the list, as the API server's own answers do.
fn with_kind<'a>(arena: &'a Arena, item: Json<'a>, kind: &'a str, api_version: Option<Json<'a>>) -> Json<'a> {
    match (item, api_version) {
        (Json::Object(members), Some(api_version)) if !kind.is_empty() && item.get("kind").is_none() => {
            let own = members.iter().filter(|(key, _)| !matches!(*key, "kind" | "apiVersion"));
            let given = [("apiVersion", api_version), ("kind", Json::String(kind))];
            arena.object(&given.iter().chain(own).copied().collect::<Vec<_>>())
        }
        _ => item,
    }
}

/// The findings about the object at `at`, in the order of their places: that of somebody who reads the file.
fn placed(findings: Vec<Finding>, at: &PointerBuf, positions: &Positions<'_>) -> Vec<PlacedFinding> {
    let mut placed: Vec<PlacedFinding> = findings
        .into_iter()
        .map(|finding| PlacedFinding::place(finding, at, positions))
        .collect();
    placed.sort_by_key(|placed| placed.position.start);
    placed
}

fn judge_object(
    policies: &PolicySet,
    namespace: Option<&str>,
    arena: &Arena,
    file: &Rc<SourceFile>,
    positions: &Positions<'_>,
    Object { manifest, at }: Object<'_>,
) -> JudgedDocument {
    let metadata = |key| manifest.at(["metadata", key]).and_then(Json::as_str);
    let verdict = match Request::of_manifest(arena, manifest, namespace) {
        Some(request) => evaluate(policies, &request, &Facts::default()),
        None => Verdict::allow(SubjectKind::Other),
    };
    JudgedDocument {
        file: Rc::clone(file),
        line: positions.nearest(&at, Blame::Value).line,
        kind: manifest
            .get("kind")
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned(),
        namespace: metadata("namespace").or(namespace).map(str::to_owned),
        name: metadata("name").unwrap_or_default().to_owned(),
        subject: verdict.subject,
        decision: verdict.decision(),
        mutations: verdict.mutations,
        skipped: verdict.skipped,
        findings: placed(verdict.findings, &at, positions),
    }
}
