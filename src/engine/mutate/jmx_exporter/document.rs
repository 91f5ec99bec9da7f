//! The fields of the mutation, and what they come to.

use std::ops::RangeInclusive;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;
use serde_json::json;

use super::config::{self, Config};
use super::container::{Container, Resources};
use super::injection::{EXPORTER, Injection};
use super::ports::Port;
use crate::engine::policy::document::Problem;

/// Where a jar that is brought is, in the container that brings it and in Spark's.
const JAR_DIRECTORY: &str = "/opt/jmx-exporter";
const JAR_VOLUME: &str = "jmx-exporter-jar";
const DEFAULT_JMX_PORT: i64 = 9999;
/// Below are the ports that only root may listen on, and the exporter is never root.
const PORTS: RangeInclusive<u16> = 1024..=65535;

/// The mutation as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Document {
    #[serde(default)]
    mode: Mode,
    image: Option<String>,
    command: Option<Vec<String>>,
    jar: Option<String>,
    #[serde(default = "default_port")]
    port: i64,
    jmx_port: Option<i64>,
    config: Config,
    resources: Option<Resources>,
    run_as_user: Option<i64>,
    #[serde(default)]
    prometheus_annotations: bool,
}

/// Where the exporter runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Beside Spark's JVM.
    #[default]
    Sidecar,
    /// In it.
    Agent,
}

/// The port that is registered for JMX exporters among those of Prometheus.
const fn default_port() -> i64 {
    9404
}

impl Document {
    /// What it adds to a pod.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn compile(&self) -> Result<Injection, Vec<Problem>> {
        let mut problems = Vec::new();
        let port = checked_port("port", self.port, &mut problems);
        let mut injection = match self.mode {
            Mode::Sidecar => self.sidecar(port, &mut problems),
            Mode::Agent => self.agent(port, &mut problems),
        };
        if self.prometheus_annotations {
            let annotations = [("scrape", "true"), ("port", &port.to_string()), ("path", "/metrics")];
            let annotations = annotations.map(|(key, value)| (format!("prometheus.io/{key}"), value.to_owned()));
            injection.annotations.extend(annotations);
        }
        if problems.is_empty() {
            Ok(injection)
        } else {
            Err(problems)
        }
    }

    fn sidecar(&self, port: u16, problems: &mut Vec<Problem>) -> Injection {
        if self.jar.is_some() {
            let problem = Problem::at_key(at("jar"), "a sidecar has the exporter in its image");
            problems.push(problem.with_help("leave `jar` out, or write `mode: agent`"));
        }
        if self.image.is_none() {
            let problem = Problem::at(PointerBuf::root(), "the sidecar has no image");
            problems.push(problem.with_help("give `image`, an image of the exporter's standalone server"));
        }
        if self.command.as_ref().is_some_and(Vec::is_empty) {
            let problem = Problem::at(at("command"), "the command is empty");
            problems
                .push(problem.with_help("write what starts the exporter, or leave `command` out for the image's own"));
        }
        let jmx_port = checked_port("jmxPort", self.jmx_port.unwrap_or(DEFAULT_JMX_PORT), problems);
        if jmx_port == port {
            let field = if self.jmx_port.is_some() { "jmxPort" } else { "port" };
            let message = format!("{port} is the port of the exporter and of Spark's JVM alike");
            problems.push(Problem::at(at(field), message).with_help("give them different ones"));
        }
        let config = self.config.compile(Some(jmx_port), problems);
        let mut container = json!({
            "args": [port.to_string(), config::FILE],
            "ports": [announced(port)],
            "restartPolicy": "Always",
            "volumeMounts": [config::mount()],
        });
        if let Some(command) = &self.command {
            container["command"] = json!(command);
        }
        let port_of = |number| Port {
            number,
            announced: false,
        };
        Injection {
            annotations: config.annotation.into_iter().collect(),
            volumes: vec![config.volume],
            init_container: Some(self.container(problems).filled(container)),
            is_sidecar: true,
            java_options: open_jmx(jmx_port),
            ports: vec![port_of(port), port_of(jmx_port)],
            ..Injection::default()
        }
    }

    fn agent(&self, port: u16, problems: &mut Vec<Problem>) -> Injection {
        let of_a_sidecar = [
            ("command", self.command.is_some()),
            ("jmxPort", self.jmx_port.is_some()),
        ];
        for (field, _) in of_a_sidecar.iter().filter(|(_, is_given)| *is_given) {
            let message = format!("`{field}` is for a sidecar: an agent is in Spark's JVM");
            problems.push(Problem::at_key(at(field), message).with_help(format!("leave `{field}` out")));
        }
        let jar = self.jar.as_deref().unwrap_or_default();
        if self.jar.is_none() {
            let problem = Problem::at(PointerBuf::root(), "the agent has no jar");
            problems.push(problem.with_help("give `jar`, the path of the exporter's agent in the image"));
        } else if !is_jar_path(jar) {
            let problem = Problem::at(at("jar"), format!("`{jar}` is no path that a JVM's option can hold"));
            problems
                .push(problem.with_help("write a path from `/` on, of letters, digits, `/`, `.`, `-`, `_` and `+`"));
        }
        let config = self.config.compile(None, problems);
        let mut injection = Injection {
            annotations: config.annotation.into_iter().collect(),
            volumes: vec![config.volume],
            mounts: vec![config::mount()],
            container_port: Some(announced(port)),
            ports: vec![Port {
                number: port,
                announced: true,
            }],
            ..Injection::default()
        };
        let path = if self.image.is_some() {
            let path = format!("{JAR_DIRECTORY}/jmx_prometheus_javaagent.jar");
            let mount = json!({"name": JAR_VOLUME, "mountPath": JAR_DIRECTORY});
            let container = json!({"command": ["cp", jar, path], "volumeMounts": [mount]});
            injection.init_container = Some(self.container(problems).filled(container));
            injection.volumes.push(json!({"name": JAR_VOLUME, "emptyDir": {}}));
            injection
                .mounts
                .push(json!({"name": JAR_VOLUME, "mountPath": JAR_DIRECTORY, "readOnly": true}));
            path
        } else {
            let of_a_container = [
                ("resources", self.resources.is_some()),
                ("runAsUser", self.run_as_user.is_some()),
            ];
            for (field, _) in of_a_container.iter().filter(|(_, is_given)| *is_given) {
                let message = format!("there is no container that `{field}` could be for: the jar is in Spark's image");
                problems.push(
                    Problem::at_key(at(field), message).with_help(format!("leave `{field}` out, or give `image`")),
                );
            }
            jar.to_owned()
        };
        injection.java_options = vec![format!("-javaagent:{path}={port}:{}", config::FILE)];
        injection
    }

    fn container(&self, problems: &mut Vec<Problem>) -> Container {
        let image = self.image.as_deref().unwrap_or_default();
        if self.image.is_some() && (image.is_empty() || image.contains(char::is_whitespace)) {
            let problem = Problem::at(at("image"), format!("`{image}` is no image"));
            problems.push(problem.with_help("write it as in a pod, such as `registry.example.com/jmx-exporter:1.5.0`"));
        }
        if self
            .run_as_user
            .is_some_and(|user| !(1..=i64::from(i32::MAX)).contains(&user))
        {
            let problem = Problem::at(at("runAsUser"), "the user is root, or none at all");
            problems.push(problem.with_help("write the number of another user, such as 65534"));
        }
        let resources = self.resources.clone().unwrap_or_default();
        problems.extend(
            resources
                .problems()
                .into_iter()
                .map(|problem| problem.below(&at("resources"))),
        );
        Container {
            name: EXPORTER,
            image: image.to_owned(),
            resources,
            run_as_user: self.run_as_user,
        }
    }
}

