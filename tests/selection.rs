//! Which policies are about which objects, in which order, and how strictly.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sparkgate::engine::finding::Enforcement;
use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::request::{Phase, Request};
use sparkgate::engine::{Facts, evaluate};

use super::judging::{
    self, CREATE, UPDATE, answer, application, patched, pod, policies, policy, review, said, verdict,
};

const APPLIES: &str = "applies";
const NOT: &str = "does not apply";
const NO_NAMESPACE: &str = "the manifest names no namespace";
const UNKNOWN_LABELS: &str = "the labels of the namespace are not known";

/// A policy that shows by a mutation that it applies.
fn probe(selection: &str) -> PolicySet {
    policies(&[policy(
        "probe",
        &format!("{selection}, mutate: [{{name: mark, nodeSelector: {{probe: seen}}}}]"),
    )])
}

/// Whether a policy with this `match` or `exclude` applies to what a review is about.
#[track_caller]
fn outcome(selection: &str, review: &Value, labels: Option<&BTreeMap<String, String>>) -> String {
    let verdict = judging::verdict_in(labels, &probe(selection), Phase::Check, review);
    let mutations = [verdict.mutations, verdict.foreseen].concat();
    match (mutations.as_slice(), verdict.skipped.as_slice()) {
        ([], []) => NOT.to_owned(),
        ([], [skipped]) => skipped.reason.clone(),
        (_, []) => APPLIES.to_owned(),
        both => panic!("applied and skipped: {both:?}"),
    }
}

fn review_of_application(change: &Value) -> Value {
    review(CREATE, &application(change))
}

fn with_request(mut review: Value, change: &Value) -> Value {
    json_patch::merge(&mut review["request"], change);
    review
}

#[test]
fn namespaces_are_matched_by_patterns() {
    let cases = [
        ("[team-a]", "team-a", APPLIES),
        ("[team-a]", "team-ab", NOT),
        ("[team-a]", "my-team-a", NOT),
        ("[\"team-*\"]", "team-a", APPLIES),
        ("[\"team-*\"]", "team-", APPLIES),
        ("[\"team-*\"]", "steam-a", NOT),
        ("[\"*-prod\", \"team-*\"]", "etl-prod", APPLIES),
        ("[\"team-?\"]", "team-ab", NOT),
        ("[\"team-{a,b}\"]", "team-b", APPLIES),
        ("[\"Team-*\"]", "team-a", NOT),
        ("[\"*\"]", "default", APPLIES),
    ];
    for (patterns, namespace, expected) in cases {
        let selection = format!("match: {{namespaces: {patterns}}}");
        for object in [application(&json!({})), pod("executor", &json!({}))] {
            let review = with_request(review(CREATE, &object), &json!({"namespace": namespace}));
            assert_eq!(outcome(&selection, &review, None), expected, "{patterns} {namespace}");
        }
    }
}

