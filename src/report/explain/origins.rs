//! Where a figure comes from, in words.

use annotate_snippets::normalize_untrusted_str;
use json_patch::jsonptr::Pointer;

use crate::engine::workload::{Document, Origin};
use crate::engine::yaml::Positions;

/// Where everything stands that a figure can come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origins<'p, 'a> {
    pub(super) positions: &'p Positions<'a>,
    /// Where in its document the object stands.
    pub(super) at: &'p Pointer,
}

impl Origins<'_, '_> {
    /// `spec.driver.memory, line 31`; `Spark's default`; `policy spot/tolerate`.
    pub(super) fn words(&self, origin: &Origin) -> String {
        match origin {
            Origin::Written(Document::Object, pointer) => match self.line(pointer) {
                Some(line) => format!("{}, line {line}", dotted(pointer)),
                None => dotted(pointer),
            },
            Origin::Written(Document::Template(role), pointer) => {
                format!("the {role}'s template, {}", dotted(pointer))
            }
            Origin::Default(whose) => (*whose).to_owned(),
            Origin::Policy(code) => format!("policy {code}"),
        }
    }

    /// The line in which a value of the object stands.
    pub(super) fn line(&self, pointer: &Pointer) -> Option<u32> {
        let position = self.positions.value(&self.at.concat(pointer))?;
        Some(position.line)
    }
}

/// A pointer as people write a path: `spec.driver.sidecars[0]`.
fn dotted(pointer: &Pointer) -> String {
    let mut path = String::new();
    for token in pointer.tokens() {
        let token = token.decoded();
        if token.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{token}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&token);
        }
    }
    normalize_untrusted_str(&path)
}
