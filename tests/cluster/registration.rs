//! The webhook configurations that `manifests/` ship, at an address of loopback.

use std::fs;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::client::Client;
use super::{Cluster, shipped};
use crate::serve::client::get;
use crate::serve::process::{Server, until};

/// The kind of what registers `/mutate`.
pub const MUTATING: &str = "MutatingWebhookConfiguration";
/// The kind of what registers `/validate`.
pub const VALIDATING: &str = "ValidatingWebhookConfiguration";

/// A webhook configuration. It is deleted when dropped.
pub struct Registration {
    admin: Client,
    configuration: Value,
}

impl Registration {
    /// Registers a configuration.
    pub fn new(cluster: &Cluster, configuration: Value) -> Self {
        cluster.admin.create(&configuration).unwrap();
        Self {
            admin: cluster.admin.clone(),
            configuration,
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let _ = self.admin.delete(&self.configuration);
    }
}

/// The shipped configuration of a kind, asking whoever listens on a port with certificates of an authority.
pub fn at_port(kind: &str, port: u16, server: &Server) -> Value {
    let mut configuration = shipped(kind);
    let authority = BASE64_STANDARD.encode(fs::read(server.ca_file()).unwrap());
    for webhook in configuration["webhooks"].as_array_mut().unwrap() {
        let path = webhook["clientConfig"]["service"]["path"].as_str().unwrap();
        let url = format!("https://127.0.0.1:{port}{path}");
        webhook["clientConfig"] = json!({"url": url, "caBundle": authority});
    }
    configuration
}

/// The same for one of the enrolled namespaces only, so that other tests do not notice.
pub fn in_namespace(mut configuration: Value, namespace: &str) -> Value {
    configuration["metadata"]["name"] = json!(format!("sparkgate-{namespace}"));
    for webhook in configuration["webhooks"].as_array_mut().unwrap() {
        let itself = json!({"key": "kubernetes.io/metadata.name", "operator": "In", "values": [namespace]});
        let expressions = webhook["namespaceSelector"]["matchExpressions"].as_array_mut();
        expressions.unwrap().push(itself);
    }
    configuration
}

/// Registers a server for what `/mutate` or `/validate` of a namespace's objects is asked, and waits until it is.
pub fn register(cluster: &Cluster, kind: &str, server: &Server, namespace: &str) -> Registration {
    let configuration = in_namespace(at_port(kind, server.webhook.port(), server), namespace);
    let registration = Registration::new(cluster, configuration);
    until_asked(cluster, kind, server, namespace);
    registration
}

/// Registers a server for both.
pub fn register_both(cluster: &Cluster, server: &Server, namespace: &str) -> [Registration; 2] {
    [MUTATING, VALIDATING].map(|kind| register(cluster, kind, server, namespace))
}

/// Waits until the API server has heard of a registration.
pub fn until_asked(cluster: &Cluster, kind: &str, server: &Server, namespace: &str) {
    let path = if kind == MUTATING { "/mutate" } else { "/validate" };
    let sample = format!("sparkgate_admission_requests_total{{path=\"{path}\"");
    until(&format!("{path} is asked"), || {
        cluster.admin.try_to_create(&plain_pod(namespace)).unwrap();
        get(server, "/metrics").body.contains(&sample)
    });
}

/// A pod that is not Spark's.
pub fn plain_pod(namespace: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": namespace, "name": "plain"},
        "spec": {"containers": [{"name": "plain", "image": "registry.example.com/plain:1"}]},
    })
}
