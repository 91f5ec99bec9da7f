//! `wellFormed`: is what Spark, the operator and Kubernetes can read. On by default; an entry of yours replaces the default one.
//!
//! ## What it does
//! Finds what cannot work under any policy: fields and properties that nobody reads, memory that this version of Spark cannot read, cores and counts
//! out of range, heaps too small for Spark, a minimum of executors above the maximum, mounts that name no volume, names too long for what is derived from them.
//!
//! A property that Spark does not have, and that looks like one that it has, is a misspelling. One that is merely unknown is never
//! more than a warning, since jobs and libraries read properties of their own; `propertyPrefixes` says how those begin.
//!
//! ## Why
//! Each of these is accepted by the API server, and fails minutes later: in the operator's log, in the driver's, or silently.
//!
//! ## Example
//! ```yaml
//! - name: readable
//!   enforcement: warn
//!   wellFormed:
//!     propertyPrefixes: [spark.acme.]
//! ```
//! `driver.memory: 1.5g` fails; `driver.memory: 1536m` passes. `spark.executor.memoryoverhead` fails; `spark.acme.memoryoverhead` passes.

mod cpu;
mod executors;
mod fields;
mod memory;
mod mounts;
mod names;
mod properties;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use super::{Case, Violation};
use crate::engine::policy::document::Problem;
use crate::engine::spark_property;
use crate::engine::subject::{KUBEFLOW_VERSION, Subject};
use crate::engine::workload::RoleName;

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WellFormed {
    /// How properties begin that jobs and libraries read: `spark.acme.`
    #[serde(default)]
    property_prefixes: Vec<String>,
}

impl WellFormed {
    pub(super) fn problems(&self) -> Vec<Problem> {
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
    pub(super) fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        let (Subject::Application(kind), Some(workload)) = (case.subject, case.workload) else {
            let is_meant = case.pods.iter().any(|pod| roles.contains(&pod.role));
            return if is_meant { mounts::of_pod(case) } else { Vec::new() };
        };
        if case.request.kind.version != KUBEFLOW_VERSION {
            let place = PointerBuf::from_tokens(["apiVersion"]);
            let message = format!(
                "`{}` is not a version of {} that can be judged",
                case.request.kind.version, case.request.kind.kind
            );
            return vec![Violation::at(place, message).with_help(format!(
                "write `apiVersion: {}/{KUBEFLOW_VERSION}`",
                case.request.kind.group
            ))];
        }
        let spec = kind.spec(case.object);
        let mut violations = fields::judge(case.object, kind);
        let of_values = [
            properties::judge(&spec, workload.spark_version, &self.property_prefixes),
            memory::judge(workload, roles),
            cpu::judge(workload, roles),
            executors::judge(workload, roles),
            mounts::of_application(case.object, &spec, roles),
            names::judge(case.object, kind, &spec).into_iter().collect(),
        ];
        for violation in of_values.into_iter().flatten() {
            // What the API server does not take never gets to Spark: a value is found once, by its type first.
            if violations.iter().all(|known| known.pointer != violation.pointer) {
                violations.push(violation);
            }
        }
        violations
    }
}

fn is_property_prefix(prefix: &str) -> bool {
    let own = prefix
        .strip_prefix(spark_property::PREFIX)
        .and_then(|rest| rest.strip_suffix('.'));
    own.is_some_and(|own| own.split('.').all(|segment| !segment.is_empty()) && !own.contains(char::is_whitespace))
}
