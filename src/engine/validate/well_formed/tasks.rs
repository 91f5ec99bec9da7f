//! Tasks that need more than an executor has.
//!
//! `ResourceProfile.calculateTasksAndLimitingResource` of Spark 3.2 to 4.3, which runs as Spark starts.

use super::{Violation, at, get};
use crate::engine::spark_version::SparkVersion;
use crate::engine::workload::{Properties, Property, RoleName, Workload};

const CPUS: &str = "spark.task.cpus";
const CORES: &str = "spark.executor.cores";
const TASK_RESOURCES: &str = "spark.task.resource.";

pub(super) fn judge(workload: &Workload<'_>, roles: &[RoleName]) -> Vec<Violation> {
    if !roles.contains(&RoleName::Executor) {
        return Vec::new();
    }
    let resources = workload
        .properties
        .with_prefix(TASK_RESOURCES)
        .filter_map(|(name, amount)| resource(&workload.properties, name.strip_suffix(".amount")?, amount));
    cpus(workload).into_iter().chain(resources).collect()
}

fn cpus(workload: &Workload<'_>) -> Option<Violation> {
    let property = get(&workload.properties, CPUS)?;
    let is_whole = workload
        .spark_version
        .is_some_and(|version| version < SparkVersion::new(4, 3));
    let cpus = if is_whole {
        property.as_i32().map(f64::from)
    } else {
        property.as_f64()
    };
    let Some(cpus) = cpus.filter(|cpus| *cpus > 0.0) else {
        let what = if is_whole {
            "a whole number of at least 1"
        } else {
            "a number above 0"
        };
        let message = format!("`{}` is no {CPUS}; Spark takes {what}", property.value);
        return at(property, message, "write `1` or more");
    };
    let cores = match workload.properties.get(CORES) {
        Some(cores) => cores.as_i32().filter(|cores| *cores >= 1)?,
        None => 1,
    };
    (cpus > f64::from(cores)).then(|| {
        let message = format!(
            "a task takes {} cpus, and an executor has {cores}: Spark refuses to start",
            property.value.trim()
        );
        at(property, message, "write no more than the cores of an executor")
    })?
}

/// GPUs and the like.
fn resource(properties: &Properties<'_>, name: &str, of_task: &Property<'_>) -> Option<Violation> {
    let wanted = of_task.as_f64().filter(|amount| *amount > 0.0)?;
    let of_executor = format!("spark.executor.resource.{name}.amount");
    let Some(given) = properties.get(&of_executor) else {
        let message = format!("a task takes {name}, of which an executor has none: Spark refuses to start");
        return at(of_task, message, &format!("add `{of_executor}`"));
    };
    let given = given.as_f64()?;
    (wanted > given).then(|| {
        let message = format!("a task takes {wanted} {name}, and an executor has {given}: Spark refuses to start");
        at(of_task, message, &format!("write no more than `{of_executor}`"))
    })?
}
