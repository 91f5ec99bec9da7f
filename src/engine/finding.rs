//! What the engine says: findings, and the verdict that holds them. Both own what they hold, so that they outlive the
//! request's tree.

use std::fmt;

use json_patch::jsonptr::PointerBuf;
use serde::{Deserialize, Serialize};

use super::patch::Patch;
use super::quota::{Claim, Shortfall};
use super::workload::RoleName;

/// What a finding does. Ordered: a later one is stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// Written to the log and the metrics; the user is not told.
    Audit,
    /// The user is told; the object is let in.
    Warn,
    /// The object is refused.
    #[default]
    Deny,
}

impl Enforcement {
    /// All of them, mildest first.
    pub const ALL: [Self; 3] = [Self::Audit, Self::Warn, Self::Deny];

    /// The word that policy files and reports use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Enforcement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Which entry of which policy speaks. Displays as `policy/entry`, the code that users' exceptions and CI depend on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// `metadata.name` of the policy.
    pub policy: String,
    /// `name` of the entry in `mutate` or `validate`.
    pub entry: String,
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.policy, self.entry)
    }
}

/// What a finding's pointer blames: the value there, or the key that should not be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Blame {
    /// The value that the pointer names.
    #[default]
    Value,
    /// The last key of the pointer: a field that nobody reads.
    Key,
}

/// Where a finding was seen in a pod that Spark will make of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Whose pod.
    pub role: RoleName,
    /// Where in that pod.
    pub pointer: PointerBuf,
}

/// One thing that a policy has to say about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Who says it.
    pub code: Code,
    /// The rule, as it is called in a policy file: `memoryOverhead`.
    pub rule: &'static str,
    /// What it does.
    pub enforcement: Enforcement,
    /// What the policy asked for, where `--max-enforcement` lowered it.
    pub lowered_from: Option<Enforcement>,
    /// What is wrong, in one line. Never holds an env value or a Secret.
    pub message: String,
    /// What to write instead, in one line.
    pub help: Option<String>,
    /// Where, in the object that the user wrote.
    pub pointer: PointerBuf,
    /// Which part of that place.
    pub blame: Blame,
    /// Where it shows in a pod that does not exist yet.
    pub effective: Option<Effective>,
    /// Of what there is too little, where that is what is wrong.
    pub shortfalls: Vec<Shortfall>,
}

/// What came of one key of a mutation: one label, one variable, one mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where in the object, after the mutation.
    pub pointer: PointerBuf,
    /// What came of it.
    pub effect: Effect,
}

/// How a mutation and what was there got on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing was there, and the policy's value is there now.
    Set,
    /// Something else was there, and the policy's value is there now.
    Overridden,
    /// Something else was there, and still is.
    Kept,
}

impl Effect {
    /// All of them, the most telling first.
    pub const ALL: [Self; 3] = [Self::Set, Self::Overridden, Self::Kept];

    /// The word that reports and logs use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Overridden => "overridden",
            Self::Kept => "kept",
        }
    }
}

/// What one mutation made of one object, or would make of a pod that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutationRecord {
    /// Whose mutation.
    pub code: Code,
    /// The mutation, as it is called in a policy file: `tolerations`.
    pub rule: &'static str,
    /// In whose pod; `None` for the application itself.
    pub role: Option<RoleName>,
    /// What came of each key that was not as the policy says.
    pub changes: Vec<Change>,
}

impl MutationRecord {
    /// Whether anything is other than it was.
    #[must_use]
    pub fn has_effect(&self) -> bool {
        self.changes.iter().any(|change| change.effect != Effect::Kept)
    }
}

/// What mutations made of an object, in one line for the log: every place, by who changed it and how.
/// `spot/to-spot set=/spec/nodeSelector/pool kept=/spec/nodeSelector/zone; …`
#[derive(Clone, Copy, Debug)]
pub struct Mutations<'a>(pub &'a [MutationRecord]);

impl fmt::Display for Mutations<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, MutationRecord { code, changes, .. }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{code}")?;
            for Change { pointer, effect } in changes {
                write!(formatter, " {}={pointer}", effect.as_str())?;
            }
        }
        Ok(())
    }
}

/// The same, shortened for an audit annotation: `spot/to-spot (1 set, 1 kept), …`
#[derive(Clone, Copy, Debug)]
pub struct MutationSummary<'a>(pub &'a [MutationRecord]);

impl fmt::Display for MutationSummary<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, record) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(formatter, "{separator}{}", record.code)?;
            let mut opening = " (";
            for effect in Effect::ALL {
                let count = record.changes.iter().filter(|change| change.effect == effect).count();
                if count > 0 {
                    write!(formatter, "{opening}{count} {}", effect.as_str())?;
                    opening = ", ";
                }
            }
            formatter.write_str(")")?;
        }
        Ok(())
    }
}

/// A policy of which it could not be decided whether it applies, or a rule that could not be decided, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The policy, or the code of the rule's entry.
    pub policy: String,
    /// What is not known, and what would make it known.
    pub reason: String,
}

/// The kind of subject that was judged, for logs, metrics and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubjectKind {
    /// A `SparkApplication`, kubeflow's or Apache's.
    Application,
    /// kubeflow's `ScheduledSparkApplication`.
    ScheduledApplication,
    /// A driver's pod.
    DriverPod,
    /// An executor's pod.
    ExecutorPod,
    /// Not Spark: let in at once.
    Other,
}

impl SubjectKind {
    /// A word for logs and metric labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::ScheduledApplication => "scheduled-application",
            Self::DriverPod => "driver-pod",
            Self::ExecutorPod => "executor-pod",
            Self::Other => "other",
        }
    }
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What was judged.
    pub subject: SubjectKind,
    /// Everything that was found, in the order of the policies.
    pub findings: Vec<Finding>,
    /// What to change in the object; empty where nothing changes.
    pub patch: Patch,
    /// What the mutations made of the object, in their order.
    pub mutations: Vec<MutationRecord>,
    /// What they will make of the pods of an application, when those are made.
    pub foreseen: Vec<MutationRecord>,
    /// What could not be decided.
    pub skipped: Vec<Skipped>,
    /// What to keep for the application, if it is let in.
    pub claim: Option<Claim>,
}

impl Verdict {
    /// Lets the object in unchanged.
    #[must_use]
    pub fn allow(subject: SubjectKind) -> Self {
        Self {
            subject,
            findings: Vec::new(),
            patch: Patch::default(),
            mutations: Vec::new(),
            foreseen: Vec::new(),
            skipped: Vec::new(),
            claim: None,
        }
    }

    /// The strictest enforcement among the findings; `None` when there are none.
    #[must_use]
    pub fn strictest(&self) -> Option<Enforcement> {
        self.findings.iter().map(|finding| finding.enforcement).max()
    }

    /// Whether the object may pass.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.strictest() < Some(Enforcement::Deny)
    }

    /// What the mutations make of an object that is let in; nothing of one that is refused.
    #[must_use]
    pub fn carried_out(&self) -> &[MutationRecord] {
        if self.allowed() { &self.mutations } else { &[] }
    }

    /// One word for logs, metrics and audit annotations: `denied`, `mutated`, or `allowed`.
    #[must_use]
    pub fn decision(&self) -> &'static str {
        if !self.allowed() {
            "denied"
        } else if !self.patch.is_empty() {
            "mutated"
        } else {
            "allowed"
        }
    }
}
