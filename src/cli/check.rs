//! `sparkgate check`: judge manifests as the webhook would.

mod changes;
mod judge;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::ValueEnum;
use judge::{Detail, Judge};

use super::cluster_state::{ClusterArguments, ClusterState};
use super::operator::OperatorArguments;
use super::{Exit, inputs};
use crate::policies;
use crate::report::{Report, human, json};

/// The arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct CheckArguments {
    /// Directory of policy files; without it, only the built-in policy applies
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,

    /// Namespace of the manifests that name none, as with kubectl
    #[arg(short, long)]
    namespace: Option<String>,

    #[command(flatten)]
    cluster: ClusterArguments,

    #[command(flatten)]
    operator: OperatorArguments,

    /// Show what the policies change in the objects and in their pods, and which policy did it
    #[arg(long, requires = "policies")]
    diff: bool,

    /// How to write the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Files, directories of *.yaml, *.yml and *.json files, or - for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people: each finding with the line to blame
    #[default]
    Human,
    /// For programs: one JSON object
    Json,
}

/// Runs the command.
///
/// # Errors
/// Policies that do not load, and a standard output that cannot be written to. What is wrong with the manifests is in
/// the report.
pub fn run(arguments: &CheckArguments) -> anyhow::Result<Exit> {
    let CheckArguments {
        policies: directory,
        namespace,
        cluster,
        operator,
        diff,
        format,
        paths,
    } = arguments;
    let policies = policies::load(directory.as_deref(), 1)?;
    let mut report = Report {
        policies: directory.as_ref().map(|_| policies.policy_count()),
        ..Report::default()
    };
    let judge = Judge {
        policies: &policies,
        cluster: &ClusterState::load(cluster, *operator, &policies, namespace.as_deref())?,
        namespace: namespace.as_deref(),
        detail: if *diff { Detail::Changes } else { Detail::Findings },
    };
    let inputs = inputs::find(paths, &mut report.failures);
    for input in &inputs {
        match input.read() {
            Ok(text) => judge.judge(input.name(), &text, &mut report),
            Err(failure) => report.failures.push(failure),
        }
    }
    if report.documents.is_empty() && report.failures.is_empty() {
        report
            .failures
            .extend(inputs.iter().map(inputs::Input::without_documents));
    }
    write(&report, *format).context("cannot write the report")?;
    Ok(exit(&report))
}

fn exit(report: &Report) -> Exit {
    if !report.failures.is_empty() {
        Exit::Failed
    } else if report.tally().denied > 0 {
        Exit::Denied
    } else {
        Exit::Clean
    }
}

fn write(report: &Report, format: Format) -> io::Result<()> {
    let written = match format {
        Format::Human => {
            let mut out = anstream::stdout().lock();
            human::write(report, &mut out).and_then(|()| out.flush())
        }
        Format::Json => {
            let mut out = BufWriter::new(io::stdout().lock());
            json::write(report, &mut out).and_then(|()| out.flush())
        }
    };
    match written {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
