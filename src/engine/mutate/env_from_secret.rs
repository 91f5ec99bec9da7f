//! `envFromSecret`: a Secret in the environment, as a whole or key by key.
//!
//! ## What it does
//! Refers to a Secret of the pod's namespace, whole as `envFrom`, or chosen keys of it as variables with names of their own. The variables
//! go into the Spark container, or into every container of the pod, those that run before it and those that other mutations bring too. What the
//! Secret holds is never read. A whole Secret never replaces a variable, since Kubernetes lets variables with a name of their own win.
//!
//! ## Why
//! Credentials belong into Secrets, and jobs need them in their environment. Given here, no application names them, and none can get them wrong.
//!
//! ## Policy
//! ```yaml
//! - name: lake-credentials
//!   onConflict: override                  # keep what a variable says | override | deny
//!   envFromSecret:
//!     secret: lake-credentials
//!     keys:                               # by the name of the variable; left out, the whole Secret
//!       AWS_ACCESS_KEY_ID: access-key
//!       AWS_SECRET_ACCESS_KEY: secret-key
//!     containers: spark                   # spark | all
//! - name: everything-of-the-warehouse
//!   envFromSecret:
//!     secret: warehouse
//!     prefix: WAREHOUSE_                  # before each name; only for a whole Secret
//! ```

use std::collections::BTreeMap;

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use super::{Editor, Mutation, PodContext};
use crate::engine::environment;
use crate::engine::json::{Arena, Json};
use crate::engine::label;
use crate::engine::patch::PatchError;
use crate::engine::policy::document::Problem;
use crate::engine::workload::{demand, pod};

/// The field of a policy entry that the mutation is written in.
pub const NAME: &str = "envFromSecret";

/// A Secret, and who gets it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvFromSecret {
    secret: String,
    /// The keys of the Secret, by the names of the variables; `None` for the whole Secret.
    keys: Option<BTreeMap<String, String>>,
    prefix: Option<String>,
    #[serde(default)]
    containers: Containers,
}

/// Whose environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Containers {
    /// That of the container which Spark runs in.
    #[default]
    Spark,
    /// That of every container.
    All,
}

impl Containers {
    /// Where they stand in the pod.
    fn places(self, pod: Json<'_>) -> Vec<PointerBuf> {
        let place = |list: &str, index: usize| PointerBuf::from_tokens(["spec", list]).with_trailing_token(index);
        match self {
            Self::Spark => pod::spark_container(pod)
                .map(|(index, _)| place("containers", index))
                .into_iter()
                .collect(),
            Self::All => demand::containers(pod)
                .map(|(_, list, index, _)| place(list, index))
                .collect(),
        }
    }
}

impl EnvFromSecret {
    fn add_whole(&self, container: &Pointer, editor: &mut Editor<'_, '_>) -> Result<(), PatchError> {
        let list = container.with_trailing_token("envFrom");
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let present = editor.get(&list).map_or(&[][..], Json::items);
        let is_there = present.iter().any(|source| {
            source.at(["secretRef", "name"]).and_then(Json::as_str) == Some(&self.secret)
                && source.get("prefix").and_then(Json::as_str).unwrap_or_default() == prefix
        });
        if is_there {
            return Ok(());
        }
        let arena = editor.arena();
        let reference = (
            "secretRef",
            arena.object(&[("name", Json::String(arena.string(&self.secret)))]),
        );
        let source = match prefix {
            "" => arena.object(&[reference]),
            prefix => arena.object(&[("prefix", Json::String(arena.string(prefix))), reference]),
        };
        editor.append(&list, source).map(drop)
    }

    fn add_key(
        &self,
        (variable, key): (&str, &str),
        container: &Pointer,
        editor: &mut Editor<'_, '_>,
    ) -> Result<(), PatchError> {
        let list = container.with_trailing_token("env");
        let wanted = self.variable(variable, key, editor.arena());
        let present = editor.get(&list).map_or(&[][..], Json::items);
        // Of several with one name, the last counts.
        let place = present
            .iter()
            .rposition(|item| item.get("name").and_then(Json::as_str) == Some(variable));
        match place {
            Some(index) => editor.set(&list.with_trailing_token(index), wanted, |_| {
                (
                    format!(
                        "the variable `{variable}` is set, and the policy takes it from the Secret `{}`",
                        self.secret
                    ),
                    format!("leave `{variable}` out"),
                )
            }),
            None => editor.append(&list, wanted).map(drop),
        }
    }

    fn variable<'a>(&self, variable: &str, key: &str, arena: &'a Arena) -> Json<'a> {
        let text = |text: &str| Json::String(arena.string(text));
        let reference = arena.object(&[("name", text(&self.secret)), ("key", text(key))]);
        let source = arena.object(&[("secretKeyRef", reference)]);
        arena.object(&[("name", text(variable)), ("valueFrom", source)])
    }
}

impl Mutation for EnvFromSecret {
    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let at = |field: &str| PointerBuf::from_tokens([field]);
        if !label::is_dns_subdomain(&self.secret) {
            problems.push(
                Problem::at(at("secret"), format!("`{}` can be no Secret's name", self.secret)).with_help(
                    "a name is lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit",
                ),
            );
        }
        if self.keys.as_ref().is_some_and(BTreeMap::is_empty) {
            problems.push(
                Problem::at(at("keys"), "no key is chosen")
                    .with_help("write `VARIABLE: key`, or leave `keys` out for the whole Secret"),
            );
        }
        for (variable, key) in self.keys.iter().flatten() {
            let place = at("keys").with_trailing_token(variable.as_str());
            if !environment::is_name(variable) {
                let message = format!("`{variable}` can be no variable's name");
                problems.push(Problem::at_key(place.clone(), message).with_help(environment::NAME_HELP));
            }
            if !environment::is_key(key) {
                let message = format!("`{key}` can be no key of a Secret");
                problems.push(Problem::at(place, message).with_help(environment::KEY_HELP));
            }
        }
        if let Some(prefix) = &self.prefix {
            if self.keys.is_some() {
                problems.push(
                    Problem::at_key(at("prefix"), "variables that are named one by one have no prefix")
                        .with_help("write the whole names in `keys`"),
                );
            } else if !environment::is_name(prefix) {
                let message = format!("`{prefix}` can begin no variable's name");
                problems.push(Problem::at(at("prefix"), message).with_help(environment::NAME_HELP));
            }
        }
        problems
    }

    fn change_pod(&self, _context: &PodContext<'_>, editor: &mut Editor<'_, '_>) -> Result<(), PatchError> {
        for container in self.containers.places(editor.root()) {
            match &self.keys {
                None => self.add_whole(&container, editor)?,
                Some(keys) => {
                    for (variable, key) in keys {
                        self.add_key((variable, key), &container, editor)?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
