//! Versions of Spark, and ranges of them.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A version of Spark, as far as its behaviour depends on it: `4.1.0-preview1` is 4.1.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SparkVersion {
    parts: [u32; 3],
}

impl SparkVersion {
    /// The oldest line of Spark whose pods and properties are known.
    pub const OLDEST_KNOWN: Self = Self::new(3, 2);
    /// The newest.
    pub const NEWEST_KNOWN: Self = Self::new(4, 3);

    /// Whether the version is of a newer line than any that is known.
    #[must_use]
    pub fn is_too_new(self) -> bool {
        self.line() > Self::NEWEST_KNOWN
    }

    /// Of the line `major.minor`, its first release.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self {
            parts: [major, minor, 0],
        }
    }

    /// One release.
    #[must_use]
    pub const fn release(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            parts: [major, minor, patch],
        }
    }

    /// Reads `3.5.1`, `3.5`, `v4.0.0-preview2`; `None` when it does not begin with two numbers.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let release = text.split(['-', '+']).next()?;
        let mut numbers = release.split('.').map(|part| part.parse::<u32>().ok());
        let (major, minor) = (numbers.next()??, numbers.next()??);
        let patch = numbers.next().unwrap_or(Some(0))?;
        Some(Self {
            parts: [major, minor, patch],
        })
    }

    /// The first release of the line that it belongs to.
    #[must_use]
    pub const fn line(self) -> Self {
        let [major, minor, _] = self.parts;
        Self::new(major, minor)
    }
}

impl fmt::Display for SparkVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.parts;
        write!(formatter, "{major}.{minor}.{patch}")
    }
}

/// A range such as `>=3.2`, `>=3.3, <4` or `=3.5`. Versions are compared as far as the range writes them, so `=3.5` holds every 3.5.x
/// and `<=3.5` too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SparkVersionRange {
    comparators: Vec<(Comparison, Vec<u32>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    MoreThan,
    AtMost,
    LessThan,
    Equal,
}

impl Comparison {
    const PREFIXES: [(&'static str, Self); 5] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        (">", Self::MoreThan),
        ("<", Self::LessThan),
        ("=", Self::Equal),
    ];

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::AtLeast => ordering.is_ge(),
            Self::MoreThan => ordering.is_gt(),
            Self::AtMost => ordering.is_le(),
            Self::LessThan => ordering.is_lt(),
            Self::Equal => ordering.is_eq(),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = Self::PREFIXES.into_iter().find(|(_, comparison)| comparison == self);
        formatter.write_str(prefix.map_or("", |(prefix, _)| prefix))
    }
}

impl fmt::Display for SparkVersionRange {
    /// As it was written: `>=3.3, <4`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (comparison, numbers)) in self.comparators.iter().enumerate() {
            let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
            let separator = if index == 0 { "" } else { ", " };
            write!(formatter, "{separator}{comparison}{}", numbers.join("."))?;
        }
        Ok(())
    }
}

/// The text is no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no range of Spark versions: write comparisons such as `>=3.2`, `>=3.3, <4` or `=3.5`")]
pub struct RangeError(String);

impl FromStr for SparkVersionRange {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let error = || RangeError(text.to_owned());
        let comparators = text
            .split(',')
            .map(|part| {
                let part = part.trim();
                let (prefix, comparison) = Comparison::PREFIXES
                    .into_iter()
                    .find(|(prefix, _)| part.starts_with(prefix))?;
                let numbers: Option<Vec<u32>> = part[prefix.len()..]
                    .trim()
                    .split('.')
                    .map(|number| number.parse().ok())
                    .collect();
                numbers
                    .filter(|numbers| numbers.len() <= 3)
                    .map(|numbers| (comparison, numbers))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(error)?;
        Ok(Self { comparators })
    }
}

impl SparkVersionRange {
    /// Whether the range holds `version`.
    #[must_use]
    pub fn contains(&self, version: SparkVersion) -> bool {
        self.comparators
            .iter()
            .all(|(comparison, numbers)| comparison.holds(version.parts[..numbers.len()].cmp(numbers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_as_people_write_them() {
        let cases = [
            ("3.5.1", Some("3.5.1")),
            ("3.5", Some("3.5.0")),
            ("v4.0.0-preview2", Some("4.0.0")),
            (" 4.3.0+build ", Some("4.3.0")),
            ("4", None),
            ("latest", None),
            ("3.x", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let version = SparkVersion::parse(text).map(|version| version.to_string());
            assert_eq!(version.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn holds_the_versions_of_its_range() {
        let cases = [
            (">=3.2", "3.2.0", true),
            (">=3.2", "3.1.9", false),
            (">=3.2", "10.0.0", true),
            (">=3.3, <4", "3.5.1", true),
            (">=3.3, <4", "4.0.0", false),
            ("=3.5", "3.5.7", true),
            ("=3.5", "3.4.0", false),
            ("<=3.5", "3.5.7", true),
            (">3.5", "3.5.7", false),
            ("=3.5.1", "3.5.2", false),
            ("< 4", "3.9.9", true),
        ];
        for (range, version, expected) in cases {
            let parsed: SparkVersionRange = range.parse().unwrap();
            let version = SparkVersion::parse(version).unwrap();
            assert_eq!(parsed.contains(version), expected, "{range} {version}");
            assert_eq!(parsed.to_string(), range.replace("< ", "<"));
        }
    }

    #[test]
    fn refuses_what_is_no_range() {
        for text in ["", "3.5", "~3.5", ">=", ">=3.x", ">=3.5,", ">=1.2.3.4", "=>3"] {
            assert!(text.parse::<SparkVersionRange>().is_err(), "{text}");
        }
    }
}
