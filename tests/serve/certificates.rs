//! Which certificate is served, and what is left on disk.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use super::client::{Connection, Tls, get, head};
use super::process::{Server, sparkgate};
use super::reviews::{fixtures, recorded};
use super::volume::project;

#[test]
fn makes_keys_that_only_their_owner_can_read() {
    let server = Server::start(&[]);
    let mut names: Vec<_> = fs::read_dir(server.directory.join("certs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["ca.crt", "ca.key", "tls.crt", "tls.key"]);
    for key in ["ca.key", "tls.key"] {
        let mode = fs::metadata(server.directory.join("certs").join(key))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
}

#[test]
fn uses_the_same_authority_and_certificate_again() {
    let directory = tempfile::tempdir().unwrap();
    let files = || ["ca.crt", "tls.crt"].map(|name| fs::read(directory.path().join("certs").join(name)).unwrap());
    drop(Server::start_in(directory.path(), &[]));
    let made = files();
    let server = Server::start_in(directory.path(), &[]);
    assert_eq!(files(), made);
    Connection::open(&server).unwrap();
}

/// A root and an intermediate that it signed, which signs leaves.
struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let parameters = |name: &str| {
            let mut parameters = CertificateParams::default();
            parameters.distinguished_name.push(DnType::CommonName, name);
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters
        };
        let root = CertifiedIssuer::self_signed(parameters("root"), KeyPair::generate().unwrap()).unwrap();
        let intermediate =
            CertifiedIssuer::signed_by(parameters("intermediate"), KeyPair::generate().unwrap(), &root).unwrap();
        Self { root, intermediate }
    }

    /// A chain and its key, in PEM.
    fn issue(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new([name.to_owned()])
            .unwrap()
            .signed_by(&key, &self.intermediate)
            .unwrap();
        (leaf.pem() + &self.intermediate.pem(), key.serialize_pem())
    }
}

const SERVICE: &str = "sparkgate.sparkgate.svc";

fn write_chain(directory: &Path) {
    let authority = Authority::new();
    let (chain, key) = authority.issue(SERVICE);
    fs::write(directory.join("root.crt"), authority.root.pem()).unwrap();
    fs::write(directory.join("chain.crt"), chain).unwrap();
    fs::write(directory.join("leaf.key"), key).unwrap();
}

#[test]
fn serves_a_chain_with_an_intermediate() {
    let directory = tempfile::tempdir().unwrap();
    write_chain(directory.path());
    let server = Server::start_in(
        directory.path(),
        &["--tls-cert-file", "chain.crt", "--tls-private-key-file", "leaf.key"],
    );
    let root = directory.path().join("root.crt");
    let mut connection = Connection::open_with(server.webhook, &root, rustls::ALL_VERSIONS).unwrap();
    let answer = connection.post("/validate", recorded("sparkapplication-create-validate.json"));
    assert_eq!(answer.status, 200);
    assert!(
        !directory.path().join("certs").exists(),
        "none is made when one is given"
    );
}

#[test]
fn refuses_a_certificate_and_a_key_that_are_not_a_pair() {
    let output = sparkgate(
        &fixtures().join("certificates"),
        &[
            "serve",
            "--tls-cert-file",
            "pkcs1.crt",
            "--tls-private-key-file",
            "sec1.key",
        ],
    )
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        error,
        "error: the private key in sec1.key does not belong to the first certificate in pkcs1.crt\n"
    );
}

/// A mounted Secret, as cert-manager writes it, and a server on it.
struct Mounted {
    authority: Authority,
    directory: TempDir,
    server: Server,
}

impl Mounted {
    fn new() -> Self {
        let authority = Authority::new();
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("root.crt"), authority.root.pem()).unwrap();
        let volume = directory.path().join("tls");
        fs::create_dir(&volume).unwrap();
        let (chain, key) = authority.issue(SERVICE);
        project(&volume, 1, &[("tls.crt", &chain), ("tls.key", &key)]);
        let arguments = [
            "--tls-cert-file",
            "tls/tls.crt",
            "--tls-private-key-file",
            "tls/tls.key",
        ];
        let server = Server::start_in(directory.path(), &arguments);
        Self {
            authority,
            directory,
            server,
        }
    }

    fn update(&self, version: u32, chain: &str, key: &str) {
        let volume = self.directory.path().join("tls");
        project(&volume, version, &[("tls.crt", chain), ("tls.key", key)]);
    }

    /// Connects as often as it is called, from any thread.
    fn client(&self) -> impl Fn() -> Connection<Tls> + Send + use<> {
        let address = self.server.webhook;
        let root = self.directory.path().join("root.crt");
        move || Connection::open_with(address, &root, rustls::ALL_VERSIONS).unwrap()
    }

    fn leaf(&self) -> Vec<u8> {
        self.client()().leaf()
    }
}

