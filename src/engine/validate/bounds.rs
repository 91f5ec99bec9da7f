//! Ranges as policies write them: `{min: 2, max: 20}`.

use std::fmt::Display;

use json_patch::jsonptr::Pointer;
use serde::Deserialize;

use crate::engine::policy::document::Problem;

/// The least and the most that something may be. One of the two may be left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds<T> {
    /// The least.
    pub min: Option<T>,
    /// The most.
    pub max: Option<T>,
}

impl<T: Copy + PartialOrd + Display> Bounds<T> {
    /// What is wrong with the range that is written at `place`.
    pub(super) fn problem(&self, place: &Pointer) -> Option<Problem> {
        match (self.min, self.max) {
            (None, None) => {
                Some(Problem::at(place.to_buf(), "the range bounds nothing").with_help("write `min`, `max`, or both"))
            }
            (Some(min), Some(max)) if min > max => {
                let message = format!("the least, {min}, is above the most, {max}");
                Some(Problem::at(place.with_trailing_token("min"), message).with_help(format!("write {max} or less")))
            }
            _ => None,
        }
    }

    /// The least, where it is more than `value`.
    pub(super) fn above(&self, value: T) -> Option<T> {
        self.min.filter(|min| value < *min)
    }

    /// The most, where it is less than `value`.
    pub(super) fn below(&self, value: T) -> Option<T> {
        self.max.filter(|max| value > *max)
    }
}
