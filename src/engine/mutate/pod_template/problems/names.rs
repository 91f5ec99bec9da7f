//! Names of other objects that cannot be.

use super::at;
use crate::engine::json::Json;
use crate::engine::label;
use crate::engine::policy::document::Problem;
use crate::engine::workload::Located;

/// Fields that name an object.
const NAMES: [&str; 6] = [
    "claimName",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "secretName",
    "serviceAccountName",
];
/// Fields whose `name` names an object: references, and sources of volumes and variables.
const NAMED: [&str; 7] = [
    "configMap",
    "configMapKeyRef",
    "configMapRef",
    "imagePullSecrets",
    "secret",
    "secretKeyRef",
    "secretRef",
];

/// Every name below `value`, which stands in `field`, that no object can have.
pub(super) fn problems(field: &str, value: &Located<'_>) -> Vec<Problem> {
    match value.json {
        Json::Object(_) => value
            .members()
            .flat_map(|(name, member)| {
                let names = NAMES.contains(&name) || (name == "name" && NAMED.contains(&field));
                match member.json {
                    Json::String(text) if names => problem(&member, text).into_iter().collect(),
                    _ => problems(name, &member),
                }
            })
            .collect(),
        Json::Array(_) => value.items().flat_map(|item| problems(field, &item)).collect(),
        _ => Vec::new(),
    }
}

fn problem(place: &Located<'_>, name: &str) -> Option<Problem> {
    (!label::is_dns_subdomain(name)).then(|| {
        at(place, format!("`{name}` cannot be the name of an object"))
            .with_help("write lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit")
    })
}
