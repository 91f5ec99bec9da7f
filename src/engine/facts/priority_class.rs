//! A `PriorityClass`: which pods go first, and the class of those that name none.

use json_patch::jsonptr::Pointer;

use super::{FactError, name_of};
use crate::engine::json::Json;

/// A priority class of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorityClass {
    /// Its name.
    pub name: String,
    /// The priority of its pods.
    pub value: i32,
    /// Whether pods that name no class are of this one.
    pub global_default: bool,
}

impl PriorityClass {
    /// Reads a manifest.
    ///
    /// # Errors
    /// A value that is no whole number of 32 bits.
    pub fn from_json(manifest: Json<'_>) -> Result<Self, FactError> {
        let value = manifest.get("value").and_then(Json::as_i64);
        let value = value.and_then(|value| i32::try_from(value).ok()).ok_or_else(|| {
            let message = "a priority is a whole number between -2147483648 and 2147483647";
            FactError::at(Pointer::from_static("/value"), message)
        })?;
        Ok(Self {
            name: name_of(manifest)?,
            value,
            global_default: manifest.get("globalDefault").and_then(Json::as_bool) == Some(true),
        })
    }

    /// The class of pods that name none; `None` where there is no such class. Of several, which should not be, the lowest:
    /// `getDefaultPriorityClass` of `plugin/pkg/admission/priority/admission.go`.
    #[must_use]
    pub fn default_of(classes: &[Self]) -> Option<&Self> {
        let defaults = classes.iter().filter(|class| class.global_default);
        defaults.min_by_key(|class| class.value)
    }
}
