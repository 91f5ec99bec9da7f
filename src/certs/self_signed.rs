//! A certificate authority of our own and a server certificate signed by it, kept in a directory under the names that
//! cert-manager gives them in a Secret.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::authority::{self, Issued, server_names};
use super::{Certificate, CertificateError, Validity, files};

/// The authority's certificate: what a client has to trust.
pub const CA_CERTIFICATE: &str = "ca.crt";
/// The authority's private key.
pub const CA_KEY: &str = "ca.key";
/// The server's certificate.
pub const CERTIFICATE: &str = "tls.crt";
/// The server's private key.
pub const KEY: &str = "tls.key";

/// The namespace of the manifests, for a certificate that is made by hand and taken into a cluster.
pub const NAMESPACE: &str = "sparkgate";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Long, since whatever trusts it has to be told of the next one.
const CA_LIFE: Duration = DAY.saturating_mul(3_650);
const LIFE: Duration = DAY.saturating_mul(365);

/// What had to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// Nothing: both certificates were there and are good for long enough.
    Nothing,
    /// The server's certificate; whoever trusts the authority need not be told.
    Leaf,
    /// Both.
    Authority,
}

/// The certificate to serve with, and how it came about.
#[derive(Debug)]
pub struct SelfSigned {
    /// To serve with.
    pub certificate: Certificate,
    /// What had to be made.
    pub made: Made,
}

/// Loads the certificate in `directory`, making what is missing, broken or due at `now`.
///
/// # Errors
/// Files that cannot be read or written, and a key that somebody else put there.
pub fn load_or_make(directory: &Path, now: SystemTime) -> Result<SelfSigned, CertificateError> {
    let store = Store { directory };
    if store.path(KEY).exists() && !store.path(CA_KEY).exists() {
        return Err(CertificateError::NotOurs { path: store.path(KEY) });
    }
    let authority = store.pair(CA_CERTIFICATE, CA_KEY)?;
    let leaf = store
        .pair(CERTIFICATE, KEY)?
        .filter(|leaf| authority.as_ref().is_some_and(|authority| fits(authority, leaf, now)));
    let made = to_make(
        authority.map(|authority| authority.validity),
        leaf.as_ref().map(|leaf| leaf.validity),
        now,
    );
    if made == Made::Authority {
        store.make_authority(now)?;
    }
    let certificate = match leaf {
        Some(leaf) if made == Made::Nothing => leaf,
        _ => {
            store.make_leaf(now)?;
            files::load(&store.path(CERTIFICATE), &store.path(KEY))?
        }
    };
    Ok(SelfSigned { certificate, made })
}

/// What to make at `now`, when this is what there is.
fn to_make(authority: Option<Validity>, leaf: Option<Validity>, now: SystemTime) -> Made {
    match (authority, leaf) {
        (Some(authority), _) if authority.due(now) => Made::Authority,
        (Some(_), Some(leaf)) if !leaf.due(now) => Made::Nothing,
        (Some(_), _) => Made::Leaf,
        (None, _) => Made::Authority,
    }
}

/// Whether a client that trusts `authority` takes `leaf` for every one of our names.
fn fits(authority: &Certificate, leaf: &Certificate, now: SystemTime) -> bool {
    match (authority.pair.cert.first(), leaf.pair.cert.first()) {
        (Some(root), Some(certificate)) => authority::vouches(root, certificate, &server_names(NAMESPACE), now),
        _ => false,
    }
}

/// The directory.
struct Store<'a> {
    directory: &'a Path,
}

