//! The name of an executor's pod, and what is made of it.
//!
//! `BasicExecutorFeatureStep`, and `isValidExecutorPodNamePrefix` of `Config.scala`.

use super::super::spark_pod::SparkPod;
use crate::engine::workload::Origin;
use crate::engine::workload::pod_builder::step::Step;
use crate::engine::workload::pod_builder::{Draft, generated};
use crate::engine::workload::submission::APP_NAME;

/// No host name has more characters.
const LONGEST_HOST_NAME: usize = 63;
/// A prefix leaves room for `-exec-` and the largest number, within the 253 characters of a name.
const LONGEST_PREFIX: usize = 237;

/// Names the pod, and its host.
pub(super) fn set<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    let (prefix, origin) = generated::executor_prefix(step);
    refuse_as_prefix(step, &prefix, &origin);
    let name = format!("{prefix}-exec-{}", generated::executor_id(step));
    pod.metadata()
        .set("name", Draft::text(step.arena.string(&name), origin.clone()));
    let host_name = step.arena.string(&host_name(&name, step));
    pod.spec().set("hostname", Draft::text(host_name, origin));
}

fn refuse_as_prefix(step: &mut Step<'_, '_>, prefix: &str, origin: &Origin) {
    // Spark 3.2 minds only what Kubernetes would not take.
    let checked = if step.since(3, 3) {
        prefix
    } else {
        prefix.trim_end_matches(['-', '.'])
    };
    if is_prefix(checked) {
        return;
    }
    let origin = match origin {
        // Made of the application's name.
        Origin::Default(_) => step.property(APP_NAME).map_or(origin, |name| &name.origin),
        _ => origin,
    };
    let message = format!("`{prefix}` cannot begin the names of pods");
    let help = format!(
        "write at most {LONGEST_PREFIX} small letters, digits, dashes and dots, and begin and end each part with a letter or a digit"
    );
    step.refuse(origin, message, Some(help));
}

/// `BasicExecutorFeatureStep`: the end of the name, where the number is.
fn host_name(name: &str, step: &Step<'_, '_>) -> String {
    let start = name.len().saturating_sub(LONGEST_HOST_NAME);
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let tail = name
        .get(start..)
        .unwrap_or(name)
        .trim_start_matches(|character| !is_word(character));
    let mut host_name = String::with_capacity(tail.len());
    for character in tail.chars() {
        if is_word(character) || character == '-' {
            host_name.push(character);
        } else if !host_name.ends_with('_') || character == '_' {
            host_name.push('_');
        }
    }
    if generated::is_deployment(step) {
        host_name = host_name.to_lowercase();
    }
    host_name
}

/// A DNS subdomain that leaves room for what follows.
fn is_prefix(prefix: &str) -> bool {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        bytes.first().copied().is_some_and(is_alphanumeric)
            && bytes.last().copied().is_some_and(is_alphanumeric)
            && bytes.iter().all(|byte| is_alphanumeric(*byte) || *byte == b'-')
    };
    prefix.len() <= LONGEST_PREFIX && prefix.split('.').all(is_part)
}