#[test]
fn labels_are_selected_as_kubernetes_does() {
    let cases = [
        ("matchLabels: {team: alpha}", json!({"team": "alpha"}), APPLIES),
        ("matchLabels: {team: alpha}", json!({"team": "beta"}), NOT),
        ("matchLabels: {team: alpha, tier: a}", json!({"team": "alpha"}), NOT),
        ("matchLabels: {team: \"\"}", json!({}), NOT),
        (
            "matchExpressions: [{key: team, operator: In, values: [alpha, beta]}]",
            json!({"team": "beta"}),
            APPLIES,
        ),
        (
            "matchExpressions: [{key: team, operator: In, values: [alpha, beta]}]",
            json!({"team": "gamma"}),
            NOT,
        ),
        (
            "matchExpressions: [{key: team, operator: In, values: [alpha]}]",
            json!({}),
            NOT,
        ),
        (
            "matchExpressions: [{key: team, operator: NotIn, values: [alpha]}]",
            json!({"team": "beta"}),
            APPLIES,
        ),
        (
            "matchExpressions: [{key: team, operator: NotIn, values: [alpha]}]",
            json!({"team": "alpha"}),
            NOT,
        ),
        (
            "matchExpressions: [{key: team, operator: NotIn, values: [alpha]}]",
            json!({}),
            APPLIES,
        ),
        (
            "matchExpressions: [{key: team, operator: Exists}]",
            json!({"team": ""}),
            APPLIES,
        ),
        ("matchExpressions: [{key: team, operator: Exists}]", json!({}), NOT),
        (
            "matchExpressions: [{key: team, operator: DoesNotExist}]",
            json!({}),
            APPLIES,
        ),
        (
            "matchExpressions: [{key: team, operator: DoesNotExist}]",
            json!({"team": "alpha"}),
            NOT,
        ),
        (
            "matchLabels: {team: alpha}, matchExpressions: [{key: tier, operator: Exists}]",
            json!({"team": "alpha"}),
            NOT,
        ),
        (
            "matchLabels: {example.com/team: alpha}",
            json!({"example.com/team": "alpha"}),
            APPLIES,
        ),
    ];
    for (selector, labels, expected) in cases {
        let change = json!({"metadata": {"labels": labels}});
        let selection = format!("match: {{objectSelector: {{{selector}}}}}");
        for object in [application(&change), pod("driver", &change)] {
            assert_eq!(
                outcome(&selection, &review(CREATE, &object), None),
                expected,
                "{selector} {labels}"
            );
        }
        let namespace: BTreeMap<String, String> = serde_json::from_value(labels.clone()).unwrap();
        let selection = format!("match: {{namespaceSelector: {{{selector}}}}}");
        let review = review_of_application(&json!({}));
        assert_eq!(
            outcome(&selection, &review, Some(&namespace)),
            expected,
            "{selector} {labels}"
        );
        assert_eq!(outcome(&selection, &review, None), UNKNOWN_LABELS, "{selector}");
    }
}

#[test]
fn an_object_without_labels_is_no_obstacle() {
    let selection = "match: {objectSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}";
    for change in [
        json!({}),
        json!({"metadata": {"labels": {}}}),
        json!({"metadata": null}),
    ] {
        assert_eq!(
            outcome(selection, &review_of_application(&change), None),
            APPLIES,
            "{change}"
        );
    }
}

#[test]
fn submitters_are_known_of_an_application_only() {
    let user = |name: &str| json!({"userInfo": {"username": name, "groups": ["data", "system:authenticated"]}});
    let account = user("system:serviceaccount:ci:deployer");
    let cases = [
        ("serviceAccounts: [\"ci:deployer\"]", account.clone(), APPLIES),
        ("serviceAccounts: [\"ci:*\"]", account.clone(), APPLIES),
        ("serviceAccounts: [\"*:deployer\"]", account.clone(), APPLIES),
        ("serviceAccounts: [\"*\"]", account.clone(), APPLIES),
        ("serviceAccounts: [\"cd:deployer\"]", account.clone(), NOT),
        ("serviceAccounts: [\"ci:deploy\"]", account.clone(), NOT),
        ("users: [\"system:serviceaccount:ci:*\"]", account.clone(), APPLIES),
        // Only the API server makes names that begin with `system:serviceaccount:` and have two parts.
        ("serviceAccounts: [\"ci:deployer\"]", user("ci:deployer"), NOT),
        (
            "serviceAccounts: [\"ci:*\"]",
            user("system:serviceaccount:ci:deployer:more"),
            NOT,
        ),
        ("serviceAccounts: [\"ci:*\"]", user("system:serviceaccount:ci:"), NOT),
        ("serviceAccounts: [\"*\"]", user("system:serviceaccount:ci"), NOT),
        ("serviceAccounts: [\"*\"]", user("ann"), NOT),
        (
            "serviceAccounts: [\"*\"]",
            user("x:system:serviceaccount:ci:deployer"),
            NOT,
        ),
        ("users: [ann]", user("ann"), APPLIES),
        ("users: [ann]", user("joann"), NOT),
        ("groups: [data]", user("ann"), APPLIES),
        ("groups: [\"system:*\"]", user("ann"), APPLIES),
        ("groups: [finance]", user("ann"), NOT),
        ("groups: [finance], users: [ann]", user("ann"), APPLIES),
        (
            "groups: [data]",
            json!({"userInfo": {"username": "ann", "groups": null}}),
            NOT,
        ),
        (
            "groups: [data], users: [ann]",
            json!({"userInfo": null}),
            "who submits it is not known",
        ),
    ];
    for (submitters, request, expected) in cases {
        let selection = format!("match: {{submitters: {{{submitters}}}}}");
        let review = with_request(review_of_application(&json!({})), &request);
        assert_eq!(outcome(&selection, &review, None), expected, "{submitters} {request}");
        // Whoever makes a pod is not who submitted its job.
        let review = with_request(judging::review(CREATE, &pod("executor", &json!({}))), &request);
        assert_eq!(outcome(&selection, &review, None), NOT, "{submitters} {request}");
    }
}

