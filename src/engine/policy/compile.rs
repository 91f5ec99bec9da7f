//! From documents to policies. Everything that can be wrong with a policy is found here, never first at admission.

mod clashes;
mod templates;

use std::collections::BTreeMap;

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::document::{self, MutationDocument, PolicyDocument, Problem, ValidationDocument};
use super::select::Selector;
use super::{BUILTIN_POLICY, ConfiguredMutation, Entry, Policy, PolicyError, Source};
use crate::engine::finding::{Code, Enforcement};
use crate::engine::json::Arena;
use crate::engine::label;
use crate::engine::mutate::pod_template::{self, TemplateFiles};
use crate::engine::mutate::{self, Mutation};
use crate::engine::validate::{self, Rule, Validation};
use crate::engine::workload::RoleName;
use crate::engine::yaml;

/// One document of a policy directory.
struct Written<'a> {
    file: &'a str,
    document: yaml::Document<'a>,
}

/// Compiles the documents of all files.
pub(super) fn compile(sources: &[Source]) -> Result<Vec<Policy>, Vec<PolicyError>> {
    let arenas: Vec<Arena> = sources.iter().map(|_| Arena::new()).collect();
    let mut errors = Vec::new();
    let mut documents = Vec::new();
    for (source, arena) in sources.iter().zip(&arenas) {
        let (readable, unreadable) = yaml::parse_stream(arena, &source.text);
        // A file that is just being written is empty for a moment. To load it would drop its policies without a word.
        if readable.is_empty() && unreadable.is_empty() {
            errors.push(PolicyError {
                file: source.name.clone(),
                line: 1,
                column: 1,
                message: "there is no policy in this file".to_owned(),
                help: Some("write one, or take the file out of the directory".to_owned()),
            });
        }
        errors.extend(unreadable.into_iter().map(|error| PolicyError {
            file: source.name.clone(),
            line: error.line,
            column: error.column,
            message: error.message,
            help: None,
        }));
        documents.extend(readable.into_iter().map(|document| Written {
            file: &source.name,
            document,
        }));
    }
    let (templates, documents): (Vec<_>, Vec<_>) = documents.into_iter().partition(templates::is_template);
    let templates = templates::collect(&templates, &mut errors);
    let mut policies = Vec::new();
    let mut files_by_name: BTreeMap<String, &str> = BTreeMap::new();
    for written in &documents {
        let compiled = document::read(written.document.root)
            .map_err(|problem| vec![problem])
            .and_then(|document| {
                let namesake = files_by_name.insert(document.metadata.name.clone(), written.file);
                compile_policy(document, namesake, &templates)
            });
        match compiled {
            Ok(policy) => policies.push((policy, written)),
            Err(problems) => errors.extend(problems.into_iter().map(|problem| written.place(problem))),
        }
    }
    errors.extend(clashes::find(&policies));
    let number = |error: &PolicyError| sources.iter().position(|source| source.name == error.file);
    errors.sort_by_key(|error| (number(error), error.line, error.column));
    if errors.is_empty() {
        Ok(policies.into_iter().map(|(policy, _)| policy).collect())
    } else {
        Err(errors)
    }
}

impl Written<'_> {
    fn place(&self, problem: Problem) -> PolicyError {
        let position = self.document.positions.nearest(&problem.pointer, problem.blame);
        PolicyError {
            file: self.file.to_owned(),
            line: position.line,
            column: position.column,
            message: problem.message,
            help: problem.help,
        }
    }
}

