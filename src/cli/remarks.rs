//! What goes to standard error, and the exit code that follows from it.

use std::io::{self, Write};
use std::rc::Rc;

use json_patch::jsonptr::Pointer;

use super::Exit;
use crate::engine::finding::{Blame, Enforcement};
use crate::engine::preview::{Preview, PreviewError};
use crate::engine::validate::Violation;
use crate::engine::workload::{Document, Origin, Refusal, RoleName};
use crate::engine::yaml::{self, Positions};
use crate::report::remark::{Place, Remark, Severity};
use crate::report::{Failure, PlacedFinding, SourceFile, human};

/// All that is said about the jobs. Kept until the pods are written, so that it is what a terminal shows last.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    text: Vec<u8>,
    exit: Exit,
}

/// What a job was read from.
pub(super) struct Sources<'s, 'a> {
    /// The object, or the file of properties.
    pub(super) object: Source<'s, 'a>,
    /// Where in its document the object stands.
    pub(super) at: &'s Pointer,
    /// The files of pod templates.
    pub(super) templates: [Option<Source<'s, 'a>>; 2],
}

/// A document, and the file that it stands in.
pub(super) struct Source<'s, 'a> {
    pub(super) file: &'s Rc<SourceFile>,
    pub(super) positions: &'s Positions<'a>,
}

impl<'s, 'a> Sources<'s, 'a> {
    /// An object of a manifest, which no file of a template comes with.
    pub(super) fn of_manifest(file: &'s Rc<SourceFile>, document: &'s yaml::Document<'a>, at: &'s Pointer) -> Self {
        Self {
            object: Source {
                file,
                positions: &document.positions,
            },
            at,
            templates: [None, None],
        }
    }
}

impl Source<'_, '_> {
    pub(super) fn place(&self, pointer: &Pointer) -> Place {
        Place::find(self.file, self.positions, pointer, Blame::Value)
    }
}

impl Remarks {
    /// Something to say. An error is something that Spark would refuse.
    pub(super) fn say(&mut self, remark: &Remark) {
        if remark.severity == Severity::Error {
            self.raise(Exit::Denied);
        }
        self.block(|text| human::write_remark(remark, text));
    }

    /// Something that could not be done.
    pub(super) fn say_undone(&mut self, remark: &Remark) {
        self.raise(Exit::Failed);
        self.say(remark);
    }

    /// Something that could not be read.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.say_undone(&failure.into());
    }

    /// All that is to be said about a preview.
    pub(super) fn say_of(&mut self, preview: &Preview<'_>, sources: &Sources<'_, '_>) {
        let malformed = preview.malformed.iter().map(|violation| sources.violation(violation));
        let refused = preview.refusals.iter().map(|refusal| sources.refusal(refusal, preview));
        let mut refusals: Vec<Remark> = malformed.chain(refused).collect();
        refusals.sort_by_key(|refusal| refusal.place.start());
        for refusal in &refusals {
            self.say(refusal);
        }
        for conflict in &preview.conflicts {
            if conflict.enforcement == Enforcement::Deny {
                self.raise(Exit::Denied);
            }
            let placed = PlacedFinding::place(conflict.clone(), sources.at, sources.object.positions);
            self.block(|text| human::write_finding(sources.object.file, &placed, text));
        }
        for skipped in &preview.skipped {
            let message = format!("the policy {} is left out: {}", skipped.policy, skipped.reason);
            self.say(&Remark::new(Severity::Note, message));
        }
    }

    /// Says it all.
    pub(super) fn finish(self) -> io::Result<Exit> {
        let mut err = anstream::stderr().lock();
        err.write_all(&self.text)?;
        err.flush()?;
        Ok(self.exit)
    }

    fn raise(&mut self, exit: Exit) {
        self.exit = self.exit.max(exit);
    }

    fn block(&mut self, write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) {
        // Memory takes all that is written to it.
        drop(write(&mut self.text));
    }
}

impl<'s, 'a> Sources<'s, 'a> {
    /// What a pointer into the object names.
    pub(super) fn place(&self, pointer: &Pointer) -> Place {
        self.object.place(&self.at.concat(pointer))
    }

    /// Why nothing can be told of an application.
    pub(super) fn untold(&self, error: &PreviewError) -> Remark {
        match error {
            PreviewError::UnknownApi(violation) => self.violation(violation),
            PreviewError::Shape(_) => Remark::new(Severity::Error, error.to_string()).at(self.object.place(self.at)),
        }
    }

    fn violation(&self, violation: &Violation) -> Remark {
        let pointer = self.at.concat(&violation.pointer);
        let place = Place::find(self.object.file, self.object.positions, &pointer, violation.blame);
        Remark::new(Severity::Error, violation.message.as_str())
            .at(place)
            .with_help(violation.help.clone())
    }

    fn refusal(&self, refusal: &Refusal, preview: &Preview<'_>) -> Remark {
        let in_template = match &refusal.origin {
            Origin::Written(Document::Template(role), pointer) => self.template(*role).map(|file| file.place(pointer)),
            _ => None,
        };
        let place = in_template.unwrap_or_else(|| self.place(&preview.workload.place_of(&refusal.origin)));
        Remark::new(Severity::Error, refusal.message.as_str())
            .at(place)
            .with_help(refusal.help.clone())
    }

    fn template(&self, role: RoleName) -> Option<&Source<'s, 'a>> {
        let [driver, executor] = &self.templates;
        match role {
            RoleName::Driver => driver.as_ref(),
            RoleName::Executor => executor.as_ref(),
        }
    }
}
