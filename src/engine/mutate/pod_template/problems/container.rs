//! What is wrong with a container of a template.

use super::{at, at_key, resources, text, volumes};
use crate::engine::environment;
use crate::engine::json::Json;
use crate::engine::label;
use crate::engine::mutate::pod_template::template::SPARK;
use crate::engine::policy::document::Problem;
use crate::engine::workload::Located;

const SECURITY_CONTEXT: &str = "securityContext";
/// The capability that the profile `restricted` lets containers have.
const ALLOWED_CAPABILITY: &str = "NET_BIND_SERVICE";

/// What is wrong with any container, be it Spark's or another.
pub(super) fn problems(container: &Located<'_>, spec: &Located<'_>) -> Vec<Problem> {
    let mut problems = resources::problems(&container.get_or_empty("resources"));
    for variable in container.get_or_empty("env").items() {
        if let Some(name) = variable
            .get("name")
            .filter(|name| !name.json.as_str().is_some_and(environment::is_name))
        {
            problems.push(at(&name, "this is no name of a variable").with_help(environment::NAME_HELP));
        }
        if variable.get("value").is_some() && variable.get("valueFrom").is_some() {
            problems.push(
                at_key(
                    &variable,
                    "valueFrom",
                    "a variable has `value` or `valueFrom`, and not both",
                )
                .with_help("leave one of them out"),
            );
        }
    }
    for port in container.get_or_empty("ports").items() {
        problems.extend(port_problems(&port));
    }
    for mount in container.get_or_empty("volumeMounts").items() {
        problems.extend(volumes::problems_of_mount(&mount, spec));
    }
    problems
}

/// What is wrong with a container as one that is added to the pod.
pub(super) fn problems_of_injected(container: &Located<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = text(container, "name").unwrap_or_default();
    if let Some(place) = container.get("name") {
        if name == SPARK {
            problems.push(
                at(&place, format!("`{SPARK}` stands for the container that Spark runs in"))
                    .with_help("give the container another name"),
            );
        } else if !label::is_dns_label(name) {
            problems.push(
                at(&place, format!("`{name}` is no name of a container"))
                    .with_help("write up to 63 lower-case letters, digits and `-`"),
            );
        }
    }
    if text(container, "image").is_none_or(str::is_empty) {
        problems.push(at(container, format!("the container `{name}` has no image")).with_help("write `image: ...`"));
    }
    let restart_policy = container.get("restartPolicy");
    if let Some(place) = restart_policy.filter(|policy| policy.json.as_str() != Some("Always")) {
        problems.push(
            at(&place, "an init container runs to its end, or is a sidecar")
                .with_help("write `restartPolicy: Always` for a sidecar, or leave it out"),
        );
    }
    let lacking = resources::lacking(&container.get_or_empty("resources"));
    if !lacking.is_empty() {
        let message = format!(
            "the container `{name}` does not say what it needs: `{}` is missing",
            lacking.join("`, `")
        );
        problems.push(
            Problem::at(container.pointer.with_trailing_token("resources"), message)
                .with_help("give it `resources` with requests and limits of cpu and memory"),
        );
    }
    let unrestricted = unrestricted(&container.get_or_empty(SECURITY_CONTEXT));
    if !unrestricted.is_empty() {
        let message = format!(
            "the container `{name}` is not restricted: it needs {}",
            unrestricted.join(", ")
        );
        problems.push(
            Problem::at_key(container.pointer.with_trailing_token(SECURITY_CONTEXT), message).with_help(
                "write `securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}`",
            ),
        );
    }
    problems
}

/// What the profile `restricted` of the Pod Security Standards asks for and a security context has not, in the words of a manifest.
fn unrestricted(context: &Located<'_>) -> Vec<&'static str> {
    let is = |field, expected| context.json.get(field).and_then(Json::as_bool) == Some(expected);
    let capabilities = |field| context.json.at(["capabilities", field]).map_or(&[][..], Json::items);
    let is_allowed = |capability: &Json<'_>| capability.as_str() == Some(ALLOWED_CAPABILITY);
    let drops_all = capabilities("drop")
        .iter()
        .any(|capability| capability.as_str() == Some("ALL"));
    let seccomp = context.json.at(["seccompProfile", "type"]).and_then(Json::as_str);
    let conditions = [
        (
            "`allowPrivilegeEscalation: false`",
            is("allowPrivilegeEscalation", false),
        ),
        ("`capabilities: {drop: [ALL]}`", drops_all),
        (
            "no other capability than `NET_BIND_SERVICE`",
            capabilities("add").iter().all(is_allowed),
        ),
        ("`runAsNonRoot: true`", is("runAsNonRoot", true)),
        (
            "`seccompProfile: {type: RuntimeDefault}`",
            matches!(seccomp, Some("RuntimeDefault" | "Localhost")),
        ),
        ("not to be `privileged`", !is("privileged", true)),
    ];
    conditions
        .into_iter()
        .filter(|(_, holds)| !holds)
        .map(|(condition, _)| condition)
        .collect()
}

fn port_problems(port: &Located<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for field in ["containerPort", "hostPort"] {
        let number = port.get(field);
        if let Some(number) = number.filter(|number| {
            number
                .json
                .as_i64()
                .is_none_or(|number| !(1..=65_535).contains(&number))
        }) {
            problems.push(at(&number, "this is no port").with_help("write a number from 1 to 65535"));
        }
    }
    if let Some(name) = port
        .get("name")
        .filter(|name| !name.json.as_str().is_some_and(is_port_name))
    {
        problems.push(
            at(&name, "this is no name of a port")
                .with_help("write up to 15 lower-case letters, digits and single `-`, at least one of them a letter"),
        );
    }
    if let Some(protocol) = port
        .get("protocol")
        .filter(|protocol| !matches!(protocol.json.as_str(), Some("TCP" | "UDP" | "SCTP")))
    {
        problems.push(at(&protocol, "this is no protocol of a port").with_help("write `TCP`, `UDP` or `SCTP`"));
    }
    problems
}

/// `IsValidPortName` of `k8s.io/apimachinery/pkg/util/validation`.
fn is_port_name(name: &str) -> bool {
    label::is_dns_label(name)
        && name.len() <= 15
        && !name.contains("--")
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
}
