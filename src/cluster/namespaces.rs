//! The labels of the cluster's namespaces.

use std::collections::{BTreeMap, HashMap};
use std::future::ready;
use std::sync::Arc;

use futures::TryStreamExt;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{ObjectMeta, PartialObjectMeta};
use kube::runtime::watcher::{self, DefaultBackoff, Event, watcher};
use kube::{Api, Client};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::{BELIEF_TIME, Metrics, WATCH_SECONDS};

/// The labels of a namespace.
pub type Labels = Arc<BTreeMap<String, String>>;

type LabelsByName = HashMap<String, Labels>;

/// The namespaces of the cluster; until a [`Watch`] has listed them, nothing is known of any.
#[derive(Debug, Default)]
pub struct Namespaces {
    known: watch::Sender<Option<LabelsByName>>,
}

impl Namespaces {
    /// The labels of a namespace; `None` when they are not known, as those of a namespace that is gone.
    #[must_use]
    pub fn labels(&self, namespace: &str) -> Option<Labels> {
        self.known.borrow().as_ref()?.get(namespace).cloned()
    }

    /// Waits until the namespaces are known.
    pub async fn synced(&self) {
        // The only error is that there is no sender any more.
        let _ = self.known.subscribe().wait_for(Option::is_some).await;
    }

    fn replace(&self, namespaces: LabelsByName) {
        self.known.send_replace(Some(namespaces));
    }

    /// Makes them unknown; says whether they were known.
    fn forget(&self) -> bool {
        self.known.send_replace(None).is_some()
    }

    fn update(&self, change: impl FnOnce(&mut LabelsByName)) {
        self.known.send_modify(|known| {
            if let Some(namespaces) = known {
                change(namespaces);
            }
        });
    }
}

/// Keeps [`Namespaces`] in step with the API server.
#[derive(Debug)]
pub struct Watch {
    namespaces: Arc<Namespaces>,
    synced: Gauge,
    /// What the list that is under way has told so far.
    listed: LabelsByName,
    /// The first failure since the last list.
    failing_since: Option<Instant>,
}

impl Watch {
    /// A watch that has not begun.
    #[must_use]
    pub fn new(namespaces: Arc<Namespaces>, metrics: &Metrics) -> Self {
        Self {
            namespaces,
            synced: metrics.synced("namespaces"),
            listed: HashMap::new(),
            failing_since: None,
        }
    }

    /// Watches for ever.
    pub async fn run(mut self, client: Client) {
        let api = Api::<PartialObjectMeta<Namespace>>::all(client);
        let config = watcher::Config::default().timeout(WATCH_SECONDS);
        // Not kube's backoff of streams: that one starts anew with each list, also with those that fail.
        let mut backoff = DefaultBackoff::default();
        loop {
            let watched = watcher(api.clone(), config.clone()).try_for_each(|event| {
                self.note(event);
                ready(Ok(()))
            });
            // After a failure everything is listed again: a watch that was only taken up again would say nothing, if it
            // works, until a namespace changes.
            if let Err(error) = watched.await {
                self.note_failure(&error);
            }
            sleep(backoff.next().unwrap_or(BELIEF_TIME)).await;
        }
    }

    fn note(&mut self, event: Event<PartialObjectMeta<Namespace>>) {
        match event {
            Event::Init => self.listed.clear(),
            Event::InitApply(object) => self.listed.extend(labels_of(object)),
            Event::InitDone => {
                let listed = std::mem::take(&mut self.listed);
                tracing::debug!(namespaces = listed.len(), "listed the namespaces");
                self.namespaces.replace(listed);
                self.synced.set(1);
                if self.failing_since.take().is_some() {
                    tracing::info!("watching namespaces again");
                }
            }
            Event::Apply(object) => self
                .namespaces
                .update(|namespaces| namespaces.extend(labels_of(object))),
            Event::Delete(object) => {
                if let Some((name, _)) = labels_of(object) {
                    self.namespaces.update(|namespaces| drop(namespaces.remove(&name)));
                }
            }
        }
    }

