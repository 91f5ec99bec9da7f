//! Events about executors that were refused: at their application, where that is known, or else at their driver.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::core::v1::ObjectReference;

use crate::cluster::events::{Events, Notice};
use crate::cluster::facts::ClusterFacts;
use crate::cluster::resource::SPARK_PODS;
use crate::engine::finding::{Enforcement, Verdict};
use crate::engine::json::Json;
use crate::engine::request::Request;
use crate::engine::review::denial;
use crate::engine::workload::pod::application_of;
use crate::server::denials::DenialListener;

/// Makes events of refusals.
#[derive(Debug)]
pub struct Denials {
    pub facts: Arc<ClusterFacts>,
    pub events: Events,
}

impl DenialListener for Denials {
    fn executor_denied(&self, request: &Request<'_>, verdict: &Verdict) {
        let (Some(namespace), Some(pod)) = (request.namespace, request.object) else {
            return;
        };
        let Some(regarding) = self.application(namespace, pod).or_else(|| driver(namespace, pod)) else {
            return;
        };
        let denying = verdict
            .findings
            .iter()
            .filter(|finding| finding.enforcement == Enforcement::Deny);
        let codes: BTreeSet<String> = denying.map(|finding| finding.code.to_string()).collect();
        let name = request.object_name().unwrap_or_default();
        self.events.tell(Notice {
            regarding,
            reason: "ExecutorDenied",
            action: codes.into_iter().collect::<Vec<_>>().join(","),
            note: format!(
                "the executor pod {name} was refused: {}",
                denial(&verdict.findings).replace('\n', "; ")
            ),
        });
    }
}

impl Denials {
    fn application(&self, namespace: &str, pod: Json<'_>) -> Option<ObjectReference> {
        let (kind, name) = application_of(pod)?;
        self.facts.reference(kind, namespace, name)
    }
}

/// The driver that an executor belongs to, which Spark makes its owner in cluster mode.
fn driver(namespace: &str, pod: Json<'_>) -> Option<ObjectReference> {
    let owners = pod.at(["metadata", "ownerReferences"])?.items();
    let driver = owners
        .iter()
        .find(|owner| owner.get("kind").and_then(Json::as_str) == Some("Pod"))?;
    let text = |key| driver.get(key).and_then(Json::as_str);
    SPARK_PODS.reference(namespace, text("name")?, text("uid")?)
}

#[cfg(test)]
mod tests;
