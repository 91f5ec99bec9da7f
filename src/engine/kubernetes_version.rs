//! The version of an API server.

use std::fmt;

/// A version of Kubernetes, as far as it says what an API server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KubernetesVersion {
    major: u32,
    minor: u32,
}

impl KubernetesVersion {
    /// The first that keeps `restartPolicy` of an init container (KEP-753). One before it drops the field, and the pod waits for ever for
    /// the sidecar to end.
    pub const NATIVE_SIDECARS: Self = Self::new(1, 29);

    /// The version `major.minor`.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Reads the two numbers that an API server tells at `/version`. A managed cluster may write `29+`.
    #[must_use]
    pub fn parse(major: &str, minor: &str) -> Option<Self> {
        let number = |text: &str| text.strip_suffix('+').unwrap_or(text).parse().ok();
        Some(Self::new(number(major)?, number(minor)?))
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_an_api_server_tells() {
        let cases = [
            ("1", "29", Some(KubernetesVersion::new(1, 29))),
            ("1", "28+", Some(KubernetesVersion::new(1, 28))),
            ("2", "0", Some(KubernetesVersion::new(2, 0))),
            ("", "", None),
            ("1", "", None),
            ("1", "x", None),
            ("v1", "29", None),
        ];
        for (major, minor, expected) in cases {
            assert_eq!(KubernetesVersion::parse(major, minor), expected, "{major} {minor}");
        }
    }

    #[test]
    fn knows_which_came_first() {
        let native = KubernetesVersion::NATIVE_SIDECARS;
        assert!(KubernetesVersion::new(1, 28) < native);
        assert!(KubernetesVersion::new(1, 9) < native);
        assert!(KubernetesVersion::new(2, 0) > native);
        assert_eq!(native.to_string(), "1.29");
    }
}
