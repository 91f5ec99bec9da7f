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
}

impl Patterns {
    /// Names against patterns; of two lists with wildcards it is not plain.
    fn is_disjoint(&self, other: &Self) -> bool {
        let misses = |names: &Self, patterns: &Self| {
            names.are_names() && !names.written.iter().any(|name| patterns.globs.is_match(name))
        };
        misses(self, other) || misses(other, self)
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
}
