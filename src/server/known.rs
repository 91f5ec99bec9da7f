//! What is known for one request, held for as long as it is judged.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::engine::Facts;
use crate::engine::facts::{LimitRange, PriorityClass, ResourceQuota, RuntimeClass};
use crate::engine::mutate::KnownApplication;
use crate::engine::quota::Statement;
use crate::engine::request::Request;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::pod::{DriverPod, application_of};

/// Where the facts of a request come from. They are in memory: a request never waits for them. `None` is not known; a namespace without quotas has
/// none, and that is known.
pub trait FactSource: fmt::Debug + Send + Sync {
    /// The labels of a namespace.
    fn namespace_labels(&self, namespace: &str) -> Option<Arc<BTreeMap<String, String>>>;

    /// The quotas of a namespace.
    fn quotas(&self, _namespace: &str) -> Option<Arc<[ResourceQuota]>> {
        None
    }

    /// The limit ranges of a namespace, in the order of their names.
    fn limit_ranges(&self, _namespace: &str) -> Option<Arc<[LimitRange]>> {
        None
    }

    /// An application of a namespace.
    fn application(&self, _namespace: &str, _kind: ApplicationKind, _name: &str) -> Option<Arc<KnownApplication>> {
        None
    }

    /// The drivers that run in a namespace.
    fn drivers(&self, _namespace: &str) -> Option<Arc<[DriverPod]>> {
        None
    }

    /// The priority classes of the cluster.
    fn priority_classes(&self) -> Option<Arc<[PriorityClass]>> {
        None
    }

    /// The runtime classes of the cluster.
    fn runtime_classes(&self) -> Option<Arc<[RuntimeClass]>> {
        None
    }
}

/// What is known for a request.
#[derive(Debug)]
pub struct Known {
    namespace_labels: Option<Arc<BTreeMap<String, String>>>,
    quotas: Option<Arc<[ResourceQuota]>>,
    limit_ranges: Option<Arc<[LimitRange]>>,
    application: Option<Arc<KnownApplication>>,
    drivers: Option<Arc<[DriverPod]>>,
    priority_classes: Option<Arc<[PriorityClass]>>,
    runtime_classes: Option<Arc<[RuntimeClass]>>,
}

impl Known {
    /// Asks for all that bears on a request.
    pub fn about(request: &Request<'_>, source: &dyn FactSource) -> Self {
        let namespace = request.namespace;
        let application = || {
            let (kind, name) = application_of(request.object?)?;
            source.application(namespace?, kind, name)
        };
        Self {
            namespace_labels: namespace.and_then(|namespace| source.namespace_labels(namespace)),
            quotas: namespace.and_then(|namespace| source.quotas(namespace)),
            limit_ranges: namespace.and_then(|namespace| source.limit_ranges(namespace)),
            application: application(),
            drivers: namespace.and_then(|namespace| source.drivers(namespace)),
            priority_classes: source.priority_classes(),
            runtime_classes: source.runtime_classes(),
        }
    }

    /// The facts of the request, with what the ledger of its namespace says to it.
    #[must_use]
    pub fn facts<'k>(&'k self, statement: Option<&'k Statement>) -> Facts<'k> {
        Facts {
            namespace_labels: self.namespace_labels.as_deref(),
            quotas: self.quotas.as_deref(),
            limit_ranges: self.limit_ranges.as_deref(),
            application: self.application.as_deref(),
            statement,
            drivers: self.drivers.as_deref(),
            priority_classes: self.priority_classes.as_deref(),
            runtime_classes: self.runtime_classes.as_deref(),
            ..Facts::default()
        }
    }
}
