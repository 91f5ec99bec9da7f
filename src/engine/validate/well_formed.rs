//! `wellFormed`: is what Spark, the operator and Kubernetes can read. On by default; an entry of yours replaces the default one.
//!
//! ## What it does
//! Finds what cannot work under any policy: fields that nobody reads, memory that this version of Spark cannot read, cores and counts
//! out of range, heaps too small for Spark, a minimum of executors above the maximum, mounts that name no volume, names too long for what is derived from them.
//!
//! ## Why
//! Each of these is accepted by the API server, and fails minutes later: in the operator's log, in the driver's, or silently.
//!
//! ## Example
//! ```yaml
//! - name: readable
//!   enforcement: warn
//!   wellFormed: {}
//! ```
//! `driver.memory: 1.5g` fails; `driver.memory: 1536m` passes.

mod cpu;
mod executors;
mod fields;
mod memory;
mod mounts;
mod names;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use super::{Case, Violation};
use crate::engine::request::ObjectKind;
use crate::engine::subject::{KUBEFLOW_VERSION, Subject};
use crate::engine::workload::{Document, Origin, Refusal, RoleName, Workload};

/// The rule, as a policy configures it: there is nothing to configure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WellFormed {}

/// Everything about the object that cannot work.
pub(super) fn judge(case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
    let (Subject::Application(kind), Some(workload)) = (case.subject, case.workload) else {
        let is_meant = case.pods.iter().any(|pod| roles.contains(&pod.role));
        return if is_meant { mounts::of_pod(case) } else { Vec::new() };
    };
    if let Some(violation) = unknown_version(case.request.kind) {
        return vec![violation];
    }
    let spec = kind.spec(case.object);
    let mut violations = fields::judge(case.object, kind);
    let of_values = [
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
    for refusal in refused_pods(workload, roles) {
        let place = refusal.origin.pointer();
        if place.is_none_or(|place| violations.iter().all(|known| known.pointer != place)) {
            violations.push(Violation {
                help: refusal.help.clone(),
                ..Violation::at(workload.place_of(&refusal.origin), refusal.message.as_str())
            });
        }
    }
    violations
}

/// A version of an application's API that nobody here knows: what its fields mean, and so what pods come of it, cannot be told.
pub(in crate::engine) fn unknown_version(kind: ObjectKind<'_>) -> Option<Violation> {
    (kind.version != KUBEFLOW_VERSION).then(|| {
        let place = PointerBuf::from_tokens(["apiVersion"]);
        let message = format!(
            "`{}` is not a version of {} that can be judged",
            kind.version, kind.kind
        );
        Violation::at(place, message).with_help(format!("write `apiVersion: {}/{KUBEFLOW_VERSION}`", kind.group))
    })
}

/// All that Spark would refuse of a job: what it would make no pods of, and what its pods would not start with.
#[must_use]
pub fn refusals(workload: &Workload<'_>, roles: &[RoleName]) -> Vec<Refusal> {
    let of_values = [
        memory::judge(workload, roles),
        cpu::judge(workload, roles),
        executors::judge(workload, roles),
    ];
    let mut refusals: Vec<Refusal> = of_values.into_iter().flatten().map(Refusal::from).collect();
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
