//! Which reviews are answered, and how: those that a real API server sends, and those that none should.

use serde_json::{Value, json};
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::request::Phase;

use super::judging::{
    self, CREATE, UPDATE, answer, operations, patched, pod, policies, policy, recorded, recorded_reviews, said,
    starter_policies, verdict,
};

/// `response` of the answer to a review, whose envelope is held to the contract.
#[track_caller]
fn response(policies: &PolicySet, phase: Phase, review: &Value) -> Value {
    let body = answer(policies, phase, review.to_string().as_bytes()).expect("the review has a uid");
    let answer: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
    assert_eq!(answer["kind"], "AdmissionReview");
    let response = &answer["response"];
    assert_eq!(response["uid"], review["request"]["uid"]);
    assert!(response["allowed"].is_boolean(), "{response}");
    assert_eq!(
        response.get("patch").is_some(),
        response.get("patchType").is_some(),
        "both or neither"
    );
    assert!(
        response.get("patchType").is_none_or(|kind| kind == "JSONPatch"),
        "{response}"
    );
    let is_denied = response["allowed"] == false;
    assert_eq!(response["status"]["message"].is_string(), is_denied, "{response}");
    assert_eq!(response["status"]["code"] == 403, is_denied, "{response}");
    for (key, _) in response["auditAnnotations"].as_object().into_iter().flatten() {
        assert!(!key.contains('/') && key.len() <= 63, "{key}");
    }
    response.clone()
}

#[test]
fn every_recorded_review_is_answered_as_the_contract_wants() {
    let policies = starter_policies();
    let mut answered = 0;
    for (name, phase, review) in recorded_reviews() {
        let response = response(&policies, phase, &review);
        assert_eq!(response["allowed"], true, "{name}: {response}");
        assert!(
            phase == Phase::Mutate || response.get("patch").is_none(),
            "{name}: {response}"
        );
        assert_eq!(response["auditAnnotations"]["generation"], "7", "{name}");
        answered += 1;
    }
    assert_eq!(answered, 21);
}

#[test]
fn recorded_pods_get_what_the_policies_give_once_and_keep_the_rest() {
    let policies = starter_policies();
    let toleration = json!({"key": "spot-instance", "operator": "Equal", "value": "true", "effect": "NoSchedule"});
    let mut mutated = Vec::new();
    for (name, _, review) in recorded_reviews()
        .into_iter()
        .filter(|(_, phase, _)| *phase == Phase::Mutate)
    {
        let object = &review["request"]["object"];
        let first = response(&policies, Phase::Mutate, &review);
        let Some(operations) = operations(&first) else {
            assert_eq!(first["auditAnnotations"]["decision"], "allowed", "{name}");
            continue;
        };
        let mut expected = object.clone();
        expected["spec"]["nodeSelector"]["node-pool"] = json!("spark-spot");
        expected["spec"]["tolerations"]
            .as_array_mut()
            .unwrap()
            .push(toleration.clone());
        let after = patched(object, &operations);
        assert_eq!(after, expected, "{name}");
        assert_eq!(
            first["auditAnnotations"],
            json!({"generation": "7", "decision": "mutated", "mutated-by": "spot/executors-on-spot (1 set), spot/executors-tolerate-spot (1 set)"}),
        );

        let mut again = review.clone();
        again["request"]["object"] = after;
        for phase in [Phase::Mutate, Phase::Validate] {
            let second = response(&policies, phase, &again);
            assert_eq!(
                (&second["allowed"], second.get("patch")),
                (&json!(true), None),
                "{name}"
            );
        }
        mutated.push(name);
    }
    assert_eq!(
        mutated,
        [
            "executor-pod-spark3.5.9-scala-8g-4x8g-mutate",
            "executor-pod-spark4.3.0-python-defaults-mutate",
        ],
        "the one of the template selects and tolerates already"
    );
}

