//! Pod templates as they stand in an application, and what is taken for one.

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

impl<'a> NotAPod<'a> {
    /// Says why a template in an application of some kind is none. A template of labels alone is one to kubeflow's operator, which
    /// writes the pod's `spec` itself, and none to Spark, to which Apache's operator hands it as it is.
    #[must_use]
    pub fn of(template: Json<'a>, kind: ApplicationKind) -> Option<Self> {
        let Json::Object(members) = template else {
            return Some(Self::OfType(template.kind()));
        };
        if let Some(kind) = template.get("kind").and_then(Json::as_str)
            && kind != "Pod"
        {
            return Some(Self::OfKind(kind));
        }
        let can_do_without_spec = match kind {
            ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled => {
                members.is_empty() || template.get("metadata").is_some()
            }
            ApplicationKind::Apache => false,
        };
        (template.get("spec").is_none() && !can_do_without_spec).then_some(Self::WithoutSpec)
    }
}
