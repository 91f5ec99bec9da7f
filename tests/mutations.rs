//! What mutations do to whole objects, through the engine's one entry.

mod applications;
mod diff;
mod passes;
