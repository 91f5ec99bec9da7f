//! The Secret in which a cluster's certificates are kept.
//!
//! Its keys are those of cert-manager (`ca.crt`, `tls.crt`, `tls.key`) for what is served, the same after `next-` for what
//! will be, and `retired-ca.crt` for the authorities of what was.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::PostParams;
use kube::{Api, Client};

use super::generation::{Generation, GenerationError};
use super::pem;
use super::rotation::{Retired, Rotation};

const AUTHORITY: &str = "ca.crt";
const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";
const NEXT: &str = "next-";
const RETIRED: &str = "retired-ca.crt";
const END_OF_CERTIFICATE: &str = "-----END CERTIFICATE-----\n";

/// Why the Secret is of no use.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The API server did not answer as it should.
    #[error("cannot {verb} the Secret {name}")]
    Api {
        /// What was tried.
        verb: &'static str,
        /// The name of the Secret.
        name: String,
        /// What it said.
        source: kube::Error,
    },
    /// There is a key in it that may be somebody else's, and is not overwritten.
    #[error(
        "the Secret {name} holds what sparkgate cannot serve: take `{KEY}` out of it if it is not needed, \
         or name another Secret with --certs-secret"
    )]
    NotOurs {
        /// The name of the Secret.
        name: String,
        /// What is wrong with it.
        source: GenerationError,
    },
}

/// The Secret by its name, for replicas that answer to some names.
#[derive(Clone, Debug)]
pub struct SecretStore {
    api: Api<Secret>,
    name: String,
}

/// The Secret as it was read.
#[derive(Debug)]
pub struct StoredSecret {
    object: Option<Secret>,
    /// What it holds; `None` also of one that is empty.
    pub rotation: Option<Rotation>,
}

impl SecretStore {
    /// The Secret `name` of the client's own namespace.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self {
            api: Api::default_namespaced(client),
            name,
        }
    }

    /// Reads it, for a server that answers to `names`.
    ///
    /// # Errors
    /// What the API server says, and a Secret that is not ours.
    pub async fn read(&self, names: &[String]) -> Result<StoredSecret, SecretError> {
        let object = self
            .api
            .get_opt(&self.name)
            .await
            .map_err(|source| self.error("read", source))?;
        let empty = BTreeMap::new();
        let data = object
            .as_ref()
            .and_then(|secret| secret.data.as_ref())
            .unwrap_or(&empty);
        let rotation = from_data(data, names).map_err(|source| SecretError::NotOurs {
            name: self.name.clone(),
            source,
        })?;
        Ok(StoredSecret { object, rotation })
    }

    /// Writes `rotation` in place of what was read, unless somebody has written since.
    ///
    /// # Errors
    /// What the API server says; a conflict where somebody has.
    pub async fn write(&self, read: StoredSecret, rotation: &Rotation) -> Result<(), SecretError> {
        let parameters = PostParams::default();
        let data = to_data(rotation);
        let written = if let Some(mut secret) = read.object {
            let kept = secret.data.take().unwrap_or_default().into_iter();
            let kept = kept.filter(|(key, _)| !is_ours(key));
            secret.data = Some(kept.chain(data).collect());
            self.api.replace(&self.name, &parameters, &secret).await
        } else {
            let metadata = ObjectMeta {
                name: Some(self.name.clone()),
                ..ObjectMeta::default()
            };
            let secret = Secret {
                metadata,
                data: Some(data),
                ..Secret::default()
            };
            self.api.create(&parameters, &secret).await
        };
        written.map(drop).map_err(|source| self.error("write", source))
    }

    fn error(&self, verb: &'static str, source: kube::Error) -> SecretError {
        SecretError::Api {
            verb,
            name: self.name.clone(),
            source,
        }
    }
}

fn is_ours(key: &str) -> bool {
    key == RETIRED || [AUTHORITY, CERTIFICATE, KEY].contains(&key.strip_prefix(NEXT).unwrap_or(key))
}

