//! `schedule`: when runs start, whether they do, and how many are kept.

use super::{apache, application, assert_found, findings, findings_of_update, pod, policy, spec};
use crate::policy_files::assert_refused_validations;

const RULE: &str = "schedule";

fn rule(fields: &str) -> String {
    format!("  validate: [{{name: schedules, schedule: {{{fields}}}}}]")
}

/// A schedule with these fields beside its template.
fn scheduled(fields: &str) -> String {
    format!(
        "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: ScheduledSparkApplication\nmetadata: {{name: job, namespace: team}}\nspec: {{{fields}, template: {}}}",
        spec("")
    )
}

#[track_caller]
fn assert_rows(fields: &str, rows: &[(&str, &str, &[(&str, &str)])]) {
    let policies = policy(&rule(fields));
    for (case, fields, expected) in rows {
        assert_found(case, &findings(RULE, &policies, &scheduled(fields)), expected);
    }
}

#[test]
fn finds_what_is_never_run() {
    assert_rows(
        "",
        &[
            ("daily", "schedule: \"@daily\", concurrencyPolicy: Allow", &[]),
            (
                "by the fields of cron, in a time zone",
                "schedule: \"0 2 * * mon-fri\", timeZone: Europe/Berlin, concurrencyPolicy: Forbid",
                &[],
            ),
            (
                "Sunday is 0",
                "schedule: \"0 2 * * 7\", concurrencyPolicy: Forbid",
                &[(
                    "/spec/schedule",
                    "the operator cannot read the schedule: `7` is no day of the week, which is a number from 0 to 6",
                )],
            ),
            (
                "with seconds",
                "schedule: \"0 0 2 * * *\", concurrencyPolicy: Forbid",
                &[("/spec/schedule", "there are 6")],
            ),
            (
                "the thirtieth of February",
                "schedule: \"0 0 30 2 *\", concurrencyPolicy: Forbid",
                &[("/spec/schedule", "names a day that does not come")],
            ),
            (
                "each second",
                "schedule: \"@every 10ms\", concurrencyPolicy: Forbid",
                &[("/spec/schedule", "starts one each second")],
            ),
            (
                "no time zone that there is",
                "schedule: \"@daily\", timeZone: Europe/berlin, concurrencyPolicy: Forbid",
                &[("/spec/timeZone", "there is no time zone `Europe/berlin`")],
            ),
            (
                "nor in the prefix",
                "schedule: \"CRON_TZ=Mars/Olympus @daily\", concurrencyPolicy: Forbid",
                &[("/spec/schedule", "there is no time zone `Mars/Olympus`")],
            ),
            (
                "two time zones",
                "schedule: \"TZ=UTC @daily\", timeZone: Europe/Berlin, concurrencyPolicy: Forbid",
                &[("/spec/timeZone", "the schedule begins with its own, `UTC`")],
            ),
            (
                "only a time zone",
                "schedule: CRON_TZ=UTC, concurrencyPolicy: Forbid",
                &[("/spec/schedule", "nothing follows the time zone")],
            ),
            (
                "all of it",
                "schedule: never, timeZone: here, successfulRunHistoryLimit: -1",
                &[
                    ("/spec/timeZone", "`here`"),
                    ("/spec/schedule", "there are 1"),
                    ("/spec", "starts no second run while the first is kept"),
                    ("/spec/successfulRunHistoryLimit", "`-1` is no number of runs"),
                ],
            ),
        ],
    );
}

