//! Names, to be found by what resembles them.

use std::collections::{HashMap, HashSet};

use super::slip::{MOST_ERRORS, errors};
use super::spelling::{letters, sorted_stems, spellings, stem, words};
use crate::engine::spark_property::{Confidence, NearMiss, SparkProperty};
use crate::engine::spark_version::SparkVersion;

/// More names than this are no suggestion.
const MOST_MEANT: usize = 3;
/// So many words, with `spark`, say what they are about when a segment is missing, or in any order.
const TELLING: usize = 3;
/// Up to here in a name people write segments that Spark does not have there.
const BEGINNING: usize = 3;

/// Segments that people write at the beginning of a name where Spark has none.
const ADDED: [&str; 5] = ["driver", "executor", "kubernetes", "spark", "sql"];
/// Segments that people leave out.
const LEFT_OUT: [&str; 8] = [
    "authenticate",
    "container",
    "driver",
    "dynamicAllocation",
    "executor",
    "kubernetes",
    "sql",
    "storage",
];

/// The names.
#[derive(Default)]
pub(super) struct Index {
    by_spelling: HashMap<String, Vec<SparkProperty>>,
    by_spelling_without_a_segment: HashMap<String, Vec<SparkProperty>>,
    by_stems: HashMap<Vec<String>, Vec<SparkProperty>>,
    candidates: Vec<Candidate>,
    /// Every word of every name.
    words: HashSet<String>,
    /// What stands after `spark.`, where more follows.
    namespaces: HashSet<&'static str>,
}

/// A name that others may be mistyped forms of.
struct Candidate {
    property: SparkProperty,
    segments: Vec<String>,
    words: Vec<String>,
}

/// A name that is sought, and for which version of Spark.
struct Query<'n> {
    name: &'n str,
    segments: Vec<&'n str>,
    words: Vec<String>,
    version: Option<SparkVersion>,
}

impl Index {
    pub(super) fn new(properties: impl Iterator<Item = SparkProperty>) -> Self {
        let mut index = Self::default();
        for property in properties {
            index.add(property);
        }
        index
    }

    fn add(&mut self, property: SparkProperty) {
        let name = property.name;
        let segments: Vec<&str> = name.split('.').collect();
        if let [_, namespace, _, ..] = segments.as_slice() {
            self.namespaces.insert(namespace);
        }
        for (index, segment) in segments.iter().enumerate() {
            if index > 0 && index + 1 < segments.len() && LEFT_OUT.contains(segment) {
                for spelling in spellings(&without(&segments, index)) {
                    add_once(&mut self.by_spelling_without_a_segment, spelling, property);
                }
            }
        }
        for spelling in spellings(name) {
            add_once(&mut self.by_spelling, spelling, property);
        }
        let words = words(name);
        self.by_stems.entry(sorted_stems(&words)).or_default().push(property);
        self.words.extend(words.iter().cloned());
        self.candidates.push(Candidate {
            property,
            segments: segments.iter().map(|segment| segment.to_lowercase()).collect(),
            words,
        });
    }

    /// Adds what people write for a property, though it does not resemble its name.
    pub(super) fn add_common_mistake(&mut self, written: &str, property: SparkProperty) {
        add_once(&mut self.by_spelling, letters(written), property);
    }

    pub(super) fn has_namespace(&self, segment: &str) -> bool {
        self.namespaces.contains(segment)
    }

