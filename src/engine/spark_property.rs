//! The names of Spark's properties: which of them a version of Spark reads, and which was meant by one that it does not.
//!
//! Nobody tells a user of a property that Spark does not have: `spark-submit` hands it over, Spark never asks for it, and
//! the job runs as if it had not been written.

mod free_form;
mod near_miss;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use super::spark_version::SparkVersion;
use super::workload::RoleName;

/// What every property of Spark begins with. `spark-submit` drops the others.
pub const PREFIX: &str = "spark.";

/// How the properties of one role begin.
const OF_ROLES: [(&str, RoleName); 6] = [
    ("spark.driver.", RoleName::Driver),
    ("spark.kubernetes.driver.", RoleName::Driver),
    ("spark.kubernetes.driverEnv.", RoleName::Driver),
    ("spark.executor.", RoleName::Executor),
    ("spark.kubernetes.executor.", RoleName::Executor),
    ("spark.executorEnv.", RoleName::Executor),
];

static KNOWN: LazyLock<Vec<SparkProperty>> = LazyLock::new(|| parse(include_str!("spark_property/known.tsv")));

/// A property that some Spark reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SparkProperty {
    /// Its name.
    pub name: &'static str,
    /// The version that brought it; `None` where every version has it that this program is about.
    pub since: Option<SparkVersion>,
    /// When Spark stopped reading it, if it did.
    pub end: Option<End>,
}

/// The end of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The first version that does not read it any more.
    pub version: SparkVersion,
    /// What it does instead.
    pub fate: Fate,
    /// The property to write from then on.
    pub instead: Option<&'static str>,
}

/// What Spark does with a property that it does not read any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing.
    Ignored,
    /// It starts no SQL session with any value but this one.
    Refused {
        /// What the property was by default.
        unless: &'static str,
    },
}

/// What becomes of a property, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Spark reads it, or lets others read it.
    Read,
    /// It came with a later version of Spark than this one.
    Newer {
        /// The version that brought it.
        since: SparkVersion,
    },
    /// It went with this version of Spark, or with an earlier one.
    Ended(End),
    /// Spark has another property, which was meant.
    NearMiss(NearMiss),
    /// It does not begin with `spark.`, so that Spark never sees it.
    Dropped {
        /// What to write, where that can be told.
        meant: Vec<String>,
    },
    /// Spark is not known to read it. It reads a few properties that it declares nowhere, and so do jobs and libraries.
    Unknown,
}

/// A property that looks like a misspelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// What was meant: one name, or a few that are equally likely.
    pub meant: Vec<String>,
    /// How sure that is.
    pub confidence: Confidence,
}

/// How sure it is that a property is a misspelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// It cannot be meant otherwise.
    Certain,
    /// It may be somebody else's property, or a newer one.
    Likely,
}

impl Standing {
    /// What becomes of the property `name` under a version of Spark, if it is known. What begins with one of `prefixes` is read by
    /// somebody.
    #[must_use]
    pub fn of(name: &str, version: Option<SparkVersion>, prefixes: &[String]) -> Self {
        if !name.starts_with(PREFIX) {
            let meant = near_miss::of_dropped(name, version);
            return Self::Dropped { meant };
        }
        if let Some(property) = find(name) {
            return property.standing(version);
        }
        if let Some(form) = free_form::of_spark(name) {
            return newer(form.since, version).unwrap_or(Self::Read);
        }
        if free_form::is_let_be(name) || prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            return Self::Read;
        }
        match near_miss::of(name, version) {
            Some(near_miss) if is_covered(version) => Self::NearMiss(near_miss),
            Some(near_miss) => Self::NearMiss(NearMiss {
                confidence: Confidence::Likely,
                ..near_miss
            }),
            None => Self::Unknown,
        }
    }
}

/// The property of exactly that name, whichever version has it.
#[must_use]
pub fn find(name: &str) -> Option<&'static SparkProperty> {
    let index = KNOWN.binary_search_by(|property| property.name.cmp(name)).ok()?;
    KNOWN.get(index)
}

/// The role whose pods, or whose JVM, a property is about; `None` where it is about the job.
#[must_use]
pub fn role_of(name: &str) -> Option<RoleName> {
    OF_ROLES
        .into_iter()
        .find(|(prefix, _)| name.starts_with(prefix))
        .map(|(_, role)| role)
}

/// Whether one of Spark's properties stands in the same namespace: `spark.executor.anything` does, beside `spark.executor.memory`.
#[must_use]
pub fn is_in_a_namespace_of_spark(name: &str) -> bool {
    name.strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(namespace, _)| near_miss::is_namespace(namespace))
}

impl SparkProperty {
    fn standing(&self, version: Option<SparkVersion>) -> Standing {
        if let Some(newer) = newer(self.since, version) {
            return newer;
        }
        match (self.end, version) {
            (Some(end), Some(version)) if version >= end.version => Standing::Ended(end),
            _ => Standing::Read,
        }
    }

    /// Whether a version reads it; of a version that is not known, the newest.
    fn is_read_by(&self, version: Option<SparkVersion>) -> bool {
        match version {
            Some(_) => self.standing(version) == Standing::Read,
            None => self.end.is_none(),
        }
    }
}

fn newer(since: Option<SparkVersion>, version: Option<SparkVersion>) -> Option<Standing> {
    let since = since.filter(|since| version.is_some_and(|version| version < *since))?;
    Some(Standing::Newer { since })
}

/// Whether the table says all about a version. A newer one may have properties that look like misspellings of what is known.
fn is_covered(version: Option<SparkVersion>) -> bool {
    let covered = SparkVersion::OLDEST_KNOWN..=SparkVersion::NEWEST_KNOWN;
    version.is_some_and(|version| covered.contains(&version.line()))
}

/// Reads the table. It is compiled in, so what does not fit its notation is left out here and found by a test.
fn parse(table: &'static str) -> Vec<SparkProperty> {
    table.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &'static str) -> Option<SparkProperty> {
    let mut columns = line.split('\t');
    let name = columns.next().filter(|name| name.starts_with(PREFIX))?;
    let mut column = || columns.next().filter(|text| !text.is_empty());
    let since = column().and_then(SparkVersion::parse);
    let end = column().and_then(SparkVersion::parse).and_then(|version| {
        let fate = match column()? {
            "ignored" => Fate::Ignored,
            refused => Fate::Refused {
                unless: refused.strip_prefix("refused=")?,
            },
        };
        Some(End {
            version,
            fate,
            instead: column(),
        })
    });
    Some(SparkProperty { name, since, end })
}
