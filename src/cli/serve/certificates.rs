//! Where the certificate comes from, and who has to show one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use kube::Client;
use rustls::server::danger::ClientCertVerifier;

use crate::certs::authority::server_names;
use crate::certs::ca_bundle::CaBundles;
use crate::certs::keeper::{Keeper, Places, Schedule};
use crate::certs::reload::{Reloader, Source};
use crate::certs::resolver::Resolver;
use crate::certs::secret::SecretStore;
use crate::certs::{CertificateError, Metrics, clients};
use crate::cluster::lease::Candidate;
use crate::engine::label;

/// What the manifests call the Service, the Lease, and both webhook configurations.
const NAME: &str = "sparkgate";

/// The arguments about certificates.
#[derive(Debug, clap::Args)]
pub struct CertificateArguments {
    /// The directory with a certificate of sparkgate's own, which is made there when missing
    #[arg(
        long,
        value_name = "DIR",
        default_value = "certs",
        conflicts_with_all = ["tls_cert_file", "tls_private_key_file", "certs_secret"]
    )]
    certs_dir: PathBuf,

    /// The Secret with a certificate of sparkgate's own, which is made there when missing, renewed, and trusted by way of
    /// the webhook configurations called sparkgate
    #[arg(
        long,
        value_name = "NAME",
        value_parser = secret_name,
        conflicts_with_all = ["tls_cert_file", "tls_private_key_file"]
    )]
    certs_secret: Option<String>,

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

fn secret_name(text: &str) -> Result<String, &'static str> {
    if label::is_dns_subdomain(text) {
        Ok(text.to_owned())
    } else {
        Err("a Secret's name has small letters, digits, `-` and `.`")
    }
}

/// Where the certificate comes from.
#[derive(Debug)]
pub enum Certificates {
    /// From files, which are loaded.
    Files(Reloader),
    /// From a Secret, which is not.
    Secret {
        /// Its name.
        name: String,
        /// For counting what becomes of it.
        metrics: Metrics,
    },
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

    /// Where the certificate comes from. Files are loaded now.
    ///
    /// # Errors
    /// Where files cannot be served.
    pub fn load(self, metrics: Metrics) -> Result<Certificates, CertificateError> {
        if let Some(name) = self.certs_secret {
            return Ok(Certificates::Secret { name, metrics });
        }
        let source = match (self.tls_cert_file, self.tls_private_key_file) {
            (Some(certificate), Some(key)) => Source::Files { certificate, key },
            _ => Source::Own(self.certs_dir),
        };
        Reloader::start(source, metrics, SystemTime::now()).map(Certificates::Files)
    }
}

impl Certificates {
    /// The authority that clients have to trust, where it is ours and in a file.
    pub fn ca_file(&self) -> Option<PathBuf> {
        match self {
            Self::Files(reloader) => reloader.ca_file(),
            Self::Secret { .. } => None,
        }
    }

    /// Waits until there is a certificate, and follows it from then on in the background.
    ///
    /// # Errors
    /// A Secret without a cluster.
    pub async fn serve(self, client: Option<&Client>) -> anyhow::Result<Arc<Resolver>> {
        match self {
            Self::Files(reloader) => {
                let resolver = reloader.resolver();
                tokio::spawn(reloader.run());
                Ok(resolver)
            }
            Self::Secret { name, metrics } => {
                let client = client.context(
                    "--certs-secret is for a pod in a cluster, and this is none: use --certs-dir, or give a certificate",
                )?;
                // A pod's host name is its name.
                let identity = whoami::hostname().context("cannot tell this replica from others")?;
                let mut keeper = keeper(client, name, identity, Schedule::default(), metrics, SystemTime::now);
                let resolver = keeper.first().await;
                tokio::spawn(keeper.run());
                Ok(resolver)
            }
        }
    }
}

/// Begins to stand for the Lease, and joins it with the keeper of the certificates.
fn keeper<C: Fn() -> SystemTime + Send>(
    client: &Client,
    secret: String,
    identity: String,
    schedule: Schedule,
    metrics: Metrics,
    clock: C,
) -> Keeper<impl Fn() -> bool + Send + use<C>, C> {
    let candidate = Candidate::new(client.clone(), NAME, identity);
    let leadership = candidate.leadership();
    tokio::spawn(candidate.run());
    let places = Places {
        secret: SecretStore::new(client.clone(), secret),
        bundles: CaBundles::new(client, NAME),
        names: server_names(client.default_namespace()),
    };
    Keeper::new(places, schedule, metrics, move || leadership.holds(), clock)
}

#[cfg(test)]
mod fake_api;
#[cfg(test)]
mod tests;
