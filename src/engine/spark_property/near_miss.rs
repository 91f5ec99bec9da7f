//! Which property was meant by a name that Spark does not have.
//!
//! To call a good property a misspelling is worse than to miss one: it refuses somebody's job. So a name is a near miss only in
//! ways in which Spark's own properties do not differ from each other. A test holds every property of every version
//! against all earlier versions, as it would hold one of a Spark that is yet to come.

mod index;
mod slip;
mod spelling;

use std::sync::LazyLock;

use self::index::Index;
use super::{KNOWN, NearMiss, PREFIX, SparkProperty, find, free_form};
use crate::engine::spark_version::SparkVersion;

/// A longer name is no slip of anything.
const LONGEST: usize = 200;
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
            index.add_common_mistake(written, *property);
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
pub(super) fn of(name: &str, version: Option<SparkVersion>) -> Option<NearMiss> {
    if name.len() > LONGEST {
        return None;
    }
    PROPERTIES.nearest(name, version).or_else(|| of_prefix(name, version))
}

/// The longest beginning of a name that was meant as a free-form prefix.
fn of_prefix(name: &str, version: Option<SparkVersion>) -> Option<NearMiss> {
    let dots = name.match_indices('.').map(|(at, _)| at).skip(1).take(DEEPEST_PREFIX);
    dots.collect::<Vec<_>>().into_iter().rev().find_map(|at| {
        let (head, rest) = name.split_at(at);
        if rest == "." || begins_properties(head) {
            return None;
        }
        let NearMiss { meant, confidence } = FORMS.nearest(head, version)?;
        let meant: Vec<String> = meant
            .into_iter()
            .map(|prefix| prefix + rest)
            .filter(|name| find(name).is_none_or(|property| property.is_read_by(version)))
            .collect();
        (!meant.is_empty()).then_some(NearMiss { meant, confidence })
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
            .map(|near_miss| near_miss.meant)
            .unwrap_or_default()
    }
}

/// Whether properties of Spark have this segment after `spark.`, and more after it.
pub(super) fn is_namespace(segment: &str) -> bool {
    PROPERTIES.has_namespace(segment)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_mistakes_are_mistakes() {
        for (written, meant) in COMMON {
            assert_eq!(find(written), None, "{written}");
            assert!(find(meant).is_some_and(|property| property.end.is_none()), "{meant}");
        }
    }
}
