//! GPUs and their like: `VENDOR/NAME: amount`, as Kubernetes' device plugins call them.
//!
//! `ResourceUtils.parseAllResourceRequests` and `KubernetesUtils.buildResourcesQuantities`.

use super::Draft;
use super::step::Step;
use crate::engine::workload::{Origin, Property};

/// The devices that the properties ask for, each with its name in Kubernetes.
pub(super) fn of<'a>(step: &mut Step<'_, 'a>) -> Vec<(&'a str, Draft<'a>)> {
    let prefix = step.of_role("spark.driver.resource.", "spark.executor.resource.");
    let named = names(step, prefix);
    named
        .into_iter()
        .filter_map(|(name, first)| device(step, prefix, name, &first.origin))
        .collect()
}

/// The devices that have properties, each once, with the first of these.
fn names<'s, 'a>(step: &mut Step<'s, 'a>, prefix: &str) -> Vec<(&'a str, &'s Property<'a>)> {
    let mut names: Vec<(&str, &Property<'_>)> = Vec::new();
    for (key, property) in step.with_prefix(prefix) {
        match key.split_once('.') {
            Some((name, _)) if names.iter().any(|(known, _)| *known == name) => {}
            Some((name, _)) => names.push((name, property)),
            None => {
                let message = format!("{prefix}{key} names no setting of a resource");
                step.refuse(&property.origin, message, Some(format!("write {prefix}{key}.amount")));
            }
        }
    }
    names
}

fn device<'a>(step: &mut Step<'_, 'a>, prefix: &str, name: &str, first: &Origin) -> Option<(&'a str, Draft<'a>)> {
    let get = |setting: &str| step.property(&format!("{prefix}{name}.{setting}"));
    let (amount, vendor) = (get("amount"), get("vendor"));
    let Some(amount) = amount else {
        let message = format!("nobody says how many {name} the {} gets", step.role);
        step.refuse(first, message, Some(format!("set {prefix}{name}.amount")));
        return None;
    };
    let Some(count) = amount.as_i32() else {
        let message = format!("`{}` is no number of {name}: Spark reads a whole number", amount.value);
        step.refuse(&amount.origin, message, None);
        return None;
    };
    if count <= 0 {
        return None;
    }
    let Some(vendor) = vendor.filter(|vendor| !vendor.value.is_empty()) else {
        let message = format!("nobody says whose {name} the {} gets", step.role);
        let help = format!("set {prefix}{name}.vendor, such as nvidia.com");
        step.refuse(&amount.origin, message, Some(help));
        return None;
    };
    let resource = step.arena.string(&format!("{}/{name}", vendor.value));
    let count = step.arena.string(&count.to_string());
    Some((resource, Draft::text(count, amount.origin.clone())))
}
