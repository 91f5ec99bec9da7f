//! What is counted about admission. No label holds an object's name, a user or a namespace, so that the number of
//! series is bounded by the policies.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::{Endpoint, Failure};
use crate::engine::finding::Verdict;
use crate::engine::request::Operation;

/// Upper bounds in seconds, from 10 µs: a decision takes tens of microseconds.
const DURATION_BUCKETS: [f64; 13] = [
    0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5,
];

/// The value of a label that is not known for a request which was not understood.
const UNKNOWN: &str = "unknown";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    path: &'static str,
    kind: &'static str,
    operation: &'static str,
    decision: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PathLabels {
    path: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FindingLabels {
    policy: String,
    rule: &'static str,
    enforcement: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoweredLabels {
    policy: String,
    rule: &'static str,
    from: &'static str,
    to: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MutationLabels {
    policy: String,
    rule: &'static str,
}

/// The counters of the two admission paths.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<PathLabels, Histogram>,
    findings: Family<FindingLabels, Counter>,
    lowered: Family<LoweredLabels, Counter>,
    mutations: Family<MutationLabels, Counter>,
    panics: Counter,
}

impl Metrics {
    /// Adds the families to `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS)),
            findings: Family::default(),
            lowered: Family::default(),
            mutations: Family::default(),
            panics: Counter::default(),
        };
        registry.register(
            "admission_requests",
            "Admission requests answered",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "admission_duration",
            "Time from the last byte of a review to its answer",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register("findings", "Findings", metrics.findings.clone());
        registry.register(
            "findings_lowered",
            "Findings whose enforcement --max-enforcement lowered",
            metrics.lowered.clone(),
        );
        registry.register(
            "mutations",
            "Mutations that changed an object",
            metrics.mutations.clone(),
        );
        registry.register(
            "panics",
            "Requests during which sparkgate panicked",
            metrics.panics.clone(),
        );
        metrics
    }

    /// Counts a request that was judged.
    pub(super) fn judged(&self, endpoint: Endpoint, operation: Operation, verdict: &Verdict, took: Duration) {
        self.requests
            .get_or_create(&RequestLabels {
                path: endpoint.path(),
                kind: verdict.subject.as_str(),
                operation: operation.as_str(),
                decision: verdict.decision(),
            })
            .inc();
        self.durations
            .get_or_create(&PathLabels { path: endpoint.path() })
            .observe(took.as_secs_f64());
        for finding in &verdict.findings {
            self.findings
                .get_or_create(&FindingLabels {
                    policy: finding.code.policy.clone(),
                    rule: finding.rule,
                    enforcement: finding.enforcement.as_str(),
                })
                .inc();
            if let Some(from) = finding.lowered_from {
                self.lowered
                    .get_or_create(&LoweredLabels {
                        policy: finding.code.policy.clone(),
                        rule: finding.rule,
                        from: from.as_str(),
                        to: finding.enforcement.as_str(),
                    })
                    .inc();
            }
        }
        for mutation in verdict.carried_out().iter().filter(|mutation| mutation.has_effect()) {
            self.mutations
                .get_or_create(&MutationLabels {
                    policy: mutation.code.policy.clone(),
                    rule: mutation.rule,
                })
                .inc();
        }
    }

    /// Counts a request that could not be judged.
    pub(super) fn failed(&self, endpoint: Endpoint, failure: Failure) {
        self.requests
            .get_or_create(&RequestLabels {
                path: endpoint.path(),
                kind: UNKNOWN,
                operation: UNKNOWN,
                decision: failure.as_str(),
            })
            .inc();
        if failure == Failure::Panicked {
            self.panics.inc();
        }
    }
}
