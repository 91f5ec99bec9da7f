//! Which certificate is served, and what is left on disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::client::Connection;
use super::process::{Server, sparkgate};
use super::reviews::{fixtures, recorded};

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

/// A root, an intermediate that it signed, and a leaf that this one signed.
fn write_chain(directory: &Path) {
    let authority = |name: &str| {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters
    };
    let root = CertifiedIssuer::self_signed(authority("root"), KeyPair::generate().unwrap()).unwrap();
    let intermediate =
        CertifiedIssuer::signed_by(authority("intermediate"), KeyPair::generate().unwrap(), &root).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["sparkgate.sparkgate.svc".to_owned()])
        .unwrap()
        .signed_by(&key, &intermediate)
        .unwrap();
    fs::write(directory.join("root.crt"), root.pem()).unwrap();
    fs::write(directory.join("chain.crt"), leaf.pem() + &intermediate.pem()).unwrap();
    fs::write(directory.join("leaf.key"), key.serialize_pem()).unwrap();
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
