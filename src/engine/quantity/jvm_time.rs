//! Times as Spark reads them: `30s`, `5m`, `1h`.
//!
//! `JavaUtils.timeStringAs` of Spark.

/// The seconds that a text means; a bare number is seconds, and what is shorter than a second is cut off. `None` where Spark reads no time.
#[must_use]
pub fn seconds(text: &str) -> Option<i32> {
    let text = text.trim().to_lowercase();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let seconds = match unit {
        "us" => number / 1_000_000,
        "ms" => number / 1_000,
        "" | "s" => number,
        "m" | "min" => number.checked_mul(60)?,
        "h" => number.checked_mul(3_600)?,
        "d" => number.checked_mul(86_400)?,
        _ => return None,
    };
    i32::try_from(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn reads_what_spark_reads() {
        let cases = [
            ("30", Some(30)),
            ("30s", Some(30)),
            (" 2M ", Some(120)),
            ("3min", Some(180)),
            ("1h", Some(3_600)),
            ("1d", Some(86_400)),
            ("1500ms", Some(1)),
            ("9us", Some(0)),
            ("1.5s", None),
            ("-1s", None),
            ("s", None),
            ("5 s", None),
            ("99999999999d", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
