//! Where a pod may be scheduled, and by whom.
//!
//! `BasicDriverFeatureStep` and `BasicExecutorFeatureStep`. Selectors and schedulers of one role are read from Spark 3.3 on.

use super::spark_pod::SparkPod;
use super::step::Step;
use super::{Draft, NODE_SELECTOR_OF_BOTH, RoleName};
use crate::engine::workload::Property;

/// Selects nodes, and names the secrets that the image is pulled with and the scheduler.
pub(super) fn set<'a>(step: &Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let own = step.of_role(
        "spark.kubernetes.driver.node.selector.",
        "spark.kubernetes.executor.node.selector.",
    );
    let prefixes = [Some(NODE_SELECTOR_OF_BOTH), step.since(3, 3).then_some(own)];
    let selected = prefixes
        .into_iter()
        .flatten()
        .flat_map(|prefix| step.with_prefix(prefix));
    let selected: Vec<_> = selected
        .map(|(key, property)| (key, Draft::text(property.value, property.origin.clone())))
        .collect();
    if !selected.is_empty() {
        pod.spec().member("nodeSelector").set_all(selected);
    }
    let secrets = step.list("spark.kubernetes.container.image.pullSecrets");
    pod.spec().append(
        "imagePullSecrets",
        secrets.into_iter().map(|name| Draft::object([("name", name)])),
    );
    if let Some(scheduler) = scheduler(step) {
        let name = Draft::text(scheduler.value, scheduler.origin.clone());
        pod.spec().set("schedulerName", name);
    }
}

/// Before 3.3 only executors had one of their own choice.
fn scheduler<'s, 'a>(step: &Step<'s, 'a>) -> Option<&'s Property<'a>> {
    let own = step.of_role(
        "spark.kubernetes.driver.scheduler.name",
        "spark.kubernetes.executor.scheduler.name",
    );
    if step.since(3, 3) {
        step.first_of([own, "spark.kubernetes.scheduler.name"])
    } else if step.role == RoleName::Executor {
        step.property(own)
    } else {
        None
    }
}
