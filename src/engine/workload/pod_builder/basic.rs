//! What the basic steps of both roles have in common: the image, the resources, where the pod may be scheduled.
//!
//! `BasicDriverFeatureStep` and `BasicExecutorFeatureStep`.

use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{Draft, NODE_SELECTOR_OF_BOTH, RoleName};
use crate::engine::json::Json;
use crate::engine::quantity::Quantity;
use crate::engine::workload::memory::RoleMemory;
use crate::engine::workload::{Language, Origin, Property};

const IMAGE: &str = "spark.kubernetes.container.image";
const IMAGE_OF_DRIVER: &str = "spark.kubernetes.driver.container.image";
const IMAGE_OF_EXECUTOR: &str = "spark.kubernetes.executor.container.image";
const PULL_POLICY: &str = "spark.kubernetes.container.image.pullPolicy";
const PULL_POLICIES: [&str; 3] = ["Always", "Never", "IfNotPresent"];

/// Names the container, and says which image it runs.
pub(super) fn set_image<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let name = step.of_role("spark-kubernetes-driver", "spark-kubernetes-executor");
    pod.container.set_if_absent("name", || Draft::text(name, SPARK_DEFAULT));
    let own = step.of_role(IMAGE_OF_DRIVER, IMAGE_OF_EXECUTOR);
    pod.container.remove("image");
    if let Some(image) = step.first_of([own, IMAGE]) {
        let version = step.version().filter(|_| step.since(4, 1));
        let text = match version {
            Some(version) => step
                .arena
                .string(&image.value.replace("{{SPARK_VERSION}}", &version.to_string())),
            None => image.value,
        };
        pod.container.set("image", Draft::text(text, image.origin.clone()));
    } else {
        refuse_without_image(step);
    }
    let mut policy = Draft::text("IfNotPresent", SPARK_DEFAULT);
    if let Some(property) = step.property(PULL_POLICY) {
        if PULL_POLICIES.contains(&property.value) {
            policy = Draft::text(property.value, property.origin.clone());
        } else {
            let message = format!("`{}` is no image pull policy", property.value);
            step.refuse(
                &property.origin,
                message,
                Some(format!("write one of {}", PULL_POLICIES.join(", "))),
            );
        }
    }
    pod.container.set("imagePullPolicy", policy);
}

/// Where both roles lack an image, that is one thing to say.
fn refuse_without_image(step: &mut Step<'_, '_>) {
    let of_other = match step.role {
        RoleName::Driver => IMAGE_OF_EXECUTOR,
        RoleName::Executor => IMAGE_OF_DRIVER,
    };
    let whose = if step.property(of_other).is_some() {
        step.role.as_str()
    } else {
        "job"
    };
    let origin = Origin::Default("nobody");
    let message = format!("nobody says which image the {whose} runs");
    let help = format!("set {}", step.submission.image_setting);
    step.refuse(&origin, message, Some(help));
}

/// Asks for cpu, memory and devices. Of the template, the limit of cpu stays where none is configured, and so does whatever else it asks for.
pub(super) fn set_resources<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    if let Some(cpu) = cpu_request(step) {
        pod.container.at(["resources", "requests"]).set("cpu", cpu);
    }
    if let Some(memory) = memory(step) {
        for kind in ["requests", "limits"] {
            pod.container.at(["resources", kind]).set("memory", memory.clone());
        }
    }
    let limit = step.property(step.of_role(
        "spark.kubernetes.driver.limit.cores",
        "spark.kubernetes.executor.limit.cores",
    ));
    if let Some(limit) = limit.and_then(amount) {
        pod.container.at(["resources", "limits"]).set("cpu", limit);
    }
    leave_out_a_limit_below_the_request(step, pod);
    for (name, amount) in devices(step) {
        pod.container.at(["resources", "limits"]).set(name, amount);
    }
}

