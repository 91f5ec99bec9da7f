//! Memory that Spark cannot read, or cannot run in.

use super::Violation;
use crate::engine::quantity::{JvmMemory, JvmMemoryError, Units};
use crate::engine::workload::memory::{
    MemoryError, MemoryProperties, OFF_HEAP_SIZE, PYSPARK, RoleMemory, parse_factor, units_of,
};
use crate::engine::workload::{Property, RoleName, Workload};

/// The least heap of both roles.
const SMALLEST_HEAP: JvmMemory = JvmMemory::from_mebibytes(450);
/// Properties of no role whose bare numbers are bytes.
const IN_BYTES: [&str; 1] = [OFF_HEAP_SIZE];
/// Properties of executors beside [`MemoryProperties`].
const OF_EXECUTORS: [&str; 1] = [PYSPARK];

pub(super) fn judge(workload: &Workload<'_>, roles: &[RoleName]) -> Vec<Violation> {
    let units = units_of(workload.spark_version);
    let mut violations = Vec::new();
    let mut amount = |name: &str, parse: fn(&str, Units) -> Result<JvmMemory, JvmMemoryError>| {
        if let Some(property) = workload.properties.get(name)
            && let Err(error) = parse(property.value, units)
        {
            violations.extend(unreadable_amount(name, property, error));
        }
    };
    for role in roles {
        let names = MemoryProperties::of(*role, workload.spark_version);
        for name in [names.heap, names.overhead].into_iter().chain(names.minimum_overhead) {
            amount(name, JvmMemory::parse);
        }
        if *role == RoleName::Executor {
            for name in OF_EXECUTORS {
                amount(name, JvmMemory::parse);
            }
        }
    }
    for name in IN_BYTES {
        amount(name, JvmMemory::parse_bytes);
    }
    for role in roles {
        let name = MemoryProperties::of(*role, workload.spark_version).heap;
        violations.extend(
            workload
                .properties
                .get(name)
                .and_then(|heap| too_small(name, heap, units)),
        );
    }
    let of_roles = roles
        .iter()
        .filter_map(|role| MemoryProperties::of(*role, workload.spark_version).factor);
    for name in of_roles.chain([MemoryProperties::FACTOR_OF_BOTH]) {
        if let Some(property) = workload.properties.get(name)
            && parse_factor(name, property.value, workload.spark_version).is_none()
            && let Some(place) = property.origin.pointer()
        {
            let message = format!("Spark cannot read `{}` as a memory overhead factor", property.value);
            violations.push(
                Violation::at(place.to_buf(), message)
                    .with_help("write a share of the heap, such as \"0.25\" for a quarter"),
            );
        }
    }
    violations.extend(without_off_heap(workload));
    violations
}

/// Off-heap memory that is switched on without any.
fn without_off_heap(workload: &Workload<'_>) -> Option<Violation> {
    let refused = RoleMemory::of(
        RoleName::Executor,
        &workload.properties,
        workload.language?,
        workload.spark_version,
    )
    .err()
    .filter(|refused| refused.error == MemoryError::NoOffHeap)?;
    let place = refused.property.origin.pointer()?.to_buf();
    Some(Violation::at(place, refused.to_string()).with_help(format!("write `{OFF_HEAP_SIZE}: 1g`, or what it needs")))
}

/// `UnifiedMemoryManager` keeps 300 MiB to itself, and refuses a heap below one and a half times that. There, and on the command line of
/// the driver's JVM, a bare number is bytes, though the same number was MiB when the pod was made.
fn too_small(name: &str, heap: &Property<'_>, units: Units) -> Option<Violation> {
    let in_the_pod = JvmMemory::parse(heap.value, units).ok()?;
    let in_spark = JvmMemory::parse_bytes(heap.value, units).ok()?;
    if in_spark >= SMALLEST_HEAP {
        return None;
    }
    let place = heap.origin.pointer()?.to_buf();
    Some(if in_the_pod > in_spark && in_the_pod >= SMALLEST_HEAP {
        let message = format!(
            "Spark makes pods for `{}` MiB as {name}, and then reads it as bytes, which are too few to start with",
            heap.value.trim()
        );
        Violation::at(place, message).with_help(format!("write the unit: `{in_the_pod}`"))
    } else {
        let message = format!(
            "Spark does not start with `{}` as {name}: a heap has at least {SMALLEST_HEAP}",
            heap.value
        );
        Violation::at(place, message).with_help(format!("write `{SMALLEST_HEAP}` or more"))
    })
}

fn unreadable_amount(name: &str, property: &Property<'_>, error: JvmMemoryError) -> Option<Violation> {
    let place = property.origin.pointer()?.to_buf();
    let message = format!("Spark cannot read `{}` as {name}: {error}", property.value);
    let violation = Violation::at(place, message);
    Some(match in_whole_mebibytes(property.value) {
        Some(memory) => violation.with_help(format!("write `{memory}`")),
        None => violation.with_help("write a whole number and a unit, such as `512m` or `4g`"),
    })
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
