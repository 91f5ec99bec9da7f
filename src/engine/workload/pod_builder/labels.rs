//! Labels and annotations: the user's, and Spark's own.
//!
//! `KubernetesDriverConf.labels`, `KubernetesExecutorConf.labels` and their `annotations`. The version and the name of the application are
//! labels from Spark 3.3 on; ids are put in place in annotations from 3.3 on, in labels from 4.0 on.

use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{Draft, RoleName, generated};

/// Labels and annotates the pod.
pub(super) fn configure<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let prefix = step.of_role("spark.kubernetes.driver.label.", "spark.kubernetes.executor.label.");
    let own = own_labels(step);
    for (key, property) in step.with_prefix(prefix) {
        if own.iter().any(|(name, _)| *name == key) {
            let message = format!("the label {key} is Spark's own, and Spark refuses another value for it");
            step.refuse(&property.origin, message, Some("leave it out".to_owned()));
            continue;
        }
        let value = if step.since(4, 0) {
            step.arena.string(&generated::with_ids(step, property.value))
        } else {
            property.value
        };
        let value = Draft::text(value, property.origin.clone());
        pod.metadata().member("labels").set(key, value);
    }
    for (key, value) in own {
        pod.metadata().member("labels").set(key, value);
    }
    let prefix = step.of_role(
        "spark.kubernetes.driver.annotation.",
        "spark.kubernetes.executor.annotation.",
    );
    for (key, property) in step.with_prefix(prefix) {
        let value = if step.since(3, 3) {
            step.arena.string(&generated::with_ids(step, property.value))
        } else {
            property.value
        };
        let value = Draft::text(value, property.origin.clone());
        pod.metadata().member("annotations").set(key, value);
    }
}

fn own_labels<'a>(step: &Step<'_, 'a>) -> Vec<(&'static str, Draft<'a>)> {
    let spark = |text| Draft::text(text, SPARK_DEFAULT);
    let made_up = |text| Draft::text(text, generated::GENERATED);
    let mut labels = vec![
        ("spark-app-selector", generated::application_id(step)),
        ("spark-role", spark(step.role.as_str())),
    ];
    if step.since(3, 3) {
        let name = step.arena.string(&generated::application_name_label(step));
        labels.push(("spark-app-name", spark(name)));
        if let Some(version) = step.submission.spark_version {
            labels.push(("spark-version", spark(step.arena.string(&version.to_string()))));
        }
    }
    if step.role == RoleName::Executor {
        labels.push(("spark-exec-id", made_up(generated::executor_id(step))));
        labels.push(("spark-exec-resourceprofile-id", spark("0")));
    }
    labels
}