#[test]
fn languages_and_versions_are_known_of_an_application_only() {
    let spec = |spec: Value| json!({ "spec": spec });
    let cases = [
        (
            "languages: [Python]",
            spec(json!({"type": "Python", "mainApplicationFile": "local:///app.py"})),
            APPLIES,
        ),
        (
            "languages: [Python, R]",
            spec(json!({"type": "R", "mainApplicationFile": "local:///app.R"})),
            APPLIES,
        ),
        ("languages: [Python]", spec(json!({"type": "Python"})), NOT),
        ("languages: [Python]", spec(json!({"type": "Scala"})), NOT),
        ("languages: [Scala]", spec(json!({"type": null})), APPLIES),
        (
            "languages: [Java, Scala, Python, R]",
            spec(json!({"type": "Rust"})),
            NOT,
        ),
        (
            "sparkVersions: \">=3.2\"",
            spec(json!({"sparkVersion": "3.2.0"})),
            APPLIES,
        ),
        ("sparkVersions: \">=3.2\"", spec(json!({"sparkVersion": "3.1.3"})), NOT),
        (
            "sparkVersions: \">=3.2, <4\"",
            spec(json!({"sparkVersion": "4.0.0"})),
            NOT,
        ),
        (
            "sparkVersions: \"=3.5\"",
            spec(json!({"sparkVersion": "3.5.9"})),
            APPLIES,
        ),
        ("sparkVersions: \">=3.2\"", spec(json!({"sparkVersion": "latest"})), NOT),
        ("sparkVersions: \">=3.2\"", spec(json!({"sparkVersion": null})), NOT),
        (
            "languages: [Python], sparkVersions: \"<3\"",
            spec(json!({"type": "Python", "mainApplicationFile": "local:///app.py"})),
            NOT,
        ),
    ];
    for (selector, change, expected) in cases {
        let selection = format!("match: {{{selector}}}");
        assert_eq!(
            outcome(&selection, &review_of_application(&change), None),
            expected,
            "{selector} {change}"
        );
        let schedule = json!({
            "apiVersion": "sparkoperator.k8s.io/v1beta2",
            "kind": "ScheduledSparkApplication",
            "spec": {"schedule": "@daily", "template": application(&change)["spec"]},
        });
        assert_eq!(
            outcome(&selection, &review(CREATE, &schedule), None),
            expected,
            "{selector} {change}"
        );
        let pod = review(CREATE, &pod("driver", &json!({})));
        assert_eq!(outcome(&selection, &pod, None), NOT, "{selector} on a pod alone");
    }
}

