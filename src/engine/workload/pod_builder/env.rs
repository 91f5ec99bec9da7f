//! Environment variables.

use super::Draft;
use super::step::Step;
use crate::engine::json::Json;
use crate::engine::workload::origin::Origin;

/// A variable with a value. The API server keeps no empty value.
pub(super) fn variable<'a>(name: &'a str, value: &'a str, origin: Origin) -> Draft<'a> {
    let value = (!value.is_empty()).then_some(("value", Json::String(value)));
    let members = [("name", Json::String(name))].into_iter().chain(value);
    Draft::object(members.map(|(key, json)| (key, Draft::new(json, origin.clone())))).from_origin(origin)
}

/// A variable that holds a field of the pod.
pub(super) fn field<'a>(name: &'a str, path: &'a str, origin: Origin) -> Draft<'a> {
    let text = |text| Draft::text(text, origin.clone());
    let reference = Draft::object([("apiVersion", text("v1")), ("fieldPath", text(path))]);
    Draft::object([
        ("name", text(name)),
        ("valueFrom", Draft::object([("fieldRef", reference)])),
    ])
    .from_origin(origin)
}

/// A variable whose value is already in the making.
pub(super) fn of_draft<'a>(name: &'a str, value: &Draft<'a>) -> Draft<'a> {
    Draft::object([
        (
            "name",
            Draft::new(Json::String(name), Origin::Default("Spark's default")),
        ),
        ("value", value.clone()),
    ])
}

/// `SPARK_USER`: who the job is towards Hadoop.
pub(super) fn user<'a>(step: &Step<'_, 'a>) -> Draft<'a> {
    let user = step.submission.user;
    variable("SPARK_USER", user, Origin::Default("whoever submits"))
}
