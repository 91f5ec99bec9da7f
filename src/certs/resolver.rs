//! The certificate in force. A new one is for handshakes from then on; connections that are open stay as they are.

use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::{Certificate, Metrics};

/// Gives every client the certificate in force.
#[derive(Debug)]
pub struct Resolver {
    served: ArcSwap<Certificate>,
    metrics: Metrics,
}

impl Resolver {
    /// Serves `certificate` until there is another.
    #[must_use]
    pub fn new(certificate: Certificate, metrics: Metrics) -> Self {
        metrics.serving(&certificate);
        Self {
            served: ArcSwap::from_pointee(certificate),
            metrics,
        }
    }

    /// Serves `certificate` from now on. Says whether it is another one than before.
    pub fn serve(&self, certificate: Certificate) -> bool {
        if self.served.load().pair.cert == certificate.pair.cert {
            return false;
        }
        self.metrics.reloaded(&certificate);
        self.served.store(Arc::new(certificate));
        tracing::info!("serving another certificate");
        true
    }

    /// Whether no client takes the certificate any more.
    #[must_use]
    pub fn expired(&self, now: SystemTime) -> bool {
        self.served.load().validity.expired(now)
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.served.load().pair))
    }
}
