//! The integration tests: one binary, which goes through the public surface: the command, the HTTP port, `evaluate`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod answers;
mod bypasses;
mod check;
#[cfg(feature = "serve")]
mod cluster;
mod command;
mod dependencies;
mod documentation;
mod explain;
mod idempotence;
mod judging;
mod kubeflow_operator;
#[cfg(feature = "serve")]
mod manifests;
mod manifests_from_the_field;
mod mutations;
mod policy_files;
mod policy_library;
mod quota;
mod readme;
mod render;
mod reviews;
mod rules;
mod selection;
#[cfg(feature = "serve")]
mod serve;
mod spark_pods;
mod unlabelled_pods;
