//! The command line: one file per command. Only here are the parts of sparkgate wired together.

pub mod check;
pub mod cluster_state;
pub mod explain;
mod inputs;
mod manifests;
pub mod operator;
mod remarks;
pub mod render;
pub mod rules;
#[cfg(feature = "serve")]
pub mod serve;
pub mod webhooks;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Admission control for Spark on Kubernetes.
#[derive(Debug, Parser)]
#[command(name = "sparkgate", version, about, long_about = None)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge manifests as the webhook would.
    Check(check::CheckArguments),
    /// Tell what the pods of a job will ask for, and why, and which policies have a say in it.
    Explain(explain::ExplainArguments),
    /// Write the webhook configurations for an API server.
    ///
    /// They ask about the kinds of object that the policies decide about. What could lock a cluster out is not written, and the exit code is
    /// 2.
    Manifests(webhooks::WebhooksArguments),
    /// Show the pods that Spark will make.
    ///
    /// The driver's pod and one executor's, as they will be: with the values of environment variables that the job sets. Nothing is read from
    /// a cluster, and so nothing from a Secret. What the API server or Spark would refuse goes to standard error, and the exit code is 1.
    Render(render::RenderArguments),
    /// List the rules that policies can have, or tell all about one.
    Rules(rules::RulesArguments),
    /// Answer the API server's admission reviews over TLS.
    #[cfg(feature = "serve")]
    Serve(serve::ServeArguments),
}

/// How a command ended. "Something was denied" and "the work could not be done" are different
/// answers; the later one in this list is the worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: nothing to complain of.
    #[default]
    Clean,
    /// 1: something was denied, or Spark would refuse it.
    Denied,
    /// 2: the work could not be done.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Clean => Self::SUCCESS,
            Exit::Denied => Self::from(1),
            Exit::Failed => Self::from(2),
        }
    }
}

/// Reads the arguments, runs the command, and says how it ended.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Manifests(arguments) => webhooks::run(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => serve::run(arguments),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            Exit::Failed.into()
        }
    }
}
