//! `sparkgate check`: judge manifests as the webhook would.

use super::Exit;

/// The arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct CheckArguments {}

/// Runs the command.
///
/// # Errors
/// Where the work cannot be done.
pub fn run(_arguments: &CheckArguments) -> anyhow::Result<Exit> {
    Ok(Exit::Clean)
}
