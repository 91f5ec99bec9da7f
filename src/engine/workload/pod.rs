//! What a pod tells of itself: whether Spark runs in it, for which role, and in which of its containers.
//!
//! Whoever makes a pod writes its labels, so they only add to what the containers tell. What runs in a container comes first: a
//! driver that is labelled an executor is a driver. What tells that a pod is Spark's, but not for which role, makes it a driver:
//! without its own id and the driver's address no executor starts.

mod application;
mod command;
mod driver_pod;
mod environment;
mod shell;
#[cfg(test)]
mod tests;

use super::{Located, RoleName};
use crate::engine::json::Json;
use crate::engine::subject::ApplicationKind;
use environment::Environment;

pub use application::application_of;
pub use driver_pod::DriverPod;

/// Set on all of Spark's pods, whoever submitted the job.
const APP_SELECTOR_LABEL: &str = "spark-app-selector";
/// `driver` or `executor`; other set-ups also use `connect-server`, `cluster`, `master` and `worker`.
const ROLE_LABEL: &str = "spark-role";
/// The lists of a pod's containers, those that make the pod what it is first.
const CONTAINER_LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// Labels by which Spark and its operators find their pods again, in whole and by their prefix.
const LABELS_OF_SPARK: [&str; 6] = [
    "spark-app-name",
    APP_SELECTOR_LABEL,
    "spark-exec-id",
    "spark-exec-resourceprofile-id",
    ROLE_LABEL,
    "spark-version",
];
const LABEL_PREFIXES_OF_OPERATORS: [&str; 2] = ["sparkoperator.k8s.io/", "spark.operator/"];

/// Whether a label is Spark's own, or an operator's: with another value, nobody would find the pod.
#[must_use]
pub fn is_label_of_spark(key: &str) -> bool {
    LABELS_OF_SPARK.contains(&key) || LABEL_PREFIXES_OF_OPERATORS.iter().any(|prefix| key.starts_with(prefix))
}

/// The role that a pod plays for Spark; `None` for any other pod.
///
/// Told by what its containers run, else by Spark's labels, by variables that Spark alone sets, or by an application that owns it.
#[must_use]
pub fn role_of(pod: Json<'_>) -> Option<RoleName> {
    let lists = CONTAINER_LISTS.into_iter();
    let mut has_environment = false;
    for container in lists.flat_map(|list| pod.at(["spec", list]).map_or(&[][..], Json::items)) {
        let environment = Environment::of(*container);
        if let Some(role) = played_in(*container, environment) {
            return Some(role);
        }
        has_environment |= environment.is_spark();
    }
    role_by_labels(pod).or_else(|| {
        let is_spark = has_environment || is_owned_by_application(pod);
        is_spark.then_some(RoleName::Driver)
    })
}

/// The container that Spark runs in, by what Spark puts in it: its place in the list and its name are the pod template's.
/// Gives its index and the role that it plays.
#[must_use]
pub fn spark_container(pod: Json<'_>) -> Option<(usize, RoleName)> {
    let containers = pod.at(["spec", "containers"])?.items();
    let running = containers
        .iter()
        .enumerate()
        .find_map(|(index, container)| Some((index, played_in(*container, Environment::of(*container))?)));
    running.or_else(|| {
        let index = containers
            .iter()
            .position(|container| Environment::of(*container).is_spark())?;
        Some((index, role_by_labels(pod).unwrap_or(RoleName::Driver)))
    })
}

/// The role that a container plays, where its command line or its environment tells.
fn played_in(container: Json<'_>, environment: Environment) -> Option<RoleName> {
    command::role_of(container, environment).or_else(|| environment.is_executor().then_some(RoleName::Executor))
}

fn role_by_labels(pod: Json<'_>) -> Option<RoleName> {
    let labels = pod.at(["metadata", "labels"])?;
    labels.get(APP_SELECTOR_LABEL)?;
    role_by_name(labels.get(ROLE_LABEL)?.as_str()?)
}

fn role_by_name(name: &str) -> Option<RoleName> {
    RoleName::ALL.into_iter().find(|role| role.as_str() == name)
}

/// Both operators own the driver that they submit; the executors are the driver's.
fn is_owned_by_application(pod: Json<'_>) -> bool {
    owners(pod).any(|owner| {
        let api_version = owner.get("apiVersion").and_then(Json::as_str).unwrap_or_default();
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let kind = owner.get("kind").and_then(Json::as_str);
        kind.is_some_and(|kind| ApplicationKind::of(group, kind).is_some())
    })
}

fn owners(pod: Json<'_>) -> impl Iterator<Item = Json<'_>> {
    let owners = pod.at(["metadata", "ownerReferences"]).map_or(&[][..], Json::items);
    owners.iter().copied()
}

/// All containers of a pod, each with its place: those that start first, the main ones, and those that were put in later to look inside.
pub fn containers(pod: Json<'_>) -> impl Iterator<Item = Located<'_>> {
    ["initContainers", "containers", "ephemeralContainers"]
        .into_iter()
        .flat_map(move |list| of_list(pod, list))
}

/// The items of a list of the pod's spec, such as `volumes`.
pub fn of_list<'a>(pod: Json<'a>, list: &'static str) -> impl Iterator<Item = Located<'a>> {
    let list = Located::root(pod).get_or_empty("spec").get_or_empty(list);
    list.items().collect::<Vec<_>>().into_iter()
}
