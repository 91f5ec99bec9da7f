//! The properties that the operator hands to `spark-submit`.
//!
//! `buildSparkSubmitArgs` of `internal/controller/sparkapplication/submission.go`: in its order, since a later `--conf` wins over an
//! earlier one of the same name.

use super::application::Application;
use super::handover::{Handover, kubernetes, spark, variable};
use super::{OperatorWebhook, batch_scheduler, defaults, local_dirs, monitoring, secrets, template};
use crate::engine::json::{Arena, Json};
use crate::engine::workload::{Located, Properties, Refusal, RoleName};

const DRIVER_POD_NAME: &str = "spark.kubernetes.driver.pod.name";

/// Labels of Kueue's are the application's alone.
const KUEUE_LABELS: &str = "kueue.x-k8s.io/";

/// The fields of a role that become properties of Spark's.
const SPARK_FIELDS: [(&str, &str); 3] = [
    ("cores", "cores"),
    ("memory", "memory"),
    ("memoryOverhead", "memoryOverhead"),
];

/// The fields of a role that become properties of Spark's on Kubernetes.
const KUBERNETES_FIELDS: [(&str, &str); 2] = [("coreRequest", "request.cores"), ("coreLimit", "limit.cores")];

/// The fields of `dynamicAllocation` that become properties as they are.
const DYNAMIC_ALLOCATION_FIELDS: [(&str, &str); 5] = [
    ("initialExecutors", "spark.dynamicAllocation.initialExecutors"),
    ("minExecutors", "spark.dynamicAllocation.minExecutors"),
    ("maxExecutors", "spark.dynamicAllocation.maxExecutors"),
    (
        "shuffleTrackingEnabled",
        "spark.dynamicAllocation.shuffleTracking.enabled",
    ),
    (
        "shuffleTrackingTimeout",
        "spark.dynamicAllocation.shuffleTracking.timeout",
    ),
];

/// The lists of `deps`, and the properties that Spark's options for them come down to.
const DEPENDENCIES: [(&str, &str); 7] = [
    ("jars", "spark.jars"),
    ("packages", "spark.jars.packages"),
    ("excludePackages", "spark.jars.excludes"),
    ("repositories", "spark.jars.repositories"),
    ("pyFiles", "spark.submit.pyFiles"),
    ("files", "spark.files"),
    ("archives", "spark.archives"),
];

/// What the operator hands over, and why it gives up, if it does.
pub(super) fn of<'a>(
    arena: &'a Arena,
    application: &Application<'a>,
    webhook: OperatorWebhook,
) -> (Properties<'a>, Vec<Refusal>) {
    let mut handover = Handover::new(arena, application, webhook);
    let spec = &application.spec;
    handover.sourced("spark.kubernetes.namespace", &application.namespace);
    image(&mut handover);
    handover.filled_field(
        "spark.kubernetes.pyspark.pythonVersion",
        spec.get("pythonVersion").as_ref(),
    );
    handover.filled_field(
        "spark.kubernetes.memoryOverheadFactor",
        spec.get("memoryOverheadFactor").as_ref(),
    );
    handover.constant("spark.kubernetes.submission.waitAppCompletion", "false");
    spark_conf(&mut handover);
    monitoring::set_properties(&mut handover);
    handover.map("spark.hadoop.", spec.get("hadoopConf").as_ref());
    for role in RoleName::ALL {
        template::set_properties(&mut handover, role);
        of_role(&mut handover, role);
        environment(&mut handover, role);
        secrets::set_properties(&mut handover, role);
        local_dirs::set_properties(&mut handover, role);
    }
    handover.map("spark.kubernetes.node.selector.", spec.get("nodeSelector").as_ref());
    dynamic_allocation(&mut handover);
    options(&mut handover);
    (handover.properties, handover.refusals)
}

fn image(handover: &mut Handover<'_, '_>) {
    let spec = &handover.application.spec;
    handover.filled_field("spark.kubernetes.container.image", spec.get("image").as_ref());
    handover.filled_field(
        "spark.kubernetes.container.image.pullPolicy",
        spec.get("imagePullPolicy").as_ref(),
    );
    list(
        handover,
        "spark.kubernetes.container.image.pullSecrets",
        spec.get("imagePullSecrets"),
    );
}

fn list<'a>(handover: &mut Handover<'_, 'a>, name: &str, list: Option<Located<'a>>) {
    let Some(list) = list.filter(|list| !list.json.items().is_empty()) else {
        return;
    };
    let items: Vec<_> = list.json.items().iter().filter_map(|item| item.as_str()).collect();
    handover.text(name, &items.join(","), list.origin());
}

fn spark_conf(handover: &mut Handover<'_, '_>) {
    let spec = &handover.application.spec;
    for (name, value) in spec.get("sparkConf").iter().flat_map(Located::members) {
        if name != DRIVER_POD_NAME {
            handover.field(name, Some(&value));
        }
    }
}

/// What the operator hands over for the pods of a role.
fn of_role(handover: &mut Handover<'_, '_>, role: RoleName) {
    if role == RoleName::Driver {
        driver_pod_name(handover);
    }
    operator_labels(handover, role);
    image_of_role(handover, role);
    defaults::set_properties(handover, role);
    fields_of_role(handover, role);
    monitoring::java_options(handover, role);
    labels(handover, role);
    let section = handover.application.section(role);
    let prefix = kubernetes(role);
    handover.map(&format!("{prefix}annotation."), section.get("annotations").as_ref());
    monitoring::annotations(handover, role);
    batch_scheduler::annotations(handover, role);
    if role == RoleName::Driver {
        for (field, kind) in [("serviceLabels", "label"), ("serviceAnnotations", "annotation")] {
            handover.map(&format!("{prefix}service.{kind}."), section.get(field).as_ref());
        }
    }
    for (variable, key) in section.get_or_empty("envSecretKeyRefs").members() {
        let text = |field| key.json.get(field).and_then(Json::as_str).unwrap_or_default();
        let value = format!("{}:{}", text("name"), text("key"));
        handover.text(&format!("{prefix}secretKeyRef.{variable}"), &value, key.origin());
    }
}