fn to_data(rotation: &Rotation) -> BTreeMap<String, ByteString> {
    let retired: String = rotation
        .retired
        .iter()
        .map(|retired| retired.authority.as_str())
        .collect();
    let generations = [("", &rotation.current)]
        .into_iter()
        .chain(rotation.next.iter().map(|next| (NEXT, next)));
    let parts = generations.flat_map(|(prefix, generation)| {
        [
            (AUTHORITY, &generation.authority),
            (CERTIFICATE, &generation.certificate),
            (KEY, &generation.key),
        ]
        .map(|(name, text)| (format!("{prefix}{name}"), text.clone()))
    });
    let retired = Some((RETIRED.to_owned(), retired)).filter(|(_, text)| !text.is_empty());
    parts
        .chain(retired)
        .map(|(name, text)| (name, ByteString(text.into_bytes())))
        .collect()
}

/// What the data mean, if there is a key in them. A next generation that cannot be served is as good as none: nobody
/// serves it yet.
fn from_data(data: &BTreeMap<String, ByteString>, names: &[String]) -> Result<Option<Rotation>, GenerationError> {
    if data.get(KEY).is_none_or(|key| key.0.is_empty()) {
        return Ok(None);
    }
    Ok(Some(Rotation {
        current: generation(data, "", names)?,
        next: generation(data, NEXT, names).ok(),
        retired: text(data, RETIRED)
            .split_inclusive(END_OF_CERTIFICATE)
            .filter_map(retired)
            .collect(),
    }))
}

fn generation(
    data: &BTreeMap<String, ByteString>,
    prefix: &str,
    names: &[String],
) -> Result<Generation, GenerationError> {
    let [authority, certificate, key] =
        [AUTHORITY, CERTIFICATE, KEY].map(|name| text(data, &format!("{prefix}{name}")));
    Generation::read(authority, certificate, key, names)
}

/// An authority and its one leaf expire together.
fn retired(authority: &str) -> Option<Retired> {
    let certificates = pem::certificates(authority.as_bytes()).ok()?;
    Some(Retired {
        authority: authority.to_owned(),
        not_after: certificates.first().and_then(pem::validity)?.not_after,
    })
}

/// A value as text; what is no text is no PEM either.
fn text(data: &BTreeMap<String, ByteString>, name: &str) -> String {
    data.get(name)
        .and_then(|value| String::from_utf8(value.0.clone()).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::*;

    fn names() -> Vec<String> {
        vec!["sparkgate.sparkgate.svc".to_owned()]
    }

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_893_456_000)
    }

    fn make() -> Generation {
        Generation::make(&names(), now(), Duration::from_secs(600)).unwrap()
    }

    #[test]
    fn reads_what_it_has_written() {
        let alone = Rotation::begin(make());
        let both = alone.clone().introduce(make());
        let promoted = both.clone().promote();
        let again = promoted.clone().introduce(make()).promote();
        assert_eq!(again.retired.len(), 2);
        for rotation in [alone, both, promoted, again] {
            let read = from_data(&to_data(&rotation), &names()).unwrap();
            assert_eq!(read, Some(rotation));
        }
    }

    #[test]
    fn an_empty_secret_may_be_filled_and_a_strange_one_not() {
        let value = |text: &str| ByteString(text.as_bytes().to_vec());
        let data = |pairs: &[(&str, &str)]| -> BTreeMap<String, ByteString> {
            pairs
                .iter()
                .map(|(key, text)| ((*key).to_owned(), value(text)))
                .collect()
        };
        for empty in [data(&[]), data(&[("note", "kept")]), data(&[(KEY, "")])] {
            assert!(from_data(&empty, &names()).unwrap().is_none());
        }
        let ours = make();
        let strange = [
            data(&[(KEY, "somebody's")]),
            data(&[(KEY, &ours.key)]),
            data(&[
                (KEY, &ours.key),
                (CERTIFICATE, &ours.certificate),
                (AUTHORITY, &make().authority),
            ]),
        ];
        for strange in strange {
            assert!(from_data(&strange, &names()).is_err());
        }
    }

    #[test]
    fn a_next_generation_that_is_broken_is_none() {
        let mut data = to_data(&Rotation::begin(make()).introduce(make()));
        data.insert("next-tls.key".to_owned(), ByteString(Vec::new()));
        data.insert(RETIRED.to_owned(), ByteString(b"broken".to_vec()));
        let rotation = from_data(&data, &names()).unwrap().unwrap();
        assert_eq!((rotation.next, rotation.retired), (None, Vec::new()));
    }
}
