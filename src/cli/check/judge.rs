//! From the text of a file to what the policies say about each object in it.

use std::rc::Rc;

use json_patch::jsonptr::Pointer;

use super::changes;
use crate::cli::cluster_state::ClusterState;
use crate::cli::manifests::{self, Manifests, Object};
use crate::engine::finding::{Blame, Finding, SubjectKind, Verdict};
use crate::engine::json::{Arena, Json};
use crate::engine::policy::PolicySet;
use crate::engine::request::Request;
use crate::engine::yaml::Positions;
use crate::engine::{Facts, evaluate};
use crate::report::{JudgedDocument, PlacedFinding, Report, SourceFile};

/// What objects are judged by.
pub(super) struct Judge<'j> {
    pub(super) policies: &'j PolicySet,
    pub(super) cluster: &'j ClusterState,
    /// Stands in for the one that an object does not name.
    pub(super) namespace: Option<&'j str>,
    pub(super) detail: Detail,
}

/// How much is told of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// What is found.
    Findings,
    /// What is found, and what the mutations make of it.
    Changes,
}

impl Judge<'_> {
    /// Judges every object of a file, and adds what comes of it to the report.
    pub(super) fn judge(&self, name: String, text: &str, report: &mut Report) {
        let arena = Arena::of_file();
        let Manifests {
            file,
            documents,
            failures,
        } = Manifests::read(&arena, name, text);
        report.failures.extend(failures);
        for document in &documents {
            for object in manifests::objects(&arena, document) {
                let judged = self.judge_object(&arena, &file, &document.positions, &object);
                report.documents.push(judged);
            }
        }
    }

    fn judge_object(
        &self,
        arena: &Arena,
        file: &Rc<SourceFile>,
        positions: &Positions<'_>,
        object: &Object<'_>,
    ) -> JudgedDocument {
        let Object { manifest, at } = object;
        let name = object.name().unwrap_or_default();
        let request = Request::of_manifest(arena, *manifest, self.namespace);
        let statement = request.and_then(|request| self.cluster.statement(&request));
        let facts = Facts {
            statement: statement.as_ref(),
            ..self.cluster.facts(request.and_then(|request| request.namespace))
        };
        let mut verdict = match &request {
            Some(request) => evaluate(self.policies, request, &facts),
            None => Verdict::allow(SubjectKind::Other),
        };
        let changes = match &request {
            Some(request) if self.detail == Detail::Changes => {
                changes::of(self.policies, request, &facts, &verdict, name)
            }
            _ => Vec::new(),
        };
        verdict.mutations.append(&mut verdict.foreseen);
        let namespace = manifest.at(["metadata", "namespace"]).and_then(Json::as_str);
        JudgedDocument {
            file: Rc::clone(file),
            line: positions.nearest(at, Blame::Value).line,
            kind: manifest
                .get("kind")
                .and_then(Json::as_str)
                .unwrap_or_default()
                .to_owned(),
            namespace: namespace.or(self.namespace).map(str::to_owned),
            name: name.to_owned(),
            subject: verdict.subject,
            decision: verdict.decision(),
            mutations: verdict.mutations,
            changes,
            skipped: verdict.skipped,
            findings: placed(verdict.findings, at, positions),
        }
    }
}

/// The findings about the object at `at`, in the order of their places: that of somebody who reads the file.
fn placed(findings: Vec<Finding>, at: &Pointer, positions: &Positions<'_>) -> Vec<PlacedFinding> {
    let mut placed: Vec<PlacedFinding> = findings
        .into_iter()
        .map(|finding| PlacedFinding::place(finding, at, positions))
        .collect();
    placed.sort_by_key(|placed| placed.position.start);
    placed
}
