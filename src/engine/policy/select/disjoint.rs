//! Selectors that cannot both hold of one object, as far as that is plain to see.

use super::{Condition, LabelSelector, Patterns, Selector};
use crate::engine::workload::Language;

/// What makes a pattern stand for more than its own text.
const WILDCARDS: [char; 5] = ['*', '?', '[', '{', '\\'];

impl Selector {
    /// Whether no object can be selected by both. False where that is not plain.
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        let pairs = self
            .conditions
            .iter()
            .flat_map(|one| other.conditions.iter().map(move |other| (one, other)));
        pairs.into_iter().any(|(one, other)| one.is_disjoint(other))
    }

    /// Whether each object that this selects is a hit of `exclude`, of which one condition is enough. False where that is not plain.
    #[must_use]
    pub fn is_excluded_by(&self, exclude: &Self) -> bool {
        self.conditions
            .iter()
            .any(|one| exclude.conditions.iter().any(|other| one.implies(other)))
    }
}

impl Condition {
    fn is_disjoint(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Namespaces(one), Self::Namespaces(other)) => one.is_disjoint(other),
            (Self::NamespaceLabels(one), Self::NamespaceLabels(other))
            | (Self::ObjectLabels(one), Self::ObjectLabels(other)) => one.is_disjoint(other),
            (Self::Languages(one), Self::Languages(other)) => {
                !one.iter().any(|language: &Language| other.contains(language))
            }
            _ => false,
        }
    }

    fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Namespaces(one), Self::Namespaces(other)) => one.are_within(other),
            (Self::NamespaceLabels(one), Self::NamespaceLabels(other))
            | (Self::ObjectLabels(one), Self::ObjectLabels(other)) => one.implies(other),
            (Self::Languages(one), Self::Languages(other)) => {
                one.iter().all(|language: &Language| other.contains(language))
            }
            _ => false,
        }
    }
}

impl Patterns {
    /// Names against patterns; of two lists with wildcards it is not plain.
    fn is_disjoint(&self, other: &Self) -> bool {
        let misses = |names: &Self, patterns: &Self| {
            names.are_names() && !names.written.iter().any(|name| patterns.globs.is_match(name))
        };
        misses(self, other) || misses(other, self)
    }

    /// Whether the other list has each of these, as it is written or by a pattern.
    fn are_within(&self, other: &Self) -> bool {
        self.written
            .iter()
            .all(|name| other.written.contains(name) || (!name.contains(WILDCARDS) && other.globs.is_match(name)))
    }

    fn are_names(&self) -> bool {
        !self.written.iter().any(|pattern| pattern.contains(WILDCARDS))
    }
}

impl LabelSelector {
    /// Both ask for one label, with another value.
    fn is_disjoint(&self, other: &Self) -> bool {
        self.match_labels
            .iter()
            .any(|(key, value)| other.match_labels.get(key).is_some_and(|other| other != value))
    }

    /// Asks for all labels that the other asks for; of expressions it is not plain.
    fn implies(&self, other: &Self) -> bool {
        other.match_expressions.is_empty()
            && other
                .match_labels
                .iter()
                .all(|(key, value)| self.match_labels.get(key) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn selector(document: &Value) -> Selector {
        Selector::compile(serde_json::from_value(document.clone()).unwrap()).unwrap()
    }

    #[test]
    fn only_what_can_never_meet_is_disjoint() {
        let cases = [
            (json!({}), json!({}), false),
            (json!({"namespaces": ["a"]}), json!({}), false),
            (json!({"namespaces": ["a"]}), json!({"namespaces": ["b", "c"]}), true),
            (json!({"namespaces": ["a"]}), json!({"namespaces": ["b", "a"]}), false),
            (
                json!({"namespaces": ["team-a"]}),
                json!({"namespaces": ["team-*"]}),
                false,
            ),
            (json!({"namespaces": ["a"]}), json!({"namespaces": ["team-*"]}), true),
            (json!({"namespaces": ["a-*"]}), json!({"namespaces": ["b-*"]}), false),
            (
                json!({"languages": ["Python"]}),
                json!({"languages": ["Scala", "Java"]}),
                true,
            ),
            (
                json!({"languages": ["Python"]}),
                json!({"languages": ["Scala", "Python"]}),
                false,
            ),
            (json!({"languages": ["Python"]}), json!({"namespaces": ["a"]}), false),
            (
                json!({"namespaceSelector": {"matchLabels": {"tier": "a"}}}),
                json!({"namespaceSelector": {"matchLabels": {"tier": "b", "x": "y"}}}),
                true,
            ),
            (
                json!({"objectSelector": {"matchLabels": {"tier": "a"}}}),
                json!({"namespaceSelector": {"matchLabels": {"tier": "b"}}}),
                false,
            ),
            (
                json!({"objectSelector": {"matchLabels": {"tier": "a"}}}),
                json!({"objectSelector": {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["a"]}]}}),
                false,
            ),
        ];
        for (one, other, expected) in cases {
            assert_eq!(selector(&one).is_disjoint(&selector(&other)), expected, "{one} {other}");
            assert_eq!(selector(&other).is_disjoint(&selector(&one)), expected, "{other} {one}");
        }
    }

    #[test]
    fn only_what_an_exclusion_hits_whatever_it_is_is_excluded() {
        let cases = [
            (json!({}), json!({}), false),
            (json!({}), json!({"namespaces": ["a"]}), false),
            (json!({"namespaces": ["a"]}), json!({}), false),
            (json!({"namespaces": ["a"]}), json!({"namespaces": ["a", "b"]}), true),
            (json!({"namespaces": ["a", "b"]}), json!({"namespaces": ["a"]}), false),
            (
                json!({"namespaces": ["team-a"]}),
                json!({"namespaces": ["team-*"]}),
                true,
            ),
            (
                json!({"namespaces": ["team-*"]}),
                json!({"namespaces": ["team-*"]}),
                true,
            ),
            (json!({"namespaces": ["team-*"]}), json!({"namespaces": ["*"]}), false),
            (
                json!({"namespaces": ["a"]}),
                json!({"namespaces": ["a"], "languages": ["R"]}),
                true,
            ),
            (
                json!({"languages": ["Python"]}),
                json!({"languages": ["Python", "R"]}),
                true,
            ),
            (
                json!({"languages": ["Python", "R"]}),
                json!({"languages": ["Python"]}),
                false,
            ),
            (
                json!({"objectSelector": {"matchLabels": {"a": "1", "b": "2"}}}),
                json!({"objectSelector": {"matchLabels": {"a": "1"}}}),
                true,
            ),
            (
                json!({"objectSelector": {"matchLabels": {"a": "1"}}}),
                json!({"objectSelector": {"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]}}),
                false,
            ),
            (
                json!({"objectSelector": {"matchLabels": {"a": "1"}}}),
                json!({"namespaceSelector": {"matchLabels": {"a": "1"}}}),
                false,
            ),
        ];
        for (matches, exclude, expected) in cases {
            let is_excluded = selector(&matches).is_excluded_by(&selector(&exclude));
            assert_eq!(is_excluded, expected, "{matches} {exclude}");
        }
    }
}
