//! The pod templates that properties name.

use std::fs;

use serde_json::Value;

use super::lines;
use crate::command::{Run, directory, run};

const TEMPLATE: &str = "apiVersion: v1\nkind: Pod\nmetadata: {labels: {team: alpha}}\nspec: {}\n";

/// Runs `render` in `work` of a directory with a file of properties in `work/conf`, where the driver's template is at `uri`.
fn render(uri: &str, files: &[(&str, &str)]) -> (Run, Option<Value>) {
    let here = directory(files);
    let work = here.path().join("work");
    fs::create_dir_all(work.join("conf")).unwrap();
    let uri = uri.replace("HERE", here.path().to_str().unwrap());
    let properties = format!(
        "spark.app.name=etl\nspark.kubernetes.container.image=a/b:1\nspark.kubernetes.driver.podTemplateFile={uri}\n"
    );
    fs::write(work.join("conf/job.conf"), properties).unwrap();
    let arguments = [
        "render",
        "--properties",
        "conf/job.conf",
        "--language",
        "scala",
        "--spark-version",
        "4.1",
        "-o",
        "json",
    ];
    let run = run(&work, &arguments, "");
    let job = lines(&run.out).pop();
    (run, job)
}

#[test]
fn a_template_is_found_where_spark_submit_finds_it_or_beside_the_file() {
    let json = "{\"spec\": {}, \"kind\": \"Pod\", \"metadata\": {\"labels\": {\"team\": \"alpha\"}}}";
    let cases = [
        ("t/a.yaml", "work/t/a.yaml", TEMPLATE),
        ("t/a.yaml", "work/conf/t/a.yaml", TEMPLATE),
        ("HERE/a.yaml", "a.yaml", TEMPLATE),
        ("file://HERE/a.yaml", "a.yaml", TEMPLATE),
        ("file:HERE/a.yaml", "a.yaml", TEMPLATE),
        ("local://HERE/a.yaml", "a.yaml", TEMPLATE),
        ("a.json", "work/a.json", json),
    ];
    for (uri, path, text) in cases {
        let (run, job) = render(uri, &[(path, text)]);
        assert_eq!((run.exit, run.err.as_str()), (0, ""), "{uri}");
        assert_eq!(job.unwrap()["driver"]["metadata"]["labels"]["team"], "alpha", "{uri}");
    }
}

#[test]
fn a_template_that_is_none_is_said_and_the_other_pod_is_rendered() {
    let cases = [
        ("none.yaml", "", 1),
        ("a.yaml", "- 1\n", 1),
        ("a.yaml", "text\n", 1),
        ("a.yaml", "", 1),
        ("a.yaml", "kind: Deployment\n", 1),
        ("a.yaml", "kind: Pod\n---\nkind: Pod\n", 1),
        ("a.yaml", "kind: Pod\nspecs: {}\n", 1),
        ("a.yaml", "spec: []\n", 1),
        ("a.yaml", "metadata: {}\nspec:\n  containers: {name: a}\n", 1),
        ("a.yaml", "kind: [Pod\n", 1),
        ("s3a://bucket/a.yaml", "", 2),
    ];
    let mut said = Vec::new();
    for (uri, text, exit) in cases {
        let (run, job) = render(uri, &[("work/a.yaml", text)]);
        assert_eq!(run.exit, exit, "{uri} {text}: {}", run.err);
        let job = job.unwrap();
        assert_eq!(job["driver"], Value::Null, "{uri} {text}");
        assert_eq!(job["executor"]["kind"], "Pod", "{uri} {text}");
        said.push(run.err);
    }
    insta::assert_snapshot!(said.concat(), @r"
    error: Spark could not load the driver's pod template: there is no such file
     --> conf/job.conf:3:41
      |
    3 | spark.kubernetes.driver.podTemplateFile=none.yaml
      |                                         ^^^^^^^^^

    error: Spark could not load the driver's pod template: a pod template is a pod, and this is a list
    --> a.yaml:1:3

    error: Spark could not load the driver's pod template: a pod template is a pod, and this is a string
    --> a.yaml:1:1

    error: Spark could not load the driver's pod template: a pod template is one pod, and this file is empty
    --> a.yaml:1:1

    error: Spark could not load the driver's pod template: a pod template is a pod, and this is a Deployment
    --> a.yaml:1:7

    error: Spark could not load the driver's pod template: a pod template is one pod, and this file has 2 documents
    --> a.yaml:3:1

    error: Spark could not load the driver's pod template: a pod template is a pod, and this is an object without `spec`
    --> a.yaml:1:1

    error: Spark could not load the driver's pod template: `spec` of a pod is an object, and this is a list
    --> a.yaml:1:1

    error: Spark could not load the driver's pod template: `containers` of a pod is a list, and this is an object
    --> a.yaml:3:3

    error: Spark could not load the driver's pod template: unclosed bracket '['
    --> a.yaml:1:7

    error: the driver's pod template cannot be read: nothing behind `s3a:` is fetched here
     --> conf/job.conf:3:41
      |
    3 | spark.kubernetes.driver.podTemplateFile=s3a://bucket/a.yaml
      |                                         ^^^^^^^^^^^^^^^^^^^
    ");
}
