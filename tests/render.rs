//! `sparkgate render`: the pods of a job that has not run.

mod manifests;
mod policies;
mod properties;
mod templates;

use serde_json::Value;
use sparkgate::engine::json::Arena;
use sparkgate::engine::yaml::parse_stream;

/// The documents of a text, as `kubectl` would read them.
#[track_caller]
fn documents(text: &str) -> Vec<Value> {
    let arena = Arena::of_file();
    let (documents, errors) = parse_stream(&arena, text);
    assert_eq!(errors, [], "{text}");
    documents.iter().map(|document| document.root.to_value()).collect()
}

/// The objects of a text that has one on each line.
#[track_caller]
fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An application of that name, with members of its spec and properties, both in flow style. Of the members, those that every application
/// has are filled in.
fn application(name: &str, members: &str, properties: &str) -> String {
    let section = |role: &str| {
        if members.contains(&format!("{role}: ")) {
            String::new()
        } else {
            format!("  {role}: {{}}\n")
        }
    };
    let missing = section("driver") + &section("executor");
    format!(
        "apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {{name: {name}}}
spec:
  type: Scala
  mode: cluster
  sparkVersion: 3.5.1
  mainClass: a.B
  mainApplicationFile: local:///a.jar
  sparkConf: {{spark.kubernetes.container.image: a/b, {properties}}}
  {members}
{missing}"
    )
}
