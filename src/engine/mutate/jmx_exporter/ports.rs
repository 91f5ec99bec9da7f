//! Who else listens on a port.

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::injection::{EXPORTER, is_exporter};
use crate::engine::json::Json;
use crate::engine::mutate::KnownRole;

/// What Spark listens on, unless it is told otherwise, whether or not the pod says so.
const OF_SPARK: [(u16, &str); 4] = [
    (7078, "the driver of Spark"),
    (7079, "the block manager of Spark"),
    (4040, "the web interface of Spark"),
    (15002, "Spark Connect"),
];

/// A port that an exporter listens on, or that is listened on for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Port {
    /// Which.
    pub(super) number: u16,
    /// Whether the Spark container announces it.
    pub(super) announced: bool,
}

/// Who has the port already, and where that is said. The Spark container stands at `place`.
pub(super) fn holder(
    port: Port,
    root: Json<'_>,
    place: &Pointer,
    told: Option<&KnownRole>,
) -> Option<(PointerBuf, String)> {
    if let Some((_, holder)) = OF_SPARK.iter().find(|(number, _)| *number == port.number) {
        return Some((place.to_buf(), (*holder).to_owned()));
    }
    if told.is_some_and(|told| told.ports.contains(&i64::from(port.number))) {
        return Some((place.to_buf(), "the application".to_owned()));
    }
    ["containers", "initContainers"].into_iter().find_map(|list| {
        let list = PointerBuf::from_tokens(["spec", list]);
        let containers = root.resolve(&list).map_or(&[][..], Json::items);
        containers.iter().enumerate().find_map(|(index, container)| {
            let at = list.with_trailing_token(index);
            // What the policy overrides gives its ports free.
            if is_exporter(container) {
                return None;
            }
            let ports = container.get("ports").map_or(&[][..], Json::items);
            let taken = ports.iter().position(|present| {
                let is_ours = port.announced && *at == *place && text(*present, "name") == Some(EXPORTER);
                !is_ours && takes(*present, port.number)
            })?;
            let name = text(*container, "name").unwrap_or_default();
            let pointer = at.with_trailing_token("ports").with_trailing_token(taken);
            Some((pointer, format!("the container `{name}`")))
        })
    })
}

fn takes(port: Json<'_>, number: u16) -> bool {
    port.get("containerPort").and_then(Json::as_i64) == Some(i64::from(number))
        && matches!(text(port, "protocol"), None | Some("" | "TCP"))
}

fn text<'a>(object: Json<'a>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Json::as_str)
}
