//! Apache's `SparkApplication` (`spark.apache.org/v1`): what its operator tells Spark.
//!
//! `SparkAppSubmissionWorker`, `SparkAppDriverConf`, `SparkAppResourceSpec`, `SparkAppResourceSpecFactory` and the decorators of
//! spark-kubernetes-operator 1.1.0, which is built with Spark 4.3.0. The operator runs no `spark-submit`: it has the classes of its own
//! Spark make the driver's pod, whatever Spark the application runs, and gives the id that the pods are named by. The driver, with the
//! Spark of its image, makes the executors. Services, Ingresses, routes and `ConfigMap`s of the application change no pod, and
//! `applicationTolerations.instanceConfig` says only from how many executors on the operator calls a job healthy.

use super::draft::Draft;
use super::spark_conf::Property;
use super::submission::{APP_NAME, IMAGE, NAMESPACE, Submission};
use super::template::NotAPod;
use super::{Language, Located, Origin, Properties, RoleName, Workload};
use crate::engine::json::{Arena, Json};
use crate::engine::spark_version::SparkVersion;
use crate::engine::subject::ApplicationKind;

/// The Spark that the operator makes driver pods with.
const OF_THE_OPERATOR: SparkVersion = SparkVersion::new(4, 3);

const OPERATOR_DEFAULT: Origin = Origin::Default("the operator's default");

const APP_ID: &str = "spark.app.id";

/// A longer id is cut off, and ends in a hash instead.
pub(crate) const LONGEST_ID: usize = 46;
/// What is left of the name in an id that ends in a hash.
pub(crate) const KEPT_OF_LONG_ID: usize = 9;

/// The labels that the operator puts on all that comes of an application.
const NAME_LABEL: &str = "spark.operator/spark-app-name";
const OPERATOR_LABEL: (&str, &str) = ("spark.operator/name", "spark-kubernetes-operator");
/// Begin the properties that become labels.
const LABELLED: [&str; 3] = [
    "spark.kubernetes.driver.label.",
    "spark.kubernetes.driver.service.label.",
    "spark.kubernetes.executor.label.",
];

/// The user that the operator's chart runs it as.
const USER: &str = "spark";
/// With this in the driver's environment, the operator does not put the proxy user there.
const DRIVER_ENV_USER: &str = "spark.kubernetes.driverEnv.SPARK_USER";

/// The volume in which the driver finds its properties.
const CONF_VOLUME: &str = "spark-conf-volume-driver";

/// The normal form of an application.
#[must_use]
pub fn workload<'a>(arena: &'a Arena, object: Json<'a>) -> Workload<'a> {
    let object = Located::root(object);
    let submission = submission(arena, &object);
    let config_map = submission.application_id.clone().map(|id| {
        let name = arena.string(&format!("{}-spark-drv-conf-map", id.value));
        Draft::text(name, id.origin)
    });
    submission.into_workload(arena, |role, pod| match role {
        RoleName::Driver => finish_driver(pod, config_map.as_ref()),
        RoleName::Executor => {}
    })
}

fn submission<'a>(arena: &'a Arena, object: &Located<'a>) -> Submission<'a> {
    let kind = ApplicationKind::Apache;
    let spec = kind.spec(object.json);
    let application_id = application_id(arena, object, &spec);
    let properties = properties(arena, object, &spec, application_id.as_ref());
    let proxy_user = text(&spec, "proxyUser");
    let user = proxy_user
        .as_ref()
        .filter(|_| !properties.contains(DRIVER_ENV_USER))
        .and_then(|user| user.json.as_str())
        .unwrap_or(USER);
    let (language, main_file) = main_file(&spec);
    Submission {
        language: Some(language),
        spark_version: spec
            .at(["runtimeVersions", "sparkVersion"])
            .and_then(|version| SparkVersion::parse(version.json.as_str()?)),
        submitter_version: Some(OF_THE_OPERATOR),
        properties,
        main_class: text(&spec, "mainClass"),
        main_file,
        arguments: spec.get("driverArgs").iter().flat_map(Located::items).collect(),
        templates: RoleName::ALL.map(|role| template(&spec.at([kind.section(role), kind.template()])?)),
        application_id,
        user,
        proxy_user,
        image_setting: IMAGE,
        sections: RoleName::ALL.map(|role| spec.pointer.with_trailing_token(kind.section(role))),
    }
}

/// Of several, the operator takes the first. What runs in the JVM it does not tell apart: to Spark a jar is Java.
fn main_file<'a>(spec: &Located<'a>) -> (Language, Option<Located<'a>>) {
    [
        ("jars", Language::Java),
        ("pyFiles", Language::Python),
        ("sparkRFiles", Language::R),
    ]
    .into_iter()
    .find_map(|(field, language)| Some((language, Some(text(spec, field)?))))
    .unwrap_or((Language::Java, None))
}

