//! What Spark refuses when it is asked to make a pod.

use super::Origin;

/// Something for which Spark makes no pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is to blame.
    pub origin: Origin,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}
