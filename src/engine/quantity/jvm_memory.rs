//! Memory as Spark writes it: `2g`, `512m`, `1048576k`.
//!
//! The grammar is that of `JavaUtils.byteStringAs` (Spark's `common/utils`).

use std::fmt;

const MEBIBYTE: u64 = 1 << 20;

/// An amount of memory in whole MiB, which is how Spark counts the memory of its pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct JvmMemory {
    mebibytes: u64,
}

/// Which units a version of Spark reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// `b k kb m mb g gb t tb p pb`: before Spark 4.2.
    Jvm,
    /// These, and Kubernetes' `Ki KiB Mi MiB Gi GiB Ti TiB Pi PiB`: from Spark 4.2.
    JvmAndBinary,
}

/// Why Spark cannot read a memory string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JvmMemoryError {
    /// `1.5g`: refused by every version.
    Fraction,
    /// `4Gi` before Spark 4.2.
    BinaryUnitTooNew,
    /// `4 g`, `four`, `-1g`, `4x`, nothing at all.
    NotMemory,
    /// More bytes than 64 bits count.
    TooLarge,
}

impl fmt::Display for JvmMemoryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Fraction => "Spark reads whole numbers only",
            Self::BinaryUnitTooNew => "Spark reads units such as `Gi` only from 4.2 on",
            Self::NotMemory => "Spark reads a whole number and a unit, such as 512m or 4g",
            Self::TooLarge => "it is more than Spark can count",
        })
    }
}

impl JvmMemory {
    /// So many MiB.
    #[must_use]
    pub const fn from_mebibytes(mebibytes: u64) -> Self {
        Self { mebibytes }
    }

    /// The amount in MiB.
    #[must_use]
    pub const fn mebibytes(self) -> u64 {
        self.mebibytes
    }

    /// Reads a property whose bare numbers are MiB, such as `spark.driver.memory`, and drops what is beyond whole MiB.
    ///
    /// # Errors
    /// What Spark would refuse.
    pub fn parse(text: &str, units: Units) -> Result<Self, JvmMemoryError> {
        Self::parse_with_default_unit(text, units, MEBIBYTE)
    }

    /// Reads a property whose bare numbers are bytes, such as `spark.memory.offHeap.size`.
    ///
    /// # Errors
    /// What Spark would refuse.
    pub fn parse_bytes(text: &str, units: Units) -> Result<Self, JvmMemoryError> {
        Self::parse_with_default_unit(text, units, 1)
    }

    fn parse_with_default_unit(text: &str, units: Units, default_unit: u64) -> Result<Self, JvmMemoryError> {
        let text = text.trim().to_ascii_lowercase();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err(JvmMemoryError::NotMemory);
        }
        if unit.strip_prefix('.').is_some_and(is_fraction_and_unit) {
            return Err(JvmMemoryError::Fraction);
        }
        let number: u64 = number.parse().map_err(|_| JvmMemoryError::TooLarge)?;
        let (unit, is_binary) = match unit {
            "" => (default_unit, false),
            other => bytes_of_unit(other).ok_or(JvmMemoryError::NotMemory)?,
        };
        if is_binary && units == Units::Jvm {
            return Err(JvmMemoryError::BinaryUnitTooNew);
        }
        // Spark counts in a signed long.
        number
            .checked_mul(unit)
            .filter(|bytes| i64::try_from(*bytes).is_ok())
            .map(|bytes| Self::from_mebibytes(bytes / MEBIBYTE))
            .ok_or(JvmMemoryError::TooLarge)
    }
}

impl fmt::Display for JvmMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mebibytes {
            mebibytes if mebibytes > 0 && mebibytes.is_multiple_of(1024) => write!(formatter, "{}g", mebibytes / 1024),
            mebibytes => write!(formatter, "{mebibytes}m"),
        }
    }
}

