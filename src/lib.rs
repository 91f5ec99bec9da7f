//! Admission control for Spark on Kubernetes.
//!
//! One engine, three ways to ask it: `POST /mutate` and `POST /validate` of a webhook server, and the `check` command.
//!
//! ```text
//!           bytes                    Subject                  Workload                     Verdict
//! review ──► parse, classify ──► what is this object? ──► what would Spark run? ──► mutate, then validate ──► response
//! files  ──►                        │                        │                              ▲
//!                                   └── not Spark: allow     └── provenance: every value    │
//!                                       at once                  knows its JSON pointer     Facts, PolicySet
//! ```
//!
//! [`engine`] is pure and synchronous. Everything that touches a file, a socket or a clock stands beside it, imports
//! the engine and nothing of its neighbours, and is joined in [`cli`].

pub mod cli;
pub mod engine;
pub mod policies;
pub mod report;
pub mod webhooks;

#[cfg(feature = "serve")]
pub mod certs;
#[cfg(feature = "serve")]
pub mod cluster;
#[cfg(feature = "serve")]
mod directory_watch;
#[cfg(feature = "serve")]
pub mod server;
#[cfg(feature = "serve")]
pub mod telemetry;
