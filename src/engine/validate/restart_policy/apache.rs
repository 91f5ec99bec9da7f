//! Restarts by Apache's operator: `ApplicationStatus.terminateOrRestart` and `RestartConfig` of spark-kubernetes-operator 1.1.0.

use super::{Interval, RestartType, Restarts, Retries};
use crate::engine::quantity::SparkTime;
use crate::engine::validate::Violation;
use crate::engine::workload::Located;

const ATTEMPTS: &str = "maxRestartAttempts";
/// How often, where nobody says it.
const DEFAULT_ATTEMPTS: i64 = 3;
const BACKOFF: &str = "restartBackoffMillis";
/// How long, where nobody says it.
const DEFAULT_BACKOFF: i64 = 30_000;
/// Pauses after one kind of failure, in place of the general one.
const SPECIAL_BACKOFFS: [&str; 2] = [
    "restartBackoffMillisForFailure",
    "restartBackoffMillisForSchedulingFailure",
];
/// After an attempt that lived for so long, attempts are counted anew; never, where it is below zero.
const RESET: &str = "restartCounterResetMillis";
const AGAIN: &str = "the job is run again";

pub(super) fn restarts(spec: &Located<'_>) -> Option<Restarts> {
    let config = spec.at(["applicationTolerations", "restartConfig"]);
    let Some(config) = config else {
        return Some(none(spec));
    };
    let kind = config.get("restartPolicy");
    let policy = match &kind {
        Some(kind) => RestartType::parse(kind.json.as_str()?)?,
        None => RestartType::Never,
    };
    let place = kind.map_or_else(|| config.pointer.clone(), |kind| kind.pointer);
    if policy == RestartType::Never {
        return Some(Restarts {
            place,
            void: unread(&config),
            ..none(spec)
        });
    }
    let number = |field, default| match config.get(field) {
        Some(given) => Some((given.json.as_i64()?, given.pointer)),
        None => Some((default, place.clone())),
    };
    let attempts = number(ATTEMPTS, DEFAULT_ATTEMPTS).map(|(count, place)| Retries {
        place,
        what: AGAIN,
        count: Some(count),
    });
    let uncounted = config
        .get(RESET)
        .filter(|reset| reset.json.as_i64().is_some_and(|after| after >= 0))
        .map(|reset| Retries {
            place: reset.pointer,
            what: "attempts are counted anew after one that lived for a while, so that the job may be run again",
            count: None,
        });
    let special = SPECIAL_BACKOFFS
        .into_iter()
        .filter_map(|field| config.get(field))
        .filter_map(|given| Some((given.json.as_i64()?, given.pointer)));
    let intervals = number(BACKOFF, DEFAULT_BACKOFF)
        .into_iter()
        .chain(special)
        .map(|(milliseconds, place)| Interval {
            place,
            time: SparkTime::from_milliseconds(milliseconds),
        })
        .collect();
    Some(Restarts {
        retries: attempts.into_iter().chain(uncounted).collect(),
        intervals,
        place: place.clone(),
        policy,
        void: Vec::new(),
    })
}

fn none(spec: &Located<'_>) -> Restarts {
    Restarts {
        policy: RestartType::Never,
        place: spec.pointer.clone(),
        retries: Vec::new(),
        intervals: Vec::new(),
        void: Vec::new(),
    }
}

/// What counts only where something is run again.
fn unread(config: &Located<'_>) -> Vec<Violation> {
    [
        ATTEMPTS,
        BACKOFF,
        "maxRestartOnFailure",
        "maxRestartOnSchedulingFailure",
    ]
    .into_iter()
    .chain(SPECIAL_BACKOFFS)
    .filter_map(|field| config.get(field))
    .map(|field| {
        Violation::at_key(field.pointer, "this is not read under the restart policy `Never`")
            .with_help("write `restartPolicy: OnFailure`, or leave it out")
    })
    .collect()
}
