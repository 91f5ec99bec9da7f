//! `dynamicAllocation`: grows and shrinks within bounds, and loses no shuffle blocks.
//!
//! ## What it does
//! Bounds how many executors a job has at least, at start and at most, and how long it keeps those that do nothing. A job without dynamic allocation
//! has its number of executors at most, so that switching it off is no way round. What nobody says counts as Spark's default: no
//! maximum, idle executors kept for a minute, those with cached or shuffle blocks for ever.
//!
//! Besides, whatever its fields, it finds dynamic allocation that Spark starts with and that then fails: one that relies on an external
//! shuffle service, which there is none of on Kubernetes, or on the migration of shuffle blocks while `spark.storage.decommission.enabled`
//! is off. Where Spark does not even start is for `wellFormed` to say.
//!
//! Decides on applications, and on the template of a schedule. Says nothing of pods.
//!
//! ## Why
//! Without a maximum one careless join takes the whole cluster. With a minimum near the maximum nothing is ever given back, and without
//! an idle timeout, neither. Shuffle blocks that go with their executors are computed again, over and over, until the job is given up.
//!
//! ## Policy
//! ```yaml
//! - name: elastic-within-bounds
//!   dynamicAllocation:                     # every field can be left out
//!     minExecutors: {max: 10}              # kept even while there is nothing to do
//!     initialExecutors: {max: 20}          # at start
//!     maxExecutors: {min: 2, max: 100}     # the ceiling; `max` holds for jobs without dynamic allocation too
//!     executorIdleTimeout: {min: 30s, max: 10min}
//!     cachedExecutorIdleTimeout: {max: 1h} # of executors with cached blocks
//!     shuffleTrackingTimeout: {max: 2h}    # of executors with shuffle blocks, where Spark tracks these
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: takes-it-all, namespace: team}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///app.jar
//!   dynamicAllocation: {enabled: true, minExecutors: 2}
//!   driver: {}
//!   executor: {}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: takes-its-share, namespace: team}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///app.jar
//!   dynamicAllocation: {enabled: true, minExecutors: 2, maxExecutors: 20, shuffleTrackingTimeout: 1800000}
//!   sparkConf: {spark.dynamicAllocation.cachedExecutorIdleTimeout: 30min}
//!   driver: {}
//!   executor: {}
//! ```

mod lost_blocks;
mod setting;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use self::setting::{Value, at_start, count, timeout};
use super::bounds::Bounds;
use super::{Case, Rule, Violation};
use crate::engine::policy::document::Problem;
use crate::engine::quantity::{SparkTime, TimeUnit};
use crate::engine::workload::shuffle_blocks::{Keeper, keeper};
use crate::engine::workload::{Origin, RoleName, Workload};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "dynamicAllocation";

const ENABLED: &str = "spark.dynamicAllocation.enabled";
const INSTANCES: &str = "spark.executor.instances";
const MINIMUM: &str = "spark.dynamicAllocation.minExecutors";
const INITIAL: &str = "spark.dynamicAllocation.initialExecutors";
const MAXIMUM: &str = "spark.dynamicAllocation.maxExecutors";
const IDLE: &str = "spark.dynamicAllocation.executorIdleTimeout";
const CACHED_IDLE: &str = "spark.dynamicAllocation.cachedExecutorIdleTimeout";
const TRACKED_IDLE: &str = "spark.dynamicAllocation.shuffleTracking.timeout";
const DEFAULT_IDLE: SparkTime = SparkTime::from_milliseconds(60_000);

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DynamicAllocation {
    /// How many executors are kept while there is nothing to do.
    min_executors: Option<Bounds<u32>>,
    /// How many there are at start.
    initial_executors: Option<Bounds<u32>>,
    /// How many there are at most.
    max_executors: Option<Bounds<u32>>,
    /// How long executors are kept that do nothing.
    executor_idle_timeout: Option<Bounds<SparkTime>>,
    /// How long, of those, executors with cached blocks.
    cached_executor_idle_timeout: Option<Bounds<SparkTime>>,
    /// How long, of those, executors with shuffle blocks.
    shuffle_tracking_timeout: Option<Bounds<SparkTime>>,
}

