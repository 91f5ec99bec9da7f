//! Counts of executors out of range, and a minimum above the maximum.
//!
//! `SparkSubmitArguments.validateSubmitArguments`, `ExecutorAllocationManager.validateSettings` and
//! `SchedulerBackendUtils.getInitialTargetExecutorNumber` of Spark; the CRD of spark-operator v2.5.2 for `executor.instances`.

use super::{Violation, at};
use crate::engine::workload::{Properties, Property, RoleName, Workload};

const INSTANCES: &str = "spark.executor.instances";
const INITIAL: &str = "spark.dynamicAllocation.initialExecutors";
const MINIMUM: &str = "spark.dynamicAllocation.minExecutors";
const MAXIMUM: &str = "spark.dynamicAllocation.maxExecutors";

pub(super) fn judge(workload: &Workload<'_>, roles: &[RoleName]) -> Vec<Violation> {
    if !roles.contains(&RoleName::Executor) {
        return Vec::new();
    }
    let properties = &workload.properties;
    if properties.is_true("spark.dynamicAllocation.enabled") {
        of_dynamic_allocation(properties)
    } else {
        let mut violations = Vec::new();
        count(properties, INSTANCES, Some(1), "number of executors", &mut violations);
        violations
    }
}

fn of_dynamic_allocation(properties: &Properties<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut count = |name, least, what| count(properties, name, least, what, &mut violations);
    // Spark begins with the largest of the three, and so does not mind that one is below zero.
    let instances = count(INSTANCES, None, "number of executors");
    let initial = count(INITIAL, None, "initial number of executors");
    let minimum = count(MINIMUM, Some(0), "minimum of executors");
    let maximum = count(MAXIMUM, Some(1), "maximum of executors");
    violations.extend(instances.and_then(|(count, property)| below_what_the_crd_takes(count, property)));
    let Some((maximum, _)) = maximum else {
        return violations;
    };
    let counts = [
        ("minimum of", minimum),
        ("initial number of", initial),
        ("number of", instances),
    ];
    violations.extend(counts.into_iter().filter_map(|(what, count)| {
        let (count, property) = count.filter(|(count, _)| *count > maximum)?;
        let message = format!("the {what} executors, {count}, is above the maximum, {maximum}: Spark refuses to start");
        at(
            property,
            message,
            &format!("write {maximum} or less, or raise the maximum"),
        )
    }));
    violations
}

/// The count in a property, if there is one, that is `least` or more; otherwise what is wrong with it is added to the violations.
fn count<'p, 'a>(
    properties: &'p Properties<'a>,
    name: &str,
    least: Option<i32>,
    what: &str,
    violations: &mut Vec<Violation>,
) -> Option<(i32, &'p Property<'a>)> {
    let property = properties.get(name)?;
    let count = property
        .as_i32()
        .filter(|count| least.is_none_or(|least| *count >= least));
    if count.is_none() {
        let (range, help) = match least {
            Some(least) => (format!(" of at least {least}"), format!("write `{least}` or more")),
            None => (String::new(), "write a whole number".to_owned()),
        };
        let message = format!("`{}` is no {what}; Spark takes a whole number{range}", property.value);
        violations.extend(at(property, message, &help));
    }
    Some((count?, property))
}

/// Spark begins with no executors where the property says so; the field cannot say so.
fn below_what_the_crd_takes(count: i32, instances: &Property<'_>) -> Option<Violation> {
    let place = instances.origin.pointer()?;
    let is_field = place.back().is_some_and(|token| token.encoded() == "instances");
    if !is_field || count >= 1 {
        return None;
    }
    let message = format!("`{count}` is no number of executors; the API server takes a whole number of at least 1");
    let help = "leave it out, and say in `dynamicAllocation` how many executors to begin with";
    at(instances, message, help)
}
