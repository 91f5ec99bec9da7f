//! `wellFormed`: what Spark, the operator and Kubernetes can read.
//!
//! ## What it does
//! Finds what cannot work under any policy: fields and properties that nobody reads, pod templates that are no pods, memory that this version of Spark
//! cannot read, cores and counts out of range, heaps too small for Spark, a minimum of executors above the maximum, dynamic allocation
//! that would lose shuffle blocks, times, switches and JVM options that Spark refuses, mounts that name no volume, names too long for
//! what is derived from them. It decides about applications; about pods, as far as mounts go.
//!
//! A property that Spark does not have, and that looks like one that it has, is a misspelling. One that is merely unknown is never
//! more than a warning, since jobs and libraries read properties of their own; `propertyPrefixes` says how those begin.
//!
//! It is on by default, as `sparkgate/well-formed`. An entry of yours takes its place for what its policy matches.
//!
//! ## Why
//! Each of these is accepted by the API server, and fails minutes later: in the operator's log, in the driver's, or silently.
//!
//! ## Policy
//! ```yaml
//! - name: readable
//!   wellFormed:
//!     # how properties begin that your jobs and libraries read
//!     propertyPrefixes: [spark.acme.]
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.jar
//!   sparkConf:
//!     spark.executor.memoryoverhead: 1g
//!   driver: {memory: 1.5g}
//!   executor: {}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.jar
//!   sparkConf:
//!     spark.executor.memoryOverhead: 1g
//!     spark.acme.memoryoverhead: 1g
//!   driver: {memory: 1536m}
//!   executor: {}
//! ```

mod cpu;
mod dynamic_allocation;
mod executors;
mod fields;
mod java_options;
mod kubernetes;
mod memory;
mod memory_fractions;
mod mounts;
mod names;
mod operator;
pub mod properties;
mod switches;
mod tasks;
mod template;
mod times;
mod version;

use std::collections::BTreeSet;

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use super::{Case, Rule, Violation};
pub(in crate::engine) use version::judge as unknown_version;

use crate::engine::json::Json;
use crate::engine::policy::document::Problem;
use crate::engine::spark_property;
use crate::engine::subject::{ApplicationKind, Subject};
use crate::engine::workload::{Document, Origin, Properties, Property, Refusal, RoleName, Workload};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "wellFormed";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WellFormed {
    /// How properties begin that jobs and libraries read: `spark.acme.`
    #[serde(default)]
    property_prefixes: Vec<String>,
}

impl Rule for WellFormed {
    fn problems(&self) -> Vec<Problem> {
        self.property_prefixes
            .iter()
            .enumerate()
            .filter(|(_, prefix)| !is_property_prefix(prefix))
            .map(|(index, prefix)| {
                let place = PointerBuf::from_tokens(["propertyPrefixes"]).with_trailing_token(index);
                Problem::at(place, format!("`{prefix}` is no prefix of properties"))
                    .with_help("begin it with `spark.` and end it with a dot, as in `spark.acme.`")
            })
            .collect()
    }

    /// Everything about the object that cannot work.
    /// A pod that mounts what it does not have is refused by the API server itself, before any validating webhook is asked.
    fn judges_pods(&self) -> bool {
        false
    }

    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        let (Subject::Application(kind), Some(workload)) = (case.subject, case.workload) else {
            return mounts::of_pods(case, roles);
        };
        if let Some(unknown) = version::judge(case.request.kind, kind) {
            return vec![unknown];
        }
        let spec = kind.spec(case.object);
        let mut found = Found::of_shape(case.object, kind, roles);
        // What nobody says may well be said under a name that is wrong.
        let is_silence_meant = found.violations.is_empty();
        let of_values = [
            properties::judge(&spec, workload.spark_version, &self.property_prefixes),
            of_properties(workload, roles),
            operator::judge(kind, &spec, workload),
            mounts::dropped(&spec, kind, roles),
            mounts::of_pods(case, roles),
            names::judge(case.object, kind, &spec).into_iter().collect(),
        ];
        for violation in of_values.into_iter().flatten() {
            // What the API server does not take never gets to Spark: a value is found once, by its type first.
            if !found.places.contains(&violation.pointer) {
                found.add(violation);
            }
        }
        for refusal in refused_pods(workload, roles) {
            let is_new = match refusal.origin.pointer() {
                Some(place) => !found.has_below(place),
                None => is_silence_meant,
            };
            if is_new {
                found.add(Violation {
                    help: refusal.help.clone(),
                    ..Violation::at(workload.place_of(&refusal.origin), refusal.message.as_str())
                });
            }
        }
        found.violations
    }
}

