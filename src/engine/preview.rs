//! The pods of a job that has not run: what Spark would make of it, what the policies would make of that, and what Spark
//! would refuse.

use super::Facts;
use super::evaluation::Evaluation;
use super::finding::{Finding, MutationRecord, Skipped};
use super::json::Json;
use super::patch::PatchError;
use super::policy::PolicySet;
use super::policy::select::Candidate;
use super::request::Request;
use super::subject::{ApplicationKind, Subject};
use super::validate::{Violation, well_formed};
use super::workload::{Refusal, RoleName, Workload};

/// What will become of a job.
#[derive(Clone, Debug)]
pub struct Preview<'a> {
    /// The job, its pods as the policies leave them.
    pub workload: Workload<'a>,
    /// The pods of driver and executor as Spark and its operator make them.
    pub before: [Json<'a>; 2],
    /// The mutations that changed something.
    pub mutations: Vec<MutationRecord>,
    /// Where a pod says something else than a policy, which its author wants to hear of.
    pub conflicts: Vec<Finding>,
    /// What the API server would refuse of the application, and Spark before it makes a pod.
    pub malformed: Vec<Violation>,
    /// What Spark would refuse.
    pub refusals: Vec<Refusal>,
    /// Policies of which it could not be decided whether they apply.
    pub skipped: Vec<Skipped>,
}

/// Why nothing can be told of an application.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PreviewError {
    /// Its API is not known.
    #[error("{}", .0.message)]
    UnknownApi(Box<Violation>),
    /// A part of it, or of the pods that come of it, has not the shape of its kind.
    #[error("the object does not have the shape of its kind: {0}")]
    Shape(#[from] PatchError),
}

/// What will become of the request's object, if it is created; `None` where it is no application.
///
/// # Errors
/// An application of which nothing can be told.
pub fn of_application<'a>(
    policies: &PolicySet,
    request: &Request<'a>,
    facts: &Facts<'a>,
) -> Result<Option<Preview<'a>>, PreviewError> {
    let Some(object) = request.object else {
        return Ok(None);
    };
    match Subject::of_request(request, object, facts) {
        Subject::Pod(_) | Subject::Other => Ok(None),
        Subject::Application(kind) => {
            if let Some(violation) = well_formed::unknown_version(request.kind, kind) {
                return Err(PreviewError::UnknownApi(Box::new(violation)));
            }
            let workload = kind.workload(request.arena, object, facts);
            let mut preview = of_job(policies, request, facts, workload, Some((object, kind)))?;
            preview.malformed = well_formed::malformed(object, kind, &RoleName::ALL);
            // A value is to blame once, by its type first, and what nobody says may well be said under a name that is wrong.
            let Preview {
                malformed, refusals, ..
            } = &mut preview;
            refusals.retain(|refusal| match refusal.origin.pointer() {
                Some(place) => malformed.iter().all(|known| !known.pointer.starts_with(place)),
                None => malformed.is_empty(),
            });
            Ok(Some(preview))
        }
    }
}

/// What will become of a job that somebody submits without an operator.
///
/// # Errors
/// A pod that has not the shape of a pod.
pub fn of_workload<'a>(
    policies: &PolicySet,
    request: &Request<'a>,
    facts: &Facts<'a>,
    workload: Workload<'a>,
) -> Result<Preview<'a>, PreviewError> {
    of_job(policies, request, facts, workload, None)
}

fn of_job<'a>(
    policies: &PolicySet,
    request: &Request<'a>,
    facts: &Facts<'a>,
    workload: Workload<'a>,
    application: Option<(Json<'a>, ApplicationKind)>,
) -> Result<Preview<'a>, PreviewError> {
    let evaluation = Evaluation {
        policies,
        request,
        facts,
        subject: application.map_or(Subject::Other, |(_, kind)| Subject::Application(kind)),
    };
    let mut skipped = Vec::new();
    let candidate = Candidate::new(request, facts, Some(&workload));
    let applying = evaluation.applying(&candidate, &mut skipped);
    let before = workload.pods.each_ref().map(|pod| pod.pod);
    let mut conflicts = Vec::new();
    let mut mutations = Vec::new();
    let (object, mut workload) = match application {
        Some((object, kind)) => {
            let mutated = evaluation.mutate_application(&applying, kind, object, &workload, &mut conflicts)?;
            mutations = mutated.records;
            (Some(mutated.object), mutated.workload.unwrap_or(workload))
        }
        None => (None, workload),
    };
    mutations.extend(evaluation.mutate_pods(&applying, object, &mut workload, &mut conflicts)?);
    Ok(Preview {
        malformed: Vec::new(),
        refusals: well_formed::refusals(&workload, &RoleName::ALL),
        workload,
        before,
        mutations,
        conflicts,
        skipped,
    })
}
