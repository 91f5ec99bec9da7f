//! A certificate chain and its private key, from PEM files.

use std::fs;
use std::path::Path;

use super::pem::{self, PemError};
use super::{Certificate, CertificateError};

/// Loads a chain, leaf first and intermediates after it, and the leaf's key: PKCS#8, PKCS#1 or SEC1, not encrypted.
///
/// # Errors
/// Names the file that cannot be read or used, or the two that do not belong together.
pub fn load(certificate_file: &Path, key_file: &Path) -> Result<Certificate, CertificateError> {
    pem::certificate(&read(certificate_file)?, &read(key_file)?).map_err(|error| match error {
        PemError::Chain(problem) => unusable(certificate_file, problem),
        PemError::Key(problem) => unusable(key_file, problem),
        PemError::Mismatched => CertificateError::Mismatched {
            certificate: certificate_file.to_owned(),
            key: key_file.to_owned(),
        },
    })
}

pub(super) fn read(file: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(file).map_err(|source| CertificateError::Unreadable {
        path: file.to_owned(),
        source,
    })
}

pub(super) fn unusable(file: &Path, problem: String) -> CertificateError {
    CertificateError::Unusable {
        path: file.to_owned(),
        problem,
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
