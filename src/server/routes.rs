//! `POST /mutate` and `POST /validate`: from the bytes of a review to the bytes of its answer.

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

use super::metrics::Metrics;
use super::{Endpoint, Failure};
use crate::engine::Facts;
use crate::engine::finding::{Finding, MutationRecord, Verdict};
use crate::engine::json::Arena;
use crate::engine::policy::PolicySet;
use crate::engine::request::Request;
use crate::engine::review::{self, Review, ReviewError};

/// The largest review, in bytes. The API server takes objects of up to 3 MiB, and an UPDATE carries two of them.
pub const BODY_LIMIT: usize = 8 * 1024 * 1024;
/// How long a body may take: the API server's own patience with a webhook, unless it is told otherwise.
const BODY_TIME: Duration = Duration::from_secs(10);

/// How a request is judged: [`crate::engine::evaluate`], or what a test puts in its place.
pub type Evaluate = fn(&PolicySet, &Request<'_>, &Facts<'_>) -> Verdict;

/// What both paths need to answer.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The policies in force, swapped by whoever watches them. Each request is answered by one set.
    pub policies: Arc<ArcSwap<PolicySet>>,
    /// How a request is judged.
    pub evaluate: Evaluate,
    /// What is counted.
    pub metrics: Metrics,
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
            Ok(body) => return self.answer(endpoint, &body),
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

    fn answer(&self, endpoint: Endpoint, body: &[u8]) -> Response {
        // What a slow client costs is not ours to count.
        let started = Instant::now();
        let arena = Arena::with_capacity(body.len());
        let review = match Review::parse(&arena, endpoint.phase(), body) {
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
                return json(review::refusal(&uid, &reason));
            }
        };
        let policies = self.policies.load();
        // After a panic nothing is used that it may have left half done: the arena and all in it go with the request.
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let verdict = (self.evaluate)(&policies, &review.request, &Facts::default());
            let answer = review::answer(review.uid, &verdict, policies.generation());
            (verdict, answer)
        }));
        let Ok((verdict, answer)) = judged else {
            return self.own_up(endpoint, review.uid);
        };
        let took = started.elapsed();
        self.metrics.judged(endpoint, review.request.operation, &verdict, took);
        log(endpoint, &review, &verdict, policies.generation(), took);
        json(answer)
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
        const REASON: &str = "judging it failed inside sparkgate, whose log says where";
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

/// Reads on for as much again, to no purpose but this: a connection closed with bytes unread is reset, and the client
/// may lose the answer that was on its way.
async fn linger(body: &mut Body) {
    let mut rest = Limited::new(body, BODY_LIMIT);
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
        mutated_by = %Mutations(&verdict.mutations),
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

/// `policy/entry`, with commas between.
struct Mutations<'a>(&'a [MutationRecord]);

impl fmt::Display for Mutations<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for MutationRecord { code, .. } in self.0 {
            write!(formatter, "{separator}{code}")?;
            separator = ",";
        }
        Ok(())
    }
}
