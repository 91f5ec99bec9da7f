//! Counts of executors out of range, and a minimum above the maximum.

use super::Violation;
use crate::engine::workload::{Property, Workload};

const INSTANCES: &str = "spark.executor.instances";
const INITIAL: &str = "spark.dynamicAllocation.initialExecutors";
const MINIMUM: &str = "spark.dynamicAllocation.minExecutors";
const MAXIMUM: &str = "spark.dynamicAllocation.maxExecutors";

pub(super) fn judge(workload: &Workload<'_>) -> Vec<Violation> {
    let get = |name| workload.properties.get(name);
    let is_dynamic = workload.properties.is_true("spark.dynamicAllocation.enabled");
    let mut violations = Vec::new();
    let mut counts = |name, least: i32, what: &str| -> Option<(i32, &Property<'_>)> {
        let property = get(name)?;
        match property.value.trim().parse::<i32>() {
            Ok(count) if count >= least => Some((count, property)),
            _ => {
                let place = property.origin.pointer()?.to_buf();
                let message = format!(
                    "`{}` is no {what}; Spark takes a whole number of at least {least}",
                    property.value
                );
                violations.push(Violation::at(place, message));
                None
            }
        }
    };
    // With dynamic allocation a job may well begin with none.
    let instances = counts(INSTANCES, i32::from(!is_dynamic), "number of executors");
    if !is_dynamic {
        return violations;
    }
    let initial = counts(INITIAL, 0, "initial number of executors");
    let minimum = counts(MINIMUM, 0, "minimum of executors");
    let Some((maximum, _)) = counts(MAXIMUM, 0, "maximum of executors") else {
        return violations;
    };
    // Spark starts with the largest of the three, and checks that against both bounds.
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
