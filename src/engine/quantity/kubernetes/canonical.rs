//! How Kubernetes writes a quantity that it has read: `CanonicalizeBytes` and `String` of `quantity.go`.

use std::fmt;

use super::{Format, NANO, Quantity, Suffix, Written};

const SI_UNITS: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY_UNITS: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// As many digits as Kubernetes reads the fast way.
const FAST_DIGITS: usize = 18;

/// What the API server makes of a quantity in an object that it is sent, so that `1.5Gi` comes back as `1536Mi`; `None` for what is no
/// quantity.
#[must_use]
pub fn canonical(text: &str) -> Option<String> {
    let text = text.trim();
    let written = Written::split(text).ok()?;
    Some(if written.is_kept() {
        text.to_owned()
    } else {
        text.parse::<Quantity>().ok()?.to_string()
    })
}

impl Written<'_> {
    /// Whether Kubernetes keeps the text itself, because a quick look says that it is canonical. That look does not see `1.500`, nor
    /// `1E3`.
    fn is_kept(&self) -> bool {
        let places = i64::try_from(self.fraction.len()).unwrap_or(i64::MAX);
        let is_fast = self.whole.len() + self.fraction.len() <= FAST_DIGITS;
        match self.suffix {
            Suffix::Si(power) | Suffix::Exponent(power) => {
                let scale = i64::from(power).saturating_sub(places);
                let ends_in_zeros = format!("{}{}", self.whole, self.fraction).ends_with("000");
                is_fast && scale >= -9 && scale % 3 == 0 && !ends_in_zeros && !self.whole.is_empty()
            }
            Suffix::Binary(power) => {
                let digits_of_unit = usize::try_from(power * 3 / 10).unwrap_or(usize::MAX);
                let has_no_1024 = self.whole.parse::<u64>().is_ok_and(|whole| whole % 8 != 0);
                places == 0 && self.whole.len() + digits_of_unit < 15 && has_no_1024
            }
        }
    }
}

impl fmt::Display for Quantity {
    /// The canonical form: no fraction, the largest unit of its kind that leaves none. What is not whole or below 1024 is never
    /// written in binary units.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return formatter.write_str("0");
        }
        let whole = self.nanos / NANO;
        let is_binary = self.format == Format::BinarySi && self.nanos % NANO == 0 && whole.abs() >= 1024;
        if is_binary {
            let (number, power) = without_factors(whole, 1024, BINARY_UNITS.len() - 1);
            return write!(formatter, "{number}{}", BINARY_UNITS[power]);
        }
        if self.format == Format::DecimalExponent {
            let (number, power) = without_factors(self.nanos, 1000, usize::MAX);
            return match i64::try_from(power).unwrap_or(i64::MAX) * 3 - 9 {
                0 => write!(formatter, "{number}"),
                exponent => write!(formatter, "{number}e{exponent}"),
            };
        }
        let (number, power) = without_factors(self.nanos, 1000, SI_UNITS.len() - 1);
        write!(formatter, "{number}{}", SI_UNITS[power])
    }
}

