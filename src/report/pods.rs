//! The pods of a job: as YAML or JSON for programs that take pods, or what policies changed in them.
//!
//! Everything of a pod is written, values of environment variables too: else it would be another pod.

mod order;

use std::io::{self, Write};

use serde::Serialize;

use super::changes::unified_diff;
use crate::engine::json::{Arena, Json};
use crate::engine::workload::{Executors, RoleName};
use crate::engine::yaml;

/// A job whose pods are known.
#[derive(Clone, Debug)]
pub struct RenderedJob<'a> {
    /// Its name.
    pub name: String,
    /// How many executors it has.
    pub executors: Executors,
    /// Its pods, those of the driver first.
    pub pods: [RenderedPod<'a>; 2],
}

/// A pod of a job.
#[derive(Clone, Copy, Debug)]
pub struct RenderedPod<'a> {
    /// Whose.
    pub role: RoleName,
    /// As Spark and its operator make it, and as the policies leave it; `None` where it cannot be told.
    pub pod: Option<BeforeAndAfter<'a>>,
}

/// A pod before and after the policies.
#[derive(Clone, Copy, Debug)]
pub struct BeforeAndAfter<'a> {
    /// As Spark and its operator make it.
    pub before: Json<'a>,
    /// As the policies leave it.
    pub after: Json<'a>,
}

/// Writes a document for each pod, with a comment that says whose it is.
///
/// # Errors
/// What the stream says.
pub fn write_yaml(jobs: &[RenderedJob<'_>], out: &mut impl Write) -> io::Result<()> {
    let mut separator = "";
    for job in jobs {
        for RenderedPod { role, pod } in &job.pods {
            let Some(pod) = pod else { continue };
            write!(out, "{separator}# {role} of {}", legible(&job.name))?;
            if *role == RoleName::Executor {
                write!(out, ": {}", counts(job.executors))?;
            }
            write!(out, "\n{}", yaml_of(pod.after))?;
            separator = "---\n";
        }
    }
    Ok(())
}

fn counts(Executors { initial, min, max }: Executors) -> String {
    let most = max.map_or_else(|| "as many as it has tasks for".to_owned(), |max| max.to_string());
    format!("{initial} at start, at least {min}, at most {most}")
}

#[derive(Serialize)]
struct JobBody<'a> {
    driver: Option<Json<'a>>,
    executor: Option<Json<'a>>,
    executors: Executors,
}

/// Writes an object for each job, each on a line of its own.
///
/// # Errors
/// What the stream says.
pub fn write_json(jobs: &[RenderedJob<'_>], out: &mut impl Write) -> io::Result<()> {
    for job in jobs {
        let [driver, executor] = job.pods.map(|pod| pod.pod.map(|pod| pod.after));
        let body = JobBody {
            driver,
            executor,
            executors: job.executors,
        };
        serde_json::to_writer(&mut *out, &body)?;
        writeln!(out)?;
    }
    Ok(())
}

/// Writes what the policies changed in each pod as a unified diff, and a comment where they changed nothing.
///
/// # Errors
/// What the stream says.
pub fn write_diff(jobs: &[RenderedJob<'_>], out: &mut impl Write) -> io::Result<()> {
    for job in jobs {
        for RenderedPod { role, pod } in &job.pods {
            let Some(BeforeAndAfter { before, after }) = pod else {
                continue;
            };
            let title = format!("{role} of {}", legible(&job.name));
            let (before, after) = (yaml_of(*before), yaml_of(*after));
            if before == after {
                writeln!(out, "# {title}: the policies change nothing")?;
                continue;
            }
            out.write_all(unified_diff(&title, "as Spark makes it", &before, &after).as_bytes())?;
        }
    }
    Ok(())
}

/// An object as people read it, a pod above all.
pub(super) fn yaml_of(pod: Json<'_>) -> String {
    yaml::emit(order::for_people(&Arena::of_file(), pod))
}

/// A name that stays in its comment.
fn legible(name: &str) -> impl std::fmt::Display {
    name.escape_debug()
}
