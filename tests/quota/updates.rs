//! What applications that were let in leave to others, and what their own changes are charged.

use serde_json::{Value, json};
use sparkgate::engine::finding::Verdict;
use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::quota::{Statement, stored};

use super::{AT_MOST, Team, application, findings, policy};

fn executors(count: u32) -> Value {
    json!({"executor": {"cores": 2, "memory": "4g", "instances": count}})
}

fn with_state(mut application: Value, state: &str) -> Value {
    application["status"] = json!({"applicationState": {"state": state}});
    application
}

fn pod(name: &str, application: &str, role: &str, cores: u32, phase: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "team", "labels": {
            "spark-role": role,
            "spark-app-selector": "spark-1",
            "sparkoperator.k8s.io/app-name": application,
        }},
        "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cores}}}]},
        "status": {"phase": phase},
    })
}

fn enter(team: &mut Team, pod: &Value) {
    let arena = Arena::new();
    let own = stored::pod_of(arena.import(pod), &team.facts(&Statement::default()))
        .unwrap()
        .unwrap();
    team.ledger.apply_pod(pod["metadata"]["name"].as_str().unwrap(), own);
}

/// What is reserved of pods, as somebody who asks for too many is told.
fn reserved(team: &Team) -> String {
    let found = team.findings(&application("somebody-else", &executors(1000)));
    found[0].shortfalls[0].reserved.to_string()
}

#[test]
fn an_application_reserves_what_is_still_to_come() {
    let mut team = Team::with_quota(&json!({"pods": "20"}), &json!({}));
    team.store(&AT_MOST, &application("job", &executors(4)));
    assert_eq!(reserved(&team), "5");
    enter(&mut team, &pod("job-driver", "job", "driver", 1, "Running"));
    enter(&mut team, &pod("job-exec-1", "job", "executor", 2, "Pending"));
    assert_eq!(reserved(&team), "3");
    enter(&mut team, &pod("job-exec-1", "job", "executor", 2, "Failed"));
    assert_eq!(reserved(&team), "4", "another one takes its place");
}

/// Each case: the state that the operator gives the application, and what is reserved for its five pods.
#[test]
fn only_what_is_going_to_run_reserves_anything() {
    let cases = [
        ("", "5"),
        ("SUBMITTED", "5"),
        ("RUNNING", "5"),
        ("PENDING_RERUN", "5"),
        ("SUSPENDED", "0"),
        ("COMPLETED", "0"),
        ("FAILED", "0"),
    ];
    for (state, expected) in cases {
        let mut team = Team::with_quota(&json!({"pods": "20"}), &json!({}));
        team.store(&AT_MOST, &with_state(application("job", &executors(4)), state));
        assert_eq!(reserved(&team), expected, "{state}");
    }
    let mut team = Team::with_quota(&json!({"pods": "20"}), &json!({}));
    team.store(&AT_MOST, &application("suspended", &json!({"suspend": true})));
    let mut scheduled = application("schedule", &json!({}));
    scheduled["kind"] = json!("ScheduledSparkApplication");
    scheduled["spec"] = json!({"schedule": "@daily", "template": scheduled["spec"]});
    team.store(&AT_MOST, &scheduled);
    assert_eq!(reserved(&team), "0");
}

#[test]
fn an_application_reserves_the_executors_that_policies_about_it_count() {
    let spec = json!({"dynamicAllocation": {"enabled": true, "initialExecutors": 3, "minExecutors": 1, "maxExecutors": 9}, "executor": {"cores": 2, "memory": "4g"}});
    for (fields, expected) in [
        ("{executors: start}", "4"),
        ("{executors: min}", "2"),
        ("{executors: max}", "10"),
    ] {
        let mut team = Team::with_quota(&json!({"pods": "20"}), &json!({}));
        team.store(&policy(fields), &application("job", &spec));
        assert_eq!(reserved(&team), expected, "{fields}");
    }
}

fn is_let_in(verdict: &Verdict) -> bool {
    verdict.findings.iter().all(|finding| finding.rule != "quotaFit")
}

