//! The memory that trees live in.

use std::cell::Cell;
use std::fmt;
use std::ops::Range;

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;

use super::{Json, Member, Number};

/// How many nodes the arena of a review may hold. A pod of 200 containers has some 20,000; an array of 7 MiB of zeros,
/// which would take 200 MiB as a tree, has 3.9 million.
pub const REVIEW_NODES: usize = 200_000;
/// How many the arena of a file may hold: what `kubectl get pods -A -o yaml` prints of some thousand pods.
pub const FILE_NODES: usize = 4_000_000;

/// The most memory, in bytes, that an arena keeps from one request to the next.
const LARGEST_KEPT: usize = 1 << 20;

/// The memory that the trees of one request, or of one file, live in, and the bound on their size.
pub struct Arena {
    bump: Bump,
    nodes: usize,
    nodes_left: Cell<usize>,
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl Arena {
    /// An empty arena for a review, of [`REVIEW_NODES`].
    #[must_use]
    pub fn new() -> Self {
        Self::of_nodes(REVIEW_NODES)
    }

    /// An empty arena for a file, of [`FILE_NODES`].
    #[must_use]
    pub fn of_file() -> Self {
        Self::of_nodes(FILE_NODES)
    }

    fn of_nodes(nodes: usize) -> Self {
        Self {
            bump: Bump::new(),
            nodes,
            nodes_left: Cell::new(nodes),
        }
    }

    /// How many nodes it may hold.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// An empty arena that expects about `bytes` of input, so that it asks the allocator once.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            bump: Bump::with_capacity(bytes),
            ..Self::new()
        }
    }

    /// Empties the arena for the next request, and keeps its memory: what was just used is mapped, and warm.
    /// What an unusually large request needed is given back.
    pub fn recycle(&mut self) {
        if self.bump.allocated_bytes() > LARGEST_KEPT {
            self.bump = Bump::new();
        } else {
            self.bump.reset();
        }
        self.nodes_left.set(self.nodes);
    }

    /// Copies a string into the arena.
    pub fn string(&self, text: &str) -> &str {
        self.bump.alloc_str(text)
    }

    /// An array of copies of `items`.
    pub fn array<'a>(&'a self, items: &[Json<'a>]) -> Json<'a> {
        Json::Array(self.bump.alloc_slice_copy(items))
    }

    /// An object of copies of `members`.
    pub fn object<'a>(&'a self, members: &[Member<'a>]) -> Json<'a> {
        Json::Object(self.bump.alloc_slice_copy(members))
    }

    /// An empty stack that lives here too, so that a recycled arena asks the allocator for nothing.
    pub(super) fn stack<T>(&self) -> BumpVec<'_, T> {
        BumpVec::with_capacity_in(64, &self.bump)
    }

    /// A copy of `items` with those in `place` replaced by `item`, or taken out when there is none.
    pub(in crate::engine) fn spliced<'a, T: Copy>(
        &'a self,
        items: &[T],
        place: Range<usize>,
        item: Option<T>,
    ) -> &'a [T] {
        let mut copy = BumpVec::with_capacity_in(items.len() + 1, &self.bump);
        copy.extend_from_slice_copy(&items[..place.start]);
        copy.extend(item);
        copy.extend_from_slice_copy(&items[place.end..]);
        copy.into_bump_slice()
    }

    /// Takes one node off the budget; false when there is none left.
    #[must_use]
    pub fn spend_node(&self) -> bool {
        match self.nodes_left.get().checked_sub(1) {
            Some(left) => {
                self.nodes_left.set(left);
                true
            }
            None => false,
        }
    }

    /// Copies a [`serde_json::Value`], such as a fragment of a policy, into the arena.
    pub fn import<'a>(&'a self, value: &serde_json::Value) -> Json<'a> {
        use serde_json::Value;
        match value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(
                number
                    .as_u64()
                    .map(Number::Unsigned)
                    .or_else(|| number.as_i64().map(Number::Signed))
                    .unwrap_or_else(|| Number::Float(number.as_f64().unwrap_or(f64::NAN))),
            ),
            Value::String(text) => Json::String(self.string(text)),
            Value::Array(items) => Json::Array(
                self.bump
                    .alloc_slice_fill_iter(items.iter().map(|item| self.import(item))),
            ),
            Value::Object(members) => Json::Object(
                self.bump.alloc_slice_fill_iter(
                    members
                        .iter()
                        .map(|(key, value)| (self.string(key), self.import(value))),
                ),
            ),
        }
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Arena")
            .field("nodes_left", &self.nodes_left.get())
            .finish_non_exhaustive()
    }
}