/// Kubernetes takes no pod whose limit is below its request, and Spark 4.1 and later makes no such executor.
fn leave_out_a_limit_below_the_request<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let mut cpu_of = |kind| pod.container.at(["resources", kind]).get("cpu").cloned();
    let (Some(request), Some(limit)) = (cpu_of("requests"), cpu_of("limits")) else {
        return;
    };
    let (Some(requested), Some(limited)) = (as_quantity(&request), as_quantity(&limit)) else {
        return;
    };
    if limited >= requested {
        return;
    }
    if let Some(origin) = limit.origin() {
        let message = format!(
            "the {} is limited to {limited} cpu, and asks for {requested}: Kubernetes refuses the pod",
            step.role
        );
        step.refuse(origin, message, Some(format!("write {requested} or more")));
    }
    pod.container.at(["resources", "limits"]).remove("cpu");
}

/// A template may write an amount as a number.
fn as_quantity(draft: &Draft<'_>) -> Option<Quantity> {
    match draft.json()? {
        Json::String(text) => text.parse().ok(),
        Json::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// How many cores Spark takes an executor, or the driver, to have.
pub(super) fn cores<'a>(step: &Step<'_, 'a>) -> Draft<'a> {
    let name = step.of_role("spark.driver.cores", "spark.executor.cores");
    match step.property(name) {
        // What is no number is found by the rule about cpu.
        Some(property) => {
            let text = property.value.trim();
            let text = text
                .parse::<i32>()
                .map_or(text, |cores| step.arena.string(&cores.to_string()));
            Draft::text(text, property.origin.clone())
        }
        None => Draft::text("1", SPARK_DEFAULT),
    }
}

fn cpu_request<'a>(step: &Step<'_, 'a>) -> Option<Draft<'a>> {
    let requested = step.property(step.of_role(
        "spark.kubernetes.driver.request.cores",
        "spark.kubernetes.executor.request.cores",
    ));
    match requested {
        Some(property) => amount(property),
        None => Some(cores(step)).filter(|cores| cores.as_str().is_some_and(|text| text.parse::<u32>().is_ok())),
    }
}

/// An amount as Kubernetes reads it. What it does not read, or refuses, the rule about cpu finds.
fn amount<'a>(property: &Property<'a>) -> Option<Draft<'a>> {
    let quantity: Quantity = property.value.parse().ok()?;
    (quantity >= Quantity::default()).then(|| Draft::text(property.value, property.origin.clone()))
}

fn memory<'a>(step: &Step<'_, 'a>) -> Option<Draft<'a>> {
    let submission = step.submission;
    let language = submission.language.unwrap_or(Language::Scala);
    // What cannot be read is found by the rule about memory.
    let memory = RoleMemory::of(step.role, &submission.properties, language, step.version()).ok()?;
    let total = step.arena.string(&format!("{}Mi", memory.total().mebibytes()));
    Some(Draft::text(total, memory.heap_origin.clone()))
}

