//! Which replica leads: the one that holds a Lease, as client-go's leader election has it (`tools/leaderelection`).
//!
//! It needs these rights in sparkgate's own namespace, all but the first for the one Lease by its name:
//!
//! ```yaml
//! rules:
//!   - apiGroups: [coordination.k8s.io]
//!     resources: [leases]
//!     verbs: [create, get, update]
//! ```

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use k8s_openapi::jiff::Timestamp;
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

/// For how long a lease that is no longer renewed keeps others from taking it.
const LEASE_TIME: Duration = Duration::from_secs(30);
/// How often it is renewed, or looked at by those that wait for it.
const RENEW_EVERY: Duration = Duration::from_secs(10);

/// Whether this replica leads.
#[derive(Clone, Debug)]
pub struct Leadership {
    until: watch::Receiver<Option<Instant>>,
}

impl Leadership {
    /// Whether it leads now. It ends by itself when the lease could not be renewed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.until.borrow().is_some_and(|until| Instant::now() < until)
    }
}

/// A replica that would lead.
#[derive(Debug)]
pub struct Candidate {
    api: Api<Lease>,
    name: String,
    identity: String,
    /// The version of somebody else's lease, and when it was first seen. Their clock may not be ours, so what counts is for
    /// how long we have seen no change.
    seen: Option<(Option<String>, Instant)>,
    until: watch::Sender<Option<Instant>>,
}

impl Candidate {
    /// A candidate for the Lease `name` of the client's own namespace. No two replicas have the same `identity`.
    #[must_use]
    pub fn new(client: Client, name: &str, identity: String) -> Self {
        Self {
            api: Api::default_namespaced(client),
            name: name.to_owned(),
            identity,
            seen: None,
            until: watch::Sender::new(None),
        }
    }

    /// Tells whether it leads.
    #[must_use]
    pub fn leadership(&self) -> Leadership {
        Leadership {
            until: self.until.subscribe(),
        }
    }

    /// Takes the lease when it is free, and renews it, for ever.
    pub async fn run(mut self) {
        let mut led = false;
        loop {
            match timeout(RENEW_EVERY, self.turn()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "cannot take or renew the lease"),
                Err(_) => tracing::warn!("cannot take or renew the lease: no answer in time"),
            }
            let leads = self.leadership().holds();
            if leads != led {
                let lease = &self.name;
                tracing::info!(lease, leads, "leadership changed");
                led = leads;
            }
            sleep(RENEW_EVERY).await;
        }
    }

    async fn turn(&mut self) -> kube::Result<()> {
        // Counted from before the call: others count from after it.
        let now = Instant::now();
        let parameters = PostParams::default();
        let taken = match self.api.get_opt(&self.name).await? {
            None => {
                let lease = self.renewed(Lease::default());
                self.api.create(&parameters, &lease).await
            }
            Some(lease) if self.may_take(&lease, now) => {
                let lease = self.renewed(lease);
                self.api.replace(&self.name, &parameters, &lease).await
            }
            Some(_) => {
                self.until.send_replace(None);
                return Ok(());
            }
        };
        match taken {
            Ok(_) => {
                self.until.send_replace(Some(now + LEASE_TIME));
                Ok(())
            }
            // Somebody else was quicker.
            Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether a lease is ours, or free, or was not renewed for as long as its holder has promised to.
    fn may_take(&mut self, lease: &Lease, now: Instant) -> bool {
        let spec = lease.spec.as_ref();
        let holder = spec
            .and_then(|spec| spec.holder_identity.as_deref())
            .unwrap_or_default();
        if holder.is_empty() || holder == self.identity {
            return true;
        }
        let version = &lease.metadata.resource_version;
        let since = match &self.seen {
            Some((seen, since)) if seen == version => *since,
            _ => now,
        };
        self.seen = Some((version.clone(), since));
        let promised = spec
            .and_then(|spec| spec.lease_duration_seconds)
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map_or(LEASE_TIME, Duration::from_secs);
        now.duration_since(since) >= promised
    }

    /// The lease, held by us from now on.
    fn renewed(&self, lease: Lease) -> Lease {
        let Lease { metadata, spec } = lease;
        let spec = spec.unwrap_or_default();
        let now = Some(MicroTime(Timestamp::now()));
        let is_ours = spec.holder_identity.as_ref() == Some(&self.identity);
        let (acquire_time, lease_transitions) = if is_ours {
            (spec.acquire_time, spec.lease_transitions)
        } else {
            let transitions = spec.lease_transitions.map_or(0, |before| before.saturating_add(1));
            (now.clone(), Some(transitions))
        };
        Lease {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                ..metadata
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(self.identity.clone()),
                lease_duration_seconds: i32::try_from(LEASE_TIME.as_secs()).ok(),
                acquire_time,
                renew_time: now,
                lease_transitions,
                ..spec
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;

    use super::*;

    /// Calls nobody.
    fn candidate() -> Candidate {
        Candidate::new(
            Client::new(Router::<()>::new(), "sparkgate"),
            "sparkgate",
            "me".to_owned(),
        )
    }

    fn lease(holder: Option<&str>, version: u32) -> Lease {
        Lease {
            metadata: ObjectMeta {
                resource_version: Some(version.to_string()),
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: holder.map(str::to_owned),
                lease_duration_seconds: Some(15),
                lease_transitions: Some(4),
                ..LeaseSpec::default()
            }),
        }
    }

    #[tokio::test]
    async fn takes_what_is_free_or_was_not_renewed_for_as_long_as_was_promised() {
        // Each is what is seen, after how many seconds, and whether it may be taken then.
        let sequences: [&[(Lease, u64, bool)]; 5] = [
            &[(Lease::default(), 0, true)],
            &[(lease(None, 1), 0, true), (lease(Some(""), 1), 0, true)],
            &[(lease(Some("me"), 1), 0, true)],
            &[
                (lease(Some("other"), 1), 0, false),
                (lease(Some("other"), 1), 14, false),
                (lease(Some("other"), 1), 15, true),
            ],
            &[
                (lease(Some("other"), 1), 0, false),
                (lease(Some("other"), 2), 14, false),
                (lease(Some("other"), 2), 28, false),
                (lease(Some("third"), 3), 29, false),
                (lease(Some("third"), 3), 44, true),
            ],
        ];
        let start = Instant::now();
        for sequence in sequences {
            let mut candidate = candidate();
            for (lease, seconds, expected) in sequence {
                let now = start + Duration::from_secs(*seconds);
                assert_eq!(
                    candidate.may_take(lease, now),
                    *expected,
                    "after {seconds} s: {lease:?}"
                );
            }
        }
    }

    #[tokio::test]
    async fn counts_a_transition_when_the_holder_changes() {
        let candidate = candidate();
        let spec_of = |lease: Lease| candidate.renewed(lease).spec.unwrap();
        let cases = [
            (Lease::default(), 0),
            (lease(Some("other"), 1), 5),
            (lease(Some("me"), 1), 4),
        ];
        for (lease, transitions) in cases {
            let spec = spec_of(lease);
            assert_eq!(spec.lease_transitions, Some(transitions));
            assert_eq!(spec.holder_identity.as_deref(), Some("me"));
            assert_eq!(spec.lease_duration_seconds, Some(30));
            assert!(spec.renew_time.is_some());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn leads_no_longer_than_it_has_renewed_for() {
        let candidate = candidate();
        let leadership = candidate.leadership();
        assert!(!leadership.holds());
        candidate.until.send_replace(Some(Instant::now() + LEASE_TIME));
        assert!(leadership.holds());
        sleep(LEASE_TIME).await;
        assert!(!leadership.holds());
    }
}
