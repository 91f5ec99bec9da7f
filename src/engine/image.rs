//! References to container images: `registry.example.com:5000/team/spark:3.5.1@sha256:…`.
//!
//! The grammar and the defaults are those of `ParseNormalizedNamed` of `github.com/distribution/reference`, by which the kubelet and
//! containerd read them.

use std::fmt;

/// Where an image comes from when it does not say.
const DEFAULT_REGISTRY: &str = "docker.io";
/// The older name of the default registry.
const LEGACY_REGISTRY: &str = "index.docker.io";
/// What the default registry puts before a name without a slash.
const OFFICIAL: &str = "library/";
/// The most characters of a repository (`RepositoryNameTotalLengthMax`).
const LONGEST_REPOSITORY: usize = 255;
const LONGEST_TAG: usize = 128;

/// The algorithms of digests that are known, with the number of hexadecimal digits of each.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// A reference to an image, with nothing left out. Equal ones name the same image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference {
    /// The host that it is pulled from, with its port if it has one: `docker.io`.
    pub registry: String,
    /// Its path there: `library/spark`.
    pub repository: String,
    /// What follows the colon, if anything does; none is as good as `latest`.
    pub tag: Option<String>,
    /// The hash of the image, with its algorithm.
    pub digest: Option<String>,
}

/// Why a text refers to no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageReferenceError {
    /// Also where nothing stands before the tag.
    #[error("its name is not lower-case letters and digits, with `.`, `_`, `-` and `/` between them")]
    Repository,
    /// The part before the first slash is no host.
    #[error("its registry is no host name")]
    Registry,
    /// The part after the colon.
    #[error("its tag is not up to 128 letters, digits, `_`, `.` and `-`")]
    Tag,
    /// The part after the `@`.
    #[error("its digest is not `sha256:` and 64 hexadecimal digits")]
    Digest,
}

impl ImageReference {
    /// Reads a reference as the kubelet does.
    ///
    /// # Errors
    /// Which part of it is none.
    pub fn parse(text: &str) -> Result<Self, ImageReferenceError> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash is that of a port.
        let after_slash = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest.get(after_slash..).and_then(|last| last.find(':')) {
            Some(colon) => {
                let (name, tag) = rest.split_at(after_slash + colon);
                (name, tag.strip_prefix(':'))
            }
            None => (rest, None),
        };
        let (registry, repository) = normalized(name);
        let check = |holds: bool, error| if holds { Ok(()) } else { Err(error) };
        check(is_registry(registry), ImageReferenceError::Registry)?;
        check(
            is_repository(&repository) && !is_identifier(text),
            ImageReferenceError::Repository,
        )?;
        check(tag.is_none_or(is_tag), ImageReferenceError::Tag)?;
        check(digest.is_none_or(is_digest), ImageReferenceError::Digest)?;
        Ok(Self {
            registry: registry.to_owned(),
            repository,
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// The registry and the repository: `docker.io/library/spark`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(formatter, "@{digest}"),
            None => Ok(()),
        }
    }
}

/// What `splitDockerDomain` makes of a name: a first part that can be no repository is a registry.
fn normalized(name: &str) -> (&str, String) {
    let is_host = |first: &str| {
        first == "localhost" || first.contains(['.', ':']) || first.contains(|letter: char| letter.is_ascii_uppercase())
    };
    let (registry, repository) = match name.split_once('/') {
        Some((LEGACY_REGISTRY, rest)) => (DEFAULT_REGISTRY, rest),
        Some((first, rest)) if is_host(first) => (first, rest),
        _ => (DEFAULT_REGISTRY, name),
    };
    if registry == DEFAULT_REGISTRY && !repository.contains('/') {
        (registry, format!("{OFFICIAL}{repository}"))
    } else {
        (registry, repository.to_owned())
    }
}

fn is_registry(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_address = |host: &str| {
        let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inner.is_some_and(|inner| {
            !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':')
        })
    };
    let is_label = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    port.is_none_or(is_port) && (is_address(host) || host.split('.').all(is_label))
}

fn is_repository(text: &str) -> bool {
    text.len() <= LONGEST_REPOSITORY && text.split('/').all(is_component)
}

