//! Amounts as Kubernetes writes them: `500m`, `2`, `4Gi`, `1e3`.
//!
//! The grammar is that of `resource.ParseQuantity` (`k8s.io/apimachinery/pkg/api/resource/quantity.go`).

mod canonical;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

pub use canonical::canonical;
use serde::de::{self, Deserialize, Deserializer, Visitor};

const NANO: i128 = 1_000_000_000;
/// What is written with a binary unit is capped at this many whole units.
const LARGEST_BINARY: i128 = (i64::MAX as i128) * NANO;
/// As many significant digits as fit 128 bits. A longer number is rounded up to them.
const MOST_DIGITS: usize = 38;
/// As many as fit when they are multiplied by 2^60.
const MOST_DIGITS_OF_BINARY: usize = 20;

/// An amount, in billionths, the finest that Kubernetes keeps; it remembers what kind of unit it was written with. Two are equal if their
/// amounts are. What is beyond 10^29 is capped.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

/// What kind of unit an amount is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Format {
    /// `500m`, `2k`.
    #[default]
    DecimalSi,
    /// `4Gi`.
    BinarySi,
    /// `1e3`.
    DecimalExponent,
}

/// The text is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Kubernetes reads a number and a unit, such as 500m, 2 or 4Gi")]
pub struct QuantityError;

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nanos.hash(state);
    }
}

impl Add for Quantity {
    type Output = Self;

    /// The sum, in the units of the first that is not zero.
    fn add(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_add(other.nanos),
            format: if self.is_zero() { other.format } else { self.format },
        }
    }
}

impl Sub for Quantity {
    type Output = Self;

    /// The difference, in the units of the first that is not zero.
    fn sub(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_sub(other.nanos),
            format: if self.is_zero() { other.format } else { self.format },
        }
    }
}

impl Mul<u32> for Quantity {
    type Output = Self;

    fn mul(self, count: u32) -> Self {
        Self {
            nanos: self.nanos.saturating_mul(count.into()),
            format: self.format,
        }
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
        quantities.fold(Self::default(), Self::add)
    }
}

impl Quantity {
    /// As much of anything as Kubernetes counts in 64 bits. Of amounts up to this, billions add up exactly.
    pub const LARGEST_COUNTED: Self = Self {
        nanos: LARGEST_BINARY,
        format: Format::DecimalSi,
    };

    /// So many of a thing.
    #[must_use]
    pub fn from_count(count: u32) -> Self {
        Self {
            nanos: i128::from(count) * NANO,
            format: Format::DecimalSi,
        }
    }

    /// So many MiB, written with binary units.
    #[must_use]
    pub fn from_mebibytes(mebibytes: u64) -> Self {
        Self {
            nanos: (i128::from(mebibytes) << 20).saturating_mul(NANO),
            format: Format::BinarySi,
        }
    }

    /// How many times the other goes into it; for people, since it is not exact. 0 where the other is nothing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "said in round figures")]
    pub fn ratio_to(self, other: Self) -> f64 {
        if other.is_zero() {
            0.0
        } else {
            self.nanos as f64 / other.nanos as f64
        }
    }

    /// So many times as much, in its own units. What is finer than a billionth is cut off.
    #[must_use]
    pub fn times(self, times: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_mul(times.nanos) / NANO,
            format: self.format,
        }
    }

    /// The same in thousandths, up to the next whole one, away from zero: what the API server makes of amounts in resource lists
    /// (`SetDefaults_ResourceList` of `pkg/apis/core/v1/defaults.go`).
    #[must_use]
    pub fn rounded_up_to_thousandths(self) -> Self {
        const THOUSANDTH: i128 = NANO / 1000;
        let rest = self.nanos % THOUSANDTH;
        if rest == 0 {
            return self;
        }
        Self {
            nanos: (self.nanos - rest).saturating_add(THOUSANDTH * rest.signum()),
            format: self.format,
        }
    }

    /// Whether it is so large that what it really is, is not known.
    #[must_use]
    pub fn is_capped(self) -> bool {
        self.nanos == i128::MAX
    }

    /// Whether it is more than `ratio` times the other. The two are at most [`Self::LARGEST_COUNTED`].
    #[must_use]
    pub fn exceeds_ratio(self, other: Self, ratio: Self) -> bool {
        // What is capped on the right is more than anything on the left.
        self.nanos.saturating_mul(NANO) > other.nanos.saturating_mul(ratio.nanos)
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    /// Reads a quantity. What is finer than a billionth is rounded up, away from zero, as Kubernetes does.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let written = Written::split(text)?;
        let nanos = written.nanos();
        let format = match written.suffix.format() {
            Format::BinarySi if 0 < nanos && nanos < NANO => Format::DecimalSi,
            format => format,
        };
        Ok(Self {
            nanos: if written.negative { -nanos } else { nanos },
            format,
        })
    }
}