/// A port as a container announces it.
fn announced(port: u16) -> serde_json::Value {
    json!({"name": EXPORTER, "containerPort": port, "protocol": "TCP"})
}

/// What opens a JVM to whoever is in the pod's network, and only from there: no password keeps anybody off.
fn open_jmx(port: u16) -> Vec<String> {
    vec![
        format!("-Dcom.sun.management.jmxremote.port={port}"),
        // Otherwise the objects are served from a port that changes with each start.
        format!("-Dcom.sun.management.jmxremote.rmi.port={port}"),
        "-Dcom.sun.management.jmxremote.host=127.0.0.1".to_owned(),
        "-Dcom.sun.management.jmxremote.authenticate=false".to_owned(),
        "-Dcom.sun.management.jmxremote.ssl=false".to_owned(),
        // Otherwise clients are sent on to the pod's address, where nobody listens.
        "-Djava.rmi.server.hostname=127.0.0.1".to_owned(),
    ]
}

/// The port, or 0 where the number is none.
fn checked_port(field: &str, number: i64, problems: &mut Vec<Problem>) -> u16 {
    let port = u16::try_from(number).ok().filter(|port| PORTS.contains(port));
    if port.is_none() {
        let (first, last) = (PORTS.start(), PORTS.end());
        let problem = Problem::at(at(field), format!("{number} is no port that the exporter can use"));
        problems.push(problem.with_help(format!("write a number from {first} to {last}")));
    }
    port.unwrap_or_default()
}

/// The JVM takes what follows the first `=` for the agent's options; and Spark splits options at white space and quotes.
fn is_jar_path(path: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "/.-_+".contains(character);
    path.starts_with('/') && !path.ends_with('/') && path.chars().all(is_plain)
}

fn at(field: &str) -> PointerBuf {
    PointerBuf::from_tokens([field])
}
