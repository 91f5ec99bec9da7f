//! `restartPolicy`: how often a job is run again, after which pause, and what is written in vain.

use super::{apache, application, assert_found, findings, findings_of_update, pod, policy, scheduled};
use crate::policy_files::assert_refused_validations;

const RULE: &str = "restartPolicy";
const BOUNDED: &str = "types: [Never, OnFailure], maxRetries: 5, interval: {min: 10s, max: 1h}";

fn rule(fields: &str) -> String {
    format!("  validate: [{{name: restarts, restartPolicy: {{{fields}}}}}]")
}

#[track_caller]
fn assert_rows(fields: &str, manifest: fn(&str) -> String, rows: &[(&str, &str, &[(&str, &str)])]) {
    let policies = policy(&rule(fields));
    for (case, members, expected) in rows {
        assert_found(case, &findings(RULE, &policies, &manifest(members)), expected);
    }
}

#[test]
fn bounds_what_kubeflows_operator_tries_again() {
    assert_rows(
        BOUNDED,
        application,
        &[
            ("nothing", "", &[]),
            ("never", "restartPolicy: {type: Never}", &[]),
            (
                "within bounds",
                "restartPolicy: {type: OnFailure, onFailureRetries: 3, onFailureRetryInterval: 10, onSubmissionFailureRetries: 5, onSubmissionFailureRetryInterval: 3600}",
                &[],
            ),
            (
                "too often, and too soon",
                "restartPolicy: {type: OnFailure, onFailureRetries: 6, onFailureRetryInterval: 9, onSubmissionFailureRetries: 100, onSubmissionFailureRetryInterval: 7200}",
                &[
                    (
                        "/spec/restartPolicy/onSubmissionFailureRetries",
                        "a submission that fails is tried again 100 times, and 5 is the most",
                    ),
                    (
                        "/spec/restartPolicy/onFailureRetries",
                        "a job that fails is run again 6 times, and 5 is the most",
                    ),
                    (
                        "/spec/restartPolicy/onSubmissionFailureRetryInterval",
                        "waits 2h before it tries again, and 1h is the most",
                    ),
                    (
                        "/spec/restartPolicy/onFailureRetryInterval",
                        "waits 9s before it tries again, and 10s is the least",
                    ),
                ],
            ),
            (
                "the operator's own interval",
                "restartPolicy: {type: OnFailure, onFailureRetries: 3, onSubmissionFailureRetries: 3}",
                &[("/spec/restartPolicy/type", "waits 5s before it tries again")],
            ),
            (
                "no retry, no interval",
                "restartPolicy: {type: OnFailure, onFailureRetries: 0}",
                &[],
            ),
            (
                "always",
                "restartPolicy: {type: Always, onFailureRetryInterval: 1}",
                &[(
                    "/spec/restartPolicy/type",
                    "`Always` is not among the restart policies that are allowed",
                )],
            ),
            (
                "no type that there is: for wellFormed",
                "restartPolicy: {type: Sometimes}",
                &[],
            ),
        ],
    );
    assert_rows(
        "maxRetries: 5, interval: {min: 10s}",
        application,
        &[(
            "always, where it is allowed",
            "restartPolicy: {type: Always}",
            &[
                (
                    "/spec/restartPolicy/type",
                    "even after it succeeded, without end, and 5 times is the most",
                ),
                ("/spec/restartPolicy/type", "waits 5s"),
            ],
        )],
    );
    assert_rows(
        "types: [OnFailure]",
        application,
        &[
            ("nothing written", "", &[("/spec", "`Never` is not among")]),
            (
                "no type written",
                "restartPolicy: {onFailureRetries: 3}",
                &[("/spec/restartPolicy", "`Never` is not among")],
            ),
        ],
    );
}

#[test]
fn finds_restarts_that_are_written_and_never_made() {
    assert_rows(
        "",
        application,
        &[
            (
                "a type is missing",
                "restartPolicy: {onFailureRetries: 3, onFailureRetryInterval: 10}",
                &[
                    (
                        "/spec/restartPolicy/onFailureRetries",
                        "this is not read under the type `Never`",
                    ),
                    ("/spec/restartPolicy/onFailureRetryInterval", "this is not read"),
                ],
            ),
            (
                "always has no number",
                "restartPolicy: {type: Always, onFailureRetries: 3, onFailureRetryInterval: 10}",
                &[(
                    "/spec/restartPolicy/onFailureRetries",
                    "this is not read under the type `Always`",
                )],
            ),
            (
                "on failure, no times",
                "restartPolicy: {type: OnFailure, onFailureRetryInterval: 10}",
                &[("/spec/restartPolicy", "runs nothing again")],
            ),
            (
                "the older fields",
                "failureRetries: 3, retryInterval: 10",
                &[
                    ("/spec/failureRetries", "does not read this field any more"),
                    ("/spec/retryInterval", "does not read this field any more"),
                ],
            ),
            (
                "out of range",
                "restartPolicy: {type: OnFailure, onFailureRetries: -1, onFailureRetryInterval: 0}",
                &[
                    ("/spec/restartPolicy/onFailureRetries", "takes 0 at least"),
                    ("/spec/restartPolicy/onFailureRetryInterval", "takes 1 at least"),
                ],
            ),
        ],
    );
}

