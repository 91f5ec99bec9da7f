//! kubeflow's `SparkApplication` (`sparkoperator.k8s.io/v1beta2`): which Spark properties the operator hands over.
//!
//! The order of `buildSparkSubmitArgs` (`internal/controller/sparkapplication/submission.go` of spark-operator v2.5.2), in which a
//! later property wins over an earlier one of the same name, after the defaults of `api/v1beta2/defaults.go`.

use json_patch::jsonptr::PointerBuf;

use super::draft::Draft;
use super::submission::Submission;
use super::template::NotAPod;
use super::{Language, Located, Origin, Properties, RoleName, Workload, pod_builder};
use crate::engine::json::{Arena, Json};
use crate::engine::spark_version::SparkVersion;
use crate::engine::subject::ApplicationKind;

const INSTANCES: &str = "spark.executor.instances";

const OPERATOR_DEFAULT: Origin = Origin::Default("the operator's default");

/// The fields of a role that become properties as they are.
const ROLE_FIELDS: [(&str, &str, &str); 5] = [
    ("cores", "spark.driver.cores", "spark.executor.cores"),
    (
        "coreRequest",
        "spark.kubernetes.driver.request.cores",
        "spark.kubernetes.executor.request.cores",
    ),
    (
        "coreLimit",
        "spark.kubernetes.driver.limit.cores",
        "spark.kubernetes.executor.limit.cores",
    ),
    ("memory", "spark.driver.memory", "spark.executor.memory"),
    (
        "memoryOverhead",
        "spark.driver.memoryOverhead",
        "spark.executor.memoryOverhead",
    ),
];

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

/// The normal form of an application, whose spec stands at `spec`: `/spec` of a `SparkApplication`, `/spec/template` of a scheduled one.
#[must_use]
pub fn workload<'a>(arena: &'a Arena, spec: &Located<'a>) -> Workload<'a> {
    submission(arena, spec).into_workload(arena, |role, pod| webhook(spec, role, pod))
}

/// What the operator hands to `spark-submit`.
fn submission<'a>(arena: &'a Arena, spec: &Located<'a>) -> Submission<'a> {
    Submission {
        language: spec
            .json
            .get("type")
            .map_or(Some(Language::Scala), |kind| kind.as_str().and_then(Language::parse)),
        spark_version: spec
            .json
            .get("sparkVersion")
            .and_then(Json::as_str)
            .and_then(SparkVersion::parse),
        submitter_version: None,
        properties: properties(arena, spec),
        main_class: spec.get("mainClass"),
        main_file: spec.get("mainApplicationFile"),
        arguments: spec.get("arguments").iter().flat_map(Located::items).collect(),
        templates: RoleName::ALL.map(|role| {
            let template = spec.at([role.as_str(), "template"])?;
            let is_a_pod = NotAPod::of(template.json, ApplicationKind::Kubeflow).is_none();
            is_a_pod.then(|| template.into())
        }),
        application_id: None,
        user: "spark",
        proxy_user: spec.get("proxyUser"),
        sections: RoleName::ALL.map(|role| section_of(spec, role)),
    }
}

/// What the operator's own pod webhook changes.
fn webhook<'a>(spec: &Located<'a>, role: RoleName, pod: &mut Draft<'a>) {
    let section = spec.get_or_empty(role.as_str());
    for (key, value) in section.get("nodeSelector").iter().flat_map(Located::members) {
        pod.at(["spec", "nodeSelector"]).set(key, value.into());
    }
    if let Some(affinity) = section.get("affinity") {
        pod.member("spec").set("affinity", affinity.into());
    }
    let tolerations = section.get("tolerations");
    pod.member("spec").append(
        "tolerations",
        tolerations.iter().flat_map(Located::items).map(Draft::from),
    );
}

fn properties<'a>(arena: &'a Arena, spec: &Located<'a>) -> Properties<'a> {
    let mut properties = Properties::default();
    let mut set = |name: &'a str, field: &Located<'a>| {
        if let Some(value) = field.property_text(arena) {
            properties.set(name, value, field.origin());
        }
    };
    if let Some(factor) = spec
        .get("memoryOverheadFactor")
        .filter(|factor| factor.json.as_str() != Some(""))
    {
        set("spark.kubernetes.memoryOverheadFactor", &factor);
    }
    for (name, property) in spec.get("sparkConf").iter().flat_map(Located::members) {
        set(name, &property);
    }
    for role in RoleName::ALL {
        let Some(section) = spec.get(role.as_str()) else {
            continue;
        };
        for (field, of_driver, of_executor) in ROLE_FIELDS {
            let name = match role {
                RoleName::Driver => of_driver,
                RoleName::Executor => of_executor,
            };
            if let Some(field) = section.get(field) {
                set(name, &field);
            }
        }
    }
    if let Some(instances) = spec.at(["executor", "instances"]) {
        set(INSTANCES, &instances);
    }
    for (key, value) in spec.get("nodeSelector").iter().flat_map(Located::members) {
        let name = arena.string(&format!("{}{key}", pod_builder::NODE_SELECTOR_OF_BOTH));
        set(name, &value);
    }
    let dynamic_allocation = spec
        .get("dynamicAllocation")
        .filter(|section| section.json.get("enabled").and_then(Json::as_bool) == Some(true));
    if let Some(section) = &dynamic_allocation {
        if let Some(enabled) = section.get("enabled") {
            set("spark.dynamicAllocation.enabled", &enabled);
        }
        for (field, name) in DYNAMIC_ALLOCATION_FIELDS {
            if let Some(field) = section.get(field) {
                set(name, &field);
            }
        }
    }
    for (name, value) in [
        ("spark.driver.cores", "1"),
        ("spark.driver.memory", "1g"),
        ("spark.executor.cores", "1"),
        ("spark.executor.memory", "1g"),
    ] {
        if !properties.contains(name) {
            properties.set(name, value, OPERATOR_DEFAULT);
        }
    }
    if let Some(section) = &dynamic_allocation {
        // The operator always says it, and so overrides the property.
        if section.get("shuffleTrackingEnabled").is_none() {
            properties.set(
                "spark.dynamicAllocation.shuffleTracking.enabled",
                "true",
                OPERATOR_DEFAULT,
            );
        }
    } else if properties
        .get(INSTANCES)
        .is_none_or(|instances| instances.value.is_empty())
    {
        // Even where `sparkConf` alone switches on dynamic allocation: the operator misspells the property that it looks for.
        properties.set(INSTANCES, "1", OPERATOR_DEFAULT);
    }
    properties
}

