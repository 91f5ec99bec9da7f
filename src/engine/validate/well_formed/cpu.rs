//! Cores out of range, and cpu that Kubernetes cannot read.

use json_patch::jsonptr::Pointer;

use super::{Violation, at, get};
use crate::engine::quantity::Quantity;
use crate::engine::workload::{Properties, Property, RoleName, Workload};

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
    roles
        .iter()
        .flat_map(|role| judge_role(&workload.properties, *role))
        .collect()
}

fn judge_role(properties: &Properties<'_>, role: RoleName) -> Vec<Violation> {
    let names = of(role);
    let cores = properties.get(names.cores);
    let request = get(properties, names.request);
    let limit = get(properties, names.limit);
    let amounts = [request, limit].into_iter().flatten();
    cores
        .and_then(|cores| out_of_range(cores, names.request, role))
        .into_iter()
        .chain(amounts.filter_map(|amount| no_amount(amount, role)))
        .chain(
            request
                .or(cores)
                .zip(limit)
                .and_then(|(request, limit)| below(request, limit, role)),
        )
        .collect()
}

fn out_of_range(cores: &Property<'_>, request: &str, role: RoleName) -> Option<Violation> {
    if cores.as_i32().is_some_and(|cores| cores >= 1) {
        return None;
    }
    let message = format!(
        "the {role} has `{}` cores; Spark takes a whole number of at least 1",
        cores.value
    );
    let request = match cores.origin.pointer().and_then(Pointer::back) {
        Some(field) if field.encoded() == "cores" => "coreRequest",
        _ => request,
    };
    at(
        cores,
        message,
        &format!("write `1` or more; `{request}` may be less, such as `500m`"),
    )
}

fn no_amount(property: &Property<'_>, role: RoleName) -> Option<Violation> {
    let value = property.value;
    let message = match quantity(property) {
        None => format!("Kubernetes cannot read `{value}` as cpu of the {role}"),
        Some(amount) if amount < Quantity::default() => {
            format!("Kubernetes refuses `{value}` as cpu of the {role}, which is below zero")
        }
        Some(_) => return None,
    };
    at(
        property,
        message,
        "write cores or thousandths of one, such as `2` or `1500m`",
    )
}

fn below(request: &Property<'_>, limit: &Property<'_>, role: RoleName) -> Option<Violation> {
    let (requested, most) = (quantity(request)?, quantity(limit)?);
    if requested <= most || most < Quantity::default() {
        return None;
    }
    let message = format!(
        "the {role} asks for {} cpu and is limited to {}: Kubernetes refuses the pod",
        request.value, limit.value
    );
    at(
        limit,
        message,
        &format!("write a limit of at least `{}`", request.value),
    )
}

fn quantity(property: &Property<'_>) -> Option<Quantity> {
    property.value.parse().ok()
}
