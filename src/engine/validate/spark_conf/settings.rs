//! All the places in which an application sets properties of Spark.

use std::collections::BTreeSet;

use json_patch::jsonptr::PointerBuf;

use super::Violation;
use crate::engine::finding::Effective;
use crate::engine::json::Json;
use crate::engine::spark_property::PREFIX;
use crate::engine::workload::{EffectivePod, Located, Workload, pod};

/// The properties that hold options of a JVM. `SparkConf` takes every system property that begins with `spark.`.
const JAVA_OPTIONS: [&str; 4] = [
    "spark.driver.defaultJavaOptions",
    "spark.driver.extraJavaOptions",
    "spark.executor.defaultJavaOptions",
    "spark.executor.extraJavaOptions",
];

/// The environment variables from which a JVM, Spark's launcher or the entrypoint of its image takes options.
const JAVA_VARIABLES: [&str; 4] = [
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "SPARK_SUBMIT_OPTS",
];
/// The executor's entrypoint takes an option from each variable that begins so.
const JAVA_VARIABLE_PREFIX: &str = "SPARK_JAVA_OPT_";

/// A property that the user sets.
pub(super) struct Setting<'a> {
    /// Its name.
    pub(super) name: String,
    /// What it is set to; `None` where something else overrides it.
    pub(super) value: Option<&'a str>,
    pointer: PointerBuf,
    effective: Option<Effective>,
}

impl Setting<'_> {
    /// Something wrong with it: `predicate` says what.
    pub(super) fn violation(&self, predicate: &str) -> Violation {
        let name = &self.name;
        let is_its_key = self.pointer.back().is_some_and(|token| token.decoded() == *name);
        let violation = if is_its_key {
            Violation::at(self.pointer.clone(), format!("`{name}` {predicate}"))
        } else {
            Violation::at(self.pointer.clone(), format!("this sets `{name}`, which {predicate}"))
        };
        Violation {
            effective: self.effective.clone(),
            ..violation
        }
    }
}

/// Each property that the user sets, once for each place that sets it.
pub(super) fn of<'a>(spec: &Located<'a>, workload: &Workload<'a>, pods: &[EffectivePod<'a>]) -> Vec<Setting<'a>> {
    let mut settings: Vec<Setting<'a>> = Vec::new();
    for (name, property) in workload.properties.iter() {
        let Some(pointer) = property.origin.pointer() else {
            continue;
        };
        let at = |name: &str, value| Setting {
            name: name.to_owned(),
            value: Some(value),
            pointer: pointer.to_buf(),
            effective: None,
        };
        settings.push(at(name, property.value));
        if JAVA_OPTIONS.contains(&name) {
            settings.extend(system_properties(property.value).map(|(name, value)| at(name, value)));
        }
    }
    settings.extend(overridden(spec, &settings));
    settings.extend(pods.iter().flat_map(in_pod));
    let mut seen = BTreeSet::new();
    settings.retain(|setting| seen.insert((setting.pointer.clone(), setting.name.clone())));
    settings
}

/// What stands in `sparkConf`, and does not count because a field says it too.
fn overridden<'a>(spec: &Located<'a>, settings: &[Setting<'a>]) -> Vec<Setting<'a>> {
    let counting: BTreeSet<_> = settings.iter().map(|setting| &setting.pointer).collect();
    spec.get_or_empty("sparkConf")
        .members()
        .filter(|(_, property)| !counting.contains(&property.pointer))
        .map(|(name, property)| Setting {
            name: name.to_owned(),
            value: None,
            pointer: property.pointer,
            effective: None,
        })
        .collect()
}

/// What the environment and the arguments of a pod's containers set.
fn in_pod<'a>(pod: &EffectivePod<'a>) -> Vec<Setting<'a>> {
    let mut settings = Vec::new();
    for container in pod::containers(pod.pod) {
        let mut add = |place: &PointerBuf, (name, value): (&str, &'a str)| {
            // What Spark itself tells its executors is nobody's setting.
            settings.extend(pod.written_at(place).map(|(pointer, effective)| Setting {
                name: name.to_owned(),
                value: Some(value),
                pointer,
                effective,
            }));
        };
        for variable in container.get_or_empty("env").items() {
            let text = |key| variable.json.get(key).and_then(Json::as_str).unwrap_or_default();
            let name = text("name");
            if JAVA_VARIABLES.contains(&name) || name.starts_with(JAVA_VARIABLE_PREFIX) {
                let place = variable.pointer.with_trailing_token("value");
                system_properties(text("value")).for_each(|property| add(&place, property));
            }
        }
        let arguments: Vec<_> = container.get_or_empty("args").items().collect();
        for (index, argument) in arguments.iter().enumerate() {
            let before = index
                .checked_sub(1)
                .and_then(|before| arguments.get(before)?.json.as_str());
            let property = argument.json.as_str().and_then(|text| configured(before, text));
            if let Some(property) = property {
                add(&argument.pointer, property);
            }
        }
    }
    settings
}

/// The properties of Spark's among options of a JVM: `-Dspark.name=value`.
fn system_properties(options: &str) -> impl Iterator<Item = (&str, &str)> {
    options.split_whitespace().filter_map(|option| {
        let option = option.trim_matches(['"', '\'']);
        of_spark(option.strip_prefix("-D")?)
    })
}

/// The property that an argument sets: `spark.name=value` behind `--conf` or `-c`, or in one with it.
fn configured<'a>(before: Option<&str>, argument: &'a str) -> Option<(&'a str, &'a str)> {
    match before {
        Some("--conf" | "-c") => of_spark(argument),
        _ => of_spark(argument.strip_prefix("--conf=")?),
    }
}

fn of_spark(assignment: &str) -> Option<(&str, &str)> {
    assignment
        .trim_start()
        .split_once('=')
        .filter(|(name, _)| name.starts_with(PREFIX))
}
