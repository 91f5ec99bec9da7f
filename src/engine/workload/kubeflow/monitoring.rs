//! Prometheus' exporter, which the operator puts into the JVMs of the roles that expose their metrics.
//!
//! `configPrometheusMonitoring` of `internal/controller/sparkapplication/monitoring_config.go`. It writes into the application's
//! `sparkConf`, annotations and Java options before these are handed over, over what the user wrote there.

use super::application::Application;
use super::handover::{Handover, kubernetes, spark};
use crate::engine::json::Json;
use crate::engine::workload::{Located, RoleName};

/// Where the exporter's configuration is mounted.
pub(super) const MOUNT_PATH: &str = "/etc/metrics/conf";

const DEFAULT_PORT: i64 = 8090;

/// How a job is monitored by Prometheus. Monitoring of any other kind changes nothing.
pub(super) struct Monitoring<'a> {
    section: Located<'a>,
    pub(super) prometheus: Located<'a>,
}

impl<'a> Monitoring<'a> {
    pub(super) fn of(application: &Application<'a>) -> Option<Self> {
        let section = application.spec.get("monitoring")?;
        let prometheus = section.get("prometheus")?;
        Some(Self { section, prometheus })
    }

    /// Whether a role's metrics are exposed.
    pub(super) fn exposes(&self, role: RoleName) -> bool {
        let field = match role {
            RoleName::Driver => "exposeDriverMetrics",
            RoleName::Executor => "exposeExecutorMetrics",
        };
        self.section.json.get(field).and_then(Json::as_bool) == Some(true)
    }

    /// The `metrics.properties` that the image has.
    pub(super) fn properties_file(&self) -> Option<Located<'a>> {
        filled(self.section.get("metricsPropertiesFile"))
    }

    /// The exporter's configuration that the image has.
    pub(super) fn config_file(&self) -> Option<Located<'a>> {
        filled(self.prometheus.get("configFile"))
    }

    fn port(&self) -> i64 {
        self.prometheus
            .json
            .get("port")
            .and_then(Json::as_i64)
            .unwrap_or(DEFAULT_PORT)
    }

    /// The option that loads the exporter.
    fn java_agent(&self) -> String {
        let jar = self.prometheus.json.get("jmxExporterJar").and_then(Json::as_str);
        let config = match self.config_file().and_then(|file| file.json.as_str()) {
            Some(file) => file.to_owned(),
            None => format!("{MOUNT_PATH}/prometheus.yaml"),
        };
        format!("-javaagent:{}={}:{config}", jar.unwrap_or_default(), self.port())
    }
}

fn filled(field: Option<Located<'_>>) -> Option<Located<'_>> {
    field.filter(|field| field.json.as_str().is_some_and(|text| !text.is_empty()))
}

/// Hands over what Spark's metrics system reads. The property of the same name in `sparkConf` does not count.
pub(super) fn set_properties(handover: &mut Handover<'_, '_>) {
    let application = handover.application;
    let Some(monitoring) = Monitoring::of(application) else {
        return;
    };
    let namespace = format!("{}.{}", application.namespace.text, application.name.text);
    handover.text("spark.metrics.namespace", &namespace, monitoring.prometheus.origin());
    match monitoring.properties_file() {
        Some(file) => handover.field("spark.metrics.conf", Some(&file)),
        None => handover.text(
            "spark.metrics.conf",
            &format!("{MOUNT_PATH}/metrics.properties"),
            monitoring.prometheus.origin(),
        ),
    }
}

/// Hands over a role's Java options, and the exporter's behind them. What `sparkConf` says of them is lost by either.
pub(super) fn java_options(handover: &mut Handover<'_, '_>, role: RoleName) {
    let name = format!("{}extraJavaOptions", spark(role));
    let written = handover.application.section(role).get("javaOptions");
    let Some(monitoring) = Monitoring::of(handover.application).filter(|monitoring| monitoring.exposes(role)) else {
        return handover.field(&name, written.as_ref());
    };
    let agent = monitoring.java_agent();
    match written.and_then(|written| Some((written.json.as_str()?, written.origin()))) {
        Some((options, origin)) => handover.text(&name, &format!("{options} {agent}"), origin),
        None => handover.text(&name, &agent, monitoring.prometheus.origin()),
    }
}

/// Hands over the annotations by which Prometheus finds a role's pods.
pub(super) fn annotations(handover: &mut Handover<'_, '_>, role: RoleName) {
    let Some(monitoring) = Monitoring::of(handover.application).filter(|monitoring| monitoring.exposes(role)) else {
        return;
    };
    let port = monitoring.port().to_string();
    for (key, value) in [("scrape", "true"), ("port", port.as_str()), ("path", "/metrics")] {
        let name = format!("{}annotation.prometheus.io/{key}", kubernetes(role));
        handover.text(&name, value, monitoring.prometheus.origin());
    }
}
