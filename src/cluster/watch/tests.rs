use axum::http::StatusCode;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::ListParams;
use prometheus_client::registry::Registry;
use serde_json::json;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use super::super::SILENCE_TIME;
use super::super::facts::Labels;
use super::super::fake_api::{Behaviour, FakeApi, OpenWatch, expired, namespace};
use super::super::resource::{NAMESPACES, SPARK_PODS};
use super::super::store::{Reader, Store};
use super::*;
use crate::engine::facts::labels_of;
use crate::engine::subject::ApplicationKind;

/// A watch that runs. The clock of most of these tests stands still while anything happens, and jumps to the next
/// timer when nothing does.
struct Watched {
    api: FakeApi,
    namespaces: Arc<Store<Labels>>,
    synced: Gauge,
    settled: watch::Receiver<bool>,
    /// Ends with its test case.
    _watch: JoinSet<()>,
}

impl Watched {
    fn start(behaviour: Behaviour) -> Self {
        Self::of(NAMESPACES, behaviour)
    }

    fn of(resource: Resource, behaviour: Behaviour) -> Self {
        let api = FakeApi::new(behaviour);
        let client = api.client();
        Self::start_with(resource, api, client)
    }

    fn start_with(resource: Resource, api: FakeApi, client: Client) -> Self {
        Self::begin(resource, api, client, |watch| watch)
    }

    fn begin(
        resource: Resource,
        api: FakeApi,
        client: Client,
        configured: impl FnOnce(Watch<Reader<Labels>>) -> Watch<Reader<Labels>>,
    ) -> Self {
        let reader = Reader {
            store: Arc::default(),
            read: |object| Ok(Arc::new(labels_of(object))),
        };
        let namespaces = Arc::clone(&reader.store);
        let metrics = Metrics::register(&mut Registry::default());
        let watch = configured(Watch::new(resource, Arc::new(reader), &metrics));
        Self {
            api,
            namespaces,
            synced: metrics.synced(resource.name),
            settled: watch.settled.subscribe(),
            _watch: JoinSet::from_iter([watch.run(client)]),
        }
    }

    async fn settled(&self) {
        Settled(self.settled.clone()).wait().await;
    }

    /// The watch that follows the first list.
    async fn synced(&mut self) -> OpenWatch {
        self.settled().await;
        self.api.next_watch().await
    }

    /// The label `tier` of a namespace, if the namespace is known.
    fn tier(&self, namespace: &str) -> Option<Value> {
        let labels = self.namespaces.get("", namespace)?;
        Some(json!(labels.get("tier")))
    }

    async fn until_tier(&self, namespace: &str, tier: Option<Value>) {
        let mut changes = self.namespaces.changes();
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
    let mut watched = Watched::start_with(NAMESPACES, api, client);
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
async fn waits_for_the_first_list_unless_it_may_not_have_one() {
    let hour = Duration::from_secs(60 * 60);
    let watched = Watched::start(Behaviour::Refuses(StatusCode::SERVICE_UNAVAILABLE));
    assert!(timeout(hour, watched.settled()).await.is_err());

    let watched = Watched::start(Behaviour::Refuses(StatusCode::FORBIDDEN));
    let soon = REFUSAL_TIME.saturating_sub(Duration::from_secs(1));
    assert!(timeout(soon, watched.settled()).await.is_err());
    timeout(hour, watched.settled()).await.unwrap();
    assert_eq!(watched.tier("alpha"), None);
    assert_eq!(watched.synced.get(), 0);

    watched.api.now(two_namespaces());
    watched.until_tier("alpha", Some(json!("production"))).await;
    assert_eq!(watched.synced.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_installed_has_no_objects_until_it_is() {
    let applications = Resource::applications(ApplicationKind::Apache);
    let mut watched = Watched::of(applications, Behaviour::Refuses(StatusCode::NOT_FOUND));
    watched.settled().await;
    assert_eq!(watched.synced.get(), 1);
    assert_eq!(watched.namespaces.all("").as_deref(), Some(&[][..]));

    // An operator whose API still has its old name.
    let path = "/apis/spark.apache.org/v1beta1/sparkapplications";
    watched
        .api
        .now(Behaviour::ServesAt(path, vec![tier("job", 1, "production")]));
    watched.until_tier("job", Some(json!("production"))).await;
    assert_eq!(watched.api.next_watch().await.path, path);

    watched.api.now(Behaviour::Refuses(StatusCode::NOT_FOUND));
    watched.until_tier("job", None).await;
    assert_eq!(watched.namespaces.all("").as_deref(), Some(&[][..]));
}

#[tokio::test(start_paused = true)]
async fn of_pods_only_those_of_spark_are_watched() {
    let mut watched = Watched::of(SPARK_PODS, Behaviour::Serves(1, Vec::new()));
    let watch = watched.synced().await;
    assert_eq!(
        (watch.path.as_str(), watch.labels.as_str()),
        ("/api/v1/pods", "spark-app-selector")
    );
}

#[tokio::test(start_paused = true)]
async fn lists_anew_when_what_it_reads_by_has_changed() {
    let api = FakeApi::new(two_namespaces());
    let client = api.client();
    let (outdated, seen) = watch::channel(());
    let mut watched = Watched::begin(NAMESPACES, api, client, |watch| watch.anew_when(seen));
    let _open = watched.synced().await;
    watched
        .api
        .now(Behaviour::Serves(20, vec![tier("alpha", 19, "sandbox")]));
    yield_now().await;
    assert_eq!(watched.tier("alpha"), Some(json!("production")));
    outdated.send_replace(());
    watched.until_tier("alpha", Some(json!("sandbox"))).await;
    assert_eq!(watched.tier("bare"), None);
}
