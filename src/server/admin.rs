//! The admin port: is the process alive, may it be sent requests, and what has it counted. Plain HTTP, for the kubelet
//! and for Prometheus.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;
use tokio::sync::watch;

use crate::engine::policy::PolicySet;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether requests may be sent here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Not yet.
    Starting,
    /// Now.
    Ready,
    /// No longer, though those that come all the same are answered for a while.
    Draining,
}

impl fmt::Display for Readiness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
        })
    }
}

/// What the admin port tells of.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Whether requests may be sent here.
    pub readiness: watch::Receiver<Readiness>,
    /// The policies in force.
    pub policies: Arc<ArcSwap<PolicySet>>,
    /// Everything that is counted, by whichever module.
    pub registry: Arc<Registry>,
}

/// `/livez`, `/readyz` and `/metrics`.
pub fn router(admin: Admin) -> Router {
    Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(admin)
}

async fn readyz(State(admin): State<Admin>) -> Response {
    let readiness = *admin.readiness.borrow();
    let status = match readiness {
        Readiness::Ready => StatusCode::OK,
        Readiness::Starting | Readiness::Draining => StatusCode::SERVICE_UNAVAILABLE,
    };
    let generation = admin.policies.load().generation();
    (status, format!("{readiness}, policy generation {generation}\n")).into_response()
}

async fn metrics(State(admin): State<Admin>) -> Response {
    let mut exposition = String::new();
    match text::encode(&mut exposition, &admin.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], exposition).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
