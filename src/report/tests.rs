//! Both renderers on one report, made by hand so that it holds everything that a report can hold.

use std::rc::Rc;

use json_patch::jsonptr::PointerBuf;

use super::*;
use crate::engine::finding::{Blame, Change, Code, Effect, Effective};
use crate::engine::json::Arena;
use crate::engine::quota::Shortfall;
use crate::engine::workload::RoleName;
use crate::engine::yaml::parse_stream;

const ETL: &str = "\
kind: SparkApplication
metadata: {name: etl, namespace: team-a}
spec:
  driver: {cores: 1, env: [{name: PASSWORD, value: hunter2}]}
  executor:
    cores: 4
    # Some would call this generous.
    memory: 8g
    tolerations:
      - key: spot-instance
        operator: Exists
  sparkConf:
    spark.executor.memoryFraction: \"0.6\"
";

fn finding(code: (&str, &str), enforcement: Enforcement, pointer: &str, message: &str) -> Finding {
    Finding {
        code: Code {
            policy: code.0.to_owned(),
            entry: code.1.to_owned(),
        },
        rule: "memoryOverhead",
        enforcement,
        lowered_from: None,
        message: message.to_owned(),
        help: None,
        pointer: PointerBuf::parse(pointer).unwrap(),
        blame: Blame::Value,
        effective: None,
        shortfalls: Vec::new(),
    }
}

fn short(resource: &str, [wanted, short_by]: [&str; 2]) -> Shortfall {
    let quantity = |text: &str| text.parse().unwrap();
    Shortfall {
        quota: "compute".to_owned(),
        resource: resource.to_owned(),
        wanted: quantity(wanted),
        used: quantity("1500m"),
        reserved: quantity("0"),
        hard: quantity("40"),
        short_by: quantity(short_by),
    }
}

fn unfit() -> Finding {
    Finding {
        shortfalls: vec![short("requests.cpu", ["41", "2500m"]), short("pods", ["11", "1"])],
        ..finding(
            ("quota", "fits"),
            Enforcement::Deny,
            "/spec/executor",
            "the job does not fit the quota `compute`",
        )
    }
}

fn judged(name: &str, text: &str, findings: Vec<Finding>) -> JudgedDocument {
    let arena = Arena::new();
    let (documents, _) = parse_stream(&arena, text);
    let positions = &documents[0].positions;
    let placed = findings
        .into_iter()
        .map(|finding| PlacedFinding::place(finding, Pointer::root(), positions));
    JudgedDocument {
        findings: placed.collect(),
        file: Rc::new(SourceFile {
            name: name.to_owned(),
            text: redact::redact(text, &documents),
        }),
        line: 1,
        kind: "SparkApplication".to_owned(),
        namespace: Some("team-a".to_owned()),
        name: "etl".to_owned(),
        subject: SubjectKind::Application,
        decision: "denied",
        mutations: Vec::new(),
        changes: Vec::new(),
        skipped: Vec::new(),
    }
}

fn full_report() -> Report {
    let mut denied = judged(
        "jobs/etl.yaml",
        ETL,
        vec![
            Finding {
                help: Some("write memoryOverhead: 2g".to_owned()),
                ..finding(
                    ("memory", "python-overhead"),
                    Enforcement::Deny,
                    "/spec/executor/memory",
                    "the executor's heap of 8 GiB has an overhead of 819 MiB, a ratio of 0.10; Python wants 0.25",
                )
            },
            Finding {
                effective: Some(Effective {
                    role: RoleName::Executor,
                    pointer: PointerBuf::parse("/spec/tolerations/0").unwrap(),
                }),
                ..finding(
                    ("spot", "not-on-spot"),
                    Enforcement::Deny,
                    "/spec/executor/tolerations/0",
                    "the executor tolerates spot nodes",
                )
            },
            unfit(),
            Finding {
                lowered_from: Some(Enforcement::Deny),
                blame: Blame::Key,
                ..finding(
                    ("builtin", "well-formed"),
                    Enforcement::Warn,
                    "/spec/sparkConf/spark.executor.memoryFraction",
                    "Spark has no property spark.executor.memoryFraction",
                )
            },
            finding(
                ("requests", "driver"),
                Enforcement::Audit,
                "/spec/driver/memory",
                "the driver says no memory",
            ),
        ],
    );
    denied.mutations.push(MutationRecord {
        code: Code {
            policy: "spot".to_owned(),
            entry: "to-spot".to_owned(),
        },
        rule: "nodeSelector",
        role: Some(RoleName::Executor),
        changes: vec![Change {
            pointer: PointerBuf::from_tokens(["spec", "nodeSelector", "node-pool"]),
            effect: Effect::Set,
        }],
    });
    denied.skipped.push(Skipped {
        policy: "quota/fits".to_owned(),
        reason: "the namespace's quotas are not known without a cluster".to_owned(),
    });
    let passed = JudgedDocument {
        line: 17,
        kind: "ScheduledSparkApplication".to_owned(),
        namespace: None,
        name: String::new(),
        subject: SubjectKind::ScheduledApplication,
        decision: "allowed",
        ..judged("jobs/nightly.yaml", "kind: ScheduledSparkApplication", Vec::new())
    };
    let other = JudgedDocument {
        kind: "ConfigMap".to_owned(),
        subject: SubjectKind::Other,
        decision: "allowed",
        ..judged("jobs/nightly.yaml", "kind: ConfigMap", Vec::new())
    };
    Report {
        documents: vec![denied, passed, other],
        failures: vec![
            Failure {
                file: "jobs/broken.yaml".to_owned(),
                at: Some((4, 7)),
                message: "unclosed bracket '['".to_owned(),
                help: None,
            },
            Failure {
                file: "elsewhere".to_owned(),
                at: None,
                message: "No such file or directory".to_owned(),
                help: Some("name a file or a directory that exists".to_owned()),
            },
        ],
        policies: Some(2),
    }
}