impl<'de> Deserialize<'de> for Quantity {
    /// From a string, or from a number as Kubernetes takes it too.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

struct QuantityVisitor;

impl QuantityVisitor {
    fn read<E: de::Error>(text: &str) -> Result<Quantity, E> {
        text.parse()
            .map_err(|error| E::custom(format_args!("`{text}` is no quantity: {error}")))
    }
}

impl Visitor<'_> for QuantityVisitor {
    type Value = Quantity;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a quantity such as 500m, 2 or 4Gi")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
        Self::read(text)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Quantity, E> {
        Self::read(&number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Quantity, E> {
        Self::read(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Quantity, E> {
        Self::read(&number.to_string())
    }
}

/// The parts of a quantity as it is written.
struct Written<'t> {
    negative: bool,
    /// The digits before the point, without leading zeros.
    whole: &'t str,
    /// The digits after it.
    fraction: &'t str,
    suffix: Suffix,
}

/// What the number is multiplied by.
#[derive(Clone, Copy)]
enum Suffix {
    Si(i32),
    Binary(u32),
    Exponent(i32),
}

impl Suffix {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "" => Self::Si(0),
            "n" => Self::Si(-9),
            "u" => Self::Si(-6),
            "m" => Self::Si(-3),
            "k" => Self::Si(3),
            "M" => Self::Si(6),
            "G" => Self::Si(9),
            "T" => Self::Si(12),
            "P" => Self::Si(15),
            "E" => Self::Si(18),
            "Ki" => Self::Binary(10),
            "Mi" => Self::Binary(20),
            "Gi" => Self::Binary(30),
            "Ti" => Self::Binary(40),
            "Pi" => Self::Binary(50),
            "Ei" => Self::Binary(60),
            exponent => Self::Exponent(exponent.strip_prefix(['e', 'E'])?.parse().ok()?),
        })
    }

    fn format(self) -> Format {
        match self {
            Self::Si(_) => Format::DecimalSi,
            Self::Binary(_) => Format::BinarySi,
            Self::Exponent(_) => Format::DecimalExponent,
        }
    }
}

