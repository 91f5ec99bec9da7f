//! From a directory to a policy set.

use std::ffi::OsStr;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::engine::policy::{PolicyError, PolicySet, Source};

/// Why a policy directory does not load. Displays everything that is wrong, a block each, with file, line and column.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such directory, or it is no directory, or it may not be read.
    #[error(
        "the policy directory {} cannot be read: {reason}; name a directory that holds policy files",
        directory.display()
    )]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// There is nothing to load.
    #[error(
        "the policy directory {} holds no *.yaml or *.yml file; put the policies right into it, or name another",
        directory.display()
    )]
    NoFiles {
        /// The directory.
        directory: PathBuf,
    },
    /// Some of its files cannot be read: each, with what the system says.
    #[error("{}", unreadable(.0))]
    Files(Vec<(PathBuf, io::Error)>),
    /// Some of its files say something that is no policy: all of it, with the lines that are wrong.
    #[error("the policies do not load\n\n{0}")]
    Invalid(String),
}

/// Loads the policies of `directory`, or only what is on by default when there is none.
///
/// # Errors
/// A directory that is missing or unreadable, holds no policy, or holds a file with anything wrong in it.
pub fn load(directory: Option<&Path>, generation: u64) -> Result<PolicySet, LoadError> {
    match directory {
        Some(directory) => compile(&read(directory)?, generation),
        None => Ok(PolicySet::builtin()),
    }
}

/// Reads the policy files of a directory, in the order of their names: `*.yaml` and `*.yml` right in it, and links to
/// such files. What begins with a dot is left alone, since a mounted `ConfigMap` keeps its generations there.
///
/// # Errors
/// A directory that is missing or unreadable or holds no such file, and every file that cannot be read as text.
pub fn read(directory: &Path) -> Result<Vec<Source>, LoadError> {
    let paths = policy_files(directory).map_err(|reason| LoadError::Directory {
        directory: directory.to_owned(),
        reason,
    })?;
    if paths.is_empty() {
        return Err(LoadError::NoFiles {
            directory: directory.to_owned(),
        });
    }
    let mut sources = Vec::with_capacity(paths.len());
    let mut unreadable = Vec::new();
    for path in paths {
        match fs::read_to_string(&path) {
            Ok(text) => sources.push(Source {
                name: path.display().to_string(),
                text,
            }),
            Err(reason) => unreadable.push((path, reason)),
        }
    }
    if unreadable.is_empty() {
        Ok(sources)
    } else {
        Err(LoadError::Files(unreadable))
    }
}

fn policy_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let yaml = matches!(path.extension().and_then(OsStr::to_str), Some("yaml" | "yml"));
        // A link that leads nowhere is no directory, so it stays, and is reported when it is read.
        if yaml && !hidden && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Compiles policy files.
///
/// # Errors
/// Everything that is wrong in any of them.
pub fn compile(sources: &[Source], generation: u64) -> Result<PolicySet, LoadError> {
    PolicySet::from_sources(sources, generation).map_err(|problems| {
        let blocks: Vec<String> = problems.iter().map(|problem| block(problem, sources)).collect();
        LoadError::Invalid(blocks.join("\n\n"))
    })
}

fn unreadable(files: &[(PathBuf, io::Error)]) -> String {
    let mut text = "the policies cannot be read:".to_owned();
    for (path, reason) in files {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  {}: {reason}", path.display());
    }
    text
}

