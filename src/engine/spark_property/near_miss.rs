//! Which property was meant by a name that Spark does not have.
//!
//! To call a good property a misspelling is worse than to miss one: it refuses somebody's job. So a name is a near miss only in
//! ways in which Spark's own properties do not differ from each other. A test holds every property of every version
//! against all earlier versions, as it would hold one of a Spark that is yet to come.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::{Confidence, KNOWN, PREFIX, SparkProperty, find, free_form};
use crate::engine::spark_version::SparkVersion;

/// A longer name is no slip of anything.
const LONGEST: usize = 200;
/// More names than this are no suggestion.
const MOST_MEANT: usize = 3;
/// The most segments of a free-form prefix.
const DEEPEST_PREFIX: usize = 6;

/// What people write, and what does it. No likeness leads from one to the other.
const COMMON: &[(&str, &str)] = &[
    ("spark.driver.classPath", "spark.driver.extraClassPath"),
    ("spark.driver.cpu", "spark.driver.cores"),
    ("spark.driver.javaOptions", "spark.driver.extraJavaOptions"),
    ("spark.executor.classPath", "spark.executor.extraClassPath"),
    ("spark.executor.count", "spark.executor.instances"),
    ("spark.executor.cpu", "spark.executor.cores"),
    ("spark.executor.javaOptions", "spark.executor.extraJavaOptions"),
    ("spark.executor.num", "spark.executor.instances"),
    ("spark.executor.number", "spark.executor.instances"),
    ("spark.executor.replicas", "spark.executor.instances"),
    ("spark.executors", "spark.executor.instances"),
    ("spark.kubernetes.driver.limit.memory", "spark.driver.memory"),
    (
        "spark.kubernetes.driver.podTemplate",
        "spark.kubernetes.driver.podTemplateFile",
    ),
    ("spark.kubernetes.driver.request.memory", "spark.driver.memory"),
    (
        "spark.kubernetes.driver.serviceAccount",
        "spark.kubernetes.authenticate.driver.serviceAccountName",
    ),
    ("spark.kubernetes.executor.limit.memory", "spark.executor.memory"),
    (
        "spark.kubernetes.executor.podTemplate",
        "spark.kubernetes.executor.podTemplateFile",
    ),
    ("spark.kubernetes.executor.request.memory", "spark.executor.memory"),
    (
        "spark.kubernetes.executor.serviceAccount",
        "spark.kubernetes.authenticate.executor.serviceAccountName",
    ),
    (
        "spark.kubernetes.serviceAccount",
        "spark.kubernetes.authenticate.driver.serviceAccountName",
    ),
    (
        "spark.kubernetes.serviceAccountName",
        "spark.kubernetes.authenticate.driver.serviceAccountName",
    ),
    ("spark.num.executors", "spark.executor.instances"),
    ("spark.parallelism", "spark.default.parallelism"),
    ("spark.speculation.enabled", "spark.speculation"),
];

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

/// How the settings of Hadoop and its kin begin, which Spark hands on after `spark.hadoop.`.
const HADOOP: [&str; 13] = [
    "avro.",
    "dfs.",
    "fs.",
    "google.cloud.",
    "hbase.",
    "hive.",
    "ipc.",
    "javax.jdo.",
    "mapred.",
    "mapreduce.",
    "orc.",
    "parquet.",
    "yarn.",
];

static PROPERTIES: LazyLock<Index> = LazyLock::new(|| {
    let is_suggested = |property: &&SparkProperty| {
        free_form::of_spark(property.name).is_none() && !free_form::is_let_be(property.name)
    };
    let mut index = Index::new(KNOWN.iter().filter(is_suggested).copied());
    for (written, meant) in COMMON {
        if let Some(property) = find(meant) {
            add_once(index.by_spelling.entry(letters(written)).or_default(), *property);
        }
    }
    index
});

/// The free-form prefixes, as if each were a property.
static FORMS: LazyLock<Index> = LazyLock::new(|| {
    Index::new(free_form::OF_SPARK.iter().map(|form| SparkProperty {
        name: form.prefix.trim_end_matches('.'),
        since: form.since,
        end: None,
    }))
});

