//! What is answered to a review, and to what is none.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::{Connection, get, head, post};
use super::process::Server;
use crate::command::directory;

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// A review as a real API server sent it.
pub fn recorded(name: &str) -> String {
    fs::read_to_string(fixtures().join("reviews").join(name)).unwrap()
}

#[test]
fn answers_every_recorded_review_with_its_uid() {
    let server = Server::start(&[]);
    let mut connection = Connection::open(&server).unwrap();
    let mut answered = 0;
    for entry in fs::read_dir(fixtures().join("reviews")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let endpoint = match name.rsplit_once('-') {
            Some((_, "mutate")) => "/mutate",
            Some((_, "validate")) => "/validate",
            _ => continue,
        };
        let body = fs::read_to_string(&path).unwrap();
        let review: Value = serde_json::from_str(&body).unwrap();
        let answer = connection.post(endpoint, &body);
        assert_eq!(answer.status, 200, "{name}");
        assert!(answer.head.contains("content-type: application/json\r\n"), "{name}");
        let response = answer.response();
        assert_eq!(response["uid"], review["request"]["uid"], "{name}");
        assert_eq!(
            response.get("patch").is_some(),
            response.get("patchType").is_some(),
            "{name}: both or neither"
        );
        if endpoint == "/validate" {
            assert_eq!(response.get("patch"), None, "{name}");
        }
        answered += 1;
    }
    assert_eq!(answered, 21);

    let metrics = get(&server, "/metrics").body;
    for sample in [
        "sparkgate_admission_requests_total{path=\"/mutate\",kind=",
        "sparkgate_admission_duration_seconds_bucket{le=\"0.00001\",path=\"/mutate\"} ",
        "sparkgate_admission_duration_seconds_count{path=\"/validate\"} ",
    ] {
        assert!(metrics.contains(sample), "no {sample} in {metrics}");
    }
}

#[test]
fn turns_away_what_has_no_uid_to_answer_to() {
    let server = Server::start(&[]);
    let mut connection = Connection::open(&server).unwrap();
    let other_kind = json!({"apiVersion": "v1", "kind": "Pod", "request": {"uid": "u-1"}});
    let no_uid = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {}});
    let cases = [
        ("nothing", String::new()),
        ("not JSON", "spark".to_owned()),
        (
            "half of a review",
            recorded("sparkapplication-create-mutate.json")[..900].to_owned(),
        ),
        ("a list", "[]".to_owned()),
        ("another kind", other_kind.to_string()),
        ("no uid", no_uid.to_string()),
    ];
    for (what, body) in cases {
        for path in ["/mutate", "/validate"] {
            let answer = connection.post(path, &body);
            assert_eq!(answer.status, 400, "{what}");
            assert_eq!(answer.body.lines().count(), 1, "{what}: {}", answer.body);
        }
    }
    let metrics = get(&server, "/metrics").body;
    let sample = r#"{path="/mutate",kind="unknown",operation="unknown",decision="not-a-review"} 6"#;
    assert!(metrics.contains(sample), "{metrics}");
}

