//! Properties that Spark does not read: misspelt, of another version, or without `spark.` before them.

use super::Violation;
use crate::engine::finding::Enforcement;
use crate::engine::spark_property::{Confidence, End, Fate, NearMiss, Standing, is_in_a_namespace_of_spark};
use crate::engine::spark_version::SparkVersion;
use crate::engine::workload::Located;

/// How many are reported of one application: a likeness to two thousand names is sought for each.
const MOST: usize = 100;

/// Judges what the user wrote as properties. Those that are made of typed fields are spelt right.
pub(super) fn judge(spec: &Located<'_>, version: Option<SparkVersion>, prefixes: &[String]) -> Vec<Violation> {
    spec.get("sparkConf")
        .map_or(Vec::new(), |properties| unread(&properties, version, prefixes))
}

/// The properties of an object of them that Spark does not read.
#[must_use]
pub fn unread(properties: &Located<'_>, version: Option<SparkVersion>, prefixes: &[String]) -> Vec<Violation> {
    properties
        .members()
        .filter_map(|(name, property)| {
            let violation = match Standing::of(name, version, prefixes) {
                Standing::Read => return None,
                Standing::Newer { since } => newer(name, &property, since, version?),
                Standing::Ended(end) => ended(name, &property, end)?,
                Standing::NearMiss(meant) => near_miss(name, &property, &meant),
                Standing::Dropped { meant } => dropped(name, &property, &meant),
                Standing::Unknown => unknown(name, &property),
            };
            Some(violation)
        })
        .take(MOST)
        .collect()
}

/// Within a line of Spark, the version that the application says is often not quite the one in its image.
fn newer(name: &str, property: &Located<'_>, since: SparkVersion, version: SparkVersion) -> Violation {
    let message = format!("Spark reads `{name}` from {since} on; this application runs {version}, which ignores it");
    let violation = Violation::at_key(property.pointer.clone(), message)
        .with_help(format!("take it out, or run Spark {since} or later"));
    if since.line() == version.line() {
        violation.at_most(Enforcement::Warn)
    } else {
        violation
    }
}

fn ended(name: &str, property: &Located<'_>, end: End) -> Option<Violation> {
    let End { version, fate, instead } = end;
    let (message, ceiling) = match fate {
        Fate::Ignored => (format!("Spark {version} and later ignore `{name}`"), Enforcement::Warn),
        Fate::Refused { unless } if property.json.as_str() == Some(unless) => return None,
        Fate::Refused { .. } => (
            format!("Spark {version} and later start no SQL session with this value of `{name}`"),
            Enforcement::Deny,
        ),
    };
    let help = match instead {
        Some(instead) => format!("write `{instead}`, or take it out"),
        None => "take it out".to_owned(),
    };
    let violation = Violation::at_key(property.pointer.clone(), message);
    Some(violation.with_help(help).at_most(ceiling))
}

fn near_miss(name: &str, property: &Located<'_>, near_miss: &NearMiss) -> Violation {
    let place = property.pointer.clone();
    match near_miss.confidence {
        Confidence::Certain => Violation::at_key(place, format!("Spark has no property `{name}`, and ignores it")),
        Confidence::Likely => {
            Violation::at_key(place, format!("Spark is not known to read `{name}`")).at_most(Enforcement::Warn)
        }
    }
    .with_help(did_you_mean(&near_miss.meant))
}

fn dropped(name: &str, property: &Located<'_>, meant: &[String]) -> Violation {
    let message = format!("`{name}` does not begin with `spark.`: spark-submit drops it");
    let help = if !meant.is_empty() {
        did_you_mean(meant)
    } else if is_environment_variable(name) {
        format!("set an environment variable as `spark.kubernetes.driverEnv.{name}` and `spark.executorEnv.{name}`")
    } else {
        "put `spark.` before it where the job reads it, or take it out".to_owned()
    };
    Violation::at_key(property.pointer.clone(), message).with_help(help)
}

/// Spark reads a few properties that it declares nowhere, and jobs and libraries read their own.
fn unknown(name: &str, property: &Located<'_>) -> Violation {
    let own_prefix = name.match_indices('.').nth(1).map(|(at, _)| name.split_at(at + 1).0);
    let help = match own_prefix {
        Some(prefix) if !is_in_a_namespace_of_spark(name) => format!(
            "correct or remove it; if something else reads what begins with `{prefix}`, name that in `propertyPrefixes` of a policy"
        ),
        _ => "correct or remove it, unless something else reads it".to_owned(),
    };
    Violation::at_key(property.pointer.clone(), format!("Spark is not known to read `{name}`"))
        .with_help(help)
        .at_most(Enforcement::Warn)
}

fn did_you_mean(meant: &[String]) -> String {
    format!("did you mean `{}`?", meant.join("` or `"))
}

fn is_environment_variable(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
