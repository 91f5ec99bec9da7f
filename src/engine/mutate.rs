//! The mutation table: what a policy can change, one file per mutation.

pub mod editor;
pub mod env_from_secret;
pub mod jmx_exporter;
pub mod metadata;
pub mod node_selector;
pub mod pod_template;
pub mod spark_conf;
pub mod tolerations;

mod context;
#[cfg(test)]
mod trial;

use std::fmt::Debug;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;
use serde_json::Value;

use super::patch::PatchError;
use super::policy::document::Problem;
pub use context::{ApplicationContext, KnownApplication, KnownRole, PodContext};
pub use editor::{Conflict, Editor};

/// What happens where the object says something else than the policy, decided key by key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnConflict {
    /// The object keeps what it says.
    #[default]
    Keep,
    /// The policy's value replaces it.
    Override,
    /// The object keeps it, and a finding says so.
    Deny,
}

/// A volume that a mutation adds to pods.
#[derive(Clone, Debug, PartialEq)]
pub struct AddedVolume<'m> {
    /// Where the policy says so, below the mutation's field.
    pub pointer: PointerBuf,
    /// The volume, as a pod has it.
    pub volume: &'m Value,
}

/// What a policy can change, as an entry of it configures it. Whatever it changes, a second time changes nothing.
pub trait Mutation: Debug + Send + Sync {
    /// What is wrong with it as it is written, with places below its field.
    fn problems(&self) -> Vec<Problem>;

    /// Changes a pod, be it one that is being made or one that will be.
    ///
    /// # Errors
    /// A pod that does not have the shape of a pod.
    fn change_pod(&self, context: &PodContext<'_>, editor: &mut Editor<'_, '_>) -> Result<(), PatchError>;

    /// The volumes that it adds to pods: two mutations that meet in a pod cannot add different ones of one name.
    fn volumes(&self) -> Vec<AddedVolume<'_>> {
        Vec::new()
    }

    /// Changes an application that is being made. Most mutations are about pods alone.
    ///
    /// # Errors
    /// An application that does not have the shape of its kind.
    fn change_application<'a>(
        &self,
        _context: &ApplicationContext<'_, 'a>,
        _editor: &mut Editor<'_, 'a>,
    ) -> Result<(), PatchError> {
        Ok(())
    }

    /// Whether it ever changes a pod. What does not is about no role.
    fn changes_pods(&self) -> bool {
        true
    }

    /// Whether it ever changes an application.
    fn changes_applications(&self) -> bool {
        false
    }
}