#[test]
fn refuses_with_its_uid_what_is_not_understood() {
    let server = Server::start(&[]);
    let mut connection = Connection::open(&server).unwrap();
    let review = |member: &str, value: Value| {
        let mut review: Value = serde_json::from_str(&recorded("sparkapplication-create-validate.json")).unwrap();
        review["request"][member] = value;
        review.to_string()
    };
    let too_deep = review("object", json!("DEEP")).replace(r#""DEEP""#, &("[".repeat(9_999) + &"]".repeat(9_999)));
    let too_many = review("object", json!({ "values": vec![0; 300_000] }));
    let cases = [
        ("a list for an object", review("object", json!([]))),
        ("a string for an old object", review("oldObject", json!("x"))),
        ("an operation of the future", review("operation", json!("MERGE"))),
        ("no kind", review("kind", json!({}))),
        ("an object that is too deep", too_deep),
        ("an object with too many values", too_many),
    ];
    for (what, body) in cases {
        let answer = connection.post("/validate", &body);
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
        let response = answer.response();
        let sent: Value = serde_json::from_str(&recorded("sparkapplication-create-validate.json")).unwrap();
        assert_eq!(response["uid"], sent["request"]["uid"], "{what}");
        assert_eq!(response["allowed"], false, "{what}");
        assert!(
            response["status"]["message"]
                .as_str()
                .is_some_and(|why| !why.is_empty()),
            "{what}"
        );
    }
}

#[test]
fn knows_whether_the_operator_has_its_webhook() {
    let policies = directory(&[(
        "spot.yaml",
        "apiVersion: sparkgate.io/v1alpha1
kind: SparkPolicy
metadata: {name: spot}
spec:
  validate:
  - {name: driver-off-spot, roles: [driver], notOnSpot: {pools: [{taint: {key: spot, value: x, effect: NoSchedule}}]}}
",
    )]);
    let mut review: Value = serde_json::from_str(&recorded("sparkapplication-create-validate.json")).unwrap();
    review["request"]["object"]["spec"]["driver"]["tolerations"] = json!([{"key": "spot", "operator": "Exists"}]);
    for (arguments, allowed) in [(&[][..], false), (&["--no-operator-webhook"], true)] {
        let server = Server::start(&[&["--policies", policies.path().to_str().unwrap()], arguments].concat());
        let answer = post(&server, "/validate", review.to_string());
        assert_eq!(answer.response()["allowed"], allowed, "{arguments:?}: {answer:?}");
    }
}

#[test]
fn refuses_nine_mebibytes() {
    const MEBIBYTE: usize = 1024 * 1024;
    let server = Server::start(&[]);
    let announced = post(&server, "/validate", vec![b' '; 9 * MEBIBYTE]);
    assert_eq!(announced.status, 413);

    let mut connection = Connection::open(&server).unwrap();
    connection
        .say("POST /validate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        .unwrap();
    for _ in 0..9 {
        connection.say(format!("{MEBIBYTE:x}\r\n")).unwrap();
        connection.say(vec![b' '; MEBIBYTE]).unwrap();
        connection.say("\r\n").unwrap();
    }
    connection.say("0\r\n\r\n").unwrap();
    assert_eq!(connection.hear().unwrap().status, 413);
}

#[test]
fn knows_two_paths_and_one_method() {
    let server = Server::start(&[]);
    let mut connection = Connection::open(&server).unwrap();
    let cases = [
        ("GET", "/mutate", 405),
        ("PUT", "/validate", 405),
        ("POST", "/metrics", 404),
        ("GET", "/", 404),
    ];
    for (method, path, status) in cases {
        connection.say(head(method, path, 0)).unwrap();
        assert_eq!(connection.hear().unwrap().status, status, "{method} {path}");
    }
}

#[test]
fn writes_a_line_for_each_decision_and_no_env_value() {
    let server = Server::start(&[]);
    let mut review: Value =
        serde_json::from_str(&recorded("driver-pod-spark4.3.0-python-defaults-validate.json")).unwrap();
    let container = &mut review["request"]["object"]["spec"]["containers"][0];
    container["env"] = json!([{"name": "PASSWORD", "value": "correct-horse"}]);
    post(&server, "/validate", review.to_string());

    let line = server.next_line("decided");
    assert_eq!(line["uid"], review["request"]["uid"]);
    assert_eq!(line["namespace"], review["request"]["namespace"]);
    assert_eq!(line["path"], "/validate");
    assert_eq!(line["kind"], "Pod");
    assert_eq!(line["operation"], "CREATE");
    assert_eq!(line["generation"], 0);
    for field in [
        "name",
        "subject",
        "decision",
        "findings",
        "mutations",
        "lowered",
        "duration_us",
    ] {
        assert!(line.get(field).is_some(), "no {field} in {line}");
    }
    assert!(!line.to_string().contains("correct-horse"), "{line}");
}