/// What was meant by a name that Spark does not have, and that begins with nothing after which anything may follow.
pub(super) fn of(name: &str, version: Option<SparkVersion>) -> Option<(Vec<String>, Confidence)> {
    if name.len() > LONGEST {
        return None;
    }
    if let Some((meant, confidence)) = PROPERTIES.nearest(name, version) {
        return Some((meant.into_iter().map(str::to_owned).collect(), confidence));
    }
    let dots: Vec<usize> = name
        .match_indices('.')
        .map(|(at, _)| at)
        .skip(1)
        .take(DEEPEST_PREFIX)
        .collect();
    dots.into_iter().rev().find_map(|at| {
        let (head, rest) = name.split_at(at);
        if rest == "." || begins_properties(head) {
            return None;
        }
        let (prefixes, confidence) = FORMS.nearest(head, version)?;
        let meant: Vec<String> = prefixes
            .into_iter()
            .map(|prefix| format!("{prefix}{rest}"))
            .filter(|name| find(name).is_none_or(|property| property.is_read_by(version)))
            .collect();
        (!meant.is_empty()).then_some((meant, confidence))
    })
}

/// What to write for a name that does not begin with `spark.`.
pub(super) fn of_dropped(name: &str, version: Option<SparkVersion>) -> Vec<String> {
    let is_hadoops = |name: &str| HADOOP.iter().any(|prefix| name.starts_with(prefix));
    let whole = format!("{PREFIX}{name}");
    if find(&whole).is_some() || name.strip_prefix("hadoop.").is_some_and(is_hadoops) {
        vec![whole]
    } else if is_hadoops(name) || name.starts_with("hadoop.") {
        vec![format!("{PREFIX}hadoop.{name}")]
    } else if free_form::of_spark(&whole).is_some() || free_form::is_let_be(&whole) {
        vec![whole]
    } else {
        of(name, version)
            .or_else(|| of(&whole, version))
            .map(|(meant, _)| meant)
            .unwrap_or_default()
    }
}

/// Whether properties of Spark have this segment after `spark.`, and more after it.
pub(super) fn is_namespace(segment: &str) -> bool {
    PROPERTIES.namespaces.contains(segment)
}

/// Whether properties of Spark go on after this and a dot, at any depth.
fn begins_properties(head: &str) -> bool {
    let first = KNOWN.partition_point(|property| property.name <= head);
    KNOWN
        .iter()
        .skip(first)
        .map_while(|property| property.name.strip_prefix(head))
        .any(|rest| rest.starts_with('.'))
}

/// Names to be found by what resembles them.
#[derive(Default)]
struct Index {
    by_spelling: HashMap<String, Vec<SparkProperty>>,
    by_spelling_without_a_segment: HashMap<String, Vec<SparkProperty>>,
    by_stems: HashMap<Vec<String>, Vec<SparkProperty>>,
    candidates: Vec<Candidate>,
    /// Every word of every name.
    words: HashSet<String>,
    namespaces: HashSet<&'static str>,
}

/// A name that others may be mistyped forms of.
struct Candidate {
    property: SparkProperty,
    segments: Vec<String>,
    words: Vec<String>,
}

