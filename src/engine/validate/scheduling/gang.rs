//! Gangs that wait for what never comes.
//!
//! `YuniKorn` makes a placeholder for each member of each task group, and lets pods in when all of them have a place
//! (`GetTaskGroupsFromAnnotation` of its shim, `tryPlaceholderAllocate` of its core). Volcano lets the first pod of a group in when the
//! group's `minResources` are free (its `enqueue` action); kubeflow's operator takes these from `batchSchedulerOptions.resources`, and asks for one
//! member, since executors come only once the driver runs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::option;
use crate::engine::finding::Enforcement;
use crate::engine::json::Json;
use crate::engine::quantity::Quantity;
use crate::engine::subject::{ApplicationKind, Subject};
use crate::engine::validate::{Case, Violation};
use crate::engine::workload::{EffectivePod, Located, RoleName, Workload, demand};

const TASK_GROUPS: [&str; 3] = ["metadata", "annotations", "yunikorn.apache.org/task-groups"];
const TASK_GROUP_NAME: [&str; 3] = ["metadata", "annotations", "yunikorn.apache.org/task-group-name"];

/// The batch scheduler that waits for `batchSchedulerOptions.resources`.
const VOLCANO: &str = "volcano";

/// A group of pods of one size, as `YuniKorn` reads it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TaskGroup {
    name: String,
    min_member: i32,
    #[serde(default)]
    min_resource: BTreeMap<String, Value>,
}

pub(super) fn judge(case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for pod in case.pods.iter().filter(|pod| roles.contains(&pod.role)) {
        if let Some(annotation) = Located::root(pod.pod).at(TASK_GROUPS) {
            violations.extend(task_groups(case, pod, &annotation));
        }
    }
    if let (Subject::Application(kind), Some(workload)) = (case.subject, case.workload) {
        violations.extend(pod_group(case, kind, workload));
    }
    violations
}

fn task_groups(case: &Case<'_, '_>, pod: &EffectivePod<'_>, annotation: &Located<'_>) -> Vec<Violation> {
    let violation = |message: String| Violation::in_pod(pod, &annotation.pointer, message);
    let groups: Option<Vec<TaskGroup>> = annotation
        .json
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .filter(|groups: &Vec<TaskGroup>| {
            groups
                .iter()
                .all(|group| !group.name.is_empty() && group.min_member >= 0)
        });
    let Some(groups) = groups else {
        return vec![
            violation("YuniKorn does not read these task groups".to_owned())
                .with_help("write a JSON list of objects with `name`, `minMember` and `minResource`"),
        ];
    };
    groups
        .iter()
        .flat_map(|group| {
            let members: Vec<_> = case.pods.iter().filter(|pod| is_in(pod, &group.name)).collect();
            let too_many = most_members(case, &members)
                .filter(|most| i64::from(group.min_member) > i64::from(*most))
                .map(|most| {
                    let message = format!(
                        "the task group `{}` waits for {} pods, and the job has {most} in it",
                        group.name, group.min_member
                    );
                    violation(message).with_help(format!("write a `minMember` of at most {most}"))
                });
            let too_large = members
                .first()
                .into_iter()
                .flat_map(|pod| excess(group, pod))
                .map(|(name, most)| {
                    let message = format!("the task group `{}` asks for more {name} than its pods do", group.name);
                    // A pod does take the place of a larger placeholder, once there is room for that.
                    violation(message)
                        .with_help(format!("write at most `{most}`"))
                        .at_most(Enforcement::Warn)
                });
            too_many.into_iter().chain(too_large).collect::<Vec<_>>()
        })
        .collect()
}

fn is_in(pod: &EffectivePod<'_>, group: &str) -> bool {
    pod.pod.at(TASK_GROUP_NAME).and_then(Json::as_str) == Some(group)
}

/// How many pods of these kinds a job has at most; `None` where nothing bounds it, or where that is not known.
fn most_members(case: &Case<'_, '_>, pods: &[&EffectivePod<'_>]) -> Option<u32> {
    let most = |pod: &EffectivePod<'_>| match (pod.role, case.workload) {
        (RoleName::Driver, _) => Some(1),
        (RoleName::Executor, Some(workload)) => workload.executors.max,
        (RoleName::Executor, None) => None,
    };
    // A driver alone does not tell which groups its executors are in.
    if case.workload.is_none() && pods.is_empty() {
        return None;
    }
    pods.iter().map(|pod| most(pod)).sum()
}

/// What a group asks for beyond what a pod of it does, and what the pod asks for.
fn excess(group: &TaskGroup, pod: &EffectivePod<'_>) -> Vec<(String, Quantity)> {
    let demand = demand::of_pod(pod.pod);
    group
        .min_resource
        .iter()
        .filter_map(|(name, amount)| {
            let asked = match amount {
                Value::String(text) => text.parse::<Quantity>().ok()?,
                Value::Number(number) => number.to_string().parse().ok()?,
                _ => return None,
            };
            let own = demand.get(name.as_str()).copied().unwrap_or_default();
            (asked > own).then(|| (name.clone(), own))
        })
        .collect()
}

/// What the group of Volcano's waits for, and the job never asks for.
fn pod_group(case: &Case<'_, '_>, kind: ApplicationKind, workload: &Workload<'_>) -> Vec<Violation> {
    let spec = kind.spec(case.object).json;
    let is_of_volcano = spec.get("batchScheduler").and_then(Json::as_str) == Some(VOLCANO);
    let Some(resources) = option(case, "resources").filter(|_| is_of_volcano) else {
        return Vec::new();
    };
    resources
        .members()
        .filter_map(|(name, amount)| {
            let waits_for = demand::amount(amount.json)?;
            let most = most_of_all(case.pods, workload, name)?;
            (waits_for > most).then(|| {
                let message =
                    format!("the job waits until `{waits_for}` of {name} is free, and asks for `{most}` at most");
                Violation::at(amount.pointer, message)
                    .with_help(format!("write at most `{most}`, or leave `resources` out"))
            })
        })
        .collect()
}

/// What all pods of a job together ask for, at most; `None` where nothing bounds it.
fn most_of_all(pods: &[EffectivePod<'_>], workload: &Workload<'_>, resource: &str) -> Option<Quantity> {
    pods.iter()
        .map(|pod| {
            let of_one = demand::of_pod(pod.pod).get(resource).copied().unwrap_or_default();
            match pod.role {
                RoleName::Driver => Some(of_one),
                RoleName::Executor if of_one.is_zero() => Some(of_one),
                RoleName::Executor => Some(of_one * workload.executors.max?),
            }
        })
        .sum()
}
