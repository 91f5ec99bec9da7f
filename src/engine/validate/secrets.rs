//! `secrets`: no credentials written out in manifests.
//!
//! ## What it does
//! Looks for passwords, tokens and keys that stand as literals in environment variables, properties, Java options and arguments, of every
//! container. One is found by the name of what holds it, such as `DB_PASSWORD` or `spark.hadoop.fs.s3a.secret.key`, or by its shape: AWS and
//! other providers' keys, private keys, JSON Web Tokens, URLs with a password, connection strings. What only says where a credential is passes:
//! `valueFrom`, `secretKeyRef`, placeholders such as `${…}` and `{{…}}`, paths of files, and nothing at all. It decides about applications and about
//! pods, and never repeats what it found.
//!
//! ## Why
//! Whoever may read applications or pods, or the repository that they come from, may read what is written in them, and so do logs, the Spark UI
//! and every backup. Few of these are guarded as Secrets are.
//!
//! ## Policy
//! ```yaml
//! - name: no-literal-secrets
//!   secrets:
//!     # Further names of variables, properties and options that hold credentials.
//!     names: [ACME_LICENSE]
//!     # Names that hold none, though they look like it.
//!     except: ["*_TOKEN_BUDGET"]
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.jar
//!   driver:
//!     env: [{name: DB_PASSWORD, value: correct-horse}]
//!   executor: {}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.jar
//!   driver:
//!     env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]
//!   executor: {}
//! ```

mod credential;
mod literals;
mod shape;

use std::collections::BTreeSet;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

pub use self::literals::options_before;
use self::literals::{Holder, Literal};
use super::pattern::Pattern;
use super::{Case, Rule, Violation};
use crate::engine::policy::document::Problem;
use crate::engine::subject::Subject;
use crate::engine::workload::RoleName;

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "secrets";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Secrets {
    /// Further names of what holds credentials.
    #[serde(default)]
    names: Vec<Pattern>,
    /// Names of what holds none.
    #[serde(default)]
    except: Vec<Pattern>,
}

impl Rule for Secrets {
    fn problems(&self) -> Vec<Problem> {
        self.names
            .iter()
            .enumerate()
            .filter(|(_, name)| {
                let matches = |except: &Pattern| name.literal().is_some_and(|name| except.matches(name));
                self.except.iter().any(matches)
            })
            .map(|(index, name)| {
                let place = PointerBuf::from_tokens(["names"]).with_trailing_token(index);
                Problem::at(place, format!("`{}` is excepted below", name.as_str()))
                    .with_help("take it out of one of the lists")
            })
            .collect()
    }

    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        let pods = case.pods.iter().filter(|pod| roles.contains(&pod.role));
        let mut literals: Vec<Literal<'_>> = pods.flat_map(literals::in_pod).collect();
        if let (Subject::Application(kind), Some(workload)) = (case.subject, case.workload) {
            literals.extend(literals::in_properties(&kind.spec(case.object), workload, roles));
        }
        // A property that becomes a variable of a pod is written once.
        let mut seen = BTreeSet::new();
        literals
            .iter()
            .filter_map(|literal| self.judge_literal(literal))
            .filter(|violation| seen.insert(violation.pointer.clone()))
            .collect()
    }
}

impl Secrets {
    fn judge_literal(&self, literal: &Literal<'_>) -> Option<Violation> {
        let what = self.credential(literal)?;
        let (holder, help) = match &literal.holder {
            Holder::Variable { name, container } => (
                format!("the environment variable `{name}` of {container}"),
                "put it into a Secret, and read it with `valueFrom: {secretKeyRef: {name: …, key: …}}`",
            ),
            Holder::Argument { container } => (
                format!("an argument of {container}"),
                "put it into a Secret, and read it from an environment variable or a mounted file",
            ),
            Holder::Property => (
                format!("`{}`", literal.name.unwrap_or_default()),
                "put it into a Secret, and read it from an environment variable or a mounted file",
            ),
        };
        let violation = Violation {
            effective: literal.effective.clone(),
            ..Violation::at(
                literal.pointer.clone(),
                format!("{holder} holds {what}, for everybody to read"),
            )
        };
        Some(violation.with_help(help))
    }

    /// What credential a literal is, or has in it.
    fn credential(&self, literal: &Literal<'_>) -> Option<&'static str> {
        let is_in = |patterns: &[Pattern]| {
            literal
                .name
                .is_some_and(|name| patterns.iter().any(|pattern| pattern.matches(name)))
        };
        if is_in(&self.except) {
            return None;
        }
        if is_in(&self.names) && !credential::is_elsewhere(literal.value) {
            return Some("a credential");
        }
        credential(literal.name, literal.value)
    }
}

/// What credential a text is or has in it, by the name of what holds it or by its shape: "a password".
#[must_use]
pub fn credential(name: Option<&str>, value: &str) -> Option<&'static str> {
    name.and_then(|name| credential::named(name, value))
        .or_else(|| shape::find(value))
}
