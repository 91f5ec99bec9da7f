//! One request on its way to a verdict: which policies apply, what they change, what they find.

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::Facts;
use super::finding::{Blame, Code, Enforcement, Finding, MutationRecord, Skipped, Verdict};
use super::json::Json;
use super::patch::{self, PatchError, Recorder};
use super::policy::select::{Candidate, Holds};
use super::policy::{BUILTIN_POLICY, Entry, PodMutation, Policy, PolicySet};
use super::request::{Operation, Phase, Request};
use super::subject::{ApplicationKind, Subject};
use super::validate::{Case, Violation};
use super::workload::{EffectivePod, Origin, Origins, RoleName, Workload};

/// What is asked, and what it is judged by.
pub(super) struct Evaluation<'e, 'a> {
    pub(super) policies: &'e PolicySet,
    pub(super) request: &'e Request<'a>,
    pub(super) facts: &'e Facts<'a>,
    pub(super) subject: Subject,
}

impl<'e, 'a> Evaluation<'e, 'a> {
    /// Judges a pod that is being made, or changed.
    pub(super) fn of_pod(&self, object: Json<'a>, role: RoleName) -> Result<Verdict, PatchError> {
        let mut verdict = Verdict::allow(self.subject.kind());
        // Most of a pod cannot change once it is made.
        let is_new = self.request.operation == Operation::Create && self.request.sub_resource.is_none();
        if self.request.phase == Phase::Mutate && !is_new {
            return Ok(verdict);
        }
        let candidate = Candidate::new(self.request, self.facts, None);
        let applying = self.applying(&candidate, &mut verdict.skipped);
        let mut pod = EffectivePod {
            role,
            pod: object,
            origins: Origins::Itself,
        };
        if is_new {
            let mut recorder = Recorder::new(self.request.arena, object);
            let changed = self.mutate(&applying, &mut pod, &mut recorder, &mut verdict.findings)?;
            if self.request.phase == Phase::Validate {
                // The mutations were made already, by `/mutate`: what is still to be changed is only looked at.
                pod.pod = object;
                let missing = changed.into_iter().filter(|entry| entry.rule.required);
                verdict.findings.extend(missing.map(|entry| self.missing(entry, role)));
            } else if !changed.is_empty() {
                verdict.mutations.extend(records(changed, role));
                verdict.patch = recorder.into_patch();
            }
        }
        if self.request.phase != Phase::Mutate {
            let found = self.judge(&applying, pod.pod, None, std::slice::from_ref(&pod));
            let kept = self.held_against(found, object, |old| {
                let old_pod = EffectivePod {
                    role,
                    pod: old,
                    origins: Origins::Itself,
                };
                Ok(self.judge(&applying, old, None, &[old_pod]))
            })?;
            verdict.findings.extend(kept);
        }
        Ok(verdict)
    }

    /// Judges an application, on the pods that it will have.
    pub(super) fn of_application(&self, object: Json<'a>, kind: ApplicationKind) -> Result<Verdict, PatchError> {
        let mut verdict = Verdict::allow(self.subject.kind());
        // Pod mutations patch pods. Of an application, they change what its pods will be.
        if self.request.phase == Phase::Mutate {
            return Ok(verdict);
        }
        let workload = kind.workload(self.request.arena, object, self.facts);
        let candidate = Candidate::new(self.request, self.facts, Some(&workload));
        let applying = self.applying(&candidate, &mut verdict.skipped);
        let found = self.judge_application(&applying, object, workload, &mut verdict.mutations)?;
        verdict.findings = self.held_against(found, object, |old| {
            let workload = kind.workload(self.request.arena, old, self.facts);
            self.judge_application(&applying, old, workload, &mut Vec::new())
        })?;
        Ok(verdict)
    }