impl Index {
    fn new(properties: impl Iterator<Item = SparkProperty>) -> Self {
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
                    add_once(
                        self.by_spelling_without_a_segment.entry(spelling).or_default(),
                        property,
                    );
                }
            }
        }
        for spelling in spellings(name) {
            add_once(self.by_spelling.entry(spelling).or_default(), property);
        }
        let words = words(name);
        add_once(self.by_stems.entry(sorted_stems(&words)).or_default(), property);
        self.words.extend(words.iter().cloned());
        self.candidates.push(Candidate {
            property,
            segments: segments.iter().map(|segment| segment.to_lowercase()).collect(),
            words,
        });
    }

    /// The names that `name` was most likely meant as, of those that a version reads.
    fn nearest(&self, name: &str, version: Option<SparkVersion>) -> Option<(Vec<&'static str>, Confidence)> {
        let segments: Vec<&str> = name.split('.').collect();
        let certain = |meant: Vec<&'static str>| (!meant.is_empty()).then_some((meant, Confidence::Certain));
        certain(spelt(&self.by_spelling, name, version))
            .or_else(|| certain(spelt(&self.by_spelling, &format!("{name}.enabled"), version)))
            .or_else(|| certain(self.with_a_segment_added(&segments, version)))
            .or_else(|| self.with_a_segment_left_out(name, &segments, version))
            .or_else(|| certain(self.in_another_order(name, version)))
            .or_else(|| certain(self.mistyped(name, &segments, version)))
    }

    fn with_a_segment_added(&self, segments: &[&str], version: Option<SparkVersion>) -> Vec<&'static str> {
        (1..segments.len().saturating_sub(1).min(3))
            .filter(|index| segments.get(*index).is_some_and(|segment| is_added(segment)))
            .map(|index| spelt(&self.by_spelling, &without(segments, index), version))
            .find(|meant| !meant.is_empty())
            .unwrap_or_default()
    }

    /// One word alone does not say what was left out. What is left may be the beginning of somebody's own names.
    fn with_a_segment_left_out(
        &self,
        name: &str,
        segments: &[&str],
        version: Option<SparkVersion>,
    ) -> Option<(Vec<&'static str>, Confidence)> {
        let [_, first, ..] = segments else { return None };
        if words(name).len() < 3 {
            return None;
        }
        let meant = spelt(&self.by_spelling_without_a_segment, name, version);
        let confidence = if is_namespace(first) {
            Confidence::Certain
        } else {
            Confidence::Likely
        };
        (!meant.is_empty()).then_some((meant, confidence))
    }

    fn in_another_order(&self, name: &str, version: Option<SparkVersion>) -> Vec<&'static str> {
        let stems = sorted_stems(&words(name));
        if stems.len() < 4 {
            return Vec::new();
        }
        self.by_stems
            .get(&stems)
            .map(|found| read_by(found, version))
            .filter(|found| found.len() == 1)
            .unwrap_or_default()
    }

    /// The one name with the fewest typing errors, two at most.
    fn mistyped(&self, name: &str, segments: &[&str], version: Option<SparkVersion>) -> Vec<&'static str> {
        let segments: Vec<String> = segments.iter().map(|segment| segment.to_lowercase()).collect();
        let words = words(name);
        let found: Vec<(usize, &'static str)> = self
            .candidates
            .iter()
            .filter(|candidate| candidate.property.name.len().abs_diff(name.len()) <= MOST_ERRORS)
            .filter_map(|candidate| Some((errors(&segments, &candidate.segments)?, candidate)))
            .filter(|(_, candidate)| candidate.property.is_read_by(version) && self.are_slips(&words, &candidate.words))
            .map(|(errors, candidate)| (errors, candidate.property.name))
            .collect();
        let fewest = found.iter().map(|(errors, _)| *errors).min();
        let meant: Vec<&'static str> = found
            .into_iter()
            .filter(|(errors, _)| Some(*errors) == fewest)
            .map(|(_, name)| name)
            .collect();
        if meant.len() == 1 { meant } else { Vec::new() }
    }

    /// Whether the words that differ are slips, and not other words: `minSize` is not `maxSize` mistyped, nor is `int64`
    /// `int96`, nor `unpartitioned` `partitioned`.
    fn are_slips(&self, words: &[String], meant: &[String]) -> bool {
        words.len() != meant.len()
            || words.iter().zip(meant).all(|(word, meant)| {
                let is_other_word = self.words.contains(word) && stem(word) != stem(meant);
                let begins_alike = word.chars().next() == meant.chars().next();
                let digits = |word: &str| word.chars().filter(char::is_ascii_digit).collect::<String>();
                word == meant
                    || (!is_other_word
                        && digits(word) == digits(meant)
                        && (begins_alike || strsim::osa_distance(word, meant) == 1))
            })
    }
}

fn add_once(properties: &mut Vec<SparkProperty>, property: SparkProperty) {
    if !properties.contains(&property) {
        properties.push(property);
    }
}

