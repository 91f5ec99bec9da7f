//! The properties that are handed over, as they come together.

use super::application::{Application, NO_UUID, Sourced};
use super::{GENERATED, OPERATOR, OPERATOR_DEFAULT, OperatorWebhook};
use crate::engine::json::Arena;
use crate::engine::workload::{Located, Origin, Properties, Refusal, RoleName};

/// The properties that are handed over, and what the operator gives up on.
pub(super) struct Handover<'s, 'a> {
    pub(super) arena: &'a Arena,
    pub(super) application: &'s Application<'a>,
    pub(super) webhook: OperatorWebhook,
    pub(super) properties: Properties<'a>,
    pub(super) refusals: Vec<Refusal>,
}

impl<'s, 'a> Handover<'s, 'a> {
    pub(super) fn new(arena: &'a Arena, application: &'s Application<'a>, webhook: OperatorWebhook) -> Self {
        Self {
            arena,
            application,
            webhook,
            properties: Properties::default(),
            refusals: Vec::new(),
        }
    }

    /// Hands over what a field says, if it is there.
    pub(super) fn field(&mut self, name: &str, field: Option<&Located<'a>>) {
        if let Some(field) = field
            && let Some(value) = field.property_text(self.arena)
        {
            self.properties.set(self.arena.string(name), value, field.origin());
        }
    }

    /// Hands over what a field says, unless it is an empty text, which the operator takes for nothing.
    pub(super) fn filled_field(&mut self, name: &str, field: Option<&Located<'a>>) {
        self.field(name, field.filter(|field| field.json.as_str() != Some("")));
    }

    /// Hands over a map, each of its keys behind `prefix`.
    pub(super) fn map(&mut self, prefix: &str, map: Option<&Located<'a>>) {
        for (key, value) in map.into_iter().flat_map(Located::members) {
            self.field(&format!("{prefix}{key}"), Some(&value));
        }
    }

    /// Hands over a text that is made of something which comes from `origin`.
    pub(super) fn text(&mut self, name: &str, value: &str, origin: Origin) {
        let value = self.arena.string(value);
        self.properties.set(self.arena.string(name), value, origin);
    }

    /// Hands over a text of the application's metadata.
    pub(super) fn sourced(&mut self, name: &str, value: &Sourced<'a>) {
        self.properties
            .set(self.arena.string(name), value.text, value.origin.clone());
    }

    /// Hands over what the operator says of its own accord.
    pub(super) fn constant(&mut self, name: &str, value: &'static str) {
        self.properties.set(self.arena.string(name), value, OPERATOR);
    }

    /// Hands over what the operator says where the user does not.
    pub(super) fn default(&mut self, name: &str, value: &'static str) {
        self.properties.set(self.arena.string(name), value, OPERATOR_DEFAULT);
    }

    /// Hands over the id of this submission.
    pub(super) fn submission_id(&mut self, name: &str) {
        self.properties.set(self.arena.string(name), NO_UUID, GENERATED);
    }

    /// Notes that the operator gives up.
    pub(super) fn refuse(&mut self, origin: Origin, message: impl Into<String>, help: &str) {
        self.refusals.push(Refusal {
            origin,
            message: message.into(),
            help: Some(help.to_owned()),
        });
    }
}

/// Begins the properties of one role that Kubernetes reads.
pub(super) const fn kubernetes(role: RoleName) -> &'static str {
    match role {
        RoleName::Driver => "spark.kubernetes.driver.",
        RoleName::Executor => "spark.kubernetes.executor.",
    }
}

/// Begins the properties of one role.
pub(super) const fn spark(role: RoleName) -> &'static str {
    match role {
        RoleName::Driver => "spark.driver.",
        RoleName::Executor => "spark.executor.",
    }
}

/// Begins the properties that set variables of a role's containers.
pub(super) const fn variable(role: RoleName) -> &'static str {
    match role {
        RoleName::Driver => "spark.kubernetes.driverEnv.",
        RoleName::Executor => "spark.executorEnv.",
    }
}
