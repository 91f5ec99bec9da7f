//! Secrets that are mounted, and the variables that tell where two types of them are.
//!
//! `driverSecretOption` and `executorSecretOption` of `internal/controller/sparkapplication/submission.go`.

use super::handover::{Handover, kubernetes, variable};
use crate::engine::json::Json;
use crate::engine::workload::{Located, RoleName};

/// The types of secrets of which a variable tells: the variable, and the file in the secret that it names.
const TOLD_OF: [(&str, &str, &str); 2] = [
    ("GCPServiceAccount", "GOOGLE_APPLICATION_CREDENTIALS", "key.json"),
    ("HadoopDelegationToken", "HADOOP_TOKEN_FILE_LOCATION", "hadoop.token"),
];

pub(super) fn set_properties(handover: &mut Handover<'_, '_>, role: RoleName) {
    let secrets = handover.application.section(role).get("secrets");
    for secret in secrets.iter().flat_map(Located::items) {
        let text = |field| secret.json.get(field).and_then(Json::as_str).unwrap_or_default();
        let path = text("path");
        let name = format!("{}secrets.{}", kubernetes(role), text("name"));
        handover.text(&name, path, secret.origin());
        let told_of = TOLD_OF.into_iter().find(|(of_type, ..)| *of_type == text("secretType"));
        if let Some((_, variable_name, file)) = told_of {
            let name = format!("{}{variable_name}", variable(role));
            handover.text(&name, &joined(path, file), secret.origin());
        }
    }
}

/// Go's `filepath.Join`, which cleans what it joins.
fn joined(directory: &str, file: &str) -> String {
    let is_absolute = directory.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain([file]) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if is_absolute => {}
            part => parts.push(part),
        }
    }
    format!("{}{}", if is_absolute { "/" } else { "" }, parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn paths_are_cleaned_as_go_does() {
        let cases = [
            ("/mnt/secrets", "/mnt/secrets/key.json"),
            ("/mnt//secrets/", "/mnt/secrets/key.json"),
            ("/mnt/./a/../secrets", "/mnt/secrets/key.json"),
            ("/../a", "/a/key.json"),
            ("../../a", "../../a/key.json"),
            ("a/../..", "../key.json"),
            ("/", "/key.json"),
            ("", "key.json"),
        ];
        for (directory, expected) in cases {
            assert_eq!(joined(directory, "key.json"), expected, "{directory}");
        }
    }
}
