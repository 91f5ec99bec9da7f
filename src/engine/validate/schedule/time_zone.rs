//! Time zones by name, as Go's `time.LoadLocation` knows them.

use std::sync::LazyLock;

use crate::engine::suggest::did_you_mean;

static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    include_str!("time_zones.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// Whether there is a time zone of that name. No name is UTC, and `Local` is the operator's own.
pub(super) fn is_known(name: &str) -> bool {
    name.is_empty() || name == "Local" || NAMES.binary_search(&name).is_ok()
}

/// What to write for a name that is not known.
pub(super) fn help(name: &str) -> String {
    match did_you_mean(name, NAMES.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "write a name of the IANA database, such as `Europe/Berlin` or `UTC`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_names_as_they_are_written() {
        assert!(NAMES.is_sorted());
        for name in [
            "",
            "Local",
            "UTC",
            "Etc/GMT+2",
            "Europe/Berlin",
            "US/Eastern",
            "America/Argentina/Buenos_Aires",
        ] {
            assert!(is_known(name), "{name}");
        }
        for name in [
            "europe/berlin",
            "Berlin",
            "CEST",
            "UTC+2",
            "GMT+2",
            "Mars/Olympus",
            "../etc/passwd",
            "#",
            " UTC",
        ] {
            assert!(!is_known(name), "{name}");
        }
        assert_eq!(help("europe/berlin"), "did you mean `Europe/Berlin`?");
        assert_eq!(help("Asia/Calcuta"), "did you mean `Asia/Calcutta`?");
        assert_eq!(
            help("Mars/Olympus"),
            "write a name of the IANA database, such as `Europe/Berlin` or `UTC`"
        );
    }
}
