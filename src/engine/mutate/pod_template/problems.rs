//! What is wrong with a pod template, found as it is loaded: what a template cannot have, and what the API server would refuse in a pod.

mod container;
mod container_names;
mod names;
mod resources;
mod volumes;

use json_patch::jsonptr::PointerBuf;

use super::template::SPARK;
use crate::engine::json::Json;
use crate::engine::label;
use crate::engine::merge::{self, Merge};
use crate::engine::mutate::tolerations;
use crate::engine::policy::document::Problem;
use crate::engine::schema;
use crate::engine::workload::template::NotAPod;
use crate::engine::workload::{Located, pod};

const FIELDS: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];

/// Fields of a pod's spec that no template decides, and why.
const NOT_IN_SPEC: [(&str, &str); 4] = [
    ("ephemeralContainers", "they are added to pods that run"),
    ("overhead", "the API server works it out from `runtimeClassName`"),
    (
        "preemptionPolicy",
        "the API server works it out from `priorityClassName`",
    ),
    ("priority", "the API server works it out from `priorityClassName`"),
];

/// All that is wrong with a Pod manifest as a template.
pub(super) fn of(pod: Json<'_>) -> Vec<Problem> {
    if !matches!(pod, Json::Object(_)) {
        let what = NotAPod::OfType(pod.kind());
        let message = format!("a pod template is a pod, and this is {what}");
        return vec![
            Problem::at(PointerBuf::root(), message).with_help("write `spec:`, and below it what pods are to have"),
        ];
    }
    let manifest = Located::root(pod);
    let mut problems: Vec<Problem> = schema::pod_problems(pod)
        .into_iter()
        .map(|problem| Problem {
            pointer: problem.pointer,
            blame: problem.blame,
            message: problem.message,
            help: problem.help,
        })
        .collect();
    let spec = manifest.get_or_empty("spec");
    let of_shape = problems.len();
    let meaning = [
        root(&manifest),
        metadata(&manifest.get_or_empty("metadata")),
        fields(&spec),
        scheduling(&spec),
        containers(&spec),
        volumes::problems(&spec),
        names::problems("spec", &spec),
        container_names::problems(&spec),
        list_keys(&["spec"], &spec),
    ];
    for problem in meaning.into_iter().flatten() {
        // What has not the shape of what it should be is not judged for what it says.
        if problems
            .iter()
            .take(of_shape)
            .all(|known| known.pointer != problem.pointer)
            && !problems.contains(&problem)
        {
            problems.push(problem);
        }
    }
    problems
}

fn at(place: &Located<'_>, message: impl Into<String>) -> Problem {
    Problem::at(place.pointer.clone(), message)
}

fn at_key(object: &Located<'_>, key: &str, message: impl Into<String>) -> Problem {
    Problem::at_key(object.pointer.with_trailing_token(key), message)
}

fn text<'a>(object: &Located<'a>, key: &str) -> Option<&'a str> {
    object.json.get(key).and_then(Json::as_str)
}

fn root(manifest: &Located<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (field, expected) in [("apiVersion", "v1"), ("kind", "Pod")] {
        if let Some(present) = manifest
            .get(field)
            .filter(|present| present.json.as_str() != Some(expected))
        {
            problems.push(at(&present, "a pod template is a pod").with_help(format!("write `{field}: {expected}`")));
        }
    }
    for (field, _) in manifest.members().filter(|(field, _)| !FIELDS.contains(field)) {
        problems.push(at_key(manifest, field, format!("a pod template has no `{field}`")).with_help("leave it out"));
    }
    let is_empty = ["metadata", "spec"]
        .into_iter()
        .all(|field| manifest.get_or_empty(field).members().next().is_none());
    if is_empty && problems.is_empty() {
        problems.push(
            at(manifest, "the pod template says nothing")
                .with_help("write `spec:`, and below it what pods are to have"),
        );
    }
    problems
}

fn metadata(metadata: &Located<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (field, _) in metadata
        .members()
        .filter(|(field, _)| !["labels", "annotations"].contains(field))
    {
        let message =
            format!("`{field}` is each pod's own: of the metadata a pod template has only `labels` and `annotations`");
        problems.push(at_key(metadata, field, message).with_help("leave it out"));
    }
    let labels = metadata.get_or_empty("labels");
    for (key, value) in labels.members() {
        if pod::is_label_of_spark(key) {
            let message = format!("`{key}` is for Spark and its operators to set");
            problems.push(at_key(&labels, key, message).with_help("choose another key"));
        }
        problems.extend(Problem::of_label(
            &labels.pointer,
            key,
            value.json.as_str().unwrap_or_default(),
        ));
    }
    let annotations = metadata.get_or_empty("annotations");
    for (key, _) in annotations.members().filter(|(key, _)| !label::is_key(key)) {
        let message = format!("`{key}` is no annotation key");
        problems.push(at_key(&annotations, key, message).with_help(label::KEY_HELP));
    }
    problems
}

