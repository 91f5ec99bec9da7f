//! `wellFormed`: is what Spark, the operator and Kubernetes can read. On by default; an entry of yours replaces the default one.
//!
//! ## What it does
//! Finds what cannot work under any policy: fields that nobody reads, memory that this version of Spark cannot read, cores and counts
//! out of range, a minimum of executors above the maximum, mounts that name no volume, names too long for what is derived from them.
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

use serde::Deserialize;

use super::{Case, Violation};
use crate::engine::subject::{KUBEFLOW_VERSION, Subject};
use crate::engine::workload::RoleName;

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
    if case.request.kind.version != KUBEFLOW_VERSION {
        let place = json_patch::jsonptr::PointerBuf::from_tokens(["apiVersion"]);
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
    violations.extend(memory::judge(workload, roles));
    violations.extend(cpu::judge(workload, roles));
    violations.extend(executors::judge(workload));
    violations.extend(mounts::of_application(&spec, roles));
    violations.extend(names::judge(case.request.name, kind, &spec));
    violations
}