impl<'t> Written<'t> {
    /// Takes a quantity apart. Without any digits it is zero, as it is to Kubernetes.
    fn split(text: &'t str) -> Result<Self, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError);
        }
        let negative = text.starts_with('-');
        let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
        let number_length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
            .count();
        let (number, suffix) = rest.split_at(number_length);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') {
            return Err(QuantityError);
        }
        Ok(Self {
            negative,
            whole: whole.trim_start_matches('0'),
            fraction,
            suffix: Suffix::parse(suffix).ok_or(QuantityError)?,
        })
    }

    /// The size in billionths, without its sign: rounded up below, capped above.
    fn nanos(&self) -> i128 {
        let fraction = self.fraction.trim_end_matches('0');
        let digits = format!("{}{fraction}", self.whole);
        let digits = digits.trim_start_matches('0');
        let (binary, decimal, most_digits) = match self.suffix {
            Suffix::Binary(power) => (power, 0, MOST_DIGITS_OF_BINARY),
            Suffix::Si(power) | Suffix::Exponent(power) => (0, i64::from(power), MOST_DIGITS),
        };
        let (kept, dropped) = digits.split_at(digits.len().min(most_digits));
        let Ok(kept_digits) = kept.parse::<u128>() else {
            return 0;
        };
        let is_cut = dropped.bytes().any(|digit| digit != b'0');
        let amount = (kept_digits + u128::from(is_cut)) << binary;
        let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
        let power = (decimal + 9 + length(dropped)).saturating_sub(length(fraction));
        let factor = u32::try_from(power.unsigned_abs())
            .ok()
            .and_then(|power| 10_u128.checked_pow(power));
        let nanos = match factor {
            Some(factor) if power >= 0 => amount.saturating_mul(factor),
            Some(factor) => amount.div_ceil(factor),
            None if power >= 0 => u128::MAX,
            None => 1,
        };
        let nanos = i128::try_from(nanos).unwrap_or(i128::MAX);
        match self.suffix {
            Suffix::Binary(_) => nanos.min(LARGEST_BINARY),
            Suffix::Si(_) | Suffix::Exponent(_) => nanos,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(text: &str) -> i128 {
        text.parse::<Quantity>().unwrap_or_else(|_| panic!("{text}")).nanos
    }

    #[test]
    fn reads_what_kubernetes_reads() {
        let cases = [
            ("0", 0),
            ("1", NANO),
            ("-1", -NANO),
            ("+2", 2 * NANO),
            ("500m", NANO / 2),
            ("1200m", 1_200_000_000),
            ("0.5", NANO / 2),
            (".5", NANO / 2),
            ("1.", NANO),
            ("00012", 12 * NANO),
            ("1k", 1_000 * NANO),
            ("1M", 1_000_000 * NANO),
            ("1Ki", 1_024 * NANO),
            ("4505Mi", 4_505 * 1_048_576 * NANO),
            ("1.5Gi", 1_610_612_736 * NANO),
            ("1e3", 1_000 * NANO),
            ("1E3", 1_000 * NANO),
            ("1e-3", 1_000_000),
            ("12e+2", 1_200 * NANO),
            ("1E", 1_000_000_000_000_000_000 * NANO),
            ("1n", 1),
            ("100u", 100_000),
            ("123456789012345678901", 123_456_789_012_345_678_901 * NANO),
            ("m", 0),
            ("e3", 0),
            ("-", 0),
            (".", 0),
        ];
        for (text, expected) in cases {
            assert_eq!(nanos(text), expected, "{text}");
        }
    }

    #[test]
    fn rounds_up_below_and_caps_above() {
        assert_eq!(nanos("0.1n"), 1);
        assert_eq!(nanos("-0.1n"), -1);
        assert_eq!(nanos("1e-40"), 1);
        assert_eq!(nanos("9E"), 9_000_000_000_000_000_000 * NANO);
        assert_eq!(nanos("10E"), 10_000_000_000_000_000_000 * NANO);
        for text in ["8Ei", "18446744073709551616Ki", "1024Ei"] {
            assert_eq!(nanos(text), LARGEST_BINARY, "{text}");
        }
        for text in ["1e30", "1e400"] {
            assert_eq!(nanos(text), i128::MAX, "{text}");
        }
    }

    #[test]
    fn refuses_what_kubernetes_refuses() {
        for text in [
            "", "1.5.1", "1 Gi", "1gi", "1g", "512mb", "1GiB", "0x1", "1e", "--1", "１", "1e1.5", "e", "1k3", "Ein",
        ] {
            assert_eq!(text.parse::<Quantity>(), Err(QuantityError), "{text}");
        }
    }

    #[test]
    fn orders_by_size() {
        let ordered = ["-1", "0", "1n", "999m", "1", "1001m", "1k", "1Ki", "1M", "1Mi"];
        let quantities: Vec<Quantity> = ordered.iter().map(|text| text.parse().unwrap()).collect();
        assert!(quantities.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn rounds_up_to_thousandths_away_from_zero() {
        let cases = [
            ("1n", "1m"),
            ("1500u", "2m"),
            ("2m", "2m"),
            ("-1500u", "-2m"),
            ("4Gi", "4Gi"),
            ("1e400", "1e400"),
        ];
        for (text, expected) in cases {
            let [rounded, expected] = [text, expected].map(|text| text.parse::<Quantity>().unwrap());
            assert_eq!(rounded.rounded_up_to_thousandths(), expected, "{text}");
        }
    }

    #[test]
    fn compares_ratios_exactly() {
        let cases = [
            ("2", "1", "2", false),
            ("2001m", "1", "2", true),
            ("1500m", "1", "1.5", false),
            ("1Gi", "512Mi", "2", false),
            ("9223372036854775807", "1m", "1e30", false),
            ("9223372036854775807", "9223372036854775807", "1", false),
            ("9223372036854775807", "9223372036854775806", "1", true),
            ("1", "0", "5", true),
        ];
        for (one, other, ratio, expected) in cases {
            let [quantity, other_quantity, ratio_quantity] =
                [one, other, ratio].map(|text| text.parse::<Quantity>().unwrap());
            let exceeds = quantity.exceeds_ratio(other_quantity, ratio_quantity);
            assert_eq!(exceeds, expected, "{one} {other} {ratio}");
        }
    }

    #[test]
    fn adds_and_multiplies_in_the_units_of_the_first() {
        let quantity = |text: &str| text.parse::<Quantity>().unwrap();
        let cases = [
            ("1Gi", "512Mi", "1536Mi"),
            ("1Gi", "1G", "2073741824"),
            ("0", "1Gi", "1Gi"),
            ("0Ki", "500m", "500m"),
            ("500m", "500m", "1"),
            ("100m", "1Ki", "1024100m"),
            ("1Ki", "1m", "1024001m"),
            ("1e3", "1Ki", "2024"),
            ("4505Mi", "45055Mi", "49560Mi"),
            ("1", "-1", "0"),
        ];
        for (one, other, sum) in cases {
            assert_eq!((quantity(one) + quantity(other)).to_string(), sum, "{one} + {other}");
        }
        assert_eq!((quantity("4Gi") - quantity("1Mi")).to_string(), "4095Mi");
        assert_eq!((quantity("1") - quantity("1500m")).to_string(), "-500m");
        assert_eq!((quantity("0") - quantity("1Gi")).to_string(), "-1Gi");
        assert_eq!((quantity("9011Mi") * 5).to_string(), "45055Mi");
        assert_eq!(quantity("4Gi").times(quantity("1500m")).to_string(), "6Gi");
        assert_eq!(quantity("1e30").times(quantity("2")).nanos, i128::MAX / NANO);
        assert_eq!((Quantity::from_mebibytes(10_240)).to_string(), "10Gi");
        assert_eq!(
            [quantity("1"), quantity("250m")]
                .into_iter()
                .sum::<Quantity>()
                .to_string(),
            "1250m"
        );
    }
}