#[test]
fn the_last_of_a_quota_goes_to_one_of_two() {
    let policies: &PolicySet = &AT_MOST;
    let mut team = Team::with_quota(&json!({"pods": "8"}), &json!({}));
    let first = team.validate(policies, &application("first", &executors(4)), None);
    let second = team.validate(policies, &application("second", &executors(4)), None);
    assert!(is_let_in(&first) && is_let_in(&second), "either would fit alone");
    let now = std::time::Instant::now();
    let version = team.ledger.statement("first").version;
    team.ledger.claim(first.claim.unwrap(), version, now).unwrap();
    assert!(
        team.ledger.claim(second.claim.unwrap(), version, now).is_err(),
        "it is to be judged again"
    );
    let again = team.validate(policies, &application("second", &executors(4)), None);
    assert!(!is_let_in(&again));
    let smaller = team.validate(policies, &application("second", &executors(2)), None);
    assert!(is_let_in(&smaller));
}

/// Each case: how many pods of the quota others use, and to how many executors an application of four, with its driver and two executors running,
/// can go.
#[test]
fn an_update_is_charged_what_it_adds() {
    let cases = [
        (0, 6, true),
        (0, 9, true),
        (0, 10, false),
        (3, 6, true),
        (3, 7, false),
        (7, 4, true),
        (7, 3, true),
        (7, 5, false),
        (20, 2, true),
    ];
    for (others, count, fits) in cases {
        let mut team = Team::with_quota(&json!({"pods": "10"}), &json!({"pods": others + 3}));
        let old = with_state(application("job", &executors(4)), "RUNNING");
        team.store(&AT_MOST, &old);
        enter(&mut team, &pod("job-driver", "job", "driver", 1, "Running"));
        for name in ["job-exec-1", "job-exec-2"] {
            enter(&mut team, &pod(name, "job", "executor", 2, "Running"));
        }
        let new = with_state(application("job", &executors(count)), "RUNNING");
        let verdict = team.validate(&AT_MOST, &new, Some(&old));
        assert_eq!(is_let_in(&verdict), fits, "{others} others, {count} executors");
        assert_eq!(verdict.claim.is_some(), count != 4, "{count} executors");
    }
}

#[test]
fn an_application_that_is_resumed_is_charged_in_full() {
    for pods in [4, 5] {
        let mut team = Team::with_quota(&json!({"pods": pods}), &json!({}));
        let suspended = application("job", &json!({"suspend": true}));
        team.store(&AT_MOST, &suspended);
        let verdict = team.validate(
            &AT_MOST,
            &application("job", &json!({"suspend": false})),
            Some(&suspended),
        );
        assert_eq!(is_let_in(&verdict), pods == 5, "{pods} pods");
    }
}

#[test]
fn an_update_of_what_runs_unseen_cannot_be_told() {
    let team = Team::with_quota(&json!({"pods": "100"}), &json!({}));
    let old = with_state(application("job", &executors(4)), "RUNNING");
    let new = with_state(application("job", &executors(5)), "RUNNING");
    let found = findings(team.validate(&AT_MOST, &new, Some(&old)));
    assert_eq!(found.len(), 1);
    assert!(
        found[0]
            .message
            .contains("what the application was let in with is not known"),
        "{}",
        found[0].message
    );
}

#[test]
fn what_an_application_of_another_operator_reserves_is_not_its_namesakes_own() {
    let policies: &PolicySet = &AT_MOST;
    let mut team = Team::with_quota(&json!({"pods": "8"}), &json!({}));
    team.store(
        policies,
        &json!({
            "apiVersion": "spark.apache.org/v1",
            "kind": "SparkApplication",
            "metadata": {"name": "job", "namespace": "team"},
            "spec": {
                "mainClass": "Main",
                "jars": "local:///main.jar",
                "sparkConf": {"spark.executor.instances": "4", "spark.kubernetes.container.image": "spark:4.0.1"},
                "runtimeVersions": {"sparkVersion": "4.0.1"},
            },
        }),
    );
    let namesake = team.validate(policies, &application("job", &executors(4)), None);
    assert!(!is_let_in(&namesake));
}

#[test]
fn a_claim_is_made_for_what_is_let_in_to_stay() {
    let team = Team::with_quota(&json!({"pods": "100"}), &json!({}));
    let job = application("job", &executors(4));
    let claim = team.validate(&AT_MOST, &job, None).claim.unwrap();
    assert_eq!(claim.application, "sparkapplications.sparkoperator.k8s.io/job");
    assert_eq!(claim.demand.executors, 4);
    assert_eq!(
        team.validate(&PolicySet::builtin(), &job, None).claim,
        None,
        "nobody looks at quotas"
    );
    let mut relabelled = job.clone();
    relabelled["metadata"]["labels"] = json!({"a": "b"});
    assert_eq!(
        team.validate(&AT_MOST, &relabelled, Some(&job)).claim,
        None,
        "its spec is the same"
    );
}
