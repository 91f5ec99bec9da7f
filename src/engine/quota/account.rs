//! Under which name a ledger knows an application.

use crate::engine::request::Request;
use crate::engine::subject::ApplicationKind;

/// The name of an application's account among those of its namespace: its kind and its own name, since two operators may each
/// have an application of one name.
#[must_use]
pub fn account_of(kind: ApplicationKind, name: &str) -> String {
    format!("{}.{}/{name}", kind.resource(), kind.group())
}

/// The account of the application that a request is about, which may have no name yet; `None` where it is about another kind of
/// object, which no ledger has anything to say to.
#[must_use]
pub fn account_of_request(request: &Request<'_>) -> Option<String> {
    let kind = ApplicationKind::of(request.kind.group, request.kind.kind)?;
    Some(account_of(kind, request.object_name().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_of_one_name_and_two_operators_have_two_accounts() {
        let names = ApplicationKind::ALL.map(|kind| account_of(kind, "job"));
        assert_eq!(
            names,
            [
                "sparkapplications.sparkoperator.k8s.io/job",
                "scheduledsparkapplications.sparkoperator.k8s.io/job",
                "sparkapplications.spark.apache.org/job",
            ]
        );
    }
}
