//! `schedule`: runs when its author believes that it does.
//!
//! ## What it does
//! Reads the schedule of a `ScheduledSparkApplication` as the operator does, and its time zone, and finds what is never run: a schedule that
//! cannot be read, a day that does not come, a time zone that does not exist, a missing `concurrencyPolicy`, without which the
//! operator starts no second run while the first is kept. It finds what is run each second, and limits of the history below zero. A
//! `timeZone` that the schedule's own prefix `CRON_TZ=` takes the place of is no more than a warning.
//!
//! The fields of the rule say which concurrency policies are allowed, and how many past runs are kept.
//!
//! Decides on schedules, and on nothing else. Names that are too long for the runs that they are made into are for `wellFormed` to say.
//!
//! ## Why
//! The API server takes any text for a schedule. What the operator cannot read it marks as failed, in a status that nobody looks at, and the job is
//! missed in the morning. Runs that overlap fight for the same tables, and hundreds of past runs fill the cluster's store.
//!
//! ## Policy
//! ```yaml
//! - name: readable-schedules
//!   schedule:                                   # every field can be left out
//!     concurrencyPolicies: [Forbid, Replace]    # of Allow, Forbid, Replace; all where left out
//!     historyLimit: {min: 1, max: 10}           # of successful runs, and of failed ones
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: ScheduledSparkApplication
//! metadata: {name: sundays, namespace: team}
//! spec:
//!   schedule: "0 2 * * 7"
//!   timeZone: Europe/berlin
//!   template:
//!     type: Scala
//!     sparkVersion: 3.5.1
//!     image: spark:3.5.1
//!     mainApplicationFile: local:///app.jar
//!     driver: {}
//!     executor: {}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: ScheduledSparkApplication
//! metadata: {name: sundays, namespace: team}
//! spec:
//!   schedule: "0 2 * * 0"
//!   timeZone: Europe/Berlin
//!   concurrencyPolicy: Forbid
//!   template:
//!     type: Scala
//!     sparkVersion: 3.5.1
//!     image: spark:3.5.1
//!     mainApplicationFile: local:///app.jar
//!     driver: {}
//!     executor: {}
//! ```

mod cron;
mod time_zone;

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use self::cron::Cron;
use super::bounds::Bounds;
use super::{Case, Rule, Violation};
use crate::engine::finding::Enforcement;
use crate::engine::policy::document::Problem;
use crate::engine::subject::{ApplicationKind, Subject};
use crate::engine::workload::{Located, RoleName};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "schedule";

/// How many past runs of a kind the operator keeps, where nobody says it.
const DEFAULT_HISTORY: i64 = 1;

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Schedule {
    /// What may happen when a run is due and the last one is not over; anything where not given.
    concurrency_policies: Option<Vec<ConcurrencyPolicy>>,
    /// How many past runs are kept: of those that succeeded, and of those that failed.
    history_limit: Option<Bounds<u32>>,
}

/// What happens when a run is due and the last one is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum ConcurrencyPolicy {
    /// It starts.
    Allow,
    /// It is left out.
    Forbid,
    /// It starts, and the last one is deleted.
    Replace,
}

impl ConcurrencyPolicy {
    const ALL: [Self; 3] = [Self::Allow, Self::Forbid, Self::Replace];

    /// The operator's spelling.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Forbid => "Forbid",
            Self::Replace => "Replace",
        }
    }
}

impl Rule for Schedule {
    fn problems(&self) -> Vec<Problem> {
        let place = |field| PointerBuf::from_tokens([field]);
        let no_policy = self
            .concurrency_policies
            .as_ref()
            .filter(|policies| policies.is_empty())
            .map(|_| {
                Problem::at(place("concurrencyPolicies"), "no concurrency policy is allowed")
                    .with_help("name those that are, or leave `concurrencyPolicies` out")
            });
        let of_limit = self
            .history_limit
            .and_then(|range| range.problem(&place("historyLimit")));
        no_policy.into_iter().chain(of_limit).collect()
    }

    fn is_per_role(&self) -> bool {
        false
    }

