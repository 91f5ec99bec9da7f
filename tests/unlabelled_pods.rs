//! Pods that do not say that they are Spark's, and are judged all the same: by their driver, or by what they said before.

use serde_json::{Value, json};
use sparkgate::engine::finding::SubjectKind;
use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::request::Phase;
use sparkgate::engine::review::Review;
use sparkgate::engine::workload::pod::DriverPod;
use sparkgate::engine::{Facts, evaluate};

use crate::command::{directory, run};
use crate::judging::{CREATE, UPDATE, pod, review};

/// What a review is about, where the namespace's drivers are those given.
#[track_caller]
fn subject(review: &Value, drivers: Option<&[DriverPod]>) -> SubjectKind {
    let arena = Arena::new();
    let body = review.to_string();
    let review = Review::parse(&arena, Phase::Validate, body.as_bytes()).unwrap();
    let facts = Facts {
        drivers,
        ..Facts::default()
    };
    evaluate(&PolicySet::builtin(), &review.request, &facts).subject
}

/// A pod that tells nothing.
fn silent(metadata: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [{"name": "main", "image": "busybox"}]}})
}

fn made_by(username: &str, operation: &str, object: &Value) -> Value {
    let mut review = review(operation, object);
    review["request"]["userInfo"]["username"] = json!(username);
    review
}

#[test]
fn what_a_driver_makes_is_an_executor() {
    let arena = Arena::new();
    let driver = pod("driver", &json!({"spec": {"serviceAccountName": "spark"}}));
    let drivers = [DriverPod::of(arena.import(&driver)).unwrap()];
    let account = "system:serviceaccount:team-a:spark";
    let nothing = silent(&json!({"name": "x"}));
    let owned =
        silent(&json!({"name": "x", "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "etl-driver"}]}));
    let cases = [
        (
            "by its account",
            made_by(account, CREATE, &nothing),
            SubjectKind::ExecutorPod,
        ),
        ("by its owner", review(CREATE, &owned), SubjectKind::ExecutorPod),
        (
            "by its owner, when it is changed",
            review(UPDATE, &owned),
            SubjectKind::ExecutorPod,
        ),
        (
            "changed by the account, and made by another",
            made_by(account, UPDATE, &nothing),
            SubjectKind::Other,
        ),
        (
            "by an account of another namespace",
            made_by("system:serviceaccount:team-b:spark", CREATE, &nothing),
            SubjectKind::Other,
        ),
        ("by a person", review(CREATE, &nothing), SubjectKind::Other),
        (
            "a driver all the same",
            made_by(account, CREATE, &driver),
            SubjectKind::DriverPod,
        ),
    ];
    for (case, review, expected) in cases {
        assert_eq!(subject(&review, Some(&drivers)), expected, "{case}");
    }
    assert_eq!(
        subject(&made_by(account, CREATE, &nothing), None),
        SubjectKind::Other,
        "which drivers run is not known"
    );
}

#[test]
fn a_label_that_is_taken_away_changes_nothing() {
    let mut labelled =
        silent(&json!({"name": "x", "labels": {"spark-role": "driver", "spark-app-selector": "spark-1"}}));
    let mut review = review(UPDATE, &silent(&json!({"name": "x"})));
    review["request"]["oldObject"] = labelled.take();
    assert_eq!(subject(&review, None), SubjectKind::DriverPod);
}

#[test]
fn a_cluster_in_files_tells_its_drivers() {
    const POD: &str = "apiVersion: v1\nkind: Pod\n";
    let files = directory(&[
        (
            "cluster.yaml",
            &format!(
                "{POD}metadata: {{name: etl-driver, namespace: team-a}}\nspec: {{containers: [{{name: spark, args: [driver], env: [{{name: SPARK_APPLICATION_ID, value: spark-1}}]}}]}}\n"
            ),
        ),
        (
            "pod.yaml",
            &format!(
                "{POD}metadata:\n  name: x\n  namespace: team-a\n  ownerReferences: [{{apiVersion: v1, kind: Pod, name: etl-driver, uid: u}}]\nspec: {{containers: [{{name: main, image: busybox}}]}}\n"
            ),
        ),
    ]);
    let known = run(files.path(), &["check", "--cluster", "cluster.yaml", "pod.yaml"], "");
    assert!(known.out.contains("1 document: 1 passed"), "{}{}", known.out, known.err);
    let unknown = run(files.path(), &["check", "pod.yaml"], "");
    assert!(unknown.out.contains("1 not Spark"), "{}{}", unknown.out, unknown.err);
}
