//! The `/api/v1/namespaces` of an API server, as far as a watch of metadata sees it, and its `/version`.
//!
//! Without a socket, as a rule: the paused clock of a test does not stand still for what is on its way through one.

use std::convert::Infallible;
use std::future::{IntoFuture, pending};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::stream;
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// How it answers from now on.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// A list has this version and these namespaces, and a watch begins.
    Serves(u32, Vec<Value>),
    /// As above, but it no longer knows what happened before that version.
    ForgotItsHistory(u32, Vec<Value>),
    /// Nothing but this status.
    Refuses(StatusCode),
    /// Nothing at all.
    Hangs,
}

pub struct FakeApi {
    behaviour: Arc<Mutex<Behaviour>>,
    watches: mpsc::UnboundedReceiver<OpenWatch>,
    router: Router,
}

/// A watch that a client has opened. It ends when dropped.
pub struct OpenWatch {
    /// The version that it starts after.
    pub version: String,
    lines: mpsc::UnboundedSender<String>,
}

#[derive(Clone)]
struct Shared {
    behaviour: Arc<Mutex<Behaviour>>,
    watches: mpsc::UnboundedSender<OpenWatch>,
}

impl FakeApi {
    pub fn new(behaviour: Behaviour) -> Self {
        let behaviour = Arc::new(Mutex::new(behaviour));
        let (opened, watches) = mpsc::unbounded_channel();
        let shared = Shared {
            behaviour: Arc::clone(&behaviour),
            watches: opened,
        };
        Self {
            behaviour,
            watches,
            router: Router::new()
                .route("/api/v1/namespaces", get(answer))
                .route("/version", get(version))
                .with_state(shared),
        }
    }

    /// A client that calls it directly.
    pub fn client(&self) -> Client {
        Client::new(self.router.clone(), "default")
    }

    /// A client as outside of tests, over a port of loopback.
    pub async fn client_over_loopback(&self) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, self.router.clone()).into_future());
        super::client_for(Config::new(url.parse().unwrap())).unwrap()
    }

    pub fn now(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    /// Waits until the client opens the next watch.
    pub async fn next_watch(&mut self) -> OpenWatch {
        self.watches.recv().await.unwrap()
    }
}

impl OpenWatch {
    /// Sends an event, such as `MODIFIED`.
    pub fn send(&self, kind: &str, object: &Value) {
        let event = json!({"type": kind, "object": object});
        self.lines.send(format!("{event}\n")).unwrap();
    }
}

/// The metadata of a namespace, with more of it than anybody wants.
pub fn namespace(name: &str, version: u32, labels: &Value) -> Value {
    json!({
        "apiVersion": "meta.k8s.io/v1",
        "kind": "PartialObjectMetadata",
        "metadata": {
            "name": name,
            "resourceVersion": version.to_string(),
            "labels": labels,
            "annotations": {"note": "long"},
            "managedFields": [{"manager": "kubectl", "operation": "Update"}]
        }
    })
}

/// What `kind: Status` says of a version whose history is gone.
pub fn expired() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Status",
        "status": "Failure",
        "reason": "Expired",
        "code": 410,
        "message": "too old resource version"
    })
}

async fn version(State(shared): State<Shared>) -> Response {
    let behaviour = shared.behaviour.lock().unwrap().clone();
    match behaviour {
        Behaviour::Serves(..) | Behaviour::ForgotItsHistory(..) => json!({
            "major": "1",
            "minor": "33",
            "gitVersion": "v1.33.1",
            "gitCommit": "",
            "gitTreeState": "clean",
            "buildDate": "",
            "goVersion": "",
            "compiler": "gc",
            "platform": "linux/amd64"
        })
        .to_string()
        .into_response(),
        Behaviour::Refuses(status) => status.into_response(),
        Behaviour::Hangs => pending().await,
    }
}

async fn answer(State(shared): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    let query = uri.query().unwrap_or_default();
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(key, value)| (key == name).then(|| value.to_owned()))
    };
    let is_watch = parameter("watch").is_some();
    let accepted = if is_watch {
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    } else {
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    };
    if headers.get(header::ACCEPT).is_none_or(|accept| accept != accepted) {
        return StatusCode::NOT_ACCEPTABLE.into_response();
    }
    let version = parameter("resourceVersion").unwrap_or_default();
    let behaviour = shared.behaviour.lock().unwrap().clone();
    match behaviour {
        Behaviour::ForgotItsHistory(since, _) if is_watch && version.parse::<u32>().unwrap() < since => {
            (StatusCode::GONE, expired().to_string()).into_response()
        }
        Behaviour::Serves(..) | Behaviour::ForgotItsHistory(..) if is_watch => {
            assert_eq!(parameter("allowWatchBookmarks").as_deref(), Some("true"));
            let (sender, lines) = mpsc::unbounded_channel();
            let watch = OpenWatch { version, lines: sender };
            // A test that has seen enough no longer listens.
            let _ = shared.watches.send(watch);
            let stream = stream::unfold(lines, |mut lines| async move {
                let line = lines.recv().await?;
                Some((Ok::<_, Infallible>(line), lines))
            });
            ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(stream)).into_response()
        }
        Behaviour::Serves(version, items) | Behaviour::ForgotItsHistory(version, items) => json!({
            "apiVersion": "meta.k8s.io/v1",
            "kind": "PartialObjectMetadataList",
            "metadata": {"resourceVersion": version.to_string()},
            "items": items
        })
        .to_string()
        .into_response(),
        Behaviour::Refuses(status) => status.into_response(),
        Behaviour::Hangs => pending().await,
    }
}
