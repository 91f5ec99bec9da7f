use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prometheus_client::registry::Registry;
use rustls::crypto::ring;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::fake_api::{FakeApi, MUTATING, SECRET, VALIDATING};
use super::*;
use crate::certs;

const SCHEDULE: Schedule = Schedule {
    life: Duration::from_secs(360),
    dwell: Duration::from_secs(30),
    look_every: Duration::from_secs(10),
};
/// How long ago what an API server knows may have been so.
const LAG: Duration = Duration::from_secs(20);
/// How often clients connect.
const CONNECT_EVERY: Duration = Duration::from_secs(10);

/// A cluster whose clock stands still while anything happens, and jumps to the next timer when nothing does.
struct Cluster {
    api: FakeApi,
    start: Instant,
    replicas: Vec<Replica>,
    /// Whether every API server trusts something, so that no connection may fail any more.
    in_order: bool,
    /// Every leaf that a client has met.
    leaves: BTreeSet<Vec<u8>>,
}

struct Replica {
    number: usize,
    resolver: watch::Receiver<Option<Arc<Resolver>>>,
}

/// 2030-01-01, and what has passed since the start of the test.
fn clock(start: Instant) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_893_456_000) + start.elapsed()
}

#[derive(Debug)]
struct Clock(Instant);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let since_1970 = clock(self.0).duration_since(UNIX_EPOCH).ok()?;
        Some(UnixTime::since_unix_epoch(since_1970))
    }
}

impl Cluster {
    fn new(replicas: usize) -> Self {
        let mut cluster = Self {
            api: FakeApi::new(),
            start: Instant::now(),
            replicas: Vec::new(),
            in_order: false,
            leaves: BTreeSet::new(),
        };
        for number in 0..replicas {
            cluster.start_replica(number);
        }
        cluster
    }

    fn start_replica(&mut self, number: usize) {
        let (sender, resolver) = watch::channel(None);
        let metrics = Metrics::register(&mut Registry::default());
        let client = self.api.client(number);
        let start = self.start;
        tokio::spawn(async move {
            let identity = format!("sparkgate-{number}");
            let secret = "sparkgate-certs".to_owned();
            let mut keeper = keeper(&client, secret, identity, SCHEDULE, metrics, move || clock(start));
            sender.send_replace(Some(keeper.first().await));
            keeper.run().await;
        });
        self.replicas.push(Replica { number, resolver });
    }

    /// Lets time pass, while clients open connection after connection to every replica. A replica that dies is replaced.
    async fn pass(&mut self, seconds: u64) {
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end {
            sleep(CONNECT_EVERY).await;
            self.replace_the_dead();
            self.connect();
        }
    }

    fn replace_the_dead(&mut self) {
        let dead = self.api.objects().dead.clone();
        let before = self.replicas.len();
        self.replicas.retain(|replica| !dead.contains(&replica.number));
        for died in self.replicas.len()..before {
            self.start_replica(100 + died);
        }
    }

    fn connect(&mut self) {
        let believed = self.believed();
        self.in_order |= believed.iter().all(|bundle| !bundle.is_empty());
        if !self.in_order {
            return;
        }
        for replica in &self.replicas {
            let Some(resolver) = replica.resolver.borrow().clone() else {
                continue;
            };
            for bundle in &believed {
                match self.handshake(&resolver, bundle) {
                    Ok(leaf) => {
                        self.leaves.insert(leaf);
                    }
                    Err(error) => panic!("after {:?}, replica {}: {error}", self.start.elapsed(), replica.number),
                }
            }
        }
    }

    /// Every bundle that an API server may believe in.
    fn believed(&self) -> BTreeSet<String> {
        let objects = self.api.objects();
        let oldest = Instant::now().checked_sub(LAG).unwrap();
        let first = objects.configurations.iter().rposition(|(since, _)| *since <= oldest);
        objects.configurations[first.unwrap_or(0)..]
            .iter()
            .flat_map(|(_, configurations)| configurations)
            .map(bundle)
            .collect()
    }

    /// Connects as an API server does, and gives the certificate that it was shown.
    fn handshake(&self, resolver: &Arc<Resolver>, bundle: &str) -> io::Result<Vec<u8>> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(bundle.as_bytes()) {
            roots.add(authority.unwrap()).unwrap();
        }
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_details(provider, Arc::new(Clock(self.start)))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("sparkgate.sparkgate.svc").unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        let config = certs::server_config(Arc::clone(resolver) as _, clients::anybody()).unwrap();
        let mut server = ServerConnection::new(Arc::new(config)).map_err(io::Error::other)?;
        while client.is_handshaking() {
            let mut sent = Vec::new();
            client.write_tls(&mut sent)?;
            server.read_tls(&mut sent.as_slice())?;
            server.process_new_packets().map_err(io::Error::other)?;
            let mut answered = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut answered)?;
            }
            let mut rest = answered.as_slice();
            while !rest.is_empty() {
                client.read_tls(&mut rest)?;
                client.process_new_packets().map_err(io::Error::other)?;
            }
        }
        Ok(client.peer_certificates().unwrap()[0].to_vec())
    }

    fn secret(&self) -> Value {
        self.api.objects().get(SECRET).cloned().unwrap_or_default()
    }
}

