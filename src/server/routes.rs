//! `POST /mutate` and `POST /validate`: from the bytes of a review to the bytes of its answer.

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request as HttpRequest, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;

use super::denials::{DenialListener, is_denied_executor};
use super::known::{FactSource, Known};
use super::metrics::Metrics;
use super::reservations::Reservations;
use super::{Endpoint, Failure};
use crate::engine::Facts;
use crate::engine::finding::{Finding, Mutations, Verdict};
use crate::engine::json::Arena;
use crate::engine::kubernetes_version::KubernetesVersion;
use crate::engine::policy::PolicySet;
use crate::engine::quota::ledger::Moved;
use crate::engine::quota::{Statement, account_of_request};
use crate::engine::request::{Phase, Request};
use crate::engine::review::{self, Review, ReviewError};
use crate::engine::workload::kubeflow::OperatorWebhook;

/// The largest review, in bytes. The API server takes objects of up to 3 MiB, and an UPDATE carries two of them.
pub const BODY_LIMIT: usize = 8 * 1024 * 1024;
/// How much of a larger one is read before it is refused, in bytes.
const LINGER_LIMIT: usize = 4 * BODY_LIMIT;
/// How long a body may take: the API server's own patience with a webhook, unless it is told otherwise.
const BODY_TIME: Duration = Duration::from_secs(10);

/// How a request is judged: [`crate::engine::evaluate`], or what a test puts in its place.
pub type Evaluate = fn(&PolicySet, &Request<'_>, &Facts<'_>) -> Verdict;

/// How often an object is judged anew because what others reserve has changed meanwhile. Each time takes well below a millisecond.
const MOST_JUDGINGS: usize = 20;

/// What both paths need to answer.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The policies in force, swapped by whoever watches them. Each request is answered by one set.
    pub policies: Arc<ArcSwap<PolicySet>>,
    /// What else a request is judged by.
    pub facts: Arc<dyn FactSource>,
    /// What applications that were let in are still to be charged.
    pub reservations: Arc<Reservations>,
    /// Who hears of executors that were refused.
    pub denials: Arc<dyn DenialListener>,
    /// Whether kubeflow's operator runs with its webhook, in the cluster that asks.
    pub operator_webhook: OperatorWebhook,
    /// The version of the API server that asks; `None` when it is not known.
    pub kubernetes_version: Option<KubernetesVersion>,
    /// How a request is judged.
    pub evaluate: Evaluate,
    /// What is counted.
    pub metrics: Metrics,
}

thread_local! {
    /// Each worker's arena, so that a request finds memory that is mapped, and warm.
    static ARENA: RefCell<Arena> = RefCell::default();
}

/// The two admission paths.
pub fn router(admission: Admission) -> Router {
    Router::new()
        .route(Endpoint::Mutate.path(), post(mutate))
        .route(Endpoint::Validate.path(), post(validate))
        .with_state(Arc::new(admission))
}

async fn mutate(State(admission): State<Arc<Admission>>, request: HttpRequest) -> Response {
    admission.admit(Endpoint::Mutate, request.into_body()).await
}

async fn validate(State(admission): State<Arc<Admission>>, request: HttpRequest) -> Response {
    admission.admit(Endpoint::Validate, request.into_body()).await
}

impl Admission {
    async fn admit(&self, endpoint: Endpoint, body: Body) -> Response {
        let read = tokio::time::timeout(BODY_TIME, read(body)).await;
        let (failure, status, reason) = match read.unwrap_or(Err(Failure::TimedOut)) {
            // Nothing is awaited from here on, so the arena of this thread is nobody else's meanwhile.
            Ok(body) => return ARENA.with_borrow_mut(|arena| self.answer(endpoint, &body, arena)),
            Err(failure @ Failure::TooLarge) => (
                failure,
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body is larger than {BODY_LIMIT} bytes"),
            ),
            Err(failure @ Failure::TimedOut) => (
                failure,
                StatusCode::REQUEST_TIMEOUT,
                format!("the body did not arrive within {} s", BODY_TIME.as_secs()),
            ),
            Err(failure) => (failure, StatusCode::BAD_REQUEST, "the body ended early".to_owned()),
        };
        self.turn_away(endpoint, failure, status, &reason)
    }

