//! `jmxExporter` on the pods of real Spark.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sparkgate::engine::finding::{Enforcement, MutationRecord, Verdict};
use sparkgate::engine::json::Arena;
use sparkgate::engine::kubernetes_version::KubernetesVersion;
use sparkgate::engine::policy::{PolicySet, Source};
use sparkgate::engine::request::Phase;
use sparkgate::engine::review::Review;
use sparkgate::engine::{Facts, evaluate};

use super::recorded::{as_created, recorded_pods};
use crate::judging::{CREATE, application, patched, pod, policies, policy, review, root, said, verdict};

const SIDECAR: &str = "image: \"exporter:1\", config: {inline: {rules: [{pattern: \".*\"}]}}";
const AGENT: &str =
    "mode: agent, image: \"exporter:1\", jar: /jmx.jar, config: {configMap: {name: jmx}}, prometheusAnnotations: true";

fn entry(entry: &str, fields: &str) -> Source {
    policy(
        "jvm",
        &format!("mutate: [{{name: metrics, {entry} jmxExporter: {{{fields}}}}}]"),
    )
}

fn policies_of(fields: &str) -> PolicySet {
    policies(&[entry("", fields)])
}

/// Whether the recorded pod has an exporter in its JVM's options.
fn brings_an_exporter(file: &Path, role: &str) -> bool {
    role == "executor" && file.ends_with("extra-java.json")
}

/// Where the recorded pod stands in the exporter's way.
fn obstacle(pod: &Value, fields: &str) -> Option<String> {
    if pod["spec"]["hostNetwork"] == true {
        return Some("/spec/hostNetwork".to_owned());
    }
    let containers = pod["spec"]["containers"].as_array()?;
    let of_ports = |(index, container): (usize, &Value)| {
        let ports = container["ports"].as_array()?;
        let taken = ports.iter().position(|port| port["containerPort"] == 9999)?;
        Some(format!("/spec/containers/{index}/ports/{taken}"))
    };
    // Only beside the JVM is there a port for JMX.
    containers
        .iter()
        .enumerate()
        .find_map(of_ports)
        .filter(|_| fields == SIDECAR)
}

/// The Spark container, by the one thing that only it has.
fn spark_container(pod: &Value) -> &Value {
    let containers = pod["spec"]["containers"].as_array().unwrap();
    let env = |container: &Value| container["env"].as_array().cloned().unwrap_or_default();
    let is_spark = |container: &&Value| {
        env(container)
            .iter()
            .any(|variable| variable["name"] == "SPARK_APPLICATION_ID")
    };
    containers.iter().find(is_spark).unwrap()
}

fn verdict_by(version: KubernetesVersion, policies: &PolicySet, object: &Value) -> Verdict {
    let arena = Arena::new();
    let body = review(CREATE, object).to_string();
    let review = Review::parse(&arena, Phase::Mutate, body.as_bytes()).unwrap();
    let facts = Facts {
        kubernetes_version: Some(version),
        ..Facts::default()
    };
    evaluate(policies, &review.request, &facts)
}

#[test]
fn every_recorded_pod_has_one_exporter() {
    for fields in [SIDECAR, AGENT] {
        let policies = policies_of(fields);
        for (file, role, pod) in recorded_pods() {
            let before = as_created(&pod);
            let first = verdict(&policies, Phase::Mutate, &review(CREATE, &before));
            let obstacle = obstacle(&before, fields);
            let places: Vec<&str> = first.findings.iter().map(|finding| finding.pointer.as_str()).collect();
            assert_eq!(
                places,
                obstacle.as_deref().into_iter().collect::<Vec<_>>(),
                "{} {role}",
                file.display()
            );
            let after = patched(&before, first.patch.as_json());
            if obstacle.is_some() || brings_an_exporter(&file, role) {
                assert_eq!(after, before, "{} {role}", file.display());
                continue;
            }
            let containers = after["spec"]["initContainers"].as_array().unwrap();
            let exporters = containers
                .iter()
                .filter(|container| container["name"] == "jmx-exporter");
            assert_eq!(exporters.count(), 1, "{} {role}", file.display());

            let again = verdict(&policies, Phase::Mutate, &review(CREATE, &after));
            assert!(
                again.patch.is_empty(),
                "{} {role}: {}",
                file.display(),
                again.patch.as_json()
            );

            // What was there stays as it was, and where it was.
            let (old, new) = (spark_container(&before), spark_container(&after));
            for list in ["env", "ports", "volumeMounts"] {
                let old = old[list].as_array().cloned().unwrap_or_default();
                let new = new[list].as_array().cloned().unwrap_or_default();
                assert_eq!(new[..old.len()], old, "{} {role} {list}", file.display());
            }
            for field in ["args", "image", "resources", "securityContext", "name"] {
                assert_eq!(new[field], old[field], "{} {role} {field}", file.display());
            }
        }
    }
}

