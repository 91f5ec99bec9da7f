//! When certificates in a cluster are renewed, and in which order, so that no API server ever meets one that it does not
//! trust yet or no longer.
//!
//! API servers trust the `caBundle` of the webhook configurations, and hear of a change a while after it was made.
//! Replicas serve what the Secret calls current, and hear of a change a while after it was made. Hence the order:
//!
//! 1. **introduce**: a new generation is put into the Secret beside the one that is served;
//! 2. **publish**: its authority goes into the bundle, beside that of the other;
//! 3. **promote**: once every configuration has carried that bundle for the dwell, it becomes the one that is served;
//! 4. **retire**: the old authority leaves the bundle when its leaf has expired. No earlier, since a replica that is cut
//!    off from the API server serves the old leaf as long as it can; and there is no hurry, since the authority's key is
//!    gone, so it vouches for nothing else.
//!
//! All this is in the Secret, so whoever leads goes on where the last leader stopped. Only the dwell begins anew.

use std::time::{Duration, Instant, SystemTime};

use super::generation::Generation;

/// What the Secret holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// What every replica serves.
    pub current: Generation,
    /// What they will serve, once it is trusted everywhere.
    pub next: Option<Generation>,
    /// What some of them may serve still.
    pub retired: Vec<Retired>,
}

/// The authority of a leaf that has been replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// Its certificate, in PEM.
    pub authority: String,
    /// When the leaf expires, or has.
    pub not_after: SystemTime,
}

/// What a leader knows before it does anything.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// What the Secret holds, if it holds anything.
    pub stored: Option<&'a Rotation>,
    /// What this replica has last read there, and serves.
    pub held: Option<&'a Rotation>,
    /// For how long every webhook configuration has been seen to carry the bundle of `stored`; `None` while one does not.
    /// Where there are no configurations nobody asks, so that all of them carry it.
    pub carried_for: Option<Duration>,
}

/// What a leader does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing for now.
    Rest,
    /// Put a first generation into the Secret. Nothing that anybody trusts is served.
    Begin,
    /// Put back into the Secret what this replica has read there before somebody emptied it.
    Restore,
    /// Put a new generation beside the current one.
    Introduce,
    /// Write the bundle into the webhook configurations.
    Publish,
    /// Make the new generation the current one.
    Promote,
    /// Forget the authorities of leaves that have expired.
    Retire,
}

impl Step {
    /// For metric labels and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Begin => "begin",
            Self::Restore => "restore",
            Self::Introduce => "introduce",
            Self::Publish => "publish",
            Self::Promote => "promote",
            Self::Retire => "retire",
        }
    }
}

/// Decides what to do at `now`. `dwell` is longer than an API server takes to hear of a new bundle.
#[must_use]
pub fn next_step(observed: Observed<'_>, dwell: Duration, now: SystemTime) -> Step {
    let good = |generation: &Generation| !generation.validity.expired(now);
    let Some(stored) = observed.stored else {
        return match observed.held {
            Some(held) if good(&held.current) => Step::Restore,
            _ => Step::Begin,
        };
    };
    if !good(&stored.current) {
        // Nobody takes what is served, so there is nothing to wait for.
        return match &stored.next {
            Some(next) if good(next) => Step::Promote,
            _ => Step::Begin,
        };
    }
    let Some(carried_for) = observed.carried_for else {
        return Step::Publish;
    };
    match &stored.next {
        Some(_) if carried_for >= dwell => Step::Promote,
        None if stored.current.validity.due(now) => Step::Introduce,
        None if stored.retired.iter().any(|retired| retired.not_after <= now) => Step::Retire,
        _ => Step::Rest,
    }
}

impl Rotation {
    /// The first.
    #[must_use]
    pub fn begin(generation: Generation) -> Self {
        Self {
            current: generation,
            next: None,
            retired: Vec::new(),
        }
    }

    /// With a new generation beside the current one.
    #[must_use]
    pub fn introduce(mut self, generation: Generation) -> Self {
        self.next = Some(generation);
        self
    }

    /// With the new generation, if there is one, in place of the current one.
    #[must_use]
    pub fn promote(mut self) -> Self {
        if let Some(next) = self.next.take() {
            let current = std::mem::replace(&mut self.current, next);
            self.retired.push(Retired {
                authority: current.authority,
                not_after: current.validity.not_after,
            });
        }
        self
    }

    /// Without the authorities of leaves that have expired.
    #[must_use]
    pub fn retire(mut self, now: SystemTime) -> Self {
        self.retired.retain(|retired| retired.not_after > now);
        self
    }

    /// What API servers have to trust: the authorities of all that was served, is, or will be, the oldest first.
    #[must_use]
    pub fn bundle(&self) -> String {
        let retired = self.retired.iter().map(|retired| &retired.authority);
        let served = [&self.current].into_iter().chain(&self.next);
        retired
            .chain(served.map(|generation| &generation.authority))
            .map(String::as_str)
            .collect()
    }
}

/// Since when the webhook configurations have carried a bundle, as far as one leader has seen.
#[derive(Debug, Default)]
pub struct Publication {
    carried: Option<(String, Instant)>,
}

impl Publication {
    /// Takes note that all of them carry `bundle`, or with `None` that not all do. Says for how long they have.
    pub fn note(&mut self, bundle: Option<String>, at: Instant) -> Option<Duration> {
        let since = match (&self.carried, &bundle) {
            (Some((carried, since)), Some(bundle)) if carried == bundle => *since,
            _ => at,
        };
        self.carried = bundle.map(|bundle| (bundle, since));
        self.carried.as_ref().map(|_| at.duration_since(since))
    }
}

#[cfg(test)]
mod tests;
