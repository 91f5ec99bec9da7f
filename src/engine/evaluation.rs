//! One request on its way to a verdict: which policies apply, what they change, what they find.

mod mutating;
mod passes;

use super::Facts;
use super::finding::{Blame, Code, Enforcement, Finding, Skipped, Verdict};
use super::json::Json;
use super::patch::{PatchError, Recorder};
use super::policy::select::{Candidate, Holds};
use super::policy::{BUILTIN_POLICY, Entry, Policy, PolicySet};
use super::quota::{Claim, JobDemand, Standing, account_of};
use super::request::{Operation, Phase, Request};
use super::subject::{ApplicationKind, Subject};
use super::validate::{Case, Violation, quota_fit};
use super::workload::{EffectivePod, Origins, RoleName, Workload};

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
        if self.request.phase == Phase::Mutate && !self.is_new() {
            return Ok(verdict);
        }
        let candidate = Candidate::new(self.request, self.facts, None);
        let applying = self.applying(&candidate, &mut verdict.skipped);
        let mut pod = EffectivePod {
            role,
            pod: object,
            origins: Origins::Itself,
        };
        if self.is_new() {
            let mut recorder = Recorder::new(self.request.arena, object);
            let records = self.mutate_pod(
                &applying,
                self.facts.application,
                &mut pod,
                &mut recorder,
                &mut verdict.findings,
            )?;
            if self.request.phase == Phase::Validate {
                pod.pod = object;
            }
            self.settle(records, recorder.into_patch(), &applying, &mut verdict);
        }
        if self.request.phase != Phase::Mutate {
            let found = self.judge(
                &applying,
                pod.pod,
                None,
                std::slice::from_ref(&pod),
                &mut verdict.skipped,
            );
            let kept = self.held_against(found, object, |old| {
                let old_pod = EffectivePod {
                    role,
                    pod: old,
                    origins: Origins::Itself,
                };
                Ok(self.judge(&applying, old, None, &[old_pod], &mut Vec::new()))
            })?;
            verdict.findings.extend(kept);
        }
        Ok(verdict)
    }

    /// Judges an application, on the pods that it will have.
    pub(super) fn of_application(&self, object: Json<'a>, kind: ApplicationKind) -> Result<Verdict, PatchError> {
        let mut verdict = Verdict::allow(self.subject.kind());
        if self.request.phase == Phase::Mutate
            && !(self.is_new() && kind.is_patched() && self.policies.change_applications())
        {
            return Ok(verdict);
        }
        let mut workload = kind.workload(self.request.arena, object, self.facts);
        let mut judged = object;
        let candidate = Candidate::new(self.request, self.facts, Some(&workload));
        let applying = self.applying(&candidate, &mut verdict.skipped);
        if self.is_new() {
            let mutated = self.mutate_application(&applying, kind, object, &workload, &mut verdict.findings)?;
            // What `/mutate` should have done to the object is only looked at; what it will do to the runs of a schedule, it will.
            if self.request.phase != Phase::Validate || !kind.is_patched() {
                judged = mutated.object;
                workload = mutated.workload.unwrap_or(workload);
            }
            if kind.is_patched() {
                self.settle(mutated.records, mutated.patch, &applying, &mut verdict);
            }
        }
        if self.request.phase == Phase::Mutate {
            return Ok(verdict);
        }
        let found = self.judge_application(&applying, judged, &mut workload, &mut verdict)?;
        let kept = self.held_against(found, object, |old| {
            let mut workload = kind.workload(self.request.arena, old, self.facts);
            self.judge_application(&applying, old, &mut workload, &mut Verdict::allow(self.subject.kind()))
        })?;
        verdict.findings.extend(kept);
        verdict.claim = self.claim(kind, object, &workload);
        Ok(verdict)
    }

    /// Whether the object is being made. Only then can all of it be changed.
    fn is_new(&self) -> bool {
        self.request.operation == Operation::Create && self.request.sub_resource.is_none()
    }

    fn judge_application(
        &self,
        applying: &[&'e Policy],
        object: Json<'a>,
        workload: &mut Workload<'a>,
        verdict: &mut Verdict,
    ) -> Result<Vec<Finding>, PatchError> {
        let mut findings = Vec::new();
        let foreseen = self.mutate_pods(applying, Some(object), workload, &mut findings)?;
        verdict.foreseen.extend(foreseen);
        let skipped = &mut verdict.skipped;
        findings.extend(self.judge(applying, object, Some(workload), &workload.pods, skipped));
        Ok(findings)
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

    fn judge(
        &self,
        applying: &[&Policy],
        object: Json<'a>,
        workload: Option<&Workload<'a>>,
        pods: &[EffectivePod<'a>],
        skipped: &mut Vec<Skipped>,
    ) -> Vec<Finding> {
        let case = Case {
            request: self.request,
            object,
            subject: self.subject,
            workload,
            facts: self.facts,
            pods,
        };
        let mut findings = Vec::new();
        for entry in applying.iter().flat_map(|policy| &policy.validations) {
            if let Some(reason) = entry.rule.rule.undecided(&case) {
                let policy = entry.code.to_string();
                skipped.push(Skipped { policy, reason });
                continue;
            }
            let violations = entry.rule.rule.judge(&case, &entry.roles);
            let found = violations
                .into_iter()
                .map(|violation| self.finding(entry, entry.rule.name, violation));
            findings.extend(found);
        }
        findings
    }

    /// What to keep for an application if it is let in: what it is to be charged with the pods that it will have. Nothing for a dry
    /// run, nor for an update that changes nothing, and nothing where that cannot be told or no policy looks at quotas.
    fn claim(&self, kind: ApplicationKind, object: Json<'a>, workload: &Workload<'a>) -> Option<Claim> {
        let spec = |object: Json<'a>| object.get("spec");
        let is_changed = self.request.old_object.is_none_or(|old| spec(old) != spec(object));
        let is_kept = self.request.phase == Phase::Validate && !self.request.dry_run && is_changed;
        if !is_kept || !self.policies.look_at_quotas() || Standing::of_request(kind, object) != Standing::Active {
            return None;
        }
        let candidate = Candidate::new(self.request, self.facts, Some(workload));
        let executors = self.policies.executors_counted(&candidate, workload.executors);
        Some(Claim {
            application: account_of(kind, self.request.object_name()?),
            demand: JobDemand::of(kind, object, workload, executors, self.facts).ok()?,
        })
    }

    /// What of the findings counts. Of an update, nothing when all that rules judge is the same, else what the old object did not have
    /// already: a rule that came later does not stop the work on what runs. One forbidden value in place of another is new.
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
        // Few messages repeat the value that they are about, and none a credential.
        let is_rewritten = |finding: &Finding| {
            let is_whole = |value: &Json<'_>| !matches!(value, Json::Array(_) | Json::Object(_));
            let value = |object: Json<'a>| object.resolve(&finding.pointer).filter(is_whole);
            finding.blame == Blame::Value && value(old) != value(object)
        };
        // What quotas have to say of a whole job is about what the update adds.
        let is_of_update = |finding: &Finding| finding.rule == quota_fit::NAME && finding.effective.is_none();
        found.retain(|finding| is_of_update(finding) || is_rewritten(finding) || !known.contains(finding));
        Ok(found)
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
            shortfalls: violation.shortfalls,
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
                shortfalls: Vec::new(),
            }],
            ..Verdict::allow(self.subject.kind())
        }
    }
}
