//! What the engine may know about the world beyond a request, handed in as plain data.
//!
//! Everything here is made from manifests, by whoever has them: the watches of a server, or files of what
//! `kubectl get -o yaml` prints.

pub mod limit_range;
pub mod priority_class;
pub mod resource_quota;
pub mod runtime_class;

use std::collections::BTreeMap;

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::json::Json;
use super::kubernetes_version::KubernetesVersion;
use super::mutate::KnownApplication;
use super::quantity::Quantity;
use super::quota::Statement;
use super::workload::Located;
use super::workload::demand;
use super::workload::kubeflow::OperatorWebhook;
use super::workload::pod::DriverPod;
pub use limit_range::LimitRange;
pub use priority_class::PriorityClass;
pub use resource_quota::ResourceQuota;
pub use runtime_class::RuntimeClass;

/// What is known for one request, about the namespace of that request. `None` is not known, which is never read as "there is none"
/// and never as "fits".
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The labels of the namespace.
    pub namespace_labels: Option<&'a BTreeMap<String, String>>,
    /// The quotas of the namespace.
    pub quotas: Option<&'a [ResourceQuota]>,
    /// The limit ranges of the namespace, in the order in which they apply.
    pub limit_ranges: Option<&'a [LimitRange]>,
    /// The application that the pod belongs to; `None` where there is none too.
    pub application: Option<&'a KnownApplication>,
    /// What the namespace's ledger says to the application.
    pub statement: Option<&'a Statement>,
    /// The priority classes of the cluster.
    pub priority_classes: Option<&'a [PriorityClass]>,
    /// The runtime classes of the cluster.
    pub runtime_classes: Option<&'a [RuntimeClass]>,
    /// The drivers that run in the namespace.
    pub drivers: Option<&'a [DriverPod]>,
    /// The version of the cluster's API server.
    pub kubernetes_version: Option<KubernetesVersion>,
    /// Whether kubeflow's operator fills in its defaults, and changes pods after Spark made them.
    pub operator_webhook: OperatorWebhook,
}

/// Amounts by the name of the resource.
pub type ResourceList = BTreeMap<String, Quantity>;

/// A manifest that does not say what its kind says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FactError {
    /// Where in the manifest.
    pub pointer: PointerBuf,
    /// What is wrong.
    pub message: String,
}

impl FactError {
    /// What is wrong at a place of the manifest.
    #[must_use]
    pub fn at(pointer: &Pointer, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.to_buf(),
            message: message.into(),
        }
    }
}

/// The labels of an object.
#[must_use]
pub fn labels_of(manifest: Json<'_>) -> BTreeMap<String, String> {
    let labels = manifest.at(["metadata", "labels"]).map_or(&[][..], Json::members);
    labels
        .iter()
        .filter_map(|(key, value)| Some(((*key).to_owned(), value.as_str()?.to_owned())))
        .collect()
}

/// The name of an object.
fn name_of(manifest: Json<'_>) -> Result<String, FactError> {
    match manifest.at(["metadata", "name"]).and_then(Json::as_str) {
        Some(name) => Ok(name.to_owned()),
        None => Err(FactError::at(
            Pointer::from_static("/metadata/name"),
            "the object has no name",
        )),
    }
}

/// The text of a field that may be left out.
fn text<'a>(field: Option<&Located<'a>>) -> Result<Option<&'a str>, FactError> {
    let Some(field) = field else {
        return Ok(None);
    };
    match field.json.as_str() {
        Some(text) => Ok(Some(text)),
        None => Err(FactError::at(
            &field.pointer,
            format!("this is {}, not a string", field.json.kind()),
        )),
    }
}

/// A field that is an object, empty where it is left out.
fn object<'a>(parent: &Located<'a>, field: &str) -> Result<Located<'a>, FactError> {
    let field = parent.get_or_empty(field);
    match field.json {
        Json::Object(_) => Ok(field),
        other => Err(FactError::at(
            &field.pointer,
            format!("this is {}, not an object", other.kind()),
        )),
    }
}

/// The items of a list that may be left out.
fn items<'a>(parent: &Located<'a>, field: &str) -> Result<Vec<Located<'a>>, FactError> {
    match parent.get(field) {
        None => Ok(Vec::new()),
        Some(list) if matches!(list.json, Json::Array(_)) => Ok(list.items().collect()),
        Some(other) => Err(FactError::at(
            &other.pointer,
            format!("this is {}, not a list", other.json.kind()),
        )),
    }
}

/// The amounts of a field that may be left out.
fn resource_list(field: Option<&Located<'_>>) -> Result<Option<ResourceList>, FactError> {
    let Some(field) = field else {
        return Ok(None);
    };
    if !matches!(field.json, Json::Object(_)) {
        let message = format!("this is {}, not amounts by resource", field.json.kind());
        return Err(FactError::at(&field.pointer, message));
    }
    let amounts = field.members().map(|(name, amount)| match demand::amount(amount.json) {
        Some(quantity) => Ok((name.to_owned(), quantity.rounded_up_to_thousandths())),
        None => Err(FactError::at(
            &amount.pointer,
            format!("this is no amount of `{name}`: Kubernetes reads a number and a unit, such as 500m, 2 or 4Gi"),
        )),
    });
    amounts.collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests;
