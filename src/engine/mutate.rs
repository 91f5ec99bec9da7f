//! The mutation table: what a policy can change in a pod, one file per mutation.

pub mod node_selector;
pub mod tolerations;

use serde::Deserialize;

use super::patch::{PatchError, Recorder};
use super::policy::document::Problem;
use node_selector::NodeSelector;
use tolerations::Toleration;

/// What happens where the pod says something else than the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnConflict {
    /// The pod keeps what it says.
    #[default]
    Keep,
    /// The policy's value replaces it.
    Override,
    /// The pod keeps it, and a finding says so.
    Deny,
}

/// A place where the pod says something else than the policy, found under [`OnConflict::Deny`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Where in the pod.
    pub pointer: json_patch::jsonptr::PointerBuf,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// A mutation of a pod.
#[derive(Clone, Debug)]
pub enum Mutation {
    /// Adds node selectors.
    NodeSelector(NodeSelector),
    /// Adds tolerations.
    Tolerations(Vec<Toleration>),
}

impl Mutation {
    /// The fields of a policy entry that are mutations.
    pub const NAMES: [&'static str; 2] = ["nodeSelector", "tolerations"];

    /// The field of a policy entry that it is written in.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NodeSelector(_) => "nodeSelector",
            Self::Tolerations(_) => "tolerations",
        }
    }

    /// What is wrong with it as it is written, with places below its field.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        match self {
            Self::NodeSelector(selector) => node_selector::problems(selector),
            Self::Tolerations(tolerations) => tolerations::problems(tolerations),
        }
    }

    /// Changes the recorder's pod. A second time changes nothing.
    ///
    /// # Errors
    /// A pod that does not have the shape of a pod.
    pub fn apply(&self, recorder: &mut Recorder<'_>, on_conflict: OnConflict) -> Result<Vec<Conflict>, PatchError> {
        match self {
            Self::NodeSelector(selector) => node_selector::apply(selector, recorder, on_conflict),
            // A toleration is there or it is not: nothing to be in conflict with.
            Self::Tolerations(tolerations) => tolerations::apply(tolerations, recorder).map(|()| Vec::new()),
        }
    }
}
