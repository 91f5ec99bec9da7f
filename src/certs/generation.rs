//! A generation: an authority and the one certificate that it has signed.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::pem::{self, PemError};
use super::{Certificate, Validity, authority};

/// An authority, the one leaf that it has signed, and the leaf's key. The authority's own key is gone as soon as that is
/// done, so whoever trusts the authority trusts this leaf, and nothing that could be made later.
#[derive(Clone, PartialEq, Eq)]
pub struct Generation {
    /// The authority's certificate, in PEM.
    pub authority: String,
    /// The leaf, in PEM.
    pub certificate: String,
    /// The leaf's private key, in PEM.
    pub key: String,
    /// When the leaf is good, and the authority too.
    pub validity: Validity,
}

/// Why something is no generation.
#[derive(Debug, thiserror::Error)]
pub enum GenerationError {
    /// It could not be made.
    #[error("cannot make a certificate")]
    Issue(#[from] rcgen::Error),
    /// What is wrong with the authority.
    #[error("the authority {0}")]
    Authority(String),
    /// What is wrong with the leaf or its key.
    #[error(transparent)]
    Leaf(#[from] PemError),
    /// They do not belong together, or are somebody else's.
    #[error("the authority does not vouch for the certificate as that of {0}")]
    Unfit(String),
}

impl Generation {
    /// Makes one that is good from `now` for `life`.
    ///
    /// # Errors
    /// Where the system gives no random numbers, or a name is none.
    pub fn make(names: &[String], now: SystemTime, life: Duration) -> Result<Self, GenerationError> {
        let authority = authority::authority(now, life)?;
        let leaf = authority::leaf(&authority, names, now, life)?;
        Self::read(authority.certificate, leaf.certificate, leaf.key, names)
    }

    /// Puts one together from its parts in PEM, and looks whether they fit each other and the names.
    ///
    /// # Errors
    /// What does not fit.
    pub fn read(
        authority: String,
        certificate: String,
        key: String,
        names: &[String],
    ) -> Result<Self, GenerationError> {
        let root = pem::certificates(authority.as_bytes()).map_err(GenerationError::Authority)?;
        let Certificate { pair, validity } = pem::certificate(certificate.as_bytes(), key.as_bytes())?;
        // Whether they are still good is another question.
        let fits = match (root.as_slice(), pair.cert.as_slice()) {
            ([root], [leaf]) => authority::vouches(root, leaf, names, validity.not_before),
            _ => false,
        };
        if !fits {
            return Err(GenerationError::Unfit(names.join(", ")));
        }
        Ok(Self {
            authority,
            certificate,
            key,
            validity,
        })
    }

    /// For serving.
    ///
    /// # Errors
    /// None in practice: it was read before.
    pub fn to_certificate(&self) -> Result<Certificate, PemError> {
        pem::certificate(self.certificate.as_bytes(), self.key.as_bytes())
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Generation")
            .field("validity", &self.validity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn names() -> Vec<String> {
        vec!["sparkgate.sparkgate.svc".to_owned(), "127.0.0.1".to_owned()]
    }

    fn make() -> Generation {
        let now = UNIX_EPOCH + Duration::from_secs(1_893_456_000);
        Generation::make(&names(), now, Duration::from_secs(600)).unwrap()
    }

    #[test]
    fn is_not_due_when_it_is_made_however_short_its_life() {
        for seconds in [60, 600, 90 * 24 * 60 * 60] {
            let now = UNIX_EPOCH + Duration::from_secs(1_893_456_000);
            let life = Duration::from_secs(seconds);
            let generation = Generation::make(&names(), now, life).unwrap();
            assert!(!generation.validity.due(now + life / 2), "{seconds} s");
            assert!(generation.validity.due(now + life * 2 / 3), "{seconds} s");
            assert_eq!(generation.validity.not_after, now + life);
        }
    }

    #[test]
    fn what_does_not_belong_together_is_none() {
        let [one, other] = [make(), make()];
        let (elsewhere, nothing) = (vec!["sparkgate.other.svc".to_owned()], String::new());
        let cases = [
            (
                (&other.authority, &one.certificate, &one.key, &names()),
                "the authority does not vouch for the certificate as that of sparkgate.sparkgate.svc, 127.0.0.1",
            ),
            (
                (&one.authority, &one.certificate, &one.key, &elsewhere),
                "the authority does not vouch for the certificate as that of sparkgate.other.svc",
            ),
            (
                (&one.authority, &one.certificate, &other.key, &names()),
                "the private key does not belong to the certificate",
            ),
            (
                (&nothing, &one.certificate, &one.key, &names()),
                "the authority holds no certificate in PEM",
            ),
            (
                (&one.authority, &nothing, &one.key, &names()),
                "the certificate holds no certificate in PEM",
            ),
        ];
        for ((authority, certificate, key, names), expected) in cases {
            let read = Generation::read(authority.clone(), certificate.clone(), key.clone(), names);
            assert_eq!(read.unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn never_shows_its_key() {
        let shown = format!("{:?}", make());
        assert!(!shown.contains("PRIVATE KEY"), "{shown}");
    }
}