/// Takes a factor out of a number that is not zero as often as it goes, but not more than `most` times.
fn without_factors(mut number: i128, factor: i128, most: usize) -> (i128, usize) {
    let mut times = 0;
    while times < most && number % factor == 0 {
        number /= factor;
        times += 1;
    }
    (number, times)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What `resource.ParseQuantity` of k8s.io/apimachinery 0.37.2 made of a text: as it writes it, and as it writes it when it does not
    /// remember the text.
    const AS_KUBERNETES_WRITES: [(&str, &str, &str); 119] = [
        ("0", "0", "0"),
        ("00", "0", "0"),
        ("0Ki", "0", "0"),
        ("0m", "0", "0"),
        ("m", "0", "0"),
        ("-", "0", "0"),
        ("+", "0", "0"),
        (".", "0", "0"),
        ("Ki", "0", "0"),
        ("-0", "0", "0"),
        ("+0", "0", "0"),
        ("1", "1", "1"),
        ("+2", "+2", "2"),
        ("-1", "-1", "-1"),
        ("00012", "00012", "12"),
        ("1.", "1.", "1"),
        (".5", "500m", "500m"),
        ("0.5", "500m", "500m"),
        ("-0.5", "-500m", "-500m"),
        ("1.5", "1500m", "1500m"),
        ("1.500", "1.500", "1500m"),
        ("1.000", "1", "1"),
        ("2000m", "2", "2"),
        ("1200m", "1200m", "1200m"),
        ("500m", "500m", "500m"),
        ("100m", "100m", "100m"),
        ("1001m", "1001m", "1001m"),
        ("0.1", "100m", "100m"),
        ("1.1", "1100m", "1100m"),
        ("1k", "1k", "1k"),
        ("1.5k", "1500", "1500"),
        ("1500k", "1500k", "1500k"),
        ("1000", "1k", "1k"),
        ("1024", "1024", "1024"),
        ("1000k", "1M", "1M"),
        ("1000000", "1M", "1M"),
        ("1500000", "1500k", "1500k"),
        ("123456", "123456", "123456"),
        ("1M", "1M", "1M"),
        ("1G", "1G", "1G"),
        ("1T", "1T", "1T"),
        ("1P", "1P", "1P"),
        ("1E", "1E", "1E"),
        ("10E", "10E", "10E"),
        ("9E", "9E", "9E"),
        ("1Ki", "1Ki", "1Ki"),
        ("4Gi", "4Gi", "4Gi"),
        ("1.5Gi", "1536Mi", "1536Mi"),
        ("1536Mi", "1536Mi", "1536Mi"),
        ("1024Mi", "1Gi", "1Gi"),
        ("4096Mi", "4Gi", "4Gi"),
        ("9011Mi", "9011Mi", "9011Mi"),
        ("10240Mi", "10Gi", "10Gi"),
        ("45055Mi", "45055Mi", "45055Mi"),
        ("1000Ki", "1000Ki", "1000Ki"),
        ("1023Ki", "1023Ki", "1023Ki"),
        ("0.5Ki", "512", "512"),
        ("0.5Gi", "512Mi", "512Mi"),
        ("1.1Ki", "1126400m", "1126400m"),
        ("0.1Gi", "107374182400m", "107374182400m"),
        ("0.0001Ki", "102400u", "102400u"),
        ("1.0009765625Ki", "1025", "1025"),
        ("1048576Ki", "1Gi", "1Gi"),
        ("1Ei", "1Ei", "1Ei"),
        ("7Ei", "7Ei", "7Ei"),
        ("8Ei", "9223372036854775807", "9223372036854775807"),
        ("1024Ei", "9223372036854775807", "9223372036854775807"),
        ("-8Ei", "-9223372036854775807", "-9223372036854775807"),
        ("1e3", "1e3", "1e3"),
        ("1E3", "1E3", "1e3"),
        ("1e03", "1e03", "1e3"),
        ("1.5e3", "1500", "1500"),
        ("15e2", "1500", "1500"),
        ("150e1", "1500", "1500"),
        ("1500e0", "1500e0", "1500"),
        ("1e0", "1e0", "1"),
        ("1e1", "10", "10"),
        ("1e2", "100", "100"),
        ("12e6", "12e6", "12e6"),
        ("12000e3", "12e6", "12e6"),
        ("1e-3", "1e-3", "1e-3"),
        ("1e-1", "100e-3", "100e-3"),
        ("5e-1", "500e-3", "500e-3"),
        ("12e+2", "1200", "1200"),
        ("1n", "1n", "1n"),
        ("0.1n", "1n", "1n"),
        ("-0.1n", "-1n", "-1n"),
        ("100u", "100u", "100u"),
        ("1500u", "1500u", "1500u"),
        ("1e-40", "1e-9", "1e-9"),
        ("1e-10", "1e-9", "1e-9"),
        ("12345678901234567890", "12345678901234567890", "12345678901234567890"),
        ("99999999999999999999", "99999999999999999999", "99999999999999999999"),
        ("0.0000000001", "1n", "1n"),
        ("18446744073709551616Ki", "9223372036854775807", "9223372036854775807"),
        ("3Mi", "3Mi", "3Mi"),
        ("8Mi", "8Mi", "8Mi"),
        ("8192Mi", "8Gi", "8Gi"),
        ("-1Ki", "-1Ki", "-1Ki"),
        ("-1025Ki", "-1025Ki", "-1025Ki"),
        ("-512", "-512", "-512"),
        ("1023", "1023", "1023"),
        ("1024.0", "1024", "1024"),
        ("1025", "1025", "1025"),
        ("1000.000", "1k", "1k"),
        ("1000.5", "1000500m", "1000500m"),
        ("e3", "0", "0"),
        ("1E5", "100e3", "100e3"),
        ("E", "0", "0"),
        ("-m", "0", "0"),
        ("1e-9", "1e-9", "1e-9"),
        ("1e-11", "1e-9", "1e-9"),
        ("2.5e-9", "3e-9", "3e-9"),
        ("0.000000001", "1n", "1n"),
        ("0.0015", "1500u", "1500u"),
        ("1e18", "1e18", "1e18"),
        ("1e19", "10e18", "10e18"),
        ("1000000000000000000", "1E", "1E"),
        ("10000000000000000000", "10E", "10E"),
    ];

    #[test]
    fn writes_what_kubernetes_writes() {
        for (text, kept, computed) in AS_KUBERNETES_WRITES {
            assert_eq!(canonical(text).as_deref(), Some(kept), "{text}");
            let quantity: Quantity = text.parse().unwrap();
            assert_eq!(quantity.to_string(), computed, "{text}");
        }
        assert_eq!(canonical(" 1024Mi ").as_deref(), Some("1Gi"));
        assert_eq!(canonical("1 Gi"), None);
    }

    #[test]
    fn has_no_unit_above_the_largest() {
        for (text, expected) in [("1000E", "1000E"), ("1000e18", "1e21")] {
            assert_eq!(
                text.parse::<Quantity>().map(|quantity| quantity.to_string()),
                Ok(expected.to_owned())
            );
        }
        let mut most = "1Ei".parse::<Quantity>().unwrap();
        most = most * 1024;
        assert_eq!(most.to_string(), "1024Ei");
    }

    proptest! {
        #[test]
        fn what_is_canonical_is_the_same_amount_and_stays_as_it_is(
            text in "[+-]?[0-9]{1,9}(\\.[0-9]{0,12})?([numkMGT]|[KMGTPE]i|[eE][+-]?[0-9])?"
        ) {
            let quantity: Quantity = text.parse().unwrap();
            let written = quantity.to_string();
            for again in [&written, &canonical(&text).unwrap()] {
                let same: Quantity = again.parse().unwrap();
                prop_assert_eq!(quantity, same);
                let canonical = canonical(again);
                prop_assert_eq!(canonical.as_ref(), Some(again));
            }
            prop_assert_eq!(written.parse::<Quantity>().unwrap().to_string(), written);
        }
    }
}
