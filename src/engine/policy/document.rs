//! The policy file as it is written: plain serde structs, with a place for everything that is wrong.

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use super::deserialize::from_json;
use super::select::SelectorDocument;
use crate::engine::finding::{Blame, Enforcement};
use crate::engine::json::Json;
use crate::engine::label;
use crate::engine::mutate::{
    OnConflict, env_from_secret::EnvFromSecret, jmx_exporter::JmxExporter, metadata, node_selector::NodeSelector,
    pod_template::PodTemplateDocument, spark_conf::SparkConf, tolerations::Tolerations,
};
use crate::engine::suggest::did_you_mean;
use crate::engine::validate::{
    memory_overhead::MemoryOverhead, not_on_spot::NotOnSpot, quota_fit::QuotaFit, well_formed::WellFormed,
};
use crate::engine::workload::RoleName;

/// The `apiVersion` of policy files.
pub const API_VERSION: &str = "sparkgate.io/v1alpha1";
/// The `kind` of policy files.
pub const KIND: &str = "SparkPolicy";

/// A `SparkPolicy`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyDocument {
    #[serde(rename = "apiVersion")]
    _api_version: String,
    #[serde(rename = "kind")]
    _kind: String,
    /// Its name.
    pub metadata: Metadata,
    /// What it says.
    pub spec: PolicySpec,
}

/// The metadata of a policy. Labels and annotations are for other tools.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Unique among the policies; the first half of every code.
    pub name: String,
    #[serde(default, rename = "labels")]
    _labels: serde_json::Map<String, serde_json::Value>,
    #[serde(default, rename = "annotations")]
    _annotations: serde_json::Map<String, serde_json::Value>,
}

/// What a policy says.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicySpec {
    /// For people.
    pub description: Option<String>,
    /// Policies apply in this order, then in that of their names.
    #[serde(default = "default_order")]
    pub order: i32,
    /// What the policy is about; nothing given is all Spark.
    #[serde(default, rename = "match")]
    pub matches: SelectorDocument,
    /// What it is not about, though it matches.
    #[serde(default)]
    pub exclude: SelectorDocument,
    /// What its findings do, unless an entry says otherwise.
    #[serde(default)]
    pub enforcement: Enforcement,
    /// What it changes.
    #[serde(default)]
    pub mutate: Vec<MutationDocument>,
    /// What it asks for.
    #[serde(default)]
    pub validate: Vec<ValidationDocument>,
}

const fn default_order() -> i32 {
    100
}

/// An entry of `mutate`: exactly one of the rule fields is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MutationDocument {
    /// Unique within the policy.
    pub name: String,
    /// Whose pods; both when not given.
    pub roles: Option<Vec<RoleName>>,
    /// What a conflict under `onConflict: deny`, or a required mutation that is missing, does.
    pub enforcement: Option<Enforcement>,
    /// Said before what the finding says.
    pub message: Option<String>,
    /// Whether `/validate` finds pods that this would still change.
    #[serde(default)]
    pub required: bool,
    /// What happens where the pod says something else.
    #[serde(default)]
    pub on_conflict: OnConflict,
    /// Rule: a Secret in the environment.
    pub env_from_secret: Option<EnvFromSecret>,
    /// Rule: Prometheus' exporter for what Spark's JVMs tell of themselves.
    pub jmx_exporter: Option<JmxExporter>,
    /// Rule: labels and annotations.
    pub metadata: Option<metadata::Metadata>,
    /// Rule: labels of the nodes that the pod may go to.
    pub node_selector: Option<NodeSelector>,
    /// Rule: what a Pod manifest gives the pod.
    pub pod_template: Option<PodTemplateDocument>,
    /// Rule: properties of the application.
    pub spark_conf: Option<SparkConf>,
    /// Rule: taints that the pod tolerates.
    pub tolerations: Option<Tolerations>,
}