impl Rule for DynamicAllocation {
    fn problems(&self) -> Vec<Problem> {
        let counts = [
            ("minExecutors", self.min_executors),
            ("initialExecutors", self.initial_executors),
            ("maxExecutors", self.max_executors),
        ];
        let times = [
            ("executorIdleTimeout", self.executor_idle_timeout),
            ("cachedExecutorIdleTimeout", self.cached_executor_idle_timeout),
            ("shuffleTrackingTimeout", self.shuffle_tracking_timeout),
        ];
        let place = |field| PointerBuf::from_tokens([field]);
        let of_counts = counts
            .into_iter()
            .filter_map(|(field, range)| range?.problem(&place(field)));
        let of_times = times
            .into_iter()
            .filter_map(|(field, range)| range?.problem(&place(field)));
        of_counts.chain(of_times).chain(self.never_met()).collect()
    }

    fn is_per_role(&self) -> bool {
        false
    }

    fn judge(&self, case: &Case<'_, '_>, _: &[RoleName]) -> Vec<Violation> {
        let Some(workload) = case.workload else {
            return Vec::new();
        };
        if !workload.properties.is_true(ENABLED) {
            return self.judge_fixed_number(workload).into_iter().collect();
        }
        self.judge_counts(workload)
            .into_iter()
            .chain(self.judge_timeouts(workload))
            .chain(lost_blocks::judge(workload))
            .collect()
    }
}

impl DynamicAllocation {
    /// Ranges that no job can meet together: it begins with no fewer executors than its minimum, and no more than its maximum.
    fn never_met(&self) -> Option<Problem> {
        let minimum = ("minExecutors", self.min_executors, "at least");
        let initial = ("initialExecutors", self.initial_executors, "at start");
        let maximum = ("maxExecutors", self.max_executors, "at most");
        [(minimum, initial), (minimum, maximum), (initial, maximum)]
            .into_iter()
            .find_map(|((field, lower, low), (_, higher, high))| {
                let (least, most) = (lower?.min?, higher?.max?);
                (least > most).then(|| {
                    let message = format!("no job has {least} executors {low} and {most} {high}");
                    Problem::at(PointerBuf::from_tokens([field, "min"]), message)
                        .with_help(format!("write {most} or less"))
                })
            })
    }

    fn judge_fixed_number(&self, workload: &Workload<'_>) -> Option<Violation> {
        let most = self.max_executors?.max?;
        let instances = workload.properties.get(INSTANCES);
        if instances.is_some_and(|instances| instances.as_i32().is_none()) {
            return None;
        }
        let count = workload.executors.initial;
        (count > most).then(|| {
            let origin = instances.map_or(Origin::Default("Spark's default"), |instances| instances.origin.clone());
            let message = format!("the job has {count} executors, and {most} is the most");
            Violation::at(workload.place_of(&origin), message).with_help(format!(
                "write {most} or less, or let dynamic allocation find the number"
            ))
        })
    }

    fn judge_counts(&self, workload: &Workload<'_>) -> Vec<Violation> {
        let properties = &workload.properties;
        let minimum = count(properties, MINIMUM, "minimum of executors", Value::Of(0));
        let maximum = count(properties, MAXIMUM, "maximum of executors", Value::Unbounded);
        [
            (minimum, self.min_executors),
            (at_start(workload), self.initial_executors),
            (maximum, self.max_executors),
        ]
        .into_iter()
        .filter_map(|(setting, range)| setting.judge(workload, range?))
        .collect()
    }

    fn judge_timeouts(&self, workload: &Workload<'_>) -> Vec<Violation> {
        let is_tracked = keeper(&workload.properties, workload.spark_version) == Some(Keeper::Tracking);
        let time = |name, what, unit, default| timeout(&workload.properties, name, what, unit, default);
        let idle = time(IDLE, "idle timeout", TimeUnit::Seconds, Value::Of(DEFAULT_IDLE));
        let cached = time(
            CACHED_IDLE,
            "idle timeout of executors with cached blocks",
            TimeUnit::Seconds,
            Value::Unbounded,
        );
        let tracked = time(
            TRACKED_IDLE,
            "idle timeout of executors with shuffle blocks",
            TimeUnit::Milliseconds,
            Value::Unbounded,
        );
        [
            (idle, self.executor_idle_timeout),
            (cached, self.cached_executor_idle_timeout),
            (tracked, self.shuffle_tracking_timeout.filter(|_| is_tracked)),
        ]
        .into_iter()
        .filter_map(|(setting, range)| setting.judge(workload, range?))
        .collect()
    }
}
