//! The grammar of environment variables in pods (`IsEnvVarName` and `IsConfigMapKey` of `k8s.io/apimachinery/pkg/util/validation`).

/// What the name of a variable looks like.
pub const NAME_HELP: &str = "a name is letters, digits, `_`, `-` and `.`, and does not begin with a digit";
/// What a key of a Secret or a `ConfigMap` looks like.
pub const KEY_HELP: &str = "a key is up to 253 letters, digits, `_`, `-` and `.`";

/// Whether a text can be the name of an environment variable. Kubernetes takes more from 1.34 on; shells do not.
#[must_use]
pub fn is_name(text: &str) -> bool {
    is_word(text) && !text.starts_with(|first: char| first.is_ascii_digit()) && !is_path(text)
}

/// Whether a text can be a key of a Secret or a `ConfigMap`.
#[must_use]
pub fn is_key(text: &str) -> bool {
    is_word(text) && text.len() <= 253 && !is_path(text)
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// `.`, `..`, and what begins with `..`, could lead out of a directory.
fn is_path(text: &str) -> bool {
    text == "." || text.starts_with("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_names_and_keys() {
        for name in ["A", "AWS_ACCESS_KEY_ID", "a.b-c", "_", "-x"] {
            assert!(is_name(name) && is_key(name), "{name}");
        }
        for name in ["", ".", "..", "..a", "a b", "a=b", "é", "a/b"] {
            assert!(!is_name(name) && !is_key(name), "{name}");
        }
        assert!(!is_name("1a") && is_key("1a"));
        assert!(is_key(&"a".repeat(253)) && !is_key(&"a".repeat(254)));
    }
}
