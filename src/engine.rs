//! The engine: from one request to one verdict. Pure: no file, no clock, no network, no thread, no log.

#![deny(clippy::disallowed_methods, reason = "what the engine knows, it is told")]

pub mod documentation;
pub mod environment;
mod evaluation;
pub mod explanation;
pub mod facts;
pub mod finding;
pub mod image;
pub mod json;
pub mod kubernetes_version;
pub mod label;
pub mod merge;
pub mod mutate;
pub mod patch;
pub mod policy;
pub mod preview;
pub mod properties_file;
pub mod quantity;
pub mod quota;
pub mod request;
pub mod review;
pub mod scheduling;
pub mod schema;
pub mod spark_property;
pub mod spark_version;
pub mod subject;
pub mod suggest;
pub mod validate;
pub mod workload;
pub mod yaml;

use evaluation::Evaluation;
pub use facts::Facts;
use finding::{SubjectKind, Verdict};
use policy::PolicySet;
use request::{Operation, Request};
use subject::Subject;

/// Decides about one object.
#[must_use]
pub fn evaluate(policies: &PolicySet, request: &Request<'_>, facts: &Facts<'_>) -> Verdict {
    let Some(object) = request.object.filter(|_| is_judged(request)) else {
        return Verdict::allow(SubjectKind::Other);
    };
    let evaluation = Evaluation {
        policies,
        request,
        facts,
        subject: Subject::of_request(request, object, facts),
    };
    let verdict = match evaluation.subject {
        Subject::Other => return Verdict::allow(SubjectKind::Other),
        Subject::Pod(role) => evaluation.of_pod(object, role),
        Subject::Application(kind) => evaluation.of_application(object, kind),
    };
    verdict.unwrap_or_else(|error| evaluation.not_understood(&error))
}

/// Deleted objects are let go, and of the subresources only those count that change what runs.
fn is_judged(request: &Request<'_>) -> bool {
    matches!(request.operation, Operation::Create | Operation::Update)
        && matches!(request.sub_resource, None | Some("ephemeralcontainers" | "resize"))
}
