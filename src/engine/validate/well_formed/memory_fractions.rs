//! Shares of the heap out of range.
//!
//! `SparkConf.validateSettings` of Spark 3.2 to 4.3.

use super::{Violation, at, get};
use crate::engine::workload::{Properties, Workload};

const FRACTION: &str = "spark.memory.fraction";
const STORAGE_FRACTION: &str = "spark.memory.storageFraction";

pub(super) fn judge(workload: &Workload<'_>) -> Vec<Violation> {
    let properties = &workload.properties;
    [
        share(properties, FRACTION, "above 0, up to 1", |share| {
            share > 0.0 && share <= 1.0
        }),
        share(properties, STORAGE_FRACTION, "from 0 to below 1", |share| {
            (0.0..1.0).contains(&share)
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn share(properties: &Properties<'_>, name: &str, range: &str, is_in_range: fn(f64) -> bool) -> Option<Violation> {
    let property = get(properties, name)?;
    if property.as_f64().is_some_and(is_in_range) {
        return None;
    }
    let message = format!("`{}` is no {name}; Spark takes a number {range}", property.value);
    at(property, message, "write a share of the heap, such as \"0.6\"")
}
