//! Which requests a policy is about.

use std::collections::BTreeMap;

use globset::{Glob, GlobSet, GlobSetBuilder};
use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use super::document::Problem;
use crate::engine::Facts;
use crate::engine::json::Json;
use crate::engine::request::{Request, Submitter};
use crate::engine::spark_version::{SparkVersion, SparkVersionRange};
use crate::engine::workload::{Language, Workload};

const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// `match` and `exclude` as they are written. Of each list, one hit is enough.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SelectorDocument {
    namespaces: Option<Vec<String>>,
    namespace_selector: Option<LabelSelector>,
    object_selector: Option<LabelSelector>,
    submitters: Option<SubmittersDocument>,
    languages: Option<Vec<Language>>,
    spark_versions: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubmittersDocument {
    #[serde(default)]
    service_accounts: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    users: Vec<String>,
}

/// Kubernetes' `LabelSelector`: all of it must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LabelSelector {
    #[serde(default)]
    match_labels: BTreeMap<String, String>,
    #[serde(default)]
    match_expressions: Vec<LabelExpression>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LabelExpression {
    key: String,
    operator: LabelOperator,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum LabelOperator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl LabelSelector {
    fn holds<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.match_labels
            .iter()
            .all(|(key, value)| label(key) == Some(value.as_str()))
            && self.match_expressions.iter().all(|expression| {
                let value = label(&expression.key);
                let is_listed = || expression.values.iter().any(|listed| value == Some(listed.as_str()));
                match expression.operator {
                    LabelOperator::In => is_listed(),
                    LabelOperator::NotIn => !is_listed(),
                    LabelOperator::Exists => value.is_some(),
                    LabelOperator::DoesNotExist => value.is_none(),
                }
            })
    }
}

/// Whether something holds, of which not everything may be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// That depends on what is not known: this.
    Unknown(&'static str),
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// What a policy can select by.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    namespace: Option<&'a str>,
    namespace_labels: Option<&'a BTreeMap<String, String>>,
    labels: Option<Json<'a>>,
    job: Option<Job<'a>>,
}

/// What only an application tells: on a pod alone, selectors about it do not match.
#[derive(Clone, Copy, Debug)]
struct Job<'a> {
    submitter: Option<Submitter<'a>>,
    language: Option<Language>,
    spark_version: Option<SparkVersion>,
}

impl<'a> Candidate<'a> {
    /// What `request` and its workload, if it is about an application, say of themselves.
    #[must_use]
    pub fn new(request: &Request<'a>, facts: &Facts<'a>, workload: Option<&Workload<'a>>) -> Self {
        Self {
            namespace: request.namespace,
            namespace_labels: facts.namespace_labels,
            labels: request
                .object
                .or(request.old_object)
                .and_then(|object| object.at(["metadata", "labels"])),
            job: workload.map(|workload| Job {
                submitter: request.submitter,
                language: workload.language,
                spark_version: workload.spark_version,
            }),
        }
    }
}

/// `match` or `exclude`, compiled.
#[derive(Debug, Default)]
pub struct Selector {
    conditions: Vec<Condition>,
}

#[derive(Debug)]
enum Condition {
    Namespaces(GlobSet),
    NamespaceLabels(LabelSelector),
    ObjectLabels(LabelSelector),
    Submitters(Submitters),
    Languages(Vec<Language>),
    SparkVersions(SparkVersionRange),
}

#[derive(Debug)]
struct Submitters {
    service_accounts: GlobSet,
    groups: GlobSet,
    users: GlobSet,
}

