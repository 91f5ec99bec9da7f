//! What the environment of a container tells of Spark.
//!
//! `BasicDriverFeatureStep` and `BasicExecutorFeatureStep` set these variables, and the entrypoint of Spark's image reads them. What
//! `spark-env.sh` of a standalone cluster knows too, such as `SPARK_EXECUTOR_MEMORY`, tells nothing.

use crate::engine::json::Json;

/// Set for executors alone: who they are, and where their driver is.
const OF_EXECUTORS: [&str; 5] = [
    "SPARK_DRIVER_URL",
    "SPARK_EXECUTOR_ID",
    "SPARK_EXECUTOR_POD_IP",
    "SPARK_EXECUTOR_POD_NAME",
    "SPARK_RESOURCE_PROFILE_ID",
];
/// Set for drivers, and the first of them for executors too.
const OF_SPARK: [&str; 2] = ["SPARK_APPLICATION_ID", "SPARK_DRIVER_BIND_ADDRESS"];
/// The JVM options of an executor, one a variable: this and a number.
const JAVA_OPTION: &str = "SPARK_JAVA_OPT_";

/// Whose variables are set; the later one in this list tells more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Environment {
    /// None of Spark's.
    Foreign,
    /// Spark's.
    Spark,
    /// Those that only an executor has.
    Executor,
}

impl Environment {
    /// Reads the names of a container's variables. Their values are nobody's business here.
    pub(super) fn of(container: Json<'_>) -> Self {
        let variables = container.get("env").map_or(&[][..], Json::items).iter();
        variables
            .filter_map(|variable| variable.get("name").and_then(Json::as_str))
            .map(|name| match name {
                _ if OF_EXECUTORS.contains(&name) || is_java_option(name) => Self::Executor,
                _ if OF_SPARK.contains(&name) => Self::Spark,
                _ => Self::Foreign,
            })
            .max()
            .unwrap_or(Self::Foreign)
    }

    pub(super) fn is_spark(self) -> bool {
        self != Self::Foreign
    }

    pub(super) fn is_executor(self) -> bool {
        self == Self::Executor
    }
}

fn is_java_option(name: &str) -> bool {
    let number = name.strip_prefix(JAVA_OPTION);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
