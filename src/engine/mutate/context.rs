//! What a mutation may know beyond the object that it changes.

use std::collections::BTreeMap;

use crate::engine::facts::labels_of;
use crate::engine::json::Json;
use crate::engine::kubernetes_version::KubernetesVersion;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::{RoleName, Workload};

/// What there is to know about a pod beyond the pod.
#[derive(Clone, Copy, Debug)]
pub struct PodContext<'c> {
    /// Whose it is.
    pub role: RoleName,
    /// The application that it belongs to; `None` where there is none, or it is not known yet.
    pub application: Option<&'c KnownApplication>,
    /// The labels of its namespace; `None` when they are not known.
    pub namespace_labels: Option<&'c BTreeMap<String, String>>,
    /// The version of the API server that makes it; `None` when it is not known.
    pub kubernetes_version: Option<KubernetesVersion>,
}

/// What a pod's application tells the mutations of the pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownApplication {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    driver: KnownRole,
    executor: KnownRole,
}

/// What an application says of the pods of one role, and a pod does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownRole {
    /// The options of its JVM, one after the other. A driver reads them from a file.
    pub java_options: String,
    /// The ports that kubeflow's operator adds to the pod, perhaps later.
    pub ports: Vec<i64>,
    /// Whether kubeflow's operator puts Prometheus' exporter into its JVM.
    pub exposes_metrics: bool,
}

impl KnownApplication {
    /// Takes it out of the application.
    #[must_use]
    pub fn of(object: Json<'_>) -> Self {
        // That of a schedule is the one of its runs.
        let spec = object.at(["spec", "template"]).or(object.get("spec"));
        Self {
            labels: labels_of(object),
            driver: spec.map_or_else(KnownRole::default, |spec| KnownRole::of(spec, RoleName::Driver)),
            executor: spec.map_or_else(KnownRole::default, |spec| KnownRole::of(spec, RoleName::Executor)),
        }
    }

    /// What it says of the pods of a role.
    #[must_use]
    pub fn role(&self, role: RoleName) -> &KnownRole {
        match role {
            RoleName::Driver => &self.driver,
            RoleName::Executor => &self.executor,
        }
    }
}

impl KnownRole {
    fn of(spec: Json<'_>, role: RoleName) -> Self {
        let section = spec.get(role.as_str());
        let property = |name: &str| spec.at(["sparkConf", &format!("spark.{role}.{name}")]);
        let java_options = [
            property("defaultJavaOptions"),
            property("extraJavaOptions"),
            section.and_then(|section| section.get("javaOptions")),
        ];
        let ports = section.and_then(|section| section.get("ports"));
        let exposed = match role {
            RoleName::Driver => "exposeDriverMetrics",
            RoleName::Executor => "exposeExecutorMetrics",
        };
        Self {
            java_options: java_options
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .collect::<Vec<_>>()
                .join(" "),
            ports: (ports.map_or(&[][..], Json::items).iter())
                .filter_map(|port| port.get("containerPort")?.as_i64())
                .collect(),
            exposes_metrics: spec.at(["monitoring", "prometheus"]).is_some()
                && spec.at(["monitoring", exposed]).and_then(Json::as_bool) == Some(true),
        }
    }
}

/// What there is to know about an application beyond its text.
#[derive(Clone, Copy, Debug)]
pub struct ApplicationContext<'c, 'a> {
    /// Whose API it is of.
    pub kind: ApplicationKind,
    /// The job that Spark would make of it as it is.
    pub workload: &'c Workload<'a>,
    /// The labels of its namespace; `None` when they are not known.
    pub namespace_labels: Option<&'c BTreeMap<String, String>>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::json::Arena;

    fn known(object: &Value) -> KnownApplication {
        KnownApplication::of(Arena::new().import(object))
    }

    #[test]
    fn an_application_tells_what_its_pods_do_not() {
        let spec = json!({
            "sparkConf": {"spark.driver.extraJavaOptions": "-Da=1", "spark.executor.defaultJavaOptions": "-Db=2"},
            "driver": {"javaOptions": "-Dc=3", "ports": [{"name": "x", "containerPort": 9404}, {"name": "y"}, null]},
            "executor": null,
            "monitoring": {"exposeDriverMetrics": true, "exposeExecutorMetrics": false, "prometheus": {}},
        });
        let driver = KnownRole {
            java_options: "-Da=1 -Dc=3".to_owned(),
            ports: vec![9404],
            exposes_metrics: true,
        };
        let executor = KnownRole {
            java_options: "-Db=2".to_owned(),
            ..KnownRole::default()
        };
        for object in [
            json!({ "spec": spec }),
            json!({"spec": {"schedule": "@daily", "template": spec}}),
        ] {
            let application = known(&object);
            assert_eq!(application.role(RoleName::Driver), &driver, "{object}");
            assert_eq!(application.role(RoleName::Executor), &executor, "{object}");
        }
    }

    #[test]
    fn what_is_no_application_tells_nothing() {
        for object in [
            json!({}),
            json!({"spec": []}),
            json!({"metadata": {"labels": {"a": 1}}, "spec": {"driver": 1}}),
        ] {
            assert_eq!(known(&object), KnownApplication::default(), "{object}");
        }
    }
}
