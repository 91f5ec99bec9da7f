//! Where the exporter's configuration comes from, and how it gets to be a file.

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::json::Arena;
use crate::engine::label;
use crate::engine::policy::document::Problem;
use crate::engine::yaml::emit;

/// The configuration, in whichever container reads it.
pub(super) const FILE: &str = "/etc/jmx-exporter/config.yaml";
const DIRECTORY: &str = "/etc/jmx-exporter";
const FILE_NAME: &str = "config.yaml";
const VOLUME: &str = "jmx-exporter-config";
/// The annotation of a pod that holds what the policy says itself.
const ANNOTATION: &str = "sparkgate.io/jmx-exporter";
/// The most that the annotations of an object may hold, in bytes (`TotalAnnotationSizeLimitB` of `apimachinery/pkg/api/validation`).
const LARGEST_ANNOTATIONS: usize = 256 * 1024;
/// What says which JVM to ask, and how: what the mutation decides.
const OF_THE_CONNECTION: [&str; 5] = ["hostPort", "jmxUrl", "username", "password", "ssl"];

/// The configuration as it is written: exactly one of the two.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Config {
    inline: Option<Map<String, Value>>,
    config_map: Option<ConfigMapKey>,
}

/// A key of a `ConfigMap` in the pod's namespace.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConfigMapKey {
    name: String,
    #[serde(default = "file_name")]
    key: String,
}

fn file_name() -> String {
    FILE_NAME.to_owned()
}

/// What it takes to have the file.
pub(super) struct Source {
    pub(super) volume: Value,
    pub(super) annotation: Option<(String, String)>,
}

/// The file's place, in a container.
pub(super) fn mount() -> Value {
    json!({"name": VOLUME, "mountPath": DIRECTORY, "readOnly": true})
}

impl Config {
    /// What it takes to have the file, in which an exporter that is not in Spark's JVM finds the port of that.
    pub(super) fn compile(&self, jmx_port: Option<u16>, problems: &mut Vec<Problem>) -> Source {
        match (&self.inline, &self.config_map) {
            (Some(inline), None) => {
                problems.extend(problems_of_inline(inline));
                written_out(inline, jmx_port, problems)
            }
            (None, Some(config_map)) => {
                problems.extend(config_map.problems());
                Source {
                    volume: json!({
                        "name": VOLUME,
                        "configMap": {"name": config_map.name, "items": [{"key": config_map.key, "path": FILE_NAME}]},
                    }),
                    annotation: None,
                }
            }
            (given, _) => {
                let message = match given {
                    Some(_) => "the configuration is given twice",
                    None => "the configuration is not given",
                };
                let problem = Problem::at(at(&[]), message);
                problems.push(problem.with_help("give one of `inline` and `configMap`"));
                Source {
                    volume: Value::Null,
                    annotation: None,
                }
            }
        }
    }
}

impl ConfigMapKey {
    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !label::is_dns_subdomain(&self.name) {
            let problem = Problem::at(
                at(&["configMap", "name"]),
                format!("`{}` is no name of a ConfigMap", self.name),
            );
            problems.push(problem.with_help("write lower-case letters, digits, `-` and `.`"));
        }
        let is_key = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        let is_file = !self.key.is_empty() && self.key.len() <= 253 && !self.key.starts_with("..") && self.key != ".";
        if !is_file || !self.key.chars().all(is_key) {
            let problem = Problem::at(
                at(&["configMap", "key"]),
                format!("`{}` is no key of a ConfigMap", self.key),
            );
            problems.push(problem.with_help("write letters, digits, `-`, `_` and `.`"));
        }
        problems
    }
}

fn problems_of_inline(inline: &Map<String, Value>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for field in OF_THE_CONNECTION
        .into_iter()
        .filter(|field| inline.contains_key(*field))
    {
        let message =
            format!("sparkgate says itself how the exporter finds Spark's JVM, and `{field}` would say it again");
        let problem = Problem::at_key(at(&["inline", field]), message);
        problems.push(problem.with_help(format!("leave `{field}` out")));
    }
    if let Some(rules) = inline.get("rules") {
        let is_list_of_rules = rules.as_array().is_some_and(|rules| rules.iter().all(Value::is_object));
        if !is_list_of_rules {
            let problem = Problem::at(at(&["inline", "rules"]), "the rules are no list of rules");
            problems.push(problem.with_help("write each as `- pattern: …`"));
        }
    }
    problems
}

/// The annotation that holds the configuration, and the volume that makes a file of it.
fn written_out(inline: &Map<String, Value>, jmx_port: Option<u16>, problems: &mut Vec<Problem>) -> Source {
    let mut config = inline.clone();
    config.extend(jmx_port.map(|port| ("hostPort".to_owned(), Value::from(format!("127.0.0.1:{port}")))));
    let arena = Arena::of_file();
    let text = emit(arena.import(&Value::Object(config)));
    if ANNOTATION.len() + text.len() > LARGEST_ANNOTATIONS {
        let problem = Problem::at(
            at(&["inline"]),
            "the configuration is larger than a pod's annotations may be, 256 KiB",
        );
        problems.push(problem.with_help("put it into a ConfigMap, and name that in `configMap`"));
    }
    let field = json!({"fieldPath": format!("metadata.annotations['{ANNOTATION}']")});
    Source {
        volume: json!({"name": VOLUME, "downwardAPI": {"items": [{"path": FILE_NAME, "fieldRef": field}]}}),
        annotation: Some((ANNOTATION.to_owned(), text)),
    }
}

/// A place below the field `config`.
fn at(tokens: &[&str]) -> PointerBuf {
    PointerBuf::from_tokens(["config"].iter().chain(tokens).copied())
}
