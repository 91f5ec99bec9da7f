//! The pod templates that the operator writes for Spark: the role's own, or one with nothing but the Spark container.
//!
//! `driverPodTemplateOption` and `executorPodTemplateOption` of `internal/controller/sparkapplication/submission.go`.

use super::OPERATOR;
use super::application::{Application, NO_UUID};
use super::handover::{Handover, kubernetes};
use crate::engine::json::Json;
use crate::engine::workload::RoleName;
use crate::engine::workload::draft::Draft;

/// The name of the Spark container in a template.
pub(super) const fn container_name(role: RoleName) -> &'static str {
    match role {
        RoleName::Driver => "spark-kubernetes-driver",
        RoleName::Executor => "spark-kubernetes-executor",
    }
}

/// The template of a role. The owner is in it, so that an executor is a child of the application's too.
pub(super) fn of_role<'a>(application: &Application<'a>, role: RoleName) -> Draft<'a> {
    let mut template = match application.section(role).get("template") {
        Some(written) => Draft::from(written),
        None => bare(role),
    };
    // A template of the operator's type has only these two members.
    template
        .members()
        .retain(|(key, _)| matches!(*key, "metadata" | "spec"));
    template.member("spec");
    template
        .member("metadata")
        .append("ownerReferences", [application.owner_reference(role)]);
    template
}

fn bare<'a>(role: RoleName) -> Draft<'a> {
    let container = Draft::object([("name", Draft::text(container_name(role), OPERATOR))]);
    let mut template = Draft::empty();
    template.member("spec").append("containers", [container]);
    template
}

/// Whether a role has a template of its own which the operator thinks that Spark reads: one of 2.4 did not.
pub(super) fn is_read(application: &Application<'_>, role: RoleName) -> bool {
    let version = application.spec.json.get("sparkVersion").and_then(Json::as_str);
    application.section(role).get("template").is_some() && version.is_some_and(is_at_least_3)
}

/// Tells Spark where the template is, whatever `sparkConf` says.
pub(super) fn set_properties(handover: &mut Handover<'_, '_>, role: RoleName) {
    let prefix = kubernetes(role);
    handover.text(
        &format!("{prefix}podTemplateFile"),
        &format!("/tmp/spark/{NO_UUID}/{role}-pod-template.yaml"),
        super::GENERATED,
    );
    handover.constant(&format!("{prefix}podTemplateContainerName"), container_name(role));
}

/// `semver.Compare(version, "3.0.0") >= 0` of `golang.org/x/mod`, to which what is no semantic version is less than any other.
fn is_at_least_3(version: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    let (version, build) = version
        .split_once('+')
        .map_or((version, None), |(version, build)| (version, Some(build)));
    let (release, pre) = version
        .split_once('-')
        .map_or((version, None), |(release, pre)| (release, Some(pre)));
    let numbers: Vec<&str> = release.split('.').collect();
    let is_number = |text: &&str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text.len() == 1 || !text.starts_with('0'))
    };
    let are_identifiers = |text: &str| {
        let is_identifier =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        text.split('.').all(is_identifier)
    };
    let is_semantic = numbers.iter().all(is_number)
        && numbers.len() <= 3
        && (numbers.len() == 3 || (pre.is_none() && build.is_none()))
        && [pre, build].into_iter().flatten().all(are_identifiers);
    let is_before_3 = matches!(numbers.first(), Some(&("0" | "1" | "2"))) || (pre.is_some() && release == "3.0.0");
    is_semantic && !is_before_3
}

#[cfg(test)]
mod tests {
    use super::is_at_least_3;

    #[test]
    fn compares_versions_as_the_operator_does() {
        let cases = [
            ("3.5.1", true),
            ("v3.5.1", true),
            ("3.5", true),
            ("3", true),
            ("10.0.0", true),
            ("3.5.1-amzn-1", true),
            ("4.0.0-preview2+build", true),
            ("3.0.0", true),
            ("3.0.0-preview", false),
            ("2.4.8", false),
            ("3.3.2.3.3.7180", false),
            ("3.05.1", false),
            ("3.5-amzn", false),
            ("3.5.1-", false),
            ("latest", false),
            ("", false),
        ];
        for (version, expected) in cases {
            assert_eq!(is_at_least_3(version), expected, "{version}");
        }
    }
}
