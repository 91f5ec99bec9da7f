//! Volumes for Spark's scratch space, which are Spark's to mount: those named `spark-local-dir-…`.
//!
//! `driverVolumeMountsOption` and `executorVolumeMountsOption` of `internal/controller/sparkapplication/submission.go`.

use super::handover::{Handover, kubernetes};
use crate::engine::quantity;
use crate::engine::workload::{Located, RoleName};

/// Begins the names of such volumes.
pub(super) const PREFIX: &str = "spark-local-dir-";

/// The types of volumes that Spark can make, in the order in which the operator looks for them, and the options of each.
const TYPES: [(&str, &[&str]); 4] = [
    ("emptyDir", &["sizeLimit", "medium"]),
    ("hostPath", &["path", "type"]),
    ("nfs", &["path", "server", "readOnly"]),
    ("persistentVolumeClaim", &["claimName", "readOnly"]),
];

pub(super) fn set_properties(handover: &mut Handover<'_, '_>, role: RoleName) {
    let application = handover.application;
    let volumes = application.volumes();
    for mount in application.section(role).get_or_empty("volumeMounts").items() {
        let Some((field, name)) = mount.get("name").and_then(|field| {
            let name = field.json.as_str()?;
            Some((field, name))
        }) else {
            continue;
        };
        if !name.starts_with(PREFIX) {
            continue;
        }
        let Some(volume) = volumes.get(name) else {
            let message = format!("there is no volume `{name}` to mount, and the operator submits no such application");
            return handover.refuse(field.origin(), message, "add the volume, or correct the name");
        };
        let source = TYPES
            .into_iter()
            .find_map(|(kind, options)| Some((kind, options, volume.get(kind)?)));
        let Some((kind, options, source)) = source else {
            return handover.refuse(
                volume.origin(),
                format!("the operator does not know how Spark is to mount a volume such as `{name}` as scratch space"),
                "make it an `emptyDir`, `hostPath`, `nfs` or `persistentVolumeClaim`",
            );
        };
        let prefix = format!("{}volumes.{kind}.{name}.", kubernetes(role));
        set_mount(handover, &prefix, &mount);
        set_options(handover, &prefix, options, &source);
    }
}

fn set_mount<'a>(handover: &mut Handover<'_, 'a>, prefix: &str, mount: &Located<'a>) {
    for (field, property) in [("mountPath", "path"), ("subPath", "subPath"), ("readOnly", "readOnly")] {
        let value = mount.get(field).filter(says_something);
        handover.filled_field(&format!("{prefix}mount.{property}"), value.as_ref());
    }
}

fn set_options<'a>(handover: &mut Handover<'_, 'a>, prefix: &str, options: &[&str], source: &Located<'a>) {
    for option in options {
        let value = source.get(option).filter(says_something);
        let name = format!("{prefix}options.{option}");
        match *option {
            "sizeLimit" => amount(handover, &name, value.as_ref()),
            "medium" => handover.filled_field(&name, value.as_ref()),
            _ => handover.field(&name, value.as_ref()),
        }
    }
}

fn says_something(value: &Located<'_>) -> bool {
    value.json.as_bool() != Some(false)
}

/// Hands over an amount as Kubernetes writes it.
fn amount<'a>(handover: &mut Handover<'_, 'a>, name: &str, value: Option<&Located<'a>>) {
    let text = value.and_then(|value| {
        Some((
            quantity::canonical(value.property_text(handover.arena)?)?,
            value.origin(),
        ))
    });
    if let Some((text, origin)) = text {
        handover.text(name, &text, origin);
    }
}
