//! Ways round the rules, each of which has to fail: the fixtures say which, and by which code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sparkgate::engine::finding::Enforcement;
use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::request::{Operation, Request};
use sparkgate::engine::yaml::parse_stream;
use sparkgate::engine::{Facts, evaluate};

use crate::judging::root;

/// What denies the object of a file. Two objects are one before and after an update.
#[track_caller]
fn denials(policies: &PolicySet, file: &Path, text: &str) -> BTreeSet<String> {
    let arena = Arena::new();
    let (documents, errors) = parse_stream(&arena, text);
    assert_eq!(errors, [], "{}", file.display());
    let (old, new) = match documents.as_slice() {
        [new] => (None, new),
        [old, new] => (Some(old.root), new),
        _ => panic!("{} has neither one object nor two", file.display()),
    };
    let created = Request::of_manifest(&arena, new.root, None).unwrap();
    let request = Request {
        operation: old.map_or(Operation::Create, |_| Operation::Update),
        old_object: old,
        ..created
    };
    let findings = evaluate(policies, &request, &Facts::default()).findings;
    let denied = findings
        .into_iter()
        .filter(|finding| finding.enforcement == Enforcement::Deny);
    denied.map(|finding| finding.code.to_string()).collect()
}

/// The code that a fixture's comment names.
#[track_caller]
fn expected(file: &Path, text: &str) -> String {
    let mut comment = text.lines().map_while(|line| line.strip_prefix("# "));
    let code = comment.find_map(|line| line.strip_prefix("Denied: "));
    code.unwrap_or_else(|| panic!("{} does not say what denies it", file.display()))
        .to_owned()
}

#[test]
fn no_way_leads_round_the_rules() {
    let directory = root().join("fixtures/bypasses");
    let policies = sparkgate::policies::load(Some(&directory.join("policies")), 1).unwrap();
    let mut files: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    assert!(files.len() >= 30, "{files:?}");
    let mut open = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let (expected, found) = (expected(&file, &text), denials(&policies, &file, &text));
        // Denied for another reason, it would not show that the way is closed.
        if found != BTreeSet::from([expected.clone()]) {
            open.push(format!("{}: {expected}, not {found:?}", file.display()));
        }
    }
    assert!(open.is_empty(), "{open:#?}");
}
