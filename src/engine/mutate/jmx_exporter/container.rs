//! The container that is added to a pod: what it may do, and what it may use.

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::policy::document::Problem;
use crate::engine::quantity::{Quantity, canonical};

/// A container, but for what it runs.
pub(super) struct Container {
    pub(super) name: &'static str,
    pub(super) image: String,
    pub(super) resources: Resources,
    pub(super) run_as_user: Option<i64>,
}

/// What a container asks for, and may use.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Resources {
    requests: Amounts,
    limits: Amounts,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Amounts {
    cpu: String,
    memory: String,
}

impl Container {
    /// The container that runs what `rest` says. What it may do is what the `restricted` level of the Pod Security Standards asks for.
    pub(super) fn filled(self, mut rest: Value) -> Value {
        let mut security = json!({
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": true,
            "seccompProfile": {"type": "RuntimeDefault"},
        });
        if let Some(user) = self.run_as_user {
            security["runAsUser"] = json!(user);
        }
        rest["name"] = json!(self.name);
        rest["image"] = json!(self.image);
        rest["resources"] = self.resources.to_json();
        rest["securityContext"] = security;
        rest
    }
}

impl Default for Resources {
    /// Enough for the exporter of a JVM with some hundreds of metrics.
    fn default() -> Self {
        let amounts = |cpu: &str| Amounts {
            cpu: cpu.to_owned(),
            memory: "128Mi".to_owned(),
        };
        Self {
            requests: amounts("50m"),
            limits: amounts("500m"),
        }
    }
}

impl Resources {
    /// What is wrong with the amounts, with places below their field.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let (requests, limits) = (&self.requests, &self.limits);
        let of_each = [
            ("cpu", &requests.cpu, &limits.cpu),
            ("memory", &requests.memory, &limits.memory),
        ];
        let mut problems = Vec::new();
        for (resource, request, limit) in of_each {
            let request = checked("requests", resource, request, &mut problems);
            let limit = checked("limits", resource, limit, &mut problems);
            if request.zip(limit).is_some_and(|(request, limit)| request > limit) {
                let message = format!("the request of {resource} is larger than its limit");
                let place = PointerBuf::from_tokens(["requests", resource]);
                problems.push(Problem::at(place, message).with_help("write a request up to the limit"));
            }
        }
        problems
    }

    /// As the API server will write them, so that they are known again.
    fn to_json(&self) -> Value {
        let amounts = |amounts: &Amounts| {
            let written = |text: &str| canonical(text).unwrap_or_default();
            json!({"cpu": written(&amounts.cpu), "memory": written(&amounts.memory)})
        };
        json!({"requests": amounts(&self.requests), "limits": amounts(&self.limits)})
    }
}

fn checked(list: &str, resource: &str, text: &str, problems: &mut Vec<Problem>) -> Option<Quantity> {
    let quantity = text.parse().ok().filter(|quantity| *quantity > Quantity::default());
    if quantity.is_none() {
        let place = PointerBuf::from_tokens([list, resource]);
        let problem = Problem::at(place, format!("`{text}` is no amount of {resource}"));
        problems.push(
            problem.with_help("write a number above 0 with its unit, such as `100m` of cpu or `128Mi` of memory"),
        );
    }
    quantity
}
