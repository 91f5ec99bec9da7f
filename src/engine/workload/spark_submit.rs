//! A job that somebody hands to `spark-submit` themselves, with a file of properties.

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::draft::Draft;
use super::submission::{IMAGE, NAMESPACE, Submission};
use super::template::NotAPod;
use super::{Language, Located, Origin, Properties, RoleName, Workload};
use crate::engine::finding::Blame;
use crate::engine::json::{Arena, Json};
use crate::engine::spark_property::PREFIX;
use crate::engine::spark_version::SparkVersion;
use crate::engine::yaml::{Document, Position};

/// What somebody gives to `spark-submit`.
#[derive(Clone, Debug)]
pub struct Invocation<'a> {
    /// The file of properties: one object of strings.
    pub properties: Located<'a>,
    /// What the job is written in.
    pub language: Language,
    /// The version of Spark.
    pub spark_version: SparkVersion,
    /// What is in the files that the properties name as pod templates of driver and executor.
    pub templates: [Option<Located<'a>>; 2],
    /// Who submits.
    pub user: &'a str,
    /// The namespace, where the properties do not say it.
    pub namespace: Option<&'a str>,
}

/// The property that names the file of a role's pod template.
#[must_use]
pub const fn template_property(role: RoleName) -> &'static str {
    match role {
        RoleName::Driver => "spark.kubernetes.driver.podTemplateFile",
        RoleName::Executor => "spark.kubernetes.executor.podTemplateFile",
    }
}

/// The properties of a file that `spark-submit` leaves out.
pub fn ignored<'a>(properties: &Located<'a>) -> impl Iterator<Item = (&'a str, Located<'a>)> {
    properties.members().filter(|(name, _)| !name.starts_with(PREFIX))
}

/// The job that Spark will make of it.
#[must_use]
pub fn workload<'a>(arena: &'a Arena, invocation: Invocation<'a>) -> Workload<'a> {
    let Invocation {
        properties: file,
        language,
        spark_version,
        templates,
        user,
        namespace,
    } = invocation;
    let mut properties = Properties::default();
    if let Some(namespace) = namespace {
        properties.set(NAMESPACE, namespace, Origin::Default("the command line"));
    }
    for (name, property) in file.members().filter(|(name, _)| name.starts_with(PREFIX)) {
        if let Some(value) = property.json.as_str() {
            properties.set(name, value, property.origin());
        }
    }
    let submission = Submission {
        language: Some(language),
        spark_version: Some(spark_version),
        submitter_version: None,
        application_id: None,
        properties,
        main_class: None,
        main_file: None,
        arguments: Vec::new(),
        proxy_user: None,
        templates: templates.map(|template| template.map(|template| with_texts(arena, template))),
        user,
        image_setting: IMAGE,
        sections: RoleName::ALL.map(|_| PointerBuf::root()),
    };
    submission.into_workload(arena, |_, _| {})
}

/// A template as Spark reads it: what has to be text is, even where it is written as a number or a boolean.
fn with_texts<'a>(arena: &'a Arena, template: Located<'a>) -> Draft<'a> {
    let mut template = Draft::from(template);
    for [parent, map] in [
        ["metadata", "labels"],
        ["metadata", "annotations"],
        ["spec", "nodeSelector"],
    ] {
        let map = template.get(parent).and_then(|parent| parent.get(map));
        for (_, value) in map.into_iter().flat_map(Draft::members) {
            make_text(arena, value);
        }
    }
    for list in ["containers", "initContainers"] {
        let containers = template.get("spec").and_then(|spec| spec.get(list));
        for container in containers.into_iter().flat_map(Draft::items) {
            for variable in container.get("env").into_iter().flat_map(Draft::items) {
                for key in ["name", "value"] {
                    variable.get(key).into_iter().for_each(|value| make_text(arena, value));
                }
            }
        }
    }
    template
}

fn make_text<'a>(arena: &'a Arena, value: &mut Draft<'a>) {
    match value.json() {
        Some(Json::Number(number)) => value.replace(Json::String(arena.string(&number.to_string()))),
        Some(Json::Bool(boolean)) => value.replace(Json::String(if boolean { "true" } else { "false" })),
        _ => {}
    }
}

/// Why a file is no pod template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError<'a> {
    /// There is nothing in it.
    #[error("a pod template is one pod, and this file is empty")]
    Empty,
    /// There are several documents in it.
    #[error("a pod template is one pod, and this file has {0} documents")]
    Several(usize),
    /// It is something else.
    #[error("a pod template is a pod, and this is {0}")]
    NotAPod(NotAPod<'a>),
    /// A part of it has another shape than that of a pod.
    #[error("`{field}` of a pod is {expected}, and this is {found}")]
    Misshapen {
        /// The part.
        field: &'static str,
        /// What it is in a pod, such as "a list".
        expected: &'static str,
        /// What it is here.
        found: &'static str,
    },
}

/// Parts of a pod without which nothing in it is what it looks like, and what they are.
const SHAPES: [(&[&str], &str); 5] = [
    (&["metadata"], "an object"),
    (&["spec"], "an object"),
    (&["spec", "containers"], "a list"),
    (&["spec", "initContainers"], "a list"),
    (&["spec", "volumes"], "a list"),
];

/// The pod template that a file of these documents is.
///
/// # Errors
/// It is none, with the place that shows it.
pub fn template<'a>(documents: Vec<Document<'a>>) -> Result<Document<'a>, (TemplateError<'a>, Position)> {
    let [document] = <[Document<'a>; 1]>::try_from(documents).map_err(|documents| {
        let second = documents
            .get(1)
            .map(|document| document.positions.nearest(Pointer::root(), Blame::Value));
        let error = match documents.len() {
            0 => TemplateError::Empty,
            several => TemplateError::Several(several),
        };
        (error, second.unwrap_or(Position::START))
    })?;
    let found = match NotAPod::to_spark(document.root) {
        Some(why @ NotAPod::OfKind(_)) => Some((PointerBuf::from_tokens(["kind"]), TemplateError::NotAPod(why))),
        Some(why) => Some((PointerBuf::root(), TemplateError::NotAPod(why))),
        None => misshapen(document.root),
    };
    match found {
        Some((place, error)) => Err((error, document.positions.nearest(&place, Blame::Value))),
        None => Ok(document),
    }
}

/// The first part of a pod that has another shape, and where it is.
fn misshapen(pod: Json<'_>) -> Option<(PointerBuf, TemplateError<'static>)> {
    SHAPES.iter().find_map(|(path, expected)| {
        let part = path.iter().try_fold(pod, |json, key| json.get(key))?;
        let error = TemplateError::Misshapen {
            field: path.last()?,
            expected,
            found: part.kind(),
        };
        (part.kind() != *expected).then(|| (PointerBuf::from_tokens(path.iter().copied()), error))
    })
}
