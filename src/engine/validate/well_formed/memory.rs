//! Memory that Spark cannot read, or cannot run in.

use super::{Violation, at};
use crate::engine::quantity::{JvmMemory, Units};
use crate::engine::workload::memory::{
    MemoryError, MemoryProperties, OFF_HEAP_SIZE, PYSPARK, UnreadableMemory, factor_of, off_heap, units_of,
};
use crate::engine::workload::{Property, RoleName, Workload};

/// The least heap of both roles.
const SMALLEST_HEAP: JvmMemory = JvmMemory::from_mebibytes(450);

pub(super) fn judge(workload: &Workload<'_>, roles: &[RoleName]) -> Vec<Violation> {
    let properties = &workload.properties;
    let version = workload.spark_version;
    let units = units_of(version);
    let of_roles: Vec<_> = roles.iter().map(|role| MemoryProperties::of(*role, version)).collect();
    let of_executors = roles.contains(&RoleName::Executor).then_some(PYSPARK);
    let amounts = of_roles
        .iter()
        .flat_map(|names| [Some(names.heap), Some(names.overhead), names.minimum_overhead])
        .chain([of_executors])
        .flatten()
        .filter_map(|name| {
            let property = properties.get(name)?;
            let error = MemoryError::Amount(JvmMemory::parse(property.value, units).err()?);
            Some((name, property, error))
        });
    let factors = of_roles
        .iter()
        .filter_map(|names| names.factor)
        .chain([MemoryProperties::FACTOR_OF_BOTH])
        .filter_map(|name| Some((name, properties.get(name)?)))
        .filter(|(name, property)| factor_of(name, property, version).is_none())
        .map(|(name, property)| (name, property, MemoryError::Factor));
    let unreadable = amounts.chain(factors).map(|(name, property, error)| UnreadableMemory {
        name,
        property: property.clone(),
        error,
    });
    unreadable
        .chain(off_heap(properties, units).err())
        .filter_map(|unreadable| refused(&unreadable))
        .chain(
            of_roles
                .iter()
                .filter_map(|names| too_small(names.heap, properties.get(names.heap)?, units)),
        )
        .collect()
}

fn refused(unreadable: &UnreadableMemory<'_>) -> Option<Violation> {
    let help = match unreadable.error {
        MemoryError::Amount(_) => match in_whole_mebibytes(unreadable.property.value) {
            Some(memory) => format!("write `{memory}`"),
            None => "write a whole number and a unit, such as `512m` or `4g`".to_owned(),
        },
        MemoryError::Factor => "write a share of the heap, such as \"0.25\" for a quarter".to_owned(),
        MemoryError::NoOffHeap => format!("write `{OFF_HEAP_SIZE}: 1g`, or what it needs"),
    };
    at(&unreadable.property, unreadable.to_string(), &help)
}

/// `UnifiedMemoryManager` keeps 300 MiB to itself, and refuses a heap below one and a half times that. There, and on the command line of
/// the driver's JVM, a bare number is bytes, though the same number was MiB when the pod was made.
fn too_small(name: &str, heap: &Property<'_>, units: Units) -> Option<Violation> {
    let in_the_pod = JvmMemory::parse(heap.value, units).ok()?;
    let in_spark = JvmMemory::parse_bytes(heap.value, units).ok()?;
    if in_spark >= SMALLEST_HEAP {
        return None;
    }
    if in_the_pod > in_spark && in_the_pod >= SMALLEST_HEAP {
        let message = format!(
            "Spark makes pods for `{}` MiB as {name}, and then reads it as bytes, which are too few to start with",
            heap.value.trim()
        );
        return at(heap, message, &format!("write the unit: `{in_the_pod}`"));
    }
    let message = format!(
        "Spark does not start with `{}` as {name}: a heap has at least {SMALLEST_HEAP}",
        heap.value
    );
    at(heap, message, &format!("write `{SMALLEST_HEAP}` or more"))
}

/// What was most likely meant by an amount that Spark cannot read: `1.5g` is 1536m, `4Gi` is 4g.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a positive number of MiB that a person wrote, and below 2^52"
)]
fn in_whole_mebibytes(text: &str) -> Option<JvmMemory> {
    let text = text.trim();
    let number_length = text
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
        .count();
    let (number, unit) = text.split_at(number_length);
    let number: f64 = number.parse().ok()?;
    let of_unit = JvmMemory::parse(&format!("1{}", unit.trim()), Units::JvmAndBinary).ok()?;
    let mebibytes = number * of_unit.mebibytes() as f64;
    (1.0..1e9)
        .contains(&mebibytes)
        .then(|| JvmMemory::from_mebibytes(mebibytes.ceil() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_what_was_meant() {
        let cases = [
            ("1.5g", Some("1536m")),
            ("4Gi", Some("4g")),
            ("512Mi", Some("512m")),
            ("2.0 GiB", Some("2g")),
            ("0.3m", None),
            ("four", None),
            ("-1g", None),
            ("1.5.2g", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let meant = in_whole_mebibytes(text).map(|memory| memory.to_string());
            assert_eq!(meant.as_deref(), expected, "{text}");
        }
    }
}
