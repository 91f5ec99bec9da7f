//! Keeping certificates in a cluster: every replica serves what the Secret calls current, and the one that leads takes the
//! steps of [`rotation`](super::rotation).
//!
//! That needs these rights, beside those for the Lease; all but the first are for objects by their names:
//!
//! ```yaml
//! rules:
//!   - apiGroups: [""]
//!     resources: [secrets]
//!     verbs: [create, get, update]
//!   - apiGroups: [admissionregistration.k8s.io]
//!     resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
//!     verbs: [get, patch]
//! ```

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};

use super::ca_bundle::{CaBundleError, CaBundles, Configurations};
use super::generation::{Generation, GenerationError};
use super::pem::PemError;
use super::resolver::Resolver;
use super::rotation::{Observed, Publication, Rotation, Step, next_step};
use super::secret::{SecretError, SecretStore, StoredSecret};
use super::{Metrics, with_causes};

/// How long to wait after a step, and while there is nothing to serve.
const SHORT_PAUSE: Duration = Duration::from_secs(1);

/// For metric labels: what comes before each step.
const READ: &str = "read";

/// How long things last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// For how long a certificate is good. It is renewed when two thirds of that are over.
    pub life: Duration,
    /// How long the webhook configurations have to carry an authority before its leaf is served.
    pub dwell: Duration,
    /// How often to look for what has changed.
    pub look_every: Duration,
}

impl Default for Schedule {
    /// 90 days; 15 minutes, since an API server may not notice for 10 that its watch of the configurations is dead; and
    /// 10 seconds, so that a bundle that somebody has overwritten is back within the minute, also when the leader has just
    /// gone.
    fn default() -> Self {
        Self {
            life: Duration::from_secs(90 * 24 * 60 * 60),
            dwell: Duration::from_secs(15 * 60),
            look_every: Duration::from_secs(10),
        }
    }
}

/// Where certificates are kept, and for whom.
#[derive(Clone, Debug)]
pub struct Places {
    /// The Secret that holds them.
    pub secret: SecretStore,
    /// The webhook configurations by which API servers trust them.
    pub bundles: CaBundles,
    /// The names and addresses by which API servers call this server.
    pub names: Vec<String>,
}

