//! What an executor is told in its environment.
//!
//! The order is that of `BasicExecutorFeatureStep`; where the pod's own address and name stand in it changed with 3.4.

use super::CONF_DIR;
use crate::engine::spark_version::SparkVersion;
use crate::engine::workload::memory::RoleMemory;
use crate::engine::workload::pod_builder::spark_pod::SPARK_DEFAULT;
use crate::engine::workload::pod_builder::step::Step;
use crate::engine::workload::pod_builder::{Draft, env, generated, java_options, resources};
use crate::engine::workload::{Language, RoleName};

/// All variables of Spark's, and those that the user chose.
pub(super) fn variables<'a>(step: &mut Step<'_, 'a>) -> Vec<Draft<'a>> {
    let spark = |name, value| env::variable(name, value, SPARK_DEFAULT);
    let made_up = |name, value| env::variable(name, value, generated::GENERATED);
    let port = step.value("spark.driver.port").unwrap_or("7078").trim();
    let host = driver_address(step);
    let url = step
        .arena
        .string(&format!("spark://CoarseGrainedScheduler@{host}:{port}"));
    let mut variables = vec![env::user(step), made_up("SPARK_DRIVER_URL", url)];
    let cores = task_cores(step).unwrap_or_else(|| resources::cores(step));
    variables.push(env::of_draft("SPARK_EXECUTOR_CORES", &cores));
    variables.extend(heap(step));
    variables.extend([
        env::of_draft("SPARK_APPLICATION_ID", &generated::application_id(step)),
        spark("SPARK_CONF_DIR", CONF_DIR),
        made_up("SPARK_EXECUTOR_ID", generated::executor_id(step)),
        spark("SPARK_RESOURCE_PROFILE_ID", "0"),
    ]);
    if step.since(4, 0) && step.property("spark.ui.custom.executor.log.url").is_some() {
        variables.extend([
            env::of_draft("SPARK_EXECUTOR_ATTRIBUTE_APP_ID", &generated::application_id(step)),
            made_up("SPARK_EXECUTOR_ATTRIBUTE_EXECUTOR_ID", generated::executor_id(step)),
        ]);
    }
    variables.extend(chosen_by_the_user(step));
    let pod_ip = env::field("SPARK_EXECUTOR_POD_IP", "status.podIP", SPARK_DEFAULT);
    let pod_name = env::field("SPARK_EXECUTOR_POD_NAME", "metadata.name", SPARK_DEFAULT);
    let of_pod = [Some(pod_ip), step.since(3, 3).then_some(pod_name)]
        .into_iter()
        .flatten();
    if !step.since(3, 4) {
        variables.extend(of_pod.clone());
    }
    variables.extend(shared_secret(step));
    if let Some(class_path) = step.property("spark.executor.extraClassPath") {
        variables.push(env::variable(
            "SPARK_CLASSPATH",
            class_path.value,
            class_path.origin.clone(),
        ));
    }
    variables.extend(library_path(step));
    variables.extend(java_options::variables(step));
    if step.since(3, 4) {
        variables.extend(of_pod);
    }
    variables
}

fn driver_address(step: &mut Step<'_, '_>) -> String {
    if step.since(4, 1) && step.is_true("spark.kubernetes.executor.useDriverPodIP", false) {
        // The address that the driver's pod gets.
        "0.0.0.0".to_owned()
    } else {
        generated::driver_host(step)
    }
}

/// Executors of the recovery mode run one task at a time.
fn task_cores<'a>(step: &mut Step<'_, 'a>) -> Option<Draft<'a>> {
    const RECOVERY: &str = "spark.kubernetes.allocation.recoveryMode.enabled";
    if !step.since(4, 2) || !step.is_true(RECOVERY, false) {
        return None;
    }
    let cpus = step.property("spark.task.cpus");
    let origin = cpus.map_or(SPARK_DEFAULT, |property| property.origin.clone());
    let text = cpus.map_or("1", |property| property.value.trim());
    let whole = text
        .parse::<f64>()
        .ok()
        .filter(|_| step.since(4, 3))
        .map(|cpus| cpus.ceil().max(1.0));
    Some(match whole {
        Some(whole) => Draft::text(step.arena.string(&format!("{whole:.0}")), origin),
        None => Draft::text(text, origin),
    })
}

fn heap<'a>(step: &Step<'_, 'a>) -> Option<Draft<'a>> {
    let submission = step.submission;
    let language = submission.language.unwrap_or(Language::Scala);
    let memory = RoleMemory::of(
        RoleName::Executor,
        &submission.properties,
        language,
        submission.spark_version,
    )
    .ok()?;
    let heap = step.arena.string(&format!("{}m", memory.heap.mebibytes()));
    Some(env::variable("SPARK_EXECUTOR_MEMORY", heap, memory.heap_origin))
}

/// `spark.executorEnv.`: names that an environment cannot hold are left out, with a warning in the driver's log.
fn chosen_by_the_user<'a>(step: &Step<'_, 'a>) -> Vec<Draft<'a>> {
    let is_punctuation = |character: char| matches!(character, '-' | '.' | '_');
    let is_name = |name: &str| {
        name.starts_with(|first: char| is_punctuation(first) || first.is_ascii_alphabetic())
            && name
                .chars()
                .all(|character| is_punctuation(character) || character.is_ascii_alphanumeric())
    };
    let application_id = generated::application_id(step).as_str().unwrap_or_default();
    let variables = step.with_prefix("spark.executorEnv.").into_iter();
    variables
        .filter(|(name, _)| is_name(name))
        .map(|(name, property)| {
            let value = match name {
                "SPARK_EXECUTOR_DIRS" => {
                    let value = property.value.replace("SPARK_APPLICATION_ID", application_id);
                    step.arena
                        .string(&value.replace("SPARK_EXECUTOR_ID", generated::executor_id(step)))
                }
                _ => property.value,
            };
            env::variable(name, value, property.origin.clone())
        })
        .collect()
}

/// With authentication, executors are told a secret that the driver makes up; unless it is in a file.
fn shared_secret<'a>(step: &mut Step<'_, 'a>) -> Option<Draft<'a>> {
    let in_a_file = [
        "spark.authenticate.secret.executor.file",
        "spark.authenticate.secret.file",
    ];
    (step.is_true("spark.authenticate", false) && step.first_of(in_a_file).is_none())
        .then(|| env::variable("_SPARK_AUTH_SECRET", "0000000000000000", generated::GENERATED))
}

/// Told to executors by Spark 4.2, and by the last releases of 4.0 and 4.1.
fn library_path<'a>(step: &Step<'_, 'a>) -> Option<Draft<'a>> {
    let first_of_line = match step.version() {
        Some(version) if version < SparkVersion::new(4, 1) => SparkVersion::release(4, 0, 5),
        _ => SparkVersion::release(4, 1, 4),
    };
    let path = step.property("spark.executor.extraLibraryPath")?;
    step.version()
        .is_none_or(|version| version >= first_of_line)
        .then(|| env::variable("SPARK_EXECUTOR_LIBRARY_PATH", path.value, path.origin.clone()))
}
