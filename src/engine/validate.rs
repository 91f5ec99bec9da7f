//! The validation table: what a policy can ask for, one file per rule.
//!
//! A rule says nothing about what cannot be decided: most of a job's properties are known only from its application, so a rule
//! about them is silent on a pod.

mod bounds;
pub mod decommission;
pub mod dynamic_allocation;
pub mod images;
pub mod memory_overhead;
mod node_pools;
pub mod not_on_spot;
pub mod pattern;
pub mod pod_security;
pub mod quota_fit;
pub mod required_metadata;
pub mod resources;
pub mod restart_policy;
pub mod schedule;
pub mod scheduling;
pub mod secrets;
pub mod spark_conf;
pub mod well_formed;

use std::fmt::Debug;

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::facts::Facts;
use super::finding::{Blame, Effective, Enforcement};
use super::json::Json;
use super::policy::document::Problem;
use super::quota::Shortfall;
use super::request::Request;
use super::subject::Subject;
use super::workload::{EffectivePod, Executors, RoleName, Workload};

/// What a rule judges.
#[derive(Clone, Copy, Debug)]
pub struct Case<'c, 'a> {
    /// What is asked.
    pub request: &'c Request<'a>,
    /// The object, after mutation.
    pub object: Json<'a>,
    /// What it is.
    pub subject: Subject,
    /// The job, when the object is an application.
    pub workload: Option<&'c Workload<'a>>,
    /// What is known of the world.
    pub facts: &'c Facts<'a>,
    /// The pods, after mutation: both that an application will have, or the one that is being made.
    pub pods: &'c [EffectivePod<'a>],
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where, in the object that the user wrote.
    pub pointer: PointerBuf,
    /// Which part of that place.
    pub blame: Blame,
    /// Where it shows in a pod that does not exist yet.
    pub effective: Option<Effective>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Of what there is too little, where that is what is wrong.
    pub shortfalls: Vec<Shortfall>,
    /// The most that it does, whatever the policy asks for: less than a denial, where the rule is not sure.
    pub ceiling: Enforcement,
}

impl Violation {
    /// Something wrong with a value that the user wrote.
    #[must_use]
    pub fn at(pointer: PointerBuf, message: impl Into<String>) -> Self {
        Self {
            pointer,
            blame: Blame::Value,
            effective: None,
            message: message.into(),
            help: None,
            shortfalls: Vec::new(),
            ceiling: Enforcement::Deny,
        }
    }

    /// Something wrong with the key at the end of `pointer`.
    #[must_use]
    pub fn at_key(pointer: PointerBuf, message: impl Into<String>) -> Self {
        Self {
            blame: Blame::Key,
            ..Self::at(pointer, message)
        }
    }

    /// Something wrong with a value of a pod, be it one that is being made or one that will be.
    #[must_use]
    pub fn in_pod(pod: &EffectivePod<'_>, pointer: &Pointer, message: impl Into<String>) -> Self {
        let (place, effective) = pod.place_of(pointer);
        Self {
            effective,
            ..Self::at(place, message)
        }
    }

    /// The same, with what to write instead.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// The same, doing no more than `ceiling`.
    #[must_use]
    pub fn at_most(self, ceiling: Enforcement) -> Self {
        Self { ceiling, ..self }
    }
}

/// What a policy can ask for, as an entry of it configures it.
pub trait Rule: Debug + Send + Sync {
    /// What is wrong with it as it is written, with places below its field.
    fn problems(&self) -> Vec<Problem>;

    /// Whether its entry may be about one role alone: not where the rule is about the job as a whole.
    fn is_per_role(&self) -> bool {
        true
    }

    /// Why it cannot be decided at all, and what would help, where whoever asks handed in nothing to decide it by.
    fn undecided(&self, _case: &Case<'_, '_>) -> Option<String> {
        None
    }

    /// With how many executors it has a job fit its quotas; `None` of a rule that does not look at quotas.
    fn executors_counted(&self, _executors: Executors) -> Option<u32> {
        None
    }

    /// Whether it finds in a pod what neither the application nor the API server would have told. Only then is a webhook asked about
    /// pods for its sake. A rule about the job as a whole does not.
    fn judges_pods(&self) -> bool {
        self.is_per_role()
    }

    /// What it has to say about a case, for the roles that its entry is about.
    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation>;
}

/// A rule, and the field of a policy entry that it is written in.
#[derive(Debug)]
pub struct Validation {
    /// `memoryOverhead`, for example.
    pub name: &'static str,
    /// What it asks for.
    pub rule: Box<dyn Rule>,
}
