//! From the text of a file to what the policies say about each object in it.

use std::rc::Rc;

use json_patch::jsonptr::PointerBuf;

use crate::cli::manifests::{self, Manifests, Object};
use crate::engine::finding::{Blame, Finding, SubjectKind, Verdict};
use crate::engine::json::{Arena, Json};
use crate::engine::policy::PolicySet;
use crate::engine::request::Request;
use crate::engine::yaml::Positions;
use crate::engine::{Facts, evaluate};
use crate::report::{JudgedDocument, PlacedFinding, Report, SourceFile};

/// Judges every object of a file, and adds what comes of it to the report. `namespace` stands in for the one that an
/// object does not name.
pub(super) fn judge(policies: &PolicySet, namespace: Option<&str>, name: String, text: &str, report: &mut Report) {
    let arena = Arena::of_file();
    let Manifests {
        file,
        documents,
        failures,
    } = Manifests::read(&arena, name, text);
    report.failures.extend(failures);
    for document in &documents {
        for object in manifests::objects(&arena, document) {
            let judged = judge_object(policies, namespace, &arena, &file, &document.positions, object);
            report.documents.push(judged);
        }
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
