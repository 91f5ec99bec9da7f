//! The executors' pod template, which the driver gets in a ConfigMap.
//!
//! `PodTemplateConfigMapStep`.

use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{Draft, generated};

/// Mounts it, where there is one.
pub(super) fn mount<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    if step.property("spark.kubernetes.executor.podTemplateFile").is_none() {
        return;
    }
    let name = format!("{}-driver-podspec-conf-map", generated::resource_prefix(step));
    let item = Draft::object([
        ("key", Draft::text("podspec-configmap-key", SPARK_DEFAULT)),
        ("path", Draft::text("pod-spec-template.yml", SPARK_DEFAULT)),
    ]);
    let mut source = Draft::object([("name", Draft::text(step.arena.string(&name), generated::GENERATED))]);
    source.append("items", [item]);
    pod.add_volume(
        Draft::text("pod-template-volume", SPARK_DEFAULT),
        "configMap",
        source,
        [("mountPath", Draft::text("/opt/spark/pod-template", SPARK_DEFAULT))],
    );
}