#[test]
fn any_hit_excludes_and_all_given_must_match() {
    const PRODUCTION: &str = "{matchLabels: {tier: production}}";
    let change = json!({"metadata": {"labels": {"team": "alpha"}}});
    let production = BTreeMap::from([("tier".to_owned(), "production".to_owned())]);
    let cases = [
        ("exclude: {namespaces: [team-a]}".to_owned(), None, NOT),
        ("exclude: {namespaces: [team-b]}".to_owned(), None, APPLIES),
        ("exclude: {}".to_owned(), None, APPLIES),
        ("match: {}, exclude: {}".to_owned(), None, APPLIES),
        (
            "match: {namespaces: [\"team-*\"]}, exclude: {namespaces: [team-a]}".to_owned(),
            None,
            NOT,
        ),
        (
            "exclude: {namespaces: [team-b], objectSelector: {matchLabels: {team: alpha}}}".to_owned(),
            None,
            NOT,
        ),
        (
            "exclude: {namespaces: [team-b], languages: [Python]}".to_owned(),
            None,
            APPLIES,
        ),
        (
            "match: {namespaces: [team-a], objectSelector: {matchLabels: {team: alpha}}}".to_owned(),
            None,
            APPLIES,
        ),
        (
            "match: {namespaces: [team-a], objectSelector: {matchLabels: {team: beta}}}".to_owned(),
            None,
            NOT,
        ),
        // What is not known leaves the policy out, unless something else settles it.
        (
            format!("exclude: {{namespaceSelector: {PRODUCTION}}}"),
            None,
            UNKNOWN_LABELS,
        ),
        (
            format!("exclude: {{namespaceSelector: {PRODUCTION}}}"),
            Some(&production),
            NOT,
        ),
        (
            format!("exclude: {{namespaceSelector: {PRODUCTION}, namespaces: [team-a]}}"),
            None,
            NOT,
        ),
        (
            format!("exclude: {{namespaceSelector: {PRODUCTION}}}, match: {{namespaces: [team-b]}}"),
            None,
            NOT,
        ),
        (
            format!("match: {{namespaceSelector: {PRODUCTION}, namespaces: [team-b]}}"),
            None,
            NOT,
        ),
        (
            format!("match: {{namespaceSelector: {PRODUCTION}, namespaces: [team-a]}}"),
            None,
            UNKNOWN_LABELS,
        ),
        (
            format!("match: {{namespaceSelector: {PRODUCTION}}}, exclude: {{namespaces: [team-a]}}"),
            None,
            NOT,
        ),
    ];
    for (selection, labels, expected) in cases {
        assert_eq!(
            outcome(&selection, &review_of_application(&change), labels),
            expected,
            "{selection}"
        );
    }
}

#[test]
fn a_manifest_without_a_namespace_is_not_judged_by_policies_that_ask_for_one() {
    let policies = probe("match: {namespaces: [\"team-*\"]}");
    let cases = [
        (json!({"metadata": {"namespace": null}}), None, Some(NO_NAMESPACE), 0),
        (json!({"metadata": {"namespace": ""}}), None, Some(NO_NAMESPACE), 0),
        (json!({"metadata": {"namespace": null}}), Some("team-b"), None, 2),
        (json!({"metadata": {"namespace": ""}}), Some("team-b"), None, 2),
        (json!({"metadata": {"namespace": "other"}}), Some("team-b"), None, 0),
        (json!({}), Some("other"), None, 2),
    ];
    for (change, default, skipped, mutations) in cases {
        let arena = Arena::new();
        let manifest = arena.import(&application(&change));
        let request = Request::of_manifest(&arena, manifest, default).unwrap();
        let verdict = evaluate(&policies, &request, &Facts::default());
        let reasons: Vec<&str> = verdict.skipped.iter().map(|skipped| skipped.reason.as_str()).collect();
        assert_eq!(reasons, skipped.into_iter().collect::<Vec<_>>(), "{change} {default:?}");
        assert_eq!(verdict.foreseen.len(), mutations, "{change} {default:?}");
        assert!(verdict.allowed());
    }
}