/// What follows the point of `1.5g`.
fn is_fraction_and_unit(rest: &str) -> bool {
    let unit = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    unit.len() < rest.len() && unit.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The size of a unit in bytes, and whether it is one of those that came with Spark 4.2.
fn bytes_of_unit(unit: &str) -> Option<(u64, bool)> {
    let (prefix, is_binary) = match unit {
        "b" => return Some((1, false)),
        "k" | "kb" => ('k', false),
        "m" | "mb" => ('m', false),
        "g" | "gb" => ('g', false),
        "t" | "tb" => ('t', false),
        "p" | "pb" => ('p', false),
        "ki" | "kib" => ('k', true),
        "mi" | "mib" => ('m', true),
        "gi" | "gib" => ('g', true),
        "ti" | "tib" => ('t', true),
        "pi" | "pib" => ('p', true),
        _ => return None,
    };
    let power = "kmgtp".find(prefix)?;
    Some((1 << (10 * (power + 1)), is_binary))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_every_spark_reads() {
        let cases = [
            ("1g", 1024),
            ("2G", 2048),
            ("10gb", 10_240),
            ("10TB", 10_485_760),
            ("1p", 1 << 30),
            ("10PB", 10 << 30),
            ("512m", 512),
            ("2048M", 2048),
            ("512mb", 512),
            ("3072", 3072),
            (" 4g ", 4096),
            ("100k", 0),
            ("1024k", 1),
            ("1536k", 1),
            ("1b", 0),
            ("1048576b", 1),
            ("0", 0),
        ];
        for (text, mebibytes) in cases {
            for units in [Units::Jvm, Units::JvmAndBinary] {
                assert_eq!(
                    JvmMemory::parse(text, units).map(JvmMemory::mebibytes),
                    Ok(mebibytes),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn reads_binary_units_from_spark_4_2_on() {
        for (text, mebibytes) in [
            ("4Gi", 4096),
            ("4GiB", 4096),
            ("2048Mi", 2048),
            ("1024KiB", 1),
            ("1ti", 1 << 20),
        ] {
            assert_eq!(
                JvmMemory::parse(text, Units::Jvm),
                Err(JvmMemoryError::BinaryUnitTooNew),
                "{text}"
            );
            assert_eq!(
                JvmMemory::parse(text, Units::JvmAndBinary),
                Ok(JvmMemory::from_mebibytes(mebibytes)),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_spark_refuses() {
        let cases = [
            ("1.5g", JvmMemoryError::Fraction),
            ("0.5", JvmMemoryError::Fraction),
            ("1.5Gi", JvmMemoryError::Fraction),
            ("-1g", JvmMemoryError::NotMemory),
            ("x1g", JvmMemoryError::NotMemory),
            ("4 g", JvmMemoryError::NotMemory),
            ("4x", JvmMemoryError::NotMemory),
            ("1e3m", JvmMemoryError::NotMemory),
            ("4g4", JvmMemoryError::NotMemory),
            ("1.g", JvmMemoryError::NotMemory),
            ("", JvmMemoryError::NotMemory),
            ("g", JvmMemoryError::NotMemory),
            ("９g", JvmMemoryError::NotMemory),
            ("9000000p", JvmMemoryError::TooLarge),
            ("99999999999999999999", JvmMemoryError::TooLarge),
        ];
        for (text, error) in cases {
            assert_eq!(JvmMemory::parse(text, Units::JvmAndBinary), Err(error), "{text}");
        }
    }

    #[test]
    fn reads_bare_bytes_where_spark_does() {
        assert_eq!(
            JvmMemory::parse_bytes("1073741824", Units::Jvm),
            Ok(JvmMemory::from_mebibytes(1024))
        );
    }

    #[test]
    fn writes_what_spark_reads() {
        for (mebibytes, text) in [(0, "0m"), (384, "384m"), (1024, "1g"), (9011, "9011m"), (10_240, "10g")] {
            assert_eq!(JvmMemory::from_mebibytes(mebibytes).to_string(), text);
        }
    }
}