/// Letters and digits, between which stand `.`, `_`, `__`, or any number of `-`.
fn is_component(text: &str) -> bool {
    let is_alphanumeric = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let is_separator = |separator: &str| {
        matches!(separator, "." | "_" | "__") || (!separator.is_empty() && separator.bytes().all(|byte| byte == b'-'))
    };
    text.starts_with(is_alphanumeric)
        && text.ends_with(is_alphanumeric)
        && text
            .split(is_alphanumeric)
            .filter(|between| !between.is_empty())
            .all(is_separator)
}

/// 64 hexadecimal digits are the id of an image, and no name.
fn is_identifier(text: &str) -> bool {
    text.len() == 64 && is_lower_hexadecimal(text)
}

fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = text.bytes();
    text.len() <= LONGEST_TAG
        && bytes.next().is_some_and(is_word)
        && bytes.all(|byte| is_word(byte) || byte == b'.' || byte == b'-')
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, digits)| {
        ALGORITHMS.contains(&(algorithm, digits.len())) && is_lower_hexadecimal(digits)
    })
}

fn is_lower_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn fills_in_what_is_left_out() {
        let cases = [
            ("spark", "docker.io/library/spark"),
            ("spark:3.5.1", "docker.io/library/spark:3.5.1"),
            ("apache/spark:3.5.1", "docker.io/apache/spark:3.5.1"),
            ("docker.io/spark", "docker.io/library/spark"),
            ("index.docker.io/spark", "docker.io/library/spark"),
            ("index.docker.io/apache/spark", "docker.io/apache/spark"),
            ("localhost/spark", "localhost/spark"),
            ("localhost:5000/spark:a", "localhost:5000/spark:a"),
            ("UPPER/spark", "UPPER/spark"),
            ("ghcr.io/a/b/c__d.e--f:T_1.x-y", "ghcr.io/a/b/c__d.e--f:T_1.x-y"),
            ("[fd00::1]:5000/spark", "[fd00::1]:5000/spark"),
            ("10.0.0.1/spark", "10.0.0.1/spark"),
            // Without a slash there is no registry: what follows the colon is a tag.
            ("registry:5000", "docker.io/library/registry:5000"),
        ];
        for (text, expected) in cases {
            assert_eq!(
                ImageReference::parse(text).map(|image| image.to_string()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        let pinned = ImageReference::parse(&format!("spark:3@{DIGEST}"));
        assert_eq!(
            pinned.map(|image| (image.tag, image.digest)),
            Ok((Some("3".to_owned()), Some(DIGEST.to_owned())))
        );
    }

    #[test]
    fn refuses_what_no_registry_has() {
        use ImageReferenceError::{Digest, Registry, Repository, Tag};
        let long = format!("a/{}", "b".repeat(255));
        let identifier = "a".repeat(64);
        let tag = format!("a:{}", "t".repeat(129));
        let cases = [
            ("", Repository),
            (":latest", Repository),
            ("Spark", Repository),
            ("apache/Spark", Repository),
            ("a//b", Repository),
            ("a/", Repository),
            ("a_-b", Repository),
            ("a___b", Repository),
            ("-a", Repository),
            ("a b", Repository),
            ("${IMAGE}", Repository),
            ("https://ghcr.io/spark", Registry),
            (&long, Repository),
            (&identifier, Repository),
            ("-a.io/b", Registry),
            ("a..io/b", Registry),
            ("a.io:port/b", Registry),
            ("a:", Tag),
            ("a:-b", Tag),
            ("a:b c", Tag),
            (&tag, Tag),
            ("a@", Digest),
            ("a@sha256:abc", Digest),
            ("a@md5:d41d8cd98f00b204e9800998ecf8427e", Digest),
        ];
        for (text, expected) in cases {
            assert_eq!(ImageReference::parse(text), Err(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_it_writes_it_reads(text in "([a-z0-9.:]{1,9}/)?[a-z0-9_./-]{1,20}(:[a-zA-Z0-9_.-]{1,9})?") {
            if let Ok(image) = ImageReference::parse(&text) {
                prop_assert_eq!(ImageReference::parse(&image.to_string()), Ok(image));
            }
        }

        #[test]
        fn reads_any_text_without_a_panic(text in ".*") {
            let _ = ImageReference::parse(&text);
        }
    }
}
