//! Dynamic allocation that Spark refuses to start with.
//!
//! `ExecutorAllocationManager.validateSettings` and the checks of `org.apache.spark.internal.config`, of Spark 3.2 to 4.3.

use super::{Violation, at, get};
use crate::engine::quantity::{SparkTime, TimeUnit};
use crate::engine::spark_version::SparkVersion;
use crate::engine::workload::{Properties, RoleName, Workload};

const ENABLED: &str = "spark.dynamicAllocation.enabled";
const SHUFFLE_TRACKING: &str = "spark.dynamicAllocation.shuffleTracking.enabled";
const SHUFFLE_SERVICE: &str = "spark.shuffle.service.enabled";
const DECOMMISSION: &str = "spark.decommission.enabled";
const SHUFFLE_BLOCKS: &str = "spark.storage.decommission.shuffleBlocks.enabled";
const SHUFFLE_PLUGIN: &str = "spark.shuffle.sort.io.plugin.class";
const RATIO: &str = "spark.dynamicAllocation.executorAllocationRatio";

/// What Spark brings for [`SHUFFLE_PLUGIN`]: with an executor, its shuffle blocks are lost.
const ON_LOCAL_DISK: [&str; 2] = [
    "org.apache.spark.shuffle.sort.io.LocalDiskShuffleDataIO",
    "org.apache.spark.shuffle.KubernetesLocalDiskShuffleDataIO",
];

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
    // A version that is not known is given the benefit of the doubt.
    let from = |first| workload.spark_version.is_none_or(|version| version >= first);
    let is_on = |name, default| {
        if properties.contains(name) {
            properties.is_true(name)
        } else {
            default
        }
    };
    let default = from(SparkVersion::new(3, 4));
    let stays_elsewhere = from(SparkVersion::new(3, 5))
        && properties
            .get(SHUFFLE_PLUGIN)
            .is_some_and(|class| !ON_LOCAL_DISK.contains(&class.value.trim()));
    let is_kept = is_on(SHUFFLE_SERVICE, false)
        || is_on(SHUFFLE_TRACKING, default)
        || (is_on(DECOMMISSION, false) && is_on(SHUFFLE_BLOCKS, default))
        || stays_elsewhere;
    if is_kept {
        return None;
    }
    let message =
        "dynamic allocation takes executors away, and nothing keeps their shuffle blocks: Spark refuses to start";
    let (to_blame, tracking) = match get(properties, SHUFFLE_TRACKING) {
        Some(tracking) => (tracking, "write `true`".to_owned()),
        None => (get(properties, ENABLED)?, format!("add `{SHUFFLE_TRACKING}: \"true\"`")),
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
