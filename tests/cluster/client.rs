//! A client of the API server that speaks of objects as JSON, and waits for each answer.

use std::sync::LazyLock;

use axum::http::{Method, Request, header};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::Status;
use kube::{Config, Error};
use serde_json::Value;
use tokio::runtime::Runtime;

/// What all clients run on, and whatever else a test does at the side.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// What the API server answers: an object, or why not.
pub type Answer = Result<Value, Box<Status>>;

/// Somebody who asks the API server.
#[derive(Clone)]
pub struct Client(kube::Client);

impl Client {
    /// As whom a kubeconfig says.
    pub fn new(kubeconfig: &Value) -> Self {
        let kubeconfig: Kubeconfig = serde_json::from_value(kubeconfig.clone()).unwrap();
        RUNTIME.block_on(async {
            let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
                .await
                .unwrap();
            // An error is what a test is after, or is to fail at.
            config.default_retry = false;
            Self(kube::Client::try_from(config).unwrap())
        })
    }

    /// Creates an object, and gives it as it is stored.
    pub fn create(&self, object: &Value) -> Answer {
        self.request(&Method::POST, &collection(object), object)
    }

    /// As [`Self::create`], but for the storing.
    pub fn try_to_create(&self, object: &Value) -> Answer {
        self.request(&Method::POST, &format!("{}?dryRun=All", collection(object)), object)
    }

    /// Replaces the object of this kind and name.
    pub fn replace(&self, object: &Value) -> Answer {
        self.request(&Method::PUT, &place(object), object)
    }

    /// Replaces the object of this kind and name, by way of a subresource.
    pub fn replace_by(&self, sub_resource: &str, object: &Value) -> Answer {
        self.request(&Method::PUT, &format!("{}/{sub_resource}", place(object)), object)
    }

    /// Deletes the object of this kind and name.
    pub fn delete(&self, object: &Value) -> Answer {
        self.request(&Method::DELETE, &place(object), &Value::Null)
    }

    /// Applies an object on the server's side, as a manager of its fields that does not give way.
    pub fn apply(&self, manager: &str, object: &Value) -> Answer {
        let path = format!("{}?fieldManager={manager}&force=true", place(object));
        // JSON is YAML.
        self.send(&Method::PATCH, &path, "application/apply-patch+yaml", object)
    }

    /// Gives the object of this kind and name as it is stored.
    pub fn stored(&self, object: &Value) -> Answer {
        self.request(&Method::GET, &place(object), &Value::Null)
    }

    /// Asks for anything at all.
    pub fn request(&self, method: &Method, path: &str, body: &Value) -> Answer {
        self.send(method, path, "application/json", body)
    }

    fn send(&self, method: &Method, path: &str, content_type: &str, body: &Value) -> Answer {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, content_type)
            .body(body)
            .unwrap();
        match RUNTIME.block_on(self.0.request_text(request)) {
            // What has no JSON is health.
            Ok(text) => Ok(serde_json::from_str(&text).unwrap_or(Value::String(text))),
            Err(Error::Api(status)) => Err(status),
            Err(error) => Err(Box::new(Status::failure(&error.to_string(), "NoAnswer"))),
        }
    }
}

/// The path of all objects of this one's kind, in its namespace.
fn collection(object: &Value) -> String {
    let version = object["apiVersion"].as_str().unwrap();
    let api = if version.contains('/') { "apis" } else { "api" };
    let resource = object["kind"].as_str().unwrap().to_lowercase() + "s";
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("/{api}/{version}/namespaces/{namespace}/{resource}"),
        None => format!("/{api}/{version}/{resource}"),
    }
}

fn place(object: &Value) -> String {
    format!(
        "{}/{}",
        collection(object),
        object["metadata"]["name"].as_str().unwrap()
    )
}
