//! Names too long for what is derived from them.
//!
//! `validateName` of the operator's webhook, the label `sparkoperator.k8s.io/app-name`, `GetPrometheusConfigMapName`, and the
//! names of scheduled runs (spark-operator v2.5.2).

use json_patch::jsonptr::PointerBuf;

use super::Violation;
use crate::engine::json::Json;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::Located;

/// The most characters of a DNS label, a label value, and the name of a volume.
const LONGEST_LABEL: usize = 63;
/// The operator mounts the exporter's configuration as a volume `NAME-prom-conf-vol`.
const PROMETHEUS_VOLUME: &str = "-prom-conf-vol";
/// The operator names a run `NAME-` and the time in nanoseconds, 19 digits.
const RUN_SUFFIX: usize = 20;

pub(super) fn judge(name: &str, kind: ApplicationKind, spec: &Located<'_>) -> Option<Violation> {
    if name.is_empty() {
        return None;
    }
    let suffix = match kind {
        ApplicationKind::Kubeflow => 0,
        ApplicationKind::KubeflowScheduled => RUN_SUFFIX,
    };
    let has_exporter_volume = spec.at(["monitoring", "prometheus"]).is_some()
        && ["exposeDriverMetrics", "exposeExecutorMetrics"]
            .iter()
            .any(|field| spec.json.at(["monitoring", field]).and_then(Json::as_bool) == Some(true));
    let (derived, extra) = if has_exporter_volume {
        (
            "the volume of its Prometheus configuration",
            suffix + PROMETHEUS_VOLUME.len(),
        )
    } else if suffix > 0 {
        ("the name of each run", suffix)
    } else {
        ("a label of its pods", 0)
    };
    let longest = LONGEST_LABEL - extra;
    let place = PointerBuf::from_tokens(["metadata", "name"]);
    if name.len() > longest {
        let message = format!(
            "the name has {} characters, and {derived}, made from it, allows {longest}",
            name.len()
        );
        return Some(Violation::at(place, message).with_help(format!("shorten the name to {longest} characters")));
    }
    is_not_a_service_name(name).then(|| {
        Violation::at(
            place,
            format!("`{name}` cannot be the name of the services that the operator makes"),
        )
        .with_help(
            "write lower-case letters, digits and `-`, beginning with a letter and ending with a letter or digit",
        )
    })
}

/// Services are named by DNS labels of RFC 1035, which begin with a letter.
fn is_not_a_service_name(name: &str) -> bool {
    !crate::engine::label::is_dns_label(name) || name.starts_with(|first: char| first.is_ascii_digit())
}
