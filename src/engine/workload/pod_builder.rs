//! The pods that Spark will make, to the byte.
//!
//! `KubernetesDriverBuilder` and `KubernetesExecutorBuilder` (`resource-managers/kubernetes/core` of Spark) begin with the pod template and
//! let one feature step after the other add to it; here there is one file per step, in their order. Read in the sources of Spark
//! 3.2.1, 3.4.2, 3.5.5, 4.0.1 and 4.1.1 and in the classes of 3.3.4, 4.2.1 and 4.3.0, and held to what these made (`fixtures/spark-pods`).
//!
//! What Spark makes up at run time is written with zeros: ids, and the names that hold them.

mod credentials;
mod devices;
mod driver;
mod env;
mod executor;
mod features;
mod generated;
mod hadoop;
mod image;
mod java_options;
mod kerberos;
mod labels;
mod local_dirs;
mod pod_template;
mod ports;
mod resources;
mod scheduling;
mod secrets;
mod security;
mod spark_pod;
mod step;
mod stored;
mod uploads;
mod volumes;

use super::RoleName;
use super::draft::Draft;
use super::refusal::Refusal;
use super::submission::Submission;
use crate::engine::json::Arena;
use spark_pod::SparkPod;
use step::Step;
pub(super) use stored::settle;

/// Begins the properties that select nodes for both roles.
pub(crate) const NODE_SELECTOR_OF_BOTH: &str = "spark.kubernetes.node.selector.";

/// The pods of driver and executor. For what Spark would make no pod is added to the refusals; the rest of a pod is built all the same.
pub(super) fn build<'a>(arena: &'a Arena, submission: &Submission<'a>, refusals: &mut Vec<Refusal>) -> [Draft<'a>; 2] {
    let mut step = Step::new(arena, submission, RoleName::Driver, refusals);
    let mut driver = SparkPod::from_template(&mut step);
    driver::configure(&mut step, &mut driver);
    let directories = step.directories_of_the_driver;
    let mut step = Step::new(arena, submission, RoleName::Executor, refusals);
    step.directories_of_the_driver = directories;
    let mut executor = SparkPod::from_template(&mut step);
    executor::configure(&mut step, &mut executor);
    [driver.assembled(), executor.assembled()]
}
