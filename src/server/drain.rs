//! How clients are led to other replicas before this one ends.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use tokio::sync::watch;

use super::admin::Readiness;

/// While `readiness` is [`Readiness::Draining`], has clients connect anew after each answer.
///
/// An API server keeps its connections for the requests to come, and behind a Service a new one leads to a replica that
/// stays. One that is closed without notice, just as a request is sent on it, fails that request.
pub fn lead_away(router: Router, readiness: watch::Receiver<Readiness>) -> Router {
    router.layer(map_response(move |mut response: Response| {
        if *readiness.borrow() == Readiness::Draining {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        async { response }
    }))
}
