//! Shares of the heap out of range, and off-heap memory of no size.
//!
//! `SparkConf.validateSettings`, `UnifiedMemoryManager` and `MemoryManager` of Spark 3.2 to 4.3.

use super::{Violation, at, get};
use crate::engine::quantity::parse_double;
use crate::engine::workload::{Properties, Workload};

const FRACTION: &str = "spark.memory.fraction";
const STORAGE_FRACTION: &str = "spark.memory.storageFraction";
const OFF_HEAP: &str = "spark.memory.offHeap.enabled";
const OFF_HEAP_SIZE: &str = "spark.memory.offHeap.size";

pub(super) fn judge(workload: &Workload<'_>) -> Vec<Violation> {
    let properties = &workload.properties;
    [
        share(properties, FRACTION, "above 0, up to 1", |share| {
            share > 0.0 && share <= 1.0
        }),
        share(properties, STORAGE_FRACTION, "from 0 to below 1", |share| {
            (0.0..1.0).contains(&share)
        }),
        off_heap_of_no_size(properties),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn share(properties: &Properties<'_>, name: &str, range: &str, is_in_range: fn(f64) -> bool) -> Option<Violation> {
    let property = get(properties, name)?;
    if parse_double(property.value).is_some_and(is_in_range) {
        return None;
    }
    let message = format!("`{}` is no {name}; Spark takes a number {range}", property.value);
    at(property, message, "write a share of the heap, such as \"0.6\"")
}

fn off_heap_of_no_size(properties: &Properties<'_>) -> Option<Violation> {
    if !properties.is_true(OFF_HEAP) {
        return None;
    }
    let (to_blame, help) = match properties.get(OFF_HEAP_SIZE) {
        None => (
            get(properties, OFF_HEAP)?,
            format!("add `{OFF_HEAP_SIZE}`, such as `1g`"),
        ),
        Some(size) if is_nothing(size.value) => (size, "write how much, such as `1g`".to_owned()),
        Some(_) => return None,
    };
    let message = "off-heap memory is switched on, and has no size: Spark refuses to start";
    at(to_blame, message, &help)
}

/// `0`, `0g`: a single byte is enough for Spark, so the amount in MiB does not tell.
fn is_nothing(size: &str) -> bool {
    let digits = size
        .trim()
        .trim_end_matches(|character: char| character.is_ascii_alphabetic());
    !digits.is_empty() && digits.bytes().all(|digit| digit == b'0')
}
