//! What an answer may hold: all denials, legal warnings, and no secret.

use json_patch::jsonptr::PointerBuf;
use proptest::prelude::*;
use serde_json::{Value, json};
use sparkgate::engine::finding::{Blame, Code, Effective, Enforcement, Finding, Skipped, SubjectKind, Verdict};
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::request::Phase;
use sparkgate::engine::review;
use sparkgate::engine::workload::RoleName;

use super::judging::{self, CREATE, UPDATE, answer, application, operations, pod, policies, policy, recorded, verdict};

#[test]
fn all_denials_are_told_at_once_a_line_each() {
    let mut review = recorded("sparkapplication-create-validate");
    let spec = &mut review["request"]["object"]["spec"];
    spec["driver"]["memory"] = json!("1.5g\n\u{1b}[31m");
    spec["executor"]["cores"] = json!(0);
    let body = answer(&PolicySet::builtin(), Phase::Validate, review.to_string().as_bytes()).unwrap();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let message = answer["response"]["status"]["message"].as_str().unwrap();
    let places: Vec<&str> = message
        .lines()
        .map(|line| line.split_once("(at ").unwrap().1.split_once(')').unwrap().0)
        .collect();
    assert!(
        places.contains(&"/spec/driver/memory") && places.contains(&"/spec/executor/cores"),
        "{message}"
    );
    assert!(!message.contains('\u{1b}'), "{message}");
}

fn findings() -> impl Strategy<Value = Vec<Finding>> {
    let text = || prop_oneof!["\\PC{0,200}", any::<String>(), "[a-z\n\r\t\u{1b}\u{7f}\u{85} ]{0,300}"];
    let finding = (
        text(),
        text(),
        proptest::option::of(text()),
        proptest::sample::select(Enforcement::ALL.to_vec()),
        proptest::bool::ANY,
    );
    let finding = finding.prop_map(|(key, message, help, enforcement, is_effective)| {
        let pointer = PointerBuf::from_tokens(["spec", key.as_str()]);
        Finding {
            code: Code {
                policy: "policy".to_owned(),
                entry: "entry".to_owned(),
            },
            rule: "wellFormed",
            enforcement,
            lowered_from: None,
            message,
            help,
            shortfalls: Vec::new(),
            effective: is_effective.then(|| Effective {
                role: RoleName::Driver,
                pointer: pointer.clone(),
            }),
            pointer,
            blame: Blame::Value,
        }
    });
    proptest::collection::vec(finding, 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn warnings_are_what_the_api_server_shows(findings in findings(), reason in any::<String>()) {
        let denials = findings.iter().filter(|finding| finding.enforcement == Enforcement::Deny).count();
        let warned = findings.iter().filter(|finding| finding.enforcement == Enforcement::Warn).count();
        let skipped = vec![Skipped { policy: "policy".to_owned(), reason }];
        let verdict = Verdict { findings, skipped, ..Verdict::allow(SubjectKind::Application) };
        let answer: Value = serde_json::from_slice(&review::answer("u-1", &verdict, 1).unwrap()).unwrap();
        let response = &answer["response"];

        let warnings: Vec<&str> = response["warnings"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|warning| warning.as_str().unwrap())
            .collect();
        let characters: Vec<usize> = warnings.iter().map(|warning| warning.chars().count()).collect();
        prop_assert!(warnings.iter().all(|warning| !warning.chars().any(char::is_control)));
        prop_assert!(characters.iter().all(|count| (1..=120).contains(count)));
        prop_assert!(characters.iter().sum::<usize>() <= 4_096);
        prop_assert!(warnings.len() == warned + 1 || characters.iter().sum::<usize>() > 4_096 - 120);

        prop_assert_eq!(&response["allowed"], denials == 0);
        let message = response["status"]["message"].as_str().unwrap_or_default();
        prop_assert_eq!(message.lines().count(), denials);
        prop_assert!(message.chars().all(|character| character == '\n' || !character.is_control()));
    }
}

const SECRET: &str = "hunter2-sentinel";
const SECRET_NUMBER: u64 = 7_316_001_731_600_173;

/// A list of environment variables, some of them of shapes that the API server would refuse.
fn environment() -> impl Strategy<Value = Value> {
    let secret = prop_oneof![
        Just(json!(SECRET)),
        Just(json!(SECRET_NUMBER)),
        Just(json!([SECRET])),
        Just(json!({"nested": SECRET})),
        Just(json!(format!("1.5g{SECRET}"))),
    ];
    (secret, "[A-Z]{1,3}", 0..6).prop_map(|(secret, name, shape)| match shape {
        0 => json!([{"name": name, "value": secret}]),
        1 => json!([{"name": name, "value": secret, "valeu": secret}]),
        2 => json!([{"name": name, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}, "value": secret}]),
        3 => json!([secret]),
        4 => json!({ name: secret }),
        _ => secret,
    })
}

