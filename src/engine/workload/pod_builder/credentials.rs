//! Who the pods are towards the API server.
//!
//! `DriverKubernetesCredentialsFeatureStep` and `ExecutorKubernetesCredentialsFeatureStep`.

use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{Draft, generated};
use crate::engine::workload::Property;

const DRIVER_ACCOUNT: &str = "spark.kubernetes.authenticate.driver.serviceAccountName";
const EXECUTOR_ACCOUNT: &str = "spark.kubernetes.authenticate.executor.serviceAccountName";
/// Credentials that `spark-submit` puts in a Secret for the driver.
const SUBMITTED: [&str; 4] = [
    "spark.kubernetes.authenticate.driver.oauthToken",
    "spark.kubernetes.authenticate.driver.caCertFile",
    "spark.kubernetes.authenticate.driver.clientKeyFile",
    "spark.kubernetes.authenticate.driver.clientCertFile",
];

/// The driver's service account; or, where credentials are handed over, a Secret with them, and then no account.
pub(super) fn of_driver<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    if step.first_of(SUBMITTED).is_none() {
        if let Some(account) = step.property(DRIVER_ACCOUNT) {
            set_account(pod, account);
        }
        return;
    }
    let name = format!("{}-kubernetes-credentials", generated::resource_prefix(step));
    let secret = Draft::text(step.arena.string(&name), generated::GENERATED);
    pod.add_volume(
        Draft::text("kubernetes-credentials", SPARK_DEFAULT),
        "secret",
        Draft::object([("secretName", secret)]),
        [(
            "mountPath",
            Draft::text("/mnt/secrets/spark-kubernetes-credentials", SPARK_DEFAULT),
        )],
    );
}

/// The template's service account, else the executors', else the driver's.
pub(super) fn of_executor<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    if pod.spec().has("serviceAccount") {
        return;
    }
    if let Some(account) = step.first_of([EXECUTOR_ACCOUNT, DRIVER_ACCOUNT]) {
        set_account(pod, account);
    }
}

/// Under its name, and under the older one that still holds.
fn set_account<'a>(pod: &mut SparkPod<'a>, account: &Property<'a>) {
    for key in ["serviceAccount", "serviceAccountName"] {
        let name = Draft::text(account.value, account.origin.clone());
        pod.spec().set(key, name);
    }
}
