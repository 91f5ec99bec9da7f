//! The steps that change the pod around its Spark container.

use std::collections::BTreeSet;

use super::Step;
use crate::engine::workload::draft::Draft;
use crate::engine::workload::{Located, RoleName};

/// Spark's executors belong to the driver's pod, and get no other owner here.
pub(super) fn owner_reference(step: &mut Step<'_, '_>) {
    if step.role != RoleName::Driver {
        return;
    }
    let application = step.application;
    let metadata = step.pod.member("metadata");
    let mut known = metadata
        .get("ownerReferences")
        .into_iter()
        .flat_map(|list| list.items().iter());
    if !known.any(|reference| application.is_controlled_by(reference)) {
        metadata.append("ownerReferences", [application.owner_reference(RoleName::Driver)]);
    }
}

pub(super) fn host_network(step: &mut Step<'_, '_>) {
    if let Some(field) = true_field(step, "hostNetwork") {
        let dns_policy = Draft::text("ClusterFirstWithHostNet", field.origin());
        step.spec().set("hostNetwork", field.into());
        step.spec().set("dnsPolicy", dns_policy);
    }
}

pub(super) fn host_aliases(step: &mut Step<'_, '_>) {
    append(step, "hostAliases");
}

pub(super) fn init_containers(step: &mut Step<'_, '_>) {
    append_containers(step, "initContainers", "initContainers");
}

pub(super) fn sidecars(step: &mut Step<'_, '_>) {
    append_containers(step, "sidecars", "containers");
}

pub(super) fn dns_config(step: &mut Step<'_, '_>) {
    replace(step, "dnsConfig", "dnsConfig");
}

/// The API server has set the priority already, by the class that the pod had.
pub(super) fn priority_class_name(step: &mut Step<'_, '_>) {
    if let Some(field) = filled(step.field("priorityClassName")) {
        let spec = step.spec();
        spec.set("priorityClassName", field.into());
        spec.remove("priority");
        spec.remove("preemptionPolicy");
    }
}

/// The batch scheduler of the application wins over the scheduler of the role, even where it is empty.
pub(super) fn scheduler_name(step: &mut Step<'_, '_>) {
    let of_application = step.application.spec.get("batchScheduler");
    let name = of_application.or_else(|| step.field("schedulerName"));
    if let Some(name) = filled(name) {
        step.spec().set("schedulerName", name.into());
    }
}

pub(super) fn node_selector(step: &mut Step<'_, '_>) {
    let selector = step.field("nodeSelector");
    if let Some(selector) = selector.filter(|selector| selector.members().next().is_some()) {
        let own = selector.members().map(|(key, value)| (key, value.into()));
        step.spec().member("nodeSelector").set_all(own);
    }
}

pub(super) fn affinity(step: &mut Step<'_, '_>) {
    replace(step, "affinity", "affinity");
}

pub(super) fn tolerations(step: &mut Step<'_, '_>) {
    append(step, "tolerations");
}

pub(super) fn security_context(step: &mut Step<'_, '_>) {
    replace(step, "podSecurityContext", "securityContext");
}

pub(super) fn termination_grace_period(step: &mut Step<'_, '_>) {
    replace(step, "terminationGracePeriodSeconds", "terminationGracePeriodSeconds");
}

pub(super) fn share_process_namespace(step: &mut Step<'_, '_>) {
    if let Some(field) = true_field(step, "shareProcessNamespace") {
        step.spec().set("shareProcessNamespace", field.into());
    }
}

fn append(step: &mut Step<'_, '_>, list: &'static str) {
    let items: Vec<_> = step.items(list).into_iter().map(Draft::from).collect();
    step.spec().append(list, items);
}

fn replace(step: &mut Step<'_, '_>, field: &str, of_pod: &'static str) {
    if let Some(value) = step.field(field) {
        step.spec().set(of_pod, value.into());
    }
}

/// Appends containers, but not one whose name and image are there already. Of another image, the name is there twice then.
fn append_containers<'a>(step: &mut Step<'_, 'a>, field: &str, of_pod: &'static str) {
    let name_and_image =
        |container: &Draft<'a>| ["name", "image"].map(|key| container.text_of(key).unwrap_or_default());
    let own: Vec<_> = step.items(field).into_iter().map(Draft::from).collect();
    let spec = step.spec();
    let there = spec.get(of_pod).into_iter().flat_map(|list| list.items().iter());
    let mut known: BTreeSet<_> = there.map(name_and_image).collect();
    spec.append(
        of_pod,
        own.into_iter()
            .filter(|container| known.insert(name_and_image(container))),
    );
}

fn true_field<'a>(step: &Step<'_, 'a>, name: &str) -> Option<Located<'a>> {
    step.field(name).filter(|field| field.json.as_bool() == Some(true))
}

fn filled(field: Option<Located<'_>>) -> Option<Located<'_>> {
    field.filter(|field| field.json.as_str().is_some_and(|text| !text.is_empty()))
}
