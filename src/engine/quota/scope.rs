//! Which objects count against which quota.
//!
//! `podMatchesScopeFunc` of `pkg/quota/v1/evaluator/core/pods.go` (Kubernetes 1.36).

use std::collections::BTreeSet;

use super::pod::Amounts;
use crate::engine::facts::resource_quota::{Scope, ScopeOperator, ScopeRequirement};
use crate::engine::facts::{Facts, PriorityClass, ResourceQuota};
use crate::engine::json::Json;
use crate::engine::policy::select::Holds;

/// What quotas' scopes tell apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Whatever is no pod. It counts against quotas without a scope.
    Object,
    /// A pod.
    Pod(PodClass),
}

/// What quotas' scopes tell pods apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodClass {
    /// Those that hold, except for the priority class.
    scopes: BTreeSet<Scope>,
    priority: Priority,
}

/// The priority class that a pod has after admission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Priority {
    Class(String),
    None,
    /// The pod names none, and it is not known whether the cluster has one for such pods.
    NotKnown,
}

impl Class {
    /// Whether an object of this class counts against a quota.
    #[must_use]
    pub fn counts_against(&self, quota: &ResourceQuota) -> Holds {
        match self {
            Self::Object => quota.scopes.is_empty().into(),
            Self::Pod(pod) => pod.counts_against(quota),
        }
    }
}

impl PodClass {
    pub(super) fn of(pod: Json<'_>, has_resources: bool, facts: &Facts<'_>) -> Self {
        let spec = pod.get("spec").unwrap_or(Json::Null);
        let deadline = spec.get("activeDeadlineSeconds").and_then(Json::as_i64);
        let mut scopes = BTreeSet::from([
            match deadline {
                Some(0..) => Scope::Terminating,
                _ => Scope::NotTerminating,
            },
            if has_resources {
                Scope::NotBestEffort
            } else {
                Scope::BestEffort
            },
        ]);
        if is_drawn_to_other_namespaces(spec) {
            scopes.insert(Scope::CrossNamespacePodAffinity);
        }
        let named = spec.get("priorityClassName").and_then(Json::as_str);
        let priority = match (named.filter(|name| !name.is_empty()), facts.priority_classes) {
            (Some(name), _) => Priority::Class(name.to_owned()),
            (None, None) => Priority::NotKnown,
            (None, Some(classes)) => match PriorityClass::default_of(classes) {
                Some(class) => Priority::Class(class.name.clone()),
                None => Priority::None,
            },
        };
        Self { scopes, priority }
    }

    fn counts_against(&self, quota: &ResourceQuota) -> Holds {
        let mut answer = Holds::Yes;
        for requirement in &quota.scopes {
            match self.meets(requirement) {
                Holds::Yes => {}
                Holds::No => return Holds::No,
                unknown @ Holds::Unknown(_) => answer = unknown,
            }
        }
        answer
    }

    fn meets(&self, requirement: &ScopeRequirement) -> Holds {
        // Of the other scopes, the API server does not look at the operator.
        if requirement.scope != Scope::PriorityClass {
            return self.scopes.contains(&requirement.scope).into();
        }
        let name = match &self.priority {
            Priority::Class(name) => Some(name),
            Priority::None => None,
            Priority::NotKnown => {
                return Holds::Unknown("which priority class pods get that name none is not known");
            }
        };
        let is_one_of = |names: &[String]| name.is_some_and(|name| names.contains(name));
        let holds = match &requirement.operator {
            ScopeOperator::Exists => name.is_some(),
            ScopeOperator::DoesNotExist => name.is_none(),
            ScopeOperator::In(names) => is_one_of(names),
            ScopeOperator::NotIn(names) => !is_one_of(names),
        };
        holds.into()
    }
}

/// Whether amounts make a pod more than one that is served with what is left over: `ComputePodQOS` of
/// `pkg/apis/core/v1/helper/qos/qos.go`.
pub(super) fn asks_for_something(amounts: &Amounts<'_>) -> bool {
    [&amounts.requests, &amounts.limits].into_iter().any(|list| {
        ["cpu", "memory"]
            .into_iter()
            .any(|resource| list.get(resource).is_some_and(|amount| !amount.is_zero()))
    })
}

/// `usesCrossNamespacePodAffinity`.
fn is_drawn_to_other_namespaces(spec: Json<'_>) -> bool {
    let names_others = |term: Json<'_>| {
        !term.get("namespaces").map_or(&[][..], Json::items).is_empty() || term.get("namespaceSelector").is_some()
    };
    ["podAffinity", "podAntiAffinity"].into_iter().any(|kind| {
        let terms = |when| spec.at(["affinity", kind, when]).map_or(&[][..], Json::items);
        terms("requiredDuringSchedulingIgnoredDuringExecution")
            .iter()
            .any(|term| names_others(*term))
            || terms("preferredDuringSchedulingIgnoredDuringExecution")
                .iter()
                .filter_map(|weighted| weighted.get("podAffinityTerm"))
                .any(names_others)
    })
}
