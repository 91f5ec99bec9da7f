//! An API server as far as certificates need one: objects with versions, and server-side apply of a `caBundle`. Without a
//! socket, since the paused clock of a test does not stand still for what is on its way through one.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use kube::Client;
use serde_json::{Value, json};
use tokio::time::Instant;

pub const NAMESPACE: &str = "sparkgate";
pub const SECRET: &str = "/api/v1/namespaces/sparkgate/secrets/sparkgate-certs";
pub const MUTATING: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/sparkgate";
pub const VALIDATING: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sparkgate";
const LEASES: &str = "/leases";

#[derive(Clone, Default)]
pub struct FakeApi(Arc<Mutex<Objects>>);

#[derive(Default)]
pub struct Objects {
    by_path: BTreeMap<String, Value>,
    version: u64,
    /// Each state of the two configurations, and since when.
    pub configurations: Vec<(Instant, [Value; 2])>,
    /// How many writes were tried that are no renewals of a lease.
    writes: usize,
    /// Which of them the replica that tries it does not survive. It is done all the same.
    pub fatal_write: Option<usize>,
    /// Replicas that get no answer any more.
    pub dead: Vec<usize>,
}

impl FakeApi {
    /// One with both configurations, as somebody has applied them.
    pub fn new() -> Self {
        let api = Self::default();
        let configuration = |webhook: &str| {
            json!({
                "metadata": {"name": "sparkgate"},
                "webhooks": [{"name": webhook, "clientConfig": {"service": {"name": "sparkgate"}}, "timeoutSeconds": 5}]
            })
        };
        let mut objects = api.objects();
        objects.put(MUTATING, configuration("mutate.sparkgate.io"));
        objects.put(VALIDATING, configuration("validate.sparkgate.io"));
        drop(objects);
        api
    }

    pub fn objects(&self) -> MutexGuard<'_, Objects> {
        self.0.lock().unwrap()
    }

    /// The client of one replica.
    pub fn client(&self, replica: usize) -> Client {
        let router = Router::new()
            .fallback(answer)
            .layer(Extension(replica))
            .with_state(self.clone());
        Client::new(router, NAMESPACE)
    }
}

impl Objects {
    pub fn get(&self, path: &str) -> Option<&Value> {
        self.by_path.get(path)
    }

    pub fn put(&mut self, path: &str, mut object: Value) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.by_path.insert(path.to_owned(), object.clone());
        let configurations = [MUTATING, VALIDATING].map(|path| self.get(path).cloned().unwrap_or_default());
        self.configurations.push((Instant::now(), configurations));
        object
    }

    pub fn delete(&mut self, path: &str) {
        self.by_path.remove(path);
    }

    fn answer(&mut self, method: &Method, path: &str, body: &Bytes) -> Response {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let version = &body["metadata"]["resourceVersion"];
        match (method.as_str(), self.by_path.get(path)) {
            ("GET", Some(object)) => object.to_string().into_response(),
            ("POST", _) => {
                let path = format!("{path}/{}", body["metadata"]["name"].as_str().unwrap());
                if self.by_path.contains_key(&path) {
                    return refuse(StatusCode::CONFLICT, "AlreadyExists");
                }
                let object = self.put(&path, body);
                (StatusCode::CREATED, object.to_string()).into_response()
            }
            ("PUT" | "PATCH", Some(object)) if object["metadata"]["resourceVersion"] != *version => {
                refuse(StatusCode::CONFLICT, "Conflict")
            }
            ("PUT", Some(_)) => self.put(path, body).to_string().into_response(),
            ("PATCH", Some(object)) => {
                let object = apply(object.clone(), &body);
                self.put(path, object).to_string().into_response()
            }
            _ => refuse(StatusCode::NOT_FOUND, "NotFound"),
        }
    }
}

/// Merges a `caBundle` for each webhook by its name; whoever applies anything else is wrong.
fn apply(mut object: Value, applied: &Value) -> Value {
    for webhook in applied["webhooks"].as_array().unwrap() {
        let bundle = &webhook["clientConfig"]["caBundle"];
        assert_eq!(
            webhook,
            &json!({"name": webhook["name"], "clientConfig": {"caBundle": bundle}})
        );
        let webhooks = object["webhooks"].as_array_mut().unwrap();
        let merged = webhooks.iter_mut().find(|merged| merged["name"] == webhook["name"]);
        merged.unwrap()["clientConfig"]["caBundle"] = bundle.clone();
    }
    object
}

fn refuse(code: StatusCode, reason: &str) -> Response {
    let status = json!({
        "apiVersion": "v1",
        "kind": "Status",
        "status": "Failure",
        "reason": reason,
        "message": reason,
        "code": code.as_u16(),
    });
    (code, status.to_string()).into_response()
}

async fn answer(
    State(api): State<FakeApi>,
    Extension(replica): Extension<usize>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    let answer = {
        let mut objects = api.objects();
        let is_alive = |objects: &Objects| !objects.dead.contains(&replica);
        let answer = is_alive(&objects).then(|| {
            if method == Method::PATCH {
                let query = uri.query().unwrap_or_default();
                assert!(query.contains("fieldManager=sparkgate-ca-bundle"), "{query}");
                assert!(query.contains("force=true"), "{query}");
            }
            objects.answer(&method, uri.path(), &body)
        });
        if method != Method::GET && !uri.path().contains(LEASES) && is_alive(&objects) {
            objects.writes += 1;
            if objects.fatal_write == Some(objects.writes) {
                objects.dead.push(replica);
            }
        }
        answer.filter(|_| is_alive(&objects))
    };
    match answer {
        Some(answer) => answer,
        None => pending().await,
    }
}
