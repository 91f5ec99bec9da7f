//! A version of the API that is not understood.

use json_patch::jsonptr::PointerBuf;

use super::Violation;
use crate::engine::request::ObjectKind;
use crate::engine::subject::ApplicationKind;

pub(in crate::engine) fn judge(written: ObjectKind<'_>, kind: ApplicationKind) -> Option<Violation> {
    let understood = kind.versions();
    if understood.contains(&written.version) {
        return None;
    }
    let place = PointerBuf::from_tokens(["apiVersion"]);
    let message = format!(
        "`{}` is not a version of {} that can be judged",
        written.version, written.kind
    );
    let violation = Violation::at(place, message);
    Some(match understood {
        [newest, ..] => violation.with_help(format!("write `apiVersion: {}/{newest}`", written.group)),
        [] => violation,
    })
}