/// Compiles one document. `namesake` is the file that has a policy of the same name already.
fn compile_policy(
    document: PolicyDocument,
    namesake: Option<&str>,
    templates: &TemplateFiles,
) -> Result<Policy, Vec<Problem>> {
    let mut problems = Vec::new();
    let name = document.metadata.name;
    let name_place = PointerBuf::from_tokens(["metadata", "name"]);
    if name == BUILTIN_POLICY {
        let message = format!("`{BUILTIN_POLICY}` is the name of the policy that is on by default");
        problems.push(Problem::at(name_place.clone(), message).with_help("choose another name"));
    }
    if let Some(file) = namesake {
        let message = format!("there is a policy `{name}` already, in {file}");
        problems.push(Problem::at(name_place.clone(), message).with_help("choose another name"));
    }
    check_name(&name, name_place, &mut problems);
    let spec = document.spec;
    let mut selector = |field, document| {
        Selector::compile(document).unwrap_or_else(|found| {
            let parent = PointerBuf::from_tokens(["spec", field]);
            problems.extend(found.into_iter().map(|problem| problem.below(&parent)));
            Selector::default()
        })
    };
    let matches = selector("match", spec.matches);
    let exclude = selector("exclude", spec.exclude);
    let context = |list: &str, index: usize| EntryContext {
        policy: name.clone(),
        enforcement: spec.enforcement,
        pointer: PointerBuf::from_tokens(["spec", list]).with_trailing_token(index),
    };
    let mut names = Vec::new();
    let mut mutations = Vec::new();
    for (index, entry) in spec.mutate.into_iter().enumerate() {
        let context = context("mutate", index);
        context.check_entry_name(&entry.name, &mut names, &mut problems);
        mutations.extend(keep(context.mutation(entry, templates), &mut problems));
    }
    let mut validations = Vec::new();
    for (index, entry) in spec.validate.into_iter().enumerate() {
        let context = context("validate", index);
        context.check_entry_name(&entry.name, &mut names, &mut problems);
        validations.extend(keep(context.validation(entry), &mut problems));
    }
    if mutations.is_empty() && validations.is_empty() && problems.is_empty() {
        problems.push(
            Problem::at(PointerBuf::from_tokens(["spec"]), "the policy does nothing")
                .with_help("give it an entry in `mutate` or `validate`"),
        );
    }
    if problems.is_empty() {
        Ok(Policy {
            name,
            description: spec.description,
            order: spec.order,
            matches,
            exclude,
            mutations,
            validations,
        })
    } else {
        Err(problems)
    }
}

fn keep<T>(result: Result<T, Vec<Problem>>, problems: &mut Vec<Problem>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(found) => {
            problems.extend(found);
            None
        }
    }
}

/// A rule of whichever kind, where the entry gives it.
fn rule<R: Rule + 'static>(given: Option<R>) -> Option<Box<dyn Rule>> {
    given.map(|rule| Box::new(rule) as Box<dyn Rule>)
}

/// A mutation of whichever kind, where the entry gives it.
fn mutation<M: Mutation + 'static>(given: Option<M>) -> Option<Box<dyn Mutation>> {
    given.map(|mutation| Box::new(mutation) as Box<dyn Mutation>)
}

/// Codes are `policy/entry`, in logs, metrics and exceptions: each half is a DNS label.
fn check_name(name: &str, pointer: PointerBuf, problems: &mut Vec<Problem>) {
    if !label::is_dns_label(name) {
        problems.push(Problem::at(pointer, format!("`{name}` is not a name")).with_help(
            "write up to 63 lower-case letters, digits and `-`, beginning and ending with a letter or digit",
        ));
    }
}

struct EntryContext {
    policy: String,
    enforcement: Enforcement,
    pointer: PointerBuf,
}

impl EntryContext {
    fn check_entry_name(&self, name: &str, names: &mut Vec<String>, problems: &mut Vec<Problem>) {
        let pointer = self.pointer.with_trailing_token("name");
        if names.iter().any(|other| other == name) {
            let message = format!("the policy has an entry `{name}` already");
            problems.push(Problem::at(pointer.clone(), message).with_help("choose another name"));
        }
        check_name(name, pointer, problems);
        names.push(name.to_owned());
    }

    fn mutation(
        &self,
        entry: MutationDocument,
        templates: &TemplateFiles,
    ) -> Result<Entry<ConfiguredMutation>, Vec<Problem>> {
        let pod_template = entry
            .pod_template
            .map(|document| document.compile(templates))
            .transpose();
        let pod_template = pod_template.map_err(|problems| self.below(pod_template::NAME, problems))?;
        let (name, mutation) = self.only([
            (mutate::env_from_secret::NAME, mutation(entry.env_from_secret)),
            (mutate::jmx_exporter::NAME, mutation(entry.jmx_exporter)),
            (mutate::metadata::NAME, mutation(entry.metadata)),
            (mutate::node_selector::NAME, mutation(entry.node_selector)),
            (pod_template::NAME, mutation(pod_template)),
            (mutate::spark_conf::NAME, mutation(entry.spark_conf)),
            (mutate::tolerations::NAME, mutation(entry.tolerations)),
        ])?;
        self.checked(name, mutation.problems())?;
        if entry.roles.is_some() && !mutation.changes_pods() {
            let place = self.pointer.with_trailing_token("roles");
            let problem = Problem::at_key(place, format!("`{name}` changes applications, and no pod of any role"));
            return Err(vec![problem.with_help("leave `roles` out")]);
        }
        Ok(Entry {
            code: self.code(entry.name),
            roles: self.roles(entry.roles)?,
            enforcement: entry.enforcement.unwrap_or(self.enforcement),
            message: entry.message,
            rule: ConfiguredMutation {
                name,
                mutation,
                on_conflict: entry.on_conflict,
                required: entry.required,
            },
        })
    }

