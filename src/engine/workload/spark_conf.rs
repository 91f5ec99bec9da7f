//! Spark's properties, as `spark-submit` gets them.

pub mod iteration_order;

use std::collections::BTreeMap;
use std::ops::Bound;

use super::Origin;
use iteration_order::Scala;

/// One property's value, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property<'a> {
    /// As Spark reads it.
    pub value: &'a str,
    /// Who wrote it.
    pub origin: Origin,
}

impl Property<'_> {
    /// The value as Spark reads a whole number, if it can.
    #[must_use]
    pub fn as_i32(&self) -> Option<i32> {
        self.value.trim().parse().ok()
    }

    /// The value as Spark reads a number: with Java's `Double.parseDouble`, which takes the suffixes of its literals. Only what is finite.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        let text = self.value.trim();
        let number: f64 = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text).parse().ok()?;
        number.is_finite().then_some(number)
    }

    /// The value as Spark reads a switch, in any case of letters, if it can.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        let text = self.value.trim();
        let is = |value: &str| text.eq_ignore_ascii_case(value);
        (is("true") || is("false")).then(|| is("true"))
    }
}

/// The properties of a job, by name.
#[derive(Clone, Debug, Default)]
pub struct Properties<'a> {
    entries: BTreeMap<&'a str, Property<'a>>,
}

impl<'a> Properties<'a> {
    /// Sets a property. One that is set again replaces the one before, as a later `--conf` does.
    pub fn set(&mut self, name: &'a str, value: &'a str, origin: Origin) {
        self.entries.insert(name, Property { value, origin });
    }

    /// The property of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Property<'a>> {
        self.entries.get(name)
    }

    /// Whether a property is set.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Whether a property is on.
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        self.is_on(name, false)
    }

    /// Whether a property is on that has this default. One that is neither on nor off is not on.
    #[must_use]
    pub fn is_on(&self, name: &str, default: bool) -> bool {
        self.get(name)
            .map_or(default, |property| property.as_bool() == Some(true))
    }

    /// All properties, in the order in which Spark goes through them when it holds `others` more of its own.
    #[must_use]
    pub fn in_spark_order(&self, scala: Scala, others: usize) -> Vec<(&'a str, &Property<'a>)> {
        let entries = self.entries.iter().map(|(name, property)| (*name, property.value));
        let entries: Vec<_> = entries.collect();
        iteration_order::of_set(scala, &entries, others)
            .into_iter()
            .filter_map(|(name, _)| Some((name, self.get(name)?)))
            .collect()
    }

    /// All properties, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &Property<'a>)> {
        self.entries.iter().map(|(name, property)| (*name, property))
    }

    /// The properties whose names begin with `prefix`, with what follows it.
    pub fn with_prefix<'p>(&'p self, prefix: &str) -> impl Iterator<Item = (&'a str, &'p Property<'a>)> {
        self.entries
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .map_while(move |(name, property)| Some((name.strip_prefix(prefix)?, property)))
            .filter(|(rest, _)| !rest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_name_and_by_prefix() {
        let mut properties = Properties::default();
        let default = || Origin::Default("a test's default");
        for (name, value) in [
            ("spark.kubernetes.node.selector.zone", "a"),
            ("spark.kubernetes.node.selector.zone", "b"),
            ("spark.kubernetes.node.selector.", "ignored"),
            ("spark.kubernetes.node.selectors", "other"),
            ("spark.decommission.enabled", "TRUE"),
        ] {
            properties.set(name, value, default());
        }
        let selectors: Vec<_> = properties
            .with_prefix("spark.kubernetes.node.selector.")
            .map(|(key, property)| (key, property.value))
            .collect();
        assert_eq!(selectors, [("zone", "b")]);
        assert!(properties.is_true("spark.decommission.enabled"));
        assert!(!properties.is_true("spark.absent"));
    }

    #[test]
    fn reads_values_as_spark_does() {
        let cases = [
            (" 4 ", Some(4), Some(4.0), None),
            ("-1", Some(-1), Some(-1.0), None),
            ("2147483648", None, Some(2_147_483_648.0), None),
            ("0.5", None, Some(0.5), None),
            ("0.25d", None, Some(0.25), None),
            ("1F", None, Some(1.0), None),
            ("1e400", None, None, None),
            ("NaN", None, None, None),
            ("TRUE", None, None, Some(true)),
            (" false ", None, None, Some(false)),
            ("yes", None, None, None),
            ("", None, None, None),
        ];
        for (value, whole, number, switch) in cases {
            let origin = Origin::Default("a test's default");
            let property = Property { value, origin };
            let read = (property.as_i32(), property.as_f64(), property.as_bool());
            assert_eq!(read, (whole, number, switch), "{value}");
        }
    }
}
