//! How an executor ends, and whether another takes its place.
//!
//! `BasicExecutorFeatureStep`.

use crate::engine::quantity::{SparkTime, TimeUnit};
use crate::engine::workload::pod_builder::spark_pod::{SPARK_DEFAULT, SparkPod};
use crate::engine::workload::pod_builder::step::{Step, number};
use crate::engine::workload::pod_builder::{Draft, generated};

/// Runs a script before an executor that is decommissioned stops.
pub(super) fn set_decommissioning<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    const ENABLED: &str = "spark.decommission.enabled";
    if !step.is_true(ENABLED, false) {
        return;
    }
    let script = match step.property("spark.kubernetes.decommission.script") {
        Some(property) => Draft::text(property.value, property.origin.clone()),
        None => Draft::text("/opt/decom.sh", SPARK_DEFAULT),
    };
    let origin = step
        .property(ENABLED)
        .map_or(SPARK_DEFAULT, |property| property.origin.clone());
    let mut exec = Draft::empty();
    exec.append("command", [script]);
    let pre_stop = Draft::object([("exec", exec)]);
    // Whatever the template does around the container's life is replaced.
    pod.container
        .set("lifecycle", Draft::object([("preStop", pre_stop)]).from_origin(origin));
}

/// Says whether Kubernetes starts it again, and how long it waits for it to stop.
pub(super) fn set_restarts<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let policy = match generated::set_of_executors(step) {
        Some(allocator) => Draft::text("Always", allocator.origin.clone()),
        None => Draft::text("Never", SPARK_DEFAULT),
    };
    pod.spec().set("restartPolicy", policy);
    if generated::is_deployment(step) {
        let cost = Draft::text("0", SPARK_DEFAULT);
        pod.metadata()
            .member("annotations")
            .set("controller.kubernetes.io/pod-deletion-cost", cost);
    }
    if step.since(4, 1) {
        let seconds = grace_period(step);
        pod.spec().set("terminationGracePeriodSeconds", seconds);
    }
}

fn grace_period<'a>(step: &mut Step<'_, 'a>) -> Draft<'a> {
    const NAME: &str = "spark.kubernetes.executor.terminationGracePeriodSeconds";
    let Some(property) = step.property(NAME) else {
        return Draft::new(number(30), SPARK_DEFAULT);
    };
    let Some(seconds) = seconds(property.value) else {
        let message = format!("{NAME} is `{}`, and Spark reads a time such as 30s", property.value);
        step.refuse(&property.origin, message, None);
        return Draft::new(number(30), SPARK_DEFAULT);
    };
    Draft::new(number(seconds), property.origin.clone())
}

fn seconds(text: &str) -> Option<i32> {
    let seconds = SparkTime::parse(text, TimeUnit::Seconds)?.whole(TimeUnit::Seconds);
    i32::try_from(seconds).ok().filter(|seconds| *seconds >= 0)
}
