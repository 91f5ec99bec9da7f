//! A driver that runs already, and the pods that it makes.

use super::{owners, role_of};
use crate::engine::json::Json;
use crate::engine::workload::RoleName;

/// A driver pod of a namespace, as far as it tells which other pods are its executors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverPod {
    name: String,
    service_account: String,
}

impl DriverPod {
    /// Reads a pod; `None` when it is no driver's.
    #[must_use]
    pub fn of(pod: Json<'_>) -> Option<Self> {
        let text = |path: [&str; 2]| pod.at(path).and_then(Json::as_str);
        (role_of(pod) == Some(RoleName::Driver)).then_some(())?;
        Some(Self {
            name: text(["metadata", "name"])?.to_owned(),
            service_account: text(["spec", "serviceAccountName"]).unwrap_or("default").to_owned(),
        })
    }

    /// Whether a pod of the same namespace names this driver as its owner, as executors do.
    #[must_use]
    pub fn owns(&self, pod: Json<'_>) -> bool {
        owners(pod).any(|owner| {
            let is = |key, expected| owner.get(key).and_then(Json::as_str) == Some(expected);
            is("apiVersion", "v1") && is("kind", "Pod") && is("name", &self.name)
        })
    }

    /// Whether this is the name by which the API server knows the driver.
    #[must_use]
    pub fn is_user(&self, username: &str, namespace: &str) -> bool {
        let account = username.strip_prefix("system:serviceaccount:");
        account.and_then(|account| account.split_once(':')) == Some((namespace, &self.service_account))
    }
}
