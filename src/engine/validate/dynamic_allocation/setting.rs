//! One thing about dynamic allocation that is bounded: how Spark reads it, and whether it is within its range.

use std::fmt::Display;

use super::{ENABLED, INITIAL, INSTANCES, MINIMUM};
use crate::engine::quantity::{SparkTime, TimeUnit};
use crate::engine::validate::Violation;
use crate::engine::validate::bounds::Bounds;
use crate::engine::workload::{Properties, Property, Workload};

/// How much Spark will go by.
#[derive(Clone, Copy)]
pub(super) enum Value<T> {
    Of(T),
    Unbounded,
}

/// One thing that is bounded.
pub(super) struct Setting<'p, 'a, T> {
    name: &'static str,
    what: &'static str,
    /// What decides it; `None` where it is Spark's default.
    property: Option<&'p Property<'a>>,
    /// `None` where Spark cannot read it, which is for `wellFormed` to say.
    value: Option<Value<T>>,
}

impl<T: Copy + PartialOrd + Display> Setting<'_, '_, T> {
    /// What is wrong with it, where it is out of its range.
    pub(super) fn judge(&self, workload: &Workload<'_>, range: Bounds<T>) -> Option<Violation> {
        let Self { name, what, .. } = self;
        let (message, help) = match self.value? {
            Value::Of(value) => match (range.above(value), range.below(value)) {
                (Some(min), _) => (
                    format!("the {what}, {value}, is below {min}"),
                    format!("write {min} or more"),
                ),
                (None, Some(max)) => (
                    format!("the {what}, {value}, is above {max}"),
                    format!("write {max} or less"),
                ),
                (None, None) => return None,
            },
            Value::Unbounded => {
                let max = range.max?;
                (
                    format!("nothing bounds the {what}, and {max} is the most"),
                    format!("add `{name}: \"{max}\"`, or less"),
                )
            }
        };
        let origin = &self.property.or(workload.properties.get(ENABLED))?.origin;
        Some(Violation::at(workload.place_of(origin), message).with_help(help))
    }
}

pub(super) fn count<'p, 'a>(
    properties: &'p Properties<'a>,
    name: &'static str,
    what: &'static str,
    default: Value<u32>,
) -> Setting<'p, 'a, u32> {
    let property = properties.get(name);
    Setting {
        name,
        what,
        property,
        value: property.map_or(Some(default), |property| executors(property).map(Value::Of)),
    }
}

/// Spark begins with the largest of three numbers.
pub(super) fn at_start<'p, 'a>(workload: &'p Workload<'a>) -> Setting<'p, 'a, u32> {
    let number = workload.executors.initial;
    let written = [INITIAL, MINIMUM, INSTANCES]
        .into_iter()
        .filter_map(|name| workload.properties.get(name));
    let is_readable = written.clone().all(|property| executors(property).is_some());
    Setting {
        name: INITIAL,
        what: "number of executors at start",
        property: written.into_iter().find(|property| executors(property) == Some(number)),
        value: is_readable.then_some(Value::Of(number)),
    }
}

/// A number of executors; Spark takes what is below zero for none, or refuses it, which is for `wellFormed` to say.
fn executors(property: &Property<'_>) -> Option<u32> {
    property.as_i32().map(|count| u32::try_from(count).unwrap_or(0))
}

pub(super) fn timeout<'p, 'a>(
    properties: &'p Properties<'a>,
    name: &'static str,
    what: &'static str,
    unit: TimeUnit,
    default: Value<SparkTime>,
) -> Setting<'p, 'a, SparkTime> {
    let property = properties.get(name);
    Setting {
        name,
        what,
        property,
        value: property.map_or(Some(default), |property| {
            SparkTime::parse(property.value, unit).map(Value::Of)
        }),
    }
}
