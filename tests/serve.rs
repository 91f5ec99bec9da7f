//! `sparkgate serve`, from outside: the program, its ports, its files and its signals.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod certificates;
pub mod client;
mod connections;
mod policies;
pub mod process;
pub mod reviews;
mod start;
mod stop;
pub mod volume;
