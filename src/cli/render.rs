//! `sparkgate render`: the pods that Spark will make of a job.

mod manifests;
mod properties;
mod templates;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;

use super::Exit;
use super::cluster_state::{ClusterArguments, ClusterState};
use super::inputs::Input;
use super::operator::OperatorArguments;
use super::remarks::Remarks;
use crate::engine::json::Arena;
use crate::engine::policy::PolicySet;
use crate::engine::preview::Preview;
use crate::engine::spark_version::SparkVersion;
use crate::engine::workload::{Language, RoleName};
use crate::policies;
use crate::report::pods::{self, BeforeAndAfter, RenderedJob, RenderedPod};
use crate::report::remark::{Remark, Severity};

/// A job is described by manifests, or by properties and what no property says.
const USAGE: &str = "\
sparkgate render [OPTIONS] PATH
       sparkgate render [OPTIONS] --properties FILE --language LANGUAGE --spark-version VERSION";

/// The arguments of `render`.
#[derive(Debug, clap::Args)]
#[command(override_usage = USAGE)]
pub struct RenderArguments {
    /// File of manifests, or - for standard input; what is no application is left out
    #[arg(
        value_name = "PATH",
        required_unless_present = "properties",
        conflicts_with = "properties"
    )]
    path: Option<PathBuf>,

    /// File of Spark's properties, such as spark-defaults.conf: the pods of spark-submit
    #[arg(long, value_name = "FILE", requires_all = ["language", "spark_version"])]
    properties: Option<PathBuf>,

    /// What the job of --properties is written in
    #[arg(long, value_enum, ignore_case = true, requires = "properties")]
    language: Option<LanguageName>,

    /// The version of Spark that the job of --properties is submitted with, such as 3.5.1
    #[arg(long, value_name = "VERSION", requires = "properties", value_parser = known_version)]
    spark_version: Option<SparkVersion>,

    /// Directory of policy files; shows the pods as these policies leave them
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,

    /// Show what the policies change in the pods instead of the pods
    #[arg(long, requires = "policies", conflicts_with = "output")]
    diff: bool,

    /// Namespace of the jobs that name none, as with kubectl
    #[arg(short, long)]
    namespace: Option<String>,

    #[command(flatten)]
    cluster: ClusterArguments,

    #[command(flatten)]
    operator: OperatorArguments,

    /// How to write the pods
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Output {
    /// A document for each pod
    #[default]
    Yaml,
    /// A line for each job: an object with its driver, its executor, and how many executors
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LanguageName {
    Java,
    Scala,
    Python,
    R,
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::Java => Self::Java,
            LanguageName::Scala => Self::Scala,
            LanguageName::Python => Self::Python,
            LanguageName::R => Self::R,
        }
    }
}

fn known_version(text: &str) -> Result<SparkVersion, String> {
    let version = SparkVersion::parse(text).ok_or("write a version of Spark, such as `3.5` or `3.5.1`")?;
    if version < SparkVersion::OLDEST_KNOWN {
        return Err("what pods Spark makes is known from 3.2 on".to_owned());
    }
    Ok(version)
}

/// What to say where it is not known what pods this version makes: which version's they are instead.
fn unknown_version(version: Option<SparkVersion>) -> Option<Remark> {
    let (newest, oldest) = (SparkVersion::NEWEST_KNOWN, SparkVersion::OLDEST_KNOWN);
    let message = match version {
        None => format!("which version of Spark the job runs cannot be told: its pods are those of {newest}"),
        Some(version) if version.is_too_new() => {
            format!("what pods Spark {version} makes is not known: they are those of {newest}")
        }
        Some(version) if version < oldest => {
            format!("what pods Spark {version} makes is not known: they are those of {oldest}")
        }
        Some(_) => return None,
    };
    Some(Remark::new(Severity::Note, message))
}

/// What all jobs of a run have in common.
struct Setting<'s, 'a> {
    arena: &'a Arena,
    policies: &'s PolicySet,
    cluster: &'a ClusterState,
    namespace: Option<&'a str>,
}

/// Runs the command.
///
/// # Errors
/// Policies that do not load, and output that cannot be written. What is wrong with a job goes to standard error.
pub fn run(arguments: &RenderArguments) -> anyhow::Result<Exit> {
    let policies = policies::load(arguments.policies.as_deref(), 1)?;
    let namespace = arguments.namespace.as_deref();
    let cluster = ClusterState::load(&arguments.cluster, arguments.operator, &policies, namespace)?;
    let arena = Arena::of_file();
    let setting = Setting {
        arena: &arena,
        policies: &policies,
        cluster: &cluster,
        namespace,
    };
    let mut remarks = Remarks::default();
    let jobs = jobs(arguments, &setting, &mut remarks)?;
    write(&jobs, arguments).context("cannot write the pods")?;
    Ok(remarks.finish()?)
}

fn jobs<'a>(
    arguments: &RenderArguments,
    setting: &Setting<'_, 'a>,
    remarks: &mut Remarks,
) -> anyhow::Result<Vec<RenderedJob<'a>>> {
    if let (Some(path), Some(language), Some(version)) =
        (&arguments.properties, arguments.language, arguments.spark_version)
    {
        let job = properties::render(path, language.into(), version, setting, remarks)?;
        return Ok(job.into_iter().collect());
    }
    // clap sees to it that there is one.
    let path = arguments.path.as_deref().unwrap_or(Path::new("-"));
    Ok(manifests::render(&Input::of(path), setting, remarks))
}

/// The pods of a preview, but for those of which it cannot be told.
fn rendered<'a>(name: &str, preview: &Preview<'a>, untold: &[RoleName]) -> RenderedJob<'a> {
    let [driver, executor] = &preview.workload.pods;
    let [driver_before, executor_before] = preview.before;
    let pods = [(driver, driver_before), (executor, executor_before)].map(|(pod, before)| RenderedPod {
        role: pod.role,
        pod: (!untold.contains(&pod.role)).then_some(BeforeAndAfter { before, after: pod.pod }),
    });
    RenderedJob {
        name: name.to_owned(),
        executors: preview.workload.executors,
        pods,
    }
}

fn write(jobs: &[RenderedJob<'_>], arguments: &RenderArguments) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match arguments.output {
        _ if arguments.diff => pods::write_diff(jobs, &mut out),
        Output::Yaml => pods::write_yaml(jobs, &mut out),
        Output::Json => pods::write_json(jobs, &mut out),
    };
    match written.and_then(|()| out.flush()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
