//! What is known of the objects of one resource, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use tokio::sync::watch;

use super::watch::{Key, Sink};
use crate::engine::facts::FactError;
use crate::engine::json::{Arena, Json};

/// How a fact is read from an object.
pub type Read<T> = fn(Json<'_>) -> Result<T, FactError>;

/// The facts of one resource. Until a watch has listed them, nothing is known of any.
#[derive(Debug)]
pub struct Store<T> {
    contents: watch::Sender<Contents<T>>,
}

#[derive(Debug)]
struct Contents<T> {
    known: Option<ByNamespace<T>>,
    /// Grows with each change.
    version: u64,
}

type ByNamespace<T> = BTreeMap<String, Facts<T>>;

/// The facts of a namespace, by the names of the objects; of one that was not understood, `None`.
#[derive(Debug)]
struct Facts<T> {
    by_name: BTreeMap<String, Option<T>>,
    /// All of them, once somebody has asked.
    all: OnceLock<Option<Arc<[T]>>>,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        let contents = Contents {
            known: None,
            version: 0,
        };
        Self {
            contents: watch::Sender::new(contents),
        }
    }
}

impl<T: Clone + PartialEq> Store<T> {
    /// The fact of one object; `None` when it is not known, as that of an object that is gone.
    #[must_use]
    pub fn get(&self, namespace: &str, name: &str) -> Option<T> {
        let contents = self.contents.borrow();
        contents.known.as_ref()?.get(namespace)?.by_name.get(name)?.clone()
    }

    /// The facts of a namespace, in the order of their names; `None` when they are not known, or one of them was not understood.
    /// What belongs to no namespace is under the empty one.
    #[must_use]
    pub fn all(&self, namespace: &str) -> Option<Arc<[T]>> {
        let contents = self.contents.borrow();
        let Some(facts) = contents.known.as_ref()?.get(namespace) else {
            return Some(Arc::new([]));
        };
        let all = facts.all.get_or_init(|| facts.by_name.values().cloned().collect());
        all.clone()
    }

    /// The version of what is known. As long as it stays, so does everything else here.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.contents.borrow().version
    }

    #[cfg(test)]
    pub(super) fn changes(&self) -> watch::Receiver<impl Sized> {
        self.contents.subscribe()
    }

    /// These are all that there are.
    pub fn list(&self, facts: Vec<(Key, Option<T>)>) {
        let mut listed = ByNamespace::new();
        for (Key { namespace, name }, fact) in facts {
            listed.entry(namespace).or_default().by_name.insert(name, fact);
        }
        self.change(|known| {
            let is_changed = known.as_ref() != Some(&listed);
            *known = Some(listed);
            is_changed
        });
    }

    /// There is one more, or it has changed.
    pub fn apply(&self, Key { namespace, name }: Key, fact: Option<T>) {
        self.change(|known| {
            let Some(known) = known else {
                return false;
            };
            let facts = known.entry(namespace).or_default();
            if facts.by_name.get(&name) == Some(&fact) {
                return false;
            }
            facts.by_name.insert(name, fact);
            facts.all.take();
            true
        });
    }

    /// One is gone.
    pub fn delete(&self, Key { namespace, name }: &Key) {
        self.change(|known| {
            let Some(known) = known else {
                return false;
            };
            let Some(facts) = known.get_mut(namespace) else {
                return false;
            };
            let is_changed = facts.by_name.remove(name).is_some();
            facts.all.take();
            if facts.by_name.is_empty() {
                known.remove(namespace);
            }
            is_changed
        });
    }

    /// What was known is not known any more.
    pub fn forget(&self) {
        self.change(|known| known.take().is_some());
    }

    /// Changes the contents; `change` says whether it did.
    fn change(&self, change: impl FnOnce(&mut Option<ByNamespace<T>>) -> bool) {
        self.contents.send_if_modified(|contents| {
            let is_changed = change(&mut contents.known);
            contents.version += u64::from(is_changed);
            is_changed
        });
    }
}

/// Reads the objects of a watch into a store.
#[derive(Debug)]
pub struct Reader<T> {
    /// Where to.
    pub store: Arc<Store<T>>,
    /// How.
    pub read: Read<T>,
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Sink for Reader<T> {
    type Fact = Option<T>;

    fn read(&self, key: &Key, object: &Value) -> Option<T> {
        let arena = Arena::new();
        let read = (self.read)(arena.import(object));
        read.inspect_err(|error| {
            let Key { namespace, name } = key;
            tracing::warn!(namespace, name, at = %error.pointer, %error, "not understood, and so not known");
        })
        .ok()
    }

    fn list(&self, facts: Vec<(Key, Option<T>)>) {
        self.store.list(facts);
    }

    fn apply(&self, key: Key, fact: Option<T>) {
        self.store.apply(key, fact);
    }

    fn delete(&self, key: &Key) {
        self.store.delete(key);
    }

    fn forget(&self) {
        self.store.forget();
    }
}

impl<T> Default for Facts<T> {
    fn default() -> Self {
        Self {
            by_name: BTreeMap::new(),
            all: OnceLock::new(),
        }
    }
}

impl<T: PartialEq> PartialEq for Facts<T> {
    fn eq(&self, other: &Self) -> bool {
        self.by_name == other.by_name
    }
}

#[cfg(test)]
mod tests;
