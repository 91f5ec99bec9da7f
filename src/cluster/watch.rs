//! A watch of one resource, which keeps what is known of it in step with the API server.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use kube::api::{DynamicObject, TypeMeta};
use kube::discovery::ApiResource;
use kube::runtime::watcher::{self, DefaultBackoff, Event, watcher};
use kube::{Api, Client};
use prometheus_client::metrics::gauge::Gauge;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::resource::Resource;
use super::{BELIEF_TIME, Metrics, WATCH_SECONDS};

/// For how long the start waits for a resource that may not be listed. Rights that are granted together with the Deployment are there
/// within seconds.
pub const REFUSAL_TIME: Duration = Duration::from_secs(30);
/// How often a resource is looked for whose CRD is not installed.
pub const ABSENCE_TIME: Duration = Duration::from_secs(30);

const FORBIDDEN: u16 = 403;
const NOT_FOUND: u16 = 404;

/// Which object it is. That of the whole cluster has no namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its namespace; empty where it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What becomes of the objects of a resource.
pub trait Sink: Send + Sync + 'static {
    /// What is kept of an object. Everything else that was sent ends where this is read.
    type Fact: Send;

    /// Takes what is kept out of an object.
    fn read(&self, key: &Key, object: &Value) -> Self::Fact;

    /// These are all that there are.
    fn list(&self, facts: Vec<(Key, Self::Fact)>);

    /// There is one more, or it has changed.
    fn apply(&self, key: Key, fact: Self::Fact);

    /// One is gone.
    fn delete(&self, key: &Key);

    /// What was known is not known any more.
    fn forget(&self);
}

/// Tells when a watch has said what there is to say at the start.
#[derive(Debug)]
pub struct Settled(watch::Receiver<bool>);

impl Settled {
    /// Waits until everything was listed, or it is clear that it may not be.
    pub async fn wait(mut self) {
        // The only error is that nobody watches any more.
        let _ = self.0.wait_for(|is_settled| *is_settled).await;
    }
}

/// Keeps a [`Sink`] in step with the API server.
#[derive(Debug)]
pub struct Watch<S: Sink> {
    resource: Resource,
    sink: Arc<S>,
    synced: Gauge,
    settled: watch::Sender<bool>,
    outdated: Option<watch::Receiver<()>>,
    /// What the list that is under way has told so far.
    listed: Vec<(Key, S::Fact)>,
    /// The first failure since the last list.
    failing_since: Option<Instant>,
}

/// Why a watch came to its end.
enum End {
    Failed(watcher::Error),
    /// What was read is to be read anew.
    Outdated,
}

impl<S: Sink> Watch<S> {
    /// A watch that has not begun.
    #[must_use]
    pub fn new(resource: Resource, sink: Arc<S>, metrics: &Metrics) -> Self {
        Self {
            resource,
            sink,
            synced: metrics.synced(resource.name),
            settled: watch::Sender::new(false),
            outdated: None,
            listed: Vec::new(),
            failing_since: None,
        }
    }

    /// Has everything listed and read again, each time that something is sent there.
    #[must_use]
    pub fn anew_when(mut self, outdated: watch::Receiver<()>) -> Self {
        self.outdated = Some(outdated);
        self
    }

    /// Watches for ever, beside whoever calls. Tells when it has listed everything for the first time.
    #[must_use]
    pub fn begin(self, client: Client) -> Settled {
        let settled = Settled(self.settled.subscribe());
        tokio::spawn(self.run(client));
        settled
    }

    async fn run(mut self, client: Client) {
        // Not kube's backoff of streams: that one starts anew with each list, also with those that fail.
        let mut backoff = DefaultBackoff::default();
        let mut version = 0;
        loop {
            let Some(api) = self.resource.api(version) else {
                self.note_absence();
                version = 0;
                sleep(ABSENCE_TIME).await;
                continue;
            };
            // After a failure everything is listed again: a watch that was only taken up again would say nothing, if it
            // works, until an object changes.
            match self.follow(client.clone(), &api).await {
                End::Outdated => {}
                End::Failed(error) if code_of(&error) == Some(NOT_FOUND) => version += 1,
                End::Failed(error) => {
                    self.note_failure(&error);
                    sleep(backoff.next().unwrap_or(BELIEF_TIME)).await;
                }
            }
        }
    }

