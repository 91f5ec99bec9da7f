//! `etcd` and `kube-apiserver` as processes of their own, which do not outlive the tests.

use std::env;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use axum::http::Method;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::KeyPair;
use serde_json::{Value, json};

use super::client::Client;
use crate::serve::process::until;

/// The token of somebody who may do everything.
pub const ADMIN: &str = "token-of-the-admin";
/// The token of `dana`, who may do what a test allows her.
pub const DANA: &str = "token-of-dana";

/// Kills two processes and removes a directory as soon as the one that started it is no more, however it ended: then
/// there is nothing to read any more.
const WHEN_WE_ARE_GONE: &str = r#"cat >/dev/null; kill -KILL "$1" "$2"; rm -rf "$3""#;

/// A running API server.
pub struct ApiServer {
    /// What it keeps, and what is kept about it.
    pub directory: PathBuf,
    port: u16,
    kube_apiserver: Child,
    _etcd: Child,
    /// Stays alive by its standard input, which ends with this process.
    _guard: Child,
}

impl ApiServer {
    /// Starts one that is ready.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap().keep();
        let etcd_port = free_port();
        let etcd = etcd(&directory, etcd_port);
        let port = free_port();
        let kube_apiserver = kube_apiserver(&directory, etcd_port, port);
        let guard = Command::new("sh")
            .args(["-c", WHEN_WE_ARE_GONE, "guard"])
            .args([etcd.id(), kube_apiserver.id()].map(|process| process.to_string()))
            .arg(&directory)
            .stdin(Stdio::piped())
            // A Ctrl-C at the terminal is not for it: it would die before its work is done.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut server = Self {
            directory,
            port,
            kube_apiserver,
            _etcd: etcd,
            _guard: guard,
        };
        server.wait();
        server
    }

    fn wait(&mut self) {
        // It makes its certificate itself, in a file that is not written in one go, and then listens.
        until("the API server is ready", || {
            assert_eq!(self.kube_apiserver.try_wait().unwrap(), None, "{}", self.last_words());
            let certificate = fs::read(self.certificate()).unwrap_or_default();
            certificate.ends_with(b"-----END CERTIFICATE-----\n")
                && Client::new(&self.kubeconfig(ADMIN))
                    .request(&Method::GET, "/readyz", &Value::Null)
                    .is_ok()
        });
    }

    fn last_words(&self) -> String {
        fs::read_to_string(self.directory.join("kube-apiserver.log")).unwrap()
    }

    fn certificate(&self) -> PathBuf {
        self.directory.join("apiserver/apiserver.crt")
    }

    /// How to reach it, with a token.
    pub fn kubeconfig(&self, token: &str) -> Value {
        let authority = BASE64_STANDARD.encode(fs::read(self.certificate()).unwrap());
        let server = format!("https://127.0.0.1:{}", self.port);
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "it", "cluster": {"server": server, "certificate-authority-data": authority}}],
            "users": [{"name": "somebody", "user": {"token": token}}],
            "contexts": [{"name": "both", "context": {"cluster": "it", "user": "somebody"}}],
            "current-context": "both",
        })
    }
}

fn etcd(directory: &Path, port: u16) -> Child {
    let client_url = format!("http://127.0.0.1:{port}");
    let peer_url = format!("http://127.0.0.1:{}", free_port());
    let mut command = program("etcd", directory);
    command
        .args(["--data-dir", "etcd", "--unsafe-no-fsync"])
        .args([
            "--listen-client-urls",
            &client_url,
            "--advertise-client-urls",
            &client_url,
        ])
        .args([
            "--listen-peer-urls",
            &peer_url,
            "--initial-advertise-peer-urls",
            &peer_url,
        ])
        .args(["--initial-cluster", &format!("default={peer_url}")]);
    command.spawn().unwrap()
}

/// Its admission plugins are those that are on by default: `ServiceAccount`, `LimitRanger`, `ResourceQuota`,
/// `PodSecurity` and the webhooks are among them.
fn kube_apiserver(directory: &Path, etcd_port: u16, port: u16) -> Child {
    let tokens = format!("{ADMIN},admin,1,system:masters\n{DANA},dana,2,team-alpha\n");
    fs::write(directory.join("tokens.csv"), tokens).unwrap();
    let key = KeyPair::generate().unwrap();
    fs::write(directory.join("accounts.key"), key.serialize_pem()).unwrap();
    fs::write(directory.join("accounts.pub"), key.public_key_pem()).unwrap();
    let mut command = program("kube-apiserver", directory);
    command
        .arg(format!("--etcd-servers=http://127.0.0.1:{etcd_port}"))
        .args(["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"])
        .args([&format!("--secure-port={port}"), "--cert-dir=apiserver"])
        .args(["--authorization-mode=RBAC", "--token-auth-file=tokens.csv"])
        .arg("--service-account-issuer=https://kubernetes.default.svc")
        .args([
            "--service-account-signing-key-file=accounts.key",
            "--service-account-key-file=accounts.pub",
        ])
        .args([
            "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none",
        ]);
    command.spawn().unwrap()
}

/// A program of the assets, which logs to a file beside what it works on.
fn program(name: &str, directory: &Path) -> Command {
    let assets = env::var_os("KUBEBUILDER_ASSETS").unwrap_or_else(|| "/usr/local/kubebuilder/bin".into());
    let program = PathBuf::from(assets).join(name);
    assert!(
        program.is_file(),
        "there is no {}: `.ci/cluster-assets` makes one and prints what to write into KUBEBUILDER_ASSETS",
        program.display()
    );
    let log = File::create(directory.join(format!("{name}.log"))).unwrap();
    let mut command = Command::new(program);
    command
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0);
    command
}

/// A port that nobody listens on, since neither program tells which one it was given.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
