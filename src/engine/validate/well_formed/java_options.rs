//! Options of the JVM that Spark keeps to itself.
//!
//! `SparkConf.validateSettings`, and `checkJavaOptions` of `SparkSubmitCommandBuilder`, which runs in the driver's container, of Spark
//! 3.2 to 4.3. No message holds the options: people write passwords into them.

use super::{Violation, at, get};
use crate::engine::spark_version::SparkVersion;
use crate::engine::workload::{RoleName, Workload};

/// Options of a role's JVM: the property, what may not be in it, and what to use instead.
struct Reserved {
    role: RoleName,
    property: &'static str,
    option: &'static str,
    instead: &'static str,
    /// The first version that looks.
    since: SparkVersion,
}

const SINCE_LONG: SparkVersion = SparkVersion::new(3, 0);

const RESERVED: [Reserved; 6] = [
    Reserved {
        role: RoleName::Driver,
        property: "spark.driver.extraJavaOptions",
        option: "Xmx",
        instead: "spark.driver.memory",
        since: SINCE_LONG,
    },
    Reserved {
        role: RoleName::Driver,
        property: "spark.driver.defaultJavaOptions",
        option: "Xmx",
        instead: "spark.driver.memory",
        since: SINCE_LONG,
    },
    Reserved {
        role: RoleName::Executor,
        property: "spark.executor.extraJavaOptions",
        option: "-Xmx",
        instead: "spark.executor.memory",
        since: SINCE_LONG,
    },
    Reserved {
        role: RoleName::Executor,
        property: "spark.executor.extraJavaOptions",
        option: "-Dspark",
        instead: "a property of its own",
        since: SINCE_LONG,
    },
    Reserved {
        role: RoleName::Executor,
        property: "spark.executor.defaultJavaOptions",
        option: "-Xmx",
        instead: "spark.executor.memory",
        since: SparkVersion::new(4, 0),
    },
    Reserved {
        role: RoleName::Executor,
        property: "spark.executor.defaultJavaOptions",
        option: "-Dspark",
        instead: "a property of its own",
        since: SparkVersion::new(4, 0),
    },
];

pub(super) fn judge(workload: &Workload<'_>, roles: &[RoleName]) -> Vec<Violation> {
    RESERVED
        .iter()
        .filter(|reserved| roles.contains(&reserved.role))
        .filter(|reserved| workload.spark_version.is_none_or(|version| version >= reserved.since))
        .filter_map(|reserved| {
            let options = get(&workload.properties, reserved.property)?;
            if !options.value.contains(reserved.option) {
                return None;
            }
            let message = format!(
                "{} holds `{}`: Spark refuses to start",
                reserved.property, reserved.option
            );
            at(options, message, &format!("take it out, and use {}", reserved.instead))
        })
        .collect()
}
