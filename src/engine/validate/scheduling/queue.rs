//! The queue that a job waits in.

use json_patch::jsonptr::PointerBuf;

use super::{is_forbidden, option};
use crate::engine::subject::Subject;
use crate::engine::validate::pattern::{Pattern, alternatives};
use crate::engine::validate::{Case, Violation};
use crate::engine::workload::{EffectivePod, Located};

/// Where the metadata of a pod names a queue: for `YuniKorn` as a label or an annotation, for Volcano, and for Kueue.
const IN_METADATA: [[&str; 2]; 5] = [
    ["annotations", "yunikorn.apache.org/queue"],
    ["labels", "yunikorn.apache.org/queue"],
    ["labels", "queue"],
    ["annotations", "scheduling.volcano.sh/queue-name"],
    KUEUE,
];
/// Kueue queues the application itself.
const KUEUE: [&str; 2] = ["labels", "kueue.x-k8s.io/queue-name"];
/// The group of a pod of Volcano's, which has the queue.
const VOLCANO_GROUP: [&str; 2] = ["annotations", "scheduling.k8s.io/group-name"];
/// The file in which Spark's own support for Volcano finds the group.
const VOLCANO_TEMPLATE: &str = "spark.kubernetes.scheduler.volcano.podGroupTemplateFile";

pub(super) fn judge(case: &Case<'_, '_>, pods: &[&EffectivePod<'_>], allowed: &[Pattern]) -> Vec<Violation> {
    let mut violations: Vec<Violation> = Vec::new();
    let of_application: Vec<Located<'_>> = in_application(case);
    for queue in &of_application {
        violations.extend(forbidden(queue, allowed, |message| {
            Violation::at(queue.pointer.clone(), message)
        }));
    }
    let mut silent = Vec::new();
    for pod in pods {
        let of_pod = in_pod(pod);
        if of_pod.is_empty() {
            silent.push(*pod);
        }
        for queue in &of_pod {
            violations.extend(forbidden(queue, allowed, |message| {
                Violation::in_pod(pod, &queue.pointer, message)
            }));
        }
    }
    if of_application.is_empty() && !is_in_a_file(case) {
        violations.extend(silent.into_iter().filter_map(|pod| missing(pod, allowed)));
    }
    // The option of an application is told to both of its pods.
    let mut once: Vec<Violation> = Vec::new();
    for violation in violations {
        if !once
            .iter()
            .any(|known| known.pointer == violation.pointer && known.message == violation.message)
        {
            once.push(violation);
        }
    }
    once
}

/// The queues that an application names for all of its pods.
fn in_application<'a>(case: &Case<'_, 'a>) -> Vec<Located<'a>> {
    let Subject::Application(_) = case.subject else {
        return Vec::new();
    };
    let [list, key] = KUEUE;
    let queues = [
        option(case, "queue"),
        Located::root(case.object).at(["metadata", list, key]),
    ];
    queues.into_iter().flatten().filter(is_named).collect()
}

fn in_pod<'a>(pod: &EffectivePod<'a>) -> Vec<Located<'a>> {
    let metadata = Located::root(pod.pod).get_or_empty("metadata");
    IN_METADATA
        .into_iter()
        .filter_map(|place| metadata.at(place))
        .filter(is_named)
        .collect()
}

fn is_named(queue: &Located<'_>) -> bool {
    queue.json.as_str().is_some_and(|name| !name.is_empty())
}

fn forbidden(
    queue: &Located<'_>,
    allowed: &[Pattern],
    violation: impl FnOnce(String) -> Violation,
) -> Option<Violation> {
    let name = queue.json.as_str()?;
    is_forbidden(name, allowed).then(|| {
        violation(format!("the queue `{name}` is not allowed")).with_help(format!("name {}", alternatives(allowed)))
    })
}

fn is_in_a_file(case: &Case<'_, '_>) -> bool {
    case.workload
        .is_some_and(|workload| workload.properties.contains(VOLCANO_TEMPLATE))
}

/// A pod without a queue.
fn missing(pod: &EffectivePod<'_>, allowed: &[Pattern]) -> Option<Violation> {
    if is_in_foreign_group(pod) {
        return None;
    }
    let message = format!("the {}'s pod names no queue", pod.role);
    let violation = Violation::in_pod(pod, &PointerBuf::from_tokens(["metadata"]), message);
    Some(violation.with_help(format!("name {}", alternatives(allowed))))
}

/// Whether a pod is in a group of Volcano's whose queue nobody tells: any but the one that kubeflow's operator makes of `batchScheduler`.
fn is_in_foreign_group(pod: &EffectivePod<'_>) -> bool {
    let group = Located::root(pod.pod).get_or_empty("metadata").at(VOLCANO_GROUP);
    group.is_some_and(|group| {
        let (place, _) = pod.place_of(&group.pointer);
        place.back().is_none_or(|token| token.decoded() != "batchScheduler")
    })
}
