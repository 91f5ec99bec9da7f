//! Dynamic allocation that Spark refuses to start with.
//!
//! `ExecutorAllocationManager.validateSettings` and the checks of `org.apache.spark.internal.config`, of Spark 3.2 to 4.3.

use super::{Violation, at, get};
use crate::engine::quantity::{SparkTime, TimeUnit};
use crate::engine::workload::shuffle_blocks::{DECOMMISSION, SHUFFLE_BLOCKS, TRACKING, keeper};
use crate::engine::workload::{Properties, RoleName, Workload};

const ENABLED: &str = "spark.dynamicAllocation.enabled";
const RATIO: &str = "spark.dynamicAllocation.executorAllocationRatio";

/// How long Spark waits, with the unit of bare numbers and the least that it takes, in that unit. It counts in whole units.
pub(super) const TIMES: [(&str, TimeUnit, i64); 5] = [
    ("spark.dynamicAllocation.schedulerBacklogTimeout", TimeUnit::Seconds, 1),
    (
        "spark.dynamicAllocation.sustainedSchedulerBacklogTimeout",
        TimeUnit::Seconds,
        1,
    ),
    ("spark.dynamicAllocation.executorIdleTimeout", TimeUnit::Seconds, 0),
    (
        "spark.dynamicAllocation.cachedExecutorIdleTimeout",
        TimeUnit::Seconds,
        0,
    ),
    (
        "spark.dynamicAllocation.shuffleTracking.timeout",
        TimeUnit::Milliseconds,
        0,
    ),
];

pub(super) fn judge(workload: &Workload<'_>, roles: &[RoleName]) -> Vec<Violation> {
    if !roles.contains(&RoleName::Executor) || !workload.properties.is_true(ENABLED) {
        return Vec::new();
    }
    let mut violations: Vec<Violation> = loses_shuffle_blocks(workload).into_iter().collect();
    violations.extend(
        TIMES
            .iter()
            .filter_map(|time| out_of_range(&workload.properties, *time)),
    );
    violations.extend(ratio(&workload.properties));
    violations
}

/// Whether executors that are no longer needed would take shuffle blocks with them that still are.
fn loses_shuffle_blocks(workload: &Workload<'_>) -> Option<Violation> {
    let properties = &workload.properties;
    if keeper(properties, workload.spark_version).is_some() {
        return None;
    }
    let message =
        "dynamic allocation takes executors away, and nothing keeps their shuffle blocks: Spark refuses to start";
    let (to_blame, tracking) = match get(properties, TRACKING) {
        Some(tracking) => (tracking, "write `true`".to_owned()),
        None => (get(properties, ENABLED)?, format!("add `{TRACKING}: \"true\"`")),
    };
    let migration = format!("`{DECOMMISSION}` and `{SHUFFLE_BLOCKS}`");
    at(to_blame, message, &format!("{tracking}, or switch on {migration}"))
}

fn out_of_range(properties: &Properties<'_>, (name, unit, least): (&str, TimeUnit, i64)) -> Option<Violation> {
    let property = get(properties, name)?;
    let time = SparkTime::parse(property.value, unit)?;
    (time.whole(unit) < least).then(|| {
        let message = format!(
            "`{}` is too short as {name}: Spark takes {least}{unit} at least",
            property.value.trim()
        );
        at(property, message, &format!("write `{least}{unit}` or more"))
    })?
}

fn ratio(properties: &Properties<'_>) -> Option<Violation> {
    let property = get(properties, RATIO)?;
    let is_share = property.as_f64().is_some_and(|ratio| ratio > 0.0 && ratio <= 1.0);
    (!is_share).then(|| {
        let message = format!(
            "`{}` is no {RATIO}; Spark takes a number above 0, up to 1",
            property.value
        );
        at(
            property,
            message,
            "write a share, such as \"0.5\" for half as many executors",
        )
    })?
}
