//! Names too long for what is derived from them.
//!
//! `validateName` of the operator's webhook, the label `sparkoperator.k8s.io/app-name`, `GetPrometheusConfigMapName`,
//! `getDriverIngressServiceName`, and the names of scheduled runs (spark-operator v2.5.2). The driver's pod may have a longer name, and
//! the service of the UI is named by a hash where it would be too long. `sparkAppResourceLabels` and `generateSparkAppId` of Apache's
//! spark-kubernetes-operator 1.1.0.

use std::borrow::Cow;

use json_patch::jsonptr::PointerBuf;

use super::Violation;
use crate::engine::json::Json;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::{Located, apache};

/// The most characters of a DNS label, a label value, and the name of a volume.
const LONGEST_LABEL: usize = 63;
/// The operator mounts the exporter's configuration as a volume `NAME-prom-conf-vol`.
const PROMETHEUS_VOLUME: &str = "-prom-conf-vol";
/// The operator names a run `NAME-` and the time in nanoseconds, 19 digits, unless it was started with a coarser precision.
const RUN_SUFFIX: usize = 20;
/// The API server cuts `generateName` off here, and adds five characters of its own.
const LONGEST_GENERATED_PREFIX: usize = 58;
const GENERATED_SUFFIX: &str = "xxxxx";

pub(super) fn judge(object: Json<'_>, kind: ApplicationKind, spec: &Located<'_>) -> Option<Violation> {
    let (field, name) = name_of(object)?;
    let run = match kind {
        ApplicationKind::Kubeflow | ApplicationKind::Apache => None,
        ApplicationKind::KubeflowScheduled => Some(("the name of each run", RUN_SUFFIX)),
    };
    let to_run = run.map_or(0, |(_, suffix)| suffix);
    let prometheus = has_exporter_volume(spec).then_some((
        "the volume of its Prometheus configuration",
        to_run + PROMETHEUS_VOLUME.len(),
    ));
    let ingress = longest_ingress_suffix(spec).map(|suffix| ("the service of its driver ingress", to_run + suffix));
    let (derived, extra) = [run, prometheus, ingress]
        .into_iter()
        .flatten()
        .max_by_key(|(_, extra)| *extra)
        .unwrap_or(("a label of its pods", 0));
    let longest = LONGEST_LABEL - extra;
    let place = PointerBuf::from_tokens(["metadata", field]);
    if name.len() > longest {
        let message = format!(
            "the name has {} characters, and {derived}, made from it, allows {longest}",
            name.len()
        );
        return Some(Violation::at(place, message).with_help(format!("shorten the name to {longest} characters")));
    }
    let of_services = match kind {
        ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled => &name,
        ApplicationKind::Apache => in_ids(&name, spec)?,
    };
    is_not_a_service_name(of_services).then(|| {
        Violation::at(
            place,
            format!("`{name}` cannot be the name of the services that the operator makes"),
        )
        .with_help(
            "write lower-case letters, digits and `-`, beginning with a letter and ending with a letter or digit",
        )
    })
}

/// What of the name gets into the ids of Apache's operator, by which Spark names the driver's service: of a long name only the
/// beginning, and nothing where the properties say the id.
fn in_ids<'n>(name: &'n str, spec: &Located<'_>) -> Option<&'n str> {
    const ATTEMPT: usize = "-0".len();
    if spec.at(["sparkConf", "spark.app.id"]).is_some() {
        return None;
    }
    let is_short = name.len() + ATTEMPT <= apache::LONGEST_ID;
    // More follows what is cut off, so that it may end in `-`.
    if is_short {
        Some(name)
    } else {
        Some(name.get(..apache::KEPT_OF_LONG_ID)?.trim_end_matches('-'))
    }
}

/// The name, or one as the API server will generate it, and the field of the metadata that says it.
fn name_of(object: Json<'_>) -> Option<(&'static str, Cow<'_, str>)> {
    let text = |field| {
        let text = object.at(["metadata", field]).and_then(Json::as_str)?;
        (!text.is_empty()).then_some(text)
    };
    if let Some(name) = text("name") {
        return Some(("name", name.into()));
    }
    let prefix: String = text("generateName")?.chars().take(LONGEST_GENERATED_PREFIX).collect();
    Some(("generateName", format!("{prefix}{GENERATED_SUFFIX}").into()))
}

/// Whether the operator brings the exporter's configuration as a volume: not where the image has all of it.
fn has_exporter_volume(spec: &Located<'_>) -> bool {
    let Some(monitoring) = spec.json.get("monitoring") else {
        return false;
    };
    let Some(prometheus) = monitoring.get("prometheus") else {
        return false;
    };
    let exposes = |field| monitoring.get(field).and_then(Json::as_bool) == Some(true);
    let is_given = |file: Option<Json<'_>>| file.and_then(Json::as_str).is_some_and(|file| !file.is_empty());
    (exposes("exposeDriverMetrics") || exposes("exposeExecutorMetrics"))
        && !(is_given(monitoring.get("metricsPropertiesFile")) && is_given(prometheus.get("configFile")))
}

/// The operator names the service of a driver ingress `NAME-driver-PORT`.
fn longest_ingress_suffix(spec: &Located<'_>) -> Option<usize> {
    spec.get("driverIngressOptions")?
        .items()
        .filter_map(|option| option.json.get("servicePort")?.as_i64())
        .map(|port| format!("-driver-{port}").len())
        .max()
        // No port has more than five digits; what has is for others to say.
        .map(|length| length.min("-driver-65535".len()))
}

/// Services are named by DNS labels of RFC 1035, which begin with a letter.
fn is_not_a_service_name(name: &str) -> bool {
    !crate::engine::label::is_dns_label(name) || name.starts_with(|first: char| first.is_ascii_digit())
}
