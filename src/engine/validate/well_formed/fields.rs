//! Fields that the application does not have, and values that its fields do not take.

use super::Violation;
use crate::engine::json::Json;
use crate::engine::schema;
use crate::engine::subject::ApplicationKind;

pub(super) fn judge(object: Json<'_>, kind: ApplicationKind) -> Vec<Violation> {
    schema::application_problems(object, kind)
        .into_iter()
        .map(|problem| Violation {
            blame: problem.blame,
            help: problem.help,
            ..Violation::at(problem.pointer, problem.message)
        })
        .collect()
}
