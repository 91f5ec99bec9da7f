//! The report for programs: one JSON object. Its names are stable; others may be added.
//!
//! | field | each has |
//! | --- | --- |
//! | `findings` | `code` `rule` `enforcement` (`deny`, `warn`, `audit`) `message` `help` `file` `line` `column` `kind` `namespace` `name` `pointer` `effective` (`role`, `pointer`) `shortfalls` (each `quota`, `resource`, `wanted`, `used`, `reserved`, `hard`, `shortBy`) |
//! | `documents` | `file` `line` `kind` `namespace` `name` `subject` `decision` (`denied`, `mutated`, `allowed`) `errors` `warnings` `audits` `mutations` (each `code`, `rule`, `role`) |
//! | `skipped` | `policy` `reason` `file` `line` `kind` `namespace` `name` |
//! | `failures` | `file` `line` `column` `message` `help` |
//! | `summary` | `documents` `passed` `denied` `notSpark` `errors` `warnings` `audits` `mutations` `failures` `policies` |
//!
//! Lines and columns count from 1. `pointer` is a JSON pointer into the object, also where the object stands in a list.
//! `help`, `namespace`, `effective`, a failure's `line` and `column`, and `policies` (where only the built-in policy was
//! asked) may be `null`; `name` and `kind` are empty where the object says none.

use std::io::{self, Write};

use serde::Serialize;

use super::{Failure, JudgedDocument, PlacedFinding, Report};
use crate::engine::finding::{Effect, Effective, Enforcement, MutationRecord, Skipped};
use crate::engine::quota::Shortfall;
use crate::engine::workload::RoleName;

/// Writes the report, indented, and a line end.
///
/// # Errors
/// What the stream says.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &ReportBody::of(report))?;
    writeln!(out)
}

#[derive(Serialize)]
struct ReportBody<'a> {
    findings: Vec<FindingBody<'a>>,
    documents: Vec<DocumentBody<'a>>,
    skipped: Vec<SkippedBody<'a>>,
    failures: Vec<FailureBody<'a>>,
    summary: SummaryBody,
}

#[derive(Serialize)]
struct FindingBody<'a> {
    code: String,
    rule: &'a str,
    enforcement: Enforcement,
    message: &'a str,
    help: Option<&'a str>,
    file: &'a str,
    line: u32,
    column: u32,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
    pointer: &'a str,
    effective: Option<EffectiveBody<'a>>,
    shortfalls: &'a [Shortfall],
}

#[derive(Serialize)]
struct EffectiveBody<'a> {
    role: &'a str,
    pointer: &'a str,
}

#[derive(Serialize)]
struct DocumentBody<'a> {
    file: &'a str,
    line: u32,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
    subject: &'a str,
    decision: &'a str,
    errors: usize,
    warnings: usize,
    audits: usize,
    mutations: Vec<MutationBody<'a>>,
}

#[derive(Serialize)]
struct MutationBody<'a> {
    code: String,
    rule: &'a str,
    /// In whose pod; `null` for the application itself.
    role: Option<&'a str>,
    set: Vec<&'a str>,
    overridden: Vec<&'a str>,
    kept: Vec<&'a str>,
}

#[derive(Serialize)]
struct SkippedBody<'a> {
    policy: &'a str,
    reason: &'a str,
    file: &'a str,
    line: u32,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

#[derive(Serialize)]
struct FailureBody<'a> {
    file: &'a str,
    line: Option<u32>,
    column: Option<u32>,
    message: &'a str,
    help: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryBody {
    documents: usize,
    passed: usize,
    denied: usize,
    not_spark: usize,
    errors: usize,
    warnings: usize,
    audits: usize,
    mutations: usize,
    failures: usize,
    policies: Option<usize>,
}

impl<'a> ReportBody<'a> {
    fn of(report: &'a Report) -> Self {
        let documents = || report.documents.iter();
        Self {
            findings: documents()
                .flat_map(|document| document.findings.iter().map(|placed| FindingBody::of(document, placed)))
                .collect(),
            documents: documents().map(DocumentBody::of).collect(),
            skipped: documents()
                .flat_map(|document| {
                    document
                        .skipped
                        .iter()
                        .map(|skipped| SkippedBody::of(document, skipped))
                })
                .collect(),
            failures: report.failures.iter().map(FailureBody::of).collect(),
            summary: SummaryBody::of(report),
        }
    }
}

impl<'a> FindingBody<'a> {
    fn of(document: &'a JudgedDocument, placed: &'a PlacedFinding) -> Self {
        let finding = &placed.finding;
        Self {
            code: finding.code.to_string(),
            rule: finding.rule,
            enforcement: finding.enforcement,
            message: &finding.message,
            help: finding.help.as_deref(),
            file: &document.file.name,
            line: placed.position.line,
            column: placed.position.column,
            kind: &document.kind,
            namespace: document.namespace.as_deref(),
            name: &document.name,
            pointer: finding.pointer.as_str(),
            effective: finding.effective.as_ref().map(EffectiveBody::of),
            shortfalls: &finding.shortfalls,
        }
    }
}

impl<'a> EffectiveBody<'a> {
    fn of(effective: &'a Effective) -> Self {
        Self {
            role: effective.role.as_str(),
            pointer: effective.pointer.as_str(),
        }
    }
}

impl<'a> DocumentBody<'a> {
    fn of(document: &'a JudgedDocument) -> Self {
        Self {
            file: &document.file.name,
            line: document.line,
            kind: &document.kind,
            namespace: document.namespace.as_deref(),
            name: &document.name,
            subject: document.subject.as_str(),
            decision: document.decision,
            errors: document.count(Enforcement::Deny),
            warnings: document.count(Enforcement::Warn),
            audits: document.count(Enforcement::Audit),
            mutations: document.mutations.iter().map(MutationBody::of).collect(),
        }
    }
}

impl<'a> MutationBody<'a> {
    fn of(mutation: &'a MutationRecord) -> Self {
        let places = |effect| {
            let of_effect = mutation.changes.iter().filter(move |change| change.effect == effect);
            of_effect.map(|change| change.pointer.as_str()).collect()
        };
        Self {
            code: mutation.code.to_string(),
            rule: mutation.rule,
            role: mutation.role.map(RoleName::as_str),
            set: places(Effect::Set),
            overridden: places(Effect::Overridden),
            kept: places(Effect::Kept),
        }
    }
}

impl<'a> SkippedBody<'a> {
    fn of(document: &'a JudgedDocument, skipped: &'a Skipped) -> Self {
        Self {
            policy: &skipped.policy,
            reason: &skipped.reason,
            file: &document.file.name,
            line: document.line,
            kind: &document.kind,
            namespace: document.namespace.as_deref(),
            name: &document.name,
        }
    }
}

impl<'a> FailureBody<'a> {
    fn of(failure: &'a Failure) -> Self {
        Self {
            file: &failure.file,
            line: failure.at.map(|(line, _)| line),
            column: failure.at.map(|(_, column)| column),
            message: &failure.message,
            help: failure.help.as_deref(),
        }
    }
}

impl SummaryBody {
    fn of(report: &Report) -> Self {
        let tally = report.tally();
        Self {
            documents: tally.documents,
            passed: tally.passed,
            denied: tally.denied,
            not_spark: tally.not_spark,
            errors: tally.errors,
            warnings: tally.warnings,
            audits: tally.audits,
            mutations: tally.mutations,
            failures: report.failures.len(),
            policies: report.policies,
        }
    }
}