/// What an entrypoint starts an executor's JVM with.
fn arguments(script: &str, container: &Value) -> Option<Vec<String>> {
    let variables = container["env"].as_array().unwrap().iter().filter_map(|variable| {
        let name = variable["name"].as_str()?.to_owned();
        Some((name, variable["value"].as_str()?.to_owned()))
    });
    let output = Command::new("bash")
        .arg(root().join("fixtures/entrypoints").join(script))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(variables)
        .output()
        .ok()?;
    assert!(output.status.success(), "{output:?}");
    Some(
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect(),
    )
}

#[test]
fn the_entrypoints_hand_an_executor_all_of_its_options_and_ours() {
    if Command::new("bash").arg("--version").output().is_err() {
        return;
    }
    for fields in [SIDECAR, AGENT] {
        let policies = policies_of(fields);
        let executors = recorded_pods()
            .into_iter()
            .filter(|(file, role, _)| *role == "executor" && file.ends_with("defaults.json"));
        for (file, _, pod) in executors {
            let before = as_created(&pod);
            let first = verdict(&policies, Phase::Mutate, &review(CREATE, &before));
            let after = patched(&before, first.patch.as_json());
            for script in ["by-number.sh", "by-name.sh"] {
                let old = arguments(script, spark_container(&before)).unwrap();
                let mut new = arguments(script, spark_container(&after)).unwrap();
                new.retain(|argument| !old.contains(argument));
                let ours: &[&str] = match fields {
                    SIDECAR => &[
                        "-Dcom.sun.management.jmxremote.authenticate=false",
                        "-Dcom.sun.management.jmxremote.host=127.0.0.1",
                        "-Dcom.sun.management.jmxremote.port=9999",
                        "-Dcom.sun.management.jmxremote.rmi.port=9999",
                        "-Dcom.sun.management.jmxremote.ssl=false",
                        "-Djava.rmi.server.hostname=127.0.0.1",
                    ],
                    _ => &[
                        "-javaagent:/opt/jmx-exporter/jmx_prometheus_javaagent.jar=9404:/etc/jmx-exporter/config.yaml",
                    ],
                };
                new.sort();
                assert_eq!(new, ours, "{} {script}", file.display());
            }
        }
    }
}

#[test]
fn a_port_of_sparks_is_a_finding_and_no_patch() {
    for port in [7078, 7079, 4040, 15002] {
        let policies = policies(&[entry("enforcement: warn,", &format!("{SIDECAR}, port: {port}"))]);
        let verdict = verdict(&policies, Phase::Mutate, &review(CREATE, &pod("driver", &json!({}))));
        assert!(verdict.patch.is_empty());
        let [finding] = verdict.findings.as_slice() else {
            panic!("{:?}", verdict.findings);
        };
        assert_eq!((finding.rule, finding.enforcement), ("jmxExporter", Enforcement::Warn));
        assert!(
            finding.message.starts_with(&format!("port {port} is taken by ")),
            "{}",
            finding.message
        );
        assert_eq!(finding.pointer.as_str(), "/spec/containers/0");
    }
}

#[test]
fn a_required_exporter_that_is_missing_is_found() {
    let policies = policies(&[entry("required: true,", SIDECAR)]);
    let bare = pod("executor", &json!({}));
    let found = verdict(&policies, Phase::Validate, &review(CREATE, &bare));
    assert_eq!(
        said(&found),
        ["jvm/metrics: the executor lacks what the required mutation `jmxExporter` gives it"]
    );
    let patch = verdict(&policies, Phase::Mutate, &review(CREATE, &bare)).patch;
    let complete = patched(&bare, patch.as_json());
    let found = verdict(&policies, Phase::Validate, &review(CREATE, &complete));
    assert_eq!(said(&found), [] as [&str; 0]);
}