    /// What was known is believed for a while yet.
    fn note_failure(&mut self, error: &watcher::Error) {
        tracing::warn!(%error, "cannot watch namespaces");
        let failing_since = *self.failing_since.get_or_insert_with(Instant::now);
        if failing_since.elapsed() >= BELIEF_TIME && self.namespaces.forget() {
            self.synced.set(0);
            tracing::error!("the labels of namespaces are no longer known");
        }
    }
}

/// The name and the labels. Everything else that was sent ends here.
fn labels_of(object: PartialObjectMeta<Namespace>) -> Option<(String, Labels)> {
    let ObjectMeta { name, labels, .. } = object.metadata;
    Some((name?, Arc::new(labels.unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::StatusCode;
    use kube::api::ListParams;
    use prometheus_client::registry::Registry;
    use serde_json::{Value, json};
    use tokio::task::JoinSet;
    use tokio::time::timeout;

    use super::super::SILENCE_TIME;
    use super::super::fake_api::{Behaviour, FakeApi, OpenWatch, expired, namespace};
    use super::*;

    /// A watch that runs. The clock of most of these tests stands still while anything happens, and jumps to the next
    /// timer when nothing does.
    struct Watched {
        api: FakeApi,
        namespaces: Arc<Namespaces>,
        synced: Gauge,
        /// Ends with its test case.
        _watch: JoinSet<()>,
    }

    impl Watched {
        fn start(behaviour: Behaviour) -> Self {
            let api = FakeApi::new(behaviour);
            let client = api.client();
            Self::start_with(api, client)
        }

        fn start_with(api: FakeApi, client: Client) -> Self {
            let namespaces = Arc::default();
            let metrics = Metrics::register(&mut Registry::default());
            let watch = Watch::new(Arc::clone(&namespaces), &metrics);
            Self {
                api,
                namespaces,
                synced: metrics.synced("namespaces"),
                _watch: JoinSet::from_iter([watch.run(client)]),
            }
        }

        /// The watch that follows the first list.
        async fn synced(&mut self) -> OpenWatch {
            self.namespaces.synced().await;
            self.api.next_watch().await
        }

        /// The label `tier` of a namespace, if the namespace is known.
        fn tier(&self, namespace: &str) -> Option<Value> {
            let labels = self.namespaces.labels(namespace)?;
            Some(json!(labels.get("tier")))
        }

        async fn until_tier(&self, namespace: &str, tier: Option<Value>) {
            let mut changes = self.namespaces.known.subscribe();
            while self.tier(namespace) != tier {
                changes.changed().await.unwrap();
            }
        }
    }

    fn tier(name: &str, version: u32, tier: &str) -> Value {
        namespace(name, version, &json!({"tier": tier}))
    }

    fn two_namespaces() -> Behaviour {
        Behaviour::Serves(
            10,
            vec![tier("alpha", 3, "production"), namespace("bare", 4, &json!(null))],
        )
    }

    #[tokio::test(start_paused = true)]
    async fn knows_every_namespace_after_the_first_list() {
        let mut watched = Watched::start(two_namespaces());
        assert_eq!(watched.tier("alpha"), None);
        assert_eq!(watched.synced.get(), 0);

        let watch = watched.synced().await;
        assert_eq!(watch.version, "10");
        assert_eq!(watched.tier("alpha"), Some(json!("production")));
        assert_eq!(watched.tier("bare"), Some(json!(null)), "no labels are known labels");
        assert_eq!(watched.tier("other"), None);
        assert_eq!(watched.synced.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn follows_what_happens_to_namespaces() {
        let mut watched = Watched::start(two_namespaces());
        let watch = watched.synced().await;

        watch.send("MODIFIED", &tier("alpha", 11, "sandbox"));
        watched.until_tier("alpha", Some(json!("sandbox"))).await;
        watch.send("ADDED", &tier("beta", 12, "production"));
        watched.until_tier("beta", Some(json!("production"))).await;
        watch.send("DELETED", &tier("alpha", 13, "sandbox"));
        watched.until_tier("alpha", None).await;
        assert_eq!(watched.tier("beta"), Some(json!("production")));
    }

    #[tokio::test]
    async fn watches_over_a_connection() {
        let api = FakeApi::new(two_namespaces());
        let client = api.client_over_loopback().await;
        let mut watched = Watched::start_with(api, client);
        let watch = watched.synced().await;
        watch.send("MODIFIED", &tier("alpha", 11, "sandbox"));
        watched.until_tier("alpha", Some(json!("sandbox"))).await;
    }

    #[tokio::test(start_paused = true)]
    async fn takes_an_api_server_that_says_nothing_for_one_that_fails() {
        let client = FakeApi::new(Behaviour::Hangs).client_over_loopback().await;
        let started = Instant::now();
        let listed = Api::<Namespace>::all(client)
            .list_metadata(&ListParams::default())
            .await;
        assert!(listed.is_err());
        assert!(started.elapsed() >= SILENCE_TIME);
    }

    #[tokio::test(start_paused = true)]
    async fn takes_up_a_watch_that_ended_where_it_was() {
        let mut watched = Watched::start(two_namespaces());
        let watch = watched.synced().await;
        // Were it to list, it would see none.
        watched.api.now(Behaviour::Serves(20, Vec::new()));
        watch.send("BOOKMARK", &namespace("", 15, &json!(null)));
        drop(watch);

        let watch = watched.api.next_watch().await;
        assert_eq!(watch.version, "15");
        assert_eq!(watched.tier("alpha"), Some(json!("production")));
    }

    #[tokio::test(start_paused = true)]
    async fn renews_a_watch_whose_connection_died_silently() {
        let mut watched = Watched::start(two_namespaces());
        let dead = watched.synced().await;
        assert_eq!(watched.api.next_watch().await.version, "10");
        drop(dead);
    }

    #[tokio::test(start_paused = true)]
    async fn lists_again_when_what_happened_meanwhile_is_no_longer_known() {
        let later = Behaviour::ForgotItsHistory(20, vec![tier("beta", 19, "production")]);
        let ends: [fn(&OpenWatch); 2] = [|watch| watch.send("ERROR", &expired()), |_| {}];
        for end in ends {
            let mut watched = Watched::start(two_namespaces());
            let watch = watched.synced().await;
            watched.api.now(later.clone());
            end(&watch);
            drop(watch);
            assert_eq!(watched.api.next_watch().await.version, "20");
            assert_eq!(watched.tier("alpha"), None);
            assert_eq!(watched.tier("beta"), Some(json!("production")));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn believes_a_watch_that_fails_for_a_while_and_not_for_ever() {
        let failures = [
            Behaviour::Refuses(StatusCode::SERVICE_UNAVAILABLE),
            Behaviour::Refuses(StatusCode::FORBIDDEN),
        ];
        for failure in failures {
            let mut watched = Watched::start(two_namespaces());
            let watch = watched.synced().await;
            watched.api.now(failure.clone());
            drop(watch);

            sleep(BELIEF_TIME.saturating_sub(Duration::from_secs(1))).await;
            assert_eq!(watched.tier("alpha"), Some(json!("production")), "{failure:?}");
            assert_eq!(watched.synced.get(), 1, "{failure:?}");

            timeout(BELIEF_TIME, watched.until_tier("alpha", None)).await.unwrap();
            assert_eq!(watched.tier("bare"), None, "{failure:?}");
            assert_eq!(watched.synced.get(), 0, "{failure:?}");

            watched.api.now(two_namespaces());
            watched.until_tier("alpha", Some(json!("production"))).await;
            assert_eq!(watched.synced.get(), 1, "{failure:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn is_not_synced_before_it_may_list() {
        let watched = Watched::start(Behaviour::Refuses(StatusCode::FORBIDDEN));
        let hour = Duration::from_secs(60 * 60);
        assert!(timeout(hour, watched.namespaces.synced()).await.is_err());

        watched.api.now(two_namespaces());
        watched.namespaces.synced().await;
        assert_eq!(watched.tier("alpha"), Some(json!("production")));
    }
}
