//! What there is to tell of a job that has not run: what its pods ask for and on whose word, how many there will be, and which policies
//! have a say in it.

use json_patch::jsonptr::PointerBuf;

use super::finding::{Enforcement, Finding, Verdict};
use super::json::Json;
use super::policy::select::{Candidate, Holds};
use super::policy::{Policy, PolicySet};
use super::preview::{self, Preview, PreviewError};
use super::quantity::Quantity;
use super::request::Request;
use super::workload::demand::{self, ContainerKind, Resources};
use super::workload::memory::{RoleMemory, UnreadableMemory};
use super::workload::pod::spark_container;
use super::workload::{EffectivePod, Executors, Origin, Origins, RoleName, Workload};
use super::{Facts, evaluate};

/// What there is to tell of a job.
#[derive(Clone, Debug)]
pub struct Explanation<'a> {
    /// The job, and its pods.
    pub preview: Preview<'a>,
    /// What its pods ask for.
    pub roles: [RoleExplanation<'a>; 2],
    /// Every policy, in the order in which they apply.
    pub policies: Vec<PolicyExplanation>,
    /// What `check` finds.
    pub findings: Vec<Finding>,
}

/// What the pods of a role ask for.
#[derive(Clone, Debug)]
pub struct RoleExplanation<'a> {
    /// Whose pods.
    pub role: RoleName,
    /// What makes up the memory of Spark's own container.
    pub memory: Result<RoleMemory, UntoldMemory<'a>>,
    /// The containers in the order in which they start, Spark's own last.
    pub containers: Vec<ContainerExplanation<'a>>,
    /// All that one pod asks for.
    pub requests: Resources<'a>,
}

/// Why it cannot be told how much memory Spark asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum UntoldMemory<'a> {
    /// The manifest says no language that Spark has, and the overhead depends on it.
    Language,
    /// Spark cannot read a property.
    Property(UnreadableMemory<'a>),
}

/// What one container asks for.
#[derive(Clone, Debug)]
pub struct ContainerExplanation<'a> {
    /// Its name; empty where it has none.
    pub name: &'a str,
    /// What it is to its pod.
    pub kind: ContainerKind,
    /// Whether Spark runs in it.
    pub is_spark: bool,
    /// What it runs.
    pub image: Option<&'a str>,
    /// Who put it there.
    pub origin: Option<Origin>,
    /// What it asks for, by resource.
    pub requests: Vec<Figure<'a>>,
    /// What it may not exceed, by resource.
    pub limits: Vec<Figure<'a>>,
}

/// An amount of a resource.
#[derive(Clone, Debug)]
pub struct Figure<'a> {
    /// `cpu`, `memory`, `nvidia.com/gpu`.
    pub resource: &'a str,
    /// How much; `None` where Kubernetes cannot read it.
    pub amount: Option<Quantity>,
    /// Who said so.
    pub origin: Option<Origin>,
}

/// What a policy has to do with a job.
#[derive(Clone, Debug)]
pub struct PolicyExplanation {
    /// Its name.
    pub name: String,
    /// What it is for, as its author says.
    pub description: Option<String>,
    /// Whether it is about the job.
    pub applies: Applies,
    /// What it does, in order.
    pub entries: Vec<EntryExplanation>,
}

/// Whether a policy is about a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applies {
    /// It is.
    Yes,
    /// It is not: why.
    No(String),
    /// That depends on what is not known: this.
    Unknown(&'static str),
    /// It is on by default, and this policy says the same in its place.
    Replaced(String),
}

/// What an entry of a policy does to a job that the policy is about.
#[derive(Clone, Debug)]
pub struct EntryExplanation {
    /// Its name in its policy.
    pub name: String,
    /// Its rule, as policy files call it.
    pub rule: &'static str,
    /// Whose pods it is about.
    pub roles: Vec<RoleName>,
    /// What it did.
    pub effect: Effect,
}

/// What an entry did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It changed the pods of these roles, and where there is none, the application; no others, since they have what it gives.
    Changed(Vec<Option<RoleName>>),
    /// It found so much; of that, the gravest has this effect.
    Found(usize, Enforcement),
    /// Nothing: it was not judged, for this reason.
    NotJudged(String),
}

/// What there is to tell of the request's object, if it is created; `None` where it is no application.
///
/// # Errors
/// An application of which nothing can be told.
pub fn of_application<'a>(
    policies: &PolicySet,
    request: &Request<'a>,
    facts: &Facts<'a>,
) -> Result<Option<Explanation<'a>>, PreviewError> {
    let Some(preview) = preview::of_application(policies, request, facts)? else {
        return Ok(None);
    };
    let verdict = evaluate(policies, request, facts);
    let candidate = Candidate::new(request, facts, Some(&preview.workload));
    let replacing = policies
        .policies()
        .iter()
        .find(|policy| policy.replaces_builtin() && policy.applies_to(&candidate) == Holds::Yes);
    let explain = |policy: &Policy| PolicyExplanation {
        name: policy.name.clone(),
        description: policy.description.clone(),
        applies: match (policy.applies_to(&candidate), replacing) {
            (Holds::Yes, Some(replacing)) if policy.is_builtin() => Applies::Replaced(replacing.name.clone()),
            (Holds::Yes, _) => Applies::Yes,
            (Holds::No, _) => Applies::No(policy.why_not(&candidate).unwrap_or_default()),
            (Holds::Unknown(what), _) => Applies::Unknown(what),
        },
        entries: entries(policy, &verdict),
    };
    Ok(Some(Explanation {
        roles: preview
            .workload
            .pods
            .each_ref()
            .map(|pod| RoleExplanation::of(pod, &preview.workload)),
        policies: policies.policies().iter().map(explain).collect(),
        findings: verdict.findings,
        preview,
    }))
}

