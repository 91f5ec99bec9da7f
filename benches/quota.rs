//! What it costs to decide whether a job fits its namespace's quotas, by how many applications the namespace holds.
//!
//! `cargo bench --bench quota` runs it. The sizes take turns within every round, since a machine's speed drifts, and what is printed last is the ratio
//! to the smallest: it should be near one.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sparkgate::engine::evaluate;
use sparkgate::engine::facts::{Facts, ResourceQuota};
use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::{PolicySet, Source};
use sparkgate::engine::quota::{Ledger, account_of_request, stored};
use sparkgate::engine::request::{Phase, Request};

const ROUNDS: usize = 1_000;
const SIZES: [usize; 3] = [10, 1_000, 10_000];
const POLICY: &str = "\
apiVersion: sparkgate.io/v1alpha1
kind: SparkPolicy
metadata: {name: quota}
spec: {validate: [{name: fits, quotaFit: {}}]}
";

fn application(name: &str) -> Value {
    json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": name, "namespace": "team"},
        "spec": {
            "type": "Python",
            "mode": "cluster",
            "image": "spark:3.5.1",
            "mainApplicationFile": "local:///job.py",
            "sparkVersion": "3.5.1",
            "driver": {"cores": 1, "memory": "4g"},
            "executor": {"cores": 4, "memory": "16g", "instances": 10},
        }
    })
}

fn pod(application: &str, role: &str) -> Value {
    json!({
        "metadata": {"labels": {
            "spark-role": role,
            "spark-app-selector": "spark-1",
            "sparkoperator.k8s.io/app-name": application,
        }},
        "spec": {"containers": [{"name": "c", "resources": {
            "requests": {"cpu": "4", "memory": "22938Mi"},
            "limits": {"memory": "22938Mi"},
        }}]},
    })
}

/// A namespace of so many applications, each with its driver and two executors running.
fn ledger(size: usize, policies: &PolicySet, facts: &Facts<'_>) -> Ledger {
    let mut ledger = Ledger::default();
    for number in 0..size {
        let name = format!("job-{number}");
        let arena = Arena::new();
        let request = Request::of_manifest(&arena, arena.import(&application(&name)), None).unwrap();
        ledger.apply(
            &account_of_request(&request).unwrap(),
            stored::demand_of(policies, &request, facts).unwrap(),
        );
        for (index, role) in ["driver", "executor", "executor"].into_iter().enumerate() {
            let pod = stored::pod_of(arena.import(&pod(&name, role)), facts).unwrap().unwrap();
            ledger.apply_pod(&format!("{name}-{index}"), pod);
        }
    }
    ledger
}

/// From an application to whether it fits, and to what the ledger keeps of it.
fn decide(ledger: &mut Ledger, policies: &PolicySet, facts: &Facts<'_>, manifest: &Value, now: Instant) -> Duration {
    let arena = Arena::new();
    let request = Request {
        phase: Phase::Validate,
        dry_run: false,
        ..Request::of_manifest(&arena, arena.import(manifest), None).unwrap()
    };
    let start = Instant::now();
    ledger.lapse(now);
    let statement = ledger.statement(&account_of_request(&request).unwrap());
    let facts = Facts {
        statement: Some(&statement),
        ..*facts
    };
    let verdict = black_box(evaluate(policies, &request, &facts));
    assert!(verdict.allowed(), "the quota is large enough: {:?}", verdict.findings);
    ledger.claim(verdict.claim.unwrap(), statement.version, now).unwrap();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() {
    let source = Source {
        name: "quota.yaml".to_owned(),
        text: POLICY.to_owned(),
    };
    let policies = PolicySet::from_sources(&[source], 1).unwrap();
    let arena = Arena::new();
    let manifest = json!({
        "metadata": {"name": "compute"},
        "spec": {"hard": {"requests.cpu": "1M", "requests.memory": "100Pi", "limits.memory": "100Pi", "pods": "1M"}},
    });
    let mut quota = ResourceQuota::from_json(arena.import(&manifest)).unwrap();
    quota.assume_unused();
    let quotas = [quota];
    let facts = Facts {
        quotas: Some(&quotas),
        limit_ranges: Some(&[]),
        priority_classes: Some(&[]),
        ..Facts::default()
    };
    let mut ledgers = SIZES.map(|size| ledger(size, &policies, &facts));
    let mut times = SIZES.map(|_| Vec::with_capacity(ROUNDS));
    let new = application("new");
    let now = Instant::now();
    for _ in 0..ROUNDS {
        for (ledger, times) in ledgers.iter_mut().zip(&mut times) {
            times.push(decide(ledger, &policies, &facts, &new, now));
        }
    }
    let medians = times.map(median);
    let smallest = medians[0];
    for (size, time) in SIZES.into_iter().zip(medians) {
        let ratio = time.as_secs_f64() / smallest.as_secs_f64();
        println!("  {size:>6} applications   decision {time:>10.1?}   ratio {ratio:.3}");
    }
}
