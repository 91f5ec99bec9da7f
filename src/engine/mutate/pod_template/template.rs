//! A pod template that nothing is wrong with.

use serde_json::{Map, Value};

use super::problems;
use crate::engine::json::Json;
use crate::engine::policy::document::Problem;

/// What stands for the Spark container in a template.
pub(super) const SPARK: &str = "spark";
/// What of its container Spark decides alone: `BasicDriverFeatureStep`, `BasicExecutorFeatureStep` and the steps that add a command.
const OF_SPARK: [&str; 4] = ["name", "image", "command", "args"];
/// The resources that Spark works out: the others merge.
const RESOURCES_OF_SPARK: [&str; 2] = ["cpu", "memory"];

/// A pod template, in the parts that go different ways.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// Labels and annotations.
    pub(super) metadata: Map<String, Value>,
    /// The list of volumes; `null` where there is none.
    pub(super) volumes: Value,
    /// The pod's spec, without what the other parts have.
    pub(super) spec: Map<String, Value>,
    /// What the Spark container is given.
    pub(super) spark: Map<String, Value>,
}

impl Template {
    /// Takes a Pod manifest for a template.
    ///
    /// # Errors
    /// Everything in it that a template cannot have, or that the API server would refuse in a pod.
    pub fn read(pod: Json<'_>) -> Result<Self, Vec<Problem>> {
        let problems = problems::of(pod);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut spec = members(pod.get("spec"));
        let volumes = spec.remove("volumes").unwrap_or_default();
        spec.remove("containers");
        let container = pod
            .at(["spec", "containers"])
            .and_then(|list| list.items().first().copied());
        let mut spark = members(container);
        spark.retain(|field, _| !OF_SPARK.contains(&field.as_str()));
        for amounts in ["requests", "limits"] {
            if let Some(amounts) = spark
                .get_mut("resources")
                .and_then(|resources| resources.get_mut(amounts))
                .and_then(Value::as_object_mut)
            {
                amounts.retain(|resource, _| !RESOURCES_OF_SPARK.contains(&resource.as_str()));
            }
        }
        Ok(Self {
            metadata: members(pod.get("metadata")),
            volumes,
            spec,
            spark,
        })
    }

    /// The volumes that it adds.
    pub(super) fn volumes(&self) -> impl Iterator<Item = &Value> {
        self.volumes.as_array().into_iter().flatten()
    }
}

fn members(object: Option<Json<'_>>) -> Map<String, Value> {
    match object.map(Json::to_value) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    }
}
