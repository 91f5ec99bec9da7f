//! Cores out of range, and cpu that Kubernetes cannot read.

use json_patch::jsonptr::Pointer;

use super::{Violation, at};
use crate::engine::quantity::Quantity;
use crate::engine::workload::{Property, RoleName, Workload};

struct CpuProperties {
    cores: &'static str,
    request: &'static str,
    limit: &'static str,
}

const fn of(role: RoleName) -> CpuProperties {
    match role {
        RoleName::Driver => CpuProperties {
            cores: "spark.driver.cores",
            request: "spark.kubernetes.driver.request.cores",
            limit: "spark.kubernetes.driver.limit.cores",
        },
        RoleName::Executor => CpuProperties {
            cores: "spark.executor.cores",
            request: "spark.kubernetes.executor.request.cores",
            limit: "spark.kubernetes.executor.limit.cores",
        },
    }
}

pub(super) fn judge(workload: &Workload<'_>, roles: &[RoleName]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for role in roles {
        let names = of(*role);
        let get = |name| workload.properties.get(name);
        let cores = get(names.cores);
        if let Some(cores) = cores
            && cores.as_i32().is_none_or(|cores| cores < 1)
        {
            let message = format!(
                "the {role} has `{}` cores; Spark takes a whole number of at least 1",
                cores.value
            );
            let request = match cores.origin.pointer().and_then(Pointer::back) {
                Some(field) if field.encoded() == "cores" => "coreRequest",
                _ => names.request,
            };
            let help = format!("write `1` or more; `{request}` may be less, such as `500m`");
            violations.extend(at(cores, message, &help));
        }
        let request = get(names.request);
        let limit = get(names.limit);
        for property in [request, limit].into_iter().flatten() {
            let message = match quantity(property) {
                None => format!("Kubernetes cannot read `{}` as cpu of the {role}", property.value),
                Some(quantity) if quantity < Quantity::default() => {
                    format!(
                        "Kubernetes refuses `{}` as cpu of the {role}, which is below zero",
                        property.value
                    )
                }
                Some(_) => continue,
            };
            violations.extend(at(
                property,
                message,
                "write cores or thousandths of one, such as `2` or `1500m`",
            ));
        }
        if let (Some(request), Some(limit)) = (request.or(cores), limit)
            && let (Some(requested), Some(most)) = (quantity(request), quantity(limit))
            && requested > most
            && most >= Quantity::default()
        {
            let message = format!(
                "the {role} asks for {} cpu and is limited to {}: Kubernetes refuses the pod",
                request.value, limit.value
            );
            violations.extend(at(
                limit,
                message,
                &format!("write a limit of at least `{}`", request.value),
            ));
        }
    }
    violations
}

fn quantity(property: &Property<'_>) -> Option<Quantity> {
    property.value.parse().ok()
}