    fn answer(&self, endpoint: Endpoint, body: &[u8], arena: &mut Arena) -> Response {
        // What a slow client costs is not ours to count.
        let started = Instant::now();
        // Before and not after, so that it makes no difference how the request before this one ended.
        arena.recycle();
        let review = match Review::parse(arena, endpoint.phase(), body) {
            Ok(review) => review,
            Err(ReviewError::NotAReview(reason)) => {
                return self.turn_away(endpoint, Failure::NotAReview, StatusCode::BAD_REQUEST, &reason);
            }
            Err(ReviewError::NotUnderstood { uid, reason }) => {
                self.metrics.failed(endpoint, Failure::NotUnderstood);
                tracing::warn!(
                    path = endpoint.path(),
                    uid,
                    decision = Failure::NotUnderstood.as_str(),
                    reason,
                    "not decided"
                );
                let reason = format!("sparkgate does not understand this object: {reason}");
                return json(review::refusal(&uid, &reason));
            }
        };
        let policies = self.policies.load();
        // After a panic nothing is used that it may have left half done: the arena is emptied before it is used again.
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let verdict = self.judge(&policies, &review.request)?;
            let answer = review::answer(review.uid, &verdict, policies.generation());
            Ok::<_, Moved>((verdict, answer))
        }));
        let (verdict, answer) = match judged {
            Ok(Ok(judged)) => judged,
            Ok(Err(moved)) => return self.give_up(endpoint, review.uid, moved),
            Err(_) => return self.own_up(endpoint, review.uid),
        };
        let took = started.elapsed();
        if is_denied_executor(endpoint, &review.request, &verdict) {
            self.denials.executor_denied(&review.request, &verdict);
        }
        self.metrics.judged(endpoint, review.request.operation, &verdict, took);
        log(endpoint, &review, &verdict, policies.generation(), took);
        json(answer)
    }

    /// Judges an object, and keeps what it claims. Where somebody else was faster, it is judged again by what is left.
    fn judge(&self, policies: &PolicySet, request: &Request<'_>) -> Result<Verdict, Moved> {
        let mut outcome = Err(Moved);
        for _ in 0..MOST_JUDGINGS {
            // The ledger first: a pod that a quota counts in between is then counted twice, and not never.
            let statement = self.statement(policies, request);
            let known = Known::about(request, &*self.facts);
            let facts = Facts {
                operator_webhook: self.operator_webhook,
                kubernetes_version: self.kubernetes_version,
                ..known.facts(statement.as_ref())
            };
            let verdict = (self.evaluate)(policies, request, &facts);
            let claim = verdict.claim.clone().filter(|_| verdict.allowed());
            outcome = match (claim, statement, request.namespace) {
                (Some(claim), Some(statement), Some(namespace)) => {
                    let kept = self
                        .reservations
                        .keep(namespace, claim, statement.version, Instant::now());
                    kept.map(|()| verdict)
                }
                _ => Ok(verdict),
            };
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// What the ledger of the request's namespace says, where anybody looks at it.
    fn statement(&self, policies: &PolicySet, request: &Request<'_>) -> Option<Statement> {
        if request.phase == Phase::Mutate || !policies.look_at_quotas() {
            return None;
        }
        let account = account_of_request(request)?;
        self.reservations
            .statement(request.namespace?, &account, Instant::now())
    }

    /// Answers where an object cannot be judged for all that happens in its namespace. It may be tried again.
    fn give_up(&self, endpoint: Endpoint, uid: &str, moved: Moved) -> Response {
        self.metrics.failed(endpoint, Failure::Contended);
        tracing::warn!(
            path = endpoint.path(),
            uid,
            decision = Failure::Contended.as_str(),
            "not decided"
        );
        json(review::refusal(uid, &format!("{moved}; try again")))
    }

    /// Answers what has no uid to answer to.
    fn turn_away(&self, endpoint: Endpoint, failure: Failure, status: StatusCode, reason: &str) -> Response {
        self.metrics.failed(endpoint, failure);
        tracing::warn!(
            path = endpoint.path(),
            decision = failure.as_str(),
            reason,
            "not decided"
        );
        (status, format!("{reason}\n")).into_response()
    }

    /// Answers after a panic. An object that was not judged is not let in; whether one that was not mutated may pass
    /// is for the webhook's failurePolicy to say.
    fn own_up(&self, endpoint: Endpoint, uid: &str) -> Response {
        const REASON: &str = "judging this object failed inside sparkgate, whose log says where";
        self.metrics.failed(endpoint, Failure::Panicked);
        tracing::error!(
            path = endpoint.path(),
            uid,
            decision = Failure::Panicked.as_str(),
            "not decided"
        );
        match endpoint {
            Endpoint::Validate => json(review::refusal(uid, REASON)),
            Endpoint::Mutate => (StatusCode::INTERNAL_SERVER_ERROR, format!("{REASON}\n")).into_response(),
        }
    }
}

async fn read(mut body: Body) -> Result<Bytes, Failure> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced <= BODY_LIMIT {
        match Limited::new(&mut body, BODY_LIMIT).collect().await {
            Ok(collected) => return Ok(collected.to_bytes()),
            Err(error) if !error.is::<LengthLimitError>() => return Err(Failure::Interrupted),
            Err(_) => {}
        }
    }
    linger(&mut body).await;
    Err(Failure::TooLarge)
}

