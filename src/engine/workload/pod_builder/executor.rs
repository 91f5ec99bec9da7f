//! An executor's pod: the first one's.
//!
//! `KubernetesExecutorBuilder`: the order of its steps; `BasicExecutorFeatureStep`. The properties are those that the driver reads.

use super::features::Feature;
use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::{Step, number};
use super::{
    Draft, basic, credentials, driver, env, features, generated, hadoop, java_options, labels, local_dirs, secrets,
    volumes,
};
use crate::engine::json::Json;
use crate::engine::quantity::{SparkTime, TimeUnit};
use crate::engine::spark_version::SparkVersion;
use crate::engine::workload::memory::RoleMemory;
use crate::engine::workload::{Language, Origin, RoleName};

const CONF_DIR: &str = "/opt/spark/conf";
/// No host name has more characters.
const LONGEST_HOST_NAME: usize = 63;
/// A prefix leaves room for `-exec-` and the largest number, within the 253 characters of a name.
const LONGEST_PREFIX: usize = 237;

/// All steps, in Spark's order.
pub(super) fn configure<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let steps: [(Feature, features::Configure); 7] = [
        ("BasicExecutorFeatureStep", basic_step),
        ("ExecutorKubernetesCredentialsFeatureStep", credentials::of_executor),
        ("MountSecretsFeatureStep", secrets::mount),
        ("EnvSecretsFeatureStep", secrets::put_in_env),
        ("MountVolumesFeatureStep", volumes::mount),
        ("HadoopConfExecutorFeatureStep", hadoop::of_executor),
        ("LocalDirsFeatureStep", local_dirs::mount),
    ];
    features::run(step, pod, &steps);
}

fn basic_step<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    pod.pod.set("apiVersion", Draft::text("v1", SPARK_DEFAULT));
    pod.pod.set("kind", Draft::text("Pod", SPARK_DEFAULT));
    basic::set_image(step, pod);
    basic::set_resources(step, pod);
    basic::set_security(step, pod);
    if step.since(4, 2) {
        pod.container
            .append("resizePolicy", ["cpu", "memory"].map(resized_in_place));
    }
    let variables = environment(step);
    pod.add_env(variables);
    set_ports(step, pod);
    pod.container.append("args", [Draft::text("executor", SPARK_DEFAULT)]);
    let has_config_map = !step.is_true("spark.kubernetes.executor.disableConfigMap", false);
    if has_config_map {
        let mount = [
            ("name", Draft::text("spark-conf-volume-exec", SPARK_DEFAULT)),
            ("mountPath", Draft::text(CONF_DIR, SPARK_DEFAULT)),
        ];
        pod.container.append("volumeMounts", [Draft::object(mount)]);
    }
    set_decommissioning(step, pod);
    set_metadata(step, pod);
    set_restarts(step, pod);
    basic::set_scheduling(step, pod);
    if has_config_map {
        let name = Draft::text(generated::EXECUTOR_CONFIG_MAP, generated::GENERATED);
        let volume = [
            ("name", Draft::text("spark-conf-volume-exec", SPARK_DEFAULT)),
            ("configMap", Draft::object([("name", name)])),
        ];
        pod.spec().append("volumes", [Draft::object(volume)]);
    }
}

fn resized_in_place(resource: &str) -> Draft<'_> {
    Draft::object([
        ("resourceName", Draft::text(resource, SPARK_DEFAULT)),
        ("restartPolicy", Draft::text("NotRequired", SPARK_DEFAULT)),
    ])
}

fn environment<'a>(step: &mut Step<'_, 'a>) -> Vec<Draft<'a>> {
    let spark = |name, value| env::variable(name, value, SPARK_DEFAULT);
    let made_up = |name, value| env::variable(name, value, generated::GENERATED);
    let port = step.value("spark.driver.port").unwrap_or("7078").trim();
    let host = driver_address(step);
    let url = step
        .arena
        .string(&format!("spark://CoarseGrainedScheduler@{host}:{port}"));
    let mut variables = vec![basic::user(step), made_up("SPARK_DRIVER_URL", url)];
    let cores = task_cores(step).unwrap_or_else(|| basic::cores(step));
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

fn set_ports<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    const BLOCK_MANAGER: &str = "spark.blockManager.port";
    if !step.since(3, 4) {
        pod.container.remove("ports");
    }
    let port = step.number(BLOCK_MANAGER, 7079);
    let chosen = step
        .value(BLOCK_MANAGER)
        .and_then(|text| text.trim().parse::<i32>().ok())
        .unwrap_or(7079);
    if chosen != 0 && !(1024..=65535).contains(&chosen) {
        let origin = port.origin().cloned().unwrap_or(SPARK_DEFAULT);
        let message = format!("{BLOCK_MANAGER} is {chosen}, and Spark takes 0, or 1024 to 65535");
        step.refuse(&origin, message, None);
    }
    if chosen != 0 {
        pod.container.append("ports", [basic::port("blockmanager", port)]);
    }
}

