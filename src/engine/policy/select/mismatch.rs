//! Why a policy is not about a candidate, in plain words. Nobody asks at admission, so nothing of it is worked out there.

use super::{Candidate, Condition, Holds, Job, LabelExpression, LabelOperator, LabelSelector, Selector};
use crate::engine::json::Json;

impl Selector {
    /// Why not every condition holds: the first that does not.
    #[must_use]
    pub fn why_not_all_hold(&self, candidate: &Candidate<'_>) -> Option<String> {
        self.conditions
            .iter()
            .find(|condition| condition.holds(candidate) == Holds::No)
            .map(|condition| condition.why_not(candidate))
    }

    /// Why some condition holds: the first that does.
    #[must_use]
    pub fn why_any_holds(&self, candidate: &Candidate<'_>) -> Option<String> {
        self.conditions
            .iter()
            .find(|condition| condition.holds(candidate) == Holds::Yes)
            .map(|condition| condition.why(candidate))
    }
}

impl Condition {
    /// Why the condition, which does not hold, does not.
    fn why_not(&self, candidate: &Candidate<'_>) -> String {
        match self {
            Self::Namespaces(patterns) => format!(
                "namespace `{}` is not one of {}",
                candidate.namespace.unwrap_or_default(),
                quoted(&patterns.written)
            ),
            Self::NamespaceLabels(selector) => {
                let label = |key: &str| Some(candidate.namespace_labels?.get(key)?.as_str());
                why_labels_differ(selector, label, "its namespace", " of its namespace")
            }
            Self::ObjectLabels(selector) => {
                let label = |key: &str| candidate.labels?.get(key).and_then(Json::as_str);
                why_labels_differ(selector, label, "it", "")
            }
            Self::Submitters(_) => match candidate.job {
                Some(Job {
                    submitter: Some(submitter),
                    ..
                }) => format!("`{}` is not one of the submitters", submitter.username),
                _ => "a pod does not tell who submitted its job".to_owned(),
            },
            Self::Languages(languages) => match candidate.job.map(|job| job.language) {
                None => "a pod does not tell what its job is written in".to_owned(),
                Some(None) => "its language cannot be told".to_owned(),
                Some(Some(language)) => format!("its language is {language}, not {}", either(languages)),
            },
            Self::SparkVersions(range) => match candidate.job.map(|job| job.spark_version) {
                None => "a pod does not tell the version of Spark".to_owned(),
                Some(None) => "its version of Spark cannot be told".to_owned(),
                Some(Some(version)) => format!("its Spark, {version}, is not {range}"),
            },
        }
    }

    /// Why the condition, which holds, does.
    fn why(&self, candidate: &Candidate<'_>) -> String {
        match self {
            Self::Namespaces(_) => format!("namespace `{}`", candidate.namespace.unwrap_or_default()),
            Self::NamespaceLabels(_) => "the labels of its namespace".to_owned(),
            Self::ObjectLabels(_) => "its labels".to_owned(),
            Self::Submitters(_) => "who submits it".to_owned(),
            Self::Languages(_) => "its language".to_owned(),
            Self::SparkVersions(range) => format!("its Spark, which is {range}"),
        }
    }
}

/// The first label that is not as the selector wants it. `who` has the labels; `whose` follows the name of one.
fn why_labels_differ<'l>(
    selector: &LabelSelector,
    label: impl Fn(&str) -> Option<&'l str>,
    who: &str,
    whose: &str,
) -> String {
    let differs = |key: &str, wanted: &str| match label(key) {
        Some(value) => format!("label `{key}`{whose} is `{value}`, {wanted}"),
        None => format!("{who} has no label `{key}`"),
    };
    let of_labels = selector
        .match_labels
        .iter()
        .find(|(key, value)| label(key) != Some(value.as_str()))
        .map(|(key, value)| differs(key, &format!("not `{value}`")));
    let of_expressions = || {
        let failing = selector
            .match_expressions
            .iter()
            .find(|expression| !expression.holds(&label))?;
        let LabelExpression { key, operator, values } = failing;
        Some(match operator {
            LabelOperator::In | LabelOperator::Exists => differs(key, &format!("not one of {}", quoted(values))),
            LabelOperator::NotIn => format!("label `{key}`{whose} may not be `{}`", label(key).unwrap_or_default()),
            LabelOperator::DoesNotExist => format!("{who} has the label `{key}`"),
        })
    };
    of_labels.or_else(of_expressions).unwrap_or_default()
}

fn quoted(texts: &[String]) -> String {
    format!("`{}`", texts.join("`, `"))
}

/// `Python or R`.
fn either(languages: &[impl ToString]) -> String {
    let names: Vec<String> = languages.iter().map(ToString::to_string).collect();
    names.join(" or ")
}
