//! `sparkgate explain`: what the pods of a job will ask for, and which policies have a say in it.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;

use super::Exit;
use super::cluster_state::{ClusterArguments, ClusterState};
use super::inputs::{self, Input};
use super::manifests::{self, Manifests, UNNAMED};
use super::operator::OperatorArguments;
use super::remarks::{Remarks, Sources};
use crate::engine::Facts;
use crate::engine::explanation;
use crate::engine::json::Arena;
use crate::engine::policy::PolicySet;
use crate::engine::request::Request;
use crate::policies;
use crate::report::explain::{self, Page};

/// The arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArguments {
    /// Directory of policy files; without it, only the built-in policy applies
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,

    /// Namespace of the jobs that name none, as with kubectl
    #[arg(short, long)]
    namespace: Option<String>,

    #[command(flatten)]
    cluster: ClusterArguments,

    #[command(flatten)]
    operator: OperatorArguments,

    /// Files, directories of *.yaml, *.yml and *.json files, or - for standard input; what is no application is left out
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Policies that do not load, and a standard output that cannot be written to. What cannot be explained goes to standard error.
pub fn run(arguments: &ExplainArguments) -> anyhow::Result<Exit> {
    let ExplainArguments {
        policies: directory,
        namespace,
        cluster,
        operator,
        paths,
    } = arguments;
    let policies = policies::load(directory.as_deref(), 1)?;
    let cluster = ClusterState::load(cluster, *operator, &policies, namespace.as_deref())?;
    let mut remarks = Remarks::default();
    let mut failures = Vec::new();
    let inputs = inputs::find(paths, &mut failures);
    let mut pages = Vec::new();
    let mut seen = !failures.is_empty();
    for failure in failures {
        remarks.fail(failure);
    }
    for input in &inputs {
        seen |= explain(
            &policies,
            &cluster,
            namespace.as_deref(),
            input,
            &mut remarks,
            &mut pages,
        );
    }
    if !seen {
        for input in &inputs {
            remarks.fail(input.without_applications());
        }
    }
    write(&pages).context("cannot write the page")?;
    Ok(remarks.finish()?)
}

/// Adds the pages of a file's applications; tells whether there was anything to say of the file.
fn explain(
    policies: &PolicySet,
    cluster: &ClusterState,
    namespace: Option<&str>,
    input: &Input,
    remarks: &mut Remarks,
    pages: &mut Vec<Vec<u8>>,
) -> bool {
    let text = match input.read() {
        Ok(text) => text,
        Err(failure) => {
            remarks.fail(failure);
            return true;
        }
    };
    let arena = Arena::of_file();
    let Manifests {
        file,
        documents,
        failures,
    } = Manifests::read(&arena, input.name(), &text);
    let mut seen = !failures.is_empty();
    for failure in failures {
        remarks.fail(failure);
    }
    for document in &documents {
        for object in manifests::objects(&arena, document) {
            let Some(request) = Request::of_manifest(&arena, object.manifest, namespace) else {
                continue;
            };
            let statement = cluster.statement(&request);
            let facts = Facts {
                statement: statement.as_ref(),
                ..cluster.facts(request.namespace)
            };
            match explanation::of_application(policies, &request, &facts) {
                Ok(None) => continue,
                Ok(Some(explanation)) => {
                    let page = Page {
                        kind: request.kind.kind,
                        namespace: request.namespace,
                        name: object.name().unwrap_or(UNNAMED),
                        file: &file,
                        positions: &document.positions,
                        at: &object.at,
                        explanation: &explanation,
                    };
                    let mut text = Vec::new();
                    // Memory takes all that is written to it.
                    drop(explain::write(&page, &mut text));
                    pages.push(text);
                }
                Err(error) => {
                    let sources = Sources::of_manifest(&file, document, &object.at);
                    remarks.say_undone(&sources.untold(&error));
                }
            }
            seen = true;
        }
    }
    seen
}

/// Writes the pages, with an empty line between them.
fn write(pages: &[Vec<u8>]) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(&pages.join(&b'\n')).and_then(|()| out.flush());
    match written {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
