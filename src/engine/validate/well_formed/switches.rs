//! Switches that are neither on nor off, and encryption without authentication.
//!
//! `ConfigHelpers.toBoolean` and `SparkConf.validateSettings` of Spark 3.2 to 4.3.

use super::{Violation, at, get};
use crate::engine::workload::{Property, Workload};

const AUTHENTICATE: &str = "spark.authenticate";
const ENCRYPTION: [&str; 2] = [
    "spark.network.crypto.enabled",
    "spark.authenticate.enableSaslEncryption",
];

/// Read as Spark starts, whatever else is said.
const SWITCHES: [&str; 7] = [
    AUTHENTICATE,
    "spark.authenticate.enableSaslEncryption",
    "spark.decommission.enabled",
    "spark.dynamicAllocation.enabled",
    "spark.memory.offHeap.enabled",
    "spark.network.crypto.enabled",
    "spark.shuffle.service.enabled",
];

pub(super) fn judge(workload: &Workload<'_>) -> Vec<Violation> {
    let properties = &workload.properties;
    let unreadable = SWITCHES
        .into_iter()
        .filter_map(|name| neither_on_nor_off(name, get(properties, name)?));
    let is_authenticated = properties.is_true(AUTHENTICATE);
    let unauthenticated = ENCRYPTION
        .into_iter()
        .filter(|name| !is_authenticated && properties.is_true(name))
        .filter_map(|name| {
            let message = format!("{name} is on, and {AUTHENTICATE} is not: Spark refuses to start");
            at(
                get(properties, name)?,
                message,
                &format!("add `{AUTHENTICATE}: \"true\"`"),
            )
        });
    unreadable.chain(unauthenticated).collect()
}

fn neither_on_nor_off(name: &str, property: &Property<'_>) -> Option<Violation> {
    property.as_bool().is_none().then(|| {
        let message = format!("Spark cannot read `{}` as {name}, which is on or off", property.value);
        at(property, message, "write \"true\" or \"false\"")
    })?
}
