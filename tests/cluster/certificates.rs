//! Certificates that replicas keep in a Secret, and the API server that trusts them by the `caBundle` of its webhook
//! configurations.

mod replica;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, RwLockWriteGuard};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::balancer::Balancer;
use super::registration::{MUTATING, Registration, VALIDATING, in_namespace, plain_pod};
use super::{Cluster, SPARKGATE, alone, path, shipped};
use crate::serve::client::{Connection, get};
use crate::serve::process::{Server, until};
use crate::serve::reviews::recorded;
use replica::ReplicaSet;

/// The Secret that the rights are for.
const SECRET: &str = "sparkgate-certs";
/// What is written to the Secret and to both configurations for the first certificate, then for another beside it; the
/// promotion of that one; then the Secret and both configurations without the first.
const WRITES_OF_A_ROTATION: usize = 10;
/// Between two requests of one client, so that the others get a word in.
const PAUSE: Duration = Duration::from_millis(20);

/// A cluster that gives the server the rights of `manifests/overlays/self-signed`, and has neither certificate nor leader.
/// The rights are for objects by their names, which other tests use too.
fn cluster(namespace: &str) -> RwLockWriteGuard<'static, Cluster> {
    let cluster = alone();
    cluster.namespace(namespace);
    let applied = cluster.kubectl(&["apply", "-f", "manifests/overlays/self-signed/rbac.yaml"]);
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    for left_over in [secret(), lease()] {
        let _ = cluster.admin.delete(&left_over);
    }
    let account = cluster.as_account(SPARKGATE, SPARKGATE);
    until("the rights count", || {
        let missing = [secret(), lease(), shipped(MUTATING)].map(|object| account.stored(&object).unwrap_err());
        missing.iter().all(|status| status.is_not_found())
    });
    cluster
}

fn secret() -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": SPARKGATE, "name": SECRET}})
}

fn lease() -> Value {
    let metadata = json!({"namespace": SPARKGATE, "name": SPARKGATE});
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata})
}

/// The shipped configurations, which ask a port about one namespace and carry no bundle. A mutation that fails open would
/// go unseen.
fn configurations(port: u16, namespace: &str) -> [Value; 2] {
    [MUTATING, VALIDATING].map(|kind| {
        let mut configuration = in_namespace(shipped(kind), namespace);
        configuration["metadata"]["name"] = json!(SPARKGATE);
        let webhook = &mut configuration["webhooks"][0];
        let path = webhook["clientConfig"]["service"]["path"].as_str().unwrap();
        webhook["clientConfig"] = json!({"url": format!("https://127.0.0.1:{port}{path}")});
        webhook["failurePolicy"] = json!("Fail");
        configuration
    })
}

/// What both configurations carry in the API, in PEM.
fn bundles(cluster: &Cluster) -> [String; 2] {
    [MUTATING, VALIDATING].map(|kind| {
        let mut configuration = shipped(kind);
        configuration["metadata"]["name"] = json!(SPARKGATE);
        let stored = cluster.admin.stored(&configuration).unwrap();
        let bundle = stored["webhooks"][0]["clientConfig"]["caBundle"].as_str();
        String::from_utf8(BASE64_STANDARD.decode(bundle.unwrap_or_default()).unwrap()).unwrap()
    })
}

/// Ends what goes on beside a test, however the test ends.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn rotate_three_times_while_no_request_fails_though_the_leader_dies_at_each_step_of_the_first() {
    let namespace = "certificates";
    let cluster = cluster(namespace);
    let service = Balancer::start();
    let port = service.port;
    let _registrations =
        configurations(port, namespace).map(|configuration| Registration::new(&cluster, configuration));
    let mut replicas = ReplicaSet::start(&cluster, service, 3, WRITES_OF_A_ROTATION);
    until("the API server trusts both webhooks", || {
        replicas.replace_the_dead();
        let before = replicas.asked();
        cluster.admin.try_to_create(&plain_pod(namespace)).is_ok() && replicas.asked() == before + 2
    });

    let [first_bundle, _] = bundles(&cluster);
    let review = recorded("sparkapplication-create-validate.json");
    let leaves = Mutex::new(BTreeSet::new());
    let done = AtomicBool::new(false);
    let api_server = || {
        while !done.load(Ordering::Relaxed) {
            cluster.admin.try_to_create(&plain_pod(namespace)).unwrap();
            thread::sleep(PAUSE);
        }
    };
    let somebody_else = || {
        while !done.load(Ordering::Relaxed) {
            for bundle in bundles(&cluster) {
                let address = ([127, 0, 0, 1], port).into();
                let mut connection = Connection::open_trusting(address, bundle.as_bytes()).unwrap();
                assert_eq!(connection.post("/validate", &review).status, 200);
                leaves.lock().unwrap().insert(connection.leaf());
            }
            thread::sleep(PAUSE);
        }
    };
    thread::scope(|scope| {
        let _end = End(&done);
        let clients = [
            scope.spawn(api_server),
            scope.spawn(api_server),
            scope.spawn(somebody_else),
        ];
        let mut wait = |what: &str, holds: &dyn Fn() -> bool| {
            until(what, || {
                replicas.replace_the_dead();
                holds() || clients.iter().any(thread::ScopedJoinHandle::is_finished)
            });
        };
        for rotation in 1..=3 {
            wait(&format!("rotation {rotation}"), &|| {
                leaves.lock().unwrap().len() > rotation
            });
        }
        wait("nobody trusts the first any more", &|| {
            bundles(&cluster).iter().all(|bundle| !bundle.contains(&first_bundle))
        });
    });
    assert_eq!(replicas.started, 3 + WRITES_OF_A_ROTATION);
}

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn are_trusted_whatever_others_do_to_the_configurations() {
    let namespace = "certificates-of-a-process";
    let cluster = cluster(namespace);
    let kubeconfig = cluster.file_of(SPARKGATE);
    let server = Server::start(&["--kubeconfig", path(&kubeconfig), "--certs-secret", SECRET]);
    let configurations = configurations(server.webhook.port(), namespace);
    let _registrations = configurations
        .each_ref()
        .map(|configuration| Registration::new(&cluster, configuration.clone()));
    let apply = || {
        configurations
            .each_ref()
            .map(|applied| cluster.admin.apply("gitops", applied).unwrap())
    };
    let trusted = || {
        let samples =
            ["/mutate", "/validate"].map(|path| format!("sparkgate_admission_requests_total{{path=\"{path}\""));
        let asked = || {
            let metrics = get(&server, "/metrics").body;
            samples
                .each_ref()
                .map(|sample| metrics.lines().find(|line| line.starts_with(sample)).map(str::to_owned))
        };
        let before = asked();
        cluster.admin.try_to_create(&plain_pod(namespace)).is_ok()
            && asked().iter().zip(before).all(|(now, before)| *now != before)
    };
    apply();
    until("the API server trusts both webhooks", trusted);

    let published = bundles(&cluster);
    let stored = configurations
        .each_ref()
        .map(|configuration| cluster.admin.stored(configuration).unwrap());
    assert_eq!(apply(), stored, "what GitOps applies again makes no difference");

    for mut wiped in stored {
        wiped["webhooks"][0]["clientConfig"]["caBundle"].take();
        cluster.admin.replace(&wiped).unwrap();
    }
    until("the bundles are back", || bundles(&cluster) == published);
    until("the API server trusts both webhooks again", trusted);
}
