//! What is known of the cluster, by a watch for each resource.

use std::collections::BTreeMap;
use std::sync::Arc;

use json_patch::jsonptr::Pointer;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;

use super::Metrics;
use super::resource::{self, Resource};
use super::store::{Read, Reader, Store};
use super::watch::{Settled, Watch};
use crate::engine::facts::{FactError, LimitRange, PriorityClass, ResourceQuota, RuntimeClass, labels_of};
use crate::engine::json::Json;
use crate::engine::mutate::KnownApplication;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::pod::DriverPod;

/// The labels of a namespace.
pub type Labels = Arc<BTreeMap<String, String>>;

/// What is known of the cluster. Outside of one, that is nothing.
#[derive(Debug, Default)]
pub struct ClusterFacts {
    /// The labels of namespaces.
    pub namespaces: Arc<Store<Labels>>,
    /// The quotas.
    pub quotas: Arc<Store<ResourceQuota>>,
    /// The limit ranges.
    pub limit_ranges: Arc<Store<LimitRange>>,
    /// The priority classes.
    pub priority_classes: Arc<Store<PriorityClass>>,
    /// The runtime classes.
    pub runtime_classes: Arc<Store<RuntimeClass>>,
    /// The applications of kubeflow's operator.
    pub kubeflow: Arc<Store<Arc<StoredApplication>>>,
    /// The applications of Apache's operator.
    pub apache: Arc<Store<Arc<StoredApplication>>>,
    /// The drivers that run.
    pub drivers: Arc<Store<DriverPod>>,
}

/// What is kept of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredApplication {
    /// What its pods do not tell.
    pub known: Arc<KnownApplication>,
    /// Which object of that name it is.
    pub uid: String,
}

impl StoredApplication {
    /// Reads a manifest.
    ///
    /// # Errors
    /// An object without a uid.
    pub fn from_json(manifest: Json<'_>) -> Result<Self, FactError> {
        let uid = manifest.at(["metadata", "uid"]).and_then(Json::as_str);
        Ok(Self {
            known: Arc::new(KnownApplication::of(manifest)),
            uid: uid
                .ok_or_else(|| FactError::at(Pointer::from_static("/metadata/uid"), "the object has no uid"))?
                .to_owned(),
        })
    }
}

impl ClusterFacts {
    /// Watches all but applications and pods, whose demand is worked out by the rest. Gives what tells when each is listed.
    #[must_use]
    pub fn watch(&self, client: &Client, metrics: &Metrics) -> Vec<Settled> {
        fn begin<T>(
            resource: Resource,
            store: &Arc<Store<T>>,
            read: Read<T>,
            (client, metrics): (&Client, &Metrics),
        ) -> Settled
        where
            T: Clone + PartialEq + Send + Sync + 'static,
        {
            let store = Arc::clone(store);
            Watch::new(resource, Arc::new(Reader { store, read }), metrics).begin(client.clone())
        }
        let labels = |object: Json<'_>| Ok(Arc::new(labels_of(object)));
        let with = (client, metrics);
        vec![
            begin(resource::NAMESPACES, &self.namespaces, labels, with),
            begin(resource::RESOURCE_QUOTAS, &self.quotas, ResourceQuota::from_json, with),
            begin(resource::LIMIT_RANGES, &self.limit_ranges, LimitRange::from_json, with),
            begin(
                resource::PRIORITY_CLASSES,
                &self.priority_classes,
                PriorityClass::from_json,
                with,
            ),
            begin(
                resource::RUNTIME_CLASSES,
                &self.runtime_classes,
                RuntimeClass::from_json,
                with,
            ),
        ]
    }

    /// The applications of a kind; `None` for schedules, whose runs are applications.
    #[must_use]
    pub fn applications(&self, kind: ApplicationKind) -> Option<&Arc<Store<Arc<StoredApplication>>>> {
        match kind {
            ApplicationKind::Kubeflow => Some(&self.kubeflow),
            ApplicationKind::Apache => Some(&self.apache),
            ApplicationKind::KubeflowScheduled => None,
        }
    }

    /// What an event about an application refers to; `None` where the application is not known.
    #[must_use]
    pub fn reference(&self, kind: ApplicationKind, namespace: &str, name: &str) -> Option<ObjectReference> {
        let stored = self.applications(kind)?.get(namespace, name)?;
        Resource::applications(kind).reference(namespace, name, &stored.uid)
    }

    /// The version of all that a job's demand is worked out by, beside the policies.
    #[must_use]
    pub fn version(&self) -> [u64; 4] {
        [
            self.namespaces.version(),
            self.limit_ranges.version(),
            self.priority_classes.version(),
            self.runtime_classes.version(),
        ]
    }
}
