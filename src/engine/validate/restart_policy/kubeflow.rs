//! Restarts by kubeflow's operator: `ShouldRetry` and `TimeUntilNextRetryDue` of spark-operator v2.5.2, and the least that its CRD takes.

use json_patch::jsonptr::Pointer;

use super::{Interval, RestartType, Restarts, Retries};
use crate::engine::quantity::SparkTime;
use crate::engine::validate::Violation;
use crate::engine::workload::Located;

/// The fields about one way to fail, and what the operator then does.
struct Failure {
    retries: &'static str,
    interval: &'static str,
    what: &'static str,
}

const FAILURES: [Failure; 2] = [
    Failure {
        retries: "onSubmissionFailureRetries",
        interval: "onSubmissionFailureRetryInterval",
        what: "a submission that fails is tried again",
    },
    Failure {
        retries: "onFailureRetries",
        interval: "onFailureRetryInterval",
        what: "a job that fails is run again",
    },
];
/// In seconds, where nobody says it.
const DEFAULT_INTERVAL: i64 = 5;

/// What the operator will do; `None` where the type is none that there is.
pub(super) fn restarts(spec: &Located<'_>) -> Option<Restarts> {
    let fields = spec.get_or_empty("restartPolicy");
    let kind = fields.get("type");
    let policy = match &kind {
        Some(kind) => RestartType::parse(kind.json.as_str()?)?,
        None => RestartType::Never,
    };
    let section = spec.get("restartPolicy").unwrap_or_else(|| spec.clone());
    let place = kind.unwrap_or(section).pointer;
    let (retries, intervals) = match policy {
        RestartType::Always => (vec![endless(&place)], FAILURES.iter().collect()),
        RestartType::OnFailure => retries(&fields),
        RestartType::Never | RestartType::OnInfrastructureFailure => (Vec::new(), Vec::new()),
    };
    let mut intervals: Vec<Interval> = intervals
        .into_iter()
        .filter_map(|failure| interval(&fields, failure, &place))
        .collect();
    // Both have the same default.
    intervals.dedup();
    Some(Restarts {
        policy,
        place,
        retries,
        intervals,
        void: void(spec, &fields, policy),
    })
}

fn endless(place: &Pointer) -> Retries {
    Retries {
        place: place.to_buf(),
        what: "under `Always` the job is run again, even after it succeeded,",
        count: None,
    }
}

/// What is tried again, and after which failures.
fn retries(fields: &Located<'_>) -> (Vec<Retries>, Vec<&'static Failure>) {
    FAILURES
        .iter()
        .filter_map(|failure| {
            let given = fields.get(failure.retries)?;
            let count = given.json.as_i64().filter(|count| *count > 0)?;
            let retries = Retries {
                place: given.pointer,
                what: failure.what,
                count: Some(count),
            };
            Some((retries, failure))
        })
        .unzip()
}

fn interval(fields: &Located<'_>, failure: &Failure, place: &Pointer) -> Option<Interval> {
    let (seconds, place) = match fields.get(failure.interval) {
        Some(given) => (given.json.as_i64()?, given.pointer),
        None => (DEFAULT_INTERVAL, place.to_buf()),
    };
    Some(Interval {
        place,
        time: SparkTime::from_milliseconds(seconds.saturating_mul(1000)),
    })
}

/// What is written and never happens.
fn void(spec: &Located<'_>, fields: &Located<'_>, policy: RestartType) -> Vec<Violation> {
    let retries: Vec<_> = FAILURES
        .iter()
        .filter_map(|failure| fields.get(failure.retries))
        .collect();
    let intervals: Vec<_> = FAILURES
        .iter()
        .filter_map(|failure| fields.get(failure.interval))
        .collect();
    let unread = match policy {
        RestartType::OnFailure => [&[][..], &[]],
        RestartType::Always => [&retries[..], &[]],
        RestartType::Never | RestartType::OnInfrastructureFailure => [&retries[..], &intervals[..]],
    };
    let unread = unread.into_iter().flatten().map(|field| {
        let message = format!("this is not read under the type `{}`", policy.as_str());
        Violation::at_key(field.pointer.clone(), message).with_help("write `type: OnFailure`, or leave it out")
    });
    let retries_nothing = (policy == RestartType::OnFailure && retries.is_empty()).then(|| {
        let message = "`OnFailure` without `onFailureRetries` runs nothing again";
        Violation::at(fields.pointer.clone(), message).with_help("say how often: `onFailureRetries: 3`")
    });
    let refused = below(&retries, 0).chain(below(&intervals, 1));
    by_older_names(spec)
        .chain(unread)
        .chain(retries_nothing)
        .chain(refused)
        .collect()
}

fn by_older_names(spec: &Located<'_>) -> impl Iterator<Item = Violation> {
    ["failureRetries", "retryInterval"]
        .into_iter()
        .filter_map(|name| spec.get(name))
        .map(|field| {
            Violation::at_key(field.pointer, "the operator does not read this field any more")
                .with_help("write `restartPolicy`, with `type: OnFailure` and `onFailureRetries`")
        })
}

fn below(fields: &[Located<'_>], least: i64) -> impl Iterator<Item = Violation> {
    fields.iter().filter_map(move |field| {
        let number = field.json.as_i64().filter(|number| *number < least)?;
        let message = format!("`{number}` is out of range: the API server takes {least} at least");
        Some(Violation::at(field.pointer.clone(), message).with_help(format!("write {least} or more")))
    })
}
