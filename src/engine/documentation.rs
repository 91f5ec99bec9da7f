//! What policies can say, as the rules' own files tell it: the comment that each begins with is written for those who write policies.

use super::{mutate, validate};

/// The list of a policy in which a rule is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// What a policy asks for.
    Validate,
    /// What a policy changes.
    Mutate,
}

impl List {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Validate, Self::Mutate];

    /// The field of a policy's spec.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Mutate => "mutate",
        }
    }
}

/// The objects that a rule decides about, or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Applications alone: a pod does not tell what the rule has to know.
    Applications,
    /// Applications, by the pods that they will have, and pods.
    Both,
    /// Pods alone. An application is shown with its pods as they will be.
    Pods,
}

impl Stage {
    /// The words for a list of rules.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applications => "applications",
            Self::Both => "applications, pods",
            Self::Pods => "pods",
        }
    }
}

/// What is written about a rule.
#[derive(Clone, Copy, Debug)]
pub struct Documentation {
    /// The field of a policy entry that the rule is written in.
    pub name: &'static str,
    /// Where the entry stands.
    pub list: List,
    /// What the rule decides about.
    pub stage: Stage,
    /// The file of the rule.
    source: &'static str,
}

/// All rules, those of each list together, in the order of their names.
pub const RULES: [Documentation; 22] = [
    validation(
        validate::decommission::NAME,
        Stage::Applications,
        include_str!("validate/decommission.rs"),
    ),
    validation(
        validate::dynamic_allocation::NAME,
        Stage::Applications,
        include_str!("validate/dynamic_allocation.rs"),
    ),
    validation(validate::images::NAME, Stage::Both, include_str!("validate/images.rs")),
    validation(
        validate::memory_overhead::NAME,
        Stage::Applications,
        include_str!("validate/memory_overhead.rs"),
    ),
    validation(
        validate::not_on_spot::NAME,
        Stage::Both,
        include_str!("validate/not_on_spot.rs"),
    ),
    validation(
        validate::pod_security::NAME,
        Stage::Both,
        include_str!("validate/pod_security.rs"),
    ),
    validation(
        validate::quota_fit::NAME,
        Stage::Applications,
        include_str!("validate/quota_fit.rs"),
    ),
    validation(
        validate::required_metadata::NAME,
        Stage::Both,
        include_str!("validate/required_metadata.rs"),
    ),
    validation(
        validate::resources::NAME,
        Stage::Both,
        include_str!("validate/resources.rs"),
    ),
    validation(
        validate::restart_policy::NAME,
        Stage::Applications,
        include_str!("validate/restart_policy.rs"),
    ),
    validation(
        validate::schedule::NAME,
        Stage::Applications,
        include_str!("validate/schedule.rs"),
    ),
    validation(
        validate::scheduling::NAME,
        Stage::Both,
        include_str!("validate/scheduling.rs"),
    ),
    validation(
        validate::secrets::NAME,
        Stage::Both,
        include_str!("validate/secrets.rs"),
    ),
    validation(
        validate::spark_conf::NAME,
        Stage::Applications,
        include_str!("validate/spark_conf.rs"),
    ),
    validation(
        validate::well_formed::NAME,
        Stage::Both,
        include_str!("validate/well_formed.rs"),
    ),
    mutation(
        mutate::env_from_secret::NAME,
        Stage::Pods,
        include_str!("mutate/env_from_secret.rs"),
    ),
    mutation(
        mutate::jmx_exporter::NAME,
        Stage::Pods,
        include_str!("mutate/jmx_exporter.rs"),
    ),
    mutation(mutate::metadata::NAME, Stage::Both, include_str!("mutate/metadata.rs")),
    mutation(
        mutate::node_selector::NAME,
        Stage::Pods,
        include_str!("mutate/node_selector.rs"),
    ),
    mutation(
        mutate::pod_template::NAME,
        Stage::Pods,
        include_str!("mutate/pod_template.rs"),
    ),
    mutation(
        mutate::spark_conf::NAME,
        Stage::Applications,
        include_str!("mutate/spark_conf.rs"),
    ),
    mutation(
        mutate::tolerations::NAME,
        Stage::Pods,
        include_str!("mutate/tolerations.rs"),
    ),
];

const fn validation(name: &'static str, stage: Stage, source: &'static str) -> Documentation {
    Documentation {
        name,
        list: List::Validate,
        stage,
        source,
    }
}

const fn mutation(name: &'static str, stage: Stage, source: &'static str) -> Documentation {
    Documentation {
        name,
        list: List::Mutate,
        stage,
        source,
    }
}

impl Documentation {
    /// The documentation of the rules of this name: one that a policy asks for may be called like one that it changes.
    pub fn find(name: &str) -> impl Iterator<Item = &'static Self> {
        RULES.iter().filter(move |rule| rule.name == name)
    }

    /// The whole text, as Markdown.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines().flat_map(|line| [line, "\n"]).collect()
    }

    /// What the rule is about, in a few words.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        let first = self.lines().next().unwrap_or_default();
        first
            .split_once(": ")
            .map_or(first, |(_, summary)| summary)
            .trim_end_matches('.')
    }

    fn lines(&self) -> impl Iterator<Item = &'static str> {
        let comment = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        comment.map(|line| line.strip_prefix(' ').unwrap_or(line))
    }
}
