use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::extract::Request as HttpRequest;
use http_body_util::BodyExt;
use prometheus_client::encoding::text;
use serde_json::{Value, json};
use tower_service::Service;

use super::*;
use crate::engine::evaluate;
use crate::engine::facts::{Facts, LimitRange, PriorityClass};
use crate::engine::finding::Verdict;
use crate::engine::json::Arena;
use crate::engine::policy::{PolicySet, Source};
use crate::engine::quota::ledger::CLAIM_TIME;
use crate::engine::quota::{account_of, stored};
use crate::engine::request::Request;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::kubeflow::OperatorWebhook;
use crate::server::known::FactSource;
use crate::server::metrics::Metrics;
use crate::server::routes::{Admission, Evaluate, router};

/// Every namespace has one quota, on pods.
#[derive(Debug)]
struct OneQuota(u32);

impl OneQuota {
    fn quota(&self) -> ResourceQuota {
        let arena = Arena::new();
        let manifest = json!({"metadata": {"name": "q"}, "spec": {"hard": {"pods": self.0}}});
        let mut quota = ResourceQuota::from_json(arena.import(&manifest)).unwrap();
        quota.assume_unused();
        quota
    }
}

impl FactSource for OneQuota {
    fn namespace_labels(&self, _: &str) -> Option<Arc<BTreeMap<String, String>>> {
        None
    }

    fn quotas(&self, _: &str) -> Option<Arc<[ResourceQuota]>> {
        Some(Arc::new([self.quota()]))
    }

    fn limit_ranges(&self, _: &str) -> Option<Arc<[LimitRange]>> {
        Some(Arc::new([]))
    }

    fn priority_classes(&self) -> Option<Arc<[PriorityClass]>> {
        Some(Arc::new([]))
    }
}

fn policies() -> PolicySet {
    let text = "apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {name: quota}\nspec: {validate: [{name: fits, quotaFit: {whenUnknown: deny}}]}";
    let source = Source {
        name: "quota.yaml".to_owned(),
        text: text.to_owned(),
    };
    PolicySet::from_sources(&[source], 1).unwrap()
}

/// A server whose namespaces have room for so many pods.
struct Gate {
    router: Router,
    registry: Registry,
    reservations: Arc<Reservations>,
}

impl Gate {
    fn new(pods: u32, evaluate: Evaluate) -> Self {
        let mut registry = Registry::default();
        let reservations = Arc::new(Reservations::register(&mut registry));
        let router = router(Admission {
            policies: Arc::new(ArcSwap::from_pointee(policies())),
            facts: Arc::new(OneQuota(pods)),
            reservations: Arc::clone(&reservations),
            denials: Arc::new(()),
            operator_webhook: OperatorWebhook::Installed,
            kubernetes_version: None,
            evaluate,
            metrics: Metrics::register(&mut registry),
        });
        Self {
            router,
            registry,
            reservations,
        }
    }

    /// The same, with a cluster that is known to be empty.
    fn synced(pods: u32, evaluate: Evaluate) -> Self {
        let gate = Self::new(pods, evaluate);
        gate.reservations.list_applications(BTreeMap::new());
        gate.reservations.list_pods(BTreeMap::new());
        gate
    }

    async fn response(&mut self, path: &str, application: &Value, dry_run: bool) -> Value {
        let review = json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": "u-1",
                "operation": "CREATE",
                "kind": {"group": "sparkoperator.k8s.io", "version": "v1beta2", "kind": "SparkApplication"},
                "namespace": "team",
                "name": application["metadata"]["name"],
                "object": application,
                "dryRun": dry_run,
            }
        });
        let request = HttpRequest::post(path).body(Body::from(review.to_string())).unwrap();
        let response = self.router.call(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice::<Value>(&body).unwrap()["response"].take()
    }

    async fn is_let_in(&mut self, application: &Value) -> bool {
        self.response("/validate", application, false).await["allowed"] == true
    }

    fn overlaps(&self) -> bool {
        let mut exposition = String::new();
        text::encode(&mut exposition, &self.registry).unwrap();
        exposition.lines().any(|line| line == "quota_overlaps_total 1")
    }
}

/// A job of two pods.
fn job(name: &str) -> Value {
    json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": name, "namespace": "team"},
        "spec": {
            "type": "Scala",
            "mode": "cluster",
            "image": "spark:3.5.1",
            "mainClass": "Main",
            "mainApplicationFile": "local:///main.jar",
            "sparkVersion": "3.5.1",
            "driver": {"cores": 1, "memory": "2g"},
            "executor": {"cores": 1, "memory": "2g", "instances": 1},
        }
    })
}

fn demand_of(job: &Value) -> Option<JobDemand> {
    let arena = Arena::new();
    let request = Request::of_manifest(&arena, arena.import(job), None).unwrap();
    let facts = Facts {
        limit_ranges: Some(&[]),
        priority_classes: Some(&[]),
        ..Facts::default()
    };
    stored::demand_of(&policies(), &request, &facts).unwrap()
}

#[tokio::test]
async fn the_last_of_a_quota_is_given_once() {
    let mut gate = Gate::synced(3, evaluate);
    assert!(gate.is_let_in(&job("first")).await);
    let refusal = gate.response("/validate", &job("second"), false).await;
    assert_eq!(refusal["allowed"], false);
    let message = refusal["status"]["message"].as_str().unwrap();
    assert!(
        message.contains("pods wanted 2, used 0, reserved 2, hard 3: short by 1"),
        "{message}"
    );
    assert!(gate.is_let_in(&job("first")).await, "sent again, it is still the same");
}

