//! The integration tests: one binary, which goes through the public surface: the command, the HTTP port, `evaluate`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod check;
mod manifests_from_the_field;
mod rules;
#[cfg(feature = "serve")]
mod serve;
