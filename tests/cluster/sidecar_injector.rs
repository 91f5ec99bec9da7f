//! Another mutating webhook, which comes after sparkgate and changes every pod, as Istio's does.

use std::future::pending;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::generate_simple_self_signed;
use rustls::ServerConfig;
use rustls::crypto::ring;
use serde_json::{Value, json};
use sparkgate::server::accept;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::client::RUNTIME;

/// The name of the container that it adds.
pub const SIDECAR: &str = "sidecar";

/// One that listens. It does so until the end of the tests.
pub struct SidecarInjector {
    port: u16,
    certificate: String,
}

impl SidecarInjector {
    pub fn start() -> Self {
        let own = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let certificate = own.cert.pem();
        let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.into()], own.signing_key.into())
            .unwrap();
        let router = Router::new().route("/inject", post(inject));
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        RUNTIME.spawn(accept::serve(
            listener,
            TlsAcceptor::from(Arc::new(tls)),
            router,
            pending(),
        ));
        Self { port, certificate }
    }

    /// What registers it for the pods of a namespace. API servers ask webhooks in the order of these names.
    pub fn configuration(&self, namespace: &str) -> Value {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": format!("the-sidecar-injector-{namespace}")},
            "webhooks": [{
                "name": "inject.sidecars.example.com",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "clientConfig": {
                    "url": format!("https://127.0.0.1:{}/inject", self.port),
                    "caBundle": BASE64_STANDARD.encode(&self.certificate),
                },
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "rules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]},
                ],
            }],
        })
    }
}

async fn inject(body: Bytes) -> impl IntoResponse {
    let review: Value = serde_json::from_slice(&body).unwrap();
    let request = &review["request"];
    let containers = request["object"]["spec"]["containers"].as_array().unwrap();
    let mut response = json!({"uid": request["uid"], "allowed": true});
    if containers.iter().all(|container| container["name"] != SIDECAR) {
        let sidecar = json!({"name": SIDECAR, "image": "registry.example.com/sidecar:1"});
        let patch = json!([{"op": "add", "path": "/spec/containers/0", "value": sidecar}]);
        response["patchType"] = json!("JSONPatch");
        response["patch"] = json!(BASE64_STANDARD.encode(patch.to_string()));
    }
    let answer = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
    ([(CONTENT_TYPE, "application/json")], answer.to_string())
}
