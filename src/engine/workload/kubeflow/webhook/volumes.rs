//! The steps that add volumes, and mount them in the Spark container.

use std::collections::BTreeSet;

use super::super::monitoring::{MOUNT_PATH, Monitoring};
use super::super::{OPERATOR, OPERATOR_DEFAULT, local_dirs};
use super::Step;
use crate::engine::json::{Json, Number};
use crate::engine::workload::draft::Draft;

/// The operator cuts the names of volumes off here.
const LONGEST_NAME: usize = 63;

pub(super) fn hadoop_config_map(step: &mut Step<'_, '_>) {
    configuration(
        step,
        "hadoopConfigMap",
        "hadoop-configmap-volume",
        "/etc/hadoop/conf",
        "HADOOP_CONF_DIR",
    );
}

/// Spark has set the same variable to the directory of its own configuration: the later one wins.
pub(super) fn spark_config_map(step: &mut Step<'_, '_>) {
    configuration(
        step,
        "sparkConfigMap",
        "spark-configmap-volume",
        "/etc/spark/conf",
        "SPARK_CONF_DIR",
    );
}

/// A `ConfigMap` of the application's, which a variable tells of.
fn configuration(
    step: &mut Step<'_, '_>,
    field: &str,
    volume: &'static str,
    path: &'static str,
    variable: &'static str,
) {
    let Some(config_map) = step.application.spec.get(field) else {
        return;
    };
    let constant = |text| Draft::text(text, config_map.origin());
    let variable = Draft::object([("name", constant(variable)), ("value", constant(path))]);
    let mount_path = constant(path);
    let name = constant(volume);
    add_config_map(step, name, config_map.into(), mount_path);
    step.append_to_container("env", [variable]);
}

pub(super) fn config_maps(step: &mut Step<'_, '_>) {
    for config_map in step.items("configMaps") {
        let Some(name) = config_map.get("name") else {
            continue;
        };
        let volume = format!("{}-vol", name.json.as_str().unwrap_or_default());
        let volume = volume.get(..LONGEST_NAME).unwrap_or(&volume);
        let volume = Draft::text(step.arena.string(volume), name.origin());
        let path = config_map
            .get("path")
            .map_or_else(|| Draft::text("", config_map.origin()), Draft::from);
        add_config_map(step, volume, name.into(), path);
    }
}

/// Only what the Spark container mounts is added. A mount of no volume is left out without a word, and so is one of scratch space, which
/// Spark has mounted.
pub(super) fn volumes(step: &mut Step<'_, '_>) {
    let volumes = step.application.volumes();
    let mut added = BTreeSet::new();
    for mount in step.items("volumeMounts") {
        let name = mount.json.get("name").and_then(Json::as_str).unwrap_or_default();
        let Some(volume) = volumes.get(name).filter(|_| !name.starts_with(local_dirs::PREFIX)) else {
            continue;
        };
        if added.insert(name) {
            step.spec().append("volumes", [volume.clone().into()]);
        }
        step.append_to_container("volumeMounts", [mount.into()]);
    }
}

/// The configuration of the exporter that runs in the JVM, and its port.
pub(super) fn prometheus(step: &mut Step<'_, '_>) {
    let application = step.application;
    let Some(monitoring) = Monitoring::of(application).filter(|monitoring| monitoring.exposes(step.role)) else {
        return;
    };
    if monitoring.properties_file().is_some() && monitoring.config_file().is_some() {
        return;
    }
    let config_map = application.named(step.arena, "", "-prom-conf");
    let volume = application.named(step.arena, "", "-prom-conf-vol");
    add_config_map(step, volume, config_map, Draft::text(MOUNT_PATH, OPERATOR));
    let field = |name, default| {
        monitoring
            .prometheus
            .get(name)
            .map_or(Draft::new(default, OPERATOR_DEFAULT), Draft::from)
    };
    let port = Draft::object([
        ("name", field("portName", Json::String("jmx-exporter"))),
        ("containerPort", field("port", Json::Number(Number::Unsigned(8090)))),
        ("protocol", Draft::text("TCP", OPERATOR)),
    ]);
    step.append_to_container("ports", [port]);
}

fn add_config_map<'a>(step: &mut Step<'_, 'a>, volume: Draft<'a>, config_map: Draft<'a>, path: Draft<'a>) {
    let read_only = Draft::new(Json::Bool(true), OPERATOR);
    let mount = Draft::object([("name", volume.clone()), ("readOnly", read_only), ("mountPath", path)]);
    let source = Draft::object([("name", config_map)]);
    step.spec()
        .append("volumes", [Draft::object([("name", volume), ("configMap", source)])]);
    step.append_to_container("volumeMounts", [mount]);
}
