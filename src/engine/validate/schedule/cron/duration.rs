//! Lengths of time as Go writes them: `1h30m`, `1.5h`, `-5m`.

/// In nanoseconds; the micro sign is there in both of its characters.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
/// Digits after the point that still make a nanosecond of an hour.
const COUNTED_DIGITS: usize = 18;

/// Reads a length in nanoseconds; `None` where Go could not.
pub(super) fn parse(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut rest = unsigned;
    let mut nanoseconds: i128 = 0;
    if unsigned != "0" {
        loop {
            let (amount, after) = parse_part(rest)?;
            nanoseconds = nanoseconds.checked_add(amount)?;
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }
    let signed = if text.starts_with('-') {
        -nanoseconds
    } else {
        nanoseconds
    };
    i64::try_from(signed).ok()
}

/// One number with its unit, and what follows it.
fn parse_part(text: &str) -> Option<(i128, &str)> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let end = rest
        .find(|next: char| next == '.' || next.is_ascii_digit())
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    let (_, size) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let number = |digits: &str| {
        if digits.is_empty() {
            Some(0)
        } else {
            digits.parse::<i128>().ok()
        }
    };
    let counted = fraction.get(..COUNTED_DIGITS).unwrap_or(fraction);
    let scale = 10_i128.checked_pow(u32::try_from(counted.len()).ok()?)?;
    let amount = number(whole)?.checked_mul(size)? + number(counted)? * size / scale;
    Some((amount, rest))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}
