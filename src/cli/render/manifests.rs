//! The jobs of a file of manifests.

use super::{Setting, rendered, unknown_version};
use crate::cli::inputs::Input;
use crate::cli::manifests::{self, Manifests, UNNAMED};
use crate::cli::remarks::{Remarks, Sources};
use crate::engine::preview;
use crate::engine::request::Request;
use crate::report::pods::RenderedJob;

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
            let sources = Sources::of_manifest(&file, document, &object.at);
            match preview::of_application(setting.policies, &request, &setting.cluster.facts(request.namespace)) {
                Ok(None) => continue,
                Ok(Some(preview)) => {
                    if let Some(note) = unknown_version(preview.workload.spark_version) {
                        remarks.say(&note.at(sources.object.place(&object.at)));
                    }
                    remarks.say_of(&preview, &sources);
                    jobs.push(rendered(object.name().unwrap_or(UNNAMED), &preview, &[]));
                }
                Err(error) => remarks.say(&sources.untold(&error)),
            }
            seen = true;
        }
    }
    if !seen {
        remarks.fail(input.without_applications());
    }
    jobs
}
