//! What requests are judged by, out of what the watches of the cluster know.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::facts::ClusterFacts;
use crate::engine::facts::{LimitRange, PriorityClass, ResourceQuota, RuntimeClass};
use crate::engine::mutate::KnownApplication;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::pod::DriverPod;
use crate::server::known::FactSource;

/// The namespace of what belongs to none.
const WHOLE_CLUSTER: &str = "";

impl FactSource for ClusterFacts {
    fn namespace_labels(&self, namespace: &str) -> Option<Arc<BTreeMap<String, String>>> {
        self.namespaces.get(WHOLE_CLUSTER, namespace)
    }

    fn quotas(&self, namespace: &str) -> Option<Arc<[ResourceQuota]>> {
        self.quotas.all(namespace)
    }

    fn limit_ranges(&self, namespace: &str) -> Option<Arc<[LimitRange]>> {
        self.limit_ranges.all(namespace)
    }

    fn application(&self, namespace: &str, kind: ApplicationKind, name: &str) -> Option<Arc<KnownApplication>> {
        let stored = self.applications(kind)?.get(namespace, name)?;
        Some(Arc::clone(&stored.known))
    }

    fn drivers(&self, namespace: &str) -> Option<Arc<[DriverPod]>> {
        self.drivers.all(namespace)
    }

    fn priority_classes(&self) -> Option<Arc<[PriorityClass]>> {
        self.priority_classes.all(WHOLE_CLUSTER)
    }

    fn runtime_classes(&self) -> Option<Arc<[RuntimeClass]>> {
        self.runtime_classes.all(WHOLE_CLUSTER)
    }
}
