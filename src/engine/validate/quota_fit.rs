//! `quotaFit`: fits the quotas and limit ranges of its namespace, beside what others reserve.
//!
//! ## What it does
//! Asks what the API server will charge for the whole job: driver and executors as they will be after mutation and defaults, with sidecars, init
//! containers, overhead and extended resources, and the services, config maps and claims that come with them. That must fit
//! `hard − used − reserved`, where reserved is what applications that were let in before are still to be charged. A container that leaves out what
//! a quota counts, and one outside of a limit range, is found too: the API server would refuse its pod. A schedule, and an application that is
//! suspended, must fit an empty quota, and reserves nothing. An update is charged what it adds.
//!
//! Each replica of the server keeps what it let in for 30 seconds, until it sees the application in the cluster. So two applications that come to one
//! replica at one moment never both get the last of a quota; if they come to two replicas, they may, for as long as a watch takes to tell. Such an
//! overlap is counted by the metric `sparkgate_quota_overlaps_total`.
//!
//! It decides about applications. The API server itself decides about their pods.
//!
//! ## Why
//! A driver that starts in a namespace whose quota is full waits for executors that never come, and says nothing.
//!
//! ## Policy
//! ```yaml
//! - name: fits-its-quota
//!   quotaFit:
//!     # How many executors must fit: those that the job has at `start`, at least (`min`), or at most (`max`, the default).
//!     executors: max
//!     # What to do where quotas, limit ranges or other applications are not known: `deny`, `warn` (the default) or `allow`. What `check` is not told
//!     # with --cluster, it does not judge.
//!     whenUnknown: warn
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: v1
//! kind: ResourceQuota
//! metadata: {name: compute, namespace: team-alpha}
//! spec: {hard: {requests.cpu: "20"}}
//! ---
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: wide, namespace: team-alpha}
//! spec:
//!   type: Scala
//!   mode: cluster
//!   image: spark:3.5.1
//!   mainClass: com.example.Wide
//!   mainApplicationFile: local:///opt/spark/jars/wide.jar
//!   sparkVersion: 3.5.1
//!   driver: {cores: 1, memory: 2g}
//!   executor: {cores: 4, memory: 8g, instances: 10}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: v1
//! kind: ResourceQuota
//! metadata: {name: compute, namespace: team-alpha}
//! spec: {hard: {requests.cpu: "20"}}
//! ---
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: narrow, namespace: team-alpha}
//! spec:
//!   type: Scala
//!   mode: cluster
//!   image: spark:3.5.1
//!   mainClass: com.example.Narrow
//!   mainApplicationFile: local:///opt/spark/jars/narrow.jar
//!   sparkVersion: 3.5.1
//!   driver: {cores: 1, memory: 2g}
//!   executor: {cores: 4, memory: 8g, instances: 4}
//! ```

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use super::{Case, Rule, Violation};
use crate::engine::facts::ResourceQuota;
use crate::engine::finding::Enforcement;
use crate::engine::policy::document::Problem;
use crate::engine::policy::select::Holds;
use crate::engine::quota::scope::Class;
use crate::engine::quota::{
    AdmittedPod, Charges, Fit, JobDemand, NotAdmitted, Shortfall, Standing, constraint, limits,
};
use crate::engine::request::{Operation, Phase};
use crate::engine::subject::{ApplicationKind, Subject};
use crate::engine::workload::{EffectivePod, Executors, Property, RoleName, Workload};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "quotaFit";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuotaFit {
    /// How many executors must fit.
    #[serde(default)]
    executors: ExecutorCount,
    /// What to do where it cannot be told.
    #[serde(default)]
    when_unknown: WhenUnknown,
}

/// Which of the numbers of executors that a job can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ExecutorCount {
    Start,
    Min,
    #[default]
    Max,
}

/// What to do where it cannot be told whether a job fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WhenUnknown {
    Deny,
    #[default]
    Warn,
    Allow,
}

impl Rule for QuotaFit {
    fn problems(&self) -> Vec<Problem> {
        Vec::new()
    }

    fn undecided(&self, case: &Case<'_, '_>) -> Option<String> {
        let is_untold = case.request.phase == Phase::Check && case.facts.quotas.is_none();
        let is_job = matches!(case.subject, Subject::Application(_));
        (is_untold && is_job).then(|| match case.request.namespace {
            Some(namespace) => format!(
                "nothing is known of the quotas in namespace `{namespace}`: name manifests of it with --cluster"
            ),
            None => "which namespace's quotas count is not known: name it with --namespace".to_owned(),
        })
    }

    fn executors_counted(&self, executors: Executors) -> Option<u32> {
        self.executors.of(executors)
    }

