//! Pod templates that are no pods.
//!
//! kubeflow's CRD leaves templates open, so that the API server takes anything there; Apache's takes a pod without a `spec`, of which
//! Spark says "Could not load pod from template file" (`KubernetesUtils.loadPodFromTemplate`).

use super::Violation;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::template::NotAPod;
use crate::engine::workload::{Located, RoleName};

pub(in crate::engine) fn judge(spec: &Located<'_>, kind: ApplicationKind, roles: &[RoleName]) -> Vec<Violation> {
    roles
        .iter()
        .filter_map(|role| {
            let template = spec.at([kind.section(*role), kind.template()])?;
            let why = NotAPod::in_application(template.json, kind)?;
            Some(describe(*role, &template, kind, why))
        })
        .collect()
}

fn describe(role: RoleName, template: &Located<'_>, kind: ApplicationKind, why: NotAPod<'_>) -> Violation {
    let field = kind.template();
    let help = match why {
        NotAPod::OfType(_) => format!("write the pod's `metadata` and `spec` under `{field}`"),
        NotAPod::OfKind(_) if template.at(["spec", "template", "spec"]).is_some() => {
            format!("write what is under its `spec.template` under `{field}`")
        }
        NotAPod::OfKind(_) => format!("write a pod's `metadata` and `spec` under `{field}`"),
        NotAPod::WithoutSpec => format!("write the fields of the pod under `{field}.spec`"),
    };
    let message = format!("the template of the {role}'s pod is {why}, and should be a pod");
    Violation::at(template.pointer.clone(), message).with_help(help)
}
