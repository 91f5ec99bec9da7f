//! The files of pod templates that a job's properties name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::cli::inputs;
use crate::cli::manifests::Manifests;
use crate::cli::remarks::{Remarks, Source};
use crate::engine::json::Arena;
use crate::engine::workload::origin::Document;
use crate::engine::workload::{Located, RoleName, spark_submit};
use crate::engine::yaml::{self, Booleans};
use crate::report::remark::{Place, Remark, Severity};
use crate::report::{Failure, SourceFile};

/// The templates of driver and executor.
pub(super) struct Templates<'a> {
    files: [Option<TemplateFile<'a>>; 2],
    /// The roles whose templates are named, and not to be had: what pods they get cannot be told.
    pub(super) unread: Vec<RoleName>,
}

/// A template that was read.
struct TemplateFile<'a> {
    file: Rc<SourceFile>,
    role: RoleName,
    document: yaml::Document<'a>,
}

impl<'a> Templates<'a> {
    /// Reads the templates that the properties of a file name. Where one is not to be had, says why.
    pub(super) fn read(
        arena: &'a Arena,
        properties_file: &Path,
        source: &Source<'_, 'a>,
        properties: &Located<'a>,
        remarks: &mut Remarks,
    ) -> Self {
        let mut unread = Vec::new();
        let files = RoleName::ALL.map(|role| {
            let property = properties.get(spark_submit::template_property(role))?;
            let uri = property.json.as_str()?;
            let place = source.place(&property.pointer);
            let template = TemplateFile::read(arena, role, uri, place, properties_file, remarks);
            if template.is_none() {
                unread.push(role);
            }
            template
        });
        Self { files, unread }
    }

    /// The templates, for the engine.
    pub(super) fn located(&self) -> [Option<Located<'a>>; 2] {
        self.files.each_ref().map(|template| {
            let template = template.as_ref()?;
            Some(Located::root_of(
                Document::Template(template.role),
                template.document.root,
            ))
        })
    }

    /// The templates, as sources of what is said.
    pub(super) fn sources(&self) -> [Option<Source<'_, 'a>>; 2] {
        self.files.each_ref().map(|template| {
            template.as_ref().map(|template| Source {
                file: &template.file,
                positions: &template.document.positions,
            })
        })
    }
}

impl<'a> TemplateFile<'a> {
    /// Reads a template. A relative path begins in the working directory, as for `spark-submit`, or else beside the file of properties.
    fn read(
        arena: &'a Arena,
        role: RoleName,
        uri: &str,
        property: Place,
        properties_file: &Path,
        remarks: &mut Remarks,
    ) -> Option<Self> {
        let path = match local_path(uri) {
            Ok(path) => path,
            Err(scheme) => {
                let message =
                    format!("the {role}'s pod template cannot be read: nothing behind `{scheme}:` is fetched here");
                remarks.say_undone(&Remark::new(Severity::Error, message).at(property));
                return None;
            }
        };
        let (path, text) = match read_near(path, properties_file) {
            Ok(read) => read,
            Err(error) => {
                let message = format!(
                    "Spark could not load the {role}'s pod template: {}",
                    inputs::why(&error)
                );
                remarks.say(&Remark::new(Severity::Error, message).at(property));
                return None;
            }
        };
        Self::parse(arena, role, path.display().to_string(), &text, remarks)
    }

    fn parse(arena: &'a Arena, role: RoleName, name: String, text: &str, remarks: &mut Remarks) -> Option<Self> {
        let Manifests {
            file,
            documents,
            failures,
        } = Manifests::read_with(arena, name, arena.string(text), Booleans::OfYaml12);
        let mut refuse = |why: &str, at: Option<(u32, u32)>| {
            let message = format!("Spark could not load the {role}'s pod template: {why}");
            let name = file.name.clone();
            remarks.say(&Remark::new(Severity::Error, message).at(Place::File { name, at }));
        };
        if !failures.is_empty() {
            for Failure { message, at, .. } in &failures {
                refuse(message, *at);
            }
            return None;
        }
        match spark_submit::template(documents) {
            Ok(document) => Some(Self { file, role, document }),
            Err((error, position)) => {
                refuse(&error.to_string(), Some((position.line, position.column)));
                None
            }
        }
    }
}

/// The path that a template's address names; where it names none of this machine, its scheme.
fn local_path(uri: &str) -> Result<&Path, &str> {
    match uri.split_once(':') {
        Some(("file" | "local", path)) => {
            // `file:///a` and `file:/a` are the same.
            Ok(Path::new(path.strip_prefix("//").unwrap_or(path)))
        }
        Some((scheme, _)) if is_scheme(scheme) => Err(scheme),
        _ => Ok(Path::new(uri)),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn read_near(path: &Path, properties_file: &Path) -> io::Result<(PathBuf, String)> {
    let beside = properties_file.with_file_name(path);
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_relative() => {
            // Of two files that are not there, the one to name is the one that Spark looks for.
            fs::read_to_string(&beside)
                .map(|text| (beside, text))
                .map_err(|_| error)
        }
        read => read.map(|text| (path.to_owned(), text)),
    }
}
