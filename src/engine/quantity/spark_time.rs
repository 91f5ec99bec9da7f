//! Times as Spark writes them: `500ms`, `60s`, `5min`.
//!
//! The grammar is that of `JavaUtils.timeStringAs` (Spark's `common/utils`).

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A unit that Spark counts times in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds.
    Seconds,
}

impl TimeUnit {
    const fn microseconds(self) -> i64 {
        match self {
            Self::Milliseconds => 1_000,
            Self::Seconds => 1_000_000,
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
        })
    }
}

/// A length of time, which may be below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SparkTime {
    microseconds: i64,
}

impl SparkTime {
    /// So many thousandths of a second.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self {
            microseconds: milliseconds.saturating_mul(1_000),
        }
    }

    /// Reads a property whose bare numbers are in `unit`; `None` where Spark could not. What is longer than it can count is cut off.
    #[must_use]
    pub fn parse(text: &str, unit: TimeUnit) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let digits = digits.bytes().take_while(u8::is_ascii_digit).count();
        let (number, suffix) = text.split_at(digits + usize::from(text.starts_with('-')));
        let microseconds = match suffix {
            "" => unit.microseconds(),
            "us" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" | "min" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return None,
        };
        let number: i64 = number.parse().ok()?;
        Some(Self {
            microseconds: number.saturating_mul(microseconds),
        })
    }

    /// How many whole units it is, which is how Spark counts: `900ms` is no second.
    #[must_use]
    pub fn whole(self, unit: TimeUnit) -> i64 {
        self.microseconds / unit.microseconds()
    }
}

impl fmt::Display for SparkTime {
    /// In the largest unit that leaves no fraction: `90s`, `2min`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(&str, i64); 5] = [
            ("d", 86_400_000_000),
            ("h", 3_600_000_000),
            ("min", 60_000_000),
            ("s", 1_000_000),
            ("ms", 1_000),
        ];
        let (unit, size) = UNITS
            .into_iter()
            .find(|(_, size)| self.microseconds != 0 && self.microseconds % size == 0)
            .unwrap_or(if self.microseconds == 0 { ("s", 1) } else { ("us", 1) });
        write!(formatter, "{}{unit}", self.microseconds / size)
    }
}

impl<'de> Deserialize<'de> for SparkTime {
    /// From a string with a unit, so that nobody has to know in which unit bare numbers are.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(SparkTimeVisitor)
    }
}

struct SparkTimeVisitor;

impl Visitor<'_> for SparkTimeVisitor {
    type Value = SparkTime;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a time such as 90s, 10min or 1h")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<SparkTime, E> {
        let has_unit = text.trim().ends_with(|last: char| last.is_ascii_alphabetic());
        SparkTime::parse(text, TimeUnit::Seconds)
            .filter(|_| has_unit)
            .ok_or_else(|| {
                E::custom(format_args!(
                    "`{text}` is no time: write a whole number and a unit, such as 90s, 10min or 1h"
                ))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_spark_reads() {
        let cases = [
            ("10", Some(10_000)),
            ("10s", Some(10_000)),
            (" 2MIN ", Some(120_000)),
            ("5m", Some(300_000)),
            ("500ms", Some(500)),
            ("1500us", Some(1)),
            ("1h", Some(3_600_000)),
            ("2d", Some(172_800_000)),
            ("-5s", Some(-5_000)),
            ("1.5m", None),
            ("2 min", None),
            ("5 parsecs", None),
            ("infinity", None),
            ("s", None),
            ("-", None),
            ("", None),
            ("99999999999999999999", None),
        ];
        for (text, milliseconds) in cases {
            let time = SparkTime::parse(text, TimeUnit::Seconds);
            assert_eq!(
                time.map(|time| time.whole(TimeUnit::Milliseconds)),
                milliseconds,
                "{text}"
            );
        }
    }

    #[test]
    fn is_written_in_the_largest_unit() {
        for (text, written) in [
            ("60s", "1min"),
            ("90s", "90s"),
            ("120min", "2h"),
            ("48h", "2d"),
            ("1500ms", "1500ms"),
            ("7us", "7us"),
            ("-60s", "-1min"),
            ("0", "0s"),
        ] {
            let time = SparkTime::parse(text, TimeUnit::Seconds).map(|time| time.to_string());
            assert_eq!(time.as_deref(), Some(written), "{text}");
        }
    }

    #[test]
    fn counts_whole_units() {
        let whole = |text| SparkTime::parse(text, TimeUnit::Milliseconds).map(|time| time.whole(TimeUnit::Seconds));
        assert_eq!(whole("999"), Some(0));
        assert_eq!(whole("1999ms"), Some(1));
        assert_eq!(whole("-999ms"), Some(0));
    }
}