#[test]
fn only_a_pod_that_is_being_made_is_patched() {
    let policies = starter_policies();
    let created = recorded("executor-pod-spark4.3.0-python-defaults-mutate");
    assert!(operations(&response(&policies, Phase::Mutate, &created)).is_some());
    let old = created["request"]["object"].clone();
    let cases = [
        (Phase::Validate, json!({})),
        (Phase::Mutate, json!({"operation": UPDATE, "oldObject": old})),
        (
            Phase::Mutate,
            json!({"operation": "DELETE", "object": null, "oldObject": old}),
        ),
        (
            Phase::Mutate,
            json!({"operation": "CONNECT", "object": null, "subResource": "exec"}),
        ),
        (
            Phase::Mutate,
            json!({"operation": UPDATE, "oldObject": old, "subResource": "status"}),
        ),
        (
            Phase::Mutate,
            json!({"operation": UPDATE, "oldObject": old, "subResource": "ephemeralcontainers"}),
        ),
        (
            Phase::Mutate,
            json!({"operation": UPDATE, "oldObject": old, "subResource": "resize"}),
        ),
        (Phase::Mutate, json!({"subResource": "binding"})),
        (
            Phase::Mutate,
            json!({"kind": {"group": "", "version": "v1", "kind": "PodTemplate"}}),
        ),
        (
            Phase::Mutate,
            json!({"kind": {"group": "example.com", "version": "v1", "kind": "Pod"}}),
        ),
    ];
    for (phase, change) in cases {
        let mut review = created.clone();
        json_patch::merge(&mut review["request"], &change);
        let response = response(&policies, phase, &review);
        assert_eq!(response["allowed"], true, "{response}");
        assert_eq!(response.get("patch"), None, "{response}");
    }
}

/// How a body is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answered {
    /// There is no uid to answer to.
    TurnedAway,
    Refused,
    Allowed,
}
use Answered::{Allowed, Refused, TurnedAway};

/// Sends a body to both paths, under a policy that looks at every pod, and holds the stricter answer to what is expected.
#[track_caller]
fn assert_answered(what: &str, body: impl AsRef<[u8]>, expected: Answered) {
    let policies = policies(&[policy(
        "p",
        "mutate: [{name: m, nodeSelector: {pool: a}}, {name: t, tolerations: [{key: a}]}]",
    )]);
    let answers = [Phase::Mutate, Phase::Validate].map(|phase| match answer(&policies, phase, body.as_ref()) {
        None => TurnedAway,
        Some(body) => {
            let answer: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(answer["response"]["uid"], "u-1", "{what}");
            if answer["response"]["allowed"] == true {
                Allowed
            } else {
                Refused
            }
        }
    });
    let stricter = answers.into_iter().find(|answer| *answer != Allowed);
    assert_eq!(stricter.unwrap_or(Allowed), expected, "{what}");
}

/// A review of a driver's pod, changed by a merge patch.
fn changed(change: &Value) -> Value {
    let mut review = judging::review(CREATE, &pod("driver", &json!({})));
    json_patch::merge(&mut review, change);
    review
}

#[test]
fn bytes_that_are_no_review_are_turned_away() {
    let text = changed(&json!({})).to_string();
    let half = &text[..text.len() / 2];
    let latin = [b"{\"name\":\"\xe4\",", &text.as_bytes()[1..]].concat();
    let unclosed = text.replace("\"object\":", &format!("\"object\":{}", "[".repeat(10_000)));
    let cases: [(&str, Vec<u8>, Answered); 12] = [
        ("as it should be", text.clone().into(), Allowed),
        ("white space around it", format!("\r\n {text}\t\n").into(), Allowed),
        ("nothing", Vec::new(), TurnedAway),
        ("not JSON", b"uid: u-1".into(), TurnedAway),
        ("half of it", half.into(), TurnedAway),
        ("two of them", text.repeat(2).into(), TurnedAway),
        ("not UTF-8", latin, TurnedAway),
        ("a byte order mark", format!("\u{feff}{text}").into(), TurnedAway),
        ("a list", format!("[{text}]").into(), TurnedAway),
        ("a string", b"\"u-1\"".into(), TurnedAway),
        ("null", b"null".into(), TurnedAway),
        ("ten thousand brackets without an end", unclosed.into(), TurnedAway),
    ];
    for (what, body, expected) in cases {
        assert_answered(what, body, expected);
    }
}

