//! Volumes that properties describe: `spark.kubernetes.{driver,executor}.volumes.TYPE.NAME.…`.
//!
//! `KubernetesVolumeUtils.parseVolumesWithPrefix` and `MountVolumesFeatureStep`.

use super::spark_pod::SparkPod;
use super::step::Step;
use super::{Draft, RoleName, generated};
use crate::engine::json::Json;
use crate::engine::quantity::Quantity;
use crate::engine::workload::{Origin, Property};

/// One volume, and what the properties say about it.
struct Volume<'v, 's, 'a> {
    kind: &'a str,
    name: &'a str,
    /// The beginning of its properties' names, for messages and for looking them up.
    prefix: &'v str,
    /// Which of the volumes it is: part of the names of the claims that Spark makes.
    index: usize,
    /// The first of its properties.
    first: &'s Property<'a>,
}

/// Adds the volumes and their mounts.
pub(super) fn mount<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let prefix = step.of_role("spark.kubernetes.driver.volumes.", "spark.kubernetes.executor.volumes.");
    let mut mounted: Vec<(&'a str, Draft<'a>)> = Vec::new();
    for (index, (kind, name, first)) in kinds_and_names(step, prefix).into_iter().enumerate() {
        let prefix = format!("{prefix}{kind}.{name}.");
        let volume = Volume {
            kind,
            name,
            prefix: &prefix,
            index,
            first,
        };
        let Some(source) = source(step, &volume) else {
            continue;
        };
        let Some(path) = step.property(&format!("{prefix}mount.path")) else {
            let message = format!("nobody says where the volume `{name}` is mounted");
            step.refuse(&first.origin, message, Some(format!("set {prefix}mount.path")));
            continue;
        };
        if mounted.iter().any(|(other, _)| *other == path.value) {
            let message = format!("two volumes are mounted at {}, and Spark refuses that", path.value);
            step.refuse(&path.origin, message, None);
            continue;
        }
        let mount = mount_of(step, &volume, path);
        mounted.push((path.value, mount));
        let name = Draft::text(name, first.origin.clone());
        let volume = [("name", name), (kind, source)];
        pod.spec()
            .append("volumes", [Draft::object(volume).from_origin(first.origin.clone())]);
    }
    let mounts = mounted.into_iter().map(|(_, mount)| mount);
    pod.container.append("volumeMounts", mounts);
}

