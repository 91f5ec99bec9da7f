//! What each container must say for a quota to let its pod in.
//!
//! `Constraints` of `pkg/quota/v1/evaluator/core/pods.go` (Kubernetes 1.36): a quota on cpu or memory asks every container how much of it.

use std::collections::{BTreeMap, BTreeSet};

use super::pod::{AdmittedPod, quota_names};
use crate::engine::facts::ResourceQuota;

/// What must be said where a quota counts it.
const ASKED_FOR: [&str; 6] = [
    "cpu",
    "limits.cpu",
    "limits.memory",
    "memory",
    "requests.cpu",
    "requests.memory",
];

/// The containers that do not say how much, by the name that the quota has for it.
#[must_use]
pub fn unsaid<'q, 'a>(pod: &AdmittedPod<'a>, quota: &'q ResourceQuota) -> BTreeMap<&'q str, BTreeSet<&'a str>> {
    let mut unsaid: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    if pod.says_amounts_itself() {
        return unsaid;
    }
    for container in &pod.containers {
        let said = quota_names(&container.amounts);
        for resource in quota.hard.keys().map(String::as_str) {
            if ASKED_FOR.contains(&resource) && !said.iter().any(|(name, _)| name == resource) {
                unsaid.entry(resource).or_default().insert(container.name);
            }
        }
    }
    unsaid
}

/// What the API server says of it: `limits.cpu for: a,b; limits.memory for: a`.
#[must_use]
pub fn describe(unsaid: &BTreeMap<&str, BTreeSet<&str>>) -> String {
    let parts: Vec<String> = unsaid
        .iter()
        .map(|(resource, containers)| {
            let containers: Vec<&str> = containers.iter().copied().collect();
            format!("{resource} for: {}", containers.join(","))
        })
        .collect();
    parts.join("; ")
}
