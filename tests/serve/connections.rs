//! Clients that are slow, many or old.

use std::process::Command;

use super::client::{Connection, get, head, post, socket};
use super::process::{IN_CLUSTER, Server};
use super::reviews::recorded;

#[test]
fn speaks_http_1_1_over_tls_1_2_and_1_3() {
    let server = Server::start(&[]);
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut connection = Connection::open_with(server.webhook, &server.ca_file(), &[version]).unwrap();
        assert_eq!(connection.protocol(), Some(b"http/1.1".as_slice()), "{version:?}");
        let answer = connection.post("/validate", recorded("sparkapplication-create-validate.json"));
        assert_eq!(answer.status, 200, "{version:?}");
    }
}

#[test]
fn answers_others_while_clients_stop_half_way() {
    let server = Server::start(&[]);
    let body = recorded("sparkapplication-create-mutate.json");

    let silent: Vec<_> = (0..200).map(|_| socket(server.webhook).unwrap()).collect();
    let mut in_the_head = Connection::open(&server).unwrap();
    in_the_head.say("POST /mutate HTTP/1.1\r\nHost:").unwrap();
    let mut in_the_body = Connection::open(&server).unwrap();
    in_the_body.say(head("POST", "/mutate", body.len())).unwrap();
    in_the_body.say(&body[..100]).unwrap();

    assert_eq!(post(&server, "/mutate", &body).status, 200);
    in_the_body.say(&body[100..]).unwrap();
    assert_eq!(
        in_the_body.hear().unwrap().status,
        200,
        "who goes on is answered as well"
    );
    drop(silent);
}

#[test]
fn recovers_when_there_are_no_file_descriptors_left() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command
        .current_dir(directory.path())
        .env_remove(IN_CLUSTER)
        .args(["-c", r#"ulimit -n 48; exec "$0" "$@""#, env!("CARGO_BIN_EXE_sparkgate")])
        .args(["serve", "--log-format", "json"])
        .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    let server = Server::spawn(directory.path(), command);
    let crowd: Vec<_> = (0..64).map(|_| socket(server.webhook).unwrap()).collect();
    server.next_line("cannot accept a connection");
    drop(crowd);
    assert_eq!(
        post(&server, "/validate", recorded("sparkapplication-create-validate.json")).status,
        200
    );
    assert_eq!(get(&server, "/livez").status, 200);
}
