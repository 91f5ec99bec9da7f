//! What the watches of applications and of pods tell the ledgers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use kube::Client;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::cluster::Metrics;
use crate::cluster::events::{Events, Notice};
use crate::cluster::facts::{ClusterFacts, StoredApplication};
use crate::cluster::resource::{Resource, SPARK_PODS};
use crate::cluster::store::Reader;
use crate::cluster::watch::{Key, Settled, Sink, Watch};
use crate::engine::Facts;
use crate::engine::json::Arena;
use crate::engine::kubernetes_version::KubernetesVersion;
use crate::engine::policy::PolicySet;
use crate::engine::quota::ledger::OwnPod;
use crate::engine::quota::{JobDemand, NotAdmitted, account_of, stored};
use crate::engine::request::Request;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::kubeflow::OperatorWebhook;
use crate::engine::workload::pod::DriverPod;
use crate::server::known::{FactSource, Known};
use crate::server::reservations::{Listed, Reservations};

/// The applications that pods are made for. A schedule has none of its own: each of its runs is an application.
const KINDS: [ApplicationKind; 2] = [ApplicationKind::Kubeflow, ApplicationKind::Apache];
/// How often it is looked whether the policies, or the facts that demands are worked out by, have changed. Then all applications are
/// listed again.
const REVISION_TIME: Duration = Duration::from_secs(10);

/// Works out what jobs that are stored are to be charged.
#[derive(Debug)]
pub struct Jobs {
    pub facts: Arc<ClusterFacts>,
    pub policies: Arc<ArcSwap<PolicySet>>,
    pub reservations: Arc<Reservations>,
    pub events: Events,
    pub operator_webhook: OperatorWebhook,
    pub kubernetes_version: Option<KubernetesVersion>,
}

impl Jobs {
    /// Watches applications and pods. Gives what tells when each is listed.
    pub fn watch(self, client: &Client, metrics: &Metrics) -> Vec<Settled> {
        let jobs = Arc::new(self);
        let demands = Arc::new(Demands::new(Arc::clone(&jobs)));
        let (outdated, seen_outdated) = watch::channel(());
        let pods = Arc::new(Pods(Arc::clone(&jobs)));
        let mut settled = vec![Watch::new(SPARK_PODS, pods, metrics).begin(client.clone())];
        for kind in KINDS {
            if let Some(known) = jobs.facts.applications(kind) {
                let applications = Applications {
                    kind,
                    known: Reader {
                        store: Arc::clone(known),
                        read: |object| StoredApplication::from_json(object).map(Arc::new),
                    },
                    demands: Arc::clone(&demands),
                };
                let watch = Watch::new(Resource::applications(kind), Arc::new(applications), metrics);
                settled.push(watch.anew_when(seen_outdated.clone()).begin(client.clone()));
            }
        }
        tokio::spawn(jobs.revise(outdated));
        settled
    }

    /// Tells an application that others were let in at the same moment, and that not all of them fit.
    fn tell_of_overlap(&self, kind: ApplicationKind, namespace: &str, name: &str, quotas: &str) {
        if let Some(regarding) = self.facts.reference(kind, namespace, name) {
            self.events.tell(Notice {
                regarding,
                reason: "QuotaOverdrawn",
                action: "Admit".to_owned(),
                note: format!(
                    "was let in at the same moment as others that do not fit beside it: pods may have to wait until the quotas \
                     {quotas} of the namespace have room"
                ),
            });
        }
    }

    /// Tells when demands are to be worked out anew.
    async fn revise(self: Arc<Self>, outdated: watch::Sender<()>) {
        let mut basis = self.basis();
        loop {
            sleep(REVISION_TIME).await;
            let now = self.basis();
            if now != basis {
                outdated.send_replace(());
                basis = now;
            }
        }
    }

    fn basis(&self) -> (u64, [u64; 4]) {
        (self.policies.load().generation(), self.facts.version())
    }

    fn demand(&self, object: &Value) -> Result<Option<JobDemand>, NotAdmitted> {
        let arena = Arena::new();
        let Some(request) = Request::of_manifest(&arena, arena.import(object), None) else {
            return Ok(None);
        };
        let known = Known::about(&request, &*self.facts);
        stored::demand_of(&self.policies.load(), &request, &self.facts(&known))
    }

    fn facts<'k>(&self, known: &'k Known) -> Facts<'k> {
        Facts {
            operator_webhook: self.operator_webhook,
            kubernetes_version: self.kubernetes_version,
            ..known.facts(None)
        }
    }
}

/// The applications of one kind.
struct Applications {
    kind: ApplicationKind,
    known: Reader<Arc<StoredApplication>>,
    demands: Arc<Demands>,
}

impl Sink for Applications {
    type Fact = (Option<Arc<StoredApplication>>, Demand);

    fn read(&self, key: &Key, object: &Value) -> Self::Fact {
        let demand = self.demands.jobs.demand(object);
        (self.known.read(key, object), demand.ok())
    }

    fn list(&self, facts: Vec<(Key, Self::Fact)>) {
        let (known, demands) = facts
            .into_iter()
            .map(|(key, (known, demand))| ((key.clone(), known), (key, demand)))
            .unzip();
        self.known.list(known);
        self.demands.list(self.kind, demands);
    }

    fn apply(&self, key: Key, (known, demand): Self::Fact) {
        self.known.apply(key.clone(), known);
        self.demands.apply(self.kind, &key, demand);
    }

    fn delete(&self, key: &Key) {
        self.known.delete(key);
        self.demands.delete(self.kind, key);
    }

    fn forget(&self) {
        self.known.forget();
        self.demands.forget(self.kind);
    }
}

/// What an application is to be charged; the outer `None` is not known.
type Demand = Option<Option<JobDemand>>;

