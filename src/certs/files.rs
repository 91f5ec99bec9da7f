//! A certificate chain and its private key, from PEM files.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem};

use super::{Certificate, CertificateError, Validity, provider};

/// Loads a chain, leaf first and intermediates after it, and the leaf's key: PKCS#8, PKCS#1 or SEC1, not encrypted.
///
/// # Errors
/// Names the file that cannot be read or used, or the two that do not belong together.
pub fn load(certificate_file: &Path, key_file: &Path) -> Result<Certificate, CertificateError> {
    let chain = chain(certificate_file)?;
    let validity = chain
        .first()
        .and_then(validity)
        .ok_or_else(|| unusable(certificate_file, "does not begin with an X.509 certificate"))?;
    let pair = CertifiedKey::from_der(chain, private_key(key_file)?, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => CertificateError::Mismatched {
            certificate: certificate_file.to_owned(),
            key: key_file.to_owned(),
        },
        other => unusable(key_file, format!("holds a key that cannot be used: {other}")),
    })?;
    Ok(Certificate {
        pair: Arc::new(pair),
        validity,
    })
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&read(file)?)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable(file, format!("is not PEM: {error}")))?;
    if chain.is_empty() {
        return Err(unusable(file, "holds no certificate in PEM"));
    }
    Ok(chain)
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    PrivateKeyDer::from_pem_slice(&read(file)?).map_err(|error| match error {
        pem::Error::NoItemsFound => unusable(
            file,
            "holds no private key in PEM (PKCS#8, PKCS#1 or SEC1, not encrypted)",
        ),
        other => unusable(file, format!("is not PEM: {other}")),
    })
}

fn read(file: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(file).map_err(|source| CertificateError::Unreadable {
        path: file.to_owned(),
        source,
    })
}

fn validity(certificate: &CertificateDer<'_>) -> Option<Validity> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let validity = certificate.validity();
    Some(Validity {
        not_before: moment(validity.not_before.timestamp()),
        not_after: moment(validity.not_after.timestamp()),
    })
}

/// X.509 can say dates before 1970; what began then began long enough ago.
fn moment(seconds_since_1970: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds_since_1970).unwrap_or(0))
}

fn unusable(file: &Path, problem: impl Into<String>) -> CertificateError {
    CertificateError::Unusable {
        path: file.to_owned(),
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/certificates")
            .join(name)
    }

    #[test]
    fn reads_a_key_in_each_form() {
        for (certificate, key) in [
            ("sec1.crt", "sec1.key"),
            ("sec1.crt", "pkcs8.key"),
            ("pkcs1.crt", "pkcs1.key"),
        ] {
            let loaded = load(&fixture(certificate), &fixture(key)).unwrap();
            assert!(loaded.validity.not_before < loaded.validity.not_after, "{key}");
        }
    }

    #[test]
    fn names_the_file_that_is_wrong() {
        let cases = [
            ("missing.crt", "sec1.key", "cannot read FIXTURES/missing.crt"),
            ("sec1.crt", "missing.key", "cannot read FIXTURES/missing.key"),
            (
                "README.md",
                "sec1.key",
                "FIXTURES/README.md holds no certificate in PEM",
            ),
            (
                "sec1.crt",
                "README.md",
                "FIXTURES/README.md holds no private key in PEM (PKCS#8, PKCS#1 or SEC1, not encrypted)",
            ),
            (
                "sec1.crt",
                "encrypted.key",
                "FIXTURES/encrypted.key holds no private key in PEM (PKCS#8, PKCS#1 or SEC1, not encrypted)",
            ),
            (
                "pkcs1.crt",
                "sec1.key",
                "the private key in FIXTURES/sec1.key does not belong to the first certificate in FIXTURES/pkcs1.crt",
            ),
        ];
        let fixtures = fixture("");
        let fixtures = fixtures.to_str().unwrap().trim_end_matches('/');
        for (certificate, key, expected) in cases {
            let error = load(&fixture(certificate), &fixture(key)).unwrap_err();
            assert_eq!(error.to_string().replace(fixtures, "FIXTURES"), expected);
        }
    }
}
