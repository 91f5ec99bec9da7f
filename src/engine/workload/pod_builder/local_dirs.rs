//! Where Spark writes what does not fit in memory.
//!
//! `LocalDirsFeatureStep`: the mounts of volumes named `spark-local-dir-*`, else an `emptyDir` for each directory. Of several, Spark 3.4 and
//! later shuffle the order anew for each pod. Executors go by the driver's environment, in which the driver's own directories stand, before
//! they go by `spark.local.dir`. What whoever submits has in its environment is not known here.

use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{Draft, RoleName, env, generated};

const VOLUME: &str = "spark-local-dir-";
const IN_MEMORY: &str = "spark.kubernetes.local.dirs.tmpfs";

/// Mounts what there is to mount, and tells Spark in `SPARK_LOCAL_DIRS`.
pub(super) fn mount<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let mounted = mounted(pod);
    if !mounted.is_empty() {
        let directories = step.arena.string(&mounted.join(","));
        if step.role == RoleName::Driver {
            step.directories_of_the_driver = Some(directories);
        }
        pod.add_env([env::variable("SPARK_LOCAL_DIRS", directories, SPARK_DEFAULT)]);
        return;
    }
    let is_in_memory = step.is_true(IN_MEMORY, false);
    let (directories, origin) = match (step.directories_of_the_driver, step.property("spark.local.dir")) {
        (Some(directories), _) => (directories, SPARK_DEFAULT),
        (None, Some(property)) => (property.value, property.origin.clone()),
        (None, None) => (generated::LOCAL_DIR, generated::GENERATED),
    };
    // As Java splits: what is empty at the end does not count.
    let directories = directories.trim_end_matches(',');
    pod.add_env([env::variable("SPARK_LOCAL_DIRS", directories, origin.clone())]);
    for (index, directory) in directories.split(',').enumerate() {
        let name = step.arena.string(&format!("{VOLUME}{}", index + 1));
        let mut source = Draft::empty();
        if is_in_memory {
            let origin = step
                .property(IN_MEMORY)
                .map_or(SPARK_DEFAULT, |property| property.origin.clone());
            source.set("medium", Draft::text("Memory", origin));
        }
        pod.add_volume(
            Draft::text(name, SPARK_DEFAULT),
            "emptyDir",
            source,
            [("mountPath", Draft::text(directory, origin.clone()))],
        );
    }
}

/// Where the Spark container mounts volumes that are meant for this.
fn mounted<'a>(pod: &mut SparkPod<'a>) -> Vec<&'a str> {
    let is_local = |mount: &&Draft<'_>| mount.text_of("name").is_some_and(|name| name.starts_with(VOLUME));
    let mounts = mounts(pod).iter().filter(is_local);
    mounts.filter_map(|mount| mount.text_of("mountPath")).collect()
}

/// The Spark container's mounts, where it has any.
fn mounts<'p, 'a>(pod: &'p mut SparkPod<'a>) -> &'p [Draft<'a>] {
    match pod.container.get("volumeMounts") {
        Some(mounts) => mounts.items(),
        None => &[],
    }
}
