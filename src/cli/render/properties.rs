//! The job of a file of properties, as `spark-submit` makes it.

use std::env;
use std::path::Path;
use std::rc::Rc;
use std::slice;

use anyhow::Context;
use json_patch::jsonptr::Pointer;

use super::templates::Templates;
use super::{Setting, rendered, unknown_version};
use crate::cli::inputs::Input;
use crate::cli::remarks::{Remarks, Source, Sources};
use crate::engine::json::Json;
use crate::engine::preview;
use crate::engine::properties_file::{self, PropertiesFile};
use crate::engine::request::Request;
use crate::engine::spark_version::SparkVersion;
use crate::engine::validate::well_formed::properties::unread;
use crate::engine::workload::spark_submit::{self, Invocation};
use crate::engine::workload::submission::{APP_NAME, DEFAULT_APP_NAME, DEFAULT_NAMESPACE, NAMESPACE};
use crate::engine::workload::{Language, Located};
use crate::engine::yaml::Position;
use crate::report::SourceFile;
use crate::report::pods::RenderedJob;
use crate::report::redact::redact;
use crate::report::remark::{Place, Remark, Severity};

/// The job that a file of properties describes; `None` where nothing can be told of it.
///
/// # Errors
/// Nothing tells who submits the job.
pub(super) fn render<'a>(
    path: &Path,
    language: Language,
    version: SparkVersion,
    setting: &Setting<'_, 'a>,
    remarks: &mut Remarks,
) -> anyhow::Result<Option<RenderedJob<'a>>> {
    let arena = setting.arena;
    let input = Input::of(path);
    let text = match input.read() {
        Ok(text) => text,
        Err(failure) => {
            remarks.fail(failure);
            return Ok(None);
        }
    };
    let file = properties_file::parse(arena, &text);
    let source_file = Rc::new(SourceFile {
        name: input.name(),
        text: redact(&text, slice::from_ref(&file.document)),
    });
    let source = Source {
        file: &source_file,
        positions: &file.document.positions,
    };
    let root = Located::root(file.document.root);
    say_of_lines(&file, &root, &source_file.name, remarks);
    say_of_unread(&root, version, &source, remarks);
    if let Some(note) = unknown_version(Some(version)) {
        remarks.say(&note);
    }
    let property = |name| root.json.get(name).and_then(Json::as_str);
    let name = property(APP_NAME).unwrap_or_else(|| {
        let name = DEFAULT_APP_NAME;
        let message = format!("`{APP_NAME}` is not set: the pods are those of a job named `{name}`");
        let help = Some("spark-submit names a job after its main class or its file".to_owned());
        let place = Place::File {
            name: source_file.name.clone(),
            at: None,
        };
        remarks.say(&Remark::new(Severity::Note, message).at(place).with_help(help));
        name
    });
    let namespace = property(NAMESPACE).or(setting.namespace);

    let templates = Templates::read(arena, path, &source, &root, remarks);
    let invocation = Invocation {
        properties: root,
        language,
        spark_version: if version.is_too_new() {
            SparkVersion::NEWEST_KNOWN
        } else {
            version
        },
        templates: templates.located(),
        user: arena.string(&submitter()?),
        namespace: setting.namespace,
    };
    let request = Request::of_job(arena, name, namespace.unwrap_or(DEFAULT_NAMESPACE));
    let workload = spark_submit::workload(arena, invocation);
    let facts = setting.cluster.facts(request.namespace);
    let preview = match preview::of_workload(setting.policies, &request, &facts, workload) {
        Ok(preview) => preview,
        Err(error) => {
            remarks.say(&Remark::new(Severity::Error, error.to_string()).at(source.place(Pointer::root())));
            return Ok(None);
        }
    };
    let sources = Sources {
        object: source,
        at: Pointer::root(),
        templates: templates.sources(),
    };
    remarks.say_of(&preview, &sources);
    Ok(Some(rendered(name, &preview, &templates.unread)))
}

/// What there is to say about single lines. They are not shown: what could not be read, could not be made illegible either.
fn say_of_lines(file: &PropertiesFile<'_>, root: &Located<'_>, name: &str, remarks: &mut Remarks) {
    let place = |Position { line, column, .. }| Place::File {
        name: name.to_owned(),
        at: Some((line, column)),
    };
    let problems = file.problems.iter().map(|problem| {
        let severity = if problem.kind.is_error() {
            Severity::Error
        } else {
            Severity::Warning
        };
        let remark = Remark::new(severity, problem.kind.to_string()).with_help(problem.kind.help());
        (problem.position, remark)
    });
    let ignored = spark_submit::ignored(root).map(|(name, property)| {
        let position = file
            .document
            .positions
            .key(&property.pointer)
            .unwrap_or(Position::START);
        let message = format!("`{name}` does not begin with `spark.`: spark-submit leaves it out");
        (position, Remark::new(Severity::Warning, message))
    });
    let mut remarks_of_lines: Vec<(Position, Remark)> = problems.chain(ignored).collect();
    remarks_of_lines.sort_by_key(|(position, _)| position.start);
    for (position, remark) in remarks_of_lines {
        remarks.say(&remark.at(place(position)));
    }
}

/// What Spark does not read is no reason for it to refuse: the pods come out as if it were not there.
fn say_of_unread(root: &Located<'_>, version: SparkVersion, source: &Source<'_, '_>, remarks: &mut Remarks) {
    let without_prefix: Vec<_> = spark_submit::ignored(root)
        .map(|(_, property)| property.pointer)
        .collect();
    for violation in unread(root, Some(version), &[]) {
        // Of what does not even begin with `spark.`, that is said already.
        if !without_prefix.contains(&violation.pointer) {
            let place = Place::find(source.file, source.positions, &violation.pointer, violation.blame);
            let remark = Remark::new(Severity::Warning, violation.message).with_help(violation.help);
            remarks.say(&remark.at(place));
        }
    }
}

/// Who submits, as Spark and Hadoop find it out.
fn submitter() -> anyhow::Result<String> {
    env::var("SPARK_USER")
        .or_else(|_| env::var("HADOOP_USER_NAME"))
        .or_else(|_| whoami::username())
        .context("nothing tells who submits the job: set SPARK_USER")
}
