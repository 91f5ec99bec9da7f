//! The policy file as it is written: plain serde structs, with a place for everything that is wrong.

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use super::deserialize::from_json;
use super::select::SelectorDocument;
use crate::engine::finding::{Blame, Enforcement};
use crate::engine::json::Json;
use crate::engine::label;
use crate::engine::mutate::env_from_secret::EnvFromSecret;
use crate::engine::mutate::jmx_exporter::JmxExporter;
use crate::engine::mutate::node_selector::NodeSelector;
use crate::engine::mutate::pod_template::PodTemplateDocument;
use crate::engine::mutate::tolerations::Tolerations;
use crate::engine::mutate::{self, OnConflict};
use crate::engine::suggest::did_you_mean;
use crate::engine::validate::decommission::Decommission;
use crate::engine::validate::dynamic_allocation::DynamicAllocation;
use crate::engine::validate::images::Images;
use crate::engine::validate::memory_overhead::MemoryOverhead;
use crate::engine::validate::not_on_spot::NotOnSpot;
use crate::engine::validate::pod_security::PodSecurity;
use crate::engine::validate::quota_fit::QuotaFit;
use crate::engine::validate::required_metadata::RequiredMetadata;
use crate::engine::validate::resources::Resources;
use crate::engine::validate::restart_policy::RestartPolicy;
use crate::engine::validate::schedule::Schedule;
use crate::engine::validate::scheduling::Scheduling;
use crate::engine::validate::secrets::Secrets;
use crate::engine::validate::spark_conf::SparkConf;
use crate::engine::validate::well_formed::WellFormed;
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
    pub metadata: Option<mutate::metadata::Metadata>,
    /// Rule: labels of the nodes that the pod may go to.
    pub node_selector: Option<NodeSelector>,
    /// Rule: what a Pod manifest gives the pod.
    pub pod_template: Option<PodTemplateDocument>,
    /// Rule: properties of the application.
    pub spark_conf: Option<mutate::spark_conf::SparkConf>,
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
    /// Rule: executors on spot nodes hand over their blocks.
    pub decommission: Option<Decommission>,
    /// Rule: dynamic allocation within bounds.
    pub dynamic_allocation: Option<DynamicAllocation>,
    /// Rule: where images come from, and that they stay what they are.
    pub images: Option<Images>,
    /// Rule: enough memory beyond the heap.
    pub memory_overhead: Option<MemoryOverhead>,
    /// Rule: cannot be scheduled on spot nodes.
    pub not_on_spot: Option<NotOnSpot>,
    /// Rule: pods that the Pod Security Standards let in.
    pub pod_security: Option<PodSecurity>,
    /// Rule: fits the quotas and limit ranges of its namespace.
    pub quota_fit: Option<QuotaFit>,
    /// Rule: labels and annotations that everything has.
    pub required_metadata: Option<RequiredMetadata>,
    /// Rule: cpu and memory within bounds.
    pub resources: Option<Resources>,
    /// Rule: restarts that are bounded.
    pub restart_policy: Option<RestartPolicy>,
    /// Rule: schedules that run.
    pub schedule: Option<Schedule>,
    /// Rule: by which scheduler, in which queue, with which priority, and no gang that waits for ever.
    pub scheduling: Option<Scheduling>,
    /// Rule: no credentials written out in manifests.
    pub secrets: Option<Secrets>,
    /// Rule: properties that a job has to set, may not set, or may set to some values only.
    pub spark_conf: Option<SparkConf>,
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
