//! Settings of Spark's own part for Kubernetes that it refuses to start with.
//!
//! `Config.scala` of `resource-managers/kubernetes/core`, in Spark 3.2 to 4.3, and `KubernetesClusterManager.makeExecutorPodsAllocator`.

use super::{Violation, at, get};
use crate::engine::quantity::{SparkTime, TimeUnit};
use crate::engine::spark_version::SparkVersion;
use crate::engine::workload::{Property, Workload};

const SHORTEST_DELAY: SparkTime = SparkTime::from_milliseconds(100);

const IP_FAMILY_POLICIES: &[&str] = &["SingleStack", "PreferDualStack", "RequireDualStack"];
const IP_FAMILIES: &[&str] = &["IPv4", "IPv6", "IPv4,IPv6", "IPv6,IPv4"];

/// One setting: its name, the version of Spark that minds, what is well, and what to write.
struct Setting {
    name: &'static str,
    since: SparkVersion,
    is_well: fn(&str, Option<SparkVersion>) -> bool,
    help: &'static str,
}

const SETTINGS: [Setting; 5] = [
    Setting {
        name: "spark.kubernetes.allocation.batch.size",
        since: SparkVersion::new(3, 2),
        is_well: |text, _| text.trim().parse::<i32>().is_ok_and(|size| size > 0),
        help: "write a whole number of at least 1",
    },
    Setting {
        name: "spark.kubernetes.allocation.batch.delay",
        since: SparkVersion::new(4, 0),
        is_well: |text, _| SparkTime::parse(text, TimeUnit::Milliseconds).is_some_and(|delay| delay > SHORTEST_DELAY),
        help: "write more than 100ms, such as `1s`",
    },
    Setting {
        name: "spark.kubernetes.driver.service.ipFamilyPolicy",
        since: SparkVersion::new(3, 4),
        is_well: |text, _| IP_FAMILY_POLICIES.contains(&text),
        help: "write `SingleStack`, `PreferDualStack` or `RequireDualStack`",
    },
    Setting {
        name: "spark.kubernetes.driver.service.ipFamilies",
        since: SparkVersion::new(3, 4),
        is_well: |text, _| IP_FAMILIES.contains(&text),
        help: "write `IPv4`, `IPv6`, `IPv4,IPv6` or `IPv6,IPv4`",
    },
    Setting {
        name: "spark.kubernetes.allocation.pods.allocator",
        since: SparkVersion::new(3, 3),
        is_well: is_allocator,
        help: "write `direct`, `statefulset`, from Spark 4.2 on `deployment`, or the full name of a class",
    },
];

pub(super) fn judge(workload: &Workload<'_>) -> Vec<Violation> {
    SETTINGS
        .iter()
        .filter_map(|setting| {
            let property: &Property<'_> = get(&workload.properties, setting.name)?;
            let version = workload.spark_version;
            let is_minded = version.is_none_or(|version| version >= setting.since);
            if !is_minded || (setting.is_well)(property.value, version) {
                return None;
            }
            let message = format!("Spark does not take `{}` as {}", property.value, setting.name);
            at(property, message, setting.help)
        })
        .collect()
}

/// A class of somebody's own has a package, and nobody here knows it.
fn is_allocator(text: &str, version: Option<SparkVersion>) -> bool {
    match text {
        "direct" | "statefulset" => true,
        "deployment" => version.is_none_or(|version| version >= SparkVersion::new(4, 2)),
        class => class.contains('.'),
    }
}
