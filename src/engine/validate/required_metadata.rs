//! `requiredMetadata`: labels and annotations that everything has.
//!
//! ## What it does
//! Asks for labels and annotations, each with one of the values, or patterns of values, that the policy names. It decides about applications, on
//! their own metadata and on that of the pods that Spark will make, and about pods. Kubeflow's operator gives an application's labels to its pods,
//! where a role's own labels win over them. Annotations, and all metadata of Apache's applications, get to the pods only by the role's fields, template or
//! properties. An empty value is as good as none.
//!
//! ## Why
//! Costs are attributed and people are found by what pods are labelled with. What has no label is paid by everybody and belongs to nobody.
//!
//! ## Policy
//! ```yaml
//! - name: cost-labels
//!   requiredMetadata:
//!     # Values, or patterns in which `*` stands for any letters, `?` for one, and `[0-9]` for one of these.
//!     labels:
//!       team: ["*"]
//!       cost-center: ["CC-[0-9][0-9][0-9][0-9]"]
//!       stage: [dev, prod]
//!     annotations:
//!       example.com/owner: ["*@example.com"]
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata:
//!   name: etl
//!   labels: {team: data, cost-center: marketing, stage: prod}
//!   annotations: {example.com/owner: ann@example.com}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.jar
//!   driver: {annotations: &owner {example.com/owner: ann@example.com}}
//!   executor: {annotations: *owner}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata:
//!   name: etl
//!   labels: {team: data, cost-center: CC-1234, stage: prod}
//!   annotations: {example.com/owner: ann@example.com}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.jar
//!   driver: {annotations: &owner {example.com/owner: ann@example.com}}
//!   executor: {annotations: *owner}
//! ```

use std::collections::BTreeMap;

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use super::pattern::{Pattern, alternatives};
use super::{Case, Rule, Violation};
use crate::engine::json::Json;
use crate::engine::label;
use crate::engine::policy::document::Problem;
use crate::engine::subject::{ApplicationKind, Subject};
use crate::engine::workload::{EffectivePod, RoleName};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "requiredMetadata";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequiredMetadata {
    /// The labels, each with what its value may be.
    #[serde(default)]
    labels: BTreeMap<String, Vec<Pattern>>,
    /// The annotations, likewise.
    #[serde(default)]
    annotations: BTreeMap<String, Vec<Pattern>>,
}

/// One label or annotation that is asked for.
#[derive(Clone, Copy)]
struct Requirement<'r> {
    kind: Kind,
    key: &'r str,
    values: &'r [Pattern],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Label,
    Annotation,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Annotation => "annotation",
        }
    }

    /// The field of an object's metadata, and of the rule.
    fn field(self) -> &'static str {
        match self {
            Self::Label => "labels",
            Self::Annotation => "annotations",
        }
    }
}

impl Rule for RequiredMetadata {
    fn problems(&self) -> Vec<Problem> {
        if self.requirements().next().is_none() {
            return vec![
                Problem::at(PointerBuf::root(), "the rule asks for nothing")
                    .with_help("name `labels` or `annotations`"),
            ];
        }
        self.requirements().flat_map(Requirement::problems).collect()
    }

    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        let pods = || case.pods.iter().filter(|pod| roles.contains(&pod.role));
        match case.subject {
            Subject::Application(kind) => self
                .requirements()
                .flat_map(|requirement| match requirement.fault(case.object) {
                    // What the application lacks, its pods lack too: that is said once.
                    Some(fault) => vec![requirement.violation_of_application(&fault)],
                    None => pods()
                        .filter_map(|pod| requirement.violation_of_pod(pod, Some(kind)))
                        .collect(),
                })
                .collect(),
            Subject::Pod(_) | Subject::Other => self
                .requirements()
                .flat_map(|requirement| pods().filter_map(move |pod| requirement.violation_of_pod(pod, None)))
                .collect(),
        }
    }
}

impl RequiredMetadata {
    fn requirements(&self) -> impl Iterator<Item = Requirement<'_>> {
        [(Kind::Label, &self.labels), (Kind::Annotation, &self.annotations)]
            .into_iter()
            .flat_map(|(kind, required)| {
                required
                    .iter()
                    .map(move |(key, values)| Requirement { kind, key, values })
            })
    }
}

impl Requirement<'_> {
    fn problems(self) -> Vec<Problem> {
        let place = PointerBuf::from_tokens([self.kind.field(), self.key]);
        let mut problems = Vec::new();
        if !label::is_key(self.key) {
            let message = format!("`{}` is no {} key", self.key, self.kind.as_str());
            problems.push(Problem::at_key(place.clone(), message).with_help(label::KEY_HELP));
        }
        if self.values.is_empty() {
            let message = format!("`{}` may have no value at all", self.key);
            problems.push(Problem::at(place.clone(), message).with_help("name its values, or write `[\"*\"]` for any"));
        }
        if self.kind == Kind::Label {
            for (index, value) in self.values.iter().enumerate() {
                if let Some(value) = value.literal().filter(|value| !label::is_value(value)) {
                    let message = format!("`{value}` is no label value");
                    let place = place.with_trailing_token(index);
                    problems.push(Problem::at(place, message).with_help(label::VALUE_HELP));
                }
            }
        }
        problems
    }

    /// What is wrong with it on an object: "lacks it", for example.
    fn fault(self, object: Json<'_>) -> Option<String> {
        let Self { kind, key, values } = self;
        let value = object.at(["metadata", kind.field(), key]).and_then(Json::as_str);
        match value.filter(|value| !value.is_empty()) {
            None => Some(format!("lacks the {} `{key}`", kind.as_str())),
            Some(value) if values.iter().any(|allowed| allowed.matches(value)) => None,
            Some(_) => Some(format!(
                "has the {} `{key}` with a value that is not allowed",
                kind.as_str()
            )),
        }
    }

    fn place(self) -> PointerBuf {
        PointerBuf::from_tokens(["metadata", self.kind.field(), self.key])
    }

    fn violation_of_application(self, fault: &str) -> Violation {
        Violation::at(self.place(), format!("the application {fault}")).with_help(self.help())
    }

    fn violation_of_pod(self, pod: &EffectivePod<'_>, application: Option<ApplicationKind>) -> Option<Violation> {
        let fault = self.fault(pod.pod)?;
        let message = format!("the {}'s pod {fault}", pod.role);
        let help = match application {
            None => self.help(),
            Some(ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled) => {
                format!("{} under `{}.{}`", self.help(), pod.role, self.kind.field())
            }
            Some(ApplicationKind::Apache) => format!(
                "{} as the property `spark.kubernetes.{}.{}.{}`",
                self.help(),
                pod.role,
                self.kind.as_str(),
                self.key
            ),
        };
        let place: &Pointer = &self.place();
        Some(Violation::in_pod(pod, place, message).with_help(help))
    }

    fn help(self) -> String {
        match self.values {
            [any] if any.as_str() == "*" => format!("set `{}`", self.key),
            values => format!("set `{}` to {}", self.key, alternatives(values)),
        }
    }
}