#[test]
fn a_review_without_its_envelope_is_turned_away_and_one_without_sense_refused() {
    let request = |change: Value| json!({ "request": change });
    let cases = [
        (
            "an older version",
            json!({"apiVersion": "admission.k8s.io/v1beta1"}),
            TurnedAway,
        ),
        ("no version", json!({"apiVersion": null}), TurnedAway),
        ("another kind", json!({"kind": "ConversionReview"}), TurnedAway),
        ("a kind that is a number", json!({"kind": 1}), TurnedAway),
        ("no request", json!({"request": null}), TurnedAway),
        ("a request that is a list", json!({"request": [1]}), TurnedAway),
        ("no uid", request(json!({"uid": null})), TurnedAway),
        ("an empty uid", request(json!({"uid": ""})), TurnedAway),
        ("a uid that is a number", request(json!({"uid": 1})), TurnedAway),
        ("no operation", request(json!({"operation": null})), Refused),
        ("an unknown operation", request(json!({"operation": "PATCH"})), Refused),
        (
            "an operation in lower case",
            request(json!({"operation": "create"})),
            Refused,
        ),
        ("no kind of object", request(json!({"kind": null})), Refused),
        (
            "a kind of object that is a string",
            request(json!({"kind": "Pod"})),
            Refused,
        ),
        ("no object", request(json!({"object": null})), Refused),
        (
            "no object in an update",
            request(json!({"object": null, "operation": UPDATE})),
            Refused,
        ),
        ("an object that is a string", request(json!({"object": "pod"})), Refused),
        ("an object that is a list", request(json!({"object": [{}]})), Refused),
        (
            "an old object that is a list",
            request(json!({"oldObject": []})),
            Refused,
        ),
        (
            "fields that are new",
            request(json!({"new": {"a": [1]}, "requestKind": "x"})),
            Allowed,
        ),
    ];
    for (what, change, expected) in cases {
        assert_answered(what, changed(&change).to_string(), expected);
    }
}

#[test]
fn an_object_that_is_not_understood_is_refused_with_its_uid() {
    let merged = |change: Value| changed(&json!({"request": {"object": change}})).to_string();
    let replaced = |object: &str| {
        changed(&json!({"request": {"object": "HERE"}}))
            .to_string()
            .replace("\"HERE\"", object)
    };
    let nested = |levels: usize| replaced(&format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels)));
    let cases = [
        ("a pod without a spec", merged(json!({"spec": null})), Refused),
        ("a spec that is a list", merged(json!({"spec": []})), Refused),
        (
            "a node selector that is a list",
            merged(json!({"spec": {"nodeSelector": []}})),
            Refused,
        ),
        (
            "tolerations that are an object",
            merged(json!({"spec": {"tolerations": {}}})),
            Refused,
        ),
        (
            "tolerations that are a string",
            merged(json!({"spec": {"tolerations": "all"}})),
            Refused,
        ),
        ("a pod without metadata", merged(json!({"metadata": null})), Allowed),
        (
            "a pod of which nothing says that it is Spark's",
            merged(json!({"metadata": null, "spec": null})),
            Allowed,
        ),
        ("an empty object", replaced("{}"), Allowed),
        ("as deep as JSON is read", nested(124), Allowed),
        ("deeper", nested(125), Refused),
        ("ten thousand levels", nested(10_000), Refused),
        (
            "three hundred thousand values",
            replaced(&format!("{{\"a\":[0{}]}}", ",0".repeat(300_000))),
            Refused,
        ),
    ];
    for (what, body, expected) in cases {
        assert_answered(what, body, expected);
    }
}

#[test]
fn of_a_key_that_is_given_twice_the_last_counts_as_in_go() {
    let text = changed(&json!({})).to_string();
    let cases = [
        ("the kind", text.replacen('{', "{\"kind\":\"Pod\",", 1), Allowed),
        (
            "the kind, wrong at last",
            text.replacen("\"request\"", "\"kind\":\"Pod\",\"request\"", 1),
            TurnedAway,
        ),
        ("the uid", text.replace("\"uid\":", "\"uid\":\"u-0\",\"uid\":"), Allowed),
        ("the uid with an escape", text.replace("u-1", "\\u0075-1"), Allowed),
        (
            "the object",
            text.replace("\"object\":", "\"object\":[],\"object\":"),
            Allowed,
        ),
        (
            "the object, wrong at last",
            text.replace("\"operation\":", "\"object\":[],\"operation\":"),
            Refused,
        ),
    ];
    for (what, body, expected) in cases {
        assert_answered(what, body, expected);
    }
}

