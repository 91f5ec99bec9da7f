//! The engine: from one request to one verdict. Pure: no file, no clock, no network, no thread, no log.

#![deny(clippy::disallowed_methods, reason = "what the engine knows, it is told")]

pub mod documentation;
mod evaluation;
pub mod explanation;
pub mod finding;
pub mod image;
pub mod json;
pub mod label;
pub mod mutate;
pub mod patch;
pub mod policy;
pub mod preview;
pub mod properties_file;
pub mod quantity;
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

use std::collections::BTreeMap;

use evaluation::Evaluation;
use finding::{SubjectKind, Verdict};
use policy::PolicySet;
use request::{Operation, Request};
use subject::Subject;
use workload::kubeflow::OperatorWebhook;
use workload::pod::DriverPod;

/// What the engine may know about the world beyond the request. Not known is never read as "fits".
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The labels of the request's namespace; `None` when they are not known.
    pub namespace_labels: Option<&'a BTreeMap<String, String>>,
    /// Whether kubeflow's operator fills in its defaults, and changes pods after Spark made them.
    pub operator_webhook: OperatorWebhook,
    /// The drivers that run in the request's namespace; `None` when they are not known.
    pub drivers: Option<&'a [DriverPod]>,
}

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
        subject: Subject::of(request, object, facts),
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
