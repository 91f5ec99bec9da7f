//! `scheduling`: by allowed schedulers, queues and priorities, and no gang that waits for ever.
//!
//! ## What it does
//! Looks at the schedulers, queues and priority classes that the pods name, whichever field, property or template they come from, and at
//! `batchSchedulerOptions`. A pod that names no scheduler has `default-scheduler`, and one that names no priority class the cluster's default, which is
//! let be. Where `queues` are given, a queue has to be named: by `batchSchedulerOptions.queue`, or as `YuniKorn`, Volcano or Kueue read it from labels
//! and annotations. Gang settings are always judged: task groups of `YuniKorn` with more members than the job has pods, and
//! resources for Volcano's pod group that the job never asks for. Members larger than the pods are no more than a warning: those wait longer
//! than they need. It decides about applications and about pods; how many executors there
//! are, and the queue of a pod in a group of Volcano's, a pod alone does not tell.
//!
//! ## Why
//! A scheduler that is not there leaves pods pending for ever, and says nothing. A gang waits until there is room for all of it, also for
//! what never comes: `YuniKorn` keeps placeholders on nodes for them meanwhile, Volcano does not let the driver in.
//!
//! ## Policy
//! ```yaml
//! - name: in-a-queue
//!   scheduling:
//!     # Names or patterns, in which `*` stands for any letters.
//!     schedulers: [default-scheduler, volcano, yunikorn]
//!     queues: ["root.team-*"]
//!     priorityClasses: ["spark-*"]
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
//!   batchScheduler: volcano
//!   batchSchedulerOptions: {queue: root.default, resources: {cpu: "100"}}
//!   driver: {}
//!   executor: {instances: 2}
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
//!   batchScheduler: volcano
//!   batchSchedulerOptions: {queue: root.team-data, resources: {cpu: "3"}}
//!   driver: {}
//!   executor: {instances: 2}
//! ```

mod gang;
mod queue;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use super::pattern::{Pattern, alternatives};
use super::{Case, Rule, Violation};
use crate::engine::json::Json;
use crate::engine::policy::document::Problem;
use crate::engine::subject::Subject;
use crate::engine::workload::{EffectivePod, Located, RoleName};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "scheduling";

/// The scheduler of pods that name none.
const DEFAULT_SCHEDULER: &str = "default-scheduler";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scheduling {
    /// The schedulers that pods may name; any when not given.
    schedulers: Option<Vec<Pattern>>,
    /// The queues of which a job has to name one; none when not given.
    queues: Option<Vec<Pattern>>,
    /// The priority classes that pods may name; any when not given.
    priority_classes: Option<Vec<Pattern>>,
}

impl Rule for Scheduling {
    fn problems(&self) -> Vec<Problem> {
        [
            ("schedulers", &self.schedulers),
            ("queues", &self.queues),
            ("priorityClasses", &self.priority_classes),
        ]
        .into_iter()
        .filter(|(_, patterns)| patterns.as_ref().is_some_and(Vec::is_empty))
        .map(|(field, _)| {
            Problem::at(PointerBuf::from_tokens([field]), "nothing is allowed here")
                .with_help("name something, or leave the field out")
        })
        .collect()
    }

    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        let pods: Vec<_> = case.pods.iter().filter(|pod| roles.contains(&pod.role)).collect();
        let mut violations = Vec::new();
        for pod in &pods {
            violations.extend(self.schedulers.iter().filter_map(|allowed| scheduler(pod, allowed)));
            violations.extend(
                self.priority_classes
                    .iter()
                    .filter_map(|allowed| priority_class(pod, allowed)),
            );
        }
        violations.extend(
            self.priority_classes
                .iter()
                .filter_map(|allowed| group_priority(case, allowed)),
        );
        if let Some(queues) = &self.queues {
            violations.extend(queue::judge(case, &pods, queues));
        }
        violations.extend(gang::judge(case, roles));
        violations
    }
}

fn scheduler(pod: &EffectivePod<'_>, allowed: &[Pattern]) -> Option<Violation> {
    let named = pod.pod.at(["spec", "schedulerName"]).and_then(Json::as_str);
    let name = named.filter(|name| !name.is_empty()).unwrap_or(DEFAULT_SCHEDULER);
    let place = PointerBuf::from_tokens(["spec", "schedulerName"]);
    is_forbidden(name, allowed).then(|| {
        let message = format!("the {}'s scheduler `{name}` is not allowed", pod.role);
        Violation::in_pod(pod, &place, message).with_help(format!("name {}", alternatives(allowed)))
    })
}

fn priority_class(pod: &EffectivePod<'_>, allowed: &[Pattern]) -> Option<Violation> {
    let class = Located::root(pod.pod).at(["spec", "priorityClassName"])?;
    let name = class.json.as_str().filter(|name| !name.is_empty())?;
    is_forbidden(name, allowed).then(|| {
        let message = format!("the {}'s priority class `{name}` is not allowed", pod.role);
        Violation::in_pod(pod, &class.pointer, message).with_help(format!("name {}, or none", alternatives(allowed)))
    })
}

/// The priority class of the group that kubeflow's operator makes for Volcano.
fn group_priority(case: &Case<'_, '_>, allowed: &[Pattern]) -> Option<Violation> {
    let class = option(case, "priorityClassName")?;
    let name = class.json.as_str().filter(|name| !name.is_empty())?;
    is_forbidden(name, allowed).then(|| {
        let message = format!("the priority class `{name}` is not allowed");
        Violation::at(class.pointer.clone(), message).with_help(format!("name {}, or none", alternatives(allowed)))
    })
}

fn is_forbidden(name: &str, allowed: &[Pattern]) -> bool {
    !allowed.iter().any(|allowed| allowed.matches(name))
}

/// What an application tells kubeflow's operator about its batch scheduler.
fn option<'a>(case: &Case<'_, 'a>, field: &str) -> Option<Located<'a>> {
    let Subject::Application(kind) = case.subject else {
        return None;
    };
    kind.spec(case.object).at(["batchSchedulerOptions", field])
}
