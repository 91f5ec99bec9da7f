use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use super::*;
use crate::cluster::facts::StoredApplication;
use crate::cluster::watch::Key;
use crate::engine::finding::{Blame, Code, Finding, SubjectKind};
use crate::engine::json::Arena;

fn verdict() -> Verdict {
    let finding = |entry: &str, enforcement| Finding {
        code: Code {
            policy: "spot".to_owned(),
            entry: entry.to_owned(),
        },
        rule: "notOnSpot",
        enforcement,
        lowered_from: None,
        message: format!("{entry} is wrong"),
        help: None,
        pointer: json_patch::jsonptr::PointerBuf::from_tokens(["spec"]),
        blame: Blame::Value,
        effective: None,
        shortfalls: Vec::new(),
    };
    let mut verdict = Verdict::allow(SubjectKind::ExecutorPod);
    verdict.findings = vec![
        finding("one", Enforcement::Deny),
        finding("other", Enforcement::Deny),
        finding("mild", Enforcement::Warn),
    ];
    verdict
}

fn executor(labels: &Value, owners: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "exec-1", "namespace": "team", "labels": labels, "ownerReferences": owners},
    })
}

/// What is told of an executor that was refused.
fn told(pod: &Value) -> Option<Notice> {
    let facts = ClusterFacts::default();
    let key = Key {
        namespace: "team".to_owned(),
        name: "etl".to_owned(),
    };
    let stored = StoredApplication {
        known: Arc::default(),
        uid: "u-etl".to_owned(),
    };
    facts.kubeflow.list(vec![(key, Some(Arc::new(stored)))]);
    let (events, mut outbox) = Events::register(&mut Registry::default());
    let denials = Denials {
        facts: Arc::new(facts),
        events,
    };
    let arena = Arena::new();
    let request = Request::of_manifest(&arena, arena.import(pod), None).unwrap();
    denials.executor_denied(&request, &verdict());
    outbox.next_told()
}

#[test]
fn tells_of_the_application_or_else_of_the_driver() {
    let driver = json!([{"apiVersion": "v1", "kind": "Pod", "name": "etl-driver", "uid": "u-driver"}]);
    let of = |name: &str| json!({"sparkoperator.k8s.io/app-name": name});
    let cases = [
        (
            executor(&of("etl"), &driver),
            Some(("SparkApplication", "etl", "u-etl")),
        ),
        (
            executor(&of("not-seen-yet"), &driver),
            Some(("Pod", "etl-driver", "u-driver")),
        ),
        (executor(&json!({}), &driver), Some(("Pod", "etl-driver", "u-driver"))),
        (
            executor(&json!({}), &json!([{"kind": "ReplicaSet", "name": "r", "uid": "u"}])),
            None,
        ),
        (executor(&json!({}), &json!(null)), None),
    ];
    for (pod, expected) in cases {
        let regarding = told(&pod).map(|notice| notice.regarding);
        let regarding = regarding.as_ref().map(|regarding| {
            assert_eq!(regarding.namespace.as_deref(), Some("team"));
            let text = |field: &'_ Option<String>| field.clone().unwrap();
            (text(&regarding.kind), text(&regarding.name), text(&regarding.uid))
        });
        let expected = expected.map(|(kind, name, uid)| (kind.to_owned(), name.to_owned(), uid.to_owned()));
        assert_eq!(regarding, expected, "{pod}");
    }
}

#[test]
fn says_what_was_denied_and_by_what() {
    let notice = told(&executor(&json!({"sparkoperator.k8s.io/app-name": "etl"}), &json!([]))).unwrap();
    assert_eq!(notice.action, "spot/one,spot/other");
    assert_eq!(
        notice.note,
        "the executor pod exec-1 was refused: spot/one: one is wrong (at /spec); spot/other: other is wrong (at /spec)"
    );
}