    fn judge(&self, case: &Case<'_, '_>, _: &[RoleName]) -> Vec<Violation> {
        if case.subject != Subject::Application(ApplicationKind::KubeflowScheduled) {
            return Vec::new();
        }
        // What has not even the shape of a schedule is for `wellFormed` to say.
        let Some(spec) = Located::root(case.object).get("spec") else {
            return Vec::new();
        };
        let history = ["successfulRunHistoryLimit", "failedRunHistoryLimit"]
            .into_iter()
            .filter_map(|field| self.judge_history(&spec, field));
        judge_times(&spec)
            .into_iter()
            .chain(self.judge_concurrency(&spec))
            .chain(history)
            .collect()
    }
}

impl Schedule {
    fn judge_concurrency(&self, spec: &Located<'_>) -> Option<Violation> {
        let allowed = self.concurrency_policies.as_deref().unwrap_or(&ConcurrencyPolicy::ALL);
        let names: Vec<&str> = allowed.iter().map(|policy| policy.as_str()).collect();
        let help = format!("write `concurrencyPolicy: {}`", names.join("` or `"));
        let Some(written) = spec
            .get("concurrencyPolicy")
            .filter(|written| written.json.as_str() != Some(""))
        else {
            let message = "without a `concurrencyPolicy` the operator starts no second run while the first is kept";
            return Some(Violation::at(spec.pointer.clone(), message).with_help(help));
        };
        let text = written.json.as_str()?;
        let policy = ConcurrencyPolicy::ALL
            .into_iter()
            .find(|policy| policy.as_str() == text)?;
        (!allowed.contains(&policy)).then(|| {
            let message = format!("the concurrency policy `{text}` is not among those that are allowed");
            Violation::at(written.pointer, message).with_help(help)
        })
    }

    fn judge_history(&self, spec: &Located<'_>, field: &str) -> Option<Violation> {
        let written = spec.get(field);
        let place = written.as_ref().unwrap_or(spec).pointer.clone();
        let limit = match written {
            Some(written) => written.json.as_i64()?,
            None => DEFAULT_HISTORY,
        };
        let Ok(limit) = u32::try_from(limit) else {
            let message = format!("`{limit}` is no number of runs to keep: the operator fails when one has ended");
            return Some(Violation::at(place, message).with_help("write 0 or more"));
        };
        let range = self.history_limit?;
        let (bound, wanted) = match (range.above(limit), range.below(limit)) {
            (Some(min), _) => (format!("{min} is the least"), format!("{min} or more")),
            (None, Some(max)) => (format!("{max} is the most"), format!("{max} or less")),
            (None, None) => return None,
        };
        let message = format!("the `{field}` is {limit}, and {bound}");
        Some(Violation::at(place, message).with_help(format!("write {wanted}")))
    }
}

/// The schedule itself, and the time zone that it is read in.
fn judge_times(spec: &Located<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let zone = spec.get("timeZone");
    let zone = zone
        .as_ref()
        .and_then(|zone| Some((zone.json.as_str()?, &zone.pointer)));
    violations.extend(zone.and_then(|(name, place)| unknown_zone(name, place)));
    let Some(schedule) = spec.get("schedule") else {
        return violations;
    };
    let Some(text) = schedule.json.as_str() else {
        return violations;
    };
    let place = || schedule.pointer.clone();
    let cron = match Cron::parse(text) {
        Ok(cron) => cron,
        Err(error) => {
            let message = format!("the operator cannot read the schedule: {error}");
            violations.push(Violation::at(place(), message).with_help(error.help()));
            return violations;
        }
    };
    if cron.never_runs() {
        let message = "the schedule names a day that does not come: nothing is ever run";
        violations.push(Violation::at(place(), message).with_help("write a day that the month has"));
    }
    if cron.runs_each_second() {
        let message = "the schedule asks for less than a second between runs, and starts one each second";
        violations.push(Violation::at(place(), message).with_help("write a longer time, such as `@every 1h`"));
    }
    if let Some(prefix) = cron.zone {
        violations.extend(unknown_zone(prefix, &schedule.pointer));
        violations.extend(zone.filter(|(name, _)| *name != prefix).map(|(_, place)| {
            let message = format!("the time zone is not read: the schedule begins with its own, `{prefix}`");
            // It runs, be it at another time than somebody meant.
            Violation::at_key(place.clone(), message)
                .with_help("leave one of the two out")
                .at_most(Enforcement::Warn)
        }));
    }
    violations
}

fn unknown_zone(name: &str, place: &Pointer) -> Option<Violation> {
    (!time_zone::is_known(name)).then(|| {
        Violation::at(place.to_buf(), format!("there is no time zone `{name}`")).with_help(time_zone::help(name))
    })
}
