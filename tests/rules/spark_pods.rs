//! What real Spark made of properties, against what is worked out of them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sparkgate::engine::json::{Arena, Json};
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::quantity::Quantity;
use sparkgate::engine::spark_version::SparkVersion;
use sparkgate::engine::workload::memory::RoleMemory;
use sparkgate::engine::workload::pod::{role_of, spark_container};
use sparkgate::engine::workload::{Language, Origin, Properties, RoleName};

use super::{assert_found, findings};

/// All recordings, so that none is left out unseen.
const RECORDINGS: usize = 55;

/// The runs that Spark refused, and what of the application is found for it. `gpu` fails for a script that the image lacks, which no manifest
/// tells.
const REFUSED: [(&str, &[(&str, &str)]); 2] = [
    ("gpu", &[]),
    (
        "units-bare-number",
        &[
            ("/spec/sparkConf/spark.driver.memory", "makes pods for `2048` MiB"),
            ("/spec/sparkConf/spark.executor.memory", "makes pods for `3072` MiB"),
        ],
    ),
];

struct Recording {
    /// As a test's message names it: `3.5.9/defaults`.
    name: String,
    version: SparkVersion,
    language: Language,
    json: Value,
}

impl Recording {
    fn refused(&self) -> Option<&'static [(&'static str, &'static str)]> {
        let case = self.json["case"]["name"].as_str().unwrap();
        REFUSED.iter().find(|(name, _)| *name == case).map(|(_, found)| *found)
    }

    /// The pod of a role, if Spark made one.
    fn pod(&self, role: RoleName) -> Option<&Value> {
        self.json.get(role.as_str()).filter(|pod| !pod.is_null())
    }
}

fn recordings() -> Vec<Recording> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/spark-pods");
    let mut recordings = Vec::new();
    for version in ["3.5.9", "4.3.0"] {
        let mut files: Vec<_> = fs::read_dir(root.join(version))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            let json: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            assert_eq!(json["sparkVersion"], version, "{}", file.display());
            recordings.push(Recording {
                name: format!("{version}/{}", file.file_stem().unwrap().display()),
                version: SparkVersion::parse(version).unwrap(),
                language: Language::parse(json["case"]["type"].as_str().unwrap()).unwrap(),
                json,
            });
        }
    }
    assert_eq!(recordings.len(), RECORDINGS);
    recordings
}

fn properties(of: &Value) -> Properties<'_> {
    let mut properties = Properties::default();
    for (name, value) in of.as_object().unwrap() {
        properties.set(name, value.as_str().unwrap(), Origin::Default("the recording"));
    }
    properties
}

/// All that Spark asks for in a pod of the role.
fn expected_memory(recording: &Recording, role: RoleName, properties: &Properties<'_>) -> Quantity {
    let memory = RoleMemory::of(role, properties, recording.language, Some(recording.version)).unwrap();
    format!("{}Mi", memory.total().mebibytes()).parse().unwrap()
}

#[test]
fn the_memory_of_every_recorded_pod_is_worked_out_to_the_byte() {
    let mut pods = 0;
    for recording in recordings() {
        for role in RoleName::ALL {
            let Some(pod) = recording.pod(role) else {
                assert!(recording.refused().is_some(), "{} has no {role}", recording.name);
                continue;
            };
            pods += 1;
            let arena = Arena::new();
            let (index, _) = spark_container(arena.import(pod)).unwrap();
            let resources = &pod["spec"]["containers"][index]["resources"];
            // What the user gave, and what the submission made of it: the driver reads the second.
            for given in [&recording.json["case"]["conf"], &recording.json["properties"]] {
                let expected = expected_memory(&recording, role, &properties(given));
                for kind in ["requests", "limits"] {
                    let asked: Quantity = resources[kind]["memory"].as_str().unwrap().parse().unwrap();
                    assert_eq!(asked, expected, "{kind} of the {role} of {}", recording.name);
                }
            }
        }
    }
    assert_eq!(
        pods,
        2 * RECORDINGS - 2 * REFUSED.len(),
        "a driver each, and an executor of all that started"
    );
}

#[test]
fn the_role_and_the_container_of_every_recorded_pod_are_known() {
    for recording in recordings() {
        for role in RoleName::ALL {
            let Some(pod) = recording.pod(role) else { continue };
            let arena = Arena::new();
            let json: Json<'_> = arena.import(pod);
            assert_eq!(role_of(json), Some(role), "{}", recording.name);
            let (index, played) = spark_container(json).unwrap();
            assert_eq!(played, role, "{}", recording.name);
            let containers = pod["spec"]["containers"].as_array().unwrap();
            let is_of_template = recording.name.ends_with("template-executor") && role == RoleName::Executor;
            let (expected_index, expected_name) = match (is_of_template, role) {
                (true, _) => (1, "executor"),
                (false, RoleName::Driver) => (0, "spark-kubernetes-driver"),
                (false, RoleName::Executor) => (0, "spark-kubernetes-executor"),
            };
            assert_eq!(index, expected_index, "{}", recording.name);
            assert_eq!(index, containers.len() - 1, "{}: Spark's comes last", recording.name);
            assert_eq!(containers[index]["name"], expected_name, "{}", recording.name);
        }
    }
}

#[test]
fn a_pod_whose_labels_were_taken_is_still_known() {
    for recording in recordings() {
        for role in RoleName::ALL {
            let Some(mut pod) = recording.pod(role).cloned() else {
                continue;
            };
            pod["metadata"]["labels"] = Value::Null;
            assert_eq!(role_of(Arena::new().import(&pod)), Some(role), "{}", recording.name);
        }
    }
}

#[test]
fn nothing_is_wrong_with_a_pod_that_spark_made() {
    let policies = PolicySet::builtin();
    for recording in recordings() {
        for role in RoleName::ALL {
            if let Some(pod) = recording.pod(role) {
                assert_found(
                    &recording.name,
                    &findings("wellFormed", &policies, &pod.to_string()),
                    &[],
                );
            }
        }
    }
}

#[test]
fn of_applications_only_what_spark_refused_is_found() {
    let policies = PolicySet::builtin();
    let mut refused = 0;
    for recording in recordings() {
        let application = json!({
            "apiVersion": "sparkoperator.k8s.io/v1beta2",
            "kind": "SparkApplication",
            "metadata": {"name": recording.json["case"]["name"]},
            "spec": {
                "type": recording.json["case"]["type"],
                "sparkVersion": recording.json["sparkVersion"],
                "image": "example/spark:1",
                "mainApplicationFile": "local:///job",
                "sparkConf": recording.json["case"]["conf"],
                "driver": {},
                "executor": {},
            },
        });
        let has_error = recording.json.get("contextError").is_some() || recording.json.get("submitError").is_some();
        assert_eq!(has_error, recording.refused().is_some(), "{}", recording.name);
        refused += usize::from(has_error);
        let expected = recording.refused().unwrap_or_default();
        assert_found(
            &recording.name,
            &findings("wellFormed", &policies, &application.to_string()),
            expected,
        );
    }
    assert_eq!(refused, 2 * REFUSED.len());
}
