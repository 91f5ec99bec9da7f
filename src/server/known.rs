//! What is known for one request, held for as long as it is judged.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::engine::Facts;
use crate::engine::facts::{LimitRange, PriorityClass, ResourceQuota, RuntimeClass};
use crate::engine::quota::Statement;
use crate::engine::workload::pod::DriverPod;

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
pub(super) struct Known {
    namespace_labels: Option<Arc<BTreeMap<String, String>>>,
    quotas: Option<Arc<[ResourceQuota]>>,
    limit_ranges: Option<Arc<[LimitRange]>>,
    drivers: Option<Arc<[DriverPod]>>,
    priority_classes: Option<Arc<[PriorityClass]>>,
    runtime_classes: Option<Arc<[RuntimeClass]>>,
}

impl Known {
    pub(super) fn about(namespace: Option<&str>, source: &dyn FactSource) -> Self {
        Self {
            namespace_labels: namespace.and_then(|namespace| source.namespace_labels(namespace)),
            quotas: namespace.and_then(|namespace| source.quotas(namespace)),
            limit_ranges: namespace.and_then(|namespace| source.limit_ranges(namespace)),
            drivers: namespace.and_then(|namespace| source.drivers(namespace)),
            priority_classes: source.priority_classes(),
            runtime_classes: source.runtime_classes(),
        }
    }

    pub(super) fn facts<'k>(&'k self, statement: Option<&'k Statement>) -> Facts<'k> {
        Facts {
            namespace_labels: self.namespace_labels.as_deref(),
            quotas: self.quotas.as_deref(),
            limit_ranges: self.limit_ranges.as_deref(),
            statement,
            drivers: self.drivers.as_deref(),
            priority_classes: self.priority_classes.as_deref(),
            runtime_classes: self.runtime_classes.as_deref(),
            ..Facts::default()
        }
    }
}