#[test]
fn bounds_what_apaches_operator_runs_again() {
    let of = |config: &str| apache("", &format!("applicationTolerations: {{restartConfig: {{{config}}}}}"));
    assert_rows(
        "maxRetries: 2, interval: {min: 1min}",
        |members| apache("", members),
        &[("nothing", "", &[]), ("tolerations", "applicationTolerations: {}", &[])],
    );
    let at = |field: &str| format!("/spec/applicationTolerations/restartConfig/{field}");
    let rows: Vec<(&str, &str, Vec<(String, &str)>)> = vec![
        ("never", "restartPolicy: Never", vec![]),
        (
            "never, and numbers",
            "maxRestartAttempts: 3",
            vec![(at("maxRestartAttempts"), "not read under the restart policy `Never`")],
        ),
        (
            "the operator's own numbers",
            "restartPolicy: OnFailure",
            vec![
                (at("restartPolicy"), "the job is run again 3 times, and 2 is the most"),
                (at("restartPolicy"), "waits 30s"),
            ],
        ),
        (
            "always is bounded",
            "restartPolicy: Always, maxRestartAttempts: 2, restartBackoffMillis: 60000, restartCounterResetMillis: -1",
            vec![],
        ),
        (
            "but not where the count begins anew",
            "restartPolicy: OnInfrastructureFailure, maxRestartAttempts: 2, restartBackoffMillis: 60000, restartCounterResetMillis: 0",
            vec![(at("restartCounterResetMillis"), "without end, and 2 times is the most")],
        ),
        (
            "pauses after some failures",
            "restartPolicy: OnFailure, maxRestartAttempts: 10, restartBackoffMillis: 60000, restartBackoffMillisForSchedulingFailure: 1",
            vec![
                (at("maxRestartAttempts"), "10 times"),
                (at("restartBackoffMillisForSchedulingFailure"), "waits 1ms"),
            ],
        ),
        (
            "no policy that there is: for wellFormed",
            "restartPolicy: Sometimes",
            vec![],
        ),
    ];
    let policies = policy(&rule("maxRetries: 2, interval: {min: 1min}"));
    for (case, config, expected) in rows {
        let expected: Vec<_> = expected.iter().map(|(place, text)| (place.as_str(), *text)).collect();
        assert_found(case, &findings(RULE, &policies, &of(config)), &expected);
    }
}

#[test]
fn decides_on_schedules_and_updates_and_on_no_pod() {
    let policies = policy(&rule(BOUNDED));
    let always = "restartPolicy: {type: Always}";
    assert_found(
        "a schedule",
        &findings(RULE, &policies, &scheduled(always)),
        &[("/spec/template/restartPolicy/type", "`Always`")],
    );
    assert_found(
        "an update",
        &findings_of_update(RULE, &policies, &application(""), &application(always)),
        &[("/spec/restartPolicy/type", "`Always`")],
    );
    for role in ["driver", "executor"] {
        assert_found(
            role,
            &findings(RULE, &policies, &pod(role, "{restartPolicy: Always}")),
            &[],
        );
    }
}

#[test]
fn refuses_what_can_never_be() {
    assert_refused_validations(
        r"
        restartPolicy: {«types: []}
            no type is allowed; name those that are, or leave `types` out
        restartPolicy: {types: [«Sometimes]}
            unknown value `Sometimes`; write one of `Never`, `OnFailure`, `Always`, `OnInfrastructureFailure`
        restartPolicy: {«types: [Never], maxRetries: 3}
            nothing is run again, so there are no retries to bound; allow another type, or leave `maxRetries` and `interval` out
        restartPolicy: {interval: {min: «1h, max: 1min}}
            the least, 1h, is above the most, 1min; write 1min or less
        restartPolicy: {maxRetries: «many}
            a string stands here, and a whole number is expected
        «roles: [driver], restartPolicy: {maxRetries: 3}
            `restartPolicy` is about the job as a whole, not about one role; leave `roles` out
    ",
    );
}
