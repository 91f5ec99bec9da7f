//! The grammar of label keys and values (`k8s.io/apimachinery/pkg/util/validation`).

/// What a label key looks like.
pub const KEY_HELP: &str = "a key is up to 63 letters, digits, `-`, `_` and `.`, after an optional DNS name and `/`";
/// What a label value looks like.
pub const VALUE_HELP: &str =
    "a value is up to 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit";

/// Whether a text can be the key of a label, a taint or an annotation.
#[must_use]
pub fn is_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns_subdomain(prefix) && is_name(name),
        None => is_name(text),
    }
}

/// Whether a text can be the value of a label or a taint.
#[must_use]
pub fn is_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// Whether a text is a DNS name (RFC 1123), as most names of objects are.
#[must_use]
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

/// Whether a text is one part of a DNS name (RFC 1123).
#[must_use]
pub fn is_dns_label(text: &str) -> bool {
    let is_end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.first().is_some_and(is_end)
        && bytes.last().is_some_and(is_end)
        && bytes.iter().all(|byte| is_end(byte) || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_keys() {
        let long = "a".repeat(64);
        for key in [
            "a",
            "node-pool",
            "karpenter.sh/capacity-type",
            "A_b.c",
            "k8s.io/a.b_C-1",
        ] {
            assert!(is_key(key), "{key}");
        }
        for key in [
            "",
            "-a",
            "a-",
            "a b",
            "a/b/c",
            "/a",
            "a/",
            "UPPER.io/a",
            "-x.io/a",
            long.as_str(),
        ] {
            assert!(!is_key(key), "{key}");
        }
    }

    #[test]
    fn knows_values() {
        for value in ["", "true", "spark-spot", "1.2_3", "X"] {
            assert!(is_value(value), "{value}");
        }
        for value in ["a b", "-a", "a.", "ä", "a/b"] {
            assert!(!is_value(value), "{value}");
        }
    }
}
