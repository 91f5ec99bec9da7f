//! What is wrong with the volumes of a template, and with what mounts them.

use super::{at, at_key, resources, text};
use crate::engine::label;
use crate::engine::policy::document::Problem;
use crate::engine::suggest::did_you_mean;
use crate::engine::workload::Located;

/// What begins the names of volumes that Spark brings: `LocalDirsFeatureStep`, `DriverCommandFeatureStep` and
/// `KubernetesClientUtils.buildConfigMap`.
const OF_SPARK: [&str; 2] = ["spark-local-dir-", "spark-conf-volume-"];

pub(super) fn problems(spec: &Located<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for volume in spec.get_or_empty("volumes").items() {
        if let Some(name) = volume
            .get("name")
            .filter(|name| !name.json.as_str().is_some_and(label::is_dns_label))
        {
            problems.push(
                at(&name, "this is no name of a volume").with_help("write up to 63 lower-case letters, digits and `-`"),
            );
        }
        let sources: Vec<&str> = volume
            .members()
            .map(|(field, _)| field)
            .filter(|field| *field != "name")
            .collect();
        match sources.as_slice() {
            [_] => {}
            [] => problems.push(at(&volume, "the volume has no source").with_help("give it one, as in `emptyDir: {}`")),
            [_, second, ..] => problems.push(
                at_key(&volume, second, "a volume has one source, and this one has more")
                    .with_help("leave out all but one"),
            ),
        }
        let size = volume.at(["emptyDir", "sizeLimit"]);
        problems.extend(size.and_then(|size| resources::problem_of_amount(&size)));
    }
    problems
}

/// A mount of what neither the template nor Spark brings, or at no path.
pub(super) fn problems_of_mount(mount: &Located<'_>, spec: &Located<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(name) = mount.get("name").zip(text(mount, "name")) {
        let (place, name) = name;
        let volumes = spec.get_or_empty("volumes");
        let names: Vec<&str> = volumes.items().filter_map(|volume| text(&volume, "name")).collect();
        let is_known = names.contains(&name) || OF_SPARK.iter().any(|prefix| name.starts_with(prefix));
        if !is_known {
            let problem = at(&place, format!("the pod template has no volume `{name}` to mount"));
            problems.push(match did_you_mean(name, names) {
                Some(meant) => problem.with_help(format!("did you mean `{meant}`?")),
                None => problem.with_help(format!(
                    "add the volume `{name}` to the template, even if another template has it too"
                )),
            });
        }
    }
    if let Some(path) = mount.get("mountPath").filter(|path| {
        path.json
            .as_str()
            .is_some_and(|path| !path.starts_with('/') || path.contains(':'))
    }) {
        problems
            .push(at(&path, "this is no path to mount at").with_help("write one that begins with `/`, without `:`"));
    }
    problems
}
