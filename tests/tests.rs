//! The integration tests: one binary.

mod check;
