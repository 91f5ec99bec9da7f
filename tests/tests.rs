//! The integration tests: one binary.

mod check;
mod serve;
