//! The webhook server: connections, the two admission paths, and the admin port beside them.

pub mod accept;
pub mod admin;
pub mod denials;
pub mod drain;
pub mod known;
pub mod metrics;
pub mod reservations;
pub mod routes;

use crate::engine::request::Phase;

/// Which of the two admission paths was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Mutate,
    Validate,
}

impl Endpoint {
    fn path(self) -> &'static str {
        match self {
            Self::Mutate => "/mutate",
            Self::Validate => "/validate",
        }
    }

    fn phase(self) -> Phase {
        match self {
            Self::Mutate => Phase::Mutate,
            Self::Validate => Phase::Validate,
        }
    }
}

/// Why a request was not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// The body is larger than [`routes::BODY_LIMIT`].
    TooLarge,
    /// The body did not arrive in time.
    TimedOut,
    /// The client went away in the middle of the body.
    Interrupted,
    /// The body is not an `AdmissionReview` with a uid.
    NotAReview,
    /// There is a uid to answer to, and an object that is not understood.
    NotUnderstood,
    /// What others reserve of the namespace's quotas changed each time that the object was judged.
    Contended,
    /// The fault is ours.
    Panicked,
}

impl Failure {
    /// The decision, for logs and metric labels.
    fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::TimedOut => "timed-out",
            Self::Interrupted => "interrupted",
            Self::NotAReview => "not-a-review",
            Self::NotUnderstood => "not-understood",
            Self::Contended => "contended",
            Self::Panicked => "panicked",
        }
    }
}
