//! The objects of a file of manifests.

use std::rc::Rc;

use json_patch::jsonptr::PointerBuf;

use crate::engine::json::{Arena, Json};
use crate::engine::yaml::{Booleans, Document, parse_stream_with};
use crate::report::redact::redact;
use crate::report::{Failure, SourceFile};

/// What stands for the name of an object that says none.
pub(super) const UNNAMED: &str = "(no name)";

/// A file of manifests that was read.
pub(super) struct Manifests<'a> {
    /// The file, as a report may show it.
    pub(super) file: Rc<SourceFile>,
    /// The documents that can be read.
    pub(super) documents: Vec<Document<'a>>,
    /// Why the others cannot.
    pub(super) failures: Vec<Failure>,
}

impl<'a> Manifests<'a> {
    pub(super) fn read(arena: &'a Arena, name: String, text: &'a str) -> Self {
        Self::read_with(arena, name, text, Booleans::OfYaml11)
    }

    /// Reads a file whose booleans are not those of kubectl.
    pub(super) fn read_with(arena: &'a Arena, name: String, text: &'a str, booleans: Booleans) -> Self {
        let (documents, errors) = parse_stream_with(arena, text, booleans);
        let failures = errors.into_iter().map(|error| Failure {
            file: name.clone(),
            at: Some((error.line, error.column)),
            message: error.message,
            help: None,
        });
        Self {
            failures: failures.collect(),
            file: Rc::new(SourceFile {
                name,
                text: redact(text, &documents),
            }),
            documents,
        }
    }
}

/// An object of a file: a whole document, or an item of a list.
pub(super) struct Object<'a> {
    pub(super) manifest: Json<'a>,
    /// Where it is in its document.
    pub(super) at: PointerBuf,
}

impl<'a> Object<'a> {
    /// Its name, or what the API server will begin one with.
    pub(super) fn name(&self) -> Option<&'a str> {
        ["name", "generateName"]
            .into_iter()
            .find_map(|key| self.manifest.at(["metadata", key])?.as_str())
    }
}

/// The objects of a document: itself, or if it is a list, what is in it.
pub(super) fn objects<'a>(arena: &'a Arena, document: &Document<'a>) -> Vec<Object<'a>> {
    let mut objects = Vec::new();
    unfold(arena, document.root, PointerBuf::new(), &mut objects);
    objects
}

fn unfold<'a>(arena: &'a Arena, manifest: Json<'a>, at: PointerBuf, objects: &mut Vec<Object<'a>>) {
    let kind = manifest.get("kind").and_then(Json::as_str);
    match (kind.and_then(|kind| kind.strip_suffix("List")), manifest.get("items")) {
        (Some(item_kind), Some(Json::Array(items))) => {
            for (index, item) in items.iter().enumerate() {
                let item = with_kind(arena, *item, item_kind, manifest.get("apiVersion"));
                let at = at.with_trailing_token("items").with_trailing_token(index);
                unfold(arena, item, at, objects);
            }
        }
        _ => objects.push(Object { manifest, at }),
    }
}

/// An item of a `SparkApplicationList` may leave its kind to the list, as the API server's own answers do.
fn with_kind<'a>(arena: &'a Arena, item: Json<'a>, kind: &'a str, api_version: Option<Json<'a>>) -> Json<'a> {
    match (item, api_version) {
        (Json::Object(members), Some(api_version)) if !kind.is_empty() && item.get("kind").is_none() => {
            let own = members.iter().filter(|(key, _)| !matches!(*key, "kind" | "apiVersion"));
            let given = [("apiVersion", api_version), ("kind", Json::String(kind))];
            arena.object(&given.iter().chain(own).copied().collect::<Vec<_>>())
        }
        _ => item,
    }
}
