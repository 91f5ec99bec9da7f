//! Where Spark writes what does not fit in memory.
//!
//! `LocalDirsFeatureStep`: the mounts of volumes named `spark-local-dir-*`, else an `emptyDir` for each directory. Of several, Spark 3.4 and
//! later shuffle the order anew for each pod. `SPARK_LOCAL_DIRS` in the environment of whoever submits, or of the driver, would go
//! before `spark.local.dir`; it is not known here.

use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{Draft, env, generated};

const VOLUME: &str = "spark-local-dir-";

/// Mounts what there is to mount, and tells Spark in `SPARK_LOCAL_DIRS`.
pub(super) fn mount<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let mounted: Vec<&'a str> = mounts(pod)
        .iter()
        .filter(|mount| mount.text_of("name").is_some_and(|name| name.starts_with(VOLUME)))
        .filter_map(|mount| mount.text_of("mountPath"))
        .collect();
    if !mounted.is_empty() {
        let directories = step.arena.string(&mounted.join(","));
        pod.add_env([env::variable("SPARK_LOCAL_DIRS", directories, SPARK_DEFAULT)]);
        return;
    }
    const IN_MEMORY: &str = "spark.kubernetes.local.dirs.tmpfs";
    let is_in_memory = step.is_true(IN_MEMORY, false);
    let (directories, origin) = match step.property("spark.local.dir") {
        Some(property) => (property.value, property.origin.clone()),
        None => (generated::LOCAL_DIR, generated::GENERATED),
    };
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

/// The Spark container's mounts, where it has any.
fn mounts<'p, 'a>(pod: &'p mut SparkPod<'a>) -> &'p [Draft<'a>] {
    match pod.container.get("volumeMounts") {
        Some(mounts) => mounts.items(),
        None => &[],
    }
}
