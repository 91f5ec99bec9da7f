//! Certificates of our own: an authority, and what it signs.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::provider;

/// How far behind the clock of a client may be. Less of it for a life that is not long either.
const CLOCK_SKEW: Duration = Duration::from_secs(60 * 60);

/// A certificate and its private key, in PEM.
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// Its private key: PKCS#8, ECDSA P-256.
    pub key: String,
}

/// Makes an authority that is good from `now` for `life`.
///
/// # Errors
/// Where the system gives no random numbers.
pub fn authority(now: SystemTime, life: Duration) -> Result<Issued, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "sparkgate CA");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_life(&mut parameters, now, life);
    Ok(Issued {
        certificate: parameters.self_signed(&key)?.pem(),
        key: key.serialize_pem(),
    })
}

/// What the server answers to: for a person at this machine, and as the Service `sparkgate` in `namespace`.
#[must_use]
pub fn server_names(namespace: &str) -> Vec<String> {
    let service = format!("sparkgate.{namespace}.svc");
    let names = [
        "localhost",
        "127.0.0.1",
        "::1",
        &service,
        &format!("{service}.cluster.local"),
    ];
    names.map(str::to_owned).to_vec()
}

/// Makes a server's certificate for `names`, which are DNS names or IP addresses.
///
/// # Errors
/// An authority that is none, and names that a certificate cannot hold.
pub fn leaf(authority: &Issued, names: &[String], now: SystemTime, life: Duration) -> Result<Issued, rcgen::Error> {
    let issuer = Issuer::from_ca_cert_pem(&authority.certificate, KeyPair::from_pem(&authority.key)?)?;
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name.push(DnType::CommonName, "sparkgate");
    parameters.use_authority_key_identifier_extension = true;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    set_life(&mut parameters, now, life);
    Ok(Issued {
        certificate: parameters.signed_by(&key, &issuer)?.pem(),
        key: key.serialize_pem(),
    })
}

/// Whether a client that trusts `authority` takes `leaf` for every one of `names` at that moment.
#[must_use]
pub fn vouches(
    authority: &CertificateDer<'static>,
    leaf: &CertificateDer<'_>,
    names: &[String],
    at: SystemTime,
) -> bool {
    let since_1970 = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    verifier(authority).is_some_and(|verifier| {
        names.iter().all(|name| {
            ServerName::try_from(name.as_str()).is_ok_and(|name| {
                verifier
                    .verify_server_cert(leaf, &[], &name, &[], UnixTime::since_unix_epoch(since_1970))
                    .is_ok()
            })
        })
    })
}

fn verifier(root: &CertificateDer<'static>) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).ok()?;
    WebPkiServerVerifier::builder_with_provider(roots.into(), provider())
        .build()
        .ok()
}

fn set_life(parameters: &mut CertificateParams, now: SystemTime, life: Duration) {
    let from = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    parameters.not_before = epoch + from.saturating_sub(CLOCK_SKEW.min(life / 8));
    parameters.not_after = epoch + from + life;
}
