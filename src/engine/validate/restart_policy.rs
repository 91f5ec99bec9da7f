//! `restartPolicy`: is run again a bounded number of times, with pauses.
//!
//! ## What it does
//! Reads what the operator will do when a job fails: kubeflow's `restartPolicy`, or `applicationTolerations.restartConfig` of Apache's. It bounds
//! how often the job is submitted and run again, and how long the operator waits before; of kubeflow's operator, which waits longer each time, the
//! first pause counts. Under kubeflow's `Always` a job is run again for ever, even after it succeeded, whatever else is written.
//!
//! Besides, whatever its fields, it finds restarts that are written and never made: retries under another type than `OnFailure`, `OnFailure`
//! without retries, `failureRetries` and `retryInterval`, which no operator reads any more, and numbers that the API server refuses.
//!
//! Decides on applications, and on the template of a schedule. Says nothing of pods: Spark's are never restarted.
//!
//! ## Why
//! A job that fails for good and is run again without bounds holds its share of the cluster until somebody notices. Run again at once, it meets
//! the same outage. And a retry that was believed in and is not made is found at night.
//!
//! ## Policy
//! ```yaml
//! - name: bounded-restarts
//!   restartPolicy:                 # every field can be left out
//!     types: [Never, OnFailure]    # of Never, OnFailure, Always, OnInfrastructureFailure; all where left out
//!     maxRetries: 5                # of submitting, and of running
//!     interval: {min: 10s, max: 1h}
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: tries-for-ever, namespace: team}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///app.jar
//!   restartPolicy: {type: Always, onFailureRetryInterval: 10}
//!   driver: {}
//!   executor: {}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: tries-again, namespace: team}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///app.jar
//!   restartPolicy: {type: OnFailure, onFailureRetries: 3, onFailureRetryInterval: 60}
//!   driver: {}
//!   executor: {}
//! ```

mod apache;
mod kubeflow;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use super::bounds::Bounds;
use super::{Case, Rule, Violation};
use crate::engine::policy::document::Problem;
use crate::engine::quantity::SparkTime;
use crate::engine::subject::{ApplicationKind, Subject};
use crate::engine::workload::RoleName;

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "restartPolicy";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestartPolicy {
    /// When a job may be run again; whenever it likes where not given.
    types: Option<Vec<RestartType>>,
    /// How often it may be.
    max_retries: Option<u32>,
    /// How long the operator waits before.
    interval: Option<Bounds<SparkTime>>,
}

/// When a job is run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum RestartType {
    Never,
    OnFailure,
    Always,
    /// Apache's alone: when the failure was not the job's.
    OnInfrastructureFailure,
}

impl RestartType {
    const ALL: [Self; 4] = [
        Self::Never,
        Self::OnFailure,
        Self::Always,
        Self::OnInfrastructureFailure,
    ];

    /// The spelling of both operators.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "Never",
            Self::OnFailure => "OnFailure",
            Self::Always => "Always",
            Self::OnInfrastructureFailure => "OnInfrastructureFailure",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What an operator will do, whichever it is.
struct Restarts {
    policy: RestartType,
    /// Where it is said; where nobody says it, what could hold it.
    place: PointerBuf,
    retries: Vec<Retries>,
    intervals: Vec<Interval>,
    /// What is written and never happens.
    void: Vec<Violation>,
}

/// How often something is tried again.
struct Retries {
    place: PointerBuf,
    /// What the operator does, for a message: "the job is run again".
    what: &'static str,
    /// `None` for without end.
    count: Option<i64>,
}

/// How long the operator waits.
#[derive(PartialEq)]
struct Interval {
    place: PointerBuf,
    time: SparkTime,
}

impl Rule for RestartPolicy {
    fn problems(&self) -> Vec<Problem> {
        let place = |field| PointerBuf::from_tokens([field]);
        let types = self.types.as_deref();
        let no_type = types.filter(|types| types.is_empty()).map(|_| {
            Problem::at(place("types"), "no type is allowed").with_help("name those that are, or leave `types` out")
        });
        let no_restart = types
            .filter(|types| !types.is_empty() && types.iter().all(|kind| *kind == RestartType::Never))
            .filter(|_| self.max_retries.is_some() || self.interval.is_some())
            .map(|_| {
                Problem::at(place("types"), "nothing is run again, so there are no retries to bound")
                    .with_help("allow another type, or leave `maxRetries` and `interval` out")
            });
        let of_interval = self.interval.and_then(|range| range.problem(&place("interval")));
        [no_type, no_restart, of_interval].into_iter().flatten().collect()
    }

    fn is_per_role(&self) -> bool {
        false
    }

    fn judge(&self, case: &Case<'_, '_>, _: &[RoleName]) -> Vec<Violation> {
        let Subject::Application(kind) = case.subject else {
            return Vec::new();
        };
        let spec = kind.spec(case.object);
        let restarts = match kind {
            ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled => kubeflow::restarts(&spec),
            ApplicationKind::Apache => apache::restarts(&spec),
        };
        // A type that there is none of is for `wellFormed` to say.
        restarts.map_or_else(Vec::new, |restarts| self.judge_restarts(restarts))
    }
}

impl RestartPolicy {
    fn judge_restarts(&self, restarts: Restarts) -> Vec<Violation> {
        if let Some(refused) = self.refused_type(&restarts) {
            return vec![refused];
        }
        let retries = restarts
            .retries
            .into_iter()
            .filter_map(|retries| self.too_often(retries));
        let intervals = restarts
            .intervals
            .into_iter()
            .filter_map(|interval| self.out_of_bounds(interval));
        retries.chain(intervals).chain(restarts.void).collect()
    }

    fn refused_type(&self, restarts: &Restarts) -> Option<Violation> {
        let types = self
            .types
            .as_deref()
            .filter(|types| !types.contains(&restarts.policy))?;
        let names: Vec<&str> = types.iter().map(|kind| kind.as_str()).collect();
        let message = format!(
            "`{}` is not among the restart policies that are allowed",
            restarts.policy.as_str()
        );
        Some(Violation::at(restarts.place.clone(), message).with_help(format!("write `{}`", names.join("` or `"))))
    }

    fn too_often(&self, Retries { place, what, count }: Retries) -> Option<Violation> {
        let max = self.max_retries?;
        let message = match count {
            None => format!("{what} without end, and {max} times is the most"),
            Some(count) if count > i64::from(max) => format!("{what} {count} times, and {max} is the most"),
            Some(_) => return None,
        };
        Some(Violation::at(place, message).with_help(format!("bound it at {max} or less")))
    }

    fn out_of_bounds(&self, Interval { place, time }: Interval) -> Option<Violation> {
        let range = self.interval?;
        let (bound, wanted) = match (range.above(time), range.below(time)) {
            (Some(min), _) => (format!("{min} is the least"), format!("{min} or more")),
            (None, Some(max)) => (format!("{max} is the most"), format!("{max} or less")),
            (None, None) => return None,
        };
        let message = format!("the operator waits {time} before it tries again, and {bound}");
        Some(Violation::at(place, message).with_help(format!("let it wait {wanted}")))
    }
}
