//! The pods that Spark will make of a kubeflow application, as far as they say where they may be scheduled.
//!
//! Spark takes the pod template and adds the node selectors of the properties (`BasicDriverFeatureStep`, `BasicExecutorFeatureStep`); then the
//! operator's pod webhook overwrites node selectors key by key, replaces the affinity, and appends tolerations
//! (`internal/webhook/sparkpod_defaulter.go` of spark-operator v2.5.2).

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::origin::ApplicationOrigins;
use super::{Located, Properties, RoleName, kubeflow};
use crate::engine::json::{Arena, Json, Member};
use crate::engine::spark_version::SparkVersion;

/// Begins the properties that select nodes for both roles.
pub(crate) const NODE_SELECTOR_OF_BOTH: &str = "spark.kubernetes.node.selector.";

/// Begins the properties that select nodes for one role, which Spark reads from 3.3 on.
const fn node_selector_of(role: RoleName) -> &'static str {
    match role {
        RoleName::Driver => "spark.kubernetes.driver.node.selector.",
        RoleName::Executor => "spark.kubernetes.executor.node.selector.",
    }
}

/// The pod of `role`, and where its parts come from.
pub(crate) fn build<'a>(
    arena: &'a Arena,
    spec: &Located<'a>,
    role: RoleName,
    properties: &Properties<'a>,
    version: Option<SparkVersion>,
) -> (Json<'a>, ApplicationOrigins) {
    let section = spec.get(role.as_str());
    let mut origins = ApplicationOrigins::of_role(kubeflow::section_of(spec, role));
    let template = section.as_ref().and_then(|section| section.get("template"));
    let template_spec = template.as_ref().and_then(|template| template.get("spec"));
    if let Some(template_spec) = &template_spec {
        origins.note(PointerBuf::from_tokens(["spec"]), template_spec.pointer.clone());
    }
    let role_field = |field| section.as_ref().and_then(|section| section.get(field));
    let template_field = |field| template_spec.as_ref().and_then(|spec| spec.get(field));

    let mut pod_spec: Vec<Member<'a>> = template_spec
        .as_ref()
        .map_or(&[][..], |spec| spec.json.members())
        .iter()
        .filter(|(key, _)| !matches!(*key, "nodeSelector" | "affinity" | "tolerations"))
        .copied()
        .collect();

    let mut node_selector = NodeSelector::default();
    for (key, value) in template_field("nodeSelector").iter().flat_map(Located::members) {
        node_selector.set(key, value.json, value.pointer);
    }
    let of_role = version
        .is_none_or(|version| version >= SparkVersion::new(3, 3))
        .then(|| node_selector_of(role));
    for prefix in [NODE_SELECTOR_OF_BOTH].into_iter().chain(of_role) {
        for (key, property) in properties.with_prefix(prefix) {
            let pointer = property
                .origin
                .pointer()
                .map_or_else(|| spec.pointer.clone(), Pointer::to_buf);
            node_selector.set(key, Json::String(property.value), pointer);
        }
    }
    for (key, value) in role_field("nodeSelector").iter().flat_map(Located::members) {
        node_selector.set(key, value.json, value.pointer);
    }
    if !node_selector.members.is_empty() {
        for (key, pointer) in node_selector.pointers {
            origins.note(PointerBuf::from_tokens(["spec", "nodeSelector", key]), pointer);
        }
        pod_spec.push(("nodeSelector", arena.object(&node_selector.members)));
    }

    if let Some(affinity) = role_field("affinity").or_else(|| template_field("affinity")) {
        origins.note(PointerBuf::from_tokens(["spec", "affinity"]), affinity.pointer);
        pod_spec.push(("affinity", affinity.json));
    }

    let tolerations: Vec<Located<'a>> = [template_field("tolerations"), role_field("tolerations")]
        .iter()
        .flatten()
        .flat_map(Located::items)
        .collect();
    if !tolerations.is_empty() {
        let items: Vec<Json<'a>> = tolerations.iter().map(|toleration| toleration.json).collect();
        for (index, toleration) in tolerations.into_iter().enumerate() {
            let path = PointerBuf::from_tokens(["spec", "tolerations"]).with_trailing_token(index);
            origins.note(path, toleration.pointer);
        }
        pod_spec.push(("tolerations", arena.array(&items)));
    }

    let pod = arena.object(&[
        ("apiVersion", Json::String("v1")),
        ("kind", Json::String("Pod")),
        ("spec", arena.object(&pod_spec)),
    ]);
    (pod, origins)
}

/// A node selector in the making: later values of a key replace earlier ones.
#[derive(Default)]
struct NodeSelector<'a> {
    members: Vec<Member<'a>>,
    pointers: Vec<(&'a str, PointerBuf)>,
}

impl<'a> NodeSelector<'a> {
    fn set(&mut self, key: &'a str, value: Json<'a>, pointer: PointerBuf) {
        if let Some(place) = self.members.iter().position(|(name, _)| *name == key) {
            self.members[place].1 = value;
            self.pointers[place].1 = pointer;
        } else {
            self.members.push((key, value));
            self.pointers.push((key, pointer));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn built(spec: &Value, role: RoleName) -> (Value, ApplicationOrigins) {
        let arena = Arena::new();
        let object = arena.import(&json!({ "spec": spec }));
        let spec = Located::root(object).get("spec").unwrap();
        let workload = kubeflow::workload(&arena, &spec);
        let (pod, origins) = build(&arena, &spec, role, &workload.properties, workload.spark_version);
        (pod.get("spec").unwrap().to_value(), origins)
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
