//! The pod templates among the files of a policy directory.

use json_patch::jsonptr::PointerBuf;

use super::{PolicyError, Problem, Written};
use crate::engine::json::Json;
use crate::engine::mutate::pod_template::{Template, TemplateFiles};

/// Whether a document is a Pod manifest.
pub(super) fn is_template(written: &Written<'_>) -> bool {
    let text = |key| written.document.root.get(key).and_then(Json::as_str);
    text("apiVersion") == Some("v1") && text("kind") == Some("Pod")
}

/// Reads them all. One with errors counts as one that says nothing, so that whoever refers to it is not told the same again.
pub(super) fn collect(documents: &[Written<'_>], errors: &mut Vec<PolicyError>) -> TemplateFiles {
    let mut templates = TemplateFiles::default();
    for written in documents {
        let template = Template::read(written.document.root).unwrap_or_else(|problems| {
            errors.extend(problems.into_iter().map(|problem| written.place(problem)));
            Template::default()
        });
        if !templates.add(file_name(written.file), template) {
            let kind = PointerBuf::from_tokens(["kind"]);
            let problem = Problem::at(kind, "the file has a pod template already, and is named to mean one")
                .with_help("give each template a file of its own");
            errors.push(written.place(problem));
        }
    }
    templates
}

/// What policies call a file by: its name, without the directory.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
