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

    /// Whether a property is `true`, which Spark reads in any case.
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|property| property.value.trim().eq_ignore_ascii_case("true"))
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

    /// The properties whose names begin with `prefix`, with what follows it.
    pub fn with_prefix<'p>(&'p self, prefix: &'p str) -> impl Iterator<Item = (&'a str, &'p Property<'a>)> {
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
}
