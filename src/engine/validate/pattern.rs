//! Patterns that policies are written with.

use globset::{Glob, GlobMatcher};
use serde::Deserialize;

/// A text in which `*` stands for any letters, `?` for one, `[a-z]` for one of these, and `{a,b}` for either.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(GlobMatcher);

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It holds for nothing.
    #[error("an empty text is no pattern: write a name, or `*` for any")]
    Empty,
    /// Its brackets or braces do not close, for example.
    #[error("`{pattern}` is no pattern: {reason}")]
    Malformed {
        /// As it is written.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Pattern {
    /// Whether a text is one that the pattern stands for.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// The pattern as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.glob().glob()
    }

    /// The one text that the pattern stands for, if it has no wildcard.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        let text = self.as_str();
        (!text.contains(['*', '?', '[', '{', '\\'])).then_some(text)
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(pattern: String) -> Result<Self, PatternError> {
        if pattern.is_empty() {
            return Err(PatternError::Empty);
        }
        match Glob::new(&pattern) {
            Ok(glob) => Ok(Self(glob.compile_matcher())),
            Err(error) => Err(PatternError::Malformed {
                reason: error.kind().to_string(),
                pattern,
            }),
        }
    }
}

/// Patterns as a message names them: "`a`, `b` or `c`".
#[must_use]
pub fn alternatives<'p>(patterns: impl IntoIterator<Item = &'p Pattern>) -> String {
    let names: Vec<String> = patterns
        .into_iter()
        .map(|pattern| format!("`{}`", pattern.as_str()))
        .collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Result<Pattern, PatternError> {
        Pattern::try_from(text.to_owned())
    }

    #[test]
    fn matches_names_and_families_of_names() {
        let cases = [
            ("spark.plugins", "spark.plugins", true),
            ("spark.plugins", "spark.plugins.more", false),
            (
                "spark.kubernetes.*.volumes.hostPath.*",
                "spark.kubernetes.driver.volumes.hostPath.a.mount.path",
                true,
            ),
            (
                "spark.kubernetes.*.volumes.hostPath.*",
                "spark.kubernetes.driver.volumes.nfs.a.mount.path",
                false,
            ),
            ("CC-[0-9][0-9]", "CC-42", true),
            ("CC-[0-9][0-9]", "CC-4x", false),
            ("{prod,test}", "test", true),
            ("a?c", "abc", true),
            ("a*", "a/b", true),
            ("A", "a", false),
        ];
        for (text, name, expected) in cases {
            assert_eq!(pattern(text).unwrap().matches(name), expected, "{text} {name}");
        }
    }

    #[test]
    fn refuses_what_does_not_compile() {
        assert_eq!(pattern("").err(), Some(PatternError::Empty));
        for text in ["[a", "{a", "a}"] {
            assert!(matches!(pattern(text), Err(PatternError::Malformed { .. })), "{text}");
        }
    }

    #[test]
    fn names_alternatives() {
        let of = |texts: &[&str]| alternatives(&texts.iter().flat_map(|text| pattern(text)).collect::<Vec<_>>());
        assert_eq!(of(&["a"]), "`a`");
        assert_eq!(of(&["a", "b*", "c"]), "`a`, `b*` or `c`");
    }
}
