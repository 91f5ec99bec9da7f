//! A pod as the API server admits it: with the defaults of its kind, of the namespace's limit ranges, of its runtime class and of its
//! priority class.
//!
//! `SetDefaults_Pod` of `pkg/apis/core/v1/defaults.go`; `PodMutateLimitFunc` of `plugin/pkg/admission/limitranger/admission.go`; `PodRequests`
//! and `PodLimits` of `k8s.io/component-helpers/resource`; `podComputeUsageHelper` of `pkg/quota/v1/evaluator/core/pods.go` (Kubernetes 1.36).

use json_patch::jsonptr::PointerBuf;

use super::charges::Charges;
use super::scope::{PodClass, asks_for_something};
use crate::engine::facts::limit_range::LimitedKind;
use crate::engine::facts::{Facts, LimitRange};
use crate::engine::json::Json;
use crate::engine::quantity::Quantity;
use crate::engine::workload::Located;
use crate::engine::workload::demand::{self, ContainerKind, Resources, add, together};

/// Why it cannot be told what a pod is charged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// That depends on what is not known: this.
    #[error("{0}")]
    NotKnown(&'static str),
    /// The API server refuses the pod.
    #[error("{message}")]
    Refused {
        /// For what, in the pod.
        pointer: PointerBuf,
        /// Why.
        message: String,
    },
}

/// A pod after admission.
#[derive(Clone, Debug)]
pub struct AdmittedPod<'a> {
    /// Its containers, in the order in which they start.
    pub containers: Vec<AdmittedContainer<'a>>,
    /// What quotas' scopes tell it apart by.
    pub class: PodClass,
    /// What the pod as a whole says.
    own: Amounts<'a>,
    /// What it costs beyond its containers.
    overhead: Resources<'a>,
}

/// A container after admission.
#[derive(Clone, Debug)]
pub struct AdmittedContainer<'a> {
    /// Its name; empty where it has none.
    pub name: &'a str,
    /// What it is to its pod.
    pub kind: ContainerKind,
    /// Where in the pod.
    pub pointer: PointerBuf,
    /// What it asks for.
    pub amounts: Amounts<'a>,
}

/// What a container or a pod asks for, and what it may not exceed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts<'a> {
    /// What it asks for.
    pub requests: Resources<'a>,
    /// What it may not exceed.
    pub limits: Resources<'a>,
}

impl<'a> AdmittedPod<'a> {
    /// A pod that is still to be made.
    ///
    /// # Errors
    /// Facts that are not known, and what the API server would refuse the pod for.
    pub fn new(pod: Json<'a>, facts: &Facts<'a>) -> Result<Self, NotAdmitted> {
        let limit_ranges = facts
            .limit_ranges
            .ok_or(NotAdmitted::NotKnown("the limit ranges of the namespace are not known"))?;
        Self::read(pod, facts, limit_ranges, overhead_by_class(pod, facts)?)
    }

    /// A pod that was made, and has all its defaults. Like one that is to be made, it is of a class that is not known where it names none and the
    /// priority classes are not known, so that it is taken off what its job is to be charged.
    ///
    /// # Errors
    /// An amount that is none.
    pub fn stored(pod: Json<'a>, facts: &Facts<'a>) -> Result<Self, NotAdmitted> {
        let has_no_default = facts.priority_classes.map(|_| &[][..]);
        let facts = Facts {
            priority_classes: has_no_default,
            ..*facts
        };
        Self::read(pod, &facts, &[], None)
    }

