//! Where a value comes from.

use json_patch::jsonptr::{Pointer, PointerBuf};

/// Where one value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user wrote it, here.
    Object(PointerBuf),
    /// Nobody wrote it. Says whose default it is: "Spark's default".
    Default(&'static str),
}

impl Origin {
    /// Where the user wrote it, if they did.
    #[must_use]
    pub fn pointer(&self) -> Option<&Pointer> {
        match self {
            Self::Object(pointer) => Some(pointer),
            Self::Default(_) => None,
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

/// Which part of a pod comes from which part of an application.
#[derive(Clone, Debug)]
pub struct ApplicationOrigins {
    role: PointerBuf,
    parts: Vec<(PointerBuf, PartOrigin)>,
}

#[derive(Clone, Debug)]
enum PartOrigin {
    Copied(PointerBuf),
    Policy,
}

impl ApplicationOrigins {
    /// Knows only the application's section about the role, such as `/spec/driver`.
    #[must_use]
    pub fn of_role(role: PointerBuf) -> Self {
        Self {
            role,
            parts: Vec::new(),
        }
    }

    /// Notes that `pod`, and all below it, was copied from `application`.
    pub fn note(&mut self, pod: PointerBuf, application: PointerBuf) {
        self.parts.push((pod, PartOrigin::Copied(application)));
    }

    /// Notes that a policy put `pod` there: nothing in particular in the application did.
    pub fn note_policy(&mut self, pod: PointerBuf) {
        self.parts.push((pod, PartOrigin::Policy));
    }

    /// Where in the application the value stands that became `pointer` of the pod; the role's section where nothing
    /// in particular did. The longest note wins, and of equals the last.
    #[must_use]
    pub fn place_of(&self, pointer: &Pointer) -> PointerBuf {
        self.parts
            .iter()
            .filter_map(|(pod, origin)| {
                let rest = pointer.as_str().strip_prefix(pod.as_str())?;
                // `/specific` is not below `/spec`, and text that is does not parse as a pointer otherwise.
                let rest = Pointer::parse(rest).ok()?;
                let place = match origin {
                    PartOrigin::Copied(application) => application.concat(rest),
                    PartOrigin::Policy => self.role.clone(),
                };
                Some((pod.len(), place))
            })
            .max_by_key(|(length, _)| *length)
            .map_or_else(|| self.role.clone(), |(_, place)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_note_wins_and_the_role_stands_in() {
        let pointer = |text: &str| PointerBuf::parse(text).unwrap();
        let mut origins = ApplicationOrigins::of_role(pointer("/spec/driver"));
        origins.note(pointer("/spec"), pointer("/spec/driver/template/spec"));
        origins.note(pointer("/spec/affinity"), pointer("/spec/driver/affinity"));
        origins.note_policy(pointer("/spec/tolerations/1"));
        let cases = [
            ("/spec/tolerations/1/key", "/spec/driver"),
            ("/spec/affinity/nodeAffinity", "/spec/driver/affinity/nodeAffinity"),
            ("/spec/tolerations/0", "/spec/driver/template/spec/tolerations/0"),
            ("/spec", "/spec/driver/template/spec"),
            ("/specific", "/spec/driver"),
            ("/metadata", "/spec/driver"),
        ];
        for (pod, expected) in cases {
            assert_eq!(origins.place_of(&pointer(pod)).as_str(), expected, "{pod}");
        }
    }
}
