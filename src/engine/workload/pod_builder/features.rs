//! Which steps run, by the names of their classes.
//!
//! `spark.kubernetes.{driver,executor}.pod.excludedFeatureSteps` leaves out steps of Spark's own (from 4.1 on), and
//! `spark.kubernetes.{driver,executor}.pod.featureSteps` adds some. What a step does that is not Spark's own cannot be foreseen.

use super::Draft;
use super::generated::{self, GENERATED};
use super::spark_pod::SparkPod;
use super::step::Step;

/// The simple name of a step's class.
pub(super) type Feature = &'static str;

/// What a step does.
pub(super) type Configure = for<'x, 's, 'a> fn(&'x mut Step<'s, 'a>, &'x mut SparkPod<'a>);

const PACKAGE: &str = "org.apache.spark.deploy.k8s.features.";
const VOLCANO: &str = "org.apache.spark.deploy.k8s.features.VolcanoFeatureStep";

/// Runs the steps that are not excluded, then those that were added.
pub(super) fn run<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>, steps: &[(Feature, Configure)]) {
    let excluded = step.list(step.of_role(
        "spark.kubernetes.driver.pod.excludedFeatureSteps",
        "spark.kubernetes.executor.pod.excludedFeatureSteps",
    ));
    let excluded: Vec<&str> = excluded
        .iter()
        .filter_map(Draft::as_str)
        .filter(|_| step.since(4, 1))
        .collect();
    for (feature, configure) in steps {
        if !excluded
            .iter()
            .any(|class| class.strip_prefix(PACKAGE) == Some(*feature))
        {
            configure(step, pod);
        }
    }
    let added = step.list(step.of_role(
        "spark.kubernetes.driver.pod.featureSteps",
        "spark.kubernetes.executor.pod.featureSteps",
    ));
    let id = generated::application_id(step).as_str().unwrap_or_default();
    if step.since(3, 3) && added.iter().any(|class| class.as_str() == Some(VOLCANO)) {
        let group = step.arena.string(&format!("{id}-podgroup"));
        pod.metadata()
            .member("annotations")
            .set("scheduling.k8s.io/group-name", Draft::text(group, GENERATED));
    }
}
