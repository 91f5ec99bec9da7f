//! What the pages say, done as they say it: the commands, their output, the policies, the lists.

#[cfg(feature = "serve")]
mod serving;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// How the pages call the program from a checkout.
const FROM_A_CHECKOUT: &str = "cargo run -q -- ";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The fenced blocks of a language, as text.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(found) = line.strip_prefix("```") else {
            continue;
        };
        let block: String = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .flat_map(|line| [line, "\n"])
            .collect();
        if found == language {
            blocks.push(block);
        }
    }
    blocks
}

/// A command that a page shows, and what it shows of its output.
#[derive(Debug)]
struct Step {
    command: String,
    output: String,
}

/// What the terminals of a page show, in order.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in blocks(page, "console").iter().flat_map(|block| block.lines()) {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                command: command.to_owned(),
                output: String::new(),
            });
        } else {
            let step = steps.last_mut().expect("output comes after a command");
            step.output.push_str(line);
            step.output.push('\n');
        }
    }
    steps
}

/// Runs the program in the repository, with nothing to read.
fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sparkgate"))
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The words in backquotes of a text.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The cells of the row of a table that begins with a word in backquotes.
#[track_caller]
fn row<'p>(page: &'p str, first: &str) -> Vec<&'p str> {
    let start = format!("| `{first}`");
    let line = page.lines().find(|line| line.starts_with(&start));
    let line = line.unwrap_or_else(|| panic!("no row {first}"));
    line.trim_matches('|').split(" | ").collect()
}

#[test]
fn the_commands_say_what_the_page_shows() {
    let mut checked = 0;
    let mut exit = None;
    for Step { command, output } in steps(&page("README.md")) {
        if command == "echo $?" {
            assert_eq!(Some(output), exit.map(|code| format!("{code}\n")));
            exit = None;
            continue;
        }
        let Some(arguments) = command.strip_prefix(FROM_A_CHECKOUT) else {
            continue;
        };
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        if matches!(arguments[0], "check" | "explain" | "render" | "rules") {
            let ran = run(&arguments);
            assert_eq!(String::from_utf8(ran.stdout).unwrap(), output, "{command}");
            assert_eq!(String::from_utf8(ran.stderr).unwrap(), "", "{command}");
            exit = ran.status.code();
            checked += 1;
        }
    }
    assert_eq!(checked, 6);
}

#[test]
fn the_policies_of_the_pages_load() {
    for (name, count) in [("README.md", 1), ("policies/README.md", 3)] {
        let policies = blocks(&page(name), "yaml");
        assert_eq!(policies.len(), count, "{name}");
        for policy in policies {
            let directory = tempfile::tempdir().unwrap();
            fs::write(directory.path().join("policy.yaml"), &policy).unwrap();
            let ran = run(&[
                "check",
                "--policies",
                directory.path().to_str().unwrap(),
                "fixtures/manifests/etl-daily-pipeline.ok.yaml",
            ]);
            assert_eq!(ran.status.code(), Some(0), "{name}: {policy}\n{ran:?}");
        }
    }
}

#[test]
fn the_fixtures_are_found_guilty_of_what_their_page_says() {
    let ran = run(&[
        "check",
        "--policies",
        "policies",
        "--format",
        "json",
        "fixtures/manifests",
    ]);
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let mut found = BTreeSet::new();
    for document in report["documents"].as_array().unwrap() {
        let file = document["file"].as_str().unwrap();
        let name = file.strip_prefix("fixtures/manifests/").unwrap();
        let findings = report["findings"].as_array().unwrap();
        let rows: Vec<String> = findings
            .iter()
            .filter(|finding| finding["file"] == file)
            .map(|finding| {
                format!(
                    "| `{name}` | {} | `{}` |",
                    finding["line"],
                    finding["code"].as_str().unwrap()
                )
            })
            .collect();
        if document["subject"] == "other" {
            found.insert(format!("| `{name}` | | not Spark |"));
        } else if rows.is_empty() {
            found.insert(format!("| `{name}` | | nothing |"));
        }
        found.extend(rows);
    }
    let said: BTreeSet<String> = page("fixtures/README.md")
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(str::to_owned)
        .collect();
    assert!(said.len() >= 15, "{said:?}");
    assert_eq!(found, said);
}

#[test]
fn the_report_in_json_has_the_fields_that_the_page_lists() {
    let directory = tempfile::tempdir().unwrap();
    let by_namespace = blocks(&page("README.md"), "yaml").remove(0);
    let policies = directory.path().join("policies");
    fs::create_dir(&policies).unwrap();
    fs::write(policies.join("policy.yaml"), by_namespace).unwrap();
    let nowhere = directory.path().join("nowhere.yaml");
    let application =
        "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {name: a}\nspec: {typo: 1}\n";
    fs::write(&nowhere, application).unwrap();
    let ran = run(&[
        "check",
        "--format",
        "json",
        "--policies",
        policies.to_str().unwrap(),
        nowhere.to_str().unwrap(),
        "missing.yaml",
        "fixtures/manifests/misspelt-properties.bad.yaml",
    ]);
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let page = page("README.md");
    for (list, entries) in report.as_object().unwrap() {
        let entry = entries.get(0).unwrap_or(entries);
        let fields: BTreeSet<&str> = entry
            .as_object()
            .unwrap_or_else(|| panic!("no {list} in {report}"))
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(quoted(row(&page, list)[1]), fields, "{list}");
    }
}

#[test]
fn every_flag_of_the_commands_that_need_no_server_is_on_the_page() {
    for command in ["check", "explain", "manifests", "render"] {
        assert_flags_are_listed(command);
    }
}

/// Asserts that the page has a row or a cell for each flag of a command.
#[track_caller]
fn assert_flags_are_listed(command: &str) {
    let page = page("README.md");
    let help = String::from_utf8(run(&[command, "--help"]).stdout).unwrap();
    let flags: Vec<&str> = help
        .split_whitespace()
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .filter(|flag| *flag != "--help")
        .collect();
    assert!(flags.len() >= 2, "{help}");
    for flag in flags {
        assert!(
            ["| `", ", `"].iter().any(|before| {
                [" ", "`"]
                    .iter()
                    .any(|after| page.contains(&format!("{before}{flag}{after}")))
            }),
            "the page does not list {flag} of {command}"
        );
    }
}

#[test]
fn ci_runs_the_tests_as_the_page_says() {
    let test: Vec<String> = steps(&page("README.md"))
        .into_iter()
        .map(|step| step.command)
        .filter(|command| command.starts_with("cargo test"))
        .collect();
    assert_eq!(test.len(), 1);
    let ci = page(".ci/run");
    assert!(ci.lines().any(|line| line == format!("step test {}", test[0])), "{ci}");
}

#[test]
fn what_the_pages_link_to_is_there() {
    let mut links = 0;
    for name in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "policies/README.md",
        "fixtures/README.md",
        "manifests/README.md",
        "docs/operations.md",
    ] {
        let directory = root().join(name).parent().unwrap().to_owned();
        for link in page(name).split("](").skip(1) {
            let target = link.split_once(')').unwrap().0;
            let path = target.split('#').next().unwrap();
            if !target.starts_with("http") && !path.is_empty() {
                assert!(directory.join(path).exists(), "{name} links to {target}");
                links += 1;
            }
        }
    }
    assert!(links >= 10, "{links}");
}
