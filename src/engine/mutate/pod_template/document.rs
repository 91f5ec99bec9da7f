//! A template as a policy says it: inline, or by the name of a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;
use serde_json::Value;

use super::{PodTemplate, Reference, Template};
use crate::engine::json::Arena;
use crate::engine::policy::document::Problem;
use crate::engine::suggest::did_you_mean;

pub(super) const FILE: &str = "file";
pub(super) const INLINE: &str = "inline";

/// A `podTemplate`: exactly one of its fields is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PodTemplateDocument {
    /// A file of the policy directory that holds the template, by its name.
    file: Option<String>,
    /// The template itself.
    inline: Option<Value>,
}

impl PodTemplateDocument {
    /// Finds the template, or reads it.
    ///
    /// # Errors
    /// No template or two, a file that there is not, or everything that is wrong with what is written inline.
    pub fn compile(&self, files: &TemplateFiles) -> Result<PodTemplate, Vec<Problem>> {
        let root = PointerBuf::root();
        match (&self.file, &self.inline) {
            (Some(name), None) => {
                let template = files
                    .find(name)
                    .map_err(|problem| vec![problem.below(&pointer(FILE))])?;
                Ok(PodTemplate {
                    template,
                    reference: Reference::File,
                })
            }
            (None, Some(pod)) => {
                let arena = Arena::new();
                let template = Template::read(arena.import(pod)).map_err(|problems| {
                    problems
                        .into_iter()
                        .map(|problem| problem.below(&pointer(INLINE)))
                        .collect::<Vec<_>>()
                })?;
                Ok(PodTemplate {
                    template: Arc::new(template),
                    reference: Reference::Inline,
                })
            }
            (None, None) => Err(vec![
                Problem::at(root, "the mutation has no template").with_help("give it `file` or `inline`"),
            ]),
            (Some(_), Some(_)) => Err(vec![
                Problem::at(root, "the mutation has two templates").with_help("leave out `file` or `inline`"),
            ]),
        }
    }
}

fn pointer(field: &str) -> PointerBuf {
    PointerBuf::from_tokens([field])
}

/// The templates among the files of the policy directory, by the names of the files.
#[derive(Debug, Default)]
pub struct TemplateFiles(BTreeMap<String, Arc<Template>>);

impl TemplateFiles {
    /// Adds the template of a file. False where the file has one already.
    pub fn add(&mut self, file: &str, template: Template) -> bool {
        self.0.insert(file.to_owned(), Arc::new(template)).is_none()
    }

    fn find(&self, name: &str) -> Result<Arc<Template>, Problem> {
        self.0.get(name).cloned().ok_or_else(|| {
            let message = format!("no file `{name}` of the policy directory holds a pod template");
            let problem = Problem::at(PointerBuf::root(), message);
            match did_you_mean(name, self.0.keys().map(String::as_str)) {
                Some(meant) => problem.with_help(format!("did you mean `{meant}`?")),
                None => problem.with_help(
                    "put a manifest of `apiVersion: v1` and `kind: Pod` right into the directory, and write the name of its file",
                ),
            }
        })
    }
}
