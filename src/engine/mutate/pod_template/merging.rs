//! Merging a part of a template into a pod, by the table of `engine/merge.rs`.

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde_json::{Map, Value};

use super::node_affinity;
use crate::engine::json::Json;
use crate::engine::kubernetes_version::KubernetesVersion;
use crate::engine::merge::{self, Merge};
use crate::engine::mutate::Editor;
use crate::engine::patch::PatchError;
use crate::engine::workload::pod::spark_container;

const VOLUMES: &Pointer = Pointer::from_static("/spec/volumes");
const CONTAINERS: &Pointer = Pointer::from_static("/spec/containers");
/// Fields whose values may be secrets, or too long to read: messages say only that they differ.
const UNQUOTED: [&str; 1] = ["annotations"];

/// One template on its way into one pod.
pub(super) struct Merging<'m, 'e, 'a> {
    editor: &'m mut Editor<'e, 'a>,
    kubernetes_version: Option<KubernetesVersion>,
}

impl<'m, 'e, 'a> Merging<'m, 'e, 'a> {
    pub(super) fn new(editor: &'m mut Editor<'e, 'a>, kubernetes_version: Option<KubernetesVersion>) -> Self {
        Self {
            editor,
            kubernetes_version,
        }
    }

    /// Merges the members of an object that stands at `place`, or will; `path` are the names of the fields on the way to it.
    pub(super) fn fields(
        &mut self,
        path: &[&str],
        place: &Pointer,
        wanted: &Map<String, Value>,
    ) -> Result<(), PatchError> {
        wanted.iter().try_for_each(|(name, value)| {
            let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
            self.field(&path, &place.with_trailing_token(name.as_str()), value)
        })
    }

    /// Merges what a template has for the container that Spark runs in, wherever that stands.
    pub(super) fn spark_container(&mut self, wanted: &Map<String, Value>) -> Result<(), PatchError> {
        if let Some((index, _)) = spark_container(self.editor.root()) {
            return self.fields(&["spec", "containers"], &CONTAINERS.with_trailing_token(index), wanted);
        }
        self.editor.refuse(
            CONTAINERS,
            "Spark runs in none of the containers, and the pod template has something for the one that it runs in",
            "leave the container the arguments and variables that Spark gives it",
        );
        Ok(())
    }

    /// Merges one field, the last of `path`, which stands at `place`, or will.
    pub(super) fn field(&mut self, path: &[&str], place: &Pointer, wanted: &Value) -> Result<(), PatchError> {
        match (merge::rule(path), wanted) {
            (Merge::Fields, Value::Object(members)) => self.fields(path, place, members),
            (Merge::Objects(keys), Value::Array(items)) => items
                .iter()
                .try_for_each(|item| self.container(path, place, keys, item)),
            (Merge::Units(keys), Value::Array(items)) => {
                items.iter().try_for_each(|item| self.unit(path, place, keys, item))
            }
            (Merge::Set, Value::Array(items)) => items.iter().try_for_each(|item| self.element(path, place, item)),
            (Merge::Alternatives, Value::Array(terms)) => {
                let terms: Vec<_> = terms.iter().map(|term| self.editor.arena().import(term)).collect();
                node_affinity::require(self.editor, place, &terms)
            }
            _ => self.value(path, place, wanted),
        }
    }

    /// One value, whatever is in it.
    fn value(&mut self, path: &[&str], place: &Pointer, wanted: &Value) -> Result<(), PatchError> {
        let field = path.last().copied().unwrap_or_default();
        let wanted = self.editor.arena().import(wanted);
        match self.editor.get(place) {
            _ if merge::is_absent(field, wanted) => Ok(()),
            Some(present) if merge::is_same(field, present, wanted) => Ok(()),
            Some(present) if merge::is_default(path, present) => self.editor.extend(place, wanted),
            _ => {
                let is_quoted = !path.iter().any(|field| UNQUOTED.contains(field));
                let texts = |present| scalar(present).zip(scalar(wanted)).filter(|_| is_quoted);
                self.editor.set(place, wanted, |present| match texts(present) {
                    Some((present, wanted)) => (
                        format!("`{field}` is `{present}`, and the pod template asks for `{wanted}`"),
                        format!("leave `{field}` out, or write `{wanted}`"),
                    ),
                    None => differs(&format!("`{field}` is another than in the pod template")),
                })
            }
        }
    }

    /// One item of a list of units.
    fn unit(&mut self, path: &[&str], list: &Pointer, keys: &[&str], item: &Value) -> Result<(), PatchError> {
        let field = path.last().copied().unwrap_or_default();
        let wanted = self.editor.arena().import(item);
        if let Some(place) = self.find(list, keys, wanted) {
            let present = self.editor.get(&place);
            if present.is_some_and(|present| merge::is_same(field, present, wanted)) {
                return Ok(());
            }
            return self.editor.set(&place, wanted, |_| {
                let key = keys
                    .iter()
                    .find_map(|key| scalar(merge::key(wanted, key)?))
                    .unwrap_or_default();
                differs(&format!("`{field}` has another `{key}` than the pod template"))
            });
        }
        let is_possible = match field {
            "ports" => self.can_be_named(list, wanted),
            "volumeMounts" => self.can_mount(list, &[wanted]),
            _ => true,
        };
        if is_possible {
            self.editor.append(list, wanted)?;
        }
        Ok(())
    }

