//! The policies in force: compiled once, immutable, numbered by generation.

pub mod document;
pub mod select;

mod compile;
mod deserialize;

use super::finding::{Code, Enforcement};
use super::mutate::{Mutation, OnConflict};
use super::validate::Validation;
use super::validate::quota_fit;
use super::validate::well_formed::{self, WellFormed};
use super::workload::{Executors, RoleName};
use select::{Candidate, Holds, Selector};

/// The policy that is on by default. The name is taken.
pub const BUILTIN_POLICY: &str = "sparkgate";

/// One policy file, as text. The engine reads no files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's name, for messages.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// What is wrong with a policy file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct PolicyError {
    /// The file's name, as its [`Source`] gave it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// All policies of one generation, in the order in which they apply.
#[derive(Debug)]
pub struct PolicySet {
    generation: u64,
    policies: Vec<Policy>,
    max_enforcement: Enforcement,
}

impl PolicySet {
    /// Only what is on by default.
    #[must_use]
    pub fn builtin() -> Self {
        Self::new(Vec::new(), 0)
    }

    /// Compiles the files of a directory.
    ///
    /// # Errors
    /// Everything that is wrong in any of them.
    pub fn from_sources(sources: &[Source], generation: u64) -> Result<Self, Vec<PolicyError>> {
        compile::compile(sources).map(|policies| Self::new(policies, generation))
    }

    fn new(mut policies: Vec<Policy>, generation: u64) -> Self {
        policies.sort_by(|one, other| (one.order, &one.name).cmp(&(other.order, &other.name)));
        policies.insert(0, Policy::builtin());
        Self {
            generation,
            policies,
            max_enforcement: Enforcement::Deny,
        }
    }

    /// Lowers every policy to at most `max`.
    #[must_use]
    pub fn with_max_enforcement(self, max: Enforcement) -> Self {
        Self {
            max_enforcement: max,
            ..self
        }
    }

    /// The most that a finding of any policy does.
    #[must_use]
    pub fn max_enforcement(&self) -> Enforcement {
        self.max_enforcement
    }

    /// The number of this set: it grows with every reload.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The policies, in the order in which they apply.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// Whether any policy changes pods.
    #[must_use]
    pub fn change_pods(&self) -> bool {
        let mut entries = self.policies.iter().flat_map(|policy| &policy.mutations);
        entries.any(|entry| entry.rule.mutation.changes_pods())
    }

    /// Whether any policy finds something in pods: a rule about them, or a mutation that must not be missing or in conflict.
    #[must_use]
    pub fn judge_pods(&self) -> bool {
        self.policies.iter().any(Policy::judges_pods)
    }

    /// Whether any policy changes applications themselves, and not only their pods.
    #[must_use]
    pub fn change_applications(&self) -> bool {
        self.policies.iter().any(Policy::changes_applications)
    }

    /// Whether any policy has jobs fit their quotas.
    #[must_use]
    pub fn look_at_quotas(&self) -> bool {
        let mut entries = self.policies.iter().flat_map(|policy| &policy.validations);
        entries.any(|entry| entry.rule.name == quota_fit::NAME)
    }

    /// With how many executors a job counts beside others: with the most that a policy about it has fit, and else with those
    /// that it starts with.
    #[must_use]
    pub fn executors_counted(&self, candidate: &Candidate<'_>, executors: Executors) -> u32 {
        let applying = self
            .policies
            .iter()
            .filter(|policy| policy.applies_to(candidate) == Holds::Yes);
        applying
            .flat_map(|policy| &policy.validations)
            .filter_map(|entry| entry.rule.rule.executors_counted(executors))
            .max()
            .unwrap_or(executors.initial)
    }

    /// How many policies the files hold; what is on by default is not counted.
    #[must_use]
    pub fn policy_count(&self) -> usize {
        self.policies.iter().filter(|policy| !policy.is_builtin()).count()
    }
}