/// The bundle of a configuration, which has one webhook.
fn bundle(configuration: &Value) -> String {
    let encoded = configuration["webhooks"][0]["clientConfig"]["caBundle"].as_str();
    let decoded = BASE64.decode(encoded.unwrap_or_default()).unwrap();
    String::from_utf8(decoded).unwrap()
}

#[tokio::test(start_paused = true)]
async fn three_rotations_fail_no_connection() {
    let mut cluster = Cluster::new(3);
    cluster.pass(900).await;
    assert!(cluster.leaves.len() >= 4, "{} leaves", cluster.leaves.len());
}

#[tokio::test(start_paused = true)]
async fn a_leader_may_be_lost_at_each_step() {
    // The Secret and both configurations, for the first, for the new one, and without the old one; the promotion between.
    for write in 1..=10 {
        let mut cluster = Cluster::new(2);
        cluster.api.objects().fatal_write = Some(write);
        cluster.pass(420).await;
        assert_eq!(cluster.api.objects().dead.len(), 1, "write {write}");
        assert!(
            cluster.leaves.len() >= 2,
            "write {write}: {} leaves",
            cluster.leaves.len()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_cut_off_is_trusted_until_its_certificate_expires() {
    let mut cluster = Cluster::new(3);
    cluster.pass(100).await;
    let cut_off = cluster.replicas.pop().unwrap();
    cluster.api.objects().dead.push(cut_off.number);
    cluster.replicas.push(Replica {
        number: usize::MAX,
        resolver: cut_off.resolver,
    });
    // The others promote the next one after 260 s or so, and the old one is good for 360.
    cluster.pass(250).await;
    assert_eq!(cluster.leaves.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn mends_a_bundle_within_a_minute_also_when_the_leader_has_just_gone() {
    let mut cluster = Cluster::new(2);
    cluster.pass(60).await;
    let published = cluster.believed();
    assert_eq!(published.len(), 1);
    for leader_goes in [false, true] {
        for path in [MUTATING, VALIDATING] {
            let mut objects = cluster.api.objects();
            let mut configuration = objects.get(path).unwrap().clone();
            configuration["webhooks"][0]["clientConfig"]["caBundle"] = json!("b2xk");
            objects.put(path, configuration);
            if leader_goes && path == VALIDATING {
                objects.dead.push(0);
            }
        }
        sleep(Duration::from_secs(60)).await;
        let objects = cluster.api.objects();
        for path in [MUTATING, VALIDATING] {
            let configuration = objects.get(path).unwrap();
            assert!(published.contains(&bundle(configuration)), "leader goes: {leader_goes}");
            assert_eq!(configuration["webhooks"][0]["timeoutSeconds"], 5);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn puts_back_what_somebody_has_taken_out_of_the_secret() {
    let mut cluster = Cluster::new(2);
    cluster.pass(60).await;
    let data = cluster.secret()["data"].take();
    cluster
        .api
        .objects()
        .put(SECRET, json!({"metadata": {"name": "sparkgate-certs"}}));
    cluster.pass(60).await;
    assert_eq!(cluster.secret()["data"], data);
    cluster.api.objects().delete(SECRET);
    cluster.pass(60).await;
    assert_eq!(cluster.secret()["data"], data);
}

#[tokio::test(start_paused = true)]
async fn leaves_a_key_alone_that_is_not_its_own() {
    let mut cluster = Cluster::new(0);
    let foreign = json!({"metadata": {"name": "sparkgate-certs"}, "data": {"tls.key": BASE64.encode("somebody's")}});
    cluster.api.objects().put(SECRET, foreign.clone());
    cluster.start_replica(0);
    cluster.pass(600).await;
    assert_eq!(cluster.secret()["data"], foreign["data"]);
    assert!(cluster.replicas[0].resolver.borrow().is_none());
}

#[test]
fn a_secret_is_named_as_kubernetes_names_objects() {
    for (name, expected) in [
        ("sparkgate-certs", true),
        ("a.b", true),
        ("", false),
        ("A", false),
        ("a/b", false),
    ] {
        assert_eq!(secret_name(name).is_ok(), expected, "{name}");
    }
}
