//! What a batch scheduler has the operator write on the pods, so that they are scheduled as one.
//!
//! `Schedule` of `internal/scheduler/{volcano,yunikorn,kubescheduler}`. Whether the operator was started with batch schedulers, the
//! application does not tell: one that names a scheduler is taken to be in a cluster that has it.

mod task_groups;

use super::application::Application;
use super::handover::{Handover, kubernetes};
use crate::engine::json::Json;
use crate::engine::workload::{Located, Origin, RoleName};

/// Volcano's annotation for the group of a pod.
const VOLCANO_GROUP: &str = "scheduling.k8s.io/group-name";
/// The label of the scheduler plugins for the group of a pod.
const PLUGINS_GROUP: &str = "scheduling.x-k8s.io/pod-group";

/// The scheduler of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BatchScheduler {
    Volcano,
    YuniKorn,
    /// The `PodGroup`s of Kubernetes' scheduler plugins, under whatever name that scheduler runs.
    Plugins,
}

impl BatchScheduler {
    /// The scheduler that an application names, and where it does.
    fn named_by<'a>(application: &Application<'a>) -> Option<(Self, Located<'a>)> {
        let field = application.spec.get("batchScheduler")?;
        let scheduler = match field.json.as_str()? {
            "" => return None,
            "volcano" => Self::Volcano,
            "yunikorn" => Self::YuniKorn,
            _ => Self::Plugins,
        };
        Some((scheduler, field))
    }
}

/// Hands over the label that every pod of the application gets.
pub(super) fn application_labels(handover: &mut Handover<'_, '_>, role: RoleName) {
    if let Some((BatchScheduler::Plugins, field)) = BatchScheduler::named_by(handover.application) {
        let group = format!("{}-pg", handover.application.name.text);
        let name = format!("{}label.{PLUGINS_GROUP}", kubernetes(role));
        handover.text(&name, &group, field.origin());
    }
}

/// Hands over the label of a role's pods, over what the user wrote.
pub(super) fn role_labels(handover: &mut Handover<'_, '_>, role: RoleName) {
    let application = handover.application;
    if let Some((BatchScheduler::YuniKorn, _)) = BatchScheduler::named_by(application) {
        let name = format!("{}label.{}", kubernetes(role), task_groups::QUEUE_LABEL);
        handover.field(&name, task_groups::queue(application).as_ref());
    }
}

/// Hands over the annotations of a role's pods, over what the user wrote.
pub(super) fn annotations(handover: &mut Handover<'_, '_>, role: RoleName) {
    let application = handover.application;
    let prefix = format!("{}annotation.", kubernetes(role));
    match BatchScheduler::named_by(application) {
        Some((BatchScheduler::Volcano, field)) if joins_volcano_group(application, role) => {
            let group = format!("spark-{}-pg", application.name.text);
            handover.text(&format!("{prefix}{VOLCANO_GROUP}"), &group, field.origin());
        }
        Some((BatchScheduler::YuniKorn, field)) => {
            let name = format!("{prefix}yunikorn.apache.org/task-group-name");
            handover.text(&name, task_groups::name(role), field.origin());
            if role == RoleName::Driver {
                task_groups(handover, &prefix, field.origin());
            }
        }
        _ => {}
    }
}

/// The groups stand on the pod that the others come from.
fn task_groups(handover: &mut Handover<'_, '_>, prefix: &str, origin: Origin) {
    match task_groups::of(handover) {
        Ok(groups) => handover.text(&format!("{prefix}yunikorn.apache.org/task-groups"), &groups, origin),
        Err(unreadable) => handover.refuse(
            unreadable.origin,
            format!(
                "the operator cannot tell YuniKorn how much the job needs: it does not read `{}`",
                unreadable.text
            ),
            "write amounts of memory with a unit, such as `512m` or `4g`, and cpu such as `500m`",
        ),
    }
}

/// Whether the operator puts a role's pods into the application's group. A group that the driver has by its own annotations is left to it, and
/// so are the executors.
fn joins_volcano_group(application: &Application<'_>, role: RoleName) -> bool {
    let has_group = |role| {
        application
            .section(role)
            .json
            .at(["annotations", VOLCANO_GROUP])
            .is_some()
    };
    let mode = application.spec.json.get("mode").and_then(Json::as_str);
    match mode {
        Some("client") => role == RoleName::Executor && !has_group(RoleName::Executor),
        _ => !has_group(RoleName::Driver),
    }
}