    /// One item of a set.
    fn element(&mut self, path: &[&str], list: &Pointer, item: &Value) -> Result<(), PatchError> {
        let field = path.last().copied().unwrap_or_default();
        let wanted = self.editor.arena().import(item);
        if self
            .position(list, |present| merge::is_same(field, present, wanted))
            .is_none()
        {
            self.editor.append(list, wanted)?;
        }
        Ok(())
    }

    /// An init container or a sidecar.
    fn container(&mut self, path: &[&str], list: &Pointer, keys: &[&str], item: &Value) -> Result<(), PatchError> {
        let wanted = self.editor.arena().import(item);
        let name = wanted.get("name").and_then(Json::as_str).unwrap_or_default();
        // A name stands once in both lists.
        let namesake = self.find(CONTAINERS, keys, wanted);
        let place = self.find(list, keys, wanted);
        let is_of_another_kind = |editor: &Editor<'_, '_>, place: &PointerBuf| {
            let present = editor.get(place).unwrap_or(Json::Null);
            is_sidecar(present) != is_sidecar(wanted)
        };
        if let Some(place) = namesake.or_else(|| place.clone().filter(|place| is_of_another_kind(self.editor, place))) {
            let kind = if is_sidecar(wanted) {
                "a sidecar"
            } else {
                "an init container"
            };
            self.editor.cede(
                &place,
                format!("the pod has another container `{name}`, and the pod template has {kind} of that name"),
                "give one of the two another name",
            );
            return Ok(());
        }
        if let (Some(place), Value::Object(members)) = (place, item) {
            return self.fields(path, &place, members);
        }
        let mounts = wanted.get("volumeMounts").map_or(&[][..], Json::items);
        if !self.can_mount(list, mounts) {
            return Ok(());
        }
        if is_sidecar(wanted)
            && let Some(version) = self
                .kubernetes_version
                .filter(|version| *version < KubernetesVersion::NATIVE_SIDECARS)
        {
            self.editor.refuse(
                list,
                format!("the sidecar `{name}` would keep the pod from starting on Kubernetes {version}, which knows no sidecars"),
                format!("take `{name}` out of the pod template, or update the cluster to {}", KubernetesVersion::NATIVE_SIDECARS),
            );
            return Ok(());
        }
        self.editor.append(list, wanted).map(drop)
    }

    /// The item of a list that the keys tell to be the same. Of several the last: of variables that is the one that counts.
    fn find(&self, list: &Pointer, keys: &[&str], wanted: Json<'_>) -> Option<PointerBuf> {
        self.position(list, |present| merge::is_same_item(keys, present, wanted))
    }

    fn position(&self, list: &Pointer, is_it: impl Fn(Json<'a>) -> bool) -> Option<PointerBuf> {
        let items = self.editor.get(list)?.items();
        let index = items.iter().rposition(|item| is_it(*item))?;
        Some(list.with_trailing_token(index))
    }

    /// Whether the pod has the volumes that are mounted. One that Spark does not bring after all is found: without it the API server would
    /// refuse the pod.
    fn can_mount(&mut self, list: &Pointer, mounts: &[Json<'a>]) -> bool {
        let volumes = self.editor.get(VOLUMES).map_or(&[][..], Json::items);
        let has = |name: &str| {
            volumes
                .iter()
                .any(|volume| volume.get("name").and_then(Json::as_str) == Some(name))
        };
        let mut names = mounts.iter().filter_map(|mount| mount.get("name")?.as_str());
        let Some(missing) = names.find(|name| !has(name)) else {
            return true;
        };
        self.editor.refuse(
            list,
            format!("the pod template mounts `{missing}`, and the pod has no volume of that name"),
            format!("add the volume `{missing}` to the pod template, or take the mount out of it"),
        );
        false
    }

    /// Whether no other port of the container has the name of this one: the API server would refuse the second.
    fn can_be_named(&mut self, list: &Pointer, wanted: Json<'a>) -> bool {
        let Some(name) = wanted.get("name") else {
            return true;
        };
        let Some(place) = self.position(list, |port| port.get("name") == Some(name)) else {
            return true;
        };
        let name = scalar(name).unwrap_or_default();
        self.editor.cede(
            &place,
            format!("the port `{name}` has another number than the one that the pod template adds"),
            "give one of the two another name",
        );
        false
    }
}

/// What is said where values are not shown, with what to do about it.
fn differs(message: &str) -> (String, String) {
    let help = "leave it out, or write what the pod template has";
    (message.to_owned(), help.to_owned())
}

fn is_sidecar(container: Json<'_>) -> bool {
    container.get("restartPolicy").and_then(Json::as_str) == Some("Always")
}

/// The text of a string, a number or a boolean.
fn scalar(value: Json<'_>) -> Option<String> {
    match value {
        Json::String(text) => Some(text.to_owned()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
