//! Certificates: what the server shows to the API server, and where it comes from.

pub mod authority;
pub mod ca_bundle;
pub mod clients;
pub mod files;
pub mod generation;
pub mod keeper;
pub mod pem;
pub mod reload;
pub mod resolver;
pub mod rotation;
pub mod secret;
pub mod self_signed;

use std::error::Error;
use std::fmt;
use std::io;
use std::iter;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring;
use rustls::server::ResolvesServerCert;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or the directory cannot be written.
    #[error("cannot write {path}")]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} {problem}")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The certificate and the key are not a pair.
    #[error("the private key in {key} does not belong to the first certificate in {certificate}")]
    Mismatched {
        /// The file with the chain.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
    /// A certificate that came in place of one that is good is not.
    #[error("the certificate in {path} has expired")]
    Expired {
        /// The file.
        path: PathBuf,
    },
    /// The directory holds a key that sparkgate did not make.
    #[error(
        "{path} was not made by sparkgate (there is no ca.key beside it): \
         give it as --tls-private-key-file, or choose another --certs-dir"
    )]
    NotOurs {
        /// The key.
        path: PathBuf,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate")]
    Issue(#[from] rcgen::Error),
    /// The TLS library does not take what it was given.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
}

/// From when until when a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub not_before: SystemTime,
    /// The last moment.
    pub not_after: SystemTime,
}

impl Validity {
    /// Whether to renew: past two thirds of its life, or from the future, as after a clock was set back.
    #[must_use]
    pub fn due(self, now: SystemTime) -> bool {
        let life = self.not_after.duration_since(self.not_before).unwrap_or_default();
        match now.duration_since(self.not_before) {
            Ok(age) => age >= life * 2 / 3,
            Err(_) => true,
        }
    }

    /// Whether it is over.
    #[must_use]
    pub fn expired(self, now: SystemTime) -> bool {
        self.not_after <= now
    }
}

/// A chain, leaf first, with the leaf's private key. The two belong together.
#[derive(Clone)]
pub struct Certificate {
    /// For the TLS library.
    pub pair: Arc<CertifiedKey>,
    /// When the leaf is good.
    pub validity: Validity,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Certificate")
            .field("validity", &self.validity)
            .finish_non_exhaustive()
    }
}

/// What TLS is spoken with: HTTP/1.1, as the API server insists, over TLS 1.2 or 1.3.
///
/// # Errors
/// None in practice: the provider has both versions.
pub fn server_config(
    resolver: Arc<dyn ResolvesServerCert>,
    clients: Arc<dyn ClientCertVerifier>,
) -> Result<ServerConfig, CertificateError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(rustls::ALL_VERSIONS)?
        .with_client_cert_verifier(clients)
        .with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // The API server's client keeps no sessions, so tickets would be made for nobody.
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// The one provider of cryptography. Named wherever one is needed, since a second one in the dependency tree would
/// make the choice by default a panic.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabels {
    result: &'static str,
}

const SUCCESS: ReloadLabels = ReloadLabels { result: "success" };
const FAILURE: ReloadLabels = ReloadLabels { result: "failure" };

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabels {
    step: &'static str,
    result: &'static str,
}

/// An error and what it came of, in one line for the log.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    iter::successors(Some(error), |error| (*error).source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// What is counted about certificates.
#[derive(Clone, Debug)]
pub struct Metrics {
    not_after: Gauge,
    reloads: Family<ReloadLabels, Counter>,
    steps: Family<StepLabels, Counter>,
}

impl Metrics {
    /// Adds the families to `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            not_after: Gauge::default(),
            reloads: Family::default(),
            steps: Family::default(),
        };
        registry.register(
            "certificate_not_after_seconds",
            "When the certificate being served expires, in seconds since 1970",
            metrics.not_after.clone(),
        );
        registry.register(
            "certificate_reloads",
            "Changes of the certificate, by whether the new one is served",
            metrics.reloads.clone(),
        );
        registry.register(
            "certificate_rotation_steps",
            "Steps of the rotation that this replica has tried, by whether they succeeded",
            metrics.steps.clone(),
        );
        // Alerts on failures need the series before the first one.
        for labels in [SUCCESS, FAILURE] {
            drop(metrics.reloads.get_or_create(&labels));
        }
        metrics
    }

    fn serving(&self, certificate: &Certificate) {
        let since_1970 = certificate.validity.not_after.duration_since(UNIX_EPOCH);
        let seconds = since_1970.as_ref().map_or(0, Duration::as_secs);
        self.not_after.set(i64::try_from(seconds).unwrap_or(i64::MAX));
    }

    fn reloaded(&self, certificate: &Certificate) {
        self.serving(certificate);
        self.reloads.get_or_create(&SUCCESS).inc();
    }

    fn not_reloaded(&self) {
        self.reloads.get_or_create(&FAILURE).inc();
    }

    fn took(&self, step: &'static str) {
        self.count(step, SUCCESS);
    }

    fn failed(&self, step: &'static str) {
        self.count(step, FAILURE);
    }

    fn count(&self, step: &'static str, ReloadLabels { result }: ReloadLabels) {
        self.steps.get_or_create(&StepLabels { step, result }).inc();
    }
}
