//! An API server, as far as a watch of one resource sees it, and its `/version`.
//!
//! Without a socket, as a rule: the paused clock of a test does not stand still for what is on its way through one.

use std::convert::Infallible;
use std::future::{IntoFuture, pending};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
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
    /// A list has this version and these objects, and a watch begins.
    Serves(u32, Vec<Value>),
    /// As above, but it no longer knows what happened before that version.
    ForgotItsHistory(u32, Vec<Value>),
    /// Nothing but this status.
    Refuses(StatusCode),
    /// The objects are below this path, and below others there is nothing.
    ServesAt(&'static str, Vec<Value>),
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
    /// Whose objects it is about.
    pub path: String,
    /// Which of them.
    pub labels: String,
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
                .route("/version", get(version))
                .fallback(answer)
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

/// A namespace, with more of it than anybody wants.
pub fn namespace(name: &str, version: u32, labels: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "status": {"phase": "Active"},
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
        Behaviour::Serves(..) | Behaviour::ForgotItsHistory(..) | Behaviour::ServesAt(..) => json!({
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

async fn answer(State(shared): State<Shared>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(key, value)| (key == name).then(|| value.to_owned()))
    };
    let is_watch = parameter("watch").is_some();
    let version = parameter("resourceVersion").unwrap_or_default();
    let behaviour = shared.behaviour.lock().unwrap().clone();
    match behaviour {
        Behaviour::ForgotItsHistory(since, _) if is_watch && version.parse::<u32>().unwrap() < since => {
            (StatusCode::GONE, expired().to_string()).into_response()
        }
        Behaviour::ServesAt(path, _) if path != uri.path() => StatusCode::NOT_FOUND.into_response(),
        Behaviour::Serves(..) | Behaviour::ForgotItsHistory(..) | Behaviour::ServesAt(..) if is_watch => {
            assert_eq!(parameter("allowWatchBookmarks").as_deref(), Some("true"));
            let (sender, lines) = mpsc::unbounded_channel();
            let watch = OpenWatch {
                path: uri.path().to_owned(),
                labels: parameter("labelSelector").unwrap_or_default(),
                version,
                lines: sender,
            };
            // A test that has seen enough no longer listens.
            let _ = shared.watches.send(watch);
            let stream = stream::unfold(lines, |mut lines| async move {
                let line = lines.recv().await?;
                Some((Ok::<_, Infallible>(line), lines))
            });
            ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(stream)).into_response()
        }
        Behaviour::Serves(version, items) | Behaviour::ForgotItsHistory(version, items) => list(version, &items),
        Behaviour::ServesAt(_, items) => list(1, &items),
        Behaviour::Refuses(status) => status.into_response(),
        Behaviour::Hangs => pending().await,
    }
}

fn list(version: u32, items: &[Value]) -> Response {
    let list = json!({
        "apiVersion": "v1",
        "kind": "List",
        "metadata": {"resourceVersion": version.to_string()},
        "items": items
    });
    list.to_string().into_response()
}
