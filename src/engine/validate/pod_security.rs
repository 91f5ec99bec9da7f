//! `podSecurity`: pods that the Pod Security Standards let in.
//!
//! ## What it does
//! Judges the pods by a level of the Pod Security Standards, `baseline` or `restricted`, as version `v1.34` of them has it, with the controls of
//! Kubernetes' own admission (`k8s.io/pod-security-admission/policy`). It decides about applications, on the pods that Spark will make, and about
//! pods. A pod for Windows is excused from what Windows does not have; one in a user namespace from nothing.
//!
//! Of its own accord Spark meets `baseline`, and not `restricted`: its containers do not say that they run as non-root, with which seccomp profile,
//! and without capabilities, and before Spark 4.3 not that they gain no privileges. The example that passes says all of it.
//!
//! ## Why
//! A namespace that enforces a level refuses pods, not applications. The driver's pod is refused minutes after the application was accepted; the
//! executors' are refused one by one, by a driver that goes on asking for them and does nothing else.
//!
//! ## Policy
//! ```yaml
//! - name: pod-security
//!   podSecurity:
//!     # `baseline` or `restricted`, which asks for more.
//!     level: restricted
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.jar
//!   driver: {}
//!   executor: {}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.jar
//!   driver:
//!     podSecurityContext: &pod {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
//!     securityContext: &container {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
//!   executor:
//!     podSecurityContext: *pod
//!     securityContext: *container
//! ```

mod baseline;
mod checked_pod;
mod restricted;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use self::checked_pod::CheckedPod;
use super::{Case, Rule, Violation};
use crate::engine::policy::document::Problem;
use crate::engine::workload::{EffectivePod, RoleName};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "podSecurity";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodSecurity {
    /// Which of the standards.
    level: Level,
}

/// A level of the Pod Security Standards. A later one asks for all that an earlier one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// Nothing that is known to give rights over the node.
    Baseline,
    /// What is held to be good practice.
    Restricted,
}

/// Something in a pod that a level does not allow.
struct Breach {
    /// The level.
    level: Level,
    /// Where in the pod.
    pointer: PointerBuf,
    /// Whose it is: "container `spark`".
    whose: String,
    /// What is wrong with that: "is privileged".
    predicate: String,
    /// What to write instead.
    help: String,
}

impl Rule for PodSecurity {
    fn problems(&self) -> Vec<Problem> {
        Vec::new()
    }

    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        case.pods
            .iter()
            .filter(|pod| roles.contains(&pod.role))
            .flat_map(|pod| self.level.judge(pod))
            .collect()
    }
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }

    fn judge(self, pod: &EffectivePod<'_>) -> Vec<Violation> {
        let checked = CheckedPod::of(pod.pod);
        let mut breaches: Vec<Breach> = baseline::CHECKS.iter().flat_map(|check| check(&checked)).collect();
        match self {
            Self::Baseline => breaches.extend(baseline::RELAXED.iter().flat_map(|check| check(&checked))),
            Self::Restricted => breaches.extend(restricted::CHECKS.iter().flat_map(|check| check(&checked))),
        }
        breaches
            .into_iter()
            .map(|breach| {
                let message = format!(
                    "the {}'s {} {}, which `{}` does not allow",
                    pod.role,
                    breach.whose,
                    breach.predicate,
                    breach.level.as_str()
                );
                Violation::in_pod(pod, &breach.pointer, message).with_help(breach.help)
            })
            .collect()
    }
}
