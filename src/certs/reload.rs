//! Reloading: the certificate in force follows its files. What cannot be served changes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::resolver::Resolver;
use super::self_signed::{self, Made};
use super::{Certificate, CertificateError, Metrics, files, with_causes};
use crate::directory_watch;

/// Which files the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Two files that somebody else writes, as cert-manager does.
    Files {
        /// The chain.
        certificate: PathBuf,
        /// The leaf's private key.
        key: PathBuf,
    },
    /// A directory in which sparkgate keeps an authority and a certificate of its own.
    Own(PathBuf),
}

impl Source {
    fn load(&self, now: SystemTime) -> Result<Certificate, CertificateError> {
        match self {
            Self::Files { certificate, key } => files::load(certificate, key),
            Self::Own(directory) => {
                let own = self_signed::load_or_make(directory, now)?;
                let directory = directory.display();
                match own.made {
                    Made::Authority => tracing::info!(%directory, "made a certificate authority and a certificate"),
                    Made::Leaf => tracing::info!(%directory, "made a certificate"),
                    Made::Nothing => {}
                }
                Ok(own.certificate)
            }
        }
    }

    fn directories(&self) -> Vec<&Path> {
        match self {
            Self::Files { certificate, key } => {
                let mut directories = vec![directory_of(certificate), directory_of(key)];
                directories.dedup();
                directories
            }
            Self::Own(directory) => vec![directory],
        }
    }
}

fn directory_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Keeps the certificate in force in step with its files.
#[derive(Debug)]
pub struct Reloader {
    source: Source,
    resolver: Arc<Resolver>,
    metrics: Metrics,
    /// Why the files could not be served when they were last looked at.
    failing: Option<String>,
}

impl Reloader {
    /// Loads the certificate for the first time. One that has expired is served all the same: it is all there is.
    ///
    /// # Errors
    /// Where there is none to serve.
    pub fn start(source: Source, metrics: Metrics, now: SystemTime) -> Result<Self, CertificateError> {
        let certificate = source.load(now)?;
        Ok(Self {
            source,
            resolver: Arc::new(Resolver::new(certificate, metrics.clone())),
            metrics,
            failing: None,
        })
    }

    /// What serves the certificate in force.
    #[must_use]
    pub fn resolver(&self) -> Arc<Resolver> {
        Arc::clone(&self.resolver)
    }

    /// The authority that clients have to trust, where it is ours.
    #[must_use]
    pub fn ca_file(&self) -> Option<PathBuf> {
        match &self.source {
            Source::Files { .. } => None,
            Source::Own(directory) => Some(directory.join(self_signed::CA_CERTIFICATE)),
        }
    }

    /// Reloads whenever something happens beside the files, and every now and then, for ever.
    pub async fn run(self) {
        let source = self.source.clone();
        let reload = |reloader: &mut Self| reloader.reload(SystemTime::now());
        directory_watch::follow(&source.directories(), self, reload).await;
    }

    /// Looks at the files. What they hold comes into force if it is new and good; otherwise all stays as it is.
    fn reload(&mut self, now: SystemTime) {
        match self.load(now) {
            Ok(certificate) => {
                if !self.resolver.serve(certificate) && self.failing.is_some() {
                    tracing::info!("the certificate's files are again those that are served");
                }
                self.failing = None;
            }
            Err(error) => {
                let error = with_causes(&error);
                // Files that stay as they are need not be complained of at each look.
                if self.failing.as_ref() != Some(&error) {
                    tracing::error!(error, "certificate not reloaded; the one in force stays");
                    self.metrics.not_reloaded();
                    self.failing = Some(error);
                }
            }
        }
    }

    fn load(&self, now: SystemTime) -> Result<Certificate, CertificateError> {
        let certificate = self.source.load(now)?;
        match &self.source {
            Source::Files { certificate: path, .. } if certificate.validity.expired(now) => {
                Err(CertificateError::Expired { path: path.clone() })
            }
            _ => Ok(certificate),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, UNIX_EPOCH};

    use prometheus_client::encoding::text;
    use prometheus_client::registry::Registry;

    use super::super::authority::{self, Issued};
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    /// 2030-01-01.
    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_893_456_000)
    }

    fn issue(days: u32) -> Issued {
        let authority = authority::authority(now(), DAY * 3_650).unwrap();
        authority::leaf(&authority, &["localhost".to_owned()], now(), DAY * days).unwrap()
    }

    #[test]
    fn takes_what_is_good_and_keeps_what_is_served_otherwise() {
        let directory = tempfile::tempdir().unwrap();
        let source = Source::Files {
            certificate: directory.path().join("tls.crt"),
            key: directory.path().join("tls.key"),
        };
        let write = |certificate: &str, key: &str| {
            fs::write(directory.path().join("tls.crt"), certificate).unwrap();
            fs::write(directory.path().join("tls.key"), key).unwrap();
        };
        let [first, second, third] = [30, 60, 90].map(issue);
        write(&first.certificate, &first.key);
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let mut reloader = Reloader::start(source, metrics, now()).unwrap();

        // What the files hold and when they are looked at, then: for how many days what is served is good, and the
        // reloads that succeeded and failed.
        let cases = [
            (&*first.certificate, &*first.key, 0, 30, 0, 0),
            (&*second.certificate, &*second.key, 0, 60, 1, 0),
            (&*third.certificate, &*second.key, 0, 60, 1, 1),
            (&*third.certificate, &*second.key, 0, 60, 1, 1),
            (&*third.certificate, "", 0, 60, 1, 2),
            ("", &*third.key, 0, 60, 1, 3),
            (&*second.certificate, &*second.key, 0, 60, 1, 3),
            (&*third.certificate, &*third.key, 0, 90, 2, 3),
            (&*first.certificate, &*first.key, 31, 90, 2, 4),
        ];
        for (number, (certificate, key, age, days, successes, failures)) in cases.into_iter().enumerate() {
            write(certificate, key);
            reloader.reload(now() + DAY * age);
            let not_after = (now() + DAY * days).duration_since(UNIX_EPOCH).unwrap().as_secs();
            let mut exposition = String::new();
            text::encode(&mut exposition, &registry).unwrap();
            for line in [
                format!("certificate_not_after_seconds {not_after}\n"),
                format!("certificate_reloads_total{{result=\"success\"}} {successes}\n"),
                format!("certificate_reloads_total{{result=\"failure\"}} {failures}\n"),
            ] {
                assert!(exposition.contains(&line), "case {number}: no {line} in {exposition}");
            }
        }
    }

    #[test]
    fn renews_a_certificate_of_its_own_while_it_is_served() {
        let directory = tempfile::tempdir().unwrap();
        let metrics = Metrics::register(&mut Registry::default());
        let source = Source::Own(directory.path().to_owned());
        let mut reloader = Reloader::start(source, metrics, now()).unwrap();
        let resolver = reloader.resolver();
        reloader.reload(now() + DAY * 300);
        assert!(!resolver.expired(now() + DAY * 600));
    }

    #[test]
    fn watches_the_directories_of_the_files() {
        let cases = [
            ("tls.crt", "tls.key", vec!["."]),
            ("/etc/tls/tls.crt", "/etc/tls/tls.key", vec!["/etc/tls"]),
            ("a/tls.crt", "/b/tls.key", vec!["a", "/b"]),
        ];
        for (certificate, key, expected) in cases {
            let source = Source::Files {
                certificate: certificate.into(),
                key: key.into(),
            };
            let expected: Vec<&Path> = expected.into_iter().map(Path::new).collect();
            assert_eq!(source.directories(), expected);
        }
    }
}
