//! Times as Spark writes them: `500ms`, `60s`, `5min`.
//!
//! The grammar is that of `JavaUtils.timeStringAs` (Spark's `common/utils`).

use std::fmt;

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
    fn counts_whole_units() {
        let whole = |text| SparkTime::parse(text, TimeUnit::Milliseconds).map(|time| time.whole(TimeUnit::Seconds));
        assert_eq!(whole("999"), Some(0));
        assert_eq!(whole("1999ms"), Some(1));
        assert_eq!(whole("-999ms"), Some(0));
    }
}
