//! How the server ends.

use super::client::{Connection, get, head, post, socket};
use super::process::{Server, until};
use super::reviews::recorded;

#[test]
fn drains_on_sigterm() {
    let mut server = Server::start(&[]);
    let body = recorded("sparkapplication-create-mutate.json");
    let mut under_way = Connection::open(&server).unwrap();
    under_way.say(head("POST", "/mutate", body.len())).unwrap();
    under_way.say(&body[..100]).unwrap();
    let mut idle = Connection::open(&server).unwrap();
    let answer = idle.post("/mutate", &body);
    assert_eq!(answer.status, 200);
    assert!(!answer.head.contains("connection: close"), "{}", answer.head);

    server.signal("TERM");
    server.next_line("draining");
    let ready = get(&server, "/readyz");
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (503, "draining, policy generation 0\n")
    );
    assert_eq!(get(&server, "/livez").status, 200);
    let answer = post(&server, "/mutate", &body);
    assert_eq!(answer.status, 200, "who has not heard yet is answered");
    assert!(
        answer.head.contains("connection: close\r\n"),
        "and led away: {}",
        answer.head
    );

    // A second signal means now.
    server.signal("TERM");
    until("new connections are refused", || socket(server.webhook).is_err());
    assert!(idle.hear().is_err(), "idle connections are closed");
    under_way.say(&body[100..]).unwrap();
    assert_eq!(under_way.hear().unwrap().status, 200);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn ends_at_once_on_sigint_when_nothing_is_under_way() {
    let mut server = Server::start(&[]);
    server.signal("INT");
    server.next_line("stopped");
    assert_eq!(server.wait().code(), Some(0));
}
