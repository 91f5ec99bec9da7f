//! `sparkgate serve`: answer the API server's admission reviews over TLS.

use super::Exit;

/// The arguments of `serve`.
#[derive(Debug, clap::Args)]
pub struct ServeArguments {}

/// Runs the command.
///
/// # Errors
/// Where the server cannot start.
pub fn run(_arguments: ServeArguments) -> anyhow::Result<Exit> {
    Ok(Exit::Clean)
}