    fn judges_pods(&self) -> bool {
        false
    }

    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        let (Subject::Application(kind), Some(workload)) = (case.subject, case.workload) else {
            return Vec::new();
        };
        let mut violations = Vec::new();
        let mut reason = None;
        for pod in workload.pods.iter().filter(|pod| roles.contains(&pod.role)) {
            match refusals_of(pod, case) {
                Ok(found) => violations.extend(found),
                Err(unknown) => reason = Some(unknown),
            }
        }
        match self.judge_job(case, kind, workload) {
            Ok(found) => violations.extend(found),
            Err(NotAdmitted::NotKnown(unknown)) => reason = Some(unknown),
            // That was said of the pod itself.
            Err(NotAdmitted::Refused { .. }) => {}
        }
        violations.extend(reason.and_then(|reason| self.unknown(kind, case, reason)));
        violations
    }
}

impl ExecutorCount {
    /// The number; `None` where a job may have any number.
    fn of(self, executors: Executors) -> Option<u32> {
        match self {
            Self::Start => Some(executors.initial),
            Self::Min => Some(executors.min),
            Self::Max => executors.max,
        }
    }

    /// The properties that say the number, those first that count most.
    fn properties(self, is_dynamic: bool) -> &'static [&'static str] {
        match self {
            _ if !is_dynamic => &["spark.executor.instances"],
            Self::Start => &[
                "spark.dynamicAllocation.initialExecutors",
                "spark.executor.instances",
                "spark.dynamicAllocation.minExecutors",
            ],
            Self::Min => &["spark.dynamicAllocation.minExecutors"],
            Self::Max => &["spark.dynamicAllocation.maxExecutors"],
        }
    }
}

impl QuotaFit {
    /// What the quotas leave too little of for the whole job.
    fn judge_job(
        &self,
        case: &Case<'_, '_>,
        kind: ApplicationKind,
        workload: &Workload<'_>,
    ) -> Result<Option<Violation>, NotAdmitted> {
        let unknown = NotAdmitted::NotKnown;
        let quotas = case
            .facts
            .quotas
            .ok_or(unknown("the quotas of the namespace are not known"))?;
        let executors = self.executors.of(workload.executors).ok_or(unknown(
            "how many executors the job asks for at most is not known, since it sets no maximum",
        ))?;
        let mut demand = JobDemand::of(kind, case.object, workload, executors, case.facts)?;
        let statement = match Standing::of_request(kind, case.object) {
            Standing::Active => {
                let statement = case.facts.statement;
                Some(statement.ok_or(unknown("what other applications still have to come is not known"))?)
            }
            Standing::Waiting | Standing::Finished => None,
        };
        let own = statement.and_then(|statement| statement.own.as_ref());
        // It is there already, and counted.
        if case.request.operation == Operation::Update || own.is_some() {
            demand.itself = Charges::default();
        }
        if own.is_none() && runs_already(case, kind) {
            return Err(unknown("what the application was let in with is not known"));
        }
        let fit = Fit {
            quotas,
            statement,
            demand: &demand,
        };
        self.short(&fit, workload, kind, case)
    }

    fn short(
        &self,
        fit: &Fit<'_>,
        workload: &Workload<'_>,
        kind: ApplicationKind,
        case: &Case<'_, '_>,
    ) -> Result<Option<Violation>, NotAdmitted> {
        let executors = fit.demand.executors;
        let shortfalls = fit.shortfalls(executors)?;
        if shortfalls.is_empty() {
            return Ok(None);
        }
        let most = fit.most_executors();
        // What stands in the way of one more executor is what there is to say first.
        let tightest = fit.shortfalls(most.map_or(0, |most| most.saturating_add(1)))?;
        let tightest = tightest.first().and_then(|tight| {
            shortfalls
                .iter()
                .find(|short| (&short.quota, &short.resource) == (&tight.quota, &tight.resource))
        });
        let Some(tightest) = tightest.or(shortfalls.first()) else {
            return Ok(None);
        };
        let message = describe(tightest, shortfalls.len() - 1, most, executors);
        let place = match most {
            Some(_) => self
                .place_of_count(workload, executors)
                .unwrap_or_else(|| section(kind, case, RoleName::Executor)),
            None => section(kind, case, RoleName::Driver),
        };
        let help = match most {
            None | Some(0) => "ask for a larger quota, or wait until others have finished".to_owned(),
            Some(1) => "ask for no more than 1 executor, or for a larger quota".to_owned(),
            Some(most) => format!("ask for no more than {most} executors, or for a larger quota"),
        };
        Ok(Some(Violation {
            shortfalls,
            ..Violation::at(place, message).with_help(help)
        }))
    }