fn human(report: &Report) -> String {
    let mut out = anstream::StripStream::new(Vec::new());
    human::write(report, &mut out).unwrap();
    String::from_utf8(out.into_inner()).unwrap()
}

fn json(report: &Report) -> String {
    let mut out = Vec::new();
    json::write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_full_report_reads_well() {
    insta::assert_snapshot!(human(&full_report()));
}

#[test]
fn a_full_report_is_complete_in_json() {
    insta::assert_snapshot!(json(&full_report()));
}

#[test]
fn a_finding_about_an_item_of_a_list_is_placed_in_the_file() {
    let text = "kind: List\nitems:\n- spec: {}\n- spec:\n    volumes:\n    - name: x\n      hostPath: {}\n";
    let arena = Arena::new();
    let (documents, _) = parse_stream(&arena, text);
    let item = Pointer::parse("/items/1").unwrap();
    let cases = [
        ("/spec/volumes/0/name", (6, 13), Some((5, 5))),
        ("/spec/volumes/0/hostPath/path", (7, 7), Some((7, 7))),
        ("/spec", (4, 3), Some((2, 1))),
        ("/kind", (4, 3), Some((2, 1))),
    ];
    for (pointer, position, parent) in cases {
        let finding = finding(("p", "e"), Enforcement::Deny, pointer, "no");
        let placed = PlacedFinding::place(finding, item, &documents[0].positions);
        let place = |position: Position| (position.line, position.column);
        assert_eq!(place(placed.position), position, "{pointer}");
        assert_eq!(placed.parent.map(place), parent, "{pointer}");
        assert_eq!(placed.finding.pointer.as_str(), pointer);
    }
}

#[test]
fn an_env_value_on_the_blamed_line_is_not_shown() {
    let text = human(&full_report());
    assert!(text.contains("value: *******"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn colours_are_there_for_a_terminal() {
    let mut out = Vec::new();
    human::write(&full_report(), &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().contains("\u{1b}["));
}

#[test]
fn a_name_cannot_write_to_the_terminal() {
    let document = JudgedDocument {
        name: "etl\u{1b}[2J".to_owned(),
        ..judged("a.yaml", ETL, Vec::new())
    };
    let report = Report {
        documents: vec![document],
        ..Report::default()
    };
    let mut out = Vec::new();
    human::write(&report, &mut out).unwrap();
    assert!(!out.contains(&0x1b));
}

#[test]
fn the_last_line_says_how_it_went() {
    let document = |outcome| {
        let findings = match outcome {
            Outcome::Denied => vec![finding(("p", "e"), Enforcement::Deny, "/spec", "no")],
            _ => Vec::new(),
        };
        let subject = match outcome {
            Outcome::NotSpark => SubjectKind::Other,
            _ => SubjectKind::ExecutorPod,
        };
        JudgedDocument {
            subject,
            ..judged("a.yaml", ETL, findings)
        }
    };
    let failure = full_report().failures[0].clone();
    let cases = [
        (vec![Outcome::Passed], 0, Some(1), "1 document: 1 passed; 1 policy"),
        (
            vec![Outcome::Denied, Outcome::Denied],
            0,
            Some(2),
            "2 documents: 2 denied; 2 policies",
        ),
        (
            vec![Outcome::Passed, Outcome::Denied, Outcome::NotSpark],
            1,
            Some(0),
            "3 documents: 1 passed, 1 denied, 1 not Spark; 1 input could not be judged; 0 policies",
        ),
        (
            vec![],
            2,
            None,
            "0 documents; 2 inputs could not be judged; only the built-in policy (name others with --policies)",
        ),
    ];
    for (outcomes, failures, policies, expected) in cases {
        let report = Report {
            documents: outcomes.into_iter().map(document).collect(),
            failures: vec![failure.clone(); failures],
            policies,
        };
        assert_eq!(human(&report).lines().last(), Some(expected));
    }
}
