//! Of a file of properties, as `spark-submit` reads it.

use super::{documents, lines};
use crate::command::{Run, directory, run};

/// What every job needs.
const BASE: &str = "spark.app.name=etl\nspark.kubernetes.container.image=a/b:1\n";

/// Runs `render` on a file of the given lines and those that every job needs, as one of Scala on Spark 3.5.1.
fn render(lines: &str, arguments: &[&str]) -> Run {
    let here = directory(&[("job.conf", &format!("{BASE}{lines}"))]);
    let base = [
        "render",
        "--properties",
        "job.conf",
        "--language",
        "scala",
        "--spark-version",
        "3.5.1",
    ];
    run(here.path(), &[&base, arguments].concat(), "")
}

#[test]
fn properties_become_pods_however_they_are_written() {
    for text in [
        "spark.executor.instances=3\nspark.kubernetes.node.selector.zone=a",
        "spark.executor.instances 3\nspark.kubernetes.node.selector.zone\ta",
        "# a comment\n  spark.executor.instances : 3  \n\nspark.kubernetes.node.\\\n    selector.zone = a",
        "spark.executor.instances=2\nspark.executor.instances=3\nspark.kubernetes.node.selector.zone=\\u0061",
    ] {
        let run = render(text, &["-o", "json"]);
        assert_eq!(run.exit, 0, "{text}: {}", run.err);
        let job = &lines(&run.out)[0];
        assert_eq!(job["executors"]["initial"], 3, "{text}");
        assert_eq!(job["driver"]["spec"]["nodeSelector"]["zone"], "a", "{text}");
    }
}