    /// Where it is written how many executors there are.
    fn place_of_count(&self, workload: &Workload<'_>, executors: u32) -> Option<PointerBuf> {
        let is_dynamic = workload.properties.is_true("spark.dynamicAllocation.enabled");
        let says_it =
            |property: &&Property<'_>| property.as_i32().and_then(|count| u32::try_from(count).ok()) == Some(executors);
        let property = self
            .executors
            .properties(is_dynamic)
            .iter()
            .find_map(|name| workload.properties.get(name).filter(says_it))?;
        property.origin.pointer().map(Pointer::to_buf)
    }

    fn unknown(&self, kind: ApplicationKind, case: &Case<'_, '_>, reason: &str) -> Option<Violation> {
        let ceiling = match self.when_unknown {
            WhenUnknown::Deny => Enforcement::Deny,
            WhenUnknown::Warn => Enforcement::Warn,
            WhenUnknown::Allow => return None,
        };
        let message = format!("it cannot be told whether the job fits: {reason}");
        Some(Violation::at(kind.spec(case.object).pointer, message).at_most(ceiling))
    }
}

/// Whether an update is about an application that has pods.
fn runs_already(case: &Case<'_, '_>, kind: ApplicationKind) -> bool {
    let old = case
        .request
        .old_object
        .filter(|_| case.request.operation == Operation::Update);
    old.is_some_and(|old| Standing::of_stored(kind, old) == Standing::Active)
}

fn section(kind: ApplicationKind, case: &Case<'_, '_>, role: RoleName) -> PointerBuf {
    kind.spec(case.object).pointer.with_trailing_token(kind.section(role))
}

/// What the API server would refuse a pod for, whatever else there is.
fn refusals_of(pod: &EffectivePod<'_>, case: &Case<'_, '_>) -> Result<Vec<Violation>, &'static str> {
    let role = pod.role;
    let admitted = match AdmittedPod::new(pod.pod, case.facts) {
        Ok(admitted) => admitted,
        Err(NotAdmitted::NotKnown(reason)) => return Err(reason),
        Err(NotAdmitted::Refused { pointer, message }) => {
            let message = format!("the API server refuses the {role}: {message}");
            return Ok(vec![Violation::in_pod(pod, &pointer, message)]);
        }
    };
    let mut violations = Vec::new();
    for problem in limits::out_of_range(&admitted, case.facts.limit_ranges.unwrap_or_default()) {
        let message = format!("the {role} is never made: {}", problem.message);
        violations.push(Violation::in_pod(pod, &problem.pointer, message));
    }
    let class = Class::Pod(admitted.class.clone());
    for quota in case.facts.quotas.unwrap_or_default() {
        if class.counts_against(quota) == Holds::Yes {
            violations.extend(unsaid(pod, &admitted, quota));
        }
    }
    Ok(violations)
}

/// What a quota counts, and containers leave out.
fn unsaid(pod: &EffectivePod<'_>, admitted: &AdmittedPod<'_>, quota: &ResourceQuota) -> Option<Violation> {
    let unsaid = constraint::unsaid(admitted, quota);
    let silent = |name| unsaid.values().any(|containers| containers.contains(name));
    let container = admitted.containers.iter().find(|container| silent(container.name))?;
    let message = format!(
        "the {} is never made: the quota `{}` refuses it, must specify {}",
        pod.role,
        quota.name,
        constraint::describe(&unsaid)
    );
    let how = if unsaid.contains_key("limits.cpu") {
        format!(
            "set `spark.kubernetes.{}.limit.cores`, which kubeflow's operator calls `coreLimit`",
            pod.role
        )
    } else {
        "say how much".to_owned()
    };
    let help = format!("{how}, or have a limit range of the namespace set a default");
    Some(Violation::in_pod(pod, &container.pointer, message).with_help(help))
}

fn describe(tightest: &Shortfall, others: usize, most: Option<u32>, executors: u32) -> String {
    let Shortfall {
        quota,
        resource,
        wanted,
        used,
        reserved,
        hard,
        short_by,
    } = tightest;
    let fitting = match most {
        Some(most) => format!("{most} of its {executors} executors would fit"),
        None => "not even its driver would fit".to_owned(),
    };
    let others = match others {
        0 => String::new(),
        1 => ", and of 1 other resource".to_owned(),
        others => format!(", and of {others} other resources"),
    };
    format!(
        "the job does not fit the quota `{quota}`: {fitting}; {resource} wanted {wanted}, used {used}, reserved {reserved}, hard {hard}: short by {short_by}{others}"
    )
}
