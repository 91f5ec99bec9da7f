//! What quotas are charged, and what that leaves: through the public surface of the engine, and through the command.

#![expect(
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "a table of cases is as long, and its rows as wide, as there is to say, and reads best without references"
)]

mod charged;
mod cluster_state;
mod fit;
mod updates;

use std::sync::LazyLock;

use serde_json::{Value, json};
use sparkgate::engine::evaluate;
use sparkgate::engine::facts::{Facts, LimitRange, PriorityClass, ResourceQuota, RuntimeClass};
use sparkgate::engine::finding::{Finding, Verdict};
use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::{PolicySet, Source};
use sparkgate::engine::quota::{Ledger, Statement, account_of_request, stored};
use sparkgate::engine::request::{Operation, Phase, Request};

/// What a policy of one `quotaFit` entry says.
fn policy(fields: &str) -> PolicySet {
    let text = format!(
        "apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {{name: quota}}\nspec: {{validate: [{{name: fits, quotaFit: {fields}}}]}}"
    );
    let name = "quota.yaml".to_owned();
    PolicySet::from_sources(&[Source { name, text }], 1).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

static AT_MOST: LazyLock<PolicySet> = LazyLock::new(|| policy("{}"));

fn quota(name: &str, hard: &Value, used: &Value) -> ResourceQuota {
    let arena = Arena::new();
    let manifest = json!({"metadata": {"name": name}, "spec": {"hard": hard}, "status": {"used": used}});
    let mut quota = ResourceQuota::from_json(arena.import(&manifest)).unwrap();
    quota.assume_unused();
    quota
}

fn limit_range(limits: &Value) -> LimitRange {
    let arena = Arena::new();
    let manifest = json!({"metadata": {"name": "limits"}, "spec": {"limits": limits}});
    LimitRange::from_json(arena.import(&manifest)).unwrap()
}

/// A Scala job: a driver of one core and 2g, executors of two cores and 4g. What the spec is given besides replaces what is here.
fn application(name: &str, spec: &Value) -> Value {
    let mut manifest = json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": name, "namespace": "team"},
        "spec": {
            "type": "Scala",
            "mode": "cluster",
            "image": "spark:3.5.1",
            "mainClass": "Main",
            "mainApplicationFile": "local:///main.jar",
            "sparkVersion": "3.5.1",
            "driver": {"cores": 1, "memory": "2g"},
            "executor": {"cores": 2, "memory": "4g", "instances": 4},
        }
    });
    for (field, value) in spec.as_object().unwrap() {
        manifest["spec"][field] = value.clone();
    }
    manifest
}

/// What is known of the namespace.
#[derive(Default)]
struct Team {
    quotas: Vec<ResourceQuota>,
    limit_ranges: Vec<LimitRange>,
    priority_classes: Vec<PriorityClass>,
    runtime_classes: Vec<RuntimeClass>,
    ledger: Ledger,
}

impl Team {
    fn with_quota(hard: &Value, used: &Value) -> Self {
        Self {
            quotas: vec![quota("compute", hard, used)],
            ..Self::default()
        }
    }

    fn facts<'f>(&'f self, statement: &'f Statement) -> Facts<'f> {
        Facts {
            quotas: Some(&self.quotas),
            limit_ranges: Some(&self.limit_ranges),
            statement: Some(statement),
            priority_classes: Some(&self.priority_classes),
            runtime_classes: Some(&self.runtime_classes),
            ..Facts::default()
        }
    }

    /// Enters an application that is stored.
    fn store(&mut self, policies: &PolicySet, manifest: &Value) {
        let arena = Arena::new();
        let request = Request::of_manifest(&arena, arena.import(manifest), None).unwrap();
        let demand = stored::demand_of(policies, &request, &self.facts(&Statement::default())).unwrap();
        self.ledger.apply(&account_of_request(&request).unwrap(), demand);
    }

    /// What `/validate` says of an application that is made, or changed from what it was.
    fn validate(&self, policies: &PolicySet, manifest: &Value, old: Option<&Value>) -> Verdict {
        let arena = Arena::new();
        let request = Request {
            phase: Phase::Validate,
            operation: if old.is_some() {
                Operation::Update
            } else {
                Operation::Create
            },
            old_object: old.map(|old| arena.import(old)),
            dry_run: false,
            ..Request::of_manifest(&arena, arena.import(manifest), None).unwrap()
        };
        let statement = self.ledger.statement(&account_of_request(&request).unwrap_or_default());
        evaluate(policies, &request, &self.facts(&statement))
    }

    fn findings(&self, manifest: &Value) -> Vec<Finding> {
        findings(self.validate(&AT_MOST, manifest, None))
    }
}

fn findings(verdict: Verdict) -> Vec<Finding> {
    let findings = verdict.findings.into_iter();
    findings.filter(|finding| finding.rule == "quotaFit").collect()
}
