//! From a directory to a policy set.

use std::fs;
use std::path::Path;

use crate::engine::policy::{PolicySet, Source};

/// Why a policy directory does not load. Displays everything that is wrong, a block each, with file, line and column.
#[derive(Debug, thiserror::Error)]
#[error("the policies do not load: {0}")]
pub struct LoadError(String);

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

/// Reads the policy files of `directory`, in the order of their names.
///
/// # Errors
/// A directory or a file that cannot be read.
pub fn read(directory: &Path) -> Result<Vec<Source>, LoadError> {
    let unreadable = |error: std::io::Error| LoadError(format!("{}: {error}", directory.display()));
    let mut sources = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if !name.starts_with('.') && is_yaml {
            let text = fs::read_to_string(&path).map_err(unreadable)?;
            sources.push(Source { name, text });
        }
    }
    sources.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(sources)
}

/// Compiles policy files that were read.
///
/// # Errors
/// Everything that is wrong in any of them.
pub fn compile(sources: &[Source], generation: u64) -> Result<PolicySet, LoadError> {
    if sources.is_empty() {
        return Err(LoadError("no policy".to_owned()));
    }
    for source in sources {
        serde_saphyr::from_str::<serde::de::IgnoredAny>(&source.text)
            .map_err(|error| LoadError(format!("{}: {error}", source.name)))?;
    }
    PolicySet::from_sources(sources, generation).map_err(|errors| LoadError(format!("{errors:?}")))
}
