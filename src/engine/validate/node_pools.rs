//! Node pools as policies describe them, for the rules that ask where a pod can land.

use json_patch::jsonptr::{Pointer, PointerBuf};

use crate::engine::label;
use crate::engine::policy::document::Problem;
use crate::engine::scheduling::{NodePool, Taint};

/// What is wrong with the list of pools at `place`. An empty one is, and so is a pool that nothing tells from others.
pub(super) fn problems(pools: &[NodePool], place: &Pointer) -> Vec<Problem> {
    if pools.is_empty() {
        return vec![
            Problem::at(place.to_buf(), "no pool is described").with_help("give each pool its labels and its taint"),
        ];
    }
    let mut problems = Vec::new();
    for (index, pool) in pools.iter().enumerate() {
        let place = place.with_trailing_token(index);
        if pool.labels.is_empty() && pool.taint.is_none() {
            problems.push(
                Problem::at(place.clone(), "a pool without labels and taint is every node")
                    .with_help("write the labels that its nodes have, or their taint"),
            );
        }
        problems.extend(unreadable(pool, &place));
    }
    problems
}

/// What no node can have, of the pool that is described at `place`.
pub(super) fn unreadable(pool: &NodePool, place: &Pointer) -> Vec<Problem> {
    let labels = place.with_trailing_token("labels");
    let of_labels = pool
        .labels
        .iter()
        .flat_map(|(key, value)| Problem::of_label(&labels, key, value));
    let of_taint = pool.taint.iter().flat_map(|taint| taint_problems(taint, place));
    of_labels.chain(of_taint).collect()
}

fn taint_problems(taint: &Taint, pool: &Pointer) -> Vec<Problem> {
    let place = |field| pool.concat(&PointerBuf::from_tokens(["taint", field]));
    let mut problems = Vec::new();
    if !label::is_key(&taint.key) {
        let message = format!("`{}` is no taint key", taint.key);
        problems.push(Problem::at(place("key"), message).with_help(label::KEY_HELP));
    }
    if !label::is_value(&taint.value) {
        let message = format!("`{}` is no taint value", taint.value);
        problems.push(Problem::at(place("value"), message).with_help(label::VALUE_HELP));
    }
    problems
}

/// How a pool is told from others: by its labels, or by its taint when it has none.
pub(super) fn name_of(pool: &NodePool) -> String {
    if let Some(taint) = pool.taint.as_ref().filter(|_| pool.labels.is_empty()) {
        return format!("the taint `{}={}:{}`", taint.key, taint.value, taint.effect.as_str());
    }
    let labels: Vec<String> = pool
        .labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    format!("`{}`", labels.join(","))
}
