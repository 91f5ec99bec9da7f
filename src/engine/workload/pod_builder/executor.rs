//! An executor's pod: the first one's.
//!
//! `KubernetesExecutorBuilder`: the order of its steps; `BasicExecutorFeatureStep`. The properties are those that the driver reads.

mod environment;
mod lifecycle;
mod names;

use super::features::Feature;
use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{
    Draft, credentials, driver, features, generated, hadoop, image, labels, local_dirs, ports, resources, scheduling,
    secrets, security, volumes,
};
use crate::engine::json::Json;
use crate::engine::workload::Origin;

const CONF_DIR: &str = "/opt/spark/conf";

/// All steps, in Spark's order.
pub(super) fn configure<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let steps: [(Feature, features::Configure); 7] = [
        ("BasicExecutorFeatureStep", basic_step),
        ("ExecutorKubernetesCredentialsFeatureStep", credentials::of_executor),
        ("MountSecretsFeatureStep", secrets::mount),
        ("EnvSecretsFeatureStep", secrets::put_in_env),
        ("MountVolumesFeatureStep", volumes::mount),
        ("HadoopConfExecutorFeatureStep", hadoop::of_executor),
        ("LocalDirsFeatureStep", local_dirs::mount),
    ];
    features::run(step, pod, &steps);
}

fn basic_step<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    pod.pod.set("apiVersion", Draft::text("v1", SPARK_DEFAULT));
    pod.pod.set("kind", Draft::text("Pod", SPARK_DEFAULT));
    image::set(step, pod);
    resources::set(step, pod);
    security::set(step, pod);
    if step.since(4, 2) {
        pod.container
            .append("resizePolicy", ["cpu", "memory"].map(resized_in_place));
    }
    let variables = environment::variables(step);
    pod.add_env(variables);
    ports::set_of_executor(step, pod);
    pod.container.append("args", [Draft::text("executor", SPARK_DEFAULT)]);
    let has_config_map = !step.is_true("spark.kubernetes.executor.disableConfigMap", false);
    if has_config_map {
        let mount = [
            ("name", Draft::text("spark-conf-volume-exec", SPARK_DEFAULT)),
            ("mountPath", Draft::text(CONF_DIR, SPARK_DEFAULT)),
        ];
        pod.container.append("volumeMounts", [Draft::object(mount)]);
    }
    lifecycle::set_decommissioning(step, pod);
    names::set(step, pod);
    driver::set_namespace(step, pod);
    labels::configure(step, pod);
    set_owner(step, pod);
    lifecycle::set_restarts(step, pod);
    scheduling::set(step, pod);
    if has_config_map {
        let name = Draft::text(generated::EXECUTOR_CONFIG_MAP, generated::GENERATED);
        let volume = [
            ("name", Draft::text("spark-conf-volume-exec", SPARK_DEFAULT)),
            ("configMap", Draft::object([("name", name)])),
        ];
        pod.spec().append("volumes", [Draft::object(volume)]);
    }
}

fn resized_in_place(resource: &str) -> Draft<'_> {
    Draft::object([
        ("resourceName", Draft::text(resource, SPARK_DEFAULT)),
        ("restartPolicy", Draft::text("NotRequired", SPARK_DEFAULT)),
    ])
}

/// The driver's pod, with which its executors go.
fn set_owner<'a>(step: &Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let uid = Draft::text(generated::UID, Origin::Default("given by the API server"));
    let driver = [
        ("apiVersion", Draft::text("v1", SPARK_DEFAULT)),
        ("kind", Draft::text("Pod", SPARK_DEFAULT)),
        ("controller", Draft::new(Json::Bool(true), SPARK_DEFAULT)),
        ("name", generated::driver_pod_name(step)),
        ("uid", uid),
    ];
    pod.metadata().append("ownerReferences", [Draft::object(driver)]);
}
