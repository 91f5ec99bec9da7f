//! What applications that were let in are still to be charged, in all namespaces: the ledgers that admissions are judged by, and that whoever
//! watches the cluster keeps in step with it.
//!
//! Within a replica, decisions about one namespace are made one after the other: one whose ledger has changed meanwhile is made anew. Replicas do not
//! speak with each other. What another one let in is known once the watch tells of it, within a second or so; if that is too late for a
//! quota, it is counted here.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use crate::engine::facts::ResourceQuota;
use crate::engine::quota::ledger::{Arrival, Moved, OwnPod};
use crate::engine::quota::{Claim, JobDemand, Ledger, Statement, overdrawn};

/// The ledgers, behind a lock that is held for as long as it takes to look something up or to write it down.
#[derive(Debug)]
pub struct Reservations {
    cluster: Mutex<Cluster>,
    overlaps: Counter,
}

/// What is known of the cluster.
#[derive(Debug, Default)]
struct Cluster {
    ledgers: BTreeMap<String, Ledger>,
    applications: Knowledge,
    pods: Knowledge,
}

/// Whether everything of a kind was listed, and is being watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Knowledge {
    #[default]
    None,
    Synced,
}

/// Objects of a kind, by their namespaces and their names.
pub type Listed<T> = BTreeMap<String, BTreeMap<String, T>>;

impl Reservations {
    /// Nothing is known yet. Adds what is counted to `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let reservations = Self {
            cluster: Mutex::default(),
            overlaps: Counter::default(),
        };
        registry.register(
            "quota_overlaps",
            "Applications that another replica let in, and that overdraw a quota",
            reservations.overlaps.clone(),
        );
        reservations
    }

    /// What a namespace's ledger says to an application; `None` until applications and pods are known.
    pub fn statement(&self, namespace: &str, application: &str, now: Instant) -> Option<Statement> {
        let mut cluster = self.cluster();
        if (cluster.applications, cluster.pods) != (Knowledge::Synced, Knowledge::Synced) {
            return None;
        }
        let ledger = cluster.ledger(namespace);
        ledger.lapse(now);
        Some(ledger.statement(application))
    }

    /// Keeps a claim that was decided by a version of the namespace's ledger.
    ///
    /// # Errors
    /// The ledger has changed since.
    pub fn keep(&self, namespace: &str, claim: Claim, version: u64, now: Instant) -> Result<(), Moved> {
        self.cluster().ledger(namespace).claim(claim, version, now)
    }

    /// Notes all applications that there are, with what each is to be charged.
    pub fn list_applications(&self, mut listed: Listed<Option<JobDemand>>) {
        let mut cluster = self.cluster();
        for namespace in cluster.namespaces(&listed) {
            let applications = listed.remove(&namespace).unwrap_or_default();
            cluster.ledger(&namespace).list(applications);
        }
        cluster.applications = Knowledge::Synced;
    }

    /// Notes all pods that there are.
    pub fn list_pods(&self, mut listed: Listed<OwnPod>) {
        let mut cluster = self.cluster();
        for namespace in cluster.namespaces(&listed) {
            let pods = listed.remove(&namespace).unwrap_or_default();
            cluster.ledger(&namespace).list_pods(pods);
        }
        cluster.pods = Knowledge::Synced;
    }

    /// Notes an application as it is stored now. Gives the quotas that it overdraws, if another replica let it in.
    pub fn apply_application(
        &self,
        namespace: &str,
        application: &str,
        demand: Option<JobDemand>,
        quotas: &[ResourceQuota],
    ) -> Vec<String> {
        let mut cluster = self.cluster();
        let ledger = cluster.ledger(namespace);
        if ledger.apply(application, demand) != Arrival::Unclaimed {
            return Vec::new();
        }
        let overdrawn = overdrawn(quotas, &ledger.statement(""));
        if !overdrawn.is_empty() {
            self.overlaps.inc();
        }
        overdrawn
    }

    /// Notes that an application is gone.
    pub fn delete_application(&self, namespace: &str, application: &str) {
        self.cluster().ledger(namespace).delete(application);
    }

    /// Notes a pod as it is stored now.
    pub fn apply_pod(&self, namespace: &str, name: &str, pod: OwnPod) {
        self.cluster().ledger(namespace).apply_pod(name, pod);
    }

    /// Notes that a pod is gone.
    pub fn delete_pod(&self, namespace: &str, name: &str) {
        self.cluster().ledger(namespace).delete_pod(name);
    }

    /// What was known of applications is no longer believed, until they are listed again.
    pub fn forget_applications(&self) {
        self.cluster().applications = Knowledge::None;
    }

    /// The same of pods.
    pub fn forget_pods(&self) {
        self.cluster().pods = Knowledge::None;
    }

    fn cluster(&self) -> MutexGuard<'_, Cluster> {
        // Nothing that is done under the lock leaves a ledger half changed.
        self.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cluster {
    fn ledger(&mut self, namespace: &str) -> &mut Ledger {
        self.ledgers.entry(namespace.to_owned()).or_default()
    }

    /// Those that have a ledger, and those of a list.
    fn namespaces<T>(&self, listed: &Listed<T>) -> Vec<String> {
        let known = self.ledgers.keys().filter(|namespace| !listed.contains_key(*namespace));
        known.chain(listed.keys()).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