/// Where the section about a role stands.
#[must_use]
pub fn section_of(spec: &Located<'_>, role: RoleName) -> PointerBuf {
    spec.pointer.with_trailing_token(role.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The value of a property, and where it comes from.
    fn property(spec: &Value, name: &str) -> Option<(String, String)> {
        let arena = Arena::new();
        let object = arena.import(&json!({ "spec": spec }));
        let spec = Located::root(object).get("spec")?;
        let workload = workload(&arena, &spec);
        let property = workload.properties.get(name)?;
        let origin = match &property.origin {
            Origin::Default(whose) => (*whose).to_owned(),
            origin => origin.pointer()?.to_string(),
        };
        Some((property.value.to_owned(), origin))
    }

    #[test]
    fn hands_over_the_properties_that_the_operator_does() {
        const DEFAULT: &str = "the operator's default";
        let cases = [
            ("spark.driver.memory", json!({}), Some(("1g", DEFAULT))),
            ("spark.driver.cores", json!({}), Some(("1", DEFAULT))),
            (
                "spark.driver.memory",
                json!({"driver": {"memory": "2g"}, "sparkConf": {"spark.driver.memory": "3g"}}),
                Some(("2g", "/spec/driver/memory")),
            ),
            (
                "spark.driver.memory",
                json!({"driver": {"memory": null}, "sparkConf": {"spark.driver.memory": "3g"}}),
                Some(("3g", "/spec/sparkConf/spark.driver.memory")),
            ),
            (
                "spark.executor.cores",
                json!({"executor": {"cores": 4}}),
                Some(("4", "/spec/executor/cores")),
            ),
            (
                "spark.kubernetes.executor.limit.cores",
                json!({"executor": {"coreLimit": "2400m"}}),
                Some(("2400m", "/spec/executor/coreLimit")),
            ),
            (
                "spark.kubernetes.memoryOverheadFactor",
                json!({"memoryOverheadFactor": "0.1", "sparkConf": {"spark.kubernetes.memoryOverheadFactor": "0.2"}}),
                Some(("0.2", "/spec/sparkConf/spark.kubernetes.memoryOverheadFactor")),
            ),
            (
                "spark.kubernetes.memoryOverheadFactor",
                json!({"memoryOverheadFactor": ""}),
                None,
            ),
            (
                "spark.kubernetes.node.selector.pool",
                json!({"nodeSelector": {"pool": "a"}, "sparkConf": {"spark.kubernetes.node.selector.pool": "b"}}),
                Some(("a", "/spec/nodeSelector/pool")),
            ),
            (
                "spark.dynamicAllocation.maxExecutors",
                json!({"dynamicAllocation": {"enabled": false, "maxExecutors": 9}}),
                None,
            ),
            (
                "spark.dynamicAllocation.maxExecutors",
                json!({"dynamicAllocation": {"enabled": true, "maxExecutors": 9},
                       "sparkConf": {"spark.dynamicAllocation.maxExecutors": "5"}}),
                Some(("9", "/spec/dynamicAllocation/maxExecutors")),
            ),
            (
                "spark.dynamicAllocation.shuffleTracking.enabled",
                json!({"dynamicAllocation": {"enabled": true}}),
                Some(("true", DEFAULT)),
            ),
            (
                "spark.dynamicAllocation.shuffleTracking.enabled",
                json!({"dynamicAllocation": {"enabled": true, "shuffleTrackingEnabled": false}}),
                Some(("false", "/spec/dynamicAllocation/shuffleTrackingEnabled")),
            ),
            (
                "spark.dynamicAllocation.shuffleTracking.enabled",
                json!({"dynamicAllocation": {"enabled": true},
                       "sparkConf": {"spark.dynamicAllocation.shuffleTracking.enabled": "false"}}),
                Some(("true", DEFAULT)),
            ),
            ("spark.executor.instances", json!({}), Some(("1", DEFAULT))),
            (
                "spark.executor.instances",
                json!({"sparkConf": {"spark.executor.instances": ""}}),
                Some(("1", DEFAULT)),
            ),
            (
                "spark.executor.instances",
                json!({"sparkConf": {"spark.dynamicAllocation.enabled": "true"}}),
                Some(("1", DEFAULT)),
            ),
            (
                "spark.executor.instances",
                json!({"dynamicAllocation": {"enabled": true}}),
                None,
            ),
            (
                "spark.executor.instances",
                json!({"executor": {"instances": 3}, "sparkConf": {"spark.executor.instances": "5"}}),
                Some(("3", "/spec/executor/instances")),
            ),
            (
                "spark.a/b",
                json!({"sparkConf": {"spark.a/b": true}}),
                Some(("true", "/spec/sparkConf/spark.a~1b")),
            ),
        ];
        for (name, spec, expected) in cases {
            let found = property(&spec, name);
            let found = found.as_ref().map(|(value, origin)| (value.as_str(), origin.as_str()));
            assert_eq!(found, expected, "{name} of {spec}");
        }
    }
}