/// The demands of all applications. As long as one of them is not known, what others leave of a quota is not known either.
struct Demands {
    jobs: Arc<Jobs>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The kinds that were listed, and are being watched.
    kinds: BTreeSet<ApplicationKind>,
    known: BTreeMap<(ApplicationKind, Key), Option<JobDemand>>,
    unknown: BTreeSet<(ApplicationKind, Key)>,
}

impl Demands {
    fn new(jobs: Arc<Jobs>) -> Self {
        Self {
            jobs,
            state: Mutex::default(),
        }
    }

    fn list(&self, kind: ApplicationKind, demands: Vec<(Key, Demand)>) {
        let mut state = self.state();
        state.remove_kind(kind);
        state.kinds.insert(kind);
        for (key, demand) in demands {
            state.insert((kind, key), demand);
        }
        self.publish(&state);
    }

    fn apply(&self, kind: ApplicationKind, key: &Key, demand: Demand) {
        let mut state = self.state();
        let was_complete = state.is_complete();
        state.insert((kind, key.clone()), demand.clone());
        match demand {
            Some(demand) if was_complete => self.arrive(kind, key, demand),
            _ => self.publish(&state),
        }
    }

    fn delete(&self, kind: ApplicationKind, key: &Key) {
        let mut state = self.state();
        let was_complete = state.is_complete();
        state.remove(&(kind, key.clone()));
        if was_complete {
            let account = account_of(kind, &key.name);
            self.jobs.reservations.delete_application(&key.namespace, &account);
        } else {
            self.publish(&state);
        }
    }

    fn forget(&self, kind: ApplicationKind) {
        let mut state = self.state();
        state.remove_kind(kind);
        self.publish(&state);
    }

    /// Tells the ledger of one application, where all others are known.
    fn arrive(&self, kind: ApplicationKind, Key { namespace, name }: &Key, demand: Option<JobDemand>) {
        let quotas = self.jobs.facts.quotas(namespace).unwrap_or_default();
        let overdrawn = self
            .jobs
            .reservations
            .apply_application(namespace, &account_of(kind, name), demand, &quotas);
        if !overdrawn.is_empty() {
            let quotas = overdrawn.join(", ");
            tracing::warn!(namespace, name, quotas, "another replica let in more than fits");
            self.jobs.tell_of_overlap(kind, namespace, name, &quotas);
        }
    }

    /// Tells the ledgers of everything, or that something is not known.
    fn publish(&self, state: &State) {
        if state.is_complete() {
            self.jobs.reservations.list_applications(state.listed());
        } else {
            self.jobs.reservations.forget_applications();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_complete(&self) -> bool {
        self.unknown.is_empty() && KINDS.iter().all(|kind| self.kinds.contains(kind))
    }

    fn insert(&mut self, id: (ApplicationKind, Key), demand: Demand) {
        self.remove(&id);
        match demand {
            Some(demand) => drop(self.known.insert(id, demand)),
            None => drop(self.unknown.insert(id)),
        }
    }

    fn remove(&mut self, id: &(ApplicationKind, Key)) {
        self.known.remove(id);
        self.unknown.remove(id);
    }

    fn remove_kind(&mut self, kind: ApplicationKind) {
        self.kinds.remove(&kind);
        self.known.retain(|(other, _), _| *other != kind);
        self.unknown.retain(|(other, _)| *other != kind);
    }

    fn listed(&self) -> Listed<Option<JobDemand>> {
        let mut listed = Listed::new();
        for ((kind, Key { namespace, name }), demand) in &self.known {
            let applications: &mut BTreeMap<_, _> = listed.entry(namespace.clone()).or_default();
            applications.insert(account_of(*kind, name), demand.clone());
        }
        listed
    }
}

/// The pods that Spark made.
struct Pods(Arc<Jobs>);

impl Sink for Pods {
    type Fact = (Option<OwnPod>, Option<DriverPod>);

    fn read(&self, Key { namespace, name }: &Key, object: &Value) -> Self::Fact {
        let arena = Arena::new();
        let pod = arena.import(object);
        let priority_classes = self.0.facts.priority_classes();
        let facts = Facts {
            priority_classes: priority_classes.as_deref(),
            ..Facts::default()
        };
        let own = stored::pod_of(pod, &facts).inspect_err(|error| {
            tracing::warn!(namespace, name, %error, "a pod is not understood, and so not counted");
        });
        (own.ok().flatten(), DriverPod::of(pod))
    }

    fn list(&self, facts: Vec<(Key, Self::Fact)>) {
        let mut listed = Listed::new();
        let mut drivers = Vec::new();
        for (key, (own, driver)) in facts {
            if let Some(own) = own {
                let pods: &mut BTreeMap<_, _> = listed.entry(key.namespace.clone()).or_default();
                pods.insert(key.name.clone(), own);
            }
            if driver.is_some() {
                drivers.push((key, driver));
            }
        }
        self.0.facts.drivers.list(drivers);
        self.0.reservations.list_pods(listed);
    }

    fn apply(&self, key: Key, (own, driver): Self::Fact) {
        match own {
            Some(own) => self.0.reservations.apply_pod(&key.namespace, &key.name, own),
            None => self.0.reservations.delete_pod(&key.namespace, &key.name),
        }
        match driver {
            Some(driver) => self.0.facts.drivers.apply(key, Some(driver)),
            None => self.0.facts.drivers.delete(&key),
        }
    }

    fn delete(&self, key: &Key) {
        self.0.reservations.delete_pod(&key.namespace, &key.name);
        self.0.facts.drivers.delete(key);
    }

    fn forget(&self) {
        self.0.reservations.forget_pods();
        self.0.facts.drivers.forget();
    }
}

#[cfg(test)]
mod tests;