fn entries(policy: &Policy, verdict: &Verdict) -> Vec<EntryExplanation> {
    let mutations = policy.mutations.iter().map(|entry| EntryExplanation {
        name: entry.code.entry.clone(),
        rule: entry.rule.name,
        roles: entry.roles.clone(),
        effect: Effect::Changed(
            verdict
                .mutations
                .iter()
                .chain(&verdict.foreseen)
                .filter(|record| record.code == entry.code && record.has_effect())
                .map(|record| record.role)
                .collect(),
        ),
    });
    let validations = policy.validations.iter().map(|entry| {
        let code = entry.code.to_string();
        let skipped = verdict.skipped.iter().find(|skipped| skipped.policy == code);
        let found = verdict.findings.iter().filter(|finding| finding.code == entry.code);
        EntryExplanation {
            name: entry.code.entry.clone(),
            rule: entry.rule.name,
            roles: entry.roles.clone(),
            effect: match skipped {
                Some(skipped) => Effect::NotJudged(skipped.reason.clone()),
                None => Effect::Found(
                    found.clone().count(),
                    found.map(|finding| finding.enforcement).max().unwrap_or_default(),
                ),
            },
        }
    });
    mutations.chain(validations).collect()
}

impl<'a> RoleExplanation<'a> {
    fn of(pod: &EffectivePod<'a>, workload: &Workload<'a>) -> Self {
        let memory = match workload.language {
            Some(language) => RoleMemory::of(pod.role, &workload.properties, language, workload.spark_version)
                .map_err(UntoldMemory::Property),
            None => Err(UntoldMemory::Language),
        };
        let of_spark = spark_container(pod.pod).map(|(index, _)| ("containers", index));
        let mut containers: Vec<ContainerExplanation<'a>> = demand::containers(pod.pod)
            .map(|(kind, list, index, container)| {
                let is_spark = of_spark == Some((list, index));
                ContainerExplanation::of(pod, kind, is_spark, list, index, container)
            })
            .collect();
        containers.sort_by_key(|container| container.is_spark);
        Self {
            role: pod.role,
            memory,
            containers,
            requests: demand::of_pod(pod.pod),
        }
    }

    /// Whether it can be told how much cpu Spark asks for: it always asks for some.
    #[must_use]
    pub fn tells_cpu(&self) -> bool {
        self.spark()
            .and_then(|spark| spark.request("cpu"))
            .is_some_and(|figure| figure.amount.is_some())
    }

    /// Spark's own container.
    #[must_use]
    pub fn spark(&self) -> Option<&ContainerExplanation<'a>> {
        self.containers.iter().find(|container| container.is_spark)
    }
}

impl<'a> ContainerExplanation<'a> {
    fn of(
        pod: &EffectivePod<'a>,
        kind: ContainerKind,
        is_spark: bool,
        list: &str,
        index: usize,
        container: Json<'a>,
    ) -> Self {
        let text = |key| container.get(key).and_then(Json::as_str);
        let place = PointerBuf::from_tokens(["spec", list]).with_trailing_token(index);
        let figures = |kind: &str| {
            let list = container.at(["resources", kind]);
            let members = list.map_or(&[][..], Json::members).iter();
            members
                .map(|(resource, amount)| Figure {
                    resource,
                    amount: demand::amount(*amount),
                    origin: origin_in(
                        pod,
                        &place.concat(&PointerBuf::from_tokens(["resources", kind, resource])),
                    ),
                })
                .collect()
        };
        Self {
            name: text("name").unwrap_or_default(),
            kind,
            is_spark,
            image: text("image"),
            requests: figures("requests"),
            limits: figures("limits"),
            origin: origin_in(pod, &place),
        }
    }

    /// What it asks for of a resource.
    #[must_use]
    pub fn request(&self, resource: &str) -> Option<&Figure<'a>> {
        let named = |figures: &'_ [Figure<'a>]| figures.iter().position(|figure| figure.resource == resource);
        match (named(&self.requests), named(&self.limits)) {
            (Some(index), _) => self.requests.get(index),
            (None, Some(index)) => self.limits.get(index),
            (None, None) => None,
        }
    }

    /// What it may not exceed of a resource.
    #[must_use]
    pub fn limit(&self, resource: &str) -> Option<&Figure<'a>> {
        self.limits.iter().find(|figure| figure.resource == resource)
    }
}

fn origin_in(pod: &EffectivePod<'_>, pointer: &PointerBuf) -> Option<Origin> {
    match &pod.origins {
        Origins::Application(origins) => origins.origin_of(pointer),
        Origins::Itself => None,
    }
}

impl Explanation<'_> {
    /// What the driver and so many executors ask for together, as far as both can be told.
    #[must_use]
    pub fn requests(&self, executors: u32) -> Resources<'_> {
        let [driver, executor] = &self.roles;
        let mut sum = driver.requests.clone();
        for (resource, amount) in &executor.requests {
            let total = sum.entry(resource).or_default();
            *total = *total + *amount * executors;
        }
        sum
    }

    /// How many executors the job has.
    #[must_use]
    pub fn executors(&self) -> Executors {
        self.preview.workload.executors
    }
}