#[test]
fn asks_for_a_concurrency_policy_and_bounds_the_history() {
    assert_rows(
        "concurrencyPolicies: [Forbid, Replace], historyLimit: {min: 1, max: 10}",
        &[
            ("as allowed", "schedule: \"@daily\", concurrencyPolicy: Replace", &[]),
            (
                "overlapping",
                "schedule: \"@daily\", concurrencyPolicy: Allow",
                &[("/spec/concurrencyPolicy", "`Allow` is not among those that are allowed")],
            ),
            (
                "none",
                "schedule: \"@daily\", concurrencyPolicy: \"\"",
                &[("/spec", "without a `concurrencyPolicy`")],
            ),
            (
                "none that there is: for wellFormed",
                "schedule: \"@daily\", concurrencyPolicy: forbid",
                &[],
            ),
            (
                "out of bounds",
                "schedule: \"@daily\", concurrencyPolicy: Forbid, successfulRunHistoryLimit: 100, failedRunHistoryLimit: 0",
                &[
                    (
                        "/spec/successfulRunHistoryLimit",
                        "the `successfulRunHistoryLimit` is 100, and 10 is the most",
                    ),
                    (
                        "/spec/failedRunHistoryLimit",
                        "the `failedRunHistoryLimit` is 0, and 1 is the least",
                    ),
                ],
            ),
        ],
    );
    assert_rows(
        "historyLimit: {min: 2}",
        &[(
            "the operator keeps one by itself",
            "schedule: \"@daily\", concurrencyPolicy: Forbid, failedRunHistoryLimit: 2",
            &[("/spec", "the `successfulRunHistoryLimit` is 1, and 2 is the least")],
        )],
    );
}

#[test]
fn decides_on_schedules_alone() {
    let policies = policy(&rule("concurrencyPolicies: [Forbid]"));
    for (case, manifest) in [
        ("an application", application("schedule: never")),
        ("Apache's", apache("", "schedule: never")),
        ("a driver", pod("driver", "{}")),
        ("an executor", pod("executor", "{}")),
    ] {
        assert_found(case, &findings(RULE, &policies, &manifest), &[]);
    }
    let daily = scheduled("schedule: \"@daily\", concurrencyPolicy: Forbid");
    let never = scheduled("schedule: \"0 0 31 2 *\", concurrencyPolicy: Forbid");
    assert_found(
        "changed by an update",
        &findings_of_update(RULE, &policies, &daily, &never),
        &[("/spec/schedule", "does not come")],
    );
}

#[test]
fn leaves_names_that_are_too_long_for_runs_to_well_formed() {
    let name = "n".repeat(50);
    let manifest =
        scheduled("schedule: \"@daily\", concurrencyPolicy: Forbid").replace("name: job", &format!("name: {name}"));
    let policies = policy(&rule(""));
    assert_found(RULE, &findings(RULE, &policies, &manifest), &[]);
    assert_found(
        "wellFormed",
        &findings("wellFormed", &policies, &manifest),
        &[("/metadata/name", "the name of each run")],
    );
}

#[test]
fn says_what_to_write() {
    let cases = [
        ("0 2 * * 7", "write `0` or `sun` for Sunday"),
        ("0 2 * * Sunday", "write `0` for Sunday, or three letters: `sun`"),
        ("0 2 * January *", "write `1` for January, or three letters: `jan`"),
        ("60 * * * *", "write a number from 0 to 59, or `*` for all"),
        (
            "0 22-4 * * *",
            "write the two parts as ranges of their own, with a comma between",
        ),
        ("0 0 2 * * *", "leave out the seconds: `0 2 * * *` is every day at two"),
        ("0 2 * *", "write, for every day at two, `0 2 * * *`"),
        ("@dayly", "did you mean `@daily`?"),
        (
            "@every 1d",
            "write hours, minutes and seconds without blanks, such as `@every 1h30m`",
        ),
        (
            "*/0 * * * *",
            "write a range as `1-5`, and every second of it as `1-5/2`",
        ),
    ];
    for (schedule, help) in cases {
        let manifest = scheduled(&format!("schedule: \"{schedule}\", concurrencyPolicy: Forbid"));
        let findings = findings(RULE, &policy(&rule("")), &manifest);
        let said: Vec<_> = findings.iter().map(|finding| finding.help.as_deref()).collect();
        assert_eq!(said, [Some(help)], "{schedule}");
    }
}

#[test]
fn refuses_what_can_never_be() {
    assert_refused_validations(
        r"
        schedule: {«concurrencyPolicies: []}
            no concurrency policy is allowed; name those that are, or leave `concurrencyPolicies` out
        schedule: {concurrencyPolicies: [«forbid]}
            unknown value `forbid`; did you mean `Forbid`?
        schedule: {historyLimit: {min: «5, max: 2}}
            the least, 5, is above the most, 2; write 2 or less
        schedule: {«history: 3}
            unknown field `history`; write one of `concurrencyPolicies`, `historyLimit`
        «roles: [driver, executor], schedule: {}
            `schedule` is about the job as a whole, not about one role; leave `roles` out
    ",
    );
}
