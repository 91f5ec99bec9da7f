//! `decommission`: executors that may land on spot nodes hand over their blocks before they go.
//!
//! ## What it does
//! Asks whether the scheduler can put executors on a node of any of the pools that the policy describes, in the way of `notOnSpot`. Where it
//! can, all of this has to be on: `spark.decommission.enabled`, `spark.storage.decommission.enabled`, and with it
//! `spark.storage.decommission.rddBlocks.enabled` and `spark.storage.decommission.shuffleBlocks.enabled`, which Spark 3.4 and later switch on
//! by themselves. Shuffle blocks that a plugin or a shuffle manager of somebody else keeps need no migration.
//!
//! Decides on applications, and on the template of a schedule, for the pods as the policies leave them. Says nothing of pods: they do not
//! tell what Spark was told.
//!
//! ## Why
//! A spot node is taken back at two minutes' notice. Decommissioned in time, an executor moves its shuffle and cached blocks to others;
//! otherwise the stages that made them run again. With only the first switch on, executors say goodbye and take their blocks
//! with them all the same, and nothing says so.
//!
//! ## Policy
//! ```yaml
//! - name: decommission-on-spot
//!   decommission:
//!     pools:                       # what the spot nodes of this cluster look like
//!       - labels: {capacity-type: spot}
//!         taint: {key: spot-instance, value: "true", effect: NoSchedule}
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: decommissioned-by-half, namespace: team}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///app.jar
//!   sparkConf: {spark.decommission.enabled: "true"}
//!   driver: {}
//!   executor:
//!     tolerations: [{key: spot-instance, operator: Exists}]
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: decommissioned, namespace: team}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///app.jar
//!   sparkConf:
//!     spark.decommission.enabled: "true"
//!     spark.storage.decommission.enabled: "true"
//!   driver: {}
//!   executor:
//!     tolerations: [{key: spot-instance, operator: Exists}]
//! ```

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use super::{Case, Rule, Violation, node_pools};
use crate::engine::policy::document::Problem;
use crate::engine::scheduling::{NodePool, landing};
use crate::engine::workload::shuffle_blocks::{
    DECOMMISSION, MIGRATION, RDD_BLOCKS, SHUFFLE_BLOCKS, are_kept_elsewhere, are_on_by_default,
};
use crate::engine::workload::{EffectivePod, Located, RoleName, Workload};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "decommission";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decommission {
    /// What the spot nodes of the cluster look like.
    pools: Vec<NodePool>,
}

impl Rule for Decommission {
    fn problems(&self) -> Vec<Problem> {
        node_pools::problems(&self.pools, &PointerBuf::from_tokens(["pools"]))
    }

    fn is_per_role(&self) -> bool {
        false
    }

    fn judge(&self, case: &Case<'_, '_>, _: &[RoleName]) -> Vec<Violation> {
        let Some(workload) = case.workload else {
            return Vec::new();
        };
        case.pods
            .iter()
            .filter(|pod| pod.role == RoleName::Executor)
            .flat_map(|pod| self.judge_executor(pod, workload))
            .collect()
    }
}

impl Decommission {
    fn judge_executor(&self, pod: &EffectivePod<'_>, workload: &Workload<'_>) -> Vec<Violation> {
        let located = Located::root(pod.pod);
        let lands = |pool| Some((pool, landing(&located, pool)?));
        let Some((pool, landing)) = self.pools.iter().find_map(lands) else {
            return Vec::new();
        };
        let spot = format!(
            "executors can be scheduled on spot nodes, those with {}",
            node_pools::name_of(pool)
        );
        let properties = &workload.properties;
        let (written, unwritten): (Vec<_>, Vec<_>) = needed(workload)
            .into_iter()
            .filter(|(name, default)| !properties.is_on(name, *default))
            .map(|(name, _)| name)
            .partition(|name| properties.contains(name));
        let mut violations: Vec<Violation> = written
            .into_iter()
            .filter_map(|name| {
                let property = properties.get(name)?;
                // What is taken from an environment is not known here.
                (!property.value.contains("${")).then(|| {
                    let message = format!("{spot}, and `{name}` is off: blocks are lost with their node");
                    Violation::at(workload.place_of(&property.origin), message)
                        .with_help(format!("write `{name}: \"true\"`"))
                })
            })
            .collect();
        if !unwritten.is_empty() {
            let named = format!("`{}`", unwritten.join("` and `"));
            let verb = if unwritten.len() == 1 { "is" } else { "are" };
            let message = format!("{spot}, and {named} {verb} not switched on: blocks are lost with their node");
            let help = format!("add {} to the properties", to_add(&unwritten));
            let violation = match properties.get(DECOMMISSION) {
                Some(half) => Violation::at(workload.place_of(&half.origin), message),
                None => Violation::in_pod(pod, &landing.place(), message),
            };
            violations.push(violation.with_help(help));
        }
        violations
    }
}

/// What has to be on, each with what Spark takes it for where nobody says.
fn needed(workload: &Workload<'_>) -> Vec<(&'static str, bool)> {
    let default = are_on_by_default(workload.spark_version);
    let mut needed = vec![(DECOMMISSION, false), (MIGRATION, false), (RDD_BLOCKS, default)];
    if !are_kept_elsewhere(&workload.properties, workload.spark_version) {
        needed.push((SHUFFLE_BLOCKS, default));
    }
    needed
}

fn to_add(names: &[&str]) -> String {
    let lines: Vec<String> = names.iter().map(|name| format!("`{name}: \"true\"`")).collect();
    lines.join(" and ")
}
