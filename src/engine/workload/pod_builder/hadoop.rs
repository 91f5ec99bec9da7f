//! The configuration of Hadoop, from a ConfigMap that the user names.
//!
//! `HadoopConfDriverFeatureStep` and `HadoopConfExecutorFeatureStep` (Spark 3.5 and later). `HADOOP_CONF_DIR` in the environment of whoever
//! submits would make a ConfigMap of its own; it is not known here.

use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{Draft, env};

const CONF_DIR: &str = "/opt/hadoop/conf";

/// Mounts it for the driver.
pub(super) fn of_driver<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let Some(config_map) = step.property("spark.kubernetes.hadoop.configMapName") else {
        return;
    };
    let name = Draft::text(config_map.value, config_map.origin.clone());
    pod.add_volume(
        Draft::text("hadoop-properties", SPARK_DEFAULT),
        "configMap",
        Draft::object([("name", name)]),
        [("mountPath", Draft::text(CONF_DIR, SPARK_DEFAULT))],
    );
    pod.add_env([env::variable("HADOOP_CONF_DIR", CONF_DIR, SPARK_DEFAULT)]);
}

/// Mounts the driver's for an executor.
pub(super) fn of_executor<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    if step.since(3, 5) {
        of_driver(step, pod);
    }
}
