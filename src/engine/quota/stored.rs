//! What applications and pods that are stored already mean for a ledger.

use super::account::account_of;
use super::charges::Charges;
use super::job::JobDemand;
use super::ledger::OwnPod;
use super::pod::{AdmittedPod, COUNT_OF_PODS, NotAdmitted};
use super::standing::Standing;
use crate::engine::facts::Facts;
use crate::engine::json::Json;
use crate::engine::policy::PolicySet;
use crate::engine::policy::select::Candidate;
use crate::engine::preview;
use crate::engine::quantity::Quantity;
use crate::engine::request::Request;
use crate::engine::subject::Subject;
use crate::engine::workload::pod::{application_of, role_of};

/// What an application is to be charged in all, as the policies leave its pods; nothing if it is suspended, has finished, or will never
/// have a pod.
///
/// # Errors
/// Facts that are not known.
pub fn demand_of(
    policies: &PolicySet,
    request: &Request<'_>,
    facts: &Facts<'_>,
) -> Result<Option<JobDemand>, NotAdmitted> {
    let Some(object) = request.object else {
        return Ok(None);
    };
    let Subject::Application(kind) = Subject::of(request.kind, object) else {
        return Ok(None);
    };
    if Standing::of_stored(kind, object) != Standing::Active {
        return Ok(None);
    }
    let Ok(Some(preview)) = preview::of_application(policies, request, facts) else {
        return Ok(None);
    };
    let candidate = Candidate::new(request, facts, Some(&preview.workload));
    let executors = policies.executors_counted(&candidate, preview.workload.executors);
    match JobDemand::of(kind, object, &preview.workload, executors, facts) {
        Ok(demand) => Ok(Some(demand)),
        Err(NotAdmitted::Refused { .. }) => Ok(None),
        Err(unknown @ NotAdmitted::NotKnown(_)) => Err(unknown),
    }
}

/// What a pod means; nothing where no operator made it for an application.
///
/// # Errors
/// A pod with an amount that is none, which no API server stores.
pub fn pod_of(pod: Json<'_>, facts: &Facts<'_>) -> Result<Option<OwnPod>, NotAdmitted> {
    let (Some((kind, name)), Some(role)) = (application_of(pod), role_of(pod)) else {
        return Ok(None);
    };
    let admitted = AdmittedPod::stored(pod, facts)?;
    let phase = pod.at(["status", "phase"]).and_then(Json::as_str);
    let charges = match phase {
        // One that has ended is an object still, and nothing else.
        Some("Succeeded" | "Failed") => {
            let mut charges = Charges::default();
            charges.add(COUNT_OF_PODS, Quantity::from_count(1));
            charges
        }
        _ => admitted.charges(),
    };
    Ok(Some(OwnPod {
        application: account_of(kind, name),
        role,
        class: admitted.class,
        charges,
    }))
}