/// Reads on to no purpose but this: a connection closed with bytes unread is reset, and the client may lose the answer
/// that was on its way.
async fn linger(body: &mut Body) {
    let mut rest = Limited::new(body, LINGER_LIMIT);
    while let Some(Ok(_)) = rest.frame().await {}
}

fn json(answer: serde_json::Result<Vec<u8>>) -> Response {
    match answer {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Writes the line of a decision. Its arguments are evaluated only when somebody listens.
fn log(endpoint: Endpoint, review: &Review<'_>, verdict: &Verdict, generation: u64, took: Duration) {
    let request = &review.request;
    tracing::info!(
        path = endpoint.path(),
        uid = review.uid,
        kind = request.kind.kind,
        operation = request.operation.as_str(),
        namespace = request.namespace,
        name = request.name,
        subject = verdict.subject.as_str(),
        decision = verdict.decision(),
        findings = %Findings(&verdict.findings),
        mutations = %Mutations(verdict.carried_out()),
        lowered = verdict.findings.iter().filter(|finding| finding.lowered_from.is_some()).count(),
        generation,
        duration_us = took.as_micros(),
        "decided"
    );
}

/// `policy/entry=enforcement`, with commas between.
struct Findings<'a>(&'a [Finding]);

impl fmt::Display for Findings<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for Finding { code, enforcement, .. } in self.0 {
            write!(formatter, "{separator}{code}={enforcement}")?;
            separator = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use futures::stream::{self, StreamExt};
    use json_patch::jsonptr::{Pointer, PointerBuf};
    use prometheus_client::encoding::text;
    use prometheus_client::registry::Registry;
    use serde_json::{Value, json};
    use tower_service::Service;

    use super::*;
    use crate::engine::evaluate;
    use crate::engine::finding::{
        Blame, Change, Code, Effect, Enforcement, MutationRecord, MutationSummary, SubjectKind,
    };
    use crate::engine::json::Json;
    use crate::engine::patch::Recorder;
    use crate::engine::policy::Source;
    use crate::engine::request::Phase;
    use crate::engine::workload::RoleName;

    struct Gate {
        router: Router,
        registry: Registry,
    }

    /// The same labels for every namespace, if any are known.
    #[derive(Debug)]
    struct EveryNamespace(Option<Arc<BTreeMap<String, String>>>);

    impl FactSource for EveryNamespace {
        fn namespace_labels(&self, _: &str) -> Option<Arc<BTreeMap<String, String>>> {
            self.0.clone()
        }
    }

    impl Gate {
        fn new(evaluate: Evaluate) -> Self {
            Self::with(PolicySet::builtin(), EveryNamespace(None), evaluate)
        }

        fn with(policies: PolicySet, facts: EveryNamespace, evaluate: Evaluate) -> Self {
            let mut registry = Registry::default();
            let router = router(Admission {
                policies: Arc::new(ArcSwap::from_pointee(policies)),
                facts: Arc::new(facts),
                reservations: Arc::new(Reservations::register(&mut registry)),
                denials: Arc::new(()),
                operator_webhook: OperatorWebhook::Installed,
                kubernetes_version: None,
                evaluate,
                metrics: Metrics::register(&mut registry),
            });
            Self { router, registry }
        }

        async fn post(&mut self, path: &str, body: impl Into<Body>) -> (StatusCode, String) {
            let request = HttpRequest::post(path).body(body.into()).unwrap();
            let response = self.router.call(request).await.unwrap();
            let status = response.status();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(body.to_vec()).unwrap())
        }

        #[track_caller]
        fn assert_counted(&self, sample: &str) {
            let mut exposition = String::new();
            text::encode(&mut exposition, &self.registry).unwrap();
            assert!(
                exposition.lines().any(|line| line == sample),
                "no {sample} in {exposition}"
            );
        }
    }

    fn review() -> String {
        json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": "u-1",
                "operation": "CREATE",
                "kind": {"group": "", "version": "v1", "kind": "Pod"},
                "name": "p",
                "object": {"metadata": {"name": "p"}}
            }
        })
        .to_string()
    }

    fn response(body: &str) -> Value {
        serde_json::from_str::<Value>(body).unwrap()["response"].take()
    }

    fn pool_set() -> Change {
        Change {
            pointer: PointerBuf::from_tokens(["spec", "nodeSelector", "pool"]),
            effect: Effect::Set,
        }
    }

    #[tokio::test]
    async fn survives_a_panic_and_answers_as_each_path_should() {
        let mut gate = Gate::new(|_, _, _| panic!("a bug in a rule"));

        let (status, body) = gate.post("/validate", review()).await;
        assert_eq!(status, StatusCode::OK);
        let answer = response(&body);
        assert_eq!(answer["uid"], "u-1");
        assert_eq!(answer["allowed"], false);

        let (status, body) = gate.post("/mutate", review()).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!body.contains("a bug in a rule"), "{body}");

        gate.assert_counted("panics_total 2");
        gate.assert_counted(
            r#"admission_requests_total{path="/validate",kind="unknown",operation="unknown",decision="panicked"} 1"#,
        );
    }

    #[tokio::test]
    async fn answers_as_ever_on_the_thread_of_a_panic() {
        // Panics with the arena half full, and over budget if nobody emptied it.
        let mut gate = Gate::new(|policies, request, facts| {
            while request.arena.spend_node() {}
            assert!(request.name != "bad", "a bug in a rule");
            evaluate(policies, request, facts)
        });
        let good = review();
        let bad = good.replace(r#""name":"p""#, r#""name":"bad""#);
        for _ in 0..3 {
            let (_, body) = gate.post("/validate", bad.clone()).await;
            assert_eq!(response(&body)["allowed"], false);
            let (_, body) = gate.post("/validate", good.clone()).await;
            assert_eq!(response(&body)["allowed"], true);
        }
        gate.assert_counted("panics_total 3");
    }

    #[tokio::test]
    async fn judges_by_the_labels_of_the_namespace_where_they_are_known() {
        const POLICY: &str = "\
            apiVersion: sparkgate.io/v1alpha1\n\
            kind: SparkPolicy\n\
            metadata: {name: pools}\n\
            spec:\n\
            \x20 match: {namespaceSelector: {matchLabels: {tier: production}}}\n\
            \x20 mutate: [{name: pool, nodeSelector: {node-pool: spark}}]\n";
        let review = include_str!("../../fixtures/reviews/driver-pod-spark4.3.0-python-defaults-mutate.json");
        let tier = |tier: &str| Some(Arc::new(BTreeMap::from([("tier".to_owned(), tier.to_owned())])));
        let unknown = json!(["pools: not judged: the labels of the namespace are not known"]);
        let cases = [
            (tier("production"), true, Value::Null),
            (tier("sandbox"), false, Value::Null),
            (Some(Arc::default()), false, Value::Null),
            (None, false, unknown),
        ];
        for (labels, is_patched, warnings) in cases {
            let source = Source {
                name: "pools.yaml".to_owned(),
                text: POLICY.to_owned(),
            };
            let policies = PolicySet::from_sources(&[source], 1).unwrap();
            let mut gate = Gate::with(policies, EveryNamespace(labels.clone()), evaluate);
            let (_, body) = gate.post("/mutate", review).await;
            let answer = response(&body);
            assert_eq!(answer["allowed"], true, "{labels:?}");
            assert_eq!(answer["patch"].is_string(), is_patched, "{labels:?}");
            assert_eq!(answer["warnings"], warnings, "{labels:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn cuts_a_body_that_stalls() {
        let mut gate = Gate::new(evaluate);
        let beginning = stream::iter([Ok::<_, Infallible>("{\"apiVersion\":")]);
        let stalled = Body::from_stream(beginning.chain(stream::pending()));
        let (status, body) = gate.post("/validate", stalled).await;
        assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(body, "the body did not arrive within 10 s\n");
    }

    #[tokio::test]
    async fn refuses_a_body_over_the_limit_however_it_comes() {
        let mut gate = Gate::new(evaluate);
        let (status, body) = gate.post("/validate", vec![b' '; BODY_LIMIT + 1]).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(body, "the body is larger than 8388608 bytes\n");

        let pieces = stream::iter((0..9).map(|_| Ok::<_, Infallible>(vec![b' '; 1024 * 1024])));
        let (status, _) = gate.post("/validate", Body::from_stream(pieces)).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);

        let mut largest = review().into_bytes();
        largest.resize(BODY_LIMIT, b' ');
        let (status, _) = gate.post("/validate", largest).await;
        assert_eq!(status, StatusCode::OK);
    }

    #[tokio::test]
    async fn counts_findings_mutations_and_what_was_lowered() {
        let mut gate = Gate::new(|_, request, _| {
            let code = |entry: &str| Code {
                policy: "spot".to_owned(),
                entry: entry.to_owned(),
            };
            let mut verdict = Verdict::allow(SubjectKind::DriverPod);
            verdict.findings.push(Finding {
                code: code("off-spot"),
                rule: "notOnSpot",
                enforcement: Enforcement::Warn,
                lowered_from: Some(Enforcement::Deny),
                message: "the driver may run on a spot node".to_owned(),
                help: None,
                pointer: PointerBuf::default(),
                blame: Blame::Value,
                effective: None,
                shortfalls: Vec::new(),
            });
            if request.phase == Phase::Mutate {
                verdict.mutations.push(MutationRecord {
                    code: code("pool"),
                    rule: "nodeSelector",
                    role: Some(RoleName::Driver),
                    changes: vec![pool_set()],
                });
                let mut recorder = Recorder::new(request.arena, Json::Object(&[]));
                recorder.add(Pointer::from_static("/spec"), Json::Null).unwrap();
                verdict.patch = recorder.into_patch();
            }
            verdict
        });
        for path in ["/mutate", "/validate"] {
            assert_eq!(gate.post(path, review()).await.0, StatusCode::OK);
        }
        gate.assert_counted(
            r#"admission_requests_total{path="/mutate",kind="driver-pod",operation="CREATE",decision="mutated"} 1"#,
        );
        gate.assert_counted(r#"admission_duration_seconds_count{path="/validate"} 1"#);
        gate.assert_counted(r#"findings_total{policy="spot",rule="notOnSpot",enforcement="warn"} 2"#);
        gate.assert_counted(r#"findings_lowered_total{policy="spot",rule="notOnSpot",from="deny",to="warn"} 2"#);
        gate.assert_counted(r#"mutations_total{policy="spot",rule="nodeSelector"} 1"#);
    }

    #[test]
    fn tells_of_mutations_in_one_field() {
        let mutation = |policy: &str, entry: &str| MutationRecord {
            code: Code {
                policy: policy.to_owned(),
                entry: entry.to_owned(),
            },
            rule: "nodeSelector",
            role: Some(RoleName::Driver),
            changes: vec![pool_set()],
        };
        let mutations = [mutation("a", "x"), mutation("b", "y")];
        assert_eq!(Mutations(&[]).to_string(), "");
        assert_eq!(
            Mutations(&mutations).to_string(),
            "a/x set=/spec/nodeSelector/pool; b/y set=/spec/nodeSelector/pool"
        );
        assert_eq!(MutationSummary(&mutations).to_string(), "a/x (1 set), b/y (1 set)");
    }
}
