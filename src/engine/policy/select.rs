//! Which requests a policy is about.

mod disjoint;
mod mismatch;

use std::collections::BTreeMap;

use globset::{Glob, GlobSet, GlobSetBuilder};
use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use super::document::Problem;
use crate::engine::Facts;
use crate::engine::json::Json;
use crate::engine::label;
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
    fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    fn holds<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.match_labels
            .iter()
            .all(|(key, value)| label(key) == Some(value.as_str()))
            && self.match_expressions.iter().all(|expression| expression.holds(&label))
    }
}

impl LabelExpression {
    fn holds<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        let value = label(&self.key);
        let is_listed = || self.values.iter().any(|listed| value == Some(listed.as_str()));
        match self.operator {
            LabelOperator::In => is_listed(),
            LabelOperator::NotIn => !is_listed(),
            LabelOperator::Exists => value.is_some(),
            LabelOperator::DoesNotExist => value.is_none(),
        }
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
    Namespaces(Patterns),
    NamespaceLabels(LabelSelector),
    ObjectLabels(LabelSelector),
    Submitters(Submitters),
    Languages(Vec<Language>),
    SparkVersions(SparkVersionRange),
}

/// Patterns, compiled, and as they were written.
#[derive(Debug)]
struct Patterns {
    globs: GlobSet,
    written: Vec<String>,
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
        let SelectorDocument {
            namespaces,
            namespace_selector,
            object_selector,
            submitters,
            languages,
            spark_versions,
        } = document;
        let mut problems = Vec::new();
        let mut conditions = Vec::new();
        if let Some(written) = namespaces {
            let place = PointerBuf::from_tokens(["namespaces"]);
            check_filled(written.is_empty(), &place, &mut problems);
            let globs = globs(&written, &place, &mut problems);
            conditions.push(Condition::Namespaces(Patterns { globs, written }));
        }
        if let Some(selector) = namespace_selector {
            let place = PointerBuf::from_tokens(["namespaceSelector"]);
            check_label_selector(&selector, &place, &mut problems);
            conditions.push(Condition::NamespaceLabels(selector));
        }
        if let Some(selector) = object_selector {
            let place = PointerBuf::from_tokens(["objectSelector"]);
            check_label_selector(&selector, &place, &mut problems);
            conditions.push(Condition::ObjectLabels(selector));
        }
        if let Some(document) = &submitters {
            let place = PointerBuf::from_tokens(["submitters"]);
            conditions.push(Condition::Submitters(Submitters::compile(
                document,
                &place,
                &mut problems,
            )));
        }
        if let Some(languages) = languages {
            let place = PointerBuf::from_tokens(["languages"]);
            check_filled(languages.is_empty(), &place, &mut problems);
            conditions.push(Condition::Languages(languages));
        }
        if let Some(range) = &spark_versions {
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
            Self::Namespaces(patterns) => match candidate.namespace {
                Some(namespace) => patterns.globs.is_match(namespace).into(),
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
    fn compile(document: &SubmittersDocument, place: &Pointer, problems: &mut Vec<Problem>) -> Self {
        let SubmittersDocument {
            service_accounts,
            groups,
            users,
        } = document;
        let is_empty = service_accounts.is_empty() && groups.is_empty() && users.is_empty();
        check_filled(is_empty, place, problems);
        let place_of_accounts = place.with_trailing_token("serviceAccounts");
        for (index, pattern) in service_accounts.iter().enumerate() {
            let parts = pattern.matches(':').count();
            if parts != 1 && pattern != "*" {
                let place = place_of_accounts.with_trailing_token(index);
                let account = pattern.strip_prefix(SERVICE_ACCOUNT).filter(|_| parts == 3);
                problems.push(
                    Problem::at(place, format!("`{pattern}` is no service account"))
                        .with_help(format!("write `{}`", account.unwrap_or("namespace:name"))),
                );
            }
        }
        Self {
            service_accounts: globs(service_accounts, &place_of_accounts, problems),
            groups: globs(groups, &place.with_trailing_token("groups"), problems),
            users: globs(users, &place.with_trailing_token("users"), problems),
        }
    }

    fn include(&self, submitter: Submitter<'_>) -> bool {
        service_account(submitter.username).is_some_and(|account| self.service_accounts.is_match(account))
            || self.users.is_match(submitter.username)
            || submitter
                .groups
                .iter()
                .filter_map(|group| group.as_str())
                .any(|group| self.groups.is_match(group))
    }
}

/// `namespace:name` of a service account's username (`SplitUsername` of `k8s.io/apiserver`); `None` for anybody else.
fn service_account(username: &str) -> Option<&str> {
    let account = username.strip_prefix(SERVICE_ACCOUNT)?;
    let (namespace, name) = account.split_once(':')?;
    let is_whole = !namespace.is_empty() && !name.is_empty() && !name.contains(':');
    is_whole.then_some(account)
}

fn globs(patterns: &[String], place: &Pointer, problems: &mut Vec<Problem>) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    for (index, pattern) in patterns.iter().enumerate() {
        match Glob::new(pattern) {
            Ok(glob) => {
                builder.add(glob);
            }
            Err(error) => problems.push(
                Problem::at(
                    place.with_trailing_token(index),
                    format!("`{pattern}` is no pattern: {}", error.kind()),
                )
                .with_help("write a name, in which `*` stands for any letters, `?` for one, and `{a,b}` for either"),
            ),
        }
    }
    builder.build().unwrap_or_else(|error| {
        problems.push(Problem::at(place.to_buf(), error.to_string()));
        GlobSet::empty()
    })
}

/// An empty list selects nothing, and an empty selector everything: whoever writes either meant something else.
fn check_filled(is_empty: bool, place: &Pointer, problems: &mut Vec<Problem>) {
    if is_empty {
        problems.push(
            Problem::at(place.to_buf(), "nothing is named here").with_help("name something, or leave the field out"),
        );
    }
}

fn check_label_selector(selector: &LabelSelector, place: &Pointer, problems: &mut Vec<Problem>) {
    check_filled(selector.is_empty(), place, problems);
    let labels = place.with_trailing_token("matchLabels");
    for (key, value) in &selector.match_labels {
        problems.extend(Problem::of_label(&labels, key, value));
    }
    for (index, expression) in selector.match_expressions.iter().enumerate() {
        let place = place.with_trailing_token("matchExpressions").with_trailing_token(index);
        if !label::is_key(&expression.key) {
            let message = format!("`{}` is no label key", expression.key);
            problems.push(Problem::at(place.with_trailing_token("key"), message).with_help(label::KEY_HELP));
        }
        let values = place.with_trailing_token("values");
        let takes_values = matches!(expression.operator, LabelOperator::In | LabelOperator::NotIn);
        match (takes_values, expression.values.is_empty()) {
            (true, true) => problems.push(
                Problem::at(values, "`In` and `NotIn` need values")
                    .with_help("write `values: [a, b]`, or the operator `Exists` or `DoesNotExist`"),
            ),
            (false, false) => problems.push(
                Problem::at(values, "`Exists` and `DoesNotExist` take no values")
                    .with_help("leave `values` out, or write the operator `In` or `NotIn`"),
            ),
            _ => {}
        }
    }
}
