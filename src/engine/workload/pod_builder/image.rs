//! Which image the Spark container runs.
//!
//! `BasicDriverFeatureStep` and `BasicExecutorFeatureStep`.

use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use super::{Draft, RoleName};
use crate::engine::workload::Origin;
use crate::engine::workload::submission::IMAGE;

const IMAGE_OF_DRIVER: &str = "spark.kubernetes.driver.container.image";
const IMAGE_OF_EXECUTOR: &str = "spark.kubernetes.executor.container.image";
const PULL_POLICY: &str = "spark.kubernetes.container.image.pullPolicy";
const PULL_POLICIES: [&str; 3] = ["Always", "Never", "IfNotPresent"];

/// Names the container, and says which image it runs.
pub(super) fn set<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
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
    let help = format!("set `{}`", step.submission.image_setting);
    step.refuse(&origin, message, Some(help));
}
