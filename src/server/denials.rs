//! Who hears of executors that were refused. Spark's driver logs the refusal and asks again; nobody else is told.

use std::fmt;

use super::Endpoint;
use crate::engine::finding::{SubjectKind, Verdict};
use crate::engine::request::{Operation, Request};

/// Is told of each executor that was refused. It is called while the API server waits, and so must not wait itself.
pub trait DenialListener: fmt::Debug + Send + Sync {
    /// The pod of a request was refused.
    fn executor_denied(&self, request: &Request<'_>, verdict: &Verdict);
}

/// Nobody listens.
impl DenialListener for () {
    fn executor_denied(&self, _: &Request<'_>, _: &Verdict) {}
}

/// Whether a pod that would have been an executor was refused for good. A dry run has no effects, and this is one.
pub(super) fn is_denied_executor(endpoint: Endpoint, request: &Request<'_>, verdict: &Verdict) -> bool {
    endpoint == Endpoint::Validate
        && request.operation == Operation::Create
        && !request.dry_run
        && verdict.subject == SubjectKind::ExecutorPod
        && !verdict.allowed()
}