/// GPUs and their like: `VENDOR/NAME: amount`, as Kubernetes' device plugins call them.
fn devices<'a>(step: &mut Step<'_, 'a>) -> Vec<(&'a str, Draft<'a>)> {
    let prefix = step.of_role("spark.driver.resource.", "spark.executor.resource.");
    let properties = step.with_prefix(prefix);
    let mut names: Vec<&str> = Vec::new();
    for (key, property) in &properties {
        let Some((name, _)) = key.split_once('.') else {
            let message = format!("{prefix}{key} names no setting of a resource");
            step.refuse(&property.origin, message, Some(format!("write {prefix}{key}.amount")));
            continue;
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut devices = Vec::new();
    for name in names {
        let get = |setting: &str| step.property(&format!("{prefix}{name}.{setting}"));
        let (amount, vendor) = (get("amount"), get("vendor"));
        let blamed = properties
            .iter()
            .find(|(key, _)| key.starts_with(name))
            .map_or(SPARK_DEFAULT, |(_, property)| property.origin.clone());
        let Some(amount) = amount else {
            let help = Some(format!("set {prefix}{name}.amount"));
            step.refuse(
                &blamed,
                format!("nobody says how many {name} the {} gets", step.role),
                help,
            );
            continue;
        };
        let Ok(count) = amount.value.trim().parse::<i32>() else {
            let message = format!("`{}` is no number of {name}: Spark reads a whole number", amount.value);
            step.refuse(&amount.origin, message, None);
            continue;
        };
        if count <= 0 {
            continue;
        }
        let Some(vendor) = vendor.filter(|vendor| !vendor.value.is_empty()) else {
            let help = Some(format!("set {prefix}{name}.vendor, such as nvidia.com"));
            step.refuse(
                &amount.origin,
                format!("nobody says whose {name} the {} gets", step.role),
                help,
            );
            continue;
        };
        let resource = step.arena.string(&format!("{}/{name}", vendor.value));
        let count = step.arena.string(&count.to_string());
        devices.push((resource, Draft::text(count, amount.origin.clone())));
    }
    devices
}

/// Selects nodes, and names the secrets that the image is pulled with and the scheduler.
pub(super) fn set_scheduling<'a>(step: &Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let own = step.of_role(
        "spark.kubernetes.driver.node.selector.",
        "spark.kubernetes.executor.node.selector.",
    );
    for prefix in [Some(NODE_SELECTOR_OF_BOTH), step.since(3, 3).then_some(own)]
        .into_iter()
        .flatten()
    {
        for (key, property) in step.with_prefix(prefix) {
            let value = Draft::text(property.value, property.origin.clone());
            pod.spec().member("nodeSelector").set(key, value);
        }
    }
    let secrets = step.list("spark.kubernetes.container.image.pullSecrets");
    pod.spec().append(
        "imagePullSecrets",
        secrets.into_iter().map(|name| Draft::object([("name", name)])),
    );
    if let Some(scheduler) = scheduler(step) {
        let name = Draft::text(scheduler.value, scheduler.origin.clone());
        pod.spec().set("schedulerName", name);
    }
}

/// Before 3.3 only executors had one of their own choice.
fn scheduler<'s, 'a>(step: &Step<'s, 'a>) -> Option<&'s Property<'a>> {
    let own = step.of_role(
        "spark.kubernetes.driver.scheduler.name",
        "spark.kubernetes.executor.scheduler.name",
    );
    if step.since(3, 3) {
        step.first_of([own, "spark.kubernetes.scheduler.name"])
    } else if step.role == RoleName::Executor {
        step.property(own)
    } else {
        None
    }
}

/// A port of the Spark container. The API server takes it for TCP where nobody says it.
pub(super) fn port<'a>(name: &'a str, number: Draft<'a>) -> Draft<'a> {
    Draft::object([
        ("name", Draft::text(name, SPARK_DEFAULT)),
        ("containerPort", number),
        ("protocol", Draft::text("TCP", SPARK_DEFAULT)),
    ])
}

/// From 4.3 on, Spark's containers may not gain privileges unless a property says so.
pub(super) fn set_security<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    const OF_BOTH: &str = "spark.kubernetes.securityContext.allowPrivilegeEscalation";
    if !step.since(4, 3) {
        return;
    }
    let own = step.of_role(
        "spark.kubernetes.driver.securityContext.allowPrivilegeEscalation",
        "spark.kubernetes.executor.securityContext.allowPrivilegeEscalation",
    );
    let name = if step.property(own).is_some() { own } else { OF_BOTH };
    let origin = step
        .property(name)
        .map_or(SPARK_DEFAULT, |property| property.origin.clone());
    let is_allowed = step.is_true(name, false);
    pod.container
        .member("securityContext")
        .set("allowPrivilegeEscalation", Draft::new(Json::Bool(is_allowed), origin));
}

/// `SPARK_USER`: who the job is towards Hadoop.
pub(super) fn user<'a>(step: &Step<'_, 'a>) -> Draft<'a> {
    let user = step.submission.user;
    super::env::variable("SPARK_USER", user, Origin::Default("whoever submits"))
}
