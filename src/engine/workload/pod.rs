//! What a pod tells of itself: whether Spark made it, for which role, and which of its containers is Spark's.

mod application;

use super::RoleName;
use crate::engine::json::Json;
pub use application::application_of;

/// The environment variable that Spark sets on its own container, driver's and executor's alike.
const APPLICATION_ID: &str = "SPARK_APPLICATION_ID";
/// Set on all of Spark's pods, whoever submitted the job.
const APP_SELECTOR_LABEL: &str = "spark-app-selector";
/// `driver` or `executor`; other set-ups also use `connect-server`, `cluster`, `master` and `worker`.
const ROLE_LABEL: &str = "spark-role";

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

/// The role of a pod that Spark made; `None` for any other pod. Labels tell, and where they were left out,
/// the container does, since the image's entrypoint does not start without its first argument.
#[must_use]
pub fn role_of(pod: Json<'_>) -> Option<RoleName> {
    role_by_labels(pod).or_else(|| spark_container(pod).map(|(_, role)| role))
}

fn role_by_labels(pod: Json<'_>) -> Option<RoleName> {
    let labels = pod.at(["metadata", "labels"])?;
    labels.get(APP_SELECTOR_LABEL)?;
    role_by_name(labels.get(ROLE_LABEL)?.as_str()?)
}

fn role_by_name(name: &str) -> Option<RoleName> {
    RoleName::ALL.into_iter().find(|role| role.as_str() == name)
}

/// The container that Spark runs in, by what Spark puts in it: its place in the list and its name are the pod template's.
/// Gives its index and the role that it plays.
#[must_use]
pub fn spark_container(pod: Json<'_>) -> Option<(usize, RoleName)> {
    let containers = pod.at(["spec", "containers"])?.items();
    containers.iter().enumerate().find_map(|(index, container)| {
        let role = role_by_name(container.get("args")?.items().first()?.as_str()?)?;
        let env = container.get("env")?.items();
        env.iter()
            .any(|variable| variable.get("name").and_then(Json::as_str) == Some(APPLICATION_ID))
            .then_some((index, role))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::json::Arena;

    fn container(argument: &str, variable: &str) -> Value {
        json!({"name": "any", "args": [argument, "--more"], "env": [{"name": variable, "value": "spark-1"}]})
    }

    #[test]
    fn knows_the_pods_of_spark() {
        let labelled =
            |role: &str| json!({"metadata": {"labels": {"spark-role": role, "spark-app-selector": "spark-1"}}});
        let made_of = |containers: Value| json!({"metadata": {}, "spec": {"containers": containers}});
        let cases = [
            ("a labelled driver", labelled("driver"), Some(RoleName::Driver)),
            ("a labelled executor", labelled("executor"), Some(RoleName::Executor)),
            ("a connect server", labelled("connect-server"), None),
            ("a standalone worker", labelled("worker"), None),
            (
                "somebody else's role label",
                json!({"metadata": {"labels": {"spark-role": "driver"}}}),
                None,
            ),
            (
                "an executor without labels",
                made_of(json!([container("executor", APPLICATION_ID)])),
                Some(RoleName::Executor),
            ),
            (
                "a driver behind a sidecar",
                made_of(json!([container("run", "OTHER"), container("driver", APPLICATION_ID)])),
                Some(RoleName::Driver),
            ),
            (
                "an argument alone",
                made_of(json!([container("driver", "OTHER")])),
                None,
            ),
            (
                "a variable alone",
                made_of(json!([container("worker", APPLICATION_ID)])),
                None,
            ),
            ("no containers", made_of(json!([])), None),
            (
                "nulls",
                json!({"metadata": {"labels": null}, "spec": {"containers": null}}),
                None,
            ),
            ("nothing", json!({}), None),
        ];
        for (case, pod, expected) in cases {
            let arena = Arena::new();
            assert_eq!(role_of(arena.import(&pod)), expected, "{case}");
        }
    }
}
