//! `metadata`: labels and annotations of applications and pods, fixed or taken from other labels.
//!
//! ## What it does
//! Gives an application its labels and annotations when it is created, and its pods theirs when they are. A value is written in the
//! policy, or is that of a label of the application, of the pod, or of the namespace. Where there is no such label, the entry's
//! `default` is taken, and without one nothing is set. Labels of a namespace that are not known are not guessed: nothing is set then, the
//! default neither. An entry with `roles: [driver]` or `roles: [executor]` is about those pods alone, and not about the application.
//!
//! ## Why
//! Costs are told apart by labels, and whoever writes an application forgets them. What the platform knows already, it should not ask for.
//!
//! ## Policy
//! ```yaml
//! - name: cost-labels
//!   onConflict: keep                      # keep what the application says | override | deny
//!   metadata:
//!     labels:
//!       cost-centre: {namespaceLabel: cost-centre, default: unassigned}
//!       team: {applicationLabel: team}    # nothing where the application has none
//!       platform: {value: spark}
//!     annotations:
//!       acme.com/pod-of: {podLabel: spark-app-name}
//! ```

use std::collections::BTreeMap;

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use super::{ApplicationContext, Editor, Mutation, PodContext};
use crate::engine::json::Json;
use crate::engine::label;
use crate::engine::patch::PatchError;
use crate::engine::policy::document::Problem;
use crate::engine::workload::pod;

/// The field of a policy entry that the mutation is written in.
pub const NAME: &str = "metadata";

const LABELS: &Pointer = Pointer::from_static("/metadata/labels");
const ANNOTATIONS: &Pointer = Pointer::from_static("/metadata/annotations");

/// The labels and annotations to give.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    #[serde(default)]
    labels: BTreeMap<String, MetadataValue>,
    #[serde(default)]
    annotations: BTreeMap<String, MetadataValue>,
}

/// Where a value comes from: exactly one of the first four is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct MetadataValue {
    value: Option<String>,
    application_label: Option<String>,
    pod_label: Option<String>,
    namespace_label: Option<String>,
    /// What to take where there is no such label.
    default: Option<String>,
}

/// Where labels can be found.
struct LabelSources<'s> {
    /// `None` where there is no application, or it is not known yet.
    application: &'s dyn Fn(&str) -> Option<&'s str>,
    pod: &'s dyn Fn(&str) -> Option<&'s str>,
    /// `None` when the labels are not known.
    namespace: Option<&'s BTreeMap<String, String>>,
}

impl MetadataValue {
    /// The value to set; `None` for nothing.
    fn resolve<'s>(&'s self, sources: &LabelSources<'s>) -> Option<&'s str> {
        let found = match self {
            Self { value: Some(value), .. } => Some(value.as_str()),
            Self {
                application_label: Some(key),
                ..
            } => (sources.application)(key),
            Self {
                pod_label: Some(key), ..
            } => (sources.pod)(key),
            Self {
                namespace_label: Some(key),
                ..
            } => sources.namespace?.get(key).map(String::as_str),
            _ => None,
        };
        found.or(self.default.as_deref())
    }