#[test]
fn policies_apply_by_order_then_by_name_whatever_file_they_are_in() {
    const SET: &str = "mutate: [{name: set, onConflict: override, nodeSelector: {pool: NAME}}], validate: [{name: ask, memoryOverhead: {minRatio: 9}}]";
    let setting = |name: &str, order: &str| policy(name, &format!("{order}{}", SET.replace("NAME", name)));
    let sources = [
        setting("c", "order: 99, "),
        setting("b", ""),
        setting("d", "order: -1, "),
        setting("a", ""),
        setting("e", "order: 101, "),
    ];
    let reviews = [
        (Phase::Validate, review_of_application(&json!({}))),
        (Phase::Mutate, review(CREATE, &pod("executor", &json!({})))),
    ];
    let forwards = policies(&sources);
    let names: Vec<&str> = forwards.policies().iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(names, ["sparkgate", "d", "c", "a", "b", "e"]);

    let found = verdict(&forwards, Phase::Validate, &reviews[0].1);
    let mut codes: Vec<String> = found.findings.iter().map(|finding| finding.code.to_string()).collect();
    codes.dedup();
    assert_eq!(codes, ["d/ask", "c/ask", "a/ask", "b/ask", "e/ask"]);

    let mut backwards = sources.clone();
    backwards.reverse();
    let backwards = policies(&backwards);
    for (phase, review) in &reviews {
        let body = review.to_string();
        let answer = |policies| String::from_utf8(answer(policies, *phase, body.as_bytes()).unwrap()).unwrap();
        assert_eq!(answer(&forwards), answer(&backwards));
    }
}

