//! Where a value comes from.

use std::collections::HashMap;
use std::iter;

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::RoleName;
use crate::engine::finding::Code;

/// A document that a job is described in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// The object that the user wrote, or their file of properties.
    Object,
    /// The file that holds a role's pod template.
    Template(RoleName),
}

/// Where one value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody wrote it, here.
    Written(Document, PointerBuf),
    /// Nobody wrote it. Says whose default it is: "Spark's default".
    Default(&'static str),
    /// A policy's mutation put it there.
    Policy(Code),
}

impl Origin {
    /// Where in the user's object it is written, if it is there.
    #[must_use]
    pub fn pointer(&self) -> Option<&Pointer> {
        match self {
            Self::Written(Document::Object, pointer) => Some(pointer),
            _ => None,
        }
    }

    /// Where what stands below this, at `rest`, comes from.
    #[must_use]
    pub fn below(&self, rest: &Pointer) -> Self {
        match self {
            Self::Written(document, pointer) => Self::Written(*document, pointer.concat(rest)),
            other => other.clone(),
        }
    }
}

/// Where the parts of a pod come from.
#[derive(Clone, Debug)]
pub enum Origins {
    /// The pod is the object that the user wrote.
    Itself,
    /// The pod is one that Spark will make of an application.
    Application(ApplicationOrigins),
}

/// Which part of a pod comes from where in an application.
#[derive(Clone, Debug)]
pub struct ApplicationOrigins {
    section: PointerBuf,
    parts: HashMap<PointerBuf, Origin>,
}

impl ApplicationOrigins {
    /// Knows only the application's section about the role, such as `/spec/driver`.
    #[must_use]
    pub fn of_role(section: PointerBuf) -> Self {
        Self {
            section,
            parts: HashMap::new(),
        }
    }

    /// The application's section about the role.
    #[must_use]
    pub fn section(&self) -> &Pointer {
        &self.section
    }

    /// Notes that what stands at `place` of the pod, and all below it, comes from `origin`. A later note of the same place counts.
    pub fn note(&mut self, place: PointerBuf, origin: Origin) {
        self.parts.insert(place, origin);
    }

    /// Where the value at `pointer` of the pod comes from; `None` where nothing in particular is known. The note of the nearest place
    /// that it stands in counts.
    #[must_use]
    pub fn origin_of(&self, pointer: &Pointer) -> Option<Origin> {
        iter::successors(Some(pointer), |place| place.parent()).find_map(|place| {
            let origin = self.parts.get(place)?;
            Some(origin.below(pointer.strip_prefix(place)?))
        })
    }

    /// Where in the application the value stands that became `pointer` of the pod; the role's section where nothing
    /// in particular did.
    #[must_use]
    pub fn place_of(&self, pointer: &Pointer) -> PointerBuf {
        self.origin_of(pointer)
            .as_ref()
            .and_then(Origin::pointer)
            .map_or_else(|| self.section.clone(), Pointer::to_buf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_note_counts_and_the_section_stands_in() {
        let pointer = |text: &str| PointerBuf::parse(text).unwrap();
        let written = |text: &str| Origin::Written(Document::Object, pointer(text));
        let mut origins = ApplicationOrigins::of_role(pointer("/spec/driver"));
        origins.note(pointer("/spec"), written("/spec/driver/template/spec"));
        origins.note(pointer("/spec/affinity"), written("/spec/driver/affinity"));
        let code = Code {
            policy: "spot".to_owned(),
            entry: "tolerate".to_owned(),
        };
        origins.note(pointer("/spec/tolerations/1"), Origin::Policy(code));
        origins.note(pointer("/spec/restartPolicy"), Origin::Default("Spark's default"));
        origins.note(
            pointer("/spec/hostNetwork"),
            Origin::Written(Document::Template(RoleName::Driver), pointer("/spec/hostNetwork")),
        );
        let cases = [
            ("/spec/tolerations/1/key", "/spec/driver"),
            ("/spec/affinity/nodeAffinity", "/spec/driver/affinity/nodeAffinity"),
            ("/spec/tolerations/0", "/spec/driver/template/spec/tolerations/0"),
            ("/spec", "/spec/driver/template/spec"),
            ("/spec/restartPolicy", "/spec/driver"),
            ("/spec/hostNetwork", "/spec/driver"),
            ("/specific", "/spec/driver"),
            ("/metadata", "/spec/driver"),
        ];
        for (pod, expected) in cases {
            assert_eq!(origins.place_of(&pointer(pod)).as_str(), expected, "{pod}");
        }
    }
}
