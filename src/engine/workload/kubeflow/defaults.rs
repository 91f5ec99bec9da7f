//! What the operator fills in where the user says nothing.
//!
//! `SetSparkApplicationDefaults` of `api/v1beta2/defaults.go`. It runs in the operator's webhook and nowhere else: where there is no
//! webhook, Spark's own defaults hold, and of executors that is two.

use super::OperatorWebhook;
use super::handover::{Handover, spark};
use crate::engine::json::Json;
use crate::engine::workload::RoleName;

const INSTANCES: &str = "spark.executor.instances";
const DEPLOY_MODE: &str = "spark.submit.deployMode";

/// Hands over the defaults of a role, which its fields override.
pub(super) fn set_properties(handover: &mut Handover<'_, '_>, role: RoleName) {
    let prefix = spark(role);
    if is_filled_in(handover, &format!("{prefix}cores")) {
        handover.default(&format!("{prefix}cores"), "1");
    }
    if has_memory(handover, role) {
        handover.default(&format!("{prefix}memory"), "1g");
    }
    if role == RoleName::Executor && instances(handover).is_some() {
        handover.default(INSTANCES, "1");
    }
}

/// Whether the memory of a role has a default.
pub(super) fn has_memory(handover: &Handover<'_, '_>, role: RoleName) -> bool {
    is_filled_in(handover, &format!("{}memory", spark(role)))
}

/// The default for the number of executors, if there is one.
pub(super) fn instances(handover: &Handover<'_, '_>) -> Option<i64> {
    let is_unsaid = spark_conf(handover, INSTANCES).unwrap_or_default().is_empty();
    let is_filled_in = handover.webhook == OperatorWebhook::Installed && is_unsaid && !is_taken_for_dynamic(handover);
    is_filled_in.then_some(1)
}

fn is_filled_in(handover: &Handover<'_, '_>, property: &str) -> bool {
    handover.webhook == OperatorWebhook::Installed && spark_conf(handover, property).is_none()
}

/// Hands over how the job is deployed, which nobody said.
pub(super) fn deploy_mode(handover: &mut Handover<'_, '_>) {
    match handover.webhook {
        OperatorWebhook::Installed => handover.default(DEPLOY_MODE, "cluster"),
        OperatorWebhook::Absent => handover.refuse(
            handover.application.spec.origin(),
            "the application says no `mode`, and without its webhook the operator fills none in: `spark-submit` refuses an empty `--deploy-mode`",
            "write `mode: cluster`",
        ),
    }
}

/// Whether the operator thinks that the number of executors changes. It misspells the property that it looks for.
fn is_taken_for_dynamic(handover: &Handover<'_, '_>) -> bool {
    match handover.application.spec.get("dynamicAllocation") {
        Some(section) => section.json.get("enabled").and_then(Json::as_bool) == Some(true),
        None => matches!(
            spark_conf(handover, "spark.dynamicallocation.enabled"),
            Some("1" | "t" | "T" | "true" | "True" | "TRUE")
        ),
    }
}

fn spark_conf<'a>(handover: &Handover<'_, 'a>, name: &str) -> Option<&'a str> {
    handover
        .application
        .spec
        .at(["sparkConf", name])?
        .property_text(handover.arena)
}