#[test]
fn three_rotations_fail_no_request_on_new_connections_or_old_ones() {
    let mounted = Mounted::new();
    let review = recorded("sparkapplication-create-validate.json");
    let done = AtomicBool::new(false);
    let connect = mounted.client();
    let mut old = connect();
    let mut leaves = thread::scope(|scope| {
        let (done, review) = (&done, &review);
        let clients = scope.spawn(move || {
            let mut leaves = BTreeSet::new();
            while !done.load(Ordering::Relaxed) {
                let mut connection = connect();
                leaves.insert(connection.leaf());
                assert_eq!(connection.post("/validate", review).status, 200);
            }
            leaves
        });
        for version in 2..=4 {
            let (chain, key) = mounted.authority.issue(SERVICE);
            mounted.update(version, &chain, &key);
            mounted.server.next_line("serving another certificate");
            assert_eq!(old.post("/validate", review).status, 200);
        }
        done.store(true, Ordering::Relaxed);
        clients.join().unwrap()
    });
    leaves.insert(mounted.leaf());
    assert_eq!(leaves.len(), 4);
}

#[test]
fn keeps_the_certificate_when_the_new_one_is_broken_and_says_so() {
    let mounted = Mounted::new();
    let leaf = mounted.leaf();
    let (chain, _) = mounted.authority.issue(SERVICE);
    let (_, key) = mounted.authority.issue(SERVICE);
    mounted.update(2, &chain, &key);
    let line = mounted
        .server
        .next_line("certificate not reloaded; the one in force stays");
    assert_eq!(line["level"], "ERROR");
    assert_eq!(
        line["error"],
        "the private key in tls/tls.key does not belong to the first certificate in tls/tls.crt"
    );
    assert_eq!(mounted.leaf(), leaf);
    let metrics = get(&mounted.server, "/metrics").body;
    let sample = "sparkgate_certificate_reloads_total{result=\"failure\"} 1\n";
    assert!(metrics.contains(sample), "no {sample} in {metrics}");

    let (chain, key) = mounted.authority.issue(SERVICE);
    mounted.update(3, &chain, &key);
    mounted.server.next_line("serving another certificate");
    assert_ne!(mounted.leaf(), leaf);
}

#[test]
fn answers_only_clients_of_the_authority_that_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let [ours, theirs] = [Authority::new(), Authority::new()];
    fs::write(directory.path().join("clients.crt"), ours.root.pem()).unwrap();
    for (name, authority) in [("ours", &ours), ("theirs", &theirs)] {
        let (chain, key) = authority.issue("api-server");
        fs::write(directory.path().join(name).with_extension("crt"), chain).unwrap();
        fs::write(directory.path().join(name).with_extension("key"), key).unwrap();
    }
    let server = Server::start_in(directory.path(), &["--client-ca-file", "clients.crt"]);
    let review = recorded("sparkapplication-create-validate.json");
    let ask = |connection: io::Result<Connection<Tls>>| -> io::Result<u16> {
        let mut connection = connection?;
        connection.say(head("POST", "/validate", review.len()))?;
        connection.say(&review)?;
        Ok(connection.hear()?.status)
    };
    let as_client = |name: &str| {
        let file = |extension: &str| directory.path().join(name).with_extension(extension);
        ask(Connection::open_as(
            server.webhook,
            &server.ca_file(),
            &file("crt"),
            &file("key"),
        ))
    };
    assert_eq!(as_client("ours").unwrap(), 200);
    assert!(as_client("theirs").is_err());
    assert!(ask(Connection::open(&server)).is_err());
    assert_eq!(get(&server, "/readyz").status, 200, "probes need none");
}
