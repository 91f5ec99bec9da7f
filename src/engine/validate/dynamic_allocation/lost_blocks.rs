//! Dynamic allocation that Spark starts with, and that loses shuffle blocks all the same.

use super::{ENABLED, Violation};
use crate::engine::workload::Workload;
use crate::engine::workload::shuffle_blocks::{
    DECOMMISSION, Keeper, MIGRATION, SERVICE, TRACKING, are_kept_elsewhere, keeper,
};

pub(super) fn judge(workload: &Workload<'_>) -> Option<Violation> {
    let properties = &workload.properties;
    if are_kept_elsewhere(properties, workload.spark_version) {
        return None;
    }
    let at = |name, message: &str, help: String| {
        let origin = &properties.get(name).or(properties.get(ENABLED))?.origin;
        Some(Violation::at(workload.place_of(origin), message).with_help(help))
    };
    match keeper(properties, workload.spark_version)? {
        Keeper::Service => at(
            SERVICE,
            "Kubernetes has no external shuffle service, and executors that do not find one fail",
            format!("take out `{SERVICE}`, and write `{TRACKING}: \"true\"`"),
        ),
        Keeper::Migration if !properties.is_true(MIGRATION) => at(
            if properties.contains(MIGRATION) {
                MIGRATION
            } else {
                DECOMMISSION
            },
            "dynamic allocation takes executors away, and their shuffle blocks with them: nothing is migrated without `spark.storage.decommission.enabled`",
            format!("write `{MIGRATION}: \"true\"`, or `{TRACKING}: \"true\"`"),
        ),
        Keeper::Migration | Keeper::Tracking | Keeper::Plugin => None,
    }
}
