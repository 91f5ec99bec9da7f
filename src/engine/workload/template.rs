//! Pod templates as they stand in an application, and what is taken for one.

use std::fmt;

use crate::engine::json::Json;
use crate::engine::subject::ApplicationKind;

/// Why something is no pod template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAPod<'a> {
    /// It is "a string", "a list", "an integer".
    OfType(&'static str),
    /// It is the manifest of something else, of this kind.
    OfKind(&'a str),
    /// It has no `spec`.
    WithoutSpec,
}

impl fmt::Display for NotAPod<'_> {
    /// What it is instead, as in "a pod template is a pod, and this is …".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfType(what) => formatter.write_str(what),
            Self::OfKind(other) => write!(formatter, "a {other}"),
            Self::WithoutSpec => formatter.write_str("an object without `spec`"),
        }
    }
}

impl<'a> NotAPod<'a> {
    /// Says why a template is none to Spark.
    #[must_use]
    pub fn to_spark(template: Json<'a>) -> Option<Self> {
        if !matches!(template, Json::Object(_)) {
            return Some(Self::OfType(template.kind()));
        }
        match template.get("kind").and_then(Json::as_str) {
            Some(kind) if kind != "Pod" => Some(Self::OfKind(kind)),
            _ => template.get("spec").is_none().then_some(Self::WithoutSpec),
        }
    }

    /// Says why a template in an application of some kind is none. A template of labels alone is one to kubeflow's operator, which
    /// writes the pod's `spec` itself, and none to Spark, to which Apache's operator hands it as it is.
    #[must_use]
    pub fn in_application(template: Json<'a>, kind: ApplicationKind) -> Option<Self> {
        let can_do_without_spec = match kind {
            ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled => {
                template.members().is_empty() || template.get("metadata").is_some()
            }
            ApplicationKind::Apache => false,
        };
        Self::to_spark(template).filter(|why| *why != Self::WithoutSpec || !can_do_without_spec)
    }
}