    fn read(
        pod: Json<'a>,
        facts: &Facts<'a>,
        limit_ranges: &'a [LimitRange],
        overhead: Option<Resources<'a>>,
    ) -> Result<Self, NotAdmitted> {
        let spec = Located::root(pod).get_or_empty("spec");
        let mut containers = Vec::new();
        for (kind, list, index, container) in demand::containers(pod) {
            let located = Located {
                json: container,
                pointer: PointerBuf::from_tokens(["spec", list]).with_trailing_token(index),
                ..spec.clone()
            };
            let mut amounts = Amounts::read(located.get("resources").as_ref())?;
            fill(&mut amounts.requests, &amounts.limits);
            containers.push(AdmittedContainer {
                name: container.get("name").and_then(Json::as_str).unwrap_or_default(),
                kind,
                pointer: located.pointer,
                amounts,
            });
        }
        let resources = spec.get("resources");
        let mut own = Amounts::read(resources.as_ref())?;
        if own != Amounts::default() {
            let mut of_containers = sum(&containers, |amounts| &amounts.limits);
            of_containers
                .retain(|resource, _| resource.starts_with(HUGE_PAGES) && !own.requests.contains_key(resource));
            fill(&mut own.limits, &of_containers);
        }
        if !own.limits.is_empty() {
            fill(&mut own.requests, &sum(&containers, |amounts| &amounts.requests));
            fill(&mut own.requests, &own.limits);
        }
        own.requests.retain(|resource, _| is_of_whole_pods(resource));
        own.limits.retain(|resource, _| is_of_whole_pods(resource));
        for container in &mut containers {
            container.amounts.fill_from(limit_ranges);
        }
        let has_resources = match resources {
            Some(_) => asks_for_something(&own),
            None => containers
                .iter()
                .any(|container| asks_for_something(&container.amounts)),
        };
        Ok(Self {
            class: PodClass::of(pod, has_resources, facts),
            containers,
            own,
            overhead: match overhead {
                Some(overhead) => overhead,
                None => list(&spec, "overhead")?,
            },
        })
    }

    /// Whether amounts are written for the pod as a whole.
    #[must_use]
    pub fn says_amounts_itself(&self) -> bool {
        !(self.own.requests.is_empty() && self.own.limits.is_empty())
    }

    /// What the pod asks for without the overhead of its runtime: what limit ranges look at.
    #[must_use]
    pub fn without_overhead(&self) -> Amounts<'a> {
        let mut amounts = Amounts {
            requests: sum(&self.containers, |amounts| &amounts.requests),
            limits: sum(&self.containers, |amounts| &amounts.limits),
        };
        amounts.requests.extend(&self.own.requests);
        amounts.limits.extend(&self.own.limits);
        amounts
    }

    /// All that the pod asks for.
    #[must_use]
    pub fn amounts(&self) -> Amounts<'a> {
        let mut amounts = self.without_overhead();
        add(&mut amounts.requests, &self.overhead);
        for (resource, limit) in &mut amounts.limits {
            if let Some(overhead) = self.overhead.get(resource).filter(|_| !limit.is_zero()) {
                *limit = *limit + *overhead;
            }
        }
        amounts
    }

    /// What the pod is charged.
    #[must_use]
    pub fn charges(&self) -> Charges {
        let one = Quantity::from_count(1);
        let mut charges = Charges::default();
        charges.add(COUNT_OF_PODS, one);
        charges.add("pods", one);
        for (resource, amount) in quota_names(&self.amounts()) {
            charges.add(&resource, amount);
        }
        charges
    }
}

/// Counts pods that have ended too, which `pods` does not.
pub(super) const COUNT_OF_PODS: &str = "count/pods";

/// The names that quotas have for amounts: `podComputeUsageHelper`.
pub(super) fn quota_names(amounts: &Amounts<'_>) -> Vec<(String, Quantity)> {
    let mut named = Vec::new();
    for (resource, amount) in &amounts.requests {
        let is_native = matches!(*resource, "cpu" | "memory" | "ephemeral-storage") || resource.starts_with(HUGE_PAGES);
        if is_native {
            named.push(((*resource).to_owned(), *amount));
        }
        if is_native || is_extended(resource) {
            named.push((format!("requests.{resource}"), *amount));
        }
    }
    for (resource, amount) in &amounts.limits {
        if matches!(*resource, "cpu" | "memory" | "ephemeral-storage") {
            named.push((format!("limits.{resource}"), *amount));
        }
    }
    named
}

