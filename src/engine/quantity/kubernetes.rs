//! Amounts as Kubernetes writes them: `500m`, `2`, `4Gi`, `1e3`.
//!
//! The grammar is that of `resource.ParseQuantity` (`k8s.io/apimachinery/pkg/api/resource/quantity.go`).

use std::str::FromStr;

const NANO: i128 = 1_000_000_000;
/// No quantity is larger, in whole units; a larger one is capped.
const LARGEST: i128 = (i64::MAX as i128) * NANO;
/// More significant digits than a quantity can have; they times 2^60 still fit 128 bits.
const MOST_DIGITS: usize = 20;

/// An exact amount, in billionths, the finest that Kubernetes keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity {
    nanos: i128,
}

/// The text is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Kubernetes reads a number and a unit, such as 500m, 2 or 4Gi")]
pub struct QuantityError;

impl FromStr for Quantity {
    type Err = QuantityError;

    /// Reads a quantity. What is finer than a billionth is rounded up, away from zero, as Kubernetes does.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let number_length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
            .count();
        let (number, suffix) = rest.split_at(number_length);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(QuantityError);
        }
        let suffix = Suffix::parse(suffix).ok_or(QuantityError)?;
        let nanos = scaled(whole, fraction, suffix).ok_or(QuantityError)?;
        Ok(Self {
            nanos: if negative { -nanos } else { nanos },
        })
    }
}

/// What the number is multiplied by.
#[derive(Clone, Copy)]
enum Suffix {
    PowerOfTwo(u32),
    PowerOfTen(i32),
}

impl Suffix {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "" => Self::PowerOfTen(0),
            "n" => Self::PowerOfTen(-9),
            "u" => Self::PowerOfTen(-6),
            "m" => Self::PowerOfTen(-3),
            "k" => Self::PowerOfTen(3),
            "M" => Self::PowerOfTen(6),
            "G" => Self::PowerOfTen(9),
            "T" => Self::PowerOfTen(12),
            "P" => Self::PowerOfTen(15),
            "E" => Self::PowerOfTen(18),
            "Ki" => Self::PowerOfTwo(10),
            "Mi" => Self::PowerOfTwo(20),
            "Gi" => Self::PowerOfTwo(30),
            "Ti" => Self::PowerOfTwo(40),
            "Pi" => Self::PowerOfTwo(50),
            "Ei" => Self::PowerOfTwo(60),
            exponent => Self::PowerOfTen(exponent.strip_prefix(['e', 'E'])?.parse().ok()?),
        })
    }
}

/// The size of `whole.fraction` times the suffix, in billionths: capped above, rounded up below.
fn scaled(whole: &str, fraction: &str, suffix: Suffix) -> Option<i128> {
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.len() > MOST_DIGITS {
        return None;
    }
    if digits.is_empty() {
        return Some(0);
    }
    let digits: u128 = digits.parse().ok()?;
    let (binary, decimal) = match suffix {
        Suffix::PowerOfTwo(power) => (power, 0),
        Suffix::PowerOfTen(power) => (0, i64::from(power)),
    };
    let amount = digits << binary;
    let power = decimal + 9 - i64::try_from(fraction.len()).ok()?;
    let factor = u32::try_from(power.unsigned_abs())
        .ok()
        .and_then(|power| 10_u128.checked_pow(power));
    let nanos = match factor {
        Some(factor) if power >= 0 => amount.saturating_mul(factor),
        Some(factor) => amount.div_ceil(factor),
        None if power >= 0 => u128::MAX,
        None => 1,
    };
    Some(i128::try_from(nanos).unwrap_or(i128::MAX).min(LARGEST))
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
        for text in ["8Ei", "10E", "1e30", "99999999999999999999", "1e400", "1024Ei"] {
            assert_eq!(nanos(text), LARGEST, "{text}");
        }
    }

    #[test]
    fn refuses_what_kubernetes_refuses() {
        for text in [
            "", "m", "1.5.1", "1 Gi", "1gi", "1g", "512mb", "1GiB", "0x1", "1e", "e3", "-", "--1", "１", "1e1.5", ".",
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
}