/// One problem, in the manner of rustc. Without colour, since the server logs it too.
fn block(problem: &PolicyError, sources: &[Source]) -> String {
    let mut group = annotate_snippets::Group::with_title(Level::ERROR.primary_title(problem.message.as_str()));
    let source = sources.iter().find(|source| source.name == problem.file);
    if let Some(source) = source.filter(|_| problem.line > 0) {
        let start = byte_of(&source.text, problem.line, problem.column);
        let word = source.text.get(start..).unwrap_or_default();
        let length = word
            .find(|character: char| character.is_whitespace() || ":,]}".contains(character))
            .unwrap_or(word.len());
        group = group.element(
            Snippet::source(source.text.as_str())
                .path(problem.file.as_str())
                .annotation(AnnotationKind::Primary.span(start..start + length)),
        );
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    Renderer::plain().render(&[group])
}

/// The byte at which a line and a column, both from 1, begin; the end of the line or of the text if there is none.
fn byte_of(text: &str, line: u32, column: u32) -> usize {
    let before = |number: u32| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut lines = text.split_inclusive('\n');
    let start: usize = lines.by_ref().take(before(line)).map(str::len).sum();
    let within: usize = lines
        .next()
        .unwrap_or_default()
        .trim_end_matches(['\n', '\r'])
        .chars()
        .take(before(column))
        .map(char::len_utf8)
        .sum();
    start + within
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(directory: &Path, name: &str, text: &str) {
        fs::write(directory.join(name), text).unwrap();
    }

    fn names(directory: &Path) -> Vec<String> {
        read(directory)
            .unwrap()
            .iter()
            .map(|source| source.name.rsplit('/').next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn only_yaml_files_right_in_the_directory_are_read_in_the_order_of_their_names() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["b.yaml", "a.yml", "c.yaml", ".hidden.yaml", "notes.txt", "yaml"] {
            write(directory.path(), name, "");
        }
        fs::create_dir(directory.path().join("d.yaml")).unwrap();
        write(&directory.path().join("d.yaml"), "e.yaml", "");
        assert_eq!(names(directory.path()), ["a.yml", "b.yaml", "c.yaml"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_mounted_config_map_is_read_through_its_links() {
        use std::os::unix::fs::symlink;
        let directory = tempfile::tempdir().unwrap();
        let generation = directory.path().join("..2026_11_21");
        fs::create_dir(&generation).unwrap();
        write(&generation, "a.yaml", "kind: SparkPolicy");
        symlink("..2026_11_21", directory.path().join("..data")).unwrap();
        symlink("..data/a.yaml", directory.path().join("a.yaml")).unwrap();
        let sources = read(directory.path()).unwrap();
        assert_eq!(names(directory.path()), ["a.yaml"]);
        assert_eq!(sources[0].text, "kind: SparkPolicy");
    }

    #[test]
    fn a_directory_that_cannot_be_read_is_named_with_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), "a.yaml", "");
        for missing in ["none", "a.yaml"] {
            let error = read(&directory.path().join(missing)).unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
            assert!(error.ends_with("name a directory that holds policy files"), "{error}");
        }
    }

    #[test]
    fn a_directory_without_policy_files_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), "README.md", "");
        let error = read(directory.path()).unwrap_err().to_string();
        assert!(error.contains("holds no *.yaml or *.yml file"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn every_file_that_cannot_be_read_is_named() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), "a.yaml", "");
        fs::write(directory.path().join("b.yaml"), [0xff, 0xfe]).unwrap();
        std::os::unix::fs::symlink("nowhere", directory.path().join("c.yaml")).unwrap();
        let error = read(directory.path()).unwrap_err().to_string();
        assert!(error.contains("b.yaml: stream did not contain valid UTF-8"), "{error}");
        assert!(error.contains("c.yaml: No such file or directory"), "{error}");
        assert!(!error.contains("a.yaml"), "{error}");
    }

    #[test]
    fn a_problem_shows_its_line_and_what_to_write() {
        let sources = [Source {
            name: "policies/spot.yaml".to_owned(),
            text: "kind: SparkPolicy\r\nspec:\r\n  mutate:\r\n    - {name: é, tolerration: []}\r\n".to_owned(),
        }];
        let problem = PolicyError {
            file: "policies/spot.yaml".to_owned(),
            line: 4,
            column: 17,
            message: "there is no field `tolerration`".to_owned(),
            help: Some("did you mean `tolerations`?".to_owned()),
        };
        insta::assert_snapshot!(block(&problem, &sources), @r"
        error: there is no field `tolerration`
         --> policies/spot.yaml:4:17
          |
        4 |     - {name: é, tolerration: []}
          |                 ^^^^^^^^^^^
          |
          = help: did you mean `tolerations`?
        ");
        let nowhere = PolicyError {
            line: 0,
            file: String::new(),
            help: None,
            ..problem
        };
        insta::assert_snapshot!(block(&nowhere, &sources), @"error: there is no field `tolerration`");
    }

    #[test]
    fn a_line_and_a_column_become_a_byte() {
        let text = "ab\r\né: x\n\nlast";
        let cases = [
            ((1, 1), 0),
            ((1, 2), 1),
            ((1, 9), 2),
            ((2, 1), 4),
            ((2, 2), 6),
            ((3, 1), 10),
            ((4, 3), 13),
            ((9, 9), 15),
        ];
        for ((line, column), byte) in cases {
            assert_eq!(byte_of(text, line, column), byte, "{line}:{column}");
        }
    }
}
