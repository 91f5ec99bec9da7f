//! Times that Spark cannot read, and heartbeats that come too late to be heard.
//!
//! `JavaUtils.timeStringAs` and `SparkConf.validateSettings` of Spark 3.2 to 4.3.

use super::{Violation, at, dynamic_allocation, get};
use crate::engine::quantity::{SparkTime, TimeUnit};
use crate::engine::workload::{Property, Workload};

const NETWORK_TIMEOUT: (&str, TimeUnit) = ("spark.network.timeout", TimeUnit::Seconds);
const DEFAULT_NETWORK_TIMEOUT: SparkTime = SparkTime::from_milliseconds(120_000);
const HEARTBEAT: (&str, TimeUnit) = ("spark.executor.heartbeatInterval", TimeUnit::Milliseconds);
const DEFAULT_HEARTBEAT: SparkTime = SparkTime::from_milliseconds(10_000);

pub(super) fn judge(workload: &Workload<'_>) -> Vec<Violation> {
    let is_dynamic = workload.properties.is_true("spark.dynamicAllocation.enabled");
    let of_dynamic_allocation = dynamic_allocation::TIMES
        .into_iter()
        .filter(|_| is_dynamic)
        .map(|(name, unit, _)| (name, unit));
    [NETWORK_TIMEOUT, HEARTBEAT]
        .into_iter()
        .chain(of_dynamic_allocation)
        .filter_map(|(name, unit)| unreadable(name, get(&workload.properties, name)?, unit))
        .chain(late_heartbeat(workload))
        .collect()
}

fn unreadable(name: &str, property: &Property<'_>, unit: TimeUnit) -> Option<Violation> {
    if SparkTime::parse(property.value, unit).is_some() {
        return None;
    }
    let message = format!("Spark cannot read `{}` as {name}, which is a time", property.value);
    at(
        property,
        message,
        "write a whole number and a unit, such as `500ms`, `60s` or `5min`",
    )
}

/// Executors that were not heard of for the length of the network timeout count as lost.
fn late_heartbeat(workload: &Workload<'_>) -> Option<Violation> {
    let read = |(name, unit): (&str, TimeUnit), default: SparkTime| match workload.properties.get(name) {
        Some(_) => {
            let property = get(&workload.properties, name)?;
            Some((Some(property), SparkTime::parse(property.value, unit)?))
        }
        None => Some((None, default)),
    };
    let (timeout, limit) = read(NETWORK_TIMEOUT, DEFAULT_NETWORK_TIMEOUT)?;
    let (heartbeat, interval) = read(HEARTBEAT, DEFAULT_HEARTBEAT)?;
    let limit = limit.whole(TimeUnit::Seconds).saturating_mul(1000);
    let interval = interval.whole(TimeUnit::Milliseconds);
    if limit > interval {
        return None;
    }
    let message = format!(
        "executors say every {interval}ms that they live, and are given up after {limit}ms: Spark refuses to start"
    );
    let (longer, shorter) = (NETWORK_TIMEOUT.0, HEARTBEAT.0);
    at(
        heartbeat.or(timeout)?,
        message,
        &format!("write a {shorter} below the {longer}"),
    )
}