    fn judge_application(
        &self,
        applying: &[&'e Policy],
        object: Json<'a>,
        mut workload: Workload<'a>,
        mutations: &mut Vec<MutationRecord>,
    ) -> Result<Vec<Finding>, PatchError> {
        let mut findings = Vec::new();
        mutations.extend(self.mutate_pods(applying, &mut workload, &mut findings)?);
        findings.extend(self.judge(applying, object, Some(&workload), &workload.pods));
        Ok(findings)
    }

    /// Changes the pods that an application will have by all that applies to them. Conflicts become findings.
    pub(super) fn mutate_pods(
        &self,
        applying: &[&'e Policy],
        workload: &mut Workload<'a>,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<MutationRecord>, PatchError> {
        let mut mutations = Vec::new();
        for pod in &mut workload.pods {
            let mut recorder = Recorder::new(self.request.arena, pod.pod);
            let changed = self.mutate(applying, pod, &mut recorder, findings)?;
            mutations.extend(records(changed, pod.role));
        }
        Ok(mutations)
    }

    /// The policies that are about the candidate. What depends on something unknown is noted, and left out; so is what is on by
    /// default, where another policy that applies says it instead.
    pub(super) fn applying(&self, candidate: &Candidate<'_>, skipped: &mut Vec<Skipped>) -> Vec<&'e Policy> {
        let mut applying = Vec::new();
        for policy in self.policies.policies() {
            if self.request.phase == Phase::Mutate && policy.mutations.is_empty() {
                continue;
            }
            match policy.applies_to(candidate) {
                Holds::Yes => applying.push(policy),
                Holds::No => {}
                Holds::Unknown(reason) => skipped.push(Skipped {
                    policy: policy.name.clone(),
                    reason: reason.to_owned(),
                }),
            }
        }
        if applying.iter().any(|policy| policy.replaces_builtin()) {
            applying.retain(|policy| !policy.is_builtin());
        }
        applying
    }

    /// Changes a pod by all that applies to it, and gives the entries that changed something. Conflicts become findings.
    /// What one policy changes and another changes back, as overrides of the same value do, was not changed.
    fn mutate(
        &self,
        applying: &[&'e Policy],
        pod: &mut EffectivePod<'a>,
        recorder: &mut Recorder<'a>,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<&'e Entry<PodMutation>>, PatchError> {
        let original = recorder.root();
        let mut changed = Vec::new();
        for entry in applying.iter().flat_map(|policy| &policy.mutations) {
            if !entry.roles.contains(&pod.role) {
                continue;
            }
            let before = recorder.operations().len();
            let conflicts = entry.rule.mutation.apply(recorder, entry.rule.on_conflict)?;
            findings.extend(conflicts.into_iter().map(|conflict| {
                let violation = Violation::in_pod(pod, &conflict.pointer, conflict.message).with_help(conflict.help);
                self.finding(entry, entry.rule.mutation.name(), violation)
            }));
            let operations = before..recorder.operations().len();
            if let Origins::Application(origins) = &mut pod.origins {
                paths(&recorder.operations()[operations.clone()])
                    .for_each(|path| origins.note(path.to_buf(), Origin::Policy(entry.code.clone())));
            }
            changed.push((entry, operations));
        }
        pod.pod = recorder.root();
        let differs = |path| original.resolve(path) != pod.pod.resolve(path);
        changed.retain(|(_, operations)| paths(&recorder.operations()[operations.clone()]).any(differs));
        Ok(changed.into_iter().map(|(entry, _)| entry).collect())
    }

    fn judge(
        &self,
        applying: &[&Policy],
        object: Json<'a>,
        workload: Option<&Workload<'a>>,
        pods: &[EffectivePod<'a>],
    ) -> Vec<Finding> {
        let case = Case {
            request: self.request,
            object,
            subject: self.subject,
            workload,
            pods,
        };
        let mut findings = Vec::new();
        for entry in applying.iter().flat_map(|policy| &policy.validations) {
            let violations = entry.rule.rule.judge(&case, &entry.roles);
            let found = violations
                .into_iter()
                .map(|violation| self.finding(entry, entry.rule.name, violation));
            findings.extend(found);
        }
        findings
    }

    /// What of the findings counts. Of an update, nothing when all that rules judge is the same, else what the old object did not have
    /// already: a rule that came later does not stop the work on what runs.
    fn held_against(
        &self,
        mut found: Vec<Finding>,
        object: Json<'a>,
        judge_old: impl FnOnce(Json<'a>) -> Result<Vec<Finding>, PatchError>,
    ) -> Result<Vec<Finding>, PatchError> {
        let Some(old) = self
            .request
            .old_object
            .filter(|_| self.request.operation == Operation::Update)
        else {
            return Ok(found);
        };
        let is_same = |field| object.at(["metadata", field]) == old.at(["metadata", field]);
        let is_unchanged = object.get("spec") == old.get("spec") && is_same("labels") && is_same("annotations");
        if found.is_empty() || is_unchanged {
            return Ok(Vec::new());
        }
        let known = judge_old(old)?;
        let same_place = |one: &Finding, other: &Finding| {
            one.code == other.code && one.pointer == other.pointer && one.effective == other.effective
        };
        found.retain(|finding| !known.iter().any(|known| same_place(known, finding)));
        Ok(found)
    }

    fn missing(&self, entry: &Entry<PodMutation>, whose: RoleName) -> Finding {
        let rule = entry.rule.mutation.name();
        let message = format!("the {whose} lacks what the required mutation `{rule}` gives it");
        let violation = Violation::at(PointerBuf::from_tokens(["spec", rule]), message)
            .with_help("see that the mutating webhook is registered and answers");
        self.finding(entry, rule, violation)
    }

    fn finding<R>(&self, entry: &Entry<R>, rule: &'static str, violation: Violation) -> Finding {
        let asked = entry.enforcement.min(violation.ceiling);
        let enforcement = asked.min(self.policies.max_enforcement());
        Finding {
            code: entry.code.clone(),
            rule,
            enforcement,
            lowered_from: (enforcement < asked).then_some(asked),
            message: match &entry.message {
                Some(message) => format!("{message}: {}", violation.message),
                None => violation.message,
            },
            help: violation.help,
            pointer: violation.pointer,
            blame: violation.blame,
            effective: violation.effective,
        }
    }

    /// An object without the shape of its kind is refused: whatever it is, nobody judged it.
    pub(super) fn not_understood(&self, error: &PatchError) -> Verdict {
        let (PatchError::Missing(pointer) | PatchError::OfAnotherKind { pointer, .. }) = error;
        Verdict {
            findings: vec![Finding {
                code: Code {
                    policy: BUILTIN_POLICY.to_owned(),
                    entry: "not-understood".to_owned(),
                },
                rule: "wellFormed",
                enforcement: Enforcement::Deny,
                lowered_from: None,
                message: format!("the object does not have the shape of its kind: {error}"),
                help: None,
                pointer: pointer.clone(),
                blame: Blame::Value,
                effective: None,
            }],
            ..Verdict::allow(self.subject.kind())
        }
    }
}

fn paths<'a>(operations: &[patch::Operation<'a>]) -> impl Iterator<Item = &'a Pointer> {
    operations
        .iter()
        .filter_map(|operation| Pointer::parse(operation.path()).ok())
}

fn records(entries: Vec<&Entry<PodMutation>>, role: RoleName) -> impl Iterator<Item = MutationRecord> {
    entries.into_iter().map(move |entry| MutationRecord {
        code: entry.code.clone(),
        rule: entry.rule.mutation.name(),
        role,
    })
}
