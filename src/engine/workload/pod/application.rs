//! Which application a pod belongs to.

use crate::engine::json::Json;
use crate::engine::subject::ApplicationKind;

/// The labels by which operators name a pod's application: `LabelSparkAppName` of kubeflow's, and `LABEL_SPARK_APPLICATION_NAME`
/// of Apache's.
const LABELS: [(ApplicationKind, &str); 2] = [
    (ApplicationKind::Kubeflow, "sparkoperator.k8s.io/app-name"),
    (ApplicationKind::Apache, "spark.operator/spark-app-name"),
];

/// The kind and the name of the application that an operator made a pod for; `None` where none did.
#[must_use]
pub fn application_of(pod: Json<'_>) -> Option<(ApplicationKind, &str)> {
    let labels = pod.at(["metadata", "labels"])?;
    LABELS
        .into_iter()
        .find_map(|(kind, label)| Some((kind, labels.get(label)?.as_str()?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::json::Arena;

    #[test]
    fn an_operators_label_names_the_application() {
        let cases = [
            (
                json!({"sparkoperator.k8s.io/app-name": "etl"}),
                Some((ApplicationKind::Kubeflow, "etl")),
            ),
            (
                json!({"spark.operator/spark-app-name": "etl"}),
                Some((ApplicationKind::Apache, "etl")),
            ),
            (json!({"sparkoperator.k8s.io/app-name": 1}), None),
            (json!({"spark-app-name": "etl"}), None),
            (json!(null), None),
        ];
        for (labels, application) in cases {
            let arena = Arena::new();
            let pod = arena.import(&json!({"metadata": {"labels": labels}}));
            assert_eq!(application_of(pod), application, "{labels}");
        }
    }
}
