//! What becomes of the shuffle blocks of executors that go.
//!
//! `ExecutorAllocationManager.validateSettings` of Spark 3.2 to 4.3.

use super::Properties;
use crate::engine::spark_version::SparkVersion;

/// Whether executors say to the driver that they are about to go.
pub(crate) const DECOMMISSION: &str = "spark.decommission.enabled";
/// Whether blocks of executors that go are migrated at all.
pub(crate) const MIGRATION: &str = "spark.storage.decommission.enabled";
/// Whether shuffle blocks are among them.
pub(crate) const SHUFFLE_BLOCKS: &str = "spark.storage.decommission.shuffleBlocks.enabled";
/// Whether cached blocks are among them.
pub(crate) const RDD_BLOCKS: &str = "spark.storage.decommission.rddBlocks.enabled";
/// Whether executors stay for as long as somebody may need their shuffle blocks.
pub(crate) const TRACKING: &str = "spark.dynamicAllocation.shuffleTracking.enabled";
/// Whether something beside the executors serves their shuffle blocks.
pub(crate) const SERVICE: &str = "spark.shuffle.service.enabled";
const PLUGIN: &str = "spark.shuffle.sort.io.plugin.class";
const MANAGER: &str = "spark.shuffle.manager";
/// What Spark brings for [`MANAGER`], by all its names.
const OWN_MANAGERS: [&str; 3] = [
    "sort",
    "tungsten-sort",
    "org.apache.spark.shuffle.sort.SortShuffleManager",
];

/// What Spark brings for [`PLUGIN`]: with an executor, its shuffle blocks are lost.
const ON_LOCAL_DISK: [&str; 2] = [
    "org.apache.spark.shuffle.sort.io.LocalDiskShuffleDataIO",
    "org.apache.spark.shuffle.KubernetesLocalDiskShuffleDataIO",
];

/// What keeps the shuffle blocks of executors that dynamic allocation takes away, as Spark counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// The external shuffle service.
    Service,
    /// Executors with blocks are not taken away.
    Tracking,
    /// A plugin that writes them elsewhere.
    Plugin,
    /// They are migrated when an executor is decommissioned. Spark does not ask whether [`MIGRATION`] is on, without which nothing is.
    Migration,
}

/// Who keeps them; `None` where Spark refuses to start with dynamic allocation. [`Keeper::Migration`] only where nobody else does.
pub(crate) fn keeper(properties: &Properties<'_>, version: Option<SparkVersion>) -> Option<Keeper> {
    if properties.is_on(SERVICE, false) {
        Some(Keeper::Service)
    } else if properties.is_on(TRACKING, are_on_by_default(version)) {
        Some(Keeper::Tracking)
    } else if has_plugin(properties, version) {
        Some(Keeper::Plugin)
    } else if properties.is_on(DECOMMISSION, false) && properties.is_on(SHUFFLE_BLOCKS, are_on_by_default(version)) {
        Some(Keeper::Migration)
    } else {
        None
    }
}

/// Whether shuffle blocks are not on the executors at all, but with a plugin or a shuffle manager of somebody else.
pub(crate) fn are_kept_elsewhere(properties: &Properties<'_>, version: Option<SparkVersion>) -> bool {
    let is_own = |manager: &str| OWN_MANAGERS.iter().any(|own| own.eq_ignore_ascii_case(manager.trim()));
    has_plugin(properties, version) || properties.get(MANAGER).is_some_and(|manager| !is_own(manager.value))
}

/// Spark asks for a plugin since 3.5.
fn has_plugin(properties: &Properties<'_>, version: Option<SparkVersion>) -> bool {
    // A version that is not known is given the benefit of the doubt.
    version.is_none_or(|version| version >= SparkVersion::new(3, 5))
        && properties
            .get(PLUGIN)
            .is_some_and(|class| !ON_LOCAL_DISK.contains(&class.value.trim()))
}

/// Whether [`TRACKING`] and the kinds of blocks that are migrated are on where nobody says otherwise.
pub(crate) fn are_on_by_default(version: Option<SparkVersion>) -> bool {
    version.is_none_or(|version| version >= SparkVersion::new(3, 4))
}
