//! A certificate chain and its private key, in PEM.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::{Certificate, Validity, provider};

/// Why a chain and a key cannot be served with.
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    /// What is wrong with the chain.
    #[error("the certificate {0}")]
    Chain(String),
    /// What is wrong with the key.
    #[error("the private key {0}")]
    Key(String),
    /// The certificate and the key are not a pair.
    #[error("the private key does not belong to the certificate")]
    Mismatched,
}

/// Reads a chain, leaf first and intermediates after it, and the leaf's key: PKCS#8, PKCS#1 or SEC1, not encrypted.
///
/// # Errors
/// Where one of the two cannot be used, or they do not belong together.
pub fn certificate(chain: &[u8], key: &[u8]) -> Result<Certificate, PemError> {
    let chain = certificates(chain).map_err(PemError::Chain)?;
    let validity = chain
        .first()
        .and_then(validity)
        .ok_or_else(|| PemError::Chain("does not begin with an X.509 certificate".to_owned()))?;
    let key = private_key(key).map_err(PemError::Key)?;
    let pair = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => PemError::Mismatched,
        other => PemError::Key(format!("holds a key that cannot be used: {other}")),
    })?;
    Ok(Certificate {
        pair: Arc::new(pair),
        validity,
    })
}

/// Reads certificates, of which there is one at least.
///
/// # Errors
/// What is wrong, as the rest of a sentence about the text.
pub fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(text)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("is not PEM: {error}"))?;
    if certificates.is_empty() {
        return Err("holds no certificate in PEM".to_owned());
    }
    Ok(certificates)
}

/// When a certificate is good; `None` of what is no X.509 certificate.
#[must_use]
pub fn validity(certificate: &CertificateDer<'_>) -> Option<Validity> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let validity = certificate.validity();
    Some(Validity {
        not_before: moment(validity.not_before.timestamp()),
        not_after: moment(validity.not_after.timestamp()),
    })
}

fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
        pem::Error::NoItemsFound => "holds no private key in PEM (PKCS#8, PKCS#1 or SEC1, not encrypted)".to_owned(),
        other => format!("is not PEM: {other}"),
    })
}

/// X.509 can say dates before 1970; what began then began long enough ago.
fn moment(seconds_since_1970: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds_since_1970).unwrap_or(0))
}
