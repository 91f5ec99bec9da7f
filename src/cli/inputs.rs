//! Which files to judge, and what is in them.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::report::Failure;

/// Something to judge.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// Standard input, which the command line calls `-`.
    Standard,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// What a path means.
    pub(super) fn of(path: &Path) -> Self {
        if path.as_os_str() == "-" {
            Self::Standard
        } else {
            Self::File(path.to_owned())
        }
    }

    /// What a report calls it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Standard => "<stdin>".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// What to say if nothing at all was judged: to pass then would be a false comfort.
    pub(super) fn without_documents(&self) -> Failure {
        failure(self.name(), "there is no document in this".to_owned(), None)
    }

    /// What to say if there is nothing to show the pods of.
    pub(super) fn without_applications(&self) -> Failure {
        let help = "an application is a SparkApplication or ScheduledSparkApplication of `sparkoperator.k8s.io/v1beta2`, \
                    or a SparkApplication of `spark.apache.org/v1`";
        let message = "there is no Spark application in this".to_owned();
        failure(self.name(), message, Some(help.to_owned()))
    }

    /// The text of it.
    pub(super) fn read(&self) -> Result<String, Failure> {
        let mut text = String::new();
        match self {
            Self::Standard => io::stdin().lock().read_to_string(&mut text).map(|_| text),
            Self::File(path) => fs::read_to_string(path),
        }
        .map_err(|error| failure(self.name(), format!("this cannot be read: {}", why(&error)), None))
    }
}

/// Why a file cannot be read, in words that need no knowledge of the system's.
pub(super) fn why(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::IsADirectory => "it is a directory".to_owned(),
        ErrorKind::InvalidData => "it is not text in UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// The files that `paths` name, in that order, those of a directory in the order of their names.
pub(super) fn find(paths: &[PathBuf], failures: &mut Vec<Failure>) -> Vec<Input> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = inputs.len();
            let failed_before = failures.len();
            walk(path, &mut HashSet::new(), &mut inputs, failures);
            if inputs.len() == before && failures.len() == failed_before {
                let message = "there is no *.yaml, *.yml or *.json file in this directory".to_owned();
                let help = "name the files themselves if they are called otherwise".to_owned();
                failures.push(failure(path.display().to_string(), message, Some(help)));
            }
        } else {
            inputs.push(Input::of(path));
        }
    }
    inputs
}

/// Gathers the manifests below a directory. Links to directories are followed, each directory once.
fn walk(directory: &Path, seen: &mut HashSet<PathBuf>, inputs: &mut Vec<Input>, failures: &mut Vec<Failure>) {
    let entries = fs::canonicalize(directory).and_then(|real| {
        if seen.insert(real) {
            fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect()
        } else {
            Ok(Vec::new())
        }
    });
    let mut entries: Vec<PathBuf> = match entries {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("this directory cannot be read: {error}");
            failures.push(failure(directory.display().to_string(), message, None));
            return;
        }
    };
    entries.sort();
    for path in entries {
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let manifest = matches!(path.extension().and_then(OsStr::to_str), Some("yaml" | "yml" | "json"));
        if hidden {
            continue;
        }
        if path.is_dir() {
            walk(&path, seen, inputs, failures);
        } else if manifest {
            inputs.push(Input::File(path));
        }
    }
}

fn failure(file: String, message: String, help: Option<String>) -> Failure {
    Failure {
        file,
        at: None,
        message,
        help,
    }
}
