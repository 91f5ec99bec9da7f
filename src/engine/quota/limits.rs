//! The least and the most that limit ranges allow: `PodValidateLimitFunc` of `plugin/pkg/admission/limitranger/admission.go` (Kubernetes 1.36).

use json_patch::jsonptr::PointerBuf;

use super::pod::{AdmittedPod, Amounts};
use crate::engine::facts::LimitRange;
use crate::engine::facts::limit_range::{LimitedKind, Limits};
use crate::engine::quantity::Quantity;

/// A pod, or a container, that a limit range does not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// Where in the pod.
    pub pointer: PointerBuf,
    /// What the limit range says, and what the pod says.
    pub message: String,
}

/// Everything that the limit ranges do not let in about a pod.
#[must_use]
pub fn out_of_range(pod: &AdmittedPod<'_>, limit_ranges: &[LimitRange]) -> Vec<OutOfRange> {
    let mut found = Vec::new();
    for range in limit_ranges {
        for limits in &range.limits {
            let mut look = |what: String, pointer: PointerBuf, amounts: &Amounts<'_>| {
                found.extend(problems(limits, amounts).into_iter().map(|problem| OutOfRange {
                    pointer: pointer.clone(),
                    message: format!("the limit range `{}` refuses {what}: {problem}", range.name),
                }));
            };
            match limits.kind {
                LimitedKind::Container => {
                    for container in &pod.containers {
                        let pointer = container.pointer.with_trailing_token("resources");
                        look(
                            format!("the container `{}`", container.name),
                            pointer,
                            &container.amounts,
                        );
                    }
                }
                LimitedKind::Pod => look(
                    "the pod".to_owned(),
                    PointerBuf::from_tokens(["spec"]),
                    &pod.without_overhead(),
                ),
            }
        }
    }
    found
}

fn problems(limits: &Limits, amounts: &Amounts<'_>) -> Vec<String> {
    let request = |resource: &str| amounts.requests.get(resource).copied();
    let limit = |resource: &str| amounts.limits.get(resource).copied();
    let mut problems = Vec::new();
    for (resource, min) in &limits.min {
        let (request, limit) = (request(resource), limit(resource));
        problems.extend(match request {
            None => Some(format!("it asks for no {resource}, and the least is {min}")),
            Some(request) if request < *min => {
                Some(format!("it asks for {resource} {request}, and the least is {min}"))
            }
            Some(_) => limit
                .filter(|limit| limit < min)
                .map(|limit| format!("its limit of {resource} is {limit}, and the least is {min}")),
        });
    }
    for (resource, max) in &limits.max {
        let (request, limit) = (request(resource), limit(resource));
        problems.extend(match limit {
            None => Some(format!("it has no limit of {resource}, and the most is {max}")),
            Some(limit) if limit > *max => Some(format!("its limit of {resource} is {limit}, and the most is {max}")),
            Some(_) => request
                .filter(|request| request > max)
                .map(|request| format!("it asks for {resource} {request}, and the most is {max}")),
        });
    }
    for (resource, ratio) in &limits.max_ratio {
        let is_some = |amount: &Quantity| !amount.is_zero();
        let request = request(resource).filter(is_some);
        let limit = limit(resource).filter(is_some);
        problems.extend(match (request, limit) {
            (None, _) => Some(format!(
                "it asks for no {resource}, and a limit may be {ratio} times that"
            )),
            (_, None) => Some(format!(
                "it has no limit of {resource}, and it may be {ratio} times what it asks for"
            )),
            (Some(request), Some(limit)) => limit.exceeds_ratio(request, *ratio).then(|| {
                format!("its limit of {resource}, {limit}, is more than {ratio} times the {request} that it asks for")
            }),
        });
    }
    problems
}