/// The operator hands over a pod of the template's `metadata` and `spec`.
fn template<'a>(template: &Located<'a>) -> Option<Draft<'a>> {
    if NotAPod::to_spark(template.json).is_some() {
        return None;
    }
    let parts = ["metadata", "spec"]
        .into_iter()
        .filter_map(|field| Some((field, Draft::from(template.get(field)?))));
    Some(Draft::object(parts).from_origin(template.origin()))
}

/// A field that holds text; none where it is empty.
fn text<'a>(spec: &Located<'a>, field: &str) -> Option<Located<'a>> {
    spec.get(field)
        .filter(|field| field.json.as_str().is_some_and(|text| !text.is_empty()))
}

/// The id that Spark is given, by which it names what it makes: what the properties say, else the name and the number of the attempt.
/// `None` where it ends in a hash, or the name is still to be generated.
fn application_id<'a>(arena: &'a Arena, object: &Located<'a>, spec: &Located<'a>) -> Option<Property<'a>> {
    if let Some(id) = spec.at(["sparkConf", APP_ID]) {
        return Some(Property {
            value: id.property_text(arena)?,
            origin: id.origin(),
        });
    }
    let name = object.at(["metadata", "name"])?;
    let attempt = object
        .json
        .at(["status", "currentAttemptSummary", "attemptInfo", "id"])
        .and_then(Json::as_i64)
        .unwrap_or(0);
    let id = format!("{}-{attempt}", name.json.as_str()?);
    (id.len() <= LONGEST_ID).then(|| Property {
        value: arena.string(&id),
        origin: name.origin(),
    })
}

fn properties<'a>(
    arena: &'a Arena,
    object: &Located<'a>,
    spec: &Located<'a>,
    application_id: Option<&Property<'a>>,
) -> Properties<'a> {
    let mut properties = Properties::default();
    for (name, property) in spec.get_or_empty("sparkConf").members() {
        if let Some(value) = property.property_text(arena) {
            properties.set(name, value, property.origin());
        }
    }
    set_from_metadata(arena, &mut properties, &object.get_or_empty("metadata"));
    set_files(arena, &mut properties, spec);
    if !properties.contains("spark.master") {
        let prefix = properties
            .get("spark.master.url.prefix")
            .map_or("k8s://", |prefix| prefix.value);
        let master = format!("{prefix}https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT");
        properties.set("spark.master", arena.string(&master), OPERATOR_DEFAULT);
    }
    if let Some(id) = application_id {
        properties.set(APP_ID, id.value, id.origin.clone());
    }
    properties
}

/// The labels, the namespace and the name of the application.
fn set_from_metadata<'a>(arena: &'a Arena, properties: &mut Properties<'a>, metadata: &Located<'a>) {
    let field = |field| {
        let field = metadata.get(field)?;
        Some((field.json.as_str()?, field.origin()))
    };
    let (operator_label, operator) = OPERATOR_LABEL;
    for prefix in LABELLED {
        let label = |name| arena.string(&format!("{prefix}{name}"));
        properties.set(label(operator_label), operator, OPERATOR_DEFAULT);
        if let Some((name, origin)) = field("name") {
            properties.set(label(NAME_LABEL), name, origin);
        }
    }
    if let Some((namespace, origin)) = field("namespace") {
        properties.set(NAMESPACE, namespace, origin);
    }
    // Only a name that the user gives is replaced. Without one the job has Spark's.
    if let Some((name, origin)) = field("name").filter(|_| properties.contains(APP_NAME)) {
        properties.set(APP_NAME, name, origin);
    }
}

/// The jars, or the Python files: where there are jars, the operator looks no further.
fn set_files<'a>(arena: &'a Arena, properties: &mut Properties<'a>, spec: &Located<'a>) {
    let files = [("jars", "spark.jars"), ("pyFiles", "spark.submit.pyFiles")]
        .into_iter()
        .find_map(|(field, name)| Some((name, text(spec, field)?)));
    if let Some((name, files)) = files
        && let Some(value) = files.property_text(arena).filter(|_| !properties.contains(name))
    {
        properties.set(name, value, files.origin());
    }
}

/// What the operator changes in the driver's pod after Spark made it. The owner is left out: it is named by a uid that the application
/// gets only when it is made.
fn finish_driver<'a>(pod: &mut Draft<'a>, config_map: Option<&Draft<'a>>) {
    let Some(spec) = pod.get("spec") else {
        return;
    };
    if let (Some(name), Some(volumes)) = (config_map, spec.get("volumes")) {
        for volume in volumes.items() {
            if volume.text_of("name") == Some(CONF_VOLUME) {
                volume.member("configMap").set("name", name.clone());
            }
        }
    }
    for list in ["initContainers", "containers"] {
        for container in spec.get(list).into_iter().flat_map(Draft::items) {
            container
                .member("securityContext")
                .set_if_absent("allowPrivilegeEscalation", || {
                    Draft::new(Json::Bool(false), OPERATOR_DEFAULT)
                });
        }
    }
}

#[cfg(test)]
mod tests;