#[tokio::test]
async fn mutating_and_dry_runs_keep_nothing() {
    let mut gate = Gate::synced(3, evaluate);
    for (path, dry_run) in [("/mutate", false), ("/mutate", true), ("/validate", true)] {
        let response = gate.response(path, &job("first"), dry_run).await;
        assert_eq!(response["allowed"], true, "{path} {dry_run}: {response}");
    }
    assert!(gate.is_let_in(&job("second")).await);
}

#[tokio::test]
async fn what_is_refused_keeps_nothing() {
    let mut gate = Gate::synced(3, evaluate);
    let mut misspelt = job("misspelt");
    misspelt["spec"]["exector"] = json!({});
    assert!(!gate.is_let_in(&misspelt).await);
    assert!(gate.is_let_in(&job("second")).await);
}

#[tokio::test]
async fn nothing_fits_before_the_cluster_is_known_nor_after_it_is_lost() {
    let mut gate = Gate::new(3, evaluate);
    assert!(!gate.is_let_in(&job("first")).await);
    gate.reservations.list_applications(BTreeMap::new());
    assert!(!gate.is_let_in(&job("first")).await, "pods are not known yet");
    gate.reservations.list_pods(BTreeMap::new());
    assert!(gate.is_let_in(&job("first")).await);
    let losses: [fn(&Reservations); 2] = [Reservations::forget_applications, Reservations::forget_pods];
    for forget in losses {
        forget(&gate.reservations);
        assert!(!gate.is_let_in(&job("second")).await);
        gate.reservations.list_applications(BTreeMap::new());
        gate.reservations.list_pods(BTreeMap::new());
    }
}

#[tokio::test]
async fn judges_again_when_somebody_was_faster() {
    static RESERVATIONS: OnceLock<Arc<Reservations>> = OnceLock::new();
    // While it is judged for the first time, another application comes.
    let mut gate = Gate::synced(3, |policies, request, facts| {
        let verdict = evaluate(policies, request, facts);
        RESERVATIONS
            .get()
            .unwrap()
            .apply_application("team", "rival", demand_of(&job("rival")), &[]);
        verdict
    });
    RESERVATIONS.set(Arc::clone(&gate.reservations)).unwrap();
    assert!(!gate.is_let_in(&job("first")).await);
}

#[tokio::test]
async fn refuses_what_it_cannot_judge_for_all_that_happens() {
    static RESERVATIONS: OnceLock<Arc<Reservations>> = OnceLock::new();
    fn contended(policies: &PolicySet, request: &Request<'_>, facts: &Facts<'_>) -> Verdict {
        let verdict = evaluate(policies, request, facts);
        let reservations = RESERVATIONS.get().unwrap();
        reservations.apply_application("team", "rival", demand_of(&job("rival")), &[]);
        reservations.delete_application("team", "rival");
        verdict
    }
    let mut gate = Gate::synced(100, contended);
    RESERVATIONS.set(Arc::clone(&gate.reservations)).unwrap();
    let refusal = gate.response("/validate", &job("first"), false).await;
    assert_eq!(refusal["allowed"], false);
    assert_eq!(
        refusal["status"]["message"],
        "what others reserve of the namespace's quotas has changed meanwhile; try again"
    );
}

#[tokio::test]
async fn what_another_replica_let_in_too_much_is_counted() {
    let mut gate = Gate::synced(3, evaluate);
    assert!(gate.is_let_in(&job("ours")).await);
    let quotas = [OneQuota(3).quota()];
    let arrives = |name: &str| {
        gate.reservations.apply_application(
            "team",
            &account_of(ApplicationKind::Kubeflow, name),
            demand_of(&job(name)),
            &quotas,
        )
    };
    assert_eq!(arrives("ours"), Vec::<String>::new());
    assert!(!gate.overlaps());
    assert_eq!(arrives("theirs"), ["q"]);
    assert_eq!(arrives("theirs"), Vec::<String>::new(), "it is told of once");
    assert!(gate.overlaps());
}

#[test]
fn a_list_takes_the_place_of_what_was_known_and_leaves_claims() {
    let reservations = Reservations::register(&mut Registry::default());
    let now = Instant::now();
    let reserved = |namespace: &str| {
        let statement = reservations.statement(namespace, "", now).unwrap();
        let pods = statement.reserved.iter().map(|(_, charges)| charges.get("pods"));
        pods.sum::<crate::engine::quantity::Quantity>().to_string()
    };
    let listed = |namespace: &str, name: &str| {
        let applications = BTreeMap::from([(name.to_owned(), demand_of(&job(name)))]);
        BTreeMap::from([(namespace.to_owned(), applications)])
    };
    reservations.list_applications(listed("team", "old"));
    reservations.list_pods(BTreeMap::new());
    let version = reservations.statement("team", "claimed", now).unwrap().version;
    let claim = Claim {
        application: "claimed".to_owned(),
        demand: demand_of(&job("claimed")).unwrap(),
    };
    reservations.keep("team", claim, version, now).unwrap();
    assert_eq!(reserved("team"), "4");
    reservations.list_applications(listed("other", "new"));
    assert_eq!(reserved("team"), "2", "the claim");
    assert_eq!(reserved("other"), "2");
    reservations
        .statement("team", "", now + CLAIM_TIME + Duration::from_secs(1))
        .unwrap();
    assert_eq!(reserved("team"), "0");
}
