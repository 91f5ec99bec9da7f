//! `sparkgate serve`, from outside: the program, its ports, its files and its signals.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod certificates;
mod client;
mod connections;
mod policies;
mod process;
mod reviews;
mod start;
mod stop;
