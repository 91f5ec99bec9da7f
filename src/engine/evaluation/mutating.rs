//! What the mutations of the policies make of an object, and of the pods that will come of it.

use std::ops::Range;

use json_patch::jsonptr::Pointer;

use super::Evaluation;
use super::passes::{self, Outcome};
use crate::engine::finding::{Change, Code, Effect, Finding, MutationRecord, Verdict};
use crate::engine::json::Json;
use crate::engine::mutate::{ApplicationContext, KnownApplication, PodContext};
use crate::engine::patch::{self, Patch, PatchError, Recorder};
use crate::engine::policy::{ConfiguredMutation, Entry, Policy};
use crate::engine::request::Phase;
use crate::engine::subject::ApplicationKind;
use crate::engine::validate::Violation;
use crate::engine::workload::{EffectivePod, Origin, Origins, RoleName, Workload};

/// An application as the policies leave it.
pub(in crate::engine) struct MutatedApplication<'a> {
    pub(in crate::engine) object: Json<'a>,
    /// The job that Spark will make of it, where that is another one.
    pub(in crate::engine) workload: Option<Workload<'a>>,
    pub(in crate::engine) records: Vec<MutationRecord>,
    pub(super) patch: Patch,
}

impl<'e, 'a> Evaluation<'e, 'a> {
    /// What the request's object becomes of the mutations: a patch, or, where `/mutate` made one already, findings about what
    /// it would still change and had to.
    pub(super) fn settle(
        &self,
        records: Vec<MutationRecord>,
        patch: Patch,
        applying: &[&'e Policy],
        verdict: &mut Verdict,
    ) {
        if self.request.phase == Phase::Validate {
            let lacking = records.iter().filter(|record| record.has_effect());
            let missing = lacking.filter_map(|record| self.missing(entry_of(applying, &record.code)?, record));
            verdict.findings.extend(missing);
        } else {
            if records.iter().any(MutationRecord::has_effect) {
                verdict.patch = patch;
            }
            verdict.mutations.extend(records);
        }
    }

    /// Changes an application by all that applies to it. Conflicts become findings.
    pub(in crate::engine) fn mutate_application(
        &self,
        applying: &[&'e Policy],
        kind: ApplicationKind,
        object: Json<'a>,
        workload: &Workload<'a>,
        findings: &mut Vec<Finding>,
    ) -> Result<MutatedApplication<'a>, PatchError> {
        let mut recorder = Recorder::new(self.request.arena, object);
        let context = ApplicationContext {
            kind,
            workload,
            namespace_labels: self.facts.namespace_labels,
        };
        // What is said of one role's pods is not said of the application.
        let entries = mutations_of(applying).filter(|entry| entry.roles == RoleName::ALL);
        let outcomes = passes::run(entries, &mut recorder, |mutation, editor| {
            mutation.change_application(&context, editor)
        })?;
        let mut records = Vec::new();
        for Outcome {
            entry,
            changes,
            conflicts,
            ..
        } in outcomes
        {
            findings.extend(conflicts.into_iter().map(|conflict| {
                let violation = Violation::at(conflict.pointer, conflict.message).with_help(conflict.help);
                self.finding(entry, entry.rule.name, violation)
            }));
            records.push(record(entry, None, changes));
        }
        let mutated = recorder.root();
        let is_changed = !recorder.operations().is_empty();
        Ok(MutatedApplication {
            object: mutated,
            workload: is_changed.then(|| kind.workload(self.request.arena, mutated, self.facts)),
            records: lasting(records, object, mutated),
            patch: recorder.into_patch(),
        })
    }

    /// Changes the pods that an application will have by all that applies to them. Conflicts become findings.
    pub(in crate::engine) fn mutate_pods(
        &self,
        applying: &[&'e Policy],
        object: Option<Json<'a>>,
        workload: &mut Workload<'a>,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<MutationRecord>, PatchError> {
        let application = object.map(KnownApplication::of);
        let mut records = Vec::new();
        for pod in &mut workload.pods {
            let mut recorder = Recorder::new(self.request.arena, pod.pod);
            records.extend(self.mutate_pod(applying, application.as_ref(), pod, &mut recorder, findings)?);
        }
        Ok(records)
    }

    /// Changes a pod by all that applies to it. Conflicts become findings.
    pub(super) fn mutate_pod(
        &self,
        applying: &[&'e Policy],
        application: Option<&KnownApplication>,
        pod: &mut EffectivePod<'a>,
        recorder: &mut Recorder<'a>,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<MutationRecord>, PatchError> {
        let context = PodContext {
            role: pod.role,
            application,
            namespace_labels: self.facts.namespace_labels,
            kubernetes_version: self.facts.kubernetes_version,
        };
        let original = recorder.root();
        let entries = mutations_of(applying).filter(|entry| entry.roles.contains(&pod.role));
        let outcomes = passes::run(entries, recorder, |mutation, editor| {
            mutation.change_pod(&context, editor)
        })?;
        let mut records = Vec::new();
        for Outcome {
            entry,
            operations,
            changes,
            conflicts,
        } in outcomes
        {
            if let Origins::Application(origins) = &mut pod.origins {
                paths(recorder.operations(), operations)
                    .for_each(|path| origins.note(path.to_buf(), Origin::Policy(entry.code.clone())));
            }
            findings.extend(conflicts.into_iter().map(|conflict| {
                let violation = Violation::in_pod(pod, &conflict.pointer, conflict.message).with_help(conflict.help);
                self.finding(entry, entry.rule.name, violation)
            }));
            records.push(record(entry, Some(pod.role), changes));
        }
        pod.pod = recorder.root();
        Ok(lasting(records, original, pod.pod))
    }

    /// What `/mutate` had to do to the object, and did not.
    fn missing(&self, entry: &Entry<ConfiguredMutation>, record: &MutationRecord) -> Option<Finding> {
        let rule = entry.rule.name;
        let change = record.changes.iter().find(|change| change.effect != Effect::Kept)?;
        let place = as_to_be_blamed(&change.pointer);
        let whose = record.role.map_or("application", RoleName::as_str);
        let message = format!("the {whose} lacks what the required mutation `{rule}` gives it");
        let violation =
            Violation::at(place.to_buf(), message).with_help("see that the mutating webhook is registered and answers");
        entry.rule.required.then(|| self.finding(entry, rule, violation))
    }
}

/// Where something is missing: its key, or of an item the list, since nobody knows its index.
fn as_to_be_blamed(pointer: &Pointer) -> &Pointer {
    let is_item = |pointer: &&Pointer| {
        let last = pointer.back();
        last.is_some_and(|token| token.encoded().bytes().all(|byte| byte.is_ascii_digit()))
    };
    Some(pointer)
        .filter(is_item)
        .and_then(Pointer::parent)
        .unwrap_or(pointer)
}

/// The places of some of the operations.
fn paths<'a>(operations: &[patch::Operation<'a>], of: Vec<Range<usize>>) -> impl Iterator<Item = &'a Pointer> {
    of.into_iter()
        .filter_map(|range| operations.get(range))
        .flatten()
        .filter_map(|operation| Pointer::parse(operation.path()).ok())
}

fn mutations_of<'p>(applying: &[&'p Policy]) -> impl Iterator<Item = &'p Entry<ConfiguredMutation>> {
    applying.iter().flat_map(|policy| &policy.mutations)
}

fn entry_of<'p>(applying: &[&'p Policy], code: &Code) -> Option<&'p Entry<ConfiguredMutation>> {
    mutations_of(applying).find(|entry| entry.code == *code)
}

fn record(entry: &Entry<ConfiguredMutation>, role: Option<RoleName>, changes: Vec<Change>) -> MutationRecord {
    MutationRecord {
        code: entry.code.clone(),
        rule: entry.rule.name,
        role,
        changes,
    }
}

/// What is left of the changes in the end. What one policy changes and another changes back, as overrides of the same value do,
/// was not changed.
fn lasting(mut records: Vec<MutationRecord>, before: Json<'_>, after: Json<'_>) -> Vec<MutationRecord> {
    for record in &mut records {
        record.changes.retain(|Change { pointer, effect }| {
            *effect == Effect::Kept || before.resolve(pointer) != after.resolve(pointer)
        });
    }
    records.retain(|record| !record.changes.is_empty());
    records
}