fn objects_with_secrets() -> impl Strategy<Value = Value> {
    let container =
        |env: &Value| json!({"name": "c", "env": env, "volumeMounts": [{"name": "gone", "mountPath": "/a"}]});
    let applications = (environment(), environment(), any::<bool>()).prop_map(move |(one, other, is_scheduled)| {
        let template = json!({"metadata": {}, "spec": {"containers": [container(&one)], "initContainers": [container(&other)]}});
        let role = json!({
            "env": one, "envVars": {"A": SECRET, "B": other}, "memory": "1.5g", "typo": 1,
            "sidecars": [container(&other)], "initContainers": [container(&one)], "template": template,
        });
        let object = application(&json!({"spec": {
            "driver": role, "executor": role,
            "sparkConf": {"spark.executorEnv.A": SECRET, "spark.kubernetes.driverEnv.A": one, "spark.executorEnv.B": other},
        }}));
        if is_scheduled {
            json!({
                "apiVersion": "sparkoperator.k8s.io/v1beta2",
                "kind": "ScheduledSparkApplication",
                "metadata": {"name": "etl"},
                "spec": {"schedule": "@daily", "template": object["spec"]},
            })
        } else {
            object
        }
    });
    let pods = (environment(), environment(), 0..2usize).prop_map(move |(one, other, role)| {
        pod(
            ["driver", "executor"][role],
            &json!({"spec": {
                "nodeSelector": {"pool": "mine"},
                "containers": [container(&one)], "initContainers": [container(&other)], "ephemeralContainers": [container(&one)],
            }}),
        )
    });
    prop_oneof![applications, pods]
}

proptest! {
    #[test]
    fn no_value_of_an_environment_variable_is_ever_answered(
        object in objects_with_secrets(),
        old in proptest::option::of(objects_with_secrets()),
        most in proptest::sample::select(Enforcement::ALL.to_vec()),
    ) {
        let policies = policies(&[policy(
            "strict",
            "mutate: [{name: m, required: true, onConflict: deny, nodeSelector: {pool: theirs, zone: a}}], \
             validate: [{name: overhead, memoryOverhead: {minRatio: 9}}, {name: spot, notOnSpot: {pools: [{labels: {pool: mine}}]}}]",
        )])
        .with_max_enforcement(most);
        let operation = if old.is_some() { UPDATE } else { CREATE };
        let mut review = judging::review(operation, &object);
        review["request"]["oldObject"] = json!(old);
        for phase in [Phase::Mutate, Phase::Validate, Phase::Check] {
            let body = answer(&policies, phase, review.to_string().as_bytes()).unwrap();
            let patch = operations(&serde_json::from_slice::<Value>(&body).unwrap()["response"]);
            let verdict = verdict(&policies, phase, &review);
            let told = format!("{} {patch:?} {verdict:?}", String::from_utf8(body).unwrap());
            prop_assert!(!told.contains(SECRET), "{}", told);
            prop_assert!(!told.contains(&SECRET_NUMBER.to_string()), "{}", told);
        }
    }
}