fn set_decommissioning<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    const ENABLED: &str = "spark.decommission.enabled";
    if !step.is_true(ENABLED, false) {
        return;
    }
    let script = match step.property("spark.kubernetes.decommission.script") {
        Some(property) => Draft::text(property.value, property.origin.clone()),
        None => Draft::text("/opt/decom.sh", SPARK_DEFAULT),
    };
    let origin = step
        .property(ENABLED)
        .map_or(SPARK_DEFAULT, |property| property.origin.clone());
    let mut exec = Draft::empty();
    exec.append("command", [script]);
    let pre_stop = Draft::object([("exec", exec)]);
    // Whatever the template does around the container's life is replaced.
    pod.container
        .set("lifecycle", Draft::object([("preStop", pre_stop)]).from_origin(origin));
}

fn set_metadata<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let (prefix, origin) = generated::executor_prefix(step);
    // Spark 3.2 minds only what Kubernetes would not take.
    let checked = if step.since(3, 3) {
        prefix.as_str()
    } else {
        prefix.trim_end_matches(['-', '.'])
    };
    if !is_prefix(checked) {
        let origin = match origin {
            // Made of the application's name.
            Origin::Default(_) => step
                .property("spark.app.name")
                .map_or(origin.clone(), |name| name.origin.clone()),
            _ => origin.clone(),
        };
        let message = format!("`{prefix}` cannot begin the names of pods");
        let help = format!(
            "write at most {LONGEST_PREFIX} small letters, digits, dashes and dots, and begin and end each part with a letter or a digit"
        );
        step.refuse(&origin, message, Some(help));
    }
    let name = format!("{prefix}-exec-{}", generated::executor_id(step));
    pod.metadata()
        .set("name", Draft::text(step.arena.string(&name), origin.clone()));
    driver::set_namespace(step, pod);
    labels::configure(step, pod);
    let driver = [
        ("apiVersion", Draft::text("v1", SPARK_DEFAULT)),
        ("kind", Draft::text("Pod", SPARK_DEFAULT)),
        ("controller", Draft::new(Json::Bool(true), SPARK_DEFAULT)),
        ("name", generated::driver_pod_name(step)),
        (
            "uid",
            Draft::text(generated::UID, Origin::Default("given by the API server")),
        ),
    ];
    pod.metadata().append("ownerReferences", [Draft::object(driver)]);
    let host_name = step.arena.string(&host_name(&name, step));
    pod.spec().set("hostname", Draft::text(host_name, origin));
}

/// `BasicExecutorFeatureStep`: the end of the name, where the number is.
fn host_name(name: &str, step: &Step<'_, '_>) -> String {
    let start = name.len().saturating_sub(LONGEST_HOST_NAME);
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let tail = name
        .get(start..)
        .unwrap_or(name)
        .trim_start_matches(|character| !is_word(character));
    let mut host_name = String::with_capacity(tail.len());
    for character in tail.chars() {
        if is_word(character) || character == '-' {
            host_name.push(character);
        } else if !host_name.ends_with('_') || character == '_' {
            host_name.push('_');
        }
    }
    if step.since(4, 2) && step.value("spark.kubernetes.allocation.pods.allocator") == Some("deployment") {
        host_name = host_name.to_lowercase();
    }
    host_name
}

/// A DNS subdomain that leaves room for what follows.
fn is_prefix(prefix: &str) -> bool {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        bytes.first().copied().is_some_and(is_alphanumeric)
            && bytes.last().copied().is_some_and(is_alphanumeric)
            && bytes.iter().all(|byte| is_alphanumeric(*byte) || *byte == b'-')
    };
    prefix.len() <= LONGEST_PREFIX && prefix.split('.').all(is_part)
}

fn set_restarts<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let policy = match generated::set_of_executors(step) {
        Some(allocator) => Draft::text("Always", allocator.origin.clone()),
        None => Draft::text("Never", SPARK_DEFAULT),
    };
    pod.spec().set("restartPolicy", policy);
    if generated::set_of_executors(step).is_some_and(|allocator| allocator.value == "deployment") {
        let cost = Draft::text("0", SPARK_DEFAULT);
        pod.metadata()
            .member("annotations")
            .set("controller.kubernetes.io/pod-deletion-cost", cost);
    }
    if step.since(4, 1) {
        let seconds = grace_period(step);
        pod.spec().set("terminationGracePeriodSeconds", seconds);
    }
}

fn grace_period<'a>(step: &mut Step<'_, 'a>) -> Draft<'a> {
    const NAME: &str = "spark.kubernetes.executor.terminationGracePeriodSeconds";
    let Some(property) = step.property(NAME) else {
        return Draft::new(number(30), SPARK_DEFAULT);
    };
    let Some(seconds) = seconds(property.value) else {
        let message = format!("{NAME} is `{}`, and Spark reads a time such as 30s", property.value);
        step.refuse(&property.origin, message, None);
        return Draft::new(number(30), SPARK_DEFAULT);
    };
    Draft::new(number(seconds), property.origin.clone())
}

fn seconds(text: &str) -> Option<i32> {
    let seconds = SparkTime::parse(text, TimeUnit::Seconds)?.whole(TimeUnit::Seconds);
    i32::try_from(seconds).ok().filter(|seconds| *seconds >= 0)
}
