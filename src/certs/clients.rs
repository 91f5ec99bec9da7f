//! Who may ask. An API server can be given a certificate for its calls of webhooks, in the kubeconfig that its
//! `AdmissionConfiguration` names; then nobody else in the cluster's network needs an answer.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};

use super::files::{read, unusable};
use super::{CertificateError, pem, provider};

/// Anybody, with a certificate or without.
#[must_use]
pub fn anybody() -> Arc<dyn ClientCertVerifier> {
    Arc::new(NoClientAuth)
}

/// Those with a certificate of an authority in `ca_file`.
///
/// # Errors
/// A file that cannot be read, or holds no authority in PEM.
pub fn of_authority(ca_file: &Path) -> Result<Arc<dyn ClientCertVerifier>, CertificateError> {
    let mut roots = RootCertStore::empty();
    for authority in pem::certificates(&read(ca_file)?).map_err(|problem| unusable(ca_file, problem))? {
        roots
            .add(authority)
            .map_err(|error| unusable(ca_file, format!("holds what is no certificate authority: {error}")))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map(|verifier| verifier as Arc<dyn ClientCertVerifier>)
        .map_err(|error| unusable(ca_file, format!("cannot be used: {error}")))
}
