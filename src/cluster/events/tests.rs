use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use prometheus_client::encoding::text;
use serde_json::Value;

use super::*;

type Calls = Arc<Mutex<Vec<(Method, String, Value)>>>;

/// A client of an API server that answers every call with the same status, and the calls.
fn api(status: StatusCode) -> (Client, Calls) {
    async fn answer(
        State((status, calls)): State<(StatusCode, Calls)>,
        method: Method,
        uri: Uri,
        body: Bytes,
    ) -> (StatusCode, Bytes) {
        let event = serde_json::from_slice(&body).unwrap();
        calls.lock().unwrap().push((method, uri.path().to_owned(), event));
        (status, body)
    }
    let calls = Calls::default();
    let router = Router::new().fallback(answer).with_state((status, Arc::clone(&calls)));
    (Client::new(router, "default"), calls)
}

fn notice(name: &str, action: &str) -> Notice {
    Notice {
        regarding: ObjectReference {
            api_version: Some("sparkoperator.k8s.io/v1beta2".to_owned()),
            kind: Some("SparkApplication".to_owned()),
            namespace: Some("team".to_owned()),
            name: Some(name.to_owned()),
            uid: Some(format!("uid-of-{name}")),
            ..ObjectReference::default()
        },
        reason: "ExecutorDenied",
        action: action.to_owned(),
        note: "é".repeat(1000),
    }
}

fn counted(registry: &Registry) -> Vec<String> {
    let mut exposition = String::new();
    text::encode(&mut exposition, registry).unwrap();
    let counts = exposition.lines().filter_map(|line| line.strip_prefix("events_total"));
    counts.map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn tells_of_an_object_once_a_minute() {
    let mut registry = Registry::default();
    let (events, outbox) = Events::register(&mut registry);
    let (client, calls) = api(StatusCode::CREATED);
    let sending = tokio::spawn(outbox.run(client));
    for name in ["one", "one", "other"] {
        events.tell(notice(name, "spot/off-spot"));
    }
    sleep(QUIET_TIME + SPACING).await;
    events.tell(notice("one", "images/ours"));
    drop(events);
    sending.await.unwrap();

    let calls = calls.lock().unwrap();
    let told: Vec<_> = calls
        .iter()
        .map(|(method, path, event)| {
            assert_eq!(
                (method, path.as_str()),
                (&Method::POST, "/apis/events.k8s.io/v1/namespaces/team/events")
            );
            assert_eq!(event["type"], "Warning");
            assert_eq!(event["reason"], "ExecutorDenied");
            assert_eq!(event["note"].as_str().unwrap().len(), NOTE_BYTES);
            assert_eq!(event["reportingController"], CONTROLLER);
            (
                event["regarding"]["name"].as_str().unwrap(),
                event["action"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("one", "spot/off-spot"),
            ("other", "spot/off-spot"),
            ("one", "images/ours")
        ]
    );
    assert!(counted(&registry).contains(&r#"{result="sent"} 3"#.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_comes_too_fast_is_dropped_and_what_is_refused_is_counted() {
    let mut registry = Registry::default();
    let (events, outbox) = Events::register(&mut registry);
    for number in 0..=MOST_WAITING {
        events.tell(notice(&number.to_string(), "spot/off-spot"));
    }
    drop(events);
    let (client, _) = api(StatusCode::FORBIDDEN);
    outbox.run(client).await;
    let failed = format!(r#"{{result="failed"}} {MOST_WAITING}"#);
    for expected in [r#"{result="dropped"} 1"#, &failed, r#"{result="sent"} 0"#] {
        assert!(counted(&registry).contains(&expected.to_owned()), "{expected}");
    }
}

#[test]
fn nobody_is_told_outside_of_a_cluster() {
    let mut registry = Registry::default();
    let (events, outbox) = Events::register(&mut registry);
    drop(outbox);
    events.tell(notice("job", "spot/off-spot"));
    assert!(counted(&registry).iter().all(|line| line.ends_with(" 0")));
}

#[test]
fn shortens_text_between_characters() {
    assert_eq!(shortened("café", 5), "café");
    assert_eq!(shortened("café", 4), "caf");
    assert_eq!(shortened("", 4), "");
}
