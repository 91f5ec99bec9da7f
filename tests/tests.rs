//! The integration tests: one binary.

#[cfg(feature = "serve")]
mod serve;