/// An entry of `validate`: exactly one of the rule fields is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ValidationDocument {
    /// Unique within the policy.
    pub name: String,
    /// Whose pods; both when not given.
    pub roles: Option<Vec<RoleName>>,
    /// What its findings do; the policy's own when not given.
    pub enforcement: Option<Enforcement>,
    /// Said before what the finding says.
    pub message: Option<String>,
    /// Rule: enough memory beyond the heap.
    pub memory_overhead: Option<MemoryOverhead>,
    /// Rule: cannot be scheduled on spot nodes.
    pub not_on_spot: Option<NotOnSpot>,
    /// Rule: fits the quotas and limit ranges of its namespace.
    pub quota_fit: Option<QuotaFit>,
    /// Rule: is what Spark, the operator and Kubernetes can read.
    pub well_formed: Option<WellFormed>,
}

/// Something wrong in a document, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// Where.
    pub pointer: PointerBuf,
    /// Which part of that place.
    pub blame: Blame,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Problem {
    /// Something wrong with the value at `pointer`.
    #[must_use]
    pub fn at(pointer: PointerBuf, message: impl Into<String>) -> Self {
        Self {
            pointer,
            blame: Blame::Value,
            message: message.into(),
            help: None,
        }
    }

    /// Something wrong with the key at the end of `pointer`.
    #[must_use]
    pub fn at_key(pointer: PointerBuf, message: impl Into<String>) -> Self {
        Self {
            blame: Blame::Key,
            ..Self::at(pointer, message)
        }
    }

    /// What is wrong with a label that stands in the object at `parent`.
    #[must_use]
    pub fn of_label(parent: &Pointer, key: &str, value: &str) -> Vec<Self> {
        let pointer = parent.with_trailing_token(key);
        let mut problems = Vec::new();
        if !label::is_key(key) {
            let message = format!("`{key}` is no label key");
            problems.push(Self::at_key(pointer.clone(), message).with_help(label::KEY_HELP));
        }
        if !label::is_value(value) {
            let message = format!("`{value}` is no label value");
            problems.push(Self::at(pointer, message).with_help(label::VALUE_HELP));
        }
        problems
    }

    /// The same, with what to write instead.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// The same, seen from the document in which its own root stands at `parent`.
    #[must_use]
    pub fn below(self, parent: &Pointer) -> Self {
        Self {
            pointer: parent.concat(&self.pointer),
            ..self
        }
    }
}

/// Reads a policy document.
///
/// # Errors
/// Another kind of document, or one whose fields are not a policy's.
pub fn read(document: Json<'_>) -> Result<PolicyDocument, Problem> {
    let text = |key| document.get(key).and_then(Json::as_str);
    let at = |key: &str, message: String| Problem::at(PointerBuf::from_tokens([key]), message);
    let begin = format!("a policy begins with `apiVersion: {API_VERSION}` and `kind: {KIND}`");
    match (text("apiVersion"), text("kind")) {
        (Some(API_VERSION), Some(KIND)) => from_json(document),
        (Some(API_VERSION), Some(kind)) => {
            let problem = at("kind", format!("`{kind}` is not a kind of policy document"));
            Err(match did_you_mean(kind, [KIND]) {
                Some(meant) => problem.with_help(format!("did you mean `{meant}`?")),
                None => problem.with_help(format!("write `kind: {KIND}`")),
            })
        }
        (Some(version), Some(KIND)) => {
            let problem = at("apiVersion", format!("`{version}` is not a version of {KIND}"));
            Err(problem.with_help(format!("write `apiVersion: {API_VERSION}`")))
        }
        (Some(version), Some(kind)) => {
            let problem = at("kind", format!("this is a {kind} of {version}, and no policy"));
            Err(problem.with_help(format!("{begin}; keep everything else in another directory")))
        }
        (None, _) => Err(at("apiVersion", "this is no policy: it has no `apiVersion`".to_owned()).with_help(begin)),
        (_, None) => Err(at("kind", "this is no policy: it has no `kind`".to_owned()).with_help(begin)),
    }
}
