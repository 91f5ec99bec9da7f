//! What an operator does not run, though the API server and Spark would take it.
//!
//! `AppValidateStep` and `AppRunningStep` of Apache's spark-kubernetes-operator 1.1.0.

use super::Violation;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::{Executors, Located, Workload};

pub(super) fn judge(kind: ApplicationKind, spec: &Located<'_>, workload: &Workload<'_>) -> Vec<Violation> {
    match kind {
        ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled => Vec::new(),
        ApplicationKind::Apache => [client_mode(spec), waits_for_too_many(spec, workload.executors)]
            .into_iter()
            .flatten()
            .collect(),
    }
}

fn client_mode(spec: &Located<'_>) -> Option<Violation> {
    let mode = spec.get("deploymentMode")?;
    (mode.json.as_str() == Some("ClientMode")).then(|| {
        Violation::at(mode.pointer, "the operator does not support `ClientMode` yet")
            .with_help("write `ClusterMode`, or leave it out")
    })
}

/// The operator ends a job that has fewer executors than it waits for when `executorStartTimeoutMillis` is over.
fn waits_for_too_many(spec: &Located<'_>, executors: Executors) -> Option<Violation> {
    let awaited = spec.at(["applicationTolerations", "instanceConfig", "initExecutors"])?;
    let count = awaited.json.as_i64()?;
    let most = executors.max.map(i64::from)?;
    (count > most).then(|| {
        let message =
            format!("the operator waits for {count} executors, and Spark asks for {most} at most: the job is ended");
        Violation::at(awaited.pointer, message).with_help(format!(
            "write {most} or less, or raise `spark.executor.instances` or `spark.dynamicAllocation.maxExecutors`"
        ))
    })
}
