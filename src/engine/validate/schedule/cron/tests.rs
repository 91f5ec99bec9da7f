//! What `github.com/robfig/cron` v3.0.1 said to each of these, given the time zone as the operator gives it.

use super::Cron;

#[track_caller]
fn assert_all(schedules: &[&str], expected: &str) {
    for schedule in schedules {
        let said = match Cron::parse(schedule) {
            Ok(cron) if cron.never_runs() => "never",
            Ok(cron) if cron.runs_each_second() => "each second",
            Ok(_) => "runs",
            Err(_) => "unreadable",
        };
        assert_eq!(said, expected, "{schedule:?}");
    }
}

#[test]
fn reads_what_the_operator_reads() {
    assert_all(
        &[
            "* * * * *",
            "*/15 * * * *",
            "0 2 * * *",
            "5,35 0-6/2 1 JAN mon",
            "0 0 ? * sun-sat",
            "  0   2 * * *  ",
            "* * * feb sun",
            "@daily",
            "@daily ",
            "@midnight",
            "@hourly",
            "@weekly",
            "@monthly",
            "@yearly",
            "@annually",
            "@every 1h30m",
            "@every 1.5h",
            "@every .5h",
            "@every 90s",
            "@every +2h",
            "@every 2us3s",
            "*/100 * * * *",
            "+5 * * * *",
            "1,,2 * * * *",
            "*-5 * * * *",
            "*,5 * * * *",
            "10/5 * * * *",
            "0 0 29 2 *",
            "0 0 30 2 1",
            "0 0 30 2 */2",
            "0 0 */40 * *",
            "0 0 1-31/31 2 *",
            "CRON_TZ=UTC 0 2 * * *",
            "TZ=Europe/Berlin @daily",
            "CRON_TZ= 0 2 * * *",
        ],
        "runs",
    );
}

#[test]
fn refuses_what_the_operator_refuses() {
    assert_all(
        &[
            "",
            "   ",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 0 *",
            "* * * 13 *",
            "* * * * 7",
            "* * * * 6-7",
            "* * * * Sunday",
            "* * * february *",
            "fri * * * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "*/-5 * * * *",
            "1/2/3 * * * *",
            "1-2-3 * * * *",
            "5/ * * * *",
            "/5 * * * *",
            "1- * * * *",
            "-1 * * * *",
            "a * * * *",
            "99999999999999999999 * * * *",
            "0 0 L * *",
            "0 0 * * 5#2",
            "H * * * *",
            "@Daily",
            "@reboot",
            "@every",
            "@every ",
            "@every 5",
            "@every 1d",
            "@every 1h 30m",
            "@every 1h-5m",
            "@every 9999999h",
            "TZ=UTC CRON_TZ=UTC * * * * *",
            "CRON_TZ=UTC",
        ],
        "unreadable",
    );
}

#[test]
fn tells_what_never_runs_and_what_does_each_second() {
    assert_all(
        &[
            "0 0 30 2 *",
            "0 0 30 2 ?",
            "0 0 31 4,6,9,11 *",
            "0 0 31/1 2 *",
            ", * * * *",
        ],
        "never",
    );
    assert_all(&["@every 0", "@every -5m", "@every 500ms", "@every 1µs"], "each second");
}

proptest::proptest! {
    #[test]
    fn reads_or_refuses_any_text(text in "(CRON_TZ=|TZ=|@every |@)?[-*/,0-9a-zA-Zµ. ?+#]{0,24}") {
        if let Ok(cron) = Cron::parse(&text) {
            let _ = (cron.never_runs(), cron.runs_each_second());
        }
    }
}
