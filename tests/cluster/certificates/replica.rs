//! Replicas of sparkgate in this process, as far as certificates go: with lives of seconds, and mortal.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use sparkgate::certs::authority::server_names;
use sparkgate::certs::ca_bundle::CaBundles;
use sparkgate::certs::keeper::{Keeper, Places, Schedule};
use sparkgate::certs::resolver::Resolver;
use sparkgate::certs::secret::SecretStore;
use sparkgate::certs::{self, Metrics, clients};
use sparkgate::cluster::lease::Candidate;
use sparkgate::server::accept;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::{SECRET, lease};
use crate::cluster::balancer::Balancer;
use crate::cluster::client::RUNTIME;
use crate::cluster::{Cluster, SPARKGATE};

/// In seconds of the real clock, since an API server's own cannot be turned. A certificate is renewed 15 s after it was
/// made, and served 3 s or so later, so that 6 s are left for a machine that is busy.
const SCHEDULE: Schedule = Schedule {
    life: Duration::from_secs(24),
    dwell: Duration::from_secs(2),
    look_every: Duration::from_millis(250),
};

/// Replicas behind a Service. Whoever dies is replaced.
pub struct ReplicaSet<'a> {
    cluster: &'a Cluster,
    service: Arc<Balancer>,
    fate: Arc<Fate>,
    deaths: Receiver<usize>,
    alive: Vec<Replica>,
    /// How many there have been so far.
    pub started: usize,
}

struct Replica {
    number: usize,
    /// Where it answers, and those before it whose place it takes.
    addresses: Vec<SocketAddr>,
    /// Aborted when dropped.
    _work: JoinSet<()>,
}

/// What befalls replicas from outside.
struct Fate {
    /// How often an API server has asked any of them.
    asked: AtomicUsize,
    /// How many of the writes to come are the last of whoever makes them.
    deadly_writes: AtomicUsize,
    deaths: Sender<usize>,
}

impl<'a> ReplicaSet<'a> {
    /// Starts some. Whoever makes one of the first `deadly_writes` dies before it hears of its success.
    pub fn start(cluster: &'a Cluster, service: Balancer, replicas: usize, deadly_writes: usize) -> Self {
        let (sender, deaths) = mpsc::channel();
        let mut set = Self {
            cluster,
            service: Arc::new(service),
            fate: Arc::new(Fate {
                asked: AtomicUsize::new(0),
                deadly_writes: AtomicUsize::new(deadly_writes),
                deaths: sender,
            }),
            deaths,
            alive: Vec::new(),
            started: 0,
        };
        for _ in 0..replicas {
            set.start_one(Vec::new());
        }
        set
    }

    /// How often any of them has been asked.
    pub fn asked(&self) -> usize {
        self.fate.asked.load(Ordering::Relaxed)
    }

    /// Starts another for each that has died, to take its place in the Service as soon as it can. A Lease keeps others away
    /// for half a minute after its holder's death, for which nobody waits here.
    pub fn replace_the_dead(&mut self) {
        while let Ok(number) = self.deaths.try_recv() {
            let place = self.alive.iter().position(|replica| replica.number == number).unwrap();
            // The rest of it ends with this line, before there is a Lease to take.
            let Replica { addresses, .. } = self.alive.remove(place);
            self.cluster.admin.delete(&lease()).unwrap();
            self.start_one(addresses);
        }
    }

    fn start_one(&mut self, mut addresses: Vec<SocketAddr>) {
        let number = self.started;
        self.started += 1;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let kubeconfig = self.cluster.file_of(SPARKGATE);
        let client = RUNTIME.block_on(sparkgate::cluster::client(Some(&kubeconfig))).unwrap();
        let life = Life {
            number,
            client,
            fate: Arc::clone(&self.fate),
        };
        let relieved = addresses.clone();
        addresses.push(listener.local_addr().unwrap());
        self.alive.push(Replica {
            number,
            addresses,
            _work: work(life, listener, Arc::clone(&self.service), relieved),
        });
    }
}

/// What one replica does: it stands for the Lease, keeps its certificate, and answers as soon as it has one, instead of
/// those that it has relieved.
fn work(life: Life, listener: std::net::TcpListener, service: Arc<Balancer>, relieved: Vec<SocketAddr>) -> JoinSet<()> {
    let _runtime = RUNTIME.enter();
    let fate = Arc::clone(&life.fate);
    let identity = format!("{SPARKGATE}-{}", life.number);
    let client = life.client();
    let candidate = Candidate::new(client.clone(), SPARKGATE, identity);
    let leadership = candidate.leadership();
    let places = Places {
        bundles: CaBundles::new(&client, SPARKGATE),
        names: server_names(client.default_namespace()),
        secret: SecretStore::new(client, SECRET.to_owned()),
    };
    let metrics = Metrics::register(&mut Registry::default());
    let leads = move || leadership.holds();
    let mut keeper = Keeper::new(places, SCHEDULE, metrics, leads, SystemTime::now);
    let mut work = JoinSet::new();
    work.spawn(candidate.run());
    work.spawn(async move {
        let address = listener.local_addr().unwrap();
        answer(keeper.first().await, listener, fate);
        service.add(address);
        for address in relieved {
            service.remove(address);
        }
        keeper.run().await;
    });
    work
}

/// Answers until the end of the tests: a request that is under way when its replica dies would fail, and not for its
/// certificate.
fn answer(resolver: Arc<Resolver>, listener: std::net::TcpListener, fate: Arc<Fate>) {
    let tls = certs::server_config(resolver, clients::anybody()).unwrap();
    let router = Router::new().fallback(allow).with_state(fate);
    RUNTIME.spawn(accept::serve(
        TcpListener::from_std(listener).unwrap(),
        TlsAcceptor::from(Arc::new(tls)),
        router,
        pending(),
    ));
}

/// Allows everything, and has the next request come by a connection of its own.
async fn allow(State(fate): State<Arc<Fate>>, body: Bytes) -> impl IntoResponse {
    fate.asked.fetch_add(1, Ordering::Relaxed);
    let review: Value = serde_json::from_slice(&body).unwrap();
    let answer = json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": review["request"]["uid"], "allowed": true},
    });
    (
        [(CONTENT_TYPE, "application/json"), (CONNECTION, "close")],
        answer.to_string(),
    )
}

/// Somebody who asks the API server and may not live to hear the answer.
#[derive(Clone)]
struct Life {
    number: usize,
    client: kube::Client,
    fate: Arc<Fate>,
}

impl Life {
    fn client(self) -> kube::Client {
        let namespace = self.client.default_namespace().to_owned();
        kube::Client::new(Router::new().fallback(pass_on).with_state(self), namespace)
    }

    /// Whether this write was the last.
    fn ends(&self) -> bool {
        let fewer = |left: usize| left.checked_sub(1);
        let deadly = &self.fate.deadly_writes;
        deadly.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok()
    }
}

/// Passes a request on. What is written to the Lease is no step of a rotation.
async fn pass_on(State(life): State<Life>, request: Request) -> Response {
    let writes = request.method() != Method::GET && !request.uri().path().contains("/leases");
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let request = Request::from_parts(head, body.into());
    let Ok(answer) = life.client.send(request).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    if writes && answer.status().is_success() && life.ends() {
        life.fate.deaths.send(life.number).unwrap();
        return pending().await;
    }
    answer.map(Body::new)
}
