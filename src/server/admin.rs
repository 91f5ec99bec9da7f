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

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower_service::Service;

    use super::*;

    async fn get(router: &mut Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.call(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn is_alive_throughout_and_ready_between_start_and_drain() {
        let (readiness, seen_readiness) = watch::channel(Readiness::Starting);
        let mut router = router(Admin {
            readiness: seen_readiness,
            policies: Arc::new(ArcSwap::from_pointee(PolicySet::builtin())),
            registry: Arc::default(),
        });
        let cases = [
            (Readiness::Starting, StatusCode::SERVICE_UNAVAILABLE, "starting"),
            (Readiness::Ready, StatusCode::OK, "ready"),
            (Readiness::Draining, StatusCode::SERVICE_UNAVAILABLE, "draining"),
        ];
        for (now, status, word) in cases {
            readiness.send_replace(now);
            let expected = (status, format!("{word}, policy generation 0\n"));
            assert_eq!(get(&mut router, "/readyz").await, expected);
            assert_eq!(get(&mut router, "/livez").await.0, StatusCode::OK, "{now}");
        }
    }
}