/// The properties under either spelling of a name.
fn spelt(index: &HashMap<String, Vec<SparkProperty>>, name: &str, version: Option<SparkVersion>) -> Vec<&'static str> {
    spellings(name)
        .iter()
        .filter_map(|spelling| index.get(spelling))
        .map(|found| read_by(found, version))
        .find(|found| (1..=MOST_MEANT).contains(&found.len()))
        .unwrap_or_default()
}

fn read_by(properties: &[SparkProperty], version: Option<SparkVersion>) -> Vec<&'static str> {
    properties
        .iter()
        .filter(|property| property.is_read_by(version))
        .map(|property| property.name)
        .collect()
}

fn without(segments: &[&str], index: usize) -> String {
    let (before, after) = segments.split_at(index);
    let kept: Vec<&str> = before.iter().chain(after.iter().skip(1)).copied().collect();
    kept.join(".")
}

fn is_added(segment: &str) -> bool {
    ADDED.iter().any(|added| stem(added) == stem(&segment.to_lowercase()))
}

/// A name without what is most often wrong in one: its letters alone, in one case, and the stems of its words.
fn spellings(name: &str) -> [String; 2] {
    [letters(name), words(name).iter().map(|word| stem(word)).collect()]
}

fn letters(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

/// The words of a name, in lower case: `extraJavaOptions` are three.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut letters = name.chars().peekable();
    let mut last = ' ';
    while let Some(letter) = letters.next() {
        let begins_word =
            letter.is_uppercase() && (!last.is_uppercase() || letters.peek().is_some_and(|next| next.is_lowercase()));
        if begins_word || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        last = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn sorted_stems(words: &[String]) -> Vec<String> {
    let mut stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
    stems.sort_unstable();
    stems
}

/// A word without what tells one from many, and in full.
fn stem(word: &str) -> String {
    let word = match word {
        "config" | "configuration" => "conf",
        "directory" => "dir",
        "enabled" => "enable",
        "k8s" => "kubernetes",
        "max" => "maximum",
        "mem" => "memory",
        "min" => "minimum",
        "opts" => "options",
        word => word,
    };
    let is_plural = word.len() > 3 && !word.ends_with("ss");
    let singular = word.strip_suffix('s').filter(|_| is_plural);
    singular.unwrap_or(word).to_owned()
}

/// The most typing errors in a name.
const MOST_ERRORS: usize = 2;
/// A segment has at least this many letters for an error in it.
const SHORTEST: usize = 4;
/// In a shorter segment, another letter makes another word; and the first segment after `spark` is often somebody's own.
const SHORT: usize = 5;
/// From this many letters on, a segment may have two errors.
const LONG: usize = 8;

/// How many typing errors (a letter missing, too many, wrong, or swapped with its neighbour) lie between two names in lower case;
/// `None` when too many for one to be meant as the other.
fn errors(segments: &[String], meant: &[String]) -> Option<usize> {
    if segments.len() != meant.len() {
        return None;
    }
    let mut errors = 0;
    for (index, (segment, meant)) in segments.iter().zip(meant).enumerate() {
        errors += match index {
            _ if segment == meant => 0,
            0 => Some(strsim::osa_distance(segment, meant)).filter(|errors| *errors == 1)?,
            1 if meant.len() < SHORT => return None,
            _ => errors_of_segment(segment, meant)?,
        };
    }
    (errors <= MOST_ERRORS).then_some(errors)
}

fn errors_of_segment(segment: &str, meant: &str) -> Option<usize> {
    let longer = segment.len().max(meant.len());
    let most = if longer < LONG { 1 } else { MOST_ERRORS };
    if longer < SHORTEST || segment.len().abs_diff(meant.len()) > most {
        return None;
    }
    let errors = strsim::osa_distance(segment, meant);
    let is_other_word = longer <= SHORT && segment.len() == meant.len() && !is_anagram(segment, meant);
    (errors <= most && !is_other_word).then_some(errors)
}

fn is_anagram(one: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(one) == sorted(other)
}
