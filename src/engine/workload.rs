//! The normal form of a Spark job.

use std::fmt;

/// Which of a job's two kinds of pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleName {
    /// The one that plans.
    Driver,
    /// The ones that work.
    Executor,
}

impl RoleName {
    /// The word that Spark's label `spark-role` and policy files use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Driver => "driver",
            Self::Executor => "executor",
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