#[test]
fn overrides_of_the_same_value_come_to_rest_at_the_last() {
    let set = |value: &str| {
        format!("mutate: [{{name: m, required: true, onConflict: override, nodeSelector: {{pool: {value}}}}}]")
    };
    let set = policies(&[policy("a", &set("first")), policy("b", &set("last"))]);
    let selected = |pool: &str| {
        review(
            CREATE,
            &pod("driver", &json!({"spec": {"nodeSelector": {"pool": pool}}})),
        )
    };
    let first = verdict(&set, Phase::Mutate, &selected("other"));
    assert!(
        first
            .patch
            .as_json()
            .ends_with(r#"{"op":"replace","path":"/spec/nodeSelector/pool","value":"last"}]"#)
    );
    assert_eq!(said(&verdict(&set, Phase::Validate, &selected("other"))).len(), 2);
    let second = verdict(&set, Phase::Mutate, &selected("last"));
    assert!(second.patch.is_empty() && second.mutations.is_empty(), "{second:?}");
    assert_eq!(said(&verdict(&set, Phase::Validate, &selected("last"))), [""; 0]);
}

#[test]
fn an_entry_is_about_its_roles() {
    let cases = [
        ("", &["driver", "executor"][..]),
        ("roles: [driver], ", &["driver"]),
        ("roles: [executor], ", &["executor"]),
        ("roles: [executor, driver, executor], ", &["driver", "executor"]),
    ];
    for (roles, expected) in cases {
        let set = policies(&[policy(
            "p",
            &format!(
                "mutate: [{{name: m, {roles}nodeSelector: {{pool: a}}}}], \
                 validate: [{{name: v, {roles}memoryOverhead: {{minRatio: 9}}}}, {{name: w, {roles}wellFormed: {{}}}}]"
            ),
        )]);
        let of_application = verdict(&set, Phase::Validate, &review_of_application(&json!({})));
        let mutated: Vec<&str> = of_application
            .foreseen
            .iter()
            .map(|mutation| mutation.role.unwrap().as_str())
            .collect();
        assert_eq!(mutated, expected, "{roles}");
        let found: Vec<String> = of_application
            .findings
            .iter()
            .map(|finding| finding.pointer.to_string())
            .collect();
        let places: Vec<String> = expected.iter().map(|role| format!("/spec/{role}")).collect();
        assert_eq!(found, places, "{roles}");

        for role in ["driver", "executor"] {
            let broken =
                json!({"spec": {"containers": [{"name": "c", "volumeMounts": [{"name": "gone", "mountPath": "/a"}]}]}});
            let review = review(CREATE, &pod(role, &broken));
            let is_meant = expected.contains(&role);
            assert_eq!(
                !verdict(&set, Phase::Mutate, &review).patch.is_empty(),
                is_meant,
                "{roles}{role}"
            );
            assert_eq!(
                !verdict(&set, Phase::Validate, &review).findings.is_empty(),
                is_meant,
                "{roles}{role}"
            );
        }
    }
}

#[test]
fn the_entry_says_how_strict_it_is_and_the_command_how_strict_at_most() {
    use Enforcement::{Audit, Deny, Warn};
    let cases = [
        ("", "", Deny, Deny, None),
        ("enforcement: warn, ", "", Deny, Warn, None),
        ("enforcement: warn, ", "enforcement: deny, ", Deny, Deny, None),
        ("", "enforcement: audit, ", Deny, Audit, None),
        ("", "", Warn, Warn, Some(Deny)),
        ("", "", Audit, Audit, Some(Deny)),
        ("enforcement: warn, ", "", Audit, Audit, Some(Warn)),
        ("enforcement: audit, ", "", Warn, Audit, None),
    ];
    for (of_policy, of_entry, most, enforcement, lowered_from) in cases {
        let set = policies(&[policy(
            "p",
            &format!("{of_policy}validate: [{{name: v, {of_entry}roles: [driver], memoryOverhead: {{minRatio: 9}}}}]"),
        )])
        .with_max_enforcement(most);
        let verdict = verdict(&set, Phase::Validate, &review_of_application(&json!({})));
        let [finding] = verdict.findings.as_slice() else {
            panic!("{:?}", verdict.findings);
        };
        let what = format!("{of_policy}{of_entry}{most}");
        assert_eq!(
            (finding.enforcement, finding.lowered_from),
            (enforcement, lowered_from),
            "{what}"
        );
        assert_eq!(verdict.allowed(), enforcement < Deny, "{what}");
    }
}

#[test]
fn what_is_on_by_default_is_lowered_too() {
    let broken = review_of_application(&json!({"spec": {"driver": {"memory": "1.5g"}}}));
    let strict = verdict(&PolicySet::builtin(), Phase::Validate, &broken);
    assert_eq!(strict.strictest(), Some(Enforcement::Deny));
    let lowered = verdict(
        &PolicySet::builtin().with_max_enforcement(Enforcement::Audit),
        Phase::Validate,
        &broken,
    );
    assert_eq!(lowered.strictest(), Some(Enforcement::Audit));
    for (matched, code, strictest) in [
        ("team-a", "own/form", Enforcement::Warn),
        ("team-b", "sparkgate/well-formed", Enforcement::Deny),
    ] {
        let own = format!(
            "match: {{namespaces: [{matched}]}}, enforcement: warn, validate: [{{name: form, wellFormed: {{}}}}]"
        );
        let verdict = verdict(&policies(&[policy("own", &own)]), Phase::Validate, &broken);
        assert_eq!(
            verdict.findings[0].code.to_string(),
            code,
            "one's own entry replaces it where it matches"
        );
        assert_eq!(verdict.strictest(), Some(strictest), "{matched}");
    }
}

#[test]
fn the_message_of_an_entry_stands_before_what_was_found() {
    let set = policies(&[policy(
        "p",
        "validate: [{name: v, roles: [driver], message: Ask the data platform, memoryOverhead: {minRatio: 9}}]",
    )]);
    let said = said(&verdict(&set, Phase::Validate, &review_of_application(&json!({}))));
    assert!(
        said[0].starts_with("p/v: Ask the data platform: the driver has 384 MiB"),
        "{said:?}"
    );
}

#[test]
fn a_conflict_is_kept_overridden_or_denied_at_every_stage() {
    const POD: &str = "p/m: the node selector `pool` is `mine`, and the policy asks for `theirs`";
    let cases = [
        ("", "mine", &[][..]),
        ("onConflict: keep, ", "mine", &[]),
        ("onConflict: override, ", "theirs", &[]),
        ("onConflict: deny, ", "mine", &[POD]),
    ];
    for (on_conflict, expected, found) in cases {
        let set = policies(&[policy(
            "p",
            &format!("mutate: [{{name: m, roles: [driver], {on_conflict}nodeSelector: {{pool: theirs}}}}]"),
        )]);
        let pod = pod("driver", &json!({"spec": {"nodeSelector": {"pool": "mine"}}}));
        let created = review(CREATE, &pod);
        for phase in [Phase::Mutate, Phase::Validate, Phase::Check] {
            let verdict = verdict(&set, phase, &created);
            assert_eq!(said(&verdict), found, "{on_conflict}{phase:?}");
            assert_eq!(verdict.allowed(), found.is_empty(), "{on_conflict}{phase:?}");
            assert!(
                verdict
                    .findings
                    .iter()
                    .all(|finding| finding.pointer.as_str() == "/spec/nodeSelector/pool")
            );
            let mutated = patched(&pod, verdict.patch.as_json());
            let is_patched = phase != Phase::Validate;
            let selected = &mutated["spec"]["nodeSelector"]["pool"];
            assert_eq!(
                selected,
                if is_patched { expected } else { "mine" },
                "{on_conflict}{phase:?}"
            );
        }

        // An application is told where it says so itself, and only when it is judged.
        let application = application(&json!({"spec": {"driver": {"nodeSelector": {"pool": "mine"}}}}));
        let created = review(CREATE, &application);
        assert_eq!(said(&verdict(&set, Phase::Mutate, &created)), [""; 0]);
        for phase in [Phase::Validate, Phase::Check] {
            let verdict = verdict(&set, phase, &created);
            assert_eq!(said(&verdict), found, "{on_conflict}{phase:?}");
            for finding in &verdict.findings {
                assert_eq!(finding.pointer.as_str(), "/spec/driver/nodeSelector/pool");
                let effective = finding.effective.as_ref().map(|effective| effective.pointer.as_str());
                assert_eq!(effective, Some("/spec/nodeSelector/pool"));
            }
        }
    }
}

#[test]
fn a_required_mutation_that_is_missing_is_found_by_validate() {
    const MISSING: &str = "p/m: the executor lacks what the required mutation `nodeSelector` gives it";
    let executor = |change| pod("executor", &change);
    let mutated = json!({"spec": {"nodeSelector": {"pool": "spot"}}});
    let conflicting = json!({"spec": {"nodeSelector": {"pool": "mine"}}});
    let cases = [
        ("required: true, ", CREATE, executor(json!({})), &[MISSING][..]),
        ("required: true, ", CREATE, executor(mutated), &[]),
        ("required: true, ", CREATE, executor(conflicting.clone()), &[]),
        (
            "required: true, onConflict: override, ",
            CREATE,
            executor(conflicting),
            &[MISSING],
        ),
        ("", CREATE, executor(json!({})), &[]),
        ("required: true, roles: [driver], ", CREATE, executor(json!({})), &[]),
        ("required: true, ", UPDATE, executor(json!({})), &[]),
        ("required: true, ", CREATE, application(&json!({})), &[]),
    ];
    for (fields, operation, object, expected) in cases {
        let set = policies(&[policy(
            "p",
            &format!("mutate: [{{name: m, {fields}nodeSelector: {{pool: spot}}}}]"),
        )]);
        let review = review(operation, &object);
        assert_eq!(
            said(&verdict(&set, Phase::Validate, &review)),
            expected,
            "{fields}{operation} {object}"
        );
        assert_eq!(
            said(&verdict(&set, Phase::Mutate, &review)),
            [""; 0],
            "{fields}{operation} {object}"
        );
        assert!(verdict(&set, Phase::Validate, &review).patch.is_empty());
    }
}
