//! Mutations that cannot both be made of one pod.

use json_patch::jsonptr::PointerBuf;
use serde_json::Value;

use super::{Policy, PolicyError, Problem, Written};
use crate::engine::json::Arena;
use crate::engine::merge;
use crate::engine::mutate::AddedVolume;
use crate::engine::policy::{ConfiguredMutation, Entry};

/// A volume that an entry of a policy adds.
struct Addition<'p, 'a> {
    policy: &'p Policy,
    written: &'p Written<'a>,
    entry: &'p Entry<ConfiguredMutation>,
    pointer: PointerBuf,
    volume: &'p Value,
}

/// Volumes of one name and different contents, which two entries add that may meet in a pod: which of them the pod gets would
/// be a matter of their order, and what mounts the other would get the wrong one.
pub(super) fn find(policies: &[(Policy, &Written<'_>)]) -> Vec<PolicyError> {
    let additions: Vec<Addition<'_, '_>> = policies
        .iter()
        .flat_map(|(policy, written)| additions(policy, written))
        .collect();
    let mut errors = Vec::new();
    for (index, later) in additions.iter().enumerate() {
        if let Some(earlier) = additions.iter().take(index).find(|earlier| earlier.clashes_with(later)) {
            let name = later.volume.get("name").and_then(Value::as_str).unwrap_or_default();
            let message = format!("`{}` adds another volume `{name}`", earlier.entry.code);
            let problem = Problem::at(later.pointer.clone(), message)
                .with_help("give one of the two another name, or make them the same");
            errors.push(later.written.place(problem));
        }
    }
    errors
}

fn additions<'p, 'a>(policy: &'p Policy, written: &'p Written<'a>) -> impl Iterator<Item = Addition<'p, 'a>> {
    policy.mutations.iter().enumerate().flat_map(move |(index, entry)| {
        let field = PointerBuf::from_tokens(["spec", "mutate"])
            .with_trailing_token(index)
            .with_trailing_token(entry.rule.name);
        let volumes = entry.rule.mutation.volumes().into_iter();
        volumes.map(move |AddedVolume { pointer, volume }| Addition {
            policy,
            written,
            entry,
            pointer: field.concat(&pointer),
            volume,
        })
    })
}

impl Addition<'_, '_> {
    fn clashes_with(&self, other: &Self) -> bool {
        self.volume.get("name") == other.volume.get("name") && !self.is_same(other) && self.can_meet(other)
    }

    fn is_same(&self, other: &Self) -> bool {
        let arena = Arena::new();
        merge::is_same("volumes", arena.import(self.volume), arena.import(other.volume))
    }

    fn can_meet(&self, other: &Self) -> bool {
        self.entry.roles.iter().any(|role| other.entry.roles.contains(role))
            && !self.policy.matches.is_disjoint(&other.policy.matches)
            && !self.policy.matches.is_excluded_by(&other.policy.exclude)
            && !other.policy.matches.is_excluded_by(&self.policy.exclude)
    }
}
