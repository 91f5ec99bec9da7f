//! The driver's pod.
//!
//! `KubernetesDriverBuilder`: the order of its steps; `BasicDriverFeatureStep`, `DriverCommandFeatureStep`, and what
//! `KubernetesClientApplication` adds at the end.

use super::features::Feature;
use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::{Step, number};
use super::{
    Draft, credentials, env, features, generated, hadoop, image, kerberos, labels, local_dirs, pod_template, ports,
    resources, scheduling, secrets, security, uploads, volumes,
};
use crate::engine::workload::Language;
use crate::engine::workload::submission::{NAMESPACE, Submission};

const CONF_DIR: &str = "/opt/spark/conf";
const PROPERTIES: &str = "spark.properties";

/// All steps, in Spark's order.
pub(super) fn configure<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let steps: [(Feature, features::Configure); 11] = [
        ("BasicDriverFeatureStep", basic_step),
        ("DriverKubernetesCredentialsFeatureStep", credentials::of_driver),
        ("DriverServiceFeatureStep", service),
        ("MountSecretsFeatureStep", secrets::mount),
        ("EnvSecretsFeatureStep", secrets::put_in_env),
        ("MountVolumesFeatureStep", volumes::mount),
        ("DriverCommandFeatureStep", command),
        ("HadoopConfDriverFeatureStep", hadoop::of_driver),
        ("KerberosConfDriverFeatureStep", kerberos::configure),
        ("PodTemplateConfigMapStep", pod_template::mount),
        ("LocalDirsFeatureStep", local_dirs::mount),
    ];
    features::run(step, pod, &steps);
    mount_properties(pod);
}

fn basic_step<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    pod.pod.set("apiVersion", Draft::text("v1", SPARK_DEFAULT));
    pod.pod.set("kind", Draft::text("Pod", SPARK_DEFAULT));
    image::set(step, pod);
    let ports = ports::of_driver(step);
    pod.container.append("ports", ports);
    pod.add_env([
        env::user(step),
        env::of_draft("SPARK_APPLICATION_ID", &generated::application_id(step)),
    ]);
    let variables = step.with_prefix("spark.kubernetes.driverEnv.");
    pod.add_env(
        variables
            .into_iter()
            .map(|(name, property)| env::variable(name, property.value, property.origin.clone())),
    );
    pod.add_env([env::field("SPARK_DRIVER_BIND_ADDRESS", "status.podIP", SPARK_DEFAULT)]);
    resources::set(step, pod);
    security::set(step, pod);
    pod.metadata().set("name", generated::driver_pod_name(step));
    set_namespace(step, pod);
    labels::configure(step, pod);
    pod.spec().set("restartPolicy", Draft::text("Never", SPARK_DEFAULT));
    scheduling::set(step, pod);
    uploads::refuse_without_a_place(step);
}

/// The pod is made in the job's namespace, whatever the template says.
pub(super) fn set_namespace<'a>(step: &Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let origin = step
        .property(NAMESPACE)
        .map_or(SPARK_DEFAULT, |property| property.origin.clone());
    let namespace = Draft::text(generated::namespace(step), origin);
    pod.metadata().set("namespace", namespace);
}

/// The driver listens on its pod's address, behind a service that Spark makes. A host that somebody chose is left out before it comes to that.
fn service<'a>(step: &mut Step<'_, 'a>, _pod: &mut SparkPod<'a>) {
    const ADDRESS: &str = "spark.driver.bindAddress";
    if let Some(property) = step.property(ADDRESS) {
        let message = format!("{ADDRESS} cannot be chosen on Kubernetes: Spark sets it, and refuses the job otherwise");
        step.refuse(&property.origin, message, Some("leave it out".to_owned()));
    }
}

fn command<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let submission = step.submission;
    let said = |text| Draft::text(text, SPARK_DEFAULT);
    let mut arguments = vec![said("driver")];
    if let Some(user) = &submission.proxy_user {
        arguments.extend([said("--proxy-user"), user.clone().into()]);
    }
    arguments.extend([said("--properties-file"), said("/opt/spark/conf/spark.properties")]);
    arguments.extend(
        main_class(submission)
            .map(|class| [said("--class"), class])
            .into_iter()
            .flatten(),
    );
    arguments.extend(submission.main_file.clone().map(Draft::from));
    arguments.extend(submission.arguments.iter().cloned().map(Draft::from));
    pod.container.append("args", arguments);
    if submission.language == Some(Language::Python) {
        refuse_python_2(step);
        let python = step.property("spark.pyspark.python");
        let of_driver = step.property("spark.pyspark.driver.python").or(python);
        let variables = [("PYSPARK_PYTHON", python), ("PYSPARK_DRIVER_PYTHON", of_driver)];
        pod.add_env(variables.into_iter().filter_map(|(name, property)| {
            let property = property?;
            Some(env::variable(name, property.value, property.origin.clone()))
        }));
    }
}

/// Spark 4.1 no longer reads the property.
fn refuse_python_2(step: &mut Step<'_, '_>) {
    const VERSION: &str = "spark.kubernetes.pyspark.pythonVersion";
    if let Some(version) = step
        .property(VERSION)
        .filter(|version| version.value != "3" && !step.since(4, 1))
    {
        let message = format!("Python is {} here, and Spark takes only 3", version.value);
        step.refuse(&version.origin, message, Some("leave it out".to_owned()));
    }
}

/// What the driver's JVM runs: for a script, what runs scripts.
fn main_class<'a>(submission: &Submission<'a>) -> Option<Draft<'a>> {
    match submission.language {
        Some(Language::Python) => Some(Draft::text("org.apache.spark.deploy.PythonRunner", SPARK_DEFAULT)),
        Some(Language::R) => Some(Draft::text("org.apache.spark.deploy.RRunner", SPARK_DEFAULT)),
        _ => submission.main_class.clone().map(Draft::from),
    }
}

fn mount_properties(pod: &mut SparkPod<'_>) {
    let text = |text| Draft::text(text, SPARK_DEFAULT);
    pod.add_env([env::variable("SPARK_CONF_DIR", CONF_DIR, SPARK_DEFAULT)]);
    let item = Draft::object([
        ("key", text(PROPERTIES)),
        ("mode", Draft::new(number(0o644), SPARK_DEFAULT)),
        ("path", text(PROPERTIES)),
    ]);
    let mut source = Draft::object([("name", Draft::text(generated::DRIVER_CONFIG_MAP, generated::GENERATED))]);
    source.append("items", [item]);
    pod.add_volume(
        text("spark-conf-volume-driver"),
        "configMap",
        source,
        [("mountPath", text(CONF_DIR))],
    );
}
