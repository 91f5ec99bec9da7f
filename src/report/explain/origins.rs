//! Where a figure comes from, in words.

use annotate_snippets::normalize_untrusted_str;
use json_patch::jsonptr::Pointer;

use crate::engine::finding::Finding;
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
    /// `spec.driver.memory, line 31`; `spark.executor.memory, line 12`; `Spark's default`; `policy spot/tolerate`.
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

    /// The same, of what came with a whole container: `sidecar, line 31`.
    pub(super) fn words_of_container(&self, what: &str, origin: Option<&Origin>) -> String {
        match origin {
            Some(Origin::Written(Document::Object, pointer)) => match self.line(pointer) {
                Some(line) => format!("{what}, line {line}"),
                None => what.to_owned(),
            },
            Some(origin) => format!("{what}, {}", self.words(origin)),
            None => what.to_owned(),
        }
    }

    /// The line that `check` blames for a finding.
    pub(super) fn nearest_line(&self, finding: &Finding) -> u32 {
        self.positions
            .nearest(&self.at.concat(&finding.pointer), finding.blame)
            .line
    }

    /// The line in which a value of the object stands.
    fn line(&self, pointer: &Pointer) -> Option<u32> {
        let position = self.positions.value(&self.at.concat(pointer))?;
        Some(position.line)
    }
}

/// A pointer as people write a path, `spec.driver.sidecars[0]`; of a property, its name is enough.
fn dotted(pointer: &Pointer) -> String {
    let tokens: Vec<_> = pointer.tokens().map(|token| token.decoded().into_owned()).collect();
    if let [.., map, name] = tokens.as_slice()
        && map == "sparkConf"
    {
        return normalize_untrusted_str(name);
    }
    let mut path = String::new();
    for token in &tokens {
        if token.bytes().all(|byte| byte.is_ascii_digit()) {
            path.extend(["[", token, "]"]);
        } else if path.is_empty() {
            path.push_str(token);
        } else {
            path.extend([".", token]);
        }
    }
    normalize_untrusted_str(&path)
}
