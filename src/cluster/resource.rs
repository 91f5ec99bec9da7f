//! What is watched.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::discovery::ApiResource;

use crate::engine::subject::{APACHE_GROUP, ApplicationKind, KUBEFLOW_GROUP};

/// A resource of the API server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its name as `kubectl` writes it in full, for logs and metrics.
    pub name: &'static str,
    group: &'static str,
    /// Those that are understood; the first that is served is watched.
    versions: &'static [&'static str],
    kind: &'static str,
    plural: &'static str,
    /// Which of the objects are watched; all, if it is empty.
    pub(super) labels: &'static str,
}

/// The namespaces.
pub const NAMESPACES: Resource = Resource::core("namespaces", "Namespace");
/// The quotas of all namespaces.
pub const RESOURCE_QUOTAS: Resource = Resource::core("resourcequotas", "ResourceQuota");
/// The limit ranges of all namespaces.
pub const LIMIT_RANGES: Resource = Resource::core("limitranges", "LimitRange");
/// The pods that Spark made, whoever submitted the job. Spark labels them all, and finds them by that label itself.
pub const SPARK_PODS: Resource = Resource {
    labels: "spark-app-selector",
    ..Resource::core("pods", "Pod")
};
/// The priority classes.
pub const PRIORITY_CLASSES: Resource = Resource {
    name: "priorityclasses.scheduling.k8s.io",
    group: "scheduling.k8s.io",
    ..Resource::core("priorityclasses", "PriorityClass")
};
/// The runtime classes.
pub const RUNTIME_CLASSES: Resource = Resource {
    name: "runtimeclasses.node.k8s.io",
    group: "node.k8s.io",
    ..Resource::core("runtimeclasses", "RuntimeClass")
};

impl Resource {
    const fn core(plural: &'static str, kind: &'static str) -> Self {
        Self {
            name: plural,
            group: "",
            versions: &["v1"],
            kind,
            plural,
            labels: "",
        }
    }

    /// The applications of a kind.
    #[must_use]
    pub fn applications(kind: ApplicationKind) -> Self {
        let (name, group, kind_name, plural) = match kind {
            ApplicationKind::Kubeflow => (
                "sparkapplications.sparkoperator.k8s.io",
                KUBEFLOW_GROUP,
                "SparkApplication",
                "sparkapplications",
            ),
            ApplicationKind::KubeflowScheduled => (
                "scheduledsparkapplications.sparkoperator.k8s.io",
                KUBEFLOW_GROUP,
                "ScheduledSparkApplication",
                "scheduledsparkapplications",
            ),
            ApplicationKind::Apache => (
                "sparkapplications.spark.apache.org",
                APACHE_GROUP,
                "SparkApplication",
                "sparkapplications",
            ),
        };
        Self {
            name,
            group,
            versions: kind.versions(),
            kind: kind_name,
            plural,
            labels: "",
        }
    }

    /// Names one of its objects.
    #[must_use]
    pub fn reference(&self, namespace: &str, name: &str, uid: &str) -> Option<ObjectReference> {
        let ApiResource { api_version, kind, .. } = self.api(0)?;
        Some(ObjectReference {
            api_version: Some(api_version),
            kind: Some(kind),
            namespace: Some(namespace.to_owned()),
            name: Some(name.to_owned()),
            uid: Some(uid.to_owned()),
            ..ObjectReference::default()
        })
    }

    /// The API of one of its versions, in their order; `None` where there are no more.
    pub(super) fn api(&self, version: usize) -> Option<ApiResource> {
        let version = *self.versions.get(version)?;
        Some(ApiResource {
            group: self.group.to_owned(),
            version: version.to_owned(),
            api_version: match self.group {
                "" => version.to_owned(),
                group => format!("{group}/{version}"),
            },
            kind: self.kind.to_owned(),
            plural: self.plural.to_owned(),
        })
    }
}