/// The volumes that have properties, each once, in the order in which Spark finds them: of more than four, Spark's own order is another,
/// by what it says of each.
fn kinds_and_names<'s, 'a>(step: &Step<'s, 'a>, prefix: &str) -> Vec<(&'a str, &'a str, &'s Property<'a>)> {
    let mut volumes: Vec<(&str, &str, &Property<'_>)> = Vec::new();
    for (key, property) in step.with_prefix(prefix) {
        let mut parts = key.split('.');
        if let (Some(kind), Some(name)) = (parts.next(), parts.next())
            && !volumes
                .iter()
                .any(|(other_kind, other, _)| *other_kind == kind && *other == name)
        {
            volumes.push((kind, name, property));
        }
    }
    volumes
}

fn mount_of<'a>(step: &mut Step<'_, 'a>, volume: &Volume<'_, '_, 'a>, path: &Property<'a>) -> Draft<'a> {
    let text = |property: &Property<'a>| Draft::text(property.value, property.origin.clone());
    let mut mount = Draft::object([
        ("name", Draft::text(volume.name, volume.first.origin.clone())),
        ("mountPath", text(path)),
    ]);
    if let Some(origin) = is_read_only(step, volume) {
        mount.set("readOnly", Draft::new(Json::Bool(true), origin));
    }
    let below = |key: &str| step.property(&format!("{}{key}", volume.prefix));
    let sub_path = below("mount.subPath");
    let expression = below("mount.subPathExpr").filter(|_| step.since(4, 0));
    if let (Some(_), Some(expression)) = (sub_path, expression) {
        let message = format!("the volume `{}` has a subPath and a subPathExpr", volume.name);
        step.refuse(&expression.origin, message, Some("leave one out".to_owned()));
    }
    for (key, property) in [("subPath", sub_path), ("subPathExpr", expression)] {
        if let Some(property) = property.filter(|property| !property.value.is_empty()) {
            mount.set(key, text(property));
        }
    }
    mount.from_origin(path.origin.clone())
}

/// Who said that the mount is read-only, if anybody did.
fn is_read_only(step: &mut Step<'_, '_>, volume: &Volume<'_, '_, '_>) -> Option<Origin> {
    let name = format!("{}mount.readOnly", volume.prefix);
    step.is_true(&name, false)
        .then(|| step.property(&name).map(|property| property.origin.clone()))
        .flatten()
}

fn source<'a>(step: &mut Step<'_, 'a>, volume: &Volume<'_, '_, 'a>) -> Option<Draft<'a>> {
    let text = |property: &Property<'a>| Draft::text(property.value, property.origin.clone());
    Some(match volume.kind {
        "hostPath" => {
            let path = required(step, volume, "options.path")?;
            let kind = step
                .property(&format!("{}options.type", volume.prefix))
                .filter(|_| step.since(4, 0));
            let kind = kind.map_or_else(|| Draft::text("", super::spark_pod::SPARK_DEFAULT), text);
            Draft::object([("path", text(path)), ("type", kind)])
        }
        "emptyDir" => {
            let below = |key: &str| step.property(&format!("{}options.{key}", volume.prefix));
            let (medium, size) = (below("medium"), below("sizeLimit"));
            refuse_as_size(step, size);
            let size = size.filter(|size| size.value.parse::<Quantity>().is_ok());
            let medium = medium.filter(|medium| !medium.value.is_empty());
            let members = [("medium", medium), ("sizeLimit", size)];
            let members = members
                .into_iter()
                .filter_map(|(key, property)| Some((key, text(property?))));
            Draft::object(members)
        }
        "nfs" => {
            let path = required(step, volume, "options.path");
            let server = required(step, volume, "options.server");
            Draft::object([("path", text(path?)), ("server", text(server?))])
        }
        "persistentVolumeClaim" => {
            let claim = required(step, volume, "options.claimName")?;
            let size = step.property(&format!("{}options.sizeLimit", volume.prefix));
            refuse_as_size(step, size);
            let name = claim_name(step, volume, claim.value);
            let mut source = Draft::object([("claimName", Draft::text(name, claim.origin.clone()))]);
            if let Some(origin) = is_read_only(step, volume) {
                source.set("readOnly", Draft::new(Json::Bool(true), origin));
            }
            source
        }
        kind => {
            let message = format!("`{kind}` is no type of volume that Spark knows");
            let help = "write hostPath, emptyDir, nfs or persistentVolumeClaim; other volumes go into a pod template";
            step.refuse(&volume.first.origin, message, Some(help.to_owned()));
            return None;
        }
    })
}

fn required<'s, 'a>(step: &mut Step<'s, 'a>, volume: &Volume<'_, '_, 'a>, option: &str) -> Option<&'s Property<'a>> {
    let name = format!("{}{option}", volume.prefix);
    let property = step.property(&name);
    if property.is_none() {
        let message = format!("the {} volume `{}` lacks {option}", volume.kind, volume.name);
        step.refuse(&volume.first.origin, message, Some(format!("set {name}")));
    }
    property
}

/// `OnDemand` makes a claim for each pod; executors can have their number in the name too.
fn claim_name<'a>(step: &Step<'_, 'a>, volume: &Volume<'_, '_, 'a>, template: &str) -> &'a str {
    let index = volume.index;
    let name = match step.role {
        RoleName::Driver => {
            let claim = format!("{}-driver-pvc-{index}", generated::resource_prefix(step));
            template.replace("OnDemand", &claim)
        }
        RoleName::Executor => {
            let (prefix, _) = generated::executor_prefix(step);
            let claim = format!("{prefix}-exec-{}-pvc-{index}", generated::executor_id(step));
            template
                .replace("OnDemand", &claim)
                .replace("SPARK_EXECUTOR_ID", generated::executor_id(step))
        }
    };
    step.arena.string(&name)
}

/// A size is one of Kubernetes' amounts, and from 4.0 on one of a few bytes is taken for a forgotten unit.
fn refuse_as_size(step: &mut Step<'_, '_>, size: Option<&Property<'_>>) {
    let Some(size) = size else {
        return;
    };
    let is_number = !size.value.is_empty() && size.value.bytes().all(|byte| byte.is_ascii_digit());
    if size.value.parse::<Quantity>().is_err() {
        let message = format!("`{}` is no size of a volume", size.value);
        step.refuse(
            &size.origin,
            message,
            Some("write a number and a unit, such as 20Gi".to_owned()),
        );
    } else if step.since(4, 0) && is_number && size.value.parse::<u64>().is_ok_and(|bytes| bytes < 1024) {
        let message = format!("`{}` is a volume of less than 1Ki, and Spark refuses it", size.value);
        step.refuse(
            &size.origin,
            message,
            Some(format!("write the unit, such as {}Gi", size.value)),
        );
    }
}
