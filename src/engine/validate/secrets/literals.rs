//! All the places in which somebody could write a credential.

use std::collections::BTreeSet;

use json_patch::jsonptr::PointerBuf;

use crate::engine::finding::Effective;
use crate::engine::json::Json;
use crate::engine::spark_property;
use crate::engine::workload::{EffectivePod, Located, RoleName, Workload, pod};

/// What Spark itself tells its executors, so that they know each other. It is made up for each job, and there is no other way to say it.
const SECRET_OF_SPARK: &str = "_SPARK_AUTH_SECRET";

/// Begin properties whose names hold names of somebody else's, such as those of Secrets, and whose values say where something is.
const OF_OTHERS: [&str; 4] = ["secrets.", "secretKeyRef.", "label.", "annotation."];

/// A text that somebody wrote.
pub(super) struct Literal<'a> {
    /// What holds it.
    pub(super) holder: Holder<'a>,
    /// What the holder says that it is: the name of a variable or a property, or of the option before an argument.
    pub(super) name: Option<&'a str>,
    /// The text.
    pub(super) value: &'a str,
    /// Where in the user's object.
    pub(super) pointer: PointerBuf,
    /// Where in a pod.
    pub(super) effective: Option<Effective>,
}

/// What holds a text.
pub(super) enum Holder<'a> {
    /// An environment variable.
    Variable {
        /// Its name.
        name: &'a str,
        /// Whose, for a message.
        container: String,
    },
    /// A part of a command.
    Argument {
        /// Whose, for a message.
        container: String,
    },
    /// A property of Spark's.
    Property,
}

/// The variables and arguments of a pod's containers, as far as the user wrote them.
pub(super) fn in_pod<'a>(pod: &EffectivePod<'a>) -> Vec<Literal<'a>> {
    pod::containers(pod.pod)
        .flat_map(|container| {
            let name = container.json.get("name").and_then(Json::as_str).unwrap_or_default();
            let whose = format!("the {}'s container `{name}`", pod.role);
            let mut literals = variables(pod, &container, &whose);
            for list in ["command", "args"] {
                literals.extend(arguments(pod, &container.get_or_empty(list), &whose));
            }
            literals
        })
        .collect()
}

fn variables<'a>(pod: &EffectivePod<'a>, container: &Located<'a>, whose: &str) -> Vec<Literal<'a>> {
    let variables = container.get_or_empty("env");
    variables
        .items()
        .filter_map(|variable| {
            let name = variable
                .json
                .get("name")?
                .as_str()
                .filter(|name| *name != SECRET_OF_SPARK)?;
            let value = variable.get("value")?;
            let (pointer, effective) = pod.written_at(&value.pointer)?;
            Some(Literal {
                holder: Holder::Variable {
                    name,
                    container: whose.to_owned(),
                },
                name: Some(name),
                value: value.json.as_str()?,
                pointer,
                effective,
            })
        })
        .collect()
}

/// The parts of a command. What stands behind an option is named by it.
fn arguments<'a>(pod: &EffectivePod<'a>, list: &Located<'a>, whose: &str) -> Vec<Literal<'a>> {
    list.items()
        .zip(options_before(list.json.items()))
        .filter_map(|(argument, name)| {
            let (pointer, effective) = pod.written_at(&argument.pointer)?;
            Some(Literal {
                holder: Holder::Argument {
                    container: whose.to_owned(),
                },
                name,
                value: argument.json.as_str()?,
                pointer,
                effective,
            })
        })
        .collect()
}

/// For each argument the option that says what it is, such as `--user` before a name.
#[must_use]
pub fn options_before<'a>(arguments: &[Json<'a>]) -> Vec<Option<&'a str>> {
    let is_option = |text: &str| text.starts_with('-');
    let mut before: Option<&str> = None;
    let mut options = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let text = argument.as_str();
        options.push(before.filter(|_| !text.is_some_and(is_option)));
        before = text.filter(|text| is_option(text) && !text.contains('='));
    }
    options
}

/// The properties of the job and of these roles, and what stands in `sparkConf` and `hadoopConf` without effect.
pub(super) fn in_properties<'a>(spec: &Located<'a>, workload: &Workload<'a>, roles: &[RoleName]) -> Vec<Literal<'a>> {
    let literal = |name: &'a str, value: &'a str, pointer: PointerBuf| Literal {
        holder: Holder::Property,
        name: Some(name),
        value,
        pointer,
        effective: None,
    };
    let mut literals: Vec<_> = workload
        .properties
        .iter()
        .filter_map(|(name, property)| Some(literal(name, property.value, property.origin.pointer()?.to_buf())))
        .collect();
    let counting: BTreeSet<_> = literals.iter().map(|literal| literal.pointer.clone()).collect();
    let written = ["sparkConf", "hadoopConf"].map(|field| spec.get_or_empty(field));
    literals.extend(
        written
            .iter()
            .flat_map(Located::members)
            .filter(|(_, property)| !counting.contains(&property.pointer))
            .filter_map(|(name, property)| Some(literal(name, property.json.as_str()?, property.pointer))),
    );
    literals.retain(|literal| {
        literal.name.is_some_and(|name| {
            !is_of_others(name) && spark_property::role_of(name).is_none_or(|role| roles.contains(&role))
        })
    });
    literals
}

fn is_of_others(property: &str) -> bool {
    RoleName::ALL.into_iter().any(|role| {
        property
            .strip_prefix("spark.kubernetes.")
            .and_then(|rest| rest.strip_prefix(role.as_str())?.strip_prefix('.'))
            .map(|rest| rest.strip_prefix("service.").unwrap_or(rest))
            .is_some_and(|rest| OF_OTHERS.iter().any(|prefix| rest.starts_with(prefix)))
    })
}
