//! `notOnSpot`: cannot be scheduled on spot nodes.
//!
//! ## What it does
//! Asks whether the scheduler can put the pod on a node of any of the pools that the policy describes, the way the scheduler decides. A pod can
//! land on a pool unless its node selector or its *required* node affinity excludes the pool's labels, or it does not tolerate the pool's
//! taint. Preferences exclude nothing, and neither do conditions on labels that the pool does not describe. A pod that names its node is never safe.
//! It decides about applications, by the pods that they will have, and about pods.
//!
//! ## Why
//! A spot node is taken back at two minutes' notice. An executor that goes costs some work; the driver that goes costs the job.
//!
//! ## Policy
//! ```yaml
//! - name: driver-off-spot
//!   roles: [driver]
//!   notOnSpot:
//!     # what the spot nodes of the cluster look like: their labels, their taint, or both
//!     pools:
//!       - labels: {node-pool: spark-spot}
//!         taint: {key: spot-instance, value: "true", effect: NoSchedule}
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
//!     tolerations: [{key: spot-instance, operator: Exists}]
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
//!     nodeSelector: {node-pool: on-demand}
//!     tolerations: [{key: spot-instance, operator: Exists}]
//!   executor: {}
//! ```

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use super::{Case, Rule, Violation, node_pools};
use crate::engine::policy::document::Problem;
use crate::engine::scheduling::{Landing, NodePool, landing};
use crate::engine::workload::{EffectivePod, Located, RoleName};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "notOnSpot";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotOnSpot {
    /// What the spot nodes of the cluster look like.
    pools: Vec<NodePool>,
}

impl Rule for NotOnSpot {
    fn problems(&self) -> Vec<Problem> {
        node_pools::problems(&self.pools, &PointerBuf::from_tokens(["pools"]))
    }

    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        case.pods
            .iter()
            .filter(|pod| roles.contains(&pod.role))
            .flat_map(|pod| self.judge_pod(pod))
            .collect()
    }
}

impl NotOnSpot {
    fn judge_pod(&self, pod: &EffectivePod<'_>) -> Vec<Violation> {
        let located = Located::root(pod.pod);
        let mut violations: Vec<Violation> = Vec::new();
        for pool in &self.pools {
            let Some(landing) = landing(&located, pool) else {
                continue;
            };
            let violation = describe(pod, pool, &landing);
            // A pod that names its node lands on every pool, for one reason.
            if !violations.contains(&violation) {
                violations.push(violation);
            }
        }
        violations
    }
}

fn describe(pod: &EffectivePod<'_>, pool: &NodePool, landing: &Landing) -> Violation {
    let role = pod.role;
    let pool_name = node_pools::name_of(pool);
    let keep_off = match pool.labels.iter().next() {
        Some((key, value)) => format!(
            "give the {role} a node selector or required node affinity for nodes whose `{key}` is not `{value}`"
        ),
        None => format!("take the toleration from the {role}"),
    };
    let (message, help) = match landing {
        Landing::NodeName(_) => (
            format!("the {role} names its node, so neither selectors nor taints keep it off spot nodes"),
            "take out `nodeName`, and select nodes by their labels".to_owned(),
        ),
        Landing::Selected(_) => (
            format!("the {role} can be scheduled on spot nodes: it selects those with {pool_name}"),
            keep_off,
        ),
        Landing::Tolerates(_) => (
            format!(
                "the {role} can be scheduled on spot nodes: it tolerates the taint of those with {pool_name}, and nothing else keeps it off"
            ),
            format!("{keep_off}, or take out the toleration"),
        ),
        Landing::Unhindered => (
            format!("the {role} can be scheduled on spot nodes: nothing keeps it off those with {pool_name}"),
            keep_off,
        ),
    };
    Violation::in_pod(pod, &landing.place(), message).with_help(help)
}
