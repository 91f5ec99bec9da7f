//! A `ResourceQuota`: how much of what a namespace may have, and of which of its pods that is counted.

use super::{FactError, ResourceList, items, name_of, object, resource_list, text};
use crate::engine::json::Json;
use crate::engine::workload::Located;

/// A quota of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceQuota {
    /// Its name.
    pub name: String,
    /// How much there may be of what.
    pub hard: ResourceList,
    /// How much there is, as the quota controller counted last. What is missing is not known.
    pub used: ResourceList,
    /// Which pods count; all must hold.
    pub scopes: Vec<ScopeRequirement>,
}

/// What a quota asks of a pod for it to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRequirement {
    /// What is asked about.
    pub scope: Scope,
    /// What must be so.
    pub operator: ScopeOperator,
}

/// What quotas tell pods apart by: `ResourceQuotaScope` of `k8s.io/api/core/v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Its time is limited by `activeDeadlineSeconds`.
    Terminating,
    /// Its time is not limited.
    NotTerminating,
    /// It asks for nothing.
    BestEffort,
    /// It asks for something.
    NotBestEffort,
    /// It has a priority class.
    PriorityClass,
    /// It has an affinity to pods of other namespaces.
    CrossNamespacePodAffinity,
    /// No pod has one: claims for volumes do.
    VolumeAttributesClass,
}

/// How a scope's value is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeOperator {
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
    /// It is one of these.
    In(Vec<String>),
    /// It is none of these.
    NotIn(Vec<String>),
}

impl Scope {
    const NAMES: [(&'static str, Self); 7] = [
        ("Terminating", Self::Terminating),
        ("NotTerminating", Self::NotTerminating),
        ("BestEffort", Self::BestEffort),
        ("NotBestEffort", Self::NotBestEffort),
        ("PriorityClass", Self::PriorityClass),
        ("CrossNamespacePodAffinity", Self::CrossNamespacePodAffinity),
        ("VolumeAttributesClass", Self::VolumeAttributesClass),
    ];

    fn from_located(field: &Located<'_>) -> Result<Self, FactError> {
        let known = Self::NAMES
            .into_iter()
            .find(|(name, _)| field.json.as_str() == Some(name));
        known
            .map(|(_, scope)| scope)
            .ok_or_else(|| FactError::at(&field.pointer, "this is no scope that quotas have"))
    }
}

impl ResourceQuota {
    /// Reads a manifest. `hard` is what is asked for, and where the manifest holds only the status, what that says.
    ///
    /// # Errors
    /// An amount that is none, and a scope that is not known.
    pub fn from_json(manifest: Json<'_>) -> Result<Self, FactError> {
        let root = Located::root(manifest);
        let (spec, status) = (object(&root, "spec")?, object(&root, "status")?);
        let hard = match resource_list(spec.get("hard").as_ref())? {
            Some(hard) => hard,
            None => resource_list(status.get("hard").as_ref())?.unwrap_or_default(),
        };
        let mut scopes = Vec::new();
        for scope in items(&spec, "scopes")? {
            scopes.push(ScopeRequirement {
                scope: Scope::from_located(&scope)?,
                operator: ScopeOperator::Exists,
            });
        }
        for expression in items(&object(&spec, "scopeSelector")?, "matchExpressions")? {
            scopes.push(ScopeRequirement::from_located(&expression)?);
        }
        Ok(Self {
            name: name_of(manifest)?,
            hard,
            used: resource_list(status.get("used").as_ref())?.unwrap_or_default(),
            scopes,
        })
    }

    /// Takes what nobody counted yet for nothing: a file of a quota that was never applied has no status.
    pub fn assume_unused(&mut self) {
        for resource in self.hard.keys() {
            self.used.entry(resource.clone()).or_default();
        }
    }
}

impl ScopeRequirement {
    fn from_located(expression: &Located<'_>) -> Result<Self, FactError> {
        let scope = Scope::from_located(&expression.get_or_empty("scopeName"))?;
        let operator = expression.get_or_empty("operator");
        let operator = match text(Some(&operator))? {
            Some("Exists") => ScopeOperator::Exists,
            Some("DoesNotExist") => ScopeOperator::DoesNotExist,
            Some("In") => ScopeOperator::In(values(expression)?),
            Some("NotIn") => ScopeOperator::NotIn(values(expression)?),
            _ => {
                let message = "this is none of In, NotIn, Exists and DoesNotExist";
                return Err(FactError::at(&operator.pointer, message));
            }
        };
        Ok(Self { scope, operator })
    }
}

/// The names that `In` and `NotIn` compare with.
fn values(expression: &Located<'_>) -> Result<Vec<String>, FactError> {
    let mut names = Vec::new();
    for value in items(expression, "values")? {
        names.extend(text(Some(&value))?.map(str::to_owned));
    }
    if names.is_empty() {
        let message = "In and NotIn compare with `values`, and there are none";
        return Err(FactError::at(&expression.pointer, message));
    }
    Ok(names)
}
