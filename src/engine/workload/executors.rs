//! How many executors a job has.
//!
//! `SchedulerBackendUtils.getInitialTargetExecutorNumber` and `Utils.getDynamicAllocationInitialExecutors` of Spark.

use super::Properties;

/// `spark.executor.instances` where nobody says it.
const DEFAULT_INSTANCES: u32 = 2;

/// How many executors a job has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Executors {
    /// At start.
    pub initial: u32,
    /// At least, while it runs.
    pub min: u32,
    /// At most; `None` where Spark would ask for as many as it has tasks.
    pub max: Option<u32>,
}

impl Executors {
    /// Reads what the properties say. A number that Spark cannot read is left out.
    #[must_use]
    pub fn of(properties: &Properties<'_>) -> Self {
        let count = |name| properties.get(name)?.as_i32();
        let at_least_none = |count: i32| u32::try_from(count).unwrap_or(0);
        let instances = count("spark.executor.instances");
        if !properties.is_true("spark.dynamicAllocation.enabled") {
            let instances = instances.map_or(DEFAULT_INSTANCES, at_least_none);
            return Self {
                initial: instances,
                min: instances,
                max: Some(instances),
            };
        }
        let min = count("spark.dynamicAllocation.minExecutors").map_or(0, at_least_none);
        let initial = count("spark.dynamicAllocation.initialExecutors").map_or(min, at_least_none);
        Self {
            initial: initial.max(min).max(instances.map_or(0, at_least_none)),
            min,
            max: count("spark.dynamicAllocation.maxExecutors").map(at_least_none),
        }
    }
}
