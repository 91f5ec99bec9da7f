//! A pod as the controls look at it.

use json_patch::jsonptr::Pointer;

use super::{Breach, Level};
use crate::engine::json::Json;
use crate::engine::workload::{Located, pod};

/// The profile types of seccomp and `AppArmor` that leave a container confined.
pub(super) const CONFINED: [&str; 2] = ["RuntimeDefault", "Localhost"];

/// What a control has to say about a pod.
pub(super) type Check = fn(&CheckedPod<'_>) -> Vec<Breach>;

/// A pod as the controls look at it.
pub(super) struct CheckedPod<'a> {
    pub(super) object: Located<'a>,
    pub(super) spec: Located<'a>,
    /// The pod as a whole, with the security context that holds for containers which do not say otherwise.
    pub(super) whole: Part<'a>,
    /// All containers, those of init and ephemeral ones among them.
    pub(super) containers: Vec<Part<'a>>,
}

/// What has a security context: the pod, or one of its containers.
pub(super) struct Part<'a> {
    /// "pod", or "container" and its name.
    pub(super) whose: String,
    /// The container, or the pod's spec.
    pub(super) located: Located<'a>,
    /// Its security context, empty where it has none.
    pub(super) context: Located<'a>,
}

impl<'a> CheckedPod<'a> {
    pub(super) fn of(pod: Json<'a>) -> Self {
        let object = Located::root(pod);
        let spec = object.get_or_empty("spec");
        let name = |container: &Located<'a>| container.json.get("name").and_then(Json::as_str).unwrap_or_default();
        Self {
            whole: Part::of("pod".to_owned(), spec.clone()),
            containers: pod::containers(pod)
                .map(|container| Part::of(format!("container `{}`", name(&container)), container))
                .collect(),
            object,
            spec,
        }
    }

    /// Whatever has a security context.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part<'a>> {
        [&self.whole].into_iter().chain(&self.containers)
    }

    /// Whether the pod says that it is for nodes of Windows.
    pub(super) fn is_for_windows(&self) -> bool {
        self.spec.json.at(["os", "name"]).and_then(Json::as_str) == Some("windows")
    }
}

impl<'a> Part<'a> {
    fn of(whose: String, located: Located<'a>) -> Self {
        Self {
            whose,
            context: located.get_or_empty("securityContext"),
            located,
        }
    }

    /// Something that a level does not allow here.
    pub(super) fn breach(
        &self,
        level: Level,
        pointer: &Pointer,
        predicate: impl Into<String>,
        help: impl Into<String>,
    ) -> Breach {
        Breach {
            level,
            pointer: pointer.to_buf(),
            whose: self.whose.clone(),
            predicate: predicate.into(),
            help: help.into(),
        }
    }
}

/// The text of a located value; none where it is something else.
pub(super) fn text<'a>(located: &Located<'a>) -> &'a str {
    located.json.as_str().unwrap_or_default()
}

/// Whether a switch is there, and on.
pub(super) fn is_on(switch: Option<&Located<'_>>) -> bool {
    switch.and_then(|switch| switch.json.as_bool()) == Some(true)
}
