//! What the Spark container may do.

use super::Draft;
use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use crate::engine::json::Json;

/// From 4.3 on, Spark's containers may not gain privileges unless a property says so.
pub(super) fn set<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    const OF_BOTH: &str = "spark.kubernetes.securityContext.allowPrivilegeEscalation";
    if !step.since(4, 3) {
        return;
    }
    let own = step.of_role(
        "spark.kubernetes.driver.securityContext.allowPrivilegeEscalation",
        "spark.kubernetes.executor.securityContext.allowPrivilegeEscalation",
    );
    let name = if step.property(own).is_some() { own } else { OF_BOTH };
    let origin = step
        .property(name)
        .map_or(SPARK_DEFAULT, |property| property.origin.clone());
    let is_allowed = step.is_true(name, false);
    pod.container
        .member("securityContext")
        .set("allowPrivilegeEscalation", Draft::new(Json::Bool(is_allowed), origin));
}