    /// The names that `name` was most likely meant as, of those that a version reads.
    pub(super) fn nearest(&self, name: &str, version: Option<SparkVersion>) -> Option<NearMiss> {
        let query = Query {
            name,
            segments: name.split('.').collect(),
            words: words(name),
            version,
        };
        let ways: [fn(&Self, &Query<'_>) -> Option<NearMiss>; 6] = [
            Self::spelt_otherwise,
            Self::without_enabled,
            Self::with_a_segment_added,
            Self::with_a_segment_left_out,
            Self::in_another_order,
            Self::mistyped,
        ];
        ways.into_iter().find_map(|way| way(self, &query))
    }

    fn spelt_otherwise(&self, query: &Query<'_>) -> Option<NearMiss> {
        query.spelt(&self.by_spelling, query.name, Confidence::Certain)
    }

    fn without_enabled(&self, query: &Query<'_>) -> Option<NearMiss> {
        query.spelt(
            &self.by_spelling,
            &format!("{}.enabled", query.name),
            Confidence::Certain,
        )
    }

    fn with_a_segment_added(&self, query: &Query<'_>) -> Option<NearMiss> {
        let last = query.segments.len().saturating_sub(1);
        let is_added = |segment: &str| ADDED.iter().any(|added| stem(added) == stem(&segment.to_lowercase()));
        (1..last.min(BEGINNING))
            .filter(|index| query.segments.get(*index).is_some_and(|segment| is_added(segment)))
            .find_map(|index| {
                let name = without(&query.segments, index);
                query.spelt(&self.by_spelling, &name, Confidence::Certain)
            })
    }

    /// What is left may be the beginning of somebody's own names.
    fn with_a_segment_left_out(&self, query: &Query<'_>) -> Option<NearMiss> {
        let namespace = query.segments.get(1)?;
        let confidence = if super::is_namespace(namespace) {
            Confidence::Certain
        } else {
            Confidence::Likely
        };
        (query.words.len() >= TELLING)
            .then(|| query.spelt(&self.by_spelling_without_a_segment, query.name, confidence))
            .flatten()
    }

    fn in_another_order(&self, query: &Query<'_>) -> Option<NearMiss> {
        let meant = query.read(self.by_stems.get(&sorted_stems(&query.words))?);
        (query.words.len() > TELLING && meant.len() == 1).then_some(NearMiss {
            meant,
            confidence: Confidence::Certain,
        })
    }

    /// The one name with the fewest typing errors.
    fn mistyped(&self, query: &Query<'_>) -> Option<NearMiss> {
        let segments: Vec<String> = query.segments.iter().map(|segment| segment.to_lowercase()).collect();
        let found: Vec<(usize, SparkProperty)> = self
            .candidates
            .iter()
            .filter(|candidate| candidate.property.name.len().abs_diff(query.name.len()) <= MOST_ERRORS)
            .filter_map(|candidate| Some((errors(&segments, &candidate.segments)?, candidate)))
            .filter(|(errors, candidate)| self.are_slips(*errors, &query.words, &candidate.words))
            .map(|(errors, candidate)| (errors, candidate.property))
            .collect();
        let fewest = found.iter().map(|(errors, _)| *errors).min()?;
        let nearest: Vec<SparkProperty> = found
            .into_iter()
            .filter(|(errors, _)| *errors == fewest)
            .map(|(_, property)| property)
            .collect();
        let meant = query.read(&nearest);
        (meant.len() == 1).then_some(NearMiss {
            meant,
            confidence: Confidence::Certain,
        })
    }

    /// Whether the words that differ are slips, and not other words: `minSize` is not `maxSize` mistyped, nor is `int64`
    /// `int96`, nor `unpartitioned` `partitioned`.
    fn are_slips(&self, errors: usize, words: &[String], meant: &[String]) -> bool {
        if digits(words) != digits(meant) {
            return false;
        }
        if words.len() != meant.len() {
            return errors == 1;
        }
        words
            .iter()
            .zip(meant)
            .filter(|(word, meant)| word != meant)
            .all(|(word, meant)| {
                let is_other_word = self.words.contains(word) && stem(word) != stem(meant);
                let begins_alike = word.chars().next() == meant.chars().next();
                !is_other_word && (begins_alike || strsim::osa_distance(word, meant) == 1)
            })
    }
}

impl Query<'_> {
    /// What is spelt like `name`, where that is a suggestion.
    fn spelt(
        &self,
        index: &HashMap<String, Vec<SparkProperty>>,
        name: &str,
        confidence: Confidence,
    ) -> Option<NearMiss> {
        spellings(name)
            .iter()
            .filter_map(|spelling| index.get(spelling))
            .map(|found| self.read(found))
            .find(|meant| (1..=MOST_MEANT).contains(&meant.len()))
            .map(|meant| NearMiss { meant, confidence })
    }

    /// The names of those that the version reads.
    fn read(&self, properties: &[SparkProperty]) -> Vec<String> {
        properties
            .iter()
            .filter(|property| property.is_read_by(self.version))
            .map(|property| property.name.to_owned())
            .collect()
    }
}

fn add_once(index: &mut HashMap<String, Vec<SparkProperty>>, spelling: String, property: SparkProperty) {
    let properties = index.entry(spelling).or_default();
    if !properties.contains(&property) {
        properties.push(property);
    }
}

fn without(segments: &[&str], index: usize) -> String {
    let (before, after) = segments.split_at(index);
    let kept: Vec<&str> = before.iter().chain(after.iter().skip(1)).copied().collect();
    kept.join(".")
}

fn digits(words: &[String]) -> String {
    words.concat().chars().filter(char::is_ascii_digit).collect()
}