impl Selector {
    /// Compiles the globs and ranges of a document.
    ///
    /// # Errors
    /// What does not compile, with its place below the selector.
    pub fn compile(document: SelectorDocument) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut conditions = Vec::new();
        if let Some(patterns) = &document.namespaces {
            conditions.push(Condition::Namespaces(globs(patterns, &["namespaces"], &mut problems)));
        }
        if let Some(selector) = document.namespace_selector {
            check_labels(&selector, "namespaceSelector", &mut problems);
            conditions.push(Condition::NamespaceLabels(selector));
        }
        if let Some(selector) = document.object_selector {
            check_labels(&selector, "objectSelector", &mut problems);
            conditions.push(Condition::ObjectLabels(selector));
        }
        if let Some(submitters) = &document.submitters {
            let SubmittersDocument {
                service_accounts,
                groups,
                users,
            } = submitters;
            conditions.push(Condition::Submitters(Submitters {
                service_accounts: globs(service_accounts, &["submitters", "serviceAccounts"], &mut problems),
                groups: globs(groups, &["submitters", "groups"], &mut problems),
                users: globs(users, &["submitters", "users"], &mut problems),
            }));
        }
        if let Some(languages) = document.languages {
            conditions.push(Condition::Languages(languages));
        }
        if let Some(range) = &document.spark_versions {
            match range.parse() {
                Ok(range) => conditions.push(Condition::SparkVersions(range)),
                Err(error) => problems.push(Problem::at(
                    PointerBuf::from_tokens(["sparkVersions"]),
                    format!("{error}"),
                )),
            }
        }
        if problems.is_empty() {
            Ok(Self { conditions })
        } else {
            Err(problems)
        }
    }

    /// Whether every condition holds; none given hold. One that does not hold settles it, whatever is not known.
    #[must_use]
    pub fn all_hold(&self, candidate: &Candidate<'_>) -> Holds {
        let mut answer = Holds::Yes;
        for condition in &self.conditions {
            match condition.holds(candidate) {
                Holds::Yes => {}
                Holds::No => return Holds::No,
                unknown @ Holds::Unknown(_) => answer = unknown,
            }
        }
        answer
    }

    /// Whether any condition holds; none given do not. One that holds settles it, whatever is not known.
    #[must_use]
    pub fn any_holds(&self, candidate: &Candidate<'_>) -> Holds {
        let mut answer = Holds::No;
        for condition in &self.conditions {
            match condition.holds(candidate) {
                Holds::Yes => return Holds::Yes,
                Holds::No => {}
                unknown @ Holds::Unknown(_) => answer = unknown,
            }
        }
        answer
    }
}

impl Condition {
    fn holds(&self, candidate: &Candidate<'_>) -> Holds {
        match self {
            Self::Namespaces(globs) => match candidate.namespace {
                Some(namespace) => globs.is_match(namespace).into(),
                None => Holds::Unknown("the manifest names no namespace"),
            },
            Self::NamespaceLabels(selector) => match candidate.namespace_labels {
                Some(labels) => selector.holds(|key| labels.get(key).map(String::as_str)).into(),
                None => Holds::Unknown("the labels of the namespace are not known"),
            },
            Self::ObjectLabels(selector) => selector.holds(|key| candidate.labels?.get(key)?.as_str()).into(),
            Self::Submitters(submitters) => match candidate.job {
                None => Holds::No,
                Some(Job {
                    submitter: Some(submitter),
                    ..
                }) => submitters.include(submitter).into(),
                Some(_) => Holds::Unknown("who submits it is not known"),
            },
            Self::Languages(languages) => candidate
                .job
                .and_then(|job| job.language)
                .is_some_and(|language| languages.contains(&language))
                .into(),
            Self::SparkVersions(range) => candidate
                .job
                .and_then(|job| job.spark_version)
                .is_some_and(|version| range.contains(version))
                .into(),
        }
    }
}

impl Submitters {
    fn include(&self, submitter: Submitter<'_>) -> bool {
        match submitter.username.strip_prefix(SERVICE_ACCOUNT) {
            Some(account) if self.service_accounts.is_match(account) => true,
            _ => {
                self.users.is_match(submitter.username)
                    || submitter
                        .groups
                        .iter()
                        .filter_map(|group| group.as_str())
                        .any(|group| self.groups.is_match(group))
            }
        }
    }
}

fn globs(patterns: &[String], place: &[&str], problems: &mut Vec<Problem>) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    for (index, pattern) in patterns.iter().enumerate() {
        match Glob::new(pattern) {
            Ok(glob) => {
                builder.add(glob);
            }
            Err(error) => problems.push(Problem::at(
                PointerBuf::from_tokens(place.iter().copied()).with_trailing_token(index),
                format!("this pattern does not compile: {}", error.kind()),
            )),
        }
    }
    builder.build().unwrap_or_else(|error| {
        problems.push(Problem::at(
            PointerBuf::from_tokens(place.iter().copied()),
            error.to_string(),
        ));
        GlobSet::empty()
    })
}

fn check_labels(selector: &LabelSelector, place: &str, problems: &mut Vec<Problem>) {
    for (index, expression) in selector.match_expressions.iter().enumerate() {
        let takes_values = matches!(expression.operator, LabelOperator::In | LabelOperator::NotIn);
        if takes_values == expression.values.is_empty() {
            let pointer = PointerBuf::from_tokens([place, "matchExpressions"]).with_trailing_token(index);
            problems.push(Problem::at(
                pointer,
                if takes_values {
                    "In and NotIn need values"
                } else {
                    "Exists and DoesNotExist take no values"
                },
            ));
        }
    }
}
