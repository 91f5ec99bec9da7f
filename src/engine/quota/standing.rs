//! Whether an application is to be charged for pods now.

use crate::engine::json::Json;
use crate::engine::subject::ApplicationKind;

/// Whether an application is to be charged for pods now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its pods are there, or are to come.
    Active,
    /// Its pods come when somebody says so: it is a schedule, or suspended.
    Waiting,
    /// Its pods have come and gone.
    Finished,
}

/// `ApplicationStateType` of kubeflow's operator, those from which it makes no pod unless the application is changed.
const FINISHED_IN_KUBEFLOW: [&str; 2] = ["COMPLETED", "FAILED"];
/// The same of suspended applications: their pods go, and come again when they are resumed.
const SUSPENDED_IN_KUBEFLOW: [&str; 2] = ["SUSPENDING", "SUSPENDED"];
/// `ApplicationStateSummary` of Apache's operator.
const FINISHED_IN_APACHE: [&str; 4] = [
    "Succeeded",
    "Failed",
    "ResourceReleased",
    "TerminatedWithoutReleaseResources",
];

impl Standing {
    /// That of an application that is made or changed: it runs again, whatever came of it before.
    #[must_use]
    pub fn of_request(kind: ApplicationKind, object: Json<'_>) -> Self {
        let is_suspended = object.at(["spec", "suspend"]).and_then(Json::as_bool) == Some(true);
        match kind {
            ApplicationKind::KubeflowScheduled => Self::Waiting,
            ApplicationKind::Kubeflow | ApplicationKind::Apache if is_suspended => Self::Waiting,
            ApplicationKind::Kubeflow | ApplicationKind::Apache => Self::Active,
        }
    }

    /// That of an application as it is stored, with its status.
    #[must_use]
    pub fn of_stored(kind: ApplicationKind, object: Json<'_>) -> Self {
        let state = match kind {
            ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled => {
                object.at(["status", "applicationState", "state"])
            }
            ApplicationKind::Apache => object.at(["status", "currentState", "currentStateSummary"]),
        };
        let state = state.and_then(Json::as_str).unwrap_or_default();
        let (finished, suspended): (&[&str], &[&str]) = match kind {
            ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled => {
                (&FINISHED_IN_KUBEFLOW, &SUSPENDED_IN_KUBEFLOW)
            }
            ApplicationKind::Apache => (&FINISHED_IN_APACHE, &[]),
        };
        if finished.contains(&state) {
            Self::Finished
        } else if suspended.contains(&state) {
            Self::Waiting
        } else {
            Self::of_request(kind, object)
        }
    }
}
