//! What the command line of a container tells of Spark.

use super::environment::Environment;
use super::{role_by_name, shell};
use crate::engine::json::Json;
use crate::engine::workload::RoleName;

/// The classes that an executor's JVM begins with. The second came with Spark 3.3.
const EXECUTOR_CLASSES: [&str; 2] = [
    "org.apache.spark.executor.CoarseGrainedExecutorBackend",
    "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
];
/// What begins a driver, or asks for one elsewhere.
const SUBMITTERS: [&str; 6] = [
    "spark-submit",
    "spark-shell",
    "spark-sql",
    "pyspark",
    "sparkR",
    "org.apache.spark.deploy.SparkSubmit",
];
/// The entrypoint of Spark's image. Others have scripts of this name too, elsewhere.
const ENTRYPOINT: &str = "/opt/entrypoint.sh";

/// The role that a container plays, where its command line tells. The environment settles what `driver` means, which other
/// programs take as an argument too.
pub(super) fn role_of(container: Json<'_>, environment: Environment) -> Option<RoleName> {
    let words = |field| {
        let words = container.get(field).map_or(&[][..], Json::items).iter();
        words.filter_map(|word| word.as_str())
    };
    let arguments: Vec<&str> = words("args").collect();
    let line: Vec<&str> = words("command").chain(arguments.iter().copied()).collect();
    of_entrypoint(&arguments, environment.is_spark())
        .or_else(|| of_line(&line, environment))
        .or_else(|| {
            let scripts = line.iter().filter(|word| word.contains(char::is_whitespace));
            let mut commands = scripts.flat_map(|script| shell::commands(script));
            commands.find_map(|command| of_line(&command, environment))
        })
}

/// The role that one command plays, whatever it is wrapped in: `tini`, `exec`, `env`, `timeout`.
fn of_line(line: &[impl AsRef<str>], environment: Environment) -> Option<RoleName> {
    line.iter().enumerate().find_map(|(index, word)| {
        let (word, rest) = (word.as_ref(), line.get(index + 1..)?);
        let program = word.rsplit('/').next()?;
        if EXECUTOR_CLASSES.contains(&program) {
            Some(RoleName::Executor)
        } else if SUBMITTERS.contains(&program) {
            runs_the_driver(rest).then_some(RoleName::Driver)
        } else if program == "entrypoint.sh" {
            of_entrypoint(rest, environment.is_spark() || word == ENTRYPOINT)
        } else {
            None
        }
    })
}

/// The role that Spark's entrypoint is told to play by its first argument. What a driver is told besides is for `spark-submit`.
fn of_entrypoint(arguments: &[impl AsRef<str>], is_spark: bool) -> Option<RoleName> {
    let (role, rest) = arguments.split_first()?;
    let is_for_spark_submit = || options(rest).any(|(name, _)| matches!(name, "--properties-file" | "--class"));
    match role_by_name(role.as_ref())? {
        RoleName::Driver if !is_spark && !is_for_spark_submit() => None,
        RoleName::Executor if !is_spark => None,
        role => Some(role),
    }
}

/// Whether `spark-submit` with these arguments becomes the driver itself: not where it hands the job over, or asks after one.
/// A job of a standalone cluster has nothing to do with Kubernetes.
fn runs_the_driver(arguments: &[impl AsRef<str>]) -> bool {
    let is_question = |name| matches!(name, "--version" | "--help" | "-h" | "--kill" | "--status");
    value_of(arguments, "--deploy-mode", "spark.submit.deployMode") != Some("cluster")
        && !value_of(arguments, "--master", "spark.master").is_some_and(|master| master.starts_with("spark://"))
        && !options(arguments).any(|(name, _)| is_question(name))
}

/// What `spark-submit` makes of an option that is a property too: the option goes before the property, and what comes later
/// before what came earlier.
fn value_of<'w>(arguments: &'w [impl AsRef<str>], option: &str, property: &str) -> Option<&'w str> {
    let of_option = options(arguments)
        .filter(|(name, _)| *name == option)
        .map(|(_, value)| value);
    let of_property = options(arguments)
        .filter(|(name, _)| matches!(*name, "--conf" | "-c"))
        .filter_map(|(_, value)| value.split_once('='))
        .filter(|(name, _)| *name == property)
        .map(|(_, value)| value);
    of_option.last().or_else(|| of_property.last())
}

/// The options of `spark-submit` and their values. They end where the application begins: what follows is for that to read.
fn options(words: &[impl AsRef<str>]) -> impl Iterator<Item = (&str, &str)> {
    let mut words = words.iter().map(AsRef::as_ref);
    std::iter::from_fn(move || {
        let word = words.next().filter(|word| word.starts_with('-'))?;
        match word.split_once('=') {
            Some(option) => Some(option),
            None if matches!(word, "--verbose" | "-v" | "--supervise" | "--version" | "--help" | "-h") => {
                Some((word, ""))
            }
            None => Some((word, words.next().unwrap_or_default())),
        }
    })
}
