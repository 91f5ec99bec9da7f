//! The jobs of a file of manifests.

use super::remarks::{Remarks, Source, Sources};
use super::{Setting, rendered};
use crate::cli::inputs::Input;
use crate::cli::manifests::{self, Manifests};
use crate::engine::json::Json;
use crate::engine::preview::{self, PreviewError};
use crate::engine::request::Request;
use crate::report::Failure;
use crate::report::pods::RenderedJob;
use crate::report::remark::{Remark, Severity};

/// The pods of every application in a file.
pub(super) fn render<'a>(input: &Input, setting: &Setting<'_, 'a>, remarks: &mut Remarks) -> Vec<RenderedJob<'a>> {
    let text = match input.read() {
        Ok(text) => setting.arena.string(&text),
        Err(failure) => {
            remarks.fail(failure);
            return Vec::new();
        }
    };
    let Manifests {
        file,
        documents,
        failures,
    } = Manifests::read(setting.arena, input.name(), text);
    let mut jobs = Vec::new();
    let mut seen = !failures.is_empty();
    for failure in failures {
        remarks.fail(failure);
    }
    for document in &documents {
        for object in manifests::objects(setting.arena, document) {
            let Some(request) = Request::of_manifest(setting.arena, object.manifest, setting.namespace) else {
                continue;
            };
            let sources = Sources {
                object: Source {
                    file: &file,
                    positions: &document.positions,
                },
                at: &object.at,
                templates: [None, None],
            };
            match preview::of_application(setting.policies, &request, &setting.facts) {
                Ok(None) => continue,
                Ok(Some(preview)) => {
                    remarks.say_of(&preview, &sources);
                    jobs.push(rendered(name(object.manifest), &preview, &[]));
                }
                Err(error) => remarks.say(&untold(&error, &sources)),
            }
            seen = true;
        }
    }
    if !seen {
        remarks.fail(Failure {
            file: file.name.clone(),
            at: None,
            message: "there is no Spark application in this".to_owned(),
            help: None,
        });
    }
    jobs
}

fn name(manifest: Json<'_>) -> &str {
    let metadata = |key| manifest.at(["metadata", key]).and_then(Json::as_str);
    metadata("name").or(metadata("generateName")).unwrap_or("(no name)")
}

/// Why there are no pods of an application.
fn untold(error: &PreviewError, sources: &Sources<'_, '_>) -> Remark {
    let remark = Remark::new(Severity::Error, error.to_string());
    match error {
        PreviewError::UnknownApi(violation) => remark
            .at(sources.place(&violation.pointer))
            .with_help(violation.help.clone()),
        PreviewError::Shape(_) => remark.at(sources.object.place(sources.at)),
    }
}
