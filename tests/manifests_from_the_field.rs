//! Manifests as people write them, judged by the policies of this repository, through the command.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Line, column, code and pointer of a finding.
type Place<'p> = (u64, u64, &'p str, &'p str);

/// The exit code and the output of `sparkgate check` with the repository's policies.
fn check(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sparkgate"))
        .args(["check", "--policies", "policies"])
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn report(file: &str) -> (i32, Value) {
    let (exit, out) = check(&["--format", "json", &format!("fixtures/manifests/{file}")]);
    (exit, serde_json::from_str(&out).unwrap())
}

#[test]
fn what_is_well_made_passes_without_a_word() {
    let mut files: Vec<_> = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/manifests")
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".ok.yaml"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 8, "{files:?}");
    for file in files {
        let (exit, report) = report(&file);
        assert_eq!(exit, 0, "{file}: {report}");
        assert_eq!(report["findings"], Value::Array(Vec::new()), "{file}");
        assert_eq!(report["failures"], Value::Array(Vec::new()), "{file}");
        assert_eq!(report["summary"]["passed"], 1, "{file}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases is as long as there is to say")]
fn mistakes_are_found_where_they_stand() {
    let cases: &[(&str, &[Place<'_>])] = &[
        (
            "pyspark-oomkilled.bad.yaml",
            &[(11, 25, "memory/executor-overhead", "/spec/memoryOverheadFactor")],
        ),
        (
            "driver-on-spot.bad.yaml",
            &[(
                19,
                23,
                "spot/driver-off-spot",
                "/spec/driver/template/spec/tolerations/0",
            )],
        ),
        (
            "misspelt-properties.bad.yaml",
            &[
                (
                    14,
                    5,
                    "sparkgate/well-formed",
                    "/spec/sparkConf/spark.executor.decommission.enabled",
                ),
                (
                    15,
                    5,
                    "sparkgate/well-formed",
                    "/spec/sparkConf/spark.decommission.timeout",
                ),
                (
                    16,
                    5,
                    "sparkgate/well-formed",
                    "/spec/sparkConf/spark.executor.memoryFraction",
                ),
                (
                    18,
                    54,
                    "sparkgate/well-formed",
                    "/spec/sparkConf/spark.dynamicAllocation.shuffleTracking.enabled",
                ),
                (
                    19,
                    43,
                    "sparkgate/well-formed",
                    "/spec/sparkConf/spark.dynamicAllocation.minExecutors",
                ),
                (21, 30, "sparkgate/well-formed", "/spec/driver/memory"),
                (22, 32, "sparkgate/well-formed", "/spec/executor/memory"),
            ],
        ),
        (
            "scheduled-nested-spec.bad.yaml",
            &[(11, 5, "sparkgate/well-formed", "/spec/template/spec")],
        ),
        (
            "apache-driver-on-spot.bad.yaml",
            &[(
                15,
                13,
                "spot/driver-off-spot",
                "/spec/driverSpec/podTemplateSpec/spec/tolerations/0",
            )],
        ),
        (
            "apache-from-kubeflow.bad.yaml",
            &[
                (7, 3, "sparkgate/well-formed", "/spec/type"),
                (11, 28, "sparkgate/well-formed", "/spec/sparkConf/spark.executor.memory"),
                (
                    13,
                    38,
                    "sparkgate/well-formed",
                    "/spec/sparkConf/spark.executor.extraJavaOptions",
                ),
                (15, 5, "sparkgate/well-formed", "/spec/driverSpec/podTemplateSpec"),
                (
                    24,
                    37,
                    "sparkgate/well-formed",
                    "/spec/applicationTolerations/instanceConfig/initExecutors",
                ),
            ],
        ),
    ];
    for (file, expected) in cases {
        let (exit, report) = report(file);
        assert_eq!(exit, 1, "{file}");
        let findings: Vec<_> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| {
                assert_eq!(finding["file"], format!("fixtures/manifests/{file}"));
                let text = |field: &str| finding[field].as_str().unwrap();
                (
                    finding["line"].as_u64().unwrap(),
                    finding["column"].as_u64().unwrap(),
                    text("code"),
                    text("pointer"),
                )
            })
            .collect();
        assert_eq!(findings, *expected, "{file}");
    }
}

#[test]
fn the_whole_directory_reads_well() {
    let (exit, out) = check(&["fixtures/manifests"]);
    assert_eq!(exit, 1);
    insta::assert_snapshot!(out);
}