fn fields(spec: &Located<'_>) -> Vec<Problem> {
    let undecided = NOT_IN_SPEC.into_iter().filter(|(field, _)| spec.get(field).is_some());
    undecided
        .map(|(field, why)| {
            at_key(spec, field, format!("a pod template has no `{field}`: {why}")).with_help("leave it out")
        })
        .collect()
}

fn scheduling(spec: &Located<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for toleration in spec.get_or_empty("tolerations").items() {
        // One that is not understood has fields or operators of a newer Kubernetes.
        if let Ok(understood) = serde_json::from_value(toleration.json.to_value()) {
            problems.extend(tolerations::problems_of(&understood, &toleration.pointer));
        }
    }
    for constraint in spec.get_or_empty("topologySpreadConstraints").items() {
        if constraint
            .json
            .get("maxSkew")
            .and_then(Json::as_i64)
            .is_none_or(|skew| skew < 1)
        {
            let message = "a topology spread constraint has a `maxSkew` of 1 or more";
            problems.push(
                Problem::at(constraint.pointer.with_trailing_token("maxSkew"), message).with_help("write `maxSkew: 1`"),
            );
        }
    }
    let nodes = spec.get_or_empty("affinity").get_or_empty("nodeAffinity");
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    if let Some(terms) = nodes.at([required, "nodeSelectorTerms"]) {
        let is_empty = |term: &Located<'_>| {
            let conditions = ["matchExpressions", "matchFields"];
            conditions
                .into_iter()
                .all(|field| term.get_or_empty(field).json.items().is_empty())
        };
        let no_term = terms.json.items().is_empty().then(|| terms.clone());
        problems.extend(
            no_term
                .into_iter()
                .chain(terms.items().filter(is_empty))
                .map(|nothing| {
                    at(&nothing, "a term without conditions matches no node")
                        .with_help("write `matchExpressions`, or leave the affinity out")
                }),
        );
    }
    for alias in spec.get_or_empty("hostAliases").items() {
        if let Some(ip) = alias.get("ip").filter(|ip| {
            ip.json
                .as_str()
                .is_some_and(|ip| ip.parse::<core::net::IpAddr>().is_err())
        }) {
            problems.push(at(&ip, "this is no IP address").with_help("write one as in `10.0.0.1`"));
        }
    }
    problems
}

fn containers(spec: &Located<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for container in spec.get_or_empty("containers").items() {
        if text(&container, "name") == Some(SPARK) {
            problems.extend(container::problems(&container, spec));
        } else {
            let name = text(&container, "name").unwrap_or_default();
            let message = format!(
                "the container `{name}` matches nothing: in `containers` a pod template has only `{SPARK}`, the container that Spark runs in"
            );
            let place = Problem::at(container.pointer.with_trailing_token("name"), message);
            problems.push(place.with_help(
                "write a sidecar into `initContainers`, with `restartPolicy: Always`: a plain container keeps the driver's pod alive for ever",
            ));
        }
    }
    for container in spec.get_or_empty("initContainers").items() {
        problems.extend(container::problems_of_injected(&container));
        problems.extend(container::problems(&container, spec));
    }
    problems
}

/// Items of lists that lack what tells them apart, or are told to be the same.
fn list_keys(path: &[&str], value: &Located<'_>) -> Vec<Problem> {
    let below = |object: &Located<'_>| -> Vec<Problem> {
        object
            .members()
            .flat_map(|(field, member)| list_keys(&[path, &[field]].concat(), &member))
            .collect()
    };
    match merge::rule(path) {
        Merge::Fields => below(value),
        Merge::Objects(keys) => {
            let own = value.items().flat_map(|item| below(&item));
            told_apart(value, keys).into_iter().chain(own).collect()
        }
        Merge::Units(keys) => told_apart(value, keys),
        Merge::Whole | Merge::Set | Merge::Alternatives => Vec::new(),
    }
}

fn told_apart(list: &Located<'_>, keys: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, item) in list.items().enumerate() {
        if let Some(missing) = keys.iter().find(|key| merge::key(item.json, key).is_none()) {
            problems.push(
                at(&item, format!("`{missing}` is missing here")).with_help("what is merged by it has to say it"),
            );
        } else if list
            .json
            .items()
            .iter()
            .take(index)
            .any(|earlier| merge::is_same_item(keys, *earlier, item.json))
        {
            let key = keys.first().copied().unwrap_or_default();
            let place = item.get_or_empty(key);
            problems
                .push(at(&place, "the list has one of these already").with_help(format!("give each its own `{key}`")));
        }
    }
    problems
}