impl Store<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A certificate and its key; `None` when one is missing, broken, or not the other's. A file that is there and
    /// may not be read is an error: making it anew would hide whose mistake it is.
    fn pair(&self, certificate: &str, key: &str) -> Result<Option<Certificate>, CertificateError> {
        match files::load(&self.path(certificate), &self.path(key)) {
            Ok(pair) => Ok(Some(pair)),
            Err(CertificateError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error @ CertificateError::Unreadable { .. }) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Makes the authority. Its key is written first, and before any other key, so that a directory in which we were
    /// interrupted is still known as ours.
    fn make_authority(&self, now: SystemTime) -> Result<(), CertificateError> {
        fs::create_dir_all(self.directory).map_err(|source| CertificateError::Unwritable {
            path: self.directory.to_owned(),
            source,
        })?;
        let authority = authority::authority(now, CA_LIFE)?;
        self.write(CA_KEY, &authority.key, Readers::Owner)?;
        self.write(CA_CERTIFICATE, &authority.certificate, Readers::Everyone)
    }

    /// Issues the server's certificate from the authority in the directory.
    fn make_leaf(&self, now: SystemTime) -> Result<(), CertificateError> {
        let authority = Issued {
            certificate: self.read(CA_CERTIFICATE)?,
            key: self.read(CA_KEY)?,
        };
        let leaf = authority::leaf(&authority, &server_names(NAMESPACE), now, LIFE)?;
        self.write(KEY, &leaf.key, Readers::Owner)?;
        self.write(CERTIFICATE, &leaf.certificate, Readers::Everyone)
    }

    fn read(&self, name: &str) -> Result<String, CertificateError> {
        let path = self.path(name);
        fs::read_to_string(&path).map_err(|source| CertificateError::Unreadable { path, source })
    }

    /// Puts a file in place in one step. It has its mode from the moment that it exists: a key is never readable by
    /// others, not even for an instant.
    fn write(&self, name: &str, text: &str, readers: Readers) -> Result<(), CertificateError> {
        let path = self.path(name);
        let unfinished = self.path(&format!(".{name}.unfinished"));
        let written = remove_if_there(&unfinished)
            .and_then(|()| {
                OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(readers.mode())
                    .open(&unfinished)
            })
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&unfinished, &path));
        written.map_err(|source| CertificateError::Unwritable { path, source })
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Who may read a file.
#[derive(Clone, Copy)]
enum Readers {
    Owner,
    Everyone,
}

impl Readers {
    fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Everyone => 0o644,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    /// 2030-01-01.
    const NOW: Duration = Duration::from_secs(1_893_456_000);

    fn now() -> SystemTime {
        UNIX_EPOCH + NOW
    }

    /// Valid for three hundred days, `age` days old.
    fn aged(age: u32) -> Validity {
        let not_before = now() - DAY * age;
        Validity {
            not_before,
            not_after: not_before + DAY * 300,
        }
    }

    #[test]
    fn makes_what_is_missing_or_past_two_thirds_of_its_life() {
        let from_the_future = Validity {
            not_before: now() + DAY,
            not_after: now() + DAY * 301,
        };
        let cases = [
            (None, None, Made::Authority),
            (None, Some(aged(0)), Made::Authority),
            (Some(aged(0)), None, Made::Leaf),
            (Some(aged(0)), Some(aged(0)), Made::Nothing),
            (Some(aged(199)), Some(aged(199)), Made::Nothing),
            (Some(aged(0)), Some(aged(200)), Made::Leaf),
            (Some(aged(0)), Some(aged(400)), Made::Leaf),
            (Some(aged(200)), Some(aged(0)), Made::Authority),
            (Some(aged(400)), None, Made::Authority),
            (Some(aged(0)), Some(from_the_future), Made::Leaf),
            (Some(from_the_future), Some(aged(0)), Made::Authority),
        ];
        for (authority, leaf, expected) in cases {
            assert_eq!(to_make(authority, leaf, now()), expected, "{authority:?} {leaf:?}");
        }
    }

    #[test]
    fn renews_as_time_passes() {
        let directory = tempfile::tempdir().unwrap();
        let made_after = |days: u32| load_or_make(directory.path(), now() + DAY * days).unwrap().made;
        let cases = [
            (0, Made::Authority),
            (0, Made::Nothing),
            (243, Made::Nothing),
            (244, Made::Leaf),
            (245, Made::Nothing),
            (2_000, Made::Leaf),
            (2_440, Made::Authority),
            (2_440, Made::Nothing),
        ];
        for (days, expected) in cases {
            assert_eq!(made_after(days), expected, "after {days} days");
        }
    }

    #[test]
    fn makes_anew_what_is_broken() {
        let cases = [
            (CA_CERTIFICATE, Made::Authority),
            (CA_KEY, Made::Authority),
            (CERTIFICATE, Made::Leaf),
            (KEY, Made::Leaf),
        ];
        for (name, expected) in cases {
            let directory = tempfile::tempdir().unwrap();
            load_or_make(directory.path(), now()).unwrap();
            fs::write(directory.path().join(name), "broken").unwrap();
            let own = load_or_make(directory.path(), now()).unwrap();
            assert_eq!(own.made, expected, "{name}");
            let again = load_or_make(directory.path(), now()).unwrap();
            assert_eq!(again.made, Made::Nothing, "{name}");
        }
    }

    #[test]
    fn does_not_serve_a_certificate_of_another_authority() {
        let [ours, theirs] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        for directory in [&ours, &theirs] {
            load_or_make(directory.path(), now()).unwrap();
        }
        for name in [CERTIFICATE, KEY] {
            fs::copy(theirs.path().join(name), ours.path().join(name)).unwrap();
        }
        assert_eq!(load_or_make(ours.path(), now()).unwrap().made, Made::Leaf);
    }

    #[test]
    fn leaves_a_key_alone_that_it_did_not_make() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(KEY), "somebody's").unwrap();
        let error = load_or_make(directory.path(), now()).unwrap_err();
        assert!(matches!(error, CertificateError::NotOurs { .. }), "{error}");
        assert_eq!(fs::read_to_string(directory.path().join(KEY)).unwrap(), "somebody's");
    }

    #[test]
    fn starts_over_where_it_was_interrupted() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(".ca.key.unfinished"), "half a k").unwrap();
        assert_eq!(load_or_make(directory.path(), now()).unwrap().made, Made::Authority);
        assert!(!directory.path().join(".ca.key.unfinished").exists());
    }
}
