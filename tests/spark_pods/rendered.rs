//! The same runs, from a file of properties to what `sparkgate render` prints.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;
use sparkgate::engine::workload::RoleName;

use super::compared::compared;
use super::recording::{self, Recording};
use crate::command;

/// What of the driver's arguments a file of properties tells: all up to the main class and what is run.
const TOLD_ARGUMENTS: usize = 3;

#[test]
fn every_recorded_pod_is_rendered_from_a_file_of_properties() {
    let mut pods = 0;
    for recording in recording::all() {
        let run = render(&recording);
        // `gpu` fails for a script that the image lacks.
        let is_refused = recording.is_refused() && recording.case("name") != "gpu";
        assert_eq!(run.exit, i32::from(is_refused), "{}: {}", recording.name, run.err);
        let rendered: Value = serde_json::from_str(&run.out).unwrap();
        for role in RoleName::ALL {
            let Some(made) = recording.pod(role) else {
                assert!(recording.is_refused(), "{}", recording.name);
                continue;
            };
            pods += 1;
            let (rendered, made) = (as_told(&rendered[role.as_str()]), as_told(made));
            assert_eq!(rendered, made, "{} {role}", recording.name);
        }
    }
    assert_eq!(pods, recording::PODS);
}

fn render(recording: &Recording) -> command::Run {
    let mut properties = String::new();
    for (name, value) in recording.given() {
        let value = value.replace('\\', "\\\\").replace('\n', "\\n");
        let name = name.replace(' ', "\\ ").replace('=', "\\=").replace(':', "\\:");
        writeln!(properties, "{name} {value}").unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("spark-defaults.conf");
    fs::write(&file, properties).unwrap();
    let language = recording.case("type").to_lowercase();
    let arguments = [
        "render",
        "--properties",
        file.to_str().unwrap(),
        "--language",
        &language,
        "--spark-version",
        recording.version(),
        "--output",
        "json",
    ];
    command::run(&recording::directory(), &arguments, "")
}

/// A pod as far as it is compared, and as far as a file of properties tells it. The runs were submitted by root.
fn as_told(pod: &Value) -> Value {
    let mut pod = compared(pod);
    for container in pod["spec"]["containers"].as_array_mut().unwrap() {
        if let Some(Value::Array(arguments)) = container.get_mut("args") {
            arguments.truncate(TOLD_ARGUMENTS);
        }
        for variable in container
            .get_mut("env")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if variable["name"] == "SPARK_USER" {
                variable["value"] = "who submits".into();
            }
        }
    }
    pod
}