#[test]
fn nulls_are_as_good_as_absent() {
    let policies = starter_policies();
    let optional = [
        "resource",
        "requestKind",
        "requestResource",
        "subResource",
        "requestSubResource",
        "name",
        "namespace",
        "userInfo",
        "oldObject",
        "dryRun",
        "options",
    ];
    for (name, phase, review) in recorded_reviews() {
        for field in optional {
            let mut null = review.clone();
            null["request"][field] = Value::Null;
            let mut absent = review.clone();
            absent["request"].as_object_mut().unwrap().remove(field);
            assert_eq!(
                response(&policies, phase, &null),
                response(&policies, phase, &absent),
                "{name} {field}"
            );
        }
        let Some(members) = review["request"]["object"].as_object() else {
            continue;
        };
        for field in members.keys().filter(|field| *field != "spec") {
            let mut null = review.clone();
            null["request"]["object"][field] = Value::Null;
            response(&policies, phase, &null);
        }
    }
}

#[test]
fn an_update_is_denied_only_for_what_it_brings() {
    const OVERHEAD: &str = "ask/overhead at /spec/executor/memoryOverhead";
    const MEMORY: &str = "sparkgate/well-formed at /spec/driver/memory";
    let policies = policies(&[policy(
        "ask",
        "validate: [{name: overhead, roles: [executor], memoryOverhead: {minRatio: 0.3}}]",
    )]);
    let driver = |memory: &str| json!({"spec": {"driver": {"memory": memory}}});
    let executor = |overhead: &str| json!({"spec": {"executor": {"memoryOverhead": overhead}}});
    let none = json!({});
    // What is merged into the old object, what into the new one, and what is found.
    let cases: [(Value, Value, &[&str]); 11] = [
        (none.clone(), none.clone(), &[]),
        (
            none.clone(),
            json!({"spec": {"sparkConf": {"spark.ui.port": "4041"}}}),
            &[],
        ),
        (none.clone(), driver("1.5g"), &[MEMORY]),
        (driver("1.5g"), driver("1.5g"), &[]),
        (driver("1.5g"), driver("2.5g"), &[MEMORY]),
        (driver("1.5g"), none.clone(), &[]),
        (executor("2g"), executor("512m"), &[OVERHEAD]),
        (
            executor("2g"),
            json!({"spec": {"executor": {"memoryOverhead": "1g"}, "driver": {"memory": "x"}}}),
            &[MEMORY, OVERHEAD],
        ),
        (
            driver("1.5g"),
            json!({"spec": {"driver": {"memory": "1.5g"}, "executor": {"memoryOverhead": "10m"}}}),
            &[OVERHEAD],
        ),
        (
            executor("2g"),
            json!({"metadata": {"labels": {"a": "b"}}, "spec": {"executor": {"instances": 5, "memoryOverhead": "2g"}}}),
            &[],
        ),
        (json!({"spec": null}), none.clone(), &[OVERHEAD]),
    ];
    for (of_old, of_new, expected) in cases {
        let mut review = recorded("sparkapplication-update-validate");
        json_patch::merge(&mut review["request"]["oldObject"], &of_old);
        json_patch::merge(&mut review["request"]["object"], &of_new);
        let verdict = verdict(&policies, Phase::Validate, &review);
        let found: Vec<String> = verdict
            .findings
            .iter()
            .map(|finding| format!("{} at {}", finding.code, finding.pointer))
            .collect();
        assert_eq!(found, expected, "{of_old} to {of_new}: {:?}", said(&verdict));
    }
}

#[test]
fn an_update_that_leaves_the_spec_alone_is_never_denied() {
    let policies = policies(&[policy(
        "ask",
        "validate: [{name: overhead, memoryOverhead: {minRatio: 9}}]",
    )]);
    let mut review = recorded("sparkapplication-update-validate");
    let request = &mut review["request"];
    request["object"]["spec"]["driver"]["memory"] = json!("1.5g");
    request["object"]["spec"]["exector"] = json!({});
    request["oldObject"]["spec"] = request["object"]["spec"].clone();
    request["object"]["metadata"]["labels"] = json!({"team": "other"});
    assert_eq!(said(&verdict(&policies, Phase::Validate, &review)), [""; 0]);
    review["request"]["oldObject"] = Value::Null;
    assert!(
        !verdict(&policies, Phase::Validate, &review).allowed(),
        "nothing is known of what it was"
    );
}
