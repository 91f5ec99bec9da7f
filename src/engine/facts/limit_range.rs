//! A `LimitRange`: what containers get that ask for nothing, and how little and how much they and their pods may ask for.

use super::{FactError, ResourceList, items, name_of, object, resource_list, text};
use crate::engine::json::Json;
use crate::engine::workload::Located;

/// The limits of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRange {
    /// Its name.
    pub name: String,
    /// What it says of pods and their containers.
    pub limits: Vec<Limits>,
}

/// What a limit range says about one kind of object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What it is about.
    pub kind: LimitedKind,
    /// The least.
    pub min: ResourceList,
    /// The most.
    pub max: ResourceList,
    /// The limit of a container that says none.
    pub default: ResourceList,
    /// The request of a container that says none.
    pub default_request: ResourceList,
    /// How many times its request a limit may be.
    pub max_ratio: ResourceList,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitedKind {
    /// Each container of a pod.
    Container,
    /// A pod as a whole.
    Pod,
}

impl LimitRange {
    /// Reads a manifest, and fills in what the API server does: `SetDefaults_LimitRangeItem` of `pkg/apis/core/v1/defaults.go`.
    ///
    /// # Errors
    /// An amount that is none, and limits of nobody knows what.
    pub fn from_json(manifest: Json<'_>) -> Result<Self, FactError> {
        let spec = object(&Located::root(manifest), "spec")?;
        let mut limits = Vec::new();
        for item in items(&spec, "limits")? {
            limits.extend(Limits::from_located(&item)?);
        }
        Ok(Self {
            name: name_of(manifest)?,
            limits,
        })
    }
}

impl Limits {
    fn from_located(item: &Located<'_>) -> Result<Option<Self>, FactError> {
        let kind = match text(item.get("type").as_ref())? {
            Some("Container") => LimitedKind::Container,
            Some("Pod") => LimitedKind::Pod,
            // Claims for volumes, and what other APIs have limits for.
            Some(_) => return Ok(None),
            None => {
                let message = "this says no `type` that it limits, such as Container or Pod";
                return Err(FactError::at(&item.pointer, message));
            }
        };
        let list = |field| Ok(resource_list(item.get(field).as_ref())?.unwrap_or_default());
        let mut limits = Self {
            kind,
            min: list("min")?,
            max: list("max")?,
            default: list("default")?,
            default_request: list("defaultRequest")?,
            max_ratio: list("maxLimitRequestRatio")?,
        };
        if kind == LimitedKind::Container {
            fill(&mut limits.default, &limits.max);
            fill(&mut limits.default_request, &limits.default);
            fill(&mut limits.default_request, &limits.min);
        }
        Ok(Some(limits))
    }
}

fn fill(list: &mut ResourceList, from: &ResourceList) {
    for (resource, amount) in from {
        list.entry(resource.clone()).or_insert(*amount);
    }
}
