//! A `RuntimeClass`: what runs containers, and what that costs beside them.

use super::{FactError, ResourceList, name_of, object, resource_list};
use crate::engine::json::Json;
use crate::engine::workload::Located;

/// A runtime class of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeClass {
    /// Its name.
    pub name: String,
    /// What each pod of it costs beyond its containers.
    pub overhead: ResourceList,
}

impl RuntimeClass {
    /// Reads a manifest.
    ///
    /// # Errors
    /// An amount that is none.
    pub fn from_json(manifest: Json<'_>) -> Result<Self, FactError> {
        let overhead = object(&Located::root(manifest), "overhead")?;
        Ok(Self {
            name: name_of(manifest)?,
            overhead: resource_list(overhead.get("podFixed").as_ref())?.unwrap_or_default(),
        })
    }
}
