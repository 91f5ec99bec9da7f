//! What the user tells of the operator of their cluster.

use crate::engine::workload::kubeflow::OperatorWebhook;

/// The arguments of all commands that work out the pods of applications.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct OperatorArguments {
    /// The cluster's Kubeflow operator runs without its webhook, so that fields such as tolerations do not reach the pods
    #[arg(long)]
    no_operator_webhook: bool,
}

impl OperatorArguments {
    /// Whether the operator has its webhook, as a fact for the engine.
    #[must_use]
    pub fn webhook(self) -> OperatorWebhook {
        if self.no_operator_webhook {
            OperatorWebhook::Absent
        } else {
            OperatorWebhook::Installed
        }
    }
}