/// One policy, compiled.
#[derive(Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What it is for, as its author says.
    pub description: Option<String>,
    order: i32,
    matches: Selector,
    exclude: Selector,
    /// What it changes, in order.
    pub mutations: Vec<Entry<ConfiguredMutation>>,
    /// What it asks for, in order.
    pub validations: Vec<Entry<Validation>>,
}

impl Policy {
    fn builtin() -> Self {
        Self {
            name: BUILTIN_POLICY.to_owned(),
            description: Some("What cannot work under any policy. On by default.".to_owned()),
            order: i32::MIN,
            matches: Selector::default(),
            exclude: Selector::default(),
            mutations: Vec::new(),
            validations: vec![Entry {
                code: Code {
                    policy: BUILTIN_POLICY.to_owned(),
                    entry: "well-formed".to_owned(),
                },
                roles: RoleName::ALL.to_vec(),
                enforcement: Enforcement::Deny,
                message: None,
                rule: Validation {
                    name: well_formed::NAME,
                    rule: Box::new(WellFormed::default()),
                },
            }],
        }
    }

    /// Whether this is the policy that is on by default.
    #[must_use]
    pub fn is_builtin(&self) -> bool {
        self.name == BUILTIN_POLICY
    }

    /// Whether the policy says itself what the one that is on by default would say.
    #[must_use]
    pub fn replaces_builtin(&self) -> bool {
        !self.is_builtin()
            && self
                .validations
                .iter()
                .any(|entry| entry.rule.name == well_formed::NAME)
    }

    /// Whether the policy ever changes an application itself, and not only its pods.
    #[must_use]
    pub fn changes_applications(&self) -> bool {
        self.mutations
            .iter()
            .any(|entry| entry.rule.mutation.changes_applications())
    }

    fn judges_pods(&self) -> bool {
        let is_checked = |mutation: &ConfiguredMutation| mutation.required || mutation.on_conflict == OnConflict::Deny;
        let mut mutations = self.mutations.iter().map(|entry| &entry.rule);
        mutations.any(|configured| configured.mutation.changes_pods() && is_checked(configured))
            || self.validations.iter().any(|entry| entry.rule.rule.judges_pods())
    }

    /// Whether the policy is about a candidate.
    #[must_use]
    pub fn applies_to(&self, candidate: &Candidate<'_>) -> Holds {
        match (self.matches.all_hold(candidate), self.exclude.any_holds(candidate)) {
            (Holds::No, _) | (_, Holds::Yes) => Holds::No,
            (Holds::Unknown(what), _) | (_, Holds::Unknown(what)) => Holds::Unknown(what),
            (Holds::Yes, Holds::No) => Holds::Yes,
        }
    }

    /// Why the policy is not about a candidate, in plain words; `None` where it is, or where that is not known.
    #[must_use]
    pub fn why_not(&self, candidate: &Candidate<'_>) -> Option<String> {
        let excluded = || Some(format!("excluded by {}", self.exclude.why_any_holds(candidate)?));
        self.matches.why_not_all_hold(candidate).or_else(excluded)
    }
}

/// One entry of a policy.
#[derive(Debug)]
pub struct Entry<R> {
    /// `policy/entry`.
    pub code: Code,
    /// Whose pods it is about.
    pub roles: Vec<RoleName>,
    /// What its findings do.
    pub enforcement: Enforcement,
    /// Said before what a finding says.
    pub message: Option<String>,
    /// What it does.
    pub rule: R,
}

/// A mutation, and how it gets on with what is there.
#[derive(Debug)]
pub struct ConfiguredMutation {
    /// The field of a policy entry that it is written in.
    pub name: &'static str,
    /// What it changes.
    pub mutation: Box<dyn Mutation>,
    /// What happens where the object says something else.
    pub on_conflict: OnConflict,
    /// Whether `/validate` finds objects that this would still change.
    pub required: bool,
}
