//! `sparkConf`: properties that a job has to set, may not set, or may set to some values only.
//!
//! ## What it does
//! Looks at the properties that Spark will get, whoever sets them: `sparkConf`, `hadoopConf`, fields such as `deps.packages` and
//! `driver.javaOptions`, `-Dspark.…` among the options of a JVM and in the environment variables that hold such options, and `--conf` among the
//! arguments. `forbidden` and `required` are names or patterns; `values` says which values a property may have where it is set. An entry with
//! `roles` is about the properties of those roles and about those of the job. It decides about applications only: a pod does not tell
//! its properties.
//!
//! What a `ConfigMap` of Spark's configuration says (`sparkConfigMap`) is not known. A pod template that stands in the application is no
//! `podTemplateFile`, and its volumes are no properties: `podSecurity` and the other rules see them however they are written.
//!
//! ## Why
//! What a platform sets up by fields can be undone by a property: a volume of the node, a template that nobody has seen, a plugin in every JVM, a
//! package from the internet.
//!
//! ## Policy
//! ```yaml
//! - name: no-back-doors
//!   sparkConf:
//!     # Names or patterns, in which `*` stands for any letters.
//!     forbidden:
//!       - spark.kubernetes.*.volumes.hostPath.*
//!       - spark.kubernetes.*.podTemplateFile
//!       - spark.{driver,executor}.{extra,default}JavaOptions
//!       - spark.plugins
//!       - spark.jars.packages
//!     # Each has to be set, by whomever.
//!     required: [spark.eventLog.enabled]
//!     # What a property may be where it is set: values or patterns of them.
//!     values:
//!       spark.eventLog.enabled: ["true"]
//!       spark.eventLog.dir: ["s3a://logs/*"]
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.jar
//!   deps: {packages: ["org.example:driver:1.0"]}
//!   sparkConf: {spark.eventLog.enabled: "false"}
//!   driver: {}
//!   executor: {}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.jar
//!   sparkConf: {spark.eventLog.enabled: "true", spark.eventLog.dir: "s3a://logs/etl"}
//!   driver: {}
//!   executor: {}
//! ```

mod settings;

use std::collections::BTreeMap;

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use self::settings::Setting;
use super::pattern::{Pattern, alternatives};
use super::{Case, Rule, Violation};
use crate::engine::policy::document::Problem;
use crate::engine::spark_property::{self, PREFIX};
use crate::engine::subject::Subject;
use crate::engine::workload::{Properties, RoleName};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "sparkConf";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SparkConf {
    /// What may not be set.
    #[serde(default)]
    forbidden: Vec<Pattern>,
    /// What has to be set.
    #[serde(default)]
    required: Vec<Pattern>,
    /// What a property may be, where it is set.
    #[serde(default)]
    values: BTreeMap<String, Vec<Pattern>>,
}

impl Rule for SparkConf {
    fn problems(&self) -> Vec<Problem> {
        if self.forbidden.is_empty() && self.required.is_empty() && self.values.is_empty() {
            return vec![
                Problem::at(PointerBuf::root(), "the rule asks for nothing")
                    .with_help("give it `forbidden`, `required` or `values`"),
            ];
        }
        let item = |list: &str, index: usize| PointerBuf::from_tokens([list]).with_trailing_token(index);
        let forbidden = self.forbidden.iter().enumerate();
        let required = self.required.iter().enumerate();
        let in_lists = forbidden
            .map(|(index, name)| (item("forbidden", index), name))
            .chain(required.clone().map(|(index, name)| (item("required", index), name)))
            .filter_map(|(place, name)| Some(Problem::at(place, not_of_spark(name.as_str())?)));
        let contradictions = required
            .filter(|(_, name)| name.literal().is_some_and(|name| self.forbids(name)))
            .map(|(index, name)| {
                let message = format!("`{}` is required here, and forbidden above", name.as_str());
                Problem::at(item("required", index), message).with_help("take it out of one of the lists")
            });
        let of_values = self
            .values
            .iter()
            .flat_map(|(name, values)| self.problems_of_values(name, values));
        in_lists.chain(contradictions).chain(of_values).collect()
    }

    fn judges_pods(&self) -> bool {
        false
    }

    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        let (Subject::Application(kind), Some(workload)) = (case.subject, case.workload) else {
            return Vec::new();
        };
        let is_about = |name: &str| spark_property::role_of(name).is_none_or(|role| roles.contains(&role));
        let spec = kind.spec(case.object);
        let settings = settings::of(&spec, workload, case.pods);
        settings
            .iter()
            .filter(|setting| is_about(&setting.name))
            .filter_map(|setting| self.judge_setting(setting))
            .chain(
                self.required
                    .iter()
                    .filter(|name| is_about(name.as_str()) && !is_set(name, &workload.properties, &settings))
                    .map(|name| missing(name, &spec.pointer)),
            )
            .collect()
    }
}

impl SparkConf {
    fn forbids(&self, name: &str) -> bool {
        self.forbidden.iter().any(|forbidden| forbidden.matches(name))
    }

    fn problems_of_values(&self, name: &str, values: &[Pattern]) -> Vec<Problem> {
        let place = PointerBuf::from_tokens(["values", name]);
        let mut problems: Vec<Problem> = not_of_spark(name)
            .map(|message| Problem::at_key(place.clone(), message))
            .into_iter()
            .collect();
        if values.is_empty() {
            let message = format!("`{name}` may have no value at all");
            problems.push(Problem::at(place.clone(), message).with_help("name a value, or put it into `forbidden`"));
        }
        if self.forbids(name) {
            let message = format!("`{name}` is forbidden, so that its values never matter");
            problems.push(Problem::at_key(place, message).with_help("take it out of one of the two"));
        }
        problems
    }

    fn judge_setting(&self, setting: &Setting<'_>) -> Option<Violation> {
        if self.forbids(&setting.name) {
            return Some(setting.violation("is forbidden").with_help("take it out"));
        }
        let value = setting.value?;
        let allowed = self.values.get(&setting.name)?;
        let is_allowed = allowed.iter().any(|allowed| allowed.matches(value));
        // The value may be a password: only what the policy says is repeated.
        (!is_allowed).then(|| {
            setting
                .violation("does not have a value that is allowed")
                .with_help(format!("write {}", alternatives(allowed)))
        })
    }
}

/// Why a name or a pattern stands for no property of Spark's: `spark-submit` drops what begins otherwise.
fn not_of_spark(text: &str) -> Option<String> {
    let head = text.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
    let may_begin = head.starts_with(PREFIX) || (PREFIX.starts_with(head) && head.len() < text.len());
    (!may_begin).then(|| format!("`{text}` is no property of Spark: those begin with `{PREFIX}`"))
}

fn is_set(name: &Pattern, properties: &Properties<'_>, settings: &[Setting<'_>]) -> bool {
    properties.iter().any(|(property, _)| name.matches(property))
        || settings
            .iter()
            .any(|setting| setting.value.is_some() && name.matches(&setting.name))
}

fn missing(name: &Pattern, spec: &Pointer) -> Violation {
    let message = format!("`{}` has to be set, and is not", name.as_str());
    Violation::at(spec.with_trailing_token("sparkConf"), message).with_help("set it in `sparkConf`")
}