const HUGE_PAGES: &str = "hugepages-";

/// `IsDRAExtendedResourceName` of `pkg/scheduler/util`: a resource of no domain of Kubernetes' own, or a class of devices.
fn is_extended(resource: &str) -> bool {
    let is_of_others = resource.contains('/') && !resource.contains("kubernetes.io/");
    is_of_others && !resource.starts_with("requests.") || resource.starts_with("deviceclass.resource.kubernetes.io/")
}

/// `IsSupportedPodLevelResource`.
fn is_of_whole_pods(resource: &str) -> bool {
    matches!(resource, "cpu" | "memory") || resource.starts_with(HUGE_PAGES)
}

fn sum<'a>(
    containers: &[AdmittedContainer<'a>],
    list: for<'x> fn(&'x Amounts<'a>) -> &'x Resources<'a>,
) -> Resources<'a> {
    together(
        containers
            .iter()
            .map(|container| (container.kind, list(&container.amounts).clone())),
    )
}

/// The overhead that admission writes into the pod; `None` where it writes none.
fn overhead_by_class<'a>(pod: Json<'_>, facts: &Facts<'a>) -> Result<Option<Resources<'a>>, NotAdmitted> {
    let Some(name) = pod.at(["spec", "runtimeClassName"]).and_then(Json::as_str) else {
        return Ok(None);
    };
    let classes = facts.runtime_classes.ok_or(NotAdmitted::NotKnown(
        "the runtime classes of the cluster are not known",
    ))?;
    match classes.iter().find(|class| class.name == name) {
        Some(class) => Ok(Some(
            class
                .overhead
                .iter()
                .map(|(resource, amount)| (resource.as_str(), *amount))
                .collect(),
        )),
        None => Err(NotAdmitted::Refused {
            pointer: PointerBuf::from_tokens(["spec", "runtimeClassName"]),
            message: format!("the cluster has no runtime class `{name}`"),
        }),
    }
}

impl<'a> Amounts<'a> {
    fn read(resources: Option<&Located<'a>>) -> Result<Self, NotAdmitted> {
        let Some(resources) = resources else {
            return Ok(Self::default());
        };
        Ok(Self {
            requests: list(resources, "requests")?,
            limits: list(resources, "limits")?,
        })
    }

    /// What a container gets that does not say how much: within one limit range the last counts, among several the first.
    fn fill_from(&mut self, limit_ranges: &'a [LimitRange]) {
        for range in limit_ranges {
            let of_containers = range.limits.iter().rev();
            for limits in of_containers.filter(|limits| limits.kind == LimitedKind::Container) {
                for (list, defaults) in [
                    (&mut self.limits, &limits.default),
                    (&mut self.requests, &limits.default_request),
                ] {
                    for (resource, amount) in defaults {
                        list.entry(resource).or_insert(*amount);
                    }
                }
            }
        }
    }
}

fn fill<'a>(list: &mut Resources<'a>, from: &Resources<'a>) {
    for (resource, amount) in from {
        list.entry(resource).or_insert(*amount);
    }
}

fn list<'a>(parent: &Located<'a>, field: &str) -> Result<Resources<'a>, NotAdmitted> {
    let mut resources = Resources::new();
    for (resource, located) in parent.get_or_empty(field).members() {
        let amount = demand::amount(located.json).filter(|amount| is_countable(*amount));
        let Some(amount) = amount else {
            return Err(NotAdmitted::Refused {
                pointer: located.pointer,
                message: format!("this is no amount of {resource} that a pod can have"),
            });
        };
        resources.insert(resource, amount.rounded_up_to_thousandths());
    }
    Ok(resources)
}

/// Not below nothing, and not so much that sums of it would not be exact.
pub(super) fn is_countable(amount: Quantity) -> bool {
    (Quantity::default()..=Quantity::LARGEST_COUNTED).contains(&amount)
}
