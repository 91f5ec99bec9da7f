//! Counts of executors out of range, and a minimum above the maximum.
//!
//! `SparkSubmitArguments.validateSubmitArguments`, `ExecutorAllocationManager.validateSettings` and
//! `SchedulerBackendUtils.getInitialTargetExecutorNumber` of Spark; the CRD of spark-operator v2.5.2 for `executor.instances`.

use super::Violation;
use crate::engine::workload::{Property, RoleName, Workload};

const INSTANCES: &str = "spark.executor.instances";
const INITIAL: &str = "spark.dynamicAllocation.initialExecutors";
const MINIMUM: &str = "spark.dynamicAllocation.minExecutors";
const MAXIMUM: &str = "spark.dynamicAllocation.maxExecutors";

pub(super) fn judge(workload: &Workload<'_>, roles: &[RoleName]) -> Vec<Violation> {
    if !roles.contains(&RoleName::Executor) {
        return Vec::new();
    }
    let get = |name| workload.properties.get(name);
    let is_dynamic = workload.properties.is_true("spark.dynamicAllocation.enabled");
    let mut violations = Vec::new();
    let mut counts = |name, least: Option<i32>, what: &str| -> Option<(i32, &Property<'_>)> {
        let property = get(name)?;
        let count = property.value.trim().parse::<i32>().ok();
        if let Some(count) = count.filter(|count| least.is_none_or(|least| *count >= least)) {
            return Some((count, property));
        }
        let place = property.origin.pointer()?.to_buf();
        let range = least.map_or(String::new(), |least| format!(" of at least {least}"));
        let message = format!("`{}` is no {what}; Spark takes a whole number{range}", property.value);
        violations.push(Violation::at(place, message));
        None
    };
    // With dynamic allocation Spark begins with the largest of the three, and so does not mind that one is below zero.
    let instances = counts(INSTANCES, (!is_dynamic).then_some(1), "number of executors");
    if !is_dynamic {
        return violations;
    }
    let initial = counts(INITIAL, None, "initial number of executors");
    let minimum = counts(MINIMUM, Some(0), "minimum of executors");
    let maximum = counts(MAXIMUM, Some(1), "maximum of executors");
    violations.extend(instances.and_then(|(count, property)| below_what_the_crd_takes(count, property)));
    let Some((maximum, _)) = maximum else {
        return violations;
    };
    for (what, count) in [
        ("minimum of", minimum),
        ("initial number of", initial),
        ("number of", instances),
    ] {
        if let Some((count, property)) = count
            && count > maximum
            && let Some(place) = property.origin.pointer()
        {
            let message =
                format!("the {what} executors, {count}, is above the maximum, {maximum}: Spark refuses to start");
            violations.push(
                Violation::at(place.to_buf(), message)
                    .with_help(format!("write {maximum} or less, or raise the maximum")),
            );
        }
    }
    violations
}

/// Spark begins with no executors where the property says so; the field cannot say so.
fn below_what_the_crd_takes(count: i32, instances: &Property<'_>) -> Option<Violation> {
    let place = instances.origin.pointer()?;
    let is_field = place.back().is_some_and(|token| token.encoded() == "instances");
    (is_field && count < 1).then(|| {
        Violation::at(
            place.to_buf(),
            format!("`{count}` is no number of executors; the API server takes a whole number of at least 1"),
        )
        .with_help("leave it out, and say in `dynamicAllocation` how many executors to begin with")
    })
}