    fn label_keys(&self) -> [(&'static str, Option<&String>); 3] {
        [
            ("applicationLabel", self.application_label.as_ref()),
            ("podLabel", self.pod_label.as_ref()),
            ("namespaceLabel", self.namespace_label.as_ref()),
        ]
    }

    fn problems(&self, place: &Pointer) -> Vec<Problem> {
        let mut problems = Vec::new();
        let labels = self.label_keys();
        let sources = labels.iter().filter(|(_, key)| key.is_some()).count() + usize::from(self.value.is_some());
        if sources != 1 {
            problems.push(
                Problem::at(
                    place.to_buf(),
                    format!("a value comes from one place, and this from {sources}"),
                )
                .with_help("give it one of `value`, `applicationLabel`, `podLabel`, `namespaceLabel`"),
            );
        }
        if let (Some(_), Some(_)) = (&self.value, &self.default) {
            problems.push(
                Problem::at_key(place.with_trailing_token("default"), "a fixed value needs no default")
                    .with_help("leave `default` out"),
            );
        }
        for (field, key) in labels {
            if let Some(key) = key.filter(|key| !label::is_key(key)) {
                problems.push(
                    Problem::at(place.with_trailing_token(field), format!("`{key}` is no label key"))
                        .with_help(label::KEY_HELP),
                );
            }
        }
        problems
    }

    /// What of it would stand in a label as it is.
    fn written(&self) -> impl Iterator<Item = (&'static str, &String)> {
        [("value", &self.value), ("default", &self.default)]
            .into_iter()
            .filter_map(|(field, value)| Some((field, value.as_ref()?)))
    }
}

impl Metadata {
    fn change<'s>(&'s self, sources: &LabelSources<'s>, editor: &mut Editor<'_, '_>) -> Result<(), PatchError> {
        for (parent, noun, values) in [
            (LABELS, "label", &self.labels),
            (ANNOTATIONS, "annotation", &self.annotations),
        ] {
            for (key, value) in values {
                let Some(wanted) = value.resolve(sources) else { continue };
                let text = Json::String(editor.arena().string(wanted));
                editor.set(&parent.with_trailing_token(key.as_str()), text, |_| {
                    (
                        format!("the {noun} `{key}` says something else than the policy"),
                        format!("leave `{key}` out, or write `{key}: {wanted}`"),
                    )
                })?;
            }
        }
        Ok(())
    }
}

impl Mutation for Metadata {
    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.labels.is_empty() && self.annotations.is_empty() {
            problems.push(
                Problem::at(PointerBuf::root(), "the mutation gives no metadata")
                    .with_help("give it `labels` or `annotations`"),
            );
        }
        let labels = PointerBuf::from_tokens(["labels"]);
        for (key, value) in &self.labels {
            let place = labels.with_trailing_token(key.as_str());
            if pod::is_label_of_spark(key) {
                problems.push(
                    Problem::at_key(place.clone(), format!("`{key}` is for Spark and its operators to set"))
                        .with_help("choose another key"),
                );
            }
            problems.extend(value.problems(&place));
            for (field, text) in value.written().filter(|(_, text)| !label::is_value(text)) {
                problems.push(
                    Problem::at(place.with_trailing_token(field), format!("`{text}` is no label value"))
                        .with_help(label::VALUE_HELP),
                );
            }
        }
        let annotations = PointerBuf::from_tokens(["annotations"]);
        for (key, value) in &self.annotations {
            problems.extend(value.problems(&annotations.with_trailing_token(key.as_str())));
        }
        for (parent, key) in self
            .labels
            .keys()
            .map(|key| (&labels, key))
            .chain(self.annotations.keys().map(|key| (&annotations, key)))
        {
            if !label::is_key(key) {
                let message = format!("`{key}` is no key of metadata");
                problems.push(
                    Problem::at_key(parent.with_trailing_token(key.as_str()), message).with_help(label::KEY_HELP),
                );
            }
        }
        problems
    }

    fn change_pod(&self, context: &PodContext<'_>, editor: &mut Editor<'_, '_>) -> Result<(), PatchError> {
        let own = editor.get(LABELS);
        let sources = LabelSources {
            application: &|key| context.application?.labels.get(key).map(String::as_str),
            pod: &|key| own?.get(key)?.as_str(),
            namespace: context.namespace_labels,
        };
        self.change(&sources, editor)
    }

    /// The labels of pods are theirs alone: what comes from them is set on them.
    fn change_application<'a>(
        &self,
        context: &ApplicationContext<'_, 'a>,
        editor: &mut Editor<'_, 'a>,
    ) -> Result<(), PatchError> {
        let own = editor.get(LABELS);
        let sources = LabelSources {
            application: &|key| own?.get(key)?.as_str(),
            pod: &|_| None,
            namespace: context.namespace_labels,
        };
        self.change(&sources, editor)
    }

    fn changes_applications(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
