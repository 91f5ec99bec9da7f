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
/// Whether executors stay for as long as somebody may need their shuffle blocks.
pub(crate) const TRACKING: &str = "spark.dynamicAllocation.shuffleTracking.enabled";
/// Whether something beside the executors serves their shuffle blocks.
pub(crate) const SERVICE: &str = "spark.shuffle.service.enabled";
const PLUGIN: &str = "spark.shuffle.sort.io.plugin.class";

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
    // A version that is not known is given the benefit of the doubt.
    let from = |first| version.is_none_or(|version| version >= first);
    let stays_elsewhere = || {
        from(SparkVersion::new(3, 5))
            && properties
                .get(PLUGIN)
                .is_some_and(|class| !ON_LOCAL_DISK.contains(&class.value.trim()))
    };
    if properties.is_on(SERVICE, false) {
        Some(Keeper::Service)
    } else if properties.is_on(TRACKING, are_on_by_default(version)) {
        Some(Keeper::Tracking)
    } else if stays_elsewhere() {
        Some(Keeper::Plugin)
    } else if properties.is_on(DECOMMISSION, false) && properties.is_on(SHUFFLE_BLOCKS, are_on_by_default(version)) {
        Some(Keeper::Migration)
    } else {
        None
    }
}

/// Whether [`TRACKING`] and the kinds of blocks that are migrated are on where nobody says otherwise.
pub(crate) fn are_on_by_default(version: Option<SparkVersion>) -> bool {
    version.is_none_or(|version| version >= SparkVersion::new(3, 4))
}
