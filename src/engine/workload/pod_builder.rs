//! The pods that Spark will make.

use super::draft::Draft;
use super::refusal::Refusal;
use super::submission::Submission;
use super::{Origin, RoleName};
use crate::engine::json::Arena;
use crate::engine::spark_version::SparkVersion;

const SPARK_DEFAULT: Origin = Origin::Default("Spark's default");

/// Begins the properties that select nodes for both roles.
pub(crate) const NODE_SELECTOR_OF_BOTH: &str = "spark.kubernetes.node.selector.";

/// Begins the properties that select nodes for one role, which Spark reads from 3.3 on.
const fn node_selector_of(role: RoleName) -> &'static str {
    match role {
        RoleName::Driver => "spark.kubernetes.driver.node.selector.",
        RoleName::Executor => "spark.kubernetes.executor.node.selector.",
    }
}

/// The pod of `role`.
pub(super) fn build<'a>(
    _arena: &'a Arena,
    submission: &Submission<'a>,
    role: RoleName,
    _refusals: &mut Vec<Refusal>,
) -> Draft<'a> {
    let mut pod = submission.template(role).cloned().unwrap_or_else(Draft::empty);
    pod.set("apiVersion", Draft::text("v1", SPARK_DEFAULT));
    pod.set("kind", Draft::text("Pod", SPARK_DEFAULT));
    let of_role = submission
        .spark_version
        .is_none_or(|version| version >= SparkVersion::new(3, 3))
        .then(|| node_selector_of(role));
    for prefix in [NODE_SELECTOR_OF_BOTH].into_iter().chain(of_role) {
        for (key, property) in submission.properties.with_prefix(prefix) {
            pod.at(["spec", "nodeSelector"])
                .set(key, Draft::text(property.value, property.origin.clone()));
        }
    }
    pod
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::workload::origin::ApplicationOrigins;
    use crate::engine::workload::{Located, Origins, kubeflow};
    use json_patch::jsonptr::PointerBuf;

    fn built(spec: &Value, role: RoleName) -> (Value, ApplicationOrigins) {
        let arena = Arena::new();
        let object = arena.import(&json!({ "spec": spec }));
        let spec = Located::root(object).get("spec").unwrap();
        let workload = kubeflow::workload(&arena, &spec);
        let pod = workload.pods.into_iter().find(|pod| pod.role == role).unwrap();
        let Origins::Application(origins) = pod.origins else {
            panic!()
        };
        (
            pod.pod
                .get("spec")
                .unwrap_or(crate::engine::json::Json::Object(&[]))
                .to_value(),
            origins,
        )
    }

    #[test]
    fn puts_together_every_place_that_says_where_a_pod_goes() {
        let spec = json!({
            "nodeSelector": {"a": "application", "b": "application", "c": "application"},
            "sparkConf": {
                "spark.kubernetes.node.selector.d": "both",
                "spark.kubernetes.driver.node.selector.b": "driver property",
                "spark.kubernetes.executor.node.selector.b": "executor property",
            },
            "driver": {
                "nodeSelector": {"c": "driver field"},
                "tolerations": [{"key": "field"}],
                "affinity": {"nodeAffinity": {}},
                "template": {"spec": {
                    "nodeSelector": {"a": "template", "e": "template"},
                    "tolerations": [{"key": "template"}],
                    "affinity": {"podAffinity": {}},
                    "schedulerName": "volcano",
                }},
            },
        });
        let (pod, origins) = built(&spec, RoleName::Driver);
        assert_eq!(
            pod,
            json!({
                "schedulerName": "volcano",
                "nodeSelector": {"a": "application", "b": "driver property", "c": "driver field", "d": "both", "e": "template"},
                "tolerations": [{"key": "template"}, {"key": "field"}],
                "affinity": {"nodeAffinity": {}},
            })
        );
        let places = [
            ("/spec/nodeSelector/a", "/spec/nodeSelector/a"),
            (
                "/spec/nodeSelector/b",
                "/spec/sparkConf/spark.kubernetes.driver.node.selector.b",
            ),
            ("/spec/nodeSelector/c", "/spec/driver/nodeSelector/c"),
            ("/spec/nodeSelector/e", "/spec/driver/template/spec/nodeSelector/e"),
            ("/spec/tolerations/0", "/spec/driver/template/spec/tolerations/0"),
            ("/spec/tolerations/1", "/spec/driver/tolerations/0"),
            ("/spec/affinity/nodeAffinity", "/spec/driver/affinity/nodeAffinity"),
            ("/spec/schedulerName", "/spec/driver/template/spec/schedulerName"),
        ];
        for (pod, application) in places {
            let pod = PointerBuf::parse(pod).unwrap();
            assert_eq!(origins.place_of(&pod).as_str(), application, "{pod}");
        }
        let (pod, _) = built(&spec, RoleName::Executor);
        assert_eq!(
            pod,
            json!({"nodeSelector": {"a": "application", "b": "executor property", "c": "application", "d": "both"}})
        );
    }

    #[test]
    fn selectors_of_one_role_are_read_from_spark_3_3_on() {
        let spec = |version: &str| {
            json!({
                "sparkVersion": version,
                "sparkConf": {"spark.kubernetes.driver.node.selector.pool": "a", "spark.kubernetes.node.selector.zone": "b"},
            })
        };
        let (pod, _) = built(&spec("3.2.4"), RoleName::Driver);
        assert_eq!(pod, json!({"nodeSelector": {"zone": "b"}}));
        let (pod, _) = built(&spec("3.3.0"), RoleName::Driver);
        assert_eq!(pod, json!({"nodeSelector": {"pool": "a", "zone": "b"}}));
    }

    #[test]
    fn an_application_that_says_nothing_makes_a_pod_that_goes_anywhere() {
        for spec in [
            json!({}),
            json!({"driver": null}),
            json!({"driver": {"template": null, "tolerations": []}}),
        ] {
            assert_eq!(built(&spec, RoleName::Driver).0, json!({}), "{spec}");
        }
    }
}