    fn validation(&self, entry: ValidationDocument) -> Result<Entry<Validation>, Vec<Problem>> {
        let (name, rule) = self.only([
            (validate::decommission::NAME, rule(entry.decommission)),
            (validate::dynamic_allocation::NAME, rule(entry.dynamic_allocation)),
            (validate::images::NAME, rule(entry.images)),
            (validate::memory_overhead::NAME, rule(entry.memory_overhead)),
            (validate::not_on_spot::NAME, rule(entry.not_on_spot)),
            (validate::pod_security::NAME, rule(entry.pod_security)),
            (validate::quota_fit::NAME, rule(entry.quota_fit)),
            (validate::required_metadata::NAME, rule(entry.required_metadata)),
            (validate::resources::NAME, rule(entry.resources)),
            (validate::restart_policy::NAME, rule(entry.restart_policy)),
            (validate::schedule::NAME, rule(entry.schedule)),
            (validate::scheduling::NAME, rule(entry.scheduling)),
            (validate::secrets::NAME, rule(entry.secrets)),
            (validate::spark_conf::NAME, rule(entry.spark_conf)),
            (validate::well_formed::NAME, rule(entry.well_formed)),
        ])?;
        self.checked(name, rule.problems())?;
        if entry.roles.is_some() && !rule.is_per_role() {
            let message = format!("`{name}` is about the job as a whole, not about one role");
            let roles = self.pointer.with_trailing_token("roles");
            return Err(vec![Problem::at_key(roles, message).with_help("leave `roles` out")]);
        }
        Ok(Entry {
            code: self.code(entry.name),
            roles: self.roles(entry.roles)?,
            enforcement: entry.enforcement.unwrap_or(self.enforcement),
            message: entry.message,
            rule: Validation { name, rule },
        })
    }

    fn code(&self, entry: String) -> Code {
        Code {
            policy: self.policy.clone(),
            entry,
        }
    }

    fn roles(&self, roles: Option<Vec<RoleName>>) -> Result<Vec<RoleName>, Vec<Problem>> {
        match roles {
            None => Ok(RoleName::ALL.to_vec()),
            Some(roles) if roles.is_empty() => Err(vec![
                Problem::at(self.pointer.with_trailing_token("roles"), "the entry is about no role")
                    .with_help("leave `roles` out for both, or write `[driver]` or `[executor]`"),
            ]),
            // Each once, however often it is written: a role that is judged twice is found twice.
            Some(roles) => Ok(RoleName::ALL.into_iter().filter(|role| roles.contains(role)).collect()),
        }
    }

    /// The one rule that an entry gives, and its name, out of all that it could.
    fn only<R, const N: usize>(
        &self,
        rules: [(&'static str, Option<R>); N],
    ) -> Result<(&'static str, R), Vec<Problem>> {
        let names = rules.each_ref().map(|(name, _)| *name);
        let mut given: Vec<_> = rules
            .into_iter()
            .filter_map(|(name, rule)| Some((name, rule?)))
            .collect();
        match (given.pop(), given.len()) {
            (Some(rule), 0) => Ok(rule),
            (None, _) => Err(vec![
                Problem::at(self.pointer.clone(), "the entry has no rule")
                    .with_help(format!("give it one of `{}`", names.join("`, `"))),
            ]),
            (Some(_), _) => Err(vec![
                Problem::at(self.pointer.clone(), "the entry has more than one rule")
                    .with_help("make each an entry of its own, with its own name"),
            ]),
        }
    }

    fn checked(&self, rule: &str, problems: Vec<Problem>) -> Result<(), Vec<Problem>> {
        if problems.is_empty() {
            return Ok(());
        }
        Err(self.below(rule, problems))
    }

    /// The problems of a rule, placed below its field.
    fn below(&self, rule: &str, problems: Vec<Problem>) -> Vec<Problem> {
        let field: &Pointer = &self.pointer.with_trailing_token(rule);
        problems.into_iter().map(|problem| problem.below(field)).collect()
    }
}