/// Why a look or a step failed.
#[derive(Debug, thiserror::Error)]
enum KeeperError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    CaBundle(#[from] CaBundleError),
    #[error(transparent)]
    Generation(#[from] GenerationError),
    #[error(transparent)]
    Unusable(#[from] PemError),
}

impl KeeperError {
    /// Whether another replica was quicker.
    fn is_conflict(&self) -> bool {
        match self {
            Self::CaBundle(error) => error.is_conflict(),
            Self::Secret(SecretError::Api {
                source: kube::Error::Api(status),
                ..
            }) => status.is_conflict() || status.is_already_exists(),
            _ => false,
        }
    }
}

/// Keeps one replica's certificate.
pub struct Keeper<L, C> {
    places: Places,
    schedule: Schedule,
    metrics: Metrics,
    leads: L,
    clock: C,
    /// What the Secret held when it last held something.
    held: Option<Rotation>,
    publication: Publication,
    resolver: Option<Arc<Resolver>>,
    /// Why the last look or step failed, if it did.
    failing: Option<String>,
}

impl<L, C> Keeper<L, C>
where
    L: Fn() -> bool + Send,
    C: Fn() -> SystemTime + Send,
{
    /// A keeper that has not begun. `leads` says whether this replica is the one that takes steps; when two believe so for a
    /// while, one of them is too late with each of its writes, and no harm is done.
    pub fn new(places: Places, schedule: Schedule, metrics: Metrics, leads: L, clock: C) -> Self {
        Self {
            places,
            schedule,
            metrics,
            leads,
            clock,
            held: None,
            publication: Publication::default(),
            resolver: None,
            failing: None,
        }
    }

    /// Waits until there is a certificate.
    pub async fn first(&mut self) -> Arc<Resolver> {
        loop {
            self.turn().await;
            if let Some(resolver) = &self.resolver {
                return Arc::clone(resolver);
            }
            sleep(SHORT_PAUSE).await;
        }
    }

    /// Goes on for ever.
    pub async fn run(mut self) {
        loop {
            let pause = match self.turn().await {
                Step::Rest | Step::Publish => self.schedule.look_every,
                // The Secret has changed, and something may follow from that.
                Step::Begin | Step::Restore | Step::Introduce | Step::Promote | Step::Retire => SHORT_PAUSE,
            };
            sleep(pause).await;
        }
    }

    /// Looks, and takes the next step. Says which, if it succeeded.
    async fn turn(&mut self) -> Step {
        match self.try_turn().await {
            Ok(step) => {
                if self.failing.take().is_some() {
                    tracing::info!("certificates are kept again");
                }
                step
            }
            Err(error) if error.is_conflict() => {
                tracing::debug!(%error, "another replica was quicker");
                Step::Rest
            }
            Err(error) => {
                // What nobody saw does not count for the dwell.
                self.publication = Publication::default();
                let error = with_causes(&error);
                // It is tried again every few seconds; said once.
                if self.failing.as_ref() != Some(&error) {
                    tracing::error!(error, "cannot keep the certificates; the one in force stays");
                    self.failing = Some(error);
                }
                Step::Rest
            }
        }
    }

    async fn try_turn(&mut self) -> Result<Step, KeeperError> {
        // The configurations are read before the Secret, and written only if they have not changed since. So a leader that
        // was held up cannot write a bundle that lacks what another has promoted in the meantime.
        let configurations = if (self.leads)() {
            Some(self.places.bundles.read().await)
        } else {
            None
        };
        let stored = self.look().await.inspect_err(|_| self.metrics.failed(READ))?;
        let Some(configurations) = configurations else {
            self.publication = Publication::default();
            return Ok(Step::Rest);
        };
        let configurations = configurations.inspect_err(|_| self.metrics.failed(READ))?;
        let step = self.decide(&configurations, &stored);
        let taken = self.take(step, &configurations, stored).await;
        match &taken {
            Ok(()) if step == Step::Rest => {}
            Ok(()) => {
                tracing::info!(step = step.as_str(), "took a step in keeping the certificates");
                self.metrics.took(step.as_str());
            }
            Err(error) if error.is_conflict() => {}
            Err(_) => self.metrics.failed(step.as_str()),
        }
        taken.map(|()| step)
    }

    /// Serves what the Secret calls current.
    async fn look(&mut self) -> Result<StoredSecret, KeeperError> {
        let stored = self.places.secret.read(&self.places.names).await?;
        if let Some(rotation) = &stored.rotation {
            let certificate = rotation.current.to_certificate()?;
            match &self.resolver {
                Some(resolver) => {
                    resolver.serve(certificate);
                }
                None => self.resolver = Some(Arc::new(Resolver::new(certificate, self.metrics.clone()))),
            }
            self.held = Some(rotation.clone());
        }
        Ok(stored)
    }

    fn decide(&mut self, configurations: &Configurations, stored: &StoredSecret) -> Step {
        let bundle = stored.rotation.as_ref().map(Rotation::bundle);
        let carried = bundle.filter(|bundle| configurations.carry(bundle));
        let observed = Observed {
            stored: stored.rotation.as_ref(),
            held: self.held.as_ref(),
            carried_for: self.publication.note(carried, Instant::now().into_std()),
        };
        next_step(observed, self.schedule.dwell, (self.clock)())
    }

    async fn take(&self, step: Step, configurations: &Configurations, stored: StoredSecret) -> Result<(), KeeperError> {
        let rotation = match (step, stored.rotation.clone()) {
            (Step::Publish, Some(rotation)) => {
                self.places.bundles.publish(configurations, &rotation.bundle()).await?;
                return Ok(());
            }
            (Step::Begin, _) => Some(Rotation::begin(self.make()?)),
            (Step::Restore, _) => self.held.clone(),
            (Step::Introduce, Some(rotation)) => Some(rotation.introduce(self.make()?)),
            (Step::Promote, Some(rotation)) => Some(rotation.promote()),
            (Step::Retire, Some(rotation)) => Some(rotation.retire((self.clock)())),
            (Step::Rest, _) | (_, None) => None,
        };
        if let Some(rotation) = rotation {
            self.places.secret.write(stored, &rotation).await?;
        }
        Ok(())
    }

    fn make(&self) -> Result<Generation, GenerationError> {
        Generation::make(&self.places.names, (self.clock)(), self.schedule.life)
    }
}
