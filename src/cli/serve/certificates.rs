//! Where the certificate comes from, and who has to show one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::server::danger::ClientCertVerifier;

use crate::certs::reload::{Reloader, Source};
use crate::certs::{CertificateError, Metrics, clients};

/// The arguments about certificates.
#[derive(Debug, clap::Args)]
pub struct CertificateArguments {
    /// The directory with a certificate of sparkgate's own, which is made there when missing
    #[arg(long, value_name = "DIR", default_value = "certs", conflicts_with_all = ["tls_cert_file", "tls_private_key_file"])]
    certs_dir: PathBuf,

    /// A certificate in PEM, followed by its intermediates; it is watched, and reloaded when it changes
    #[arg(long, value_name = "FILE", requires = "tls_private_key_file")]
    tls_cert_file: Option<PathBuf>,

    /// The private key of that certificate
    #[arg(long, value_name = "FILE", requires = "tls_cert_file")]
    tls_private_key_file: Option<PathBuf>,

    /// Answer only clients with a certificate of this authority, such as API servers that have been given one
    #[arg(long, value_name = "FILE")]
    client_ca_file: Option<PathBuf>,
}

impl CertificateArguments {
    /// Who may ask.
    ///
    /// # Errors
    /// Where the file with the authority cannot be used.
    pub fn clients(&self) -> Result<Arc<dyn ClientCertVerifier>, CertificateError> {
        match &self.client_ca_file {
            Some(file) => clients::of_authority(file),
            None => Ok(clients::anybody()),
        }
    }

    /// The certificate to serve with.
    ///
    /// # Errors
    /// Where there is none.
    pub fn load(self, metrics: Metrics) -> Result<Reloader, CertificateError> {
        let source = match (self.tls_cert_file, self.tls_private_key_file) {
            (Some(certificate), Some(key)) => Source::Files { certificate, key },
            _ => Source::Own(self.certs_dir),
        };
        Reloader::start(source, metrics, SystemTime::now())
    }
}
