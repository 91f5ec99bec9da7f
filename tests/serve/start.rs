//! What keeps the server from starting.

use std::fs;
use std::net::TcpListener;

use super::client::get;
use super::process::{Server, sparkgate};

#[test]
fn exits_with_2_and_says_why() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("bad")).unwrap();
    fs::write(directory.path().join("bad/pools.yaml"), "spec: [").unwrap();
    let cases: [(&[&str], &str); 17] = [
        (&["--policies", "missing"], "missing"),
        (&["--policies", "bad"], "pools.yaml"),
        (&["--listen", &taken], "cannot listen on"),
        (
            &["--listen", "127.0.0.1:0", "--admin-listen", &taken],
            "cannot listen on",
        ),
        (&["--listen", "somewhere"], "--listen"),
        (
            &["--max-enforcement", "perhaps"],
            "[possible values: audit, warn, deny]",
        ),
        (&["--tls-cert-file", "tls.crt"], "--tls-private-key-file"),
        (&["--tls-private-key-file", "tls.key"], "--tls-cert-file"),
        (
            &[
                "--certs-dir",
                "c",
                "--tls-cert-file",
                "tls.crt",
                "--tls-private-key-file",
                "tls.key",
            ],
            "cannot be used with",
        ),
        (
            &["--tls-cert-file", "tls.crt", "--tls-private-key-file", "tls.key"],
            "cannot read tls.crt: No such file or directory",
        ),
        (
            &[
                "--certs-secret",
                "sparkgate-certs",
                "--listen",
                "127.0.0.1:0",
                "--admin-listen",
                "127.0.0.1:0",
            ],
            "--certs-secret is for a pod in a cluster, and this is none",
        ),
        (
            &["--certs-secret", "No Name"],
            "a Secret's name has small letters, digits, `-` and `.`",
        ),
        (
            &["--certs-secret", "sparkgate-certs", "--certs-dir", "c"],
            "cannot be used with",
        ),
        (
            &["--client-ca-file", "clients.crt"],
            "cannot read clients.crt: No such file or directory",
        ),
        (
            &["--client-ca-file", "bad/pools.yaml"],
            "bad/pools.yaml holds no certificate in PEM",
        ),
        (
            &["--kubeconfig", "missing"],
            "cannot use the kubeconfig missing: No such file or directory",
        ),
        (
            &["--kubeconfig", "bad/pools.yaml"],
            "cannot use the kubeconfig bad/pools.yaml: it is not",
        ),
    ];
    for (arguments, why) in cases {
        let output = sparkgate(directory.path(), &["serve"])
            .args(arguments)
            .env("SPARKGATE_LOG", "off")
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.starts_with("error: "), "{arguments:?}: {error}");
        assert!(error.contains(why), "{arguments:?}: {error}");
    }
}

#[test]
fn is_ready_with_what_is_on_by_default_when_there_are_no_policies() {
    let server = Server::start(&["--max-enforcement", "warn"]);
    let ready = get(&server, "/readyz");
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (200, "ready, policy generation 0\n")
    );
    assert_eq!(get(&server, "/livez").status, 200);

    let metrics = get(&server, "/metrics");
    assert!(
        metrics.head.contains("content-type: application/openmetrics-text"),
        "{}",
        metrics.head
    );
    for family in [
        "sparkgate_panics counter",
        "sparkgate_policy_generation gauge",
        "sparkgate_policy_reloads counter",
        "sparkgate_certificate_not_after_seconds gauge",
    ] {
        assert!(
            metrics.body.contains(&format!("# TYPE {family}\n")),
            "no {family} in {}",
            metrics.body
        );
    }
}

#[test]
fn says_how_to_trust_its_authority() {
    let server = Server::start(&[]);
    let port = server.webhook.port();
    server.next_line(&format!(
        "to trust this server: curl --cacert certs/ca.crt --data-binary @review.json https://localhost:{port}/mutate"
    ));
}