#[test]
fn an_older_cluster_gets_no_native_sidecar() {
    let cases = [(SIDECAR, 28, false), (SIDECAR, 29, true), (AGENT, 28, true)];
    for (fields, minor, added) in cases {
        let version = KubernetesVersion::new(1, minor);
        let verdict = verdict_by(version, &policies_of(fields), &pod("driver", &json!({})));
        assert_eq!(verdict.patch.is_empty(), !added, "{fields} 1.{minor}");
        assert_eq!(verdict.findings.is_empty(), added, "{fields} 1.{minor}");
    }
}

#[test]
fn an_application_with_an_exporter_of_its_own_gets_no_other() {
    let monitoring = json!({
        "exposeDriverMetrics": true,
        "exposeExecutorMetrics": true,
        "prometheus": {"jmxExporterJar": "/prometheus/jmx.jar", "port": 8090},
    });
    let cases = [
        (json!({"spec": {"monitoring": monitoring}}), 0),
        (
            json!({"spec": {"driver": {"javaOptions": "-javaagent:/jmx.jar=1:x"}}}),
            1,
        ),
        (json!({}), 2),
    ];
    for (change, expected) in cases {
        let verdict = verdict(
            &policies_of(SIDECAR),
            Phase::Check,
            &review(CREATE, &application(&change)),
        );
        let changed = verdict.foreseen.iter().filter(|record| record.has_effect());
        assert_eq!(changed.count(), expected, "{change}");
    }
}

#[test]
fn two_policies_do_not_fight() {
    for on_conflict in ["keep", "override"] {
        let sources = [
            ("one", SIDECAR),
            (
                "two",
                "image: \"other:2\", port: 9405, jmxPort: 9998, config: {inline: {}}",
            ),
        ]
        .map(|(name, fields)| {
            let spec = format!("mutate: [{{name: metrics, onConflict: {on_conflict}, jmxExporter: {{{fields}}}}}]");
            policy(name, &spec)
        });
        let forwards = policies(&sources);
        let backwards = policies(&sources.iter().rev().cloned().collect::<Vec<_>>());
        for role in ["driver", "executor"] {
            let bare = pod(role, &json!({}));
            let first = verdict(&forwards, Phase::Mutate, &review(CREATE, &bare));
            assert_eq!(
                verdict(&backwards, Phase::Mutate, &review(CREATE, &bare)).patch,
                first.patch
            );
            let after = patched(&bare, first.patch.as_json());
            let again = verdict(&forwards, Phase::Mutate, &review(CREATE, &after));
            assert!(
                again.patch.is_empty(),
                "{on_conflict} {role}: {}",
                again.patch.as_json()
            );
            assert!(!again.mutations.iter().any(MutationRecord::has_effect));
        }
    }
}

#[test]
fn an_exporter_that_cannot_work_does_not_load() {
    let source = Source {
        name: "jvm.yaml".to_owned(),
        text: "apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {name: jvm}\nspec:\n  mutate:\n    - name: metrics\n      jmxExporter:\n        image: exporter:1\n        port: 70000\n        config:\n          inline: {hostPort: \"x:1\"}\n    - name: two\n      jmxExporter: {mode: side, image: x, config: {inline: {}}}\n".to_owned(),
    };
    let fields = |text: &str| {
        PolicySet::from_sources(
            &[Source {
                text: text.to_owned(),
                ..source.clone()
            }],
            1,
        )
        .unwrap_err()
    };
    let mode = fields(&source.text);
    let places: Vec<_> = mode
        .iter()
        .map(|error| (error.line, error.column, error.message.as_str()))
        .collect();
    assert_eq!(places, [(13, 27, "unknown value `side`")]);
    let numbers = fields(&source.text.replace("mode: side, ", ""));
    let places: Vec<_> = numbers.iter().map(|error| (error.line, error.column)).collect();
    assert_eq!(places, [(9, 15), (11, 20)]);
}