    /// Watches for as long as that works.
    async fn follow(&mut self, client: Client, api: &ApiResource) -> End {
        let config = watcher::Config::default()
            .timeout(WATCH_SECONDS)
            .labels(self.resource.labels);
        let mut events = Box::pin(watcher(Api::<DynamicObject>::all_with(client, api), config));
        loop {
            let event = tokio::select! {
                event = events.try_next() => event,
                () = changed(&mut self.outdated) => return End::Outdated,
            };
            match event {
                Ok(Some(event)) => self.note(event, api),
                // A watcher's stream has no end.
                Ok(None) => return End::Outdated,
                Err(error) => return End::Failed(error),
            }
        }
    }

    fn note(&mut self, event: Event<DynamicObject>, api: &ApiResource) {
        match event {
            Event::Init => self.listed.clear(),
            Event::InitApply(object) => self.listed.extend(self.read(object, api)),
            Event::InitDone => {
                let listed = std::mem::take(&mut self.listed);
                let resource = self.resource.name;
                tracing::debug!(resource, objects = listed.len(), "listed");
                if self.failing_since.take().is_some() {
                    tracing::info!(resource, "watching again");
                }
                self.know(listed);
            }
            Event::Apply(object) => {
                if let Some((key, fact)) = self.read(object, api) {
                    self.sink.apply(key, fact);
                }
            }
            Event::Delete(object) => {
                if let Some(key) = key_of(&object) {
                    self.sink.delete(&key);
                }
            }
        }
    }

    fn know(&mut self, facts: Vec<(Key, S::Fact)>) {
        self.sink.list(facts);
        self.synced.set(1);
        self.settled.send_replace(true);
    }

    /// What nobody has installed has no objects, and that is known.
    fn note_absence(&mut self) {
        tracing::debug!(resource = self.resource.name, "not installed");
        self.failing_since = None;
        self.know(Vec::new());
    }

    /// What was known is believed for a while yet.
    fn note_failure(&mut self, error: &watcher::Error) {
        let resource = self.resource.name;
        tracing::warn!(resource, %error, "cannot watch");
        let failing_for = self.failing_since.get_or_insert_with(Instant::now).elapsed();
        if failing_for >= BELIEF_TIME && self.synced.get() == 1 {
            self.sink.forget();
            self.synced.set(0);
            tracing::error!(resource, "no longer known");
        }
        let is_settled = *self.settled.borrow();
        if !is_settled && failing_for >= REFUSAL_TIME && code_of(error) == Some(FORBIDDEN) {
            self.settled.send_replace(true);
            tracing::error!(resource, "not known: sparkgate's service account may not list it");
        }
    }

    fn read(&self, mut object: DynamicObject, api: &ApiResource) -> Option<(Key, S::Fact)> {
        let key = key_of(&object)?;
        // The items of a list do not always say what they are.
        object.types = Some(TypeMeta {
            api_version: api.api_version.clone(),
            kind: api.kind.clone(),
        });
        object.metadata.managed_fields = None;
        let manifest = serde_json::to_value(object).ok()?;
        let fact = self.sink.read(&key, &manifest);
        Some((key, fact))
    }
}

/// Waits for something to be sent, for ever if nobody can.
async fn changed(receiver: &mut Option<watch::Receiver<()>>) {
    match receiver {
        Some(receiver) => {
            if receiver.changed().await.is_err() {
                pending::<()>().await;
            }
        }
        None => pending().await,
    }
}

fn key_of(object: &DynamicObject) -> Option<Key> {
    Some(Key {
        namespace: object.metadata.namespace.clone().unwrap_or_default(),
        name: object.metadata.name.clone()?,
    })
}

/// The status code that the API server answered with. The text of it says nothing where a whole API is not served.
fn code_of(error: &watcher::Error) -> Option<u16> {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => Some(status.code),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
