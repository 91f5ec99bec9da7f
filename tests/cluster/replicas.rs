//! Replicas that come and go under load.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use super::balancer::Balancer;
use super::registration::{MUTATING, Registration, VALIDATING, at_port, in_namespace, plain_pod, until_asked};
use super::{root, shared};
use crate::serve::client::get;
use crate::serve::process::until;

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn no_request_fails_while_one_after_another_is_stopped() {
    let namespace = "replicas";
    let cluster = shared();
    cluster.namespace(namespace);
    // They share a certificate, as replicas share a Secret.
    let directory = tempfile::tempdir().unwrap();
    let start = || cluster.sparkgate_in(directory.path(), &root().join("policies"));
    let service = Balancer::start();
    let mut replicas = [start(), start(), start()];
    service.add(replicas[0].webhook);
    let _registrations = [MUTATING, VALIDATING].map(|kind| {
        let mut configuration = in_namespace(at_port(kind, service.port, &replicas[0]), namespace);
        // A mutation that fails open would go unseen here.
        configuration["webhooks"][0]["failurePolicy"] = json!("Fail");
        let registration = Registration::new(&cluster, configuration);
        until_asked(&cluster, kind, &replicas[0], namespace);
        registration
    });
    replicas[1..].iter().for_each(|replica| service.add(replica.webhook));

    let done = AtomicBool::new(false);
    let accepted = AtomicUsize::new(0);
    thread::scope(|scope| {
        let load: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        cluster.admin.try_to_create(&plain_pod(namespace)).unwrap();
                        accepted.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let more = |count| {
            let enough = accepted.load(Ordering::Relaxed) + count;
            until("requests are accepted", || {
                accepted.load(Ordering::Relaxed) >= enough || load.iter().any(thread::ScopedJoinHandle::is_finished)
            });
        };
        for replica in &mut replicas {
            more(100);
            replica.signal("TERM");
            until("it is no longer ready", || get(replica, "/readyz").status == 503);
            // Not every node hears of it at once.
            more(20);
            service.remove(replica.webhook);
            assert_eq!(replica.wait().code(), Some(0));
            *replica = start();
            service.add(replica.webhook);
        }
        more(100);
        done.store(true, Ordering::Relaxed);
    });
}
