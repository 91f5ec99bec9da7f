//! What there is to ask about: only what some policy decides about.

use crate::engine::policy::PolicySet;
use crate::engine::request::Operation;
use crate::engine::subject::ApplicationKind;

/// Objects of one API group, and what is done to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// The core group is the empty string.
    pub(super) group: &'static str,
    pub(super) versions: &'static [&'static str],
    pub(super) operations: Vec<&'static str>,
    pub(super) resources: Vec<&'static str>,
}

/// What `/mutate` is asked about. Objects are changed as they are made, and never later.
pub(super) fn of_mutations(policies: &PolicySet) -> Vec<Rule> {
    let operations = [Operation::Create];
    let applications = policies
        .change_applications()
        .then(|| of_applications(ApplicationKind::is_patched, &operations));
    let pods = policies.change_pods().then(|| of_pods(&operations, &["pods"]));
    applications.into_iter().flatten().chain(pods).collect()
}

/// What `/validate` is asked about. Applications always: what is on by default judges them.
pub(super) fn of_validations(policies: &PolicySet) -> Vec<Rule> {
    let operations = [Operation::Create, Operation::Update];
    let resources = ["pods", "pods/ephemeralcontainers", "pods/resize"];
    let pods = policies.judge_pods().then(|| of_pods(&operations, &resources));
    let applications = of_applications(|_| true, &operations);
    applications.into_iter().chain(pods).collect()
}

fn of_pods(operations: &[Operation], resources: &[&'static str]) -> Rule {
    Rule {
        group: "",
        versions: &["v1"],
        operations: spelled(operations),
        resources: resources.to_vec(),
    }
}

/// A rule for each API group with kinds that are wanted.
fn of_applications(is_wanted: impl Fn(ApplicationKind) -> bool, operations: &[Operation]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for kind in ApplicationKind::ALL.into_iter().filter(|kind| is_wanted(*kind)) {
        match rules.iter_mut().find(|rule| rule.group == kind.group()) {
            Some(rule) => rule.resources.push(kind.resource()),
            None => rules.push(Rule {
                group: kind.group(),
                versions: kind.versions(),
                operations: spelled(operations),
                resources: vec![kind.resource()],
            }),
        }
    }
    rules
}

fn spelled(operations: &[Operation]) -> Vec<&'static str> {
    operations.iter().map(|operation| operation.as_str()).collect()
}