/// The labels by which the operator knows its pods again.
fn operator_labels(handover: &mut Handover<'_, '_>, role: RoleName) {
    let application = handover.application;
    let prefix = format!("{}label.sparkoperator.k8s.io/", kubernetes(role));
    handover.sourced(&format!("{prefix}app-name"), &application.name);
    handover.constant(&format!("{prefix}launched-by-spark-operator"), "true");
    if !template::is_read(application, role) {
        handover.constant(&format!("{prefix}mutated-by-spark-operator"), "true");
    }
    handover.submission_id(&format!("{prefix}submission-id"));
}

/// The role's own image, else the application's.
fn image_of_role(handover: &mut Handover<'_, '_>, role: RoleName) {
    let application = handover.application;
    let image = [application.section(role).get("image"), application.spec.get("image")];
    let image = image
        .into_iter()
        .flatten()
        .find(|image| image.json.as_str() != Some(""));
    handover.field(&format!("{}container.image", kubernetes(role)), image.as_ref());
}

/// The fields of a role that become properties as they are.
fn fields_of_role(handover: &mut Handover<'_, '_>, role: RoleName) {
    let section = handover.application.section(role);
    let of_spark = SPARK_FIELDS.map(|(field, property)| (field, format!("{}{property}", spark(role))));
    let of_kubernetes = KUBERNETES_FIELDS.map(|(field, property)| (field, format!("{}{property}", kubernetes(role))));
    let of_this_role: &[(&str, &str)] = match role {
        RoleName::Driver => &[("kubernetesMaster", "spark.kubernetes.driver.master")],
        RoleName::Executor => &[
            ("instances", "spark.executor.instances"),
            ("deleteOnTermination", "spark.kubernetes.executor.deleteOnTermination"),
        ],
    };
    for (field, property) in of_spark.into_iter().chain(of_kubernetes) {
        handover.field(&property, section.get(field).as_ref());
    }
    handover.field(
        &format!("spark.kubernetes.authenticate.{role}.serviceAccountName"),
        section.get("serviceAccount").as_ref(),
    );
    for (field, property) in of_this_role {
        handover.field(property, section.get(field).as_ref());
    }
}

fn driver_pod_name(handover: &mut Handover<'_, '_>) {
    let application = handover.application;
    let section = application.section(RoleName::Driver);
    let property = application
        .spec
        .get("sparkConf")
        .and_then(|conf| conf.get(DRIVER_POD_NAME));
    let written = [section.get("podName"), property];
    let written = written
        .into_iter()
        .flatten()
        .find(|name| name.json.as_str() != Some(""));
    if written.is_some() {
        handover.field(DRIVER_POD_NAME, written.as_ref());
    } else {
        let name = &application.name;
        handover.text(DRIVER_POD_NAME, &format!("{}-driver", name.text), name.origin.clone());
    }
}

/// The application's labels, then the role's own.
fn labels(handover: &mut Handover<'_, '_>, role: RoleName) {
    let application = handover.application;
    let prefix = format!("{}label.", kubernetes(role));
    for (key, label) in &application.labels {
        if !key.starts_with(KUEUE_LABELS) {
            handover.sourced(&format!("{prefix}{key}"), label);
        }
    }
    batch_scheduler::application_labels(handover, role);
    handover.map(&prefix, application.section(role).get("labels").as_ref());
    batch_scheduler::role_labels(handover, role);
}

fn environment(handover: &mut Handover<'_, '_>, role: RoleName) {
    let variables = handover.application.section(role).get("envVars");
    handover.map(variable(role), variables.as_ref());
}

fn dynamic_allocation(handover: &mut Handover<'_, '_>) {
    let section = handover.application.spec.get("dynamicAllocation");
    let Some(section) = section.filter(|section| section.json.get("enabled").and_then(Json::as_bool) == Some(true))
    else {
        return;
    };
    handover.field("spark.dynamicAllocation.enabled", section.get("enabled").as_ref());
    // The operator always says it, and so overrides the property.
    handover.default("spark.dynamicAllocation.shuffleTracking.enabled", "true");
    for (field, name) in DYNAMIC_ALLOCATION_FIELDS {
        handover.field(name, section.get(field).as_ref());
    }
}

/// The options that are no `--conf`. Spark prefers them to any property of the same meaning.
fn options(handover: &mut Handover<'_, '_>) {
    let application = handover.application;
    let spec = &application.spec;
    // The operator finds the API server by the variables that every pod has.
    handover.constant("spark.master", "k8s://https://kubernetes.default.svc:443");
    match spec.get("mode").filter(|mode| mode.json.as_str() != Some("")) {
        Some(mode) => handover.field("spark.submit.deployMode", Some(&mode)),
        None => defaults::deploy_mode(handover),
    }
    handover.sourced("spark.app.name", &application.name);
    let dependencies = spec.get_or_empty("deps");
    for (field, name) in DEPENDENCIES {
        list(handover, name, dependencies.get(field));
    }
}
