//! Whether the nodes that a pod can be scheduled on are large enough for it.

use std::collections::BTreeMap;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use super::{Resource, below_zero, place};
use crate::engine::policy::document::Problem;
use crate::engine::quantity::Quantity;
use crate::engine::scheduling::{NodePool, landing};
use crate::engine::validate::{Violation, node_pools};
use crate::engine::workload::demand::{self, of_pod};
use crate::engine::workload::{EffectivePod, Located};

/// Nodes that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Pool {
    /// How they are told from others; nothing where they are not.
    #[serde(default)]
    nodes: NodePool,
    /// How much one of them leaves to a single pod.
    largest_pod: BTreeMap<Resource, Quantity>,
}

impl Pool {
    fn lacks(&self, asked: &demand::Resources<'_>) -> Option<Resource> {
        let mut sizes = self.largest_pod.iter();
        sizes
            .find(|(resource, size)| asked.get(resource.as_str()).is_some_and(|asked| asked > size))
            .map(|(resource, _)| *resource)
    }
}

pub(super) fn problems(pools: &[Pool]) -> Vec<Problem> {
    let root = PointerBuf::from_tokens(["pools"]);
    let mut problems = Vec::new();
    for (index, pool) in pools.iter().enumerate() {
        let place = root.with_trailing_token(index);
        problems.extend(node_pools::unreadable(&pool.nodes, &place.with_trailing_token("nodes")));
        let largest = place.with_trailing_token("largestPod");
        problems.extend(
            pool.largest_pod
                .iter()
                .filter_map(|(resource, size)| below_zero(&largest.with_trailing_token(resource.as_str()), *size)),
        );
        if pool.largest_pod.is_empty() {
            problems.push(
                Problem::at(largest, "the pool has no size")
                    .with_help("write how much one of its nodes leaves to a pod: `{cpu: 15500m, memory: 120Gi}`"),
            );
        }
    }
    problems
}

pub(super) fn judge(pod: &EffectivePod<'_>, pools: &[Pool]) -> Option<Violation> {
    let located = Located::root(pod.pod);
    let asked = of_pod(pod.pod);
    let open: Vec<&Pool> = pools
        .iter()
        .filter(|pool| landing(&located, &pool.nodes).is_some())
        .collect();
    let lacking: Option<Vec<Resource>> = open.iter().map(|pool| pool.lacks(&asked)).collect();
    let first = *lacking?.first()?;
    let amounts: Vec<String> = [Resource::Cpu, Resource::Memory]
        .into_iter()
        .filter_map(|resource| Some(resource.amount(asked.get(resource.as_str())?)))
        .collect();
    let message = format!(
        "the {} asks for {}, and no node that it can be scheduled on holds that: {}",
        pod.role,
        amounts.join(" and "),
        open.into_iter().map(describe).collect::<Vec<_>>().join("; "),
    );
    let place = place::of_most(pod.pod, first, "requests");
    Some(Violation::in_pod(pod, &place, message).with_help("ask for less, or select larger nodes"))
}

fn describe(pool: &Pool) -> String {
    let sizes: Vec<String> = pool
        .largest_pod
        .iter()
        .map(|(resource, size)| resource.amount(size))
        .collect();
    let name = if pool.nodes == NodePool::default() {
        "every node".to_owned()
    } else {
        format!("a node with {}", node_pools::name_of(&pool.nodes))
    };
    format!("{name} holds {}", sizes.join(" and "))
}
