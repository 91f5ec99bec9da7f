//! `resources`: asks for cpu and memory within bounds, on nodes that can hold it.
//!
//! ## What it does
//! Counts what a whole pod asks for, as the scheduler does: Spark's container with its overhead, sidecars, init containers, and the overhead of
//! a runtime class. That has to lie between `min` and `max`, and what the pod may take by its limits may not be above `max` either.
//! `memoryPerCore` bounds the memory that comes with each cpu.
//!
//! `maxLimitRequestRatio` is about each container. As under a `LimitRange`, one without a limit has no ratio and fails; a ratio of 1
//! asks for a limit that is the request.
//!
//! `pools` describes the nodes of the cluster. A pod that can be scheduled on some of them has to fit one of those. About a pod that can be scheduled
//! on none of them nothing is said.
//!
//! Decides on the pods that an application will have, and on each pod as it is made, resized or given another container.
//!
//! ## Why
//! A pod larger than every node waits for ever, and says so only in its events. One with far more memory than cpu, or the other way
//! round, leaves the rest of its node idle and paid for. A container that may take more than it asked for is the first that the
//! kernel kills when the node runs short, and takes others with it before.
//!
//! ## Policy
//! ```yaml
//! - name: sizes
//!   resources:
//!     cpu: {min: 500m, max: 16}             # of the pod; each of the two can be left out
//!     memory: {min: 1Gi, max: 120Gi}
//!     memoryPerCore: {min: 1Gi, max: 16Gi}  # memory asked for, for each cpu asked for
//!     maxLimitRequestRatio:                 # of each container; each of the two can be left out
//!       cpu: 2
//!       memory: 1
//!     pools:                                # where Spark can run
//!       - nodes:                            # left out where all nodes are alike
//!           labels: {node-pool: spark}
//!           taint: {key: dedicated, value: spark, effect: NoSchedule}
//!         largestPod: {cpu: 15500m, memory: 120Gi}  # what a node leaves to one pod: allocatable, less its daemons
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: too-large, namespace: team}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///app.jar
//!   driver: {cores: 1, coreLimit: "1", memory: 4g}
//!   executor: {cores: 4, coreLimit: "4", memory: 200g}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: sized, namespace: team}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///app.jar
//!   driver: {cores: 1, coreLimit: "1", memory: 4g}
//!   executor: {cores: 4, coreLimit: "4", memory: 16g}
//! ```

mod amounts;
mod limits;
mod place;
mod pools;

use std::collections::BTreeMap;
use std::fmt;

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use self::pools::Pool;
use super::bounds::Bounds;
use super::{Case, Rule, Violation};
use crate::engine::policy::document::Problem;
use crate::engine::quantity::Quantity;
use crate::engine::workload::{EffectivePod, RoleName};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "resources";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resources {
    /// How much cpu a pod asks for.
    cpu: Option<Bounds<Quantity>>,
    /// How much memory a pod asks for.
    memory: Option<Bounds<Quantity>>,
    /// How much memory a pod asks for, for each cpu.
    memory_per_core: Option<Bounds<Quantity>>,
    /// How many times its request the limit of a container may be.
    #[serde(default)]
    max_limit_request_ratio: BTreeMap<Resource, Quantity>,
    /// The nodes that pods run on.
    #[serde(default)]
    pools: Vec<Pool>,
}

/// What the rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Resource {
    Cpu,
    Memory,
}

impl Resource {
    /// The name that Kubernetes has for it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
        }
    }

    /// So much of it, in words.
    fn amount(self, amount: impl fmt::Display) -> String {
        match self {
            Self::Cpu => format!("{amount} cpu"),
            Self::Memory => format!("{amount} of memory"),
        }
    }
}

impl Rule for Resources {
    fn problems(&self) -> Vec<Problem> {
        if *self == Self::default() {
            let help = "give it `cpu`, `memory`, `memoryPerCore`, `maxLimitRequestRatio` or `pools`";
            return vec![Problem::at(PointerBuf::root(), "the rule asks for nothing").with_help(help)];
        }
        let ranges = [
            ("cpu", self.cpu),
            ("memory", self.memory),
            ("memoryPerCore", self.memory_per_core),
        ];
        let of_ranges = ranges
            .into_iter()
            .filter_map(|(name, range)| Some((PointerBuf::from_tokens([name]), range?)))
            .flat_map(|(place, range)| {
                let negative = [("min", range.min), ("max", range.max)]
                    .into_iter()
                    .filter_map(|(field, amount)| below_zero(&place.with_trailing_token(field), amount?))
                    .collect::<Vec<_>>();
                range.problem(&place).into_iter().chain(negative)
            });
        let of_ratios = self
            .max_limit_request_ratio
            .iter()
            .filter_map(|(resource, ratio)| limits::problem(*resource, *ratio));
        of_ranges
            .chain(self.never_met())
            .chain(of_ratios)
            .chain(pools::problems(&self.pools))
            .collect()
    }

    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        case.pods
            .iter()
            .filter(|pod| roles.contains(&pod.role))
            .flat_map(|pod| self.judge_pod(pod))
            .collect()
    }
}

impl Resources {
    /// Ranges that no pod can meet together.
    fn never_met(&self) -> Option<Problem> {
        let (cpu, memory, per_core) = (self.cpu?, self.memory?, self.memory_per_core?);
        let above = || {
            let least = per_core.min?.times(cpu.min?);
            let max = memory.below(least)?;
            Some((
                "min",
                format!("no pod has {least}, the least with `cpu`, and {max} at most"),
            ))
        };
        let below = || {
            let most = per_core.max?.times(cpu.max?);
            let min = memory.above(most)?;
            Some((
                "max",
                format!("no pod has {most}, the most with `cpu`, and {min} at least"),
            ))
        };
        let (field, message) = above().or_else(below)?;
        let place = PointerBuf::from_tokens(["memoryPerCore", field]);
        Some(Problem::at(place, message).with_help("write ranges that a pod can meet together"))
    }

    fn judge_pod(&self, pod: &EffectivePod<'_>) -> Vec<Violation> {
        let of_cpu = amounts::judge(pod, Resource::Cpu, self.cpu);
        let of_memory = amounts::judge(pod, Resource::Memory, self.memory);
        let per_core = self.memory_per_core.and_then(|range| amounts::per_core(pod, range));
        of_cpu
            .into_iter()
            .chain(of_memory)
            .chain(per_core)
            .chain(limits::judge(pod, &self.max_limit_request_ratio))
            .chain(pools::judge(pod, &self.pools))
            .collect()
    }
}

fn below_zero(place: &Pointer, amount: Quantity) -> Option<Problem> {
    (amount < Quantity::default()).then(|| {
        Problem::at(place.to_buf(), format!("{amount} is below zero")).with_help("write an amount of zero or more")
    })
}
