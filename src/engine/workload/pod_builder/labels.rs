//! Labels and annotations: the user's, and Spark's own.
//!
//! `KubernetesDriverConf.labels`, `KubernetesExecutorConf.labels` and their `annotations`. The version and the name of the application are
//! labels from Spark 3.3 on; ids are put in place in annotations from 3.3 on, in labels from 4.0 on.

use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{Draft, RoleName, generated};
use crate::engine::workload::Property;

/// Labels and annotates the pod.
pub(super) fn configure<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let labels = labels(step);
    pod.metadata().member("labels").set_all(labels);
    let annotations = annotations(step);
    if !annotations.is_empty() {
        pod.metadata().member("annotations").set_all(annotations);
    }
}

/// The user's labels, and then Spark's own, which nobody else may set.
fn labels<'a>(step: &mut Step<'_, 'a>) -> Vec<(&'a str, Draft<'a>)> {
    let prefix = step.of_role("spark.kubernetes.driver.label.", "spark.kubernetes.executor.label.");
    let own = own_labels(step);
    let mut labels = Vec::new();
    for (key, property) in step.with_prefix(prefix) {
        if own.iter().any(|(name, _)| *name == key) {
            let message = format!("the label {key} is Spark's own, and Spark refuses another value for it");
            step.refuse(&property.origin, message, Some("leave it out".to_owned()));
        } else {
            labels.push((key, with_ids(step, property, step.since(4, 0))));
        }
    }
    labels.extend(own);
    labels
}

fn annotations<'a>(step: &Step<'_, 'a>) -> Vec<(&'a str, Draft<'a>)> {
    let prefix = step.of_role(
        "spark.kubernetes.driver.annotation.",
        "spark.kubernetes.executor.annotation.",
    );
    let given = step.with_prefix(prefix).into_iter();
    given
        .map(|(key, property)| (key, with_ids(step, property, step.since(3, 3))))
        .collect()
}

/// The value of a label or an annotation, with ids put in place where this Spark does that.
fn with_ids<'a>(step: &Step<'_, 'a>, property: &Property<'a>, are_put_in_place: bool) -> Draft<'a> {
    let value = if are_put_in_place {
        step.arena.string(&generated::with_ids(step, property.value))
    } else {
        property.value
    };
    Draft::text(value, property.origin.clone())
}

fn own_labels<'a>(step: &Step<'_, 'a>) -> Vec<(&'a str, Draft<'a>)> {
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
