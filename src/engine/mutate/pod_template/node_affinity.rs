//! The required node affinity: a node has to match one of its terms, and of a term all conditions.

use json_patch::jsonptr::Pointer;

use crate::engine::json::{Json, Member};
use crate::engine::merge;
use crate::engine::mutate::Editor;
use crate::engine::patch::PatchError;

const CONDITIONS: [&str; 2] = ["matchExpressions", "matchFields"];

/// Narrows the terms at `list` down to what one of `wanted` asks for too. Several that are wanted make as many of each that does
/// not imply one of them. A term without conditions matches no node, and stays.
pub(super) fn require<'a>(editor: &mut Editor<'_, 'a>, list: &Pointer, wanted: &[Json<'a>]) -> Result<(), PatchError> {
    let present = editor.get(list).map_or(&[][..], Json::items);
    if present.is_empty() {
        return wanted.iter().try_for_each(|term| editor.append(list, *term).map(drop));
    }
    for (index, term) in present.iter().enumerate() {
        if is_empty(*term) || wanted.iter().any(|wanted| implies(*term, *wanted)) {
            continue;
        }
        let Some((first, others)) = wanted.split_first() else {
            continue;
        };
        for other in others {
            let both = conjunction(editor, *term, *other);
            editor.append(list, both)?;
        }
        let place = list.with_trailing_token(index);
        for field in CONDITIONS {
            for condition in lacking(*term, *first, field) {
                editor.append(&place.with_trailing_token(field), condition)?;
            }
        }
    }
    Ok(())
}

fn conditions<'a>(term: Json<'a>, field: &str) -> &'a [Json<'a>] {
    term.get(field).map_or(&[][..], Json::items)
}

fn is_empty(term: Json<'_>) -> bool {
    CONDITIONS.iter().all(|field| conditions(term, field).is_empty())
}

/// The conditions that `wanted` has and `term` has not.
fn lacking<'a>(term: Json<'_>, wanted: Json<'a>, field: &str) -> Vec<Json<'a>> {
    let present = conditions(term, field);
    let is_there = |condition: Json<'_>| present.iter().any(|present| merge::is_same(field, *present, condition));
    let wanted = conditions(wanted, field).iter().copied();
    wanted.filter(|condition| !is_there(*condition)).collect()
}

/// Whether every node that a term matches is one that `wanted` matches, as far as their conditions are the same.
fn implies(term: Json<'_>, wanted: Json<'_>) -> bool {
    CONDITIONS.iter().all(|field| lacking(term, wanted, field).is_empty())
}

fn conjunction<'a>(editor: &Editor<'_, 'a>, term: Json<'a>, wanted: Json<'a>) -> Json<'a> {
    let arena = editor.arena();
    let mut members: Vec<Member<'a>> = term
        .members()
        .iter()
        .filter(|(field, _)| !CONDITIONS.contains(field))
        .copied()
        .collect();
    for field in CONDITIONS {
        let all = [conditions(term, field), &lacking(term, wanted, field)].concat();
        if !all.is_empty() {
            members.push((field, arena.array(&all)));
        }
    }
    arena.object(&members)
}