/// What an application says that its kind does not, and templates that are no pods.
#[must_use]
pub(in crate::engine) fn malformed(object: Json<'_>, kind: ApplicationKind, roles: &[RoleName]) -> Vec<Violation> {
    Found::of_shape(object, kind, roles).violations
}

/// What is found of an application, and where.
#[derive(Default)]
struct Found {
    violations: Vec<Violation>,
    places: BTreeSet<PointerBuf>,
}

impl Found {
    /// What has not the shape of its kind.
    fn of_shape(object: Json<'_>, kind: ApplicationKind, roles: &[RoleName]) -> Self {
        let mut found = Self::default();
        for violation in template::judge(&kind.spec(object), kind, roles) {
            found.add(violation);
        }
        let no_pods = found.places.clone();
        for violation in fields::judge(object, kind) {
            // What is no pod has fields of something else.
            if !no_pods.iter().any(|template| violation.pointer.starts_with(template)) {
                found.add(violation);
            }
        }
        found
    }

    fn add(&mut self, violation: Violation) {
        self.places.insert(violation.pointer.clone());
        self.violations.push(violation);
    }

    /// Whether anything is found at a place, or below it.
    fn has_below(&self, place: &Pointer) -> bool {
        self.places
            .range(place.to_buf()..)
            // `/spec/a-b` stands between `/spec/a` and what is below that.
            .take_while(|found| found.as_str().starts_with(place.as_str()))
            .any(|found| found.starts_with(place))
    }
}

fn is_property_prefix(prefix: &str) -> bool {
    let own = prefix
        .strip_prefix(spark_property::PREFIX)
        .and_then(|rest| rest.strip_suffix('.'));
    own.is_some_and(|own| own.split('.').all(|segment| !segment.is_empty()) && !own.contains(char::is_whitespace))
}

/// What Spark could not start with, of the properties alone.
fn of_properties(workload: &Workload<'_>, roles: &[RoleName]) -> Vec<Violation> {
    let of_each = [
        switches::judge(workload),
        memory::judge(workload, roles),
        memory_fractions::judge(workload),
        cpu::judge(workload, roles),
        tasks::judge(workload, roles),
        executors::judge(workload, roles),
        dynamic_allocation::judge(workload, roles),
        times::judge(workload),
        kubernetes::judge(workload),
        java_options::judge(workload, roles),
    ];
    of_each.into_iter().flatten().collect()
}

/// All that Spark would refuse of a job: what it would make no pods of, and what its pods would not start with.
#[must_use]
pub fn refusals(workload: &Workload<'_>, roles: &[RoleName]) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = of_properties(workload, roles).into_iter().map(Refusal::from).collect();
    let others: Vec<Refusal> = refused_pods(workload, roles)
        .filter(|refusal| refusals.iter().all(|known| known.origin != refusal.origin))
        .cloned()
        .collect();
    refusals.extend(others);
    refusals
}

/// What Spark would refuse when it is asked to make the pods of these roles.
fn refused_pods<'w>(workload: &'w Workload<'_>, roles: &[RoleName]) -> impl Iterator<Item = &'w Refusal> {
    workload.refusals.iter().filter(|refusal| match refusal.origin {
        Origin::Written(Document::Template(role), _) => roles.contains(&role),
        _ => true,
    })
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        Self {
            origin: Origin::Written(Document::Object, violation.pointer),
            message: violation.message,
            help: violation.help,
        }
    }
}

/// A property that can be judged as it is written: not one that Spark takes from an environment that is not known.
fn get<'p, 'a>(properties: &'p Properties<'a>, name: &str) -> Option<&'p Property<'a>> {
    properties.get(name).filter(|property| !property.value.contains("${"))
}

/// Something wrong with a property, where the user wrote it.
fn at(property: &Property<'_>, message: impl Into<String>, help: &str) -> Option<Violation> {
    let place = property.origin.pointer()?.to_buf();
    Some(Violation::at(place, message).with_help(help))
}