#[test]
fn bad_lines_are_said_and_the_others_count() {
    let run = render(
        "spark.executor.memory\nspark.executor.instances=3\npassword hunter2\nspark.x=\\u00\nspark.executor.instances=4\n",
        &["-o", "json"],
    );
    assert_eq!(run.exit, 1);
    assert_eq!(lines(&run.out)[0]["executors"]["initial"], 4);
    assert!(!run.err.contains("hunter2"), "{}", run.err);
    insta::assert_snapshot!(run.err, @r"
    error: `spark.executor.memory` has no value
    --> job.conf:3:1
     = help: write `spark.executor.memory=` and the value

    warning: `password` does not begin with `spark.`: spark-submit leaves it out
    --> job.conf:5:1

    error: `\u` is not followed by four hexadecimal digits: Spark cannot read the file
    --> job.conf:6:9
     = help: write a backslash as `\\`

    warning: `spark.executor.instances` is given twice, first at line 4; this one counts
    --> job.conf:7:1
    ");
}

#[test]
fn what_spark_does_not_read_is_said_and_does_no_harm() {
    let run = render("spark.executor.memoryoverhead=1g\nspark.acme.key=1\n", &[]);
    assert_eq!(run.exit, 0);
    insta::assert_snapshot!(run.err, @r"
    warning: Spark has no property `spark.executor.memoryoverhead`, and ignores it
     --> job.conf:3:1
      |
    3 | spark.executor.memoryoverhead=1g
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `spark.executor.memoryOverhead`?

    warning: Spark is not known to read `spark.acme.key`
     --> job.conf:4:1
      |
    4 | spark.acme.key=1
      | ^^^^^^^^^^^^^^
      |
      = help: correct or remove it; if something else reads what begins with `spark.acme.`, name that in `propertyPrefixes` of a policy
    ");
}

#[test]
fn what_spark_would_refuse_points_at_its_line() {
    let run = render(
        "spark.executor.memory 1.5g\nspark.executorEnv.TOKEN hunter2\nspark.driver.cores=0\n",
        &[],
    );
    assert_eq!(run.exit, 1);
    assert_eq!(documents(&run.out).len(), 2);
    insta::assert_snapshot!(run.err, @r"
    error: Spark cannot read `1.5g` as spark.executor.memory: Spark reads whole numbers only
     --> job.conf:3:23
      |
    3 | spark.executor.memory 1.5g
      |                       ^^^^
      |
      = help: write `1536m`

    error: the driver has `0` cores; Spark takes a whole number of at least 1
     --> job.conf:5:20
      |
    5 | spark.driver.cores=0
      |                    ^
      |
      = help: write `1` or more; `spark.kubernetes.driver.request.cores` may be less, such as `500m`
    ");
}

#[test]
fn what_spark_would_refuse_is_said_once() {
    for properties in [
        "spark.memory.offHeap.enabled true",
        "spark.memory.offHeap.enabled true\nspark.memory.offHeap.size 0g",
        "spark.memory.offHeap.size 1.5g",
        "spark.dynamicAllocation.enabled maybe",
        "spark.executor.cores none",
    ] {
        let run = render(&format!("{properties}\n"), &[]);
        assert_eq!(run.err.matches("error: ").count(), 1, "{properties}: {}", run.err);
    }
}

#[test]
fn the_language_decides_about_the_overhead() {
    let here = directory(&[("job.conf", &format!("{BASE}spark.executor.memory=10g\n"))]);
    for (language, memory) in [("java", "11Gi"), ("Scala", "11Gi"), ("PYTHON", "14Gi"), ("r", "14Gi")] {
        let arguments = [
            "render",
            "--properties",
            "job.conf",
            "--spark-version",
            "4.3",
            "-o",
            "json",
            "--language",
            language,
        ];
        let run = run(here.path(), &arguments, "");
        let requests = &lines(&run.out)[0]["executor"]["spec"]["containers"][0]["resources"]["requests"];
        assert_eq!(requests["memory"], memory, "{language}");
    }
}

#[test]
fn a_newer_spark_is_taken_for_the_newest_known_and_an_older_one_refused() {
    let here = directory(&[("job.conf", BASE)]);
    let cases = [
        ("3.2", 0, ""),
        ("v4.3.1", 0, ""),
        (
            "4.4.0",
            0,
            "note: what pods Spark 4.4.0 makes is not known: they are those of 4.3.0\n\n",
        ),
        (
            "10.0",
            0,
            "note: what pods Spark 10.0.0 makes is not known: they are those of 4.3.0\n\n",
        ),
        (
            "3.1.3",
            2,
            "error: invalid value '3.1.3' for '--spark-version <VERSION>': what pods Spark makes is known from 3.2 on\n\nFor more information, try '--help'.\n",
        ),
        (
            "latest",
            2,
            "error: invalid value 'latest' for '--spark-version <VERSION>': write a version of Spark, such as `3.5` or `3.5.1`\n\nFor more information, try '--help'.\n",
        ),
    ];
    for (version, exit, said) in cases {
        let arguments = [
            "render",
            "--properties",
            "job.conf",
            "--language",
            "r",
            "--spark-version",
            version,
        ];
        let run = run(here.path(), &arguments, "");
        assert_eq!((run.exit, run.err.as_str()), (exit, said), "{version}");
        assert_eq!(run.out.is_empty(), exit == 2, "{version}");
    }
}

#[test]
fn language_and_version_belong_to_a_file_of_properties() {
    let here = directory(&[("job.conf", BASE)]);
    let cases: [&[&str]; 6] = [
        &[],
        &["job.yaml", "--language", "scala"],
        &["job.yaml", "--spark-version", "3.5"],
        &["--properties", "job.conf", "--language", "scala"],
        &["--properties", "job.conf", "--spark-version", "3.5"],
        &[
            "job.yaml",
            "--properties",
            "job.conf",
            "--language",
            "r",
            "--spark-version",
            "3.5",
        ],
    ];
    for arguments in cases {
        let run = run(here.path(), &[&["render"], arguments].concat(), "");
        assert_eq!((run.exit, run.out.as_str()), (2, ""), "{arguments:?}");
    }
}

#[test]
fn the_user_is_whom_spark_takes() {
    let run = render("", &["-o", "json"]);
    let env = &lines(&run.out)[0]["driver"]["spec"]["containers"][0]["env"];
    assert_eq!(env[0], serde_json::json!({"name": "SPARK_USER", "value": "tester"}));
}

#[test]
fn a_job_without_a_name_gets_one_and_is_told() {
    let here = directory(&[]);
    let arguments = [
        "render",
        "--properties",
        "-",
        "--language",
        "scala",
        "--spark-version",
        "3.5",
    ];
    let run = run(here.path(), &arguments, "spark.kubernetes.container.image=a/b:1");
    assert_eq!(run.exit, 0);
    assert!(run.out.starts_with("# driver of spark\n"), "{}", run.out);
    insta::assert_snapshot!(run.err, @r"
    note: `spark.app.name` is not set: the pods are those of a job named `spark`
    --> <stdin>
     = help: spark-submit names a job after its main class or its file
    ");
}

#[test]
fn a_file_that_cannot_be_read_is_said() {
    let here = directory(&[]);
    let arguments = [
        "render",
        "--properties",
        "missing.conf",
        "--language",
        "scala",
        "--spark-version",
        "3.5",
    ];
    let run = run(here.path(), &arguments, "");
    assert_eq!((run.exit, run.out.as_str()), (2, ""));
    assert_eq!(
        run.err,
        "error: this cannot be read: there is no such file\n--> missing.conf\n\n"
    );
}
