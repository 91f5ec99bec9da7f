//! What `sparkgate rules` prints: that every rule has it, and that its examples do what it says.

use std::collections::BTreeSet;

use sparkgate::engine::documentation::{Documentation, List, RULES, Stage};
use sparkgate::engine::facts::ResourceQuota;
use sparkgate::engine::finding::{Enforcement, Verdict};
use sparkgate::engine::json::{Arena, Json};
use sparkgate::engine::policy::{PolicySet, Source};
use sparkgate::engine::quota::Statement;
use sparkgate::engine::request::Request;
use sparkgate::engine::yaml::parse_stream;
use sparkgate::engine::{Facts, evaluate, preview};

use crate::command::run;
use crate::judging::root;

/// What stands between the fences of a section.
#[track_caller]
fn example(rule: &Documentation, section: &str) -> String {
    let text = rule.text();
    let heading = format!("\n## {section}\n```yaml\n");
    let found = text.split_once(&heading).and_then(|(_, rest)| rest.split_once("\n```"));
    let (example, _) = found.unwrap_or_else(|| panic!("{} has no `## {section}` with an example", rule.name));
    format!("{example}\n")
}

/// The policy of a rule's documentation, beside the one that is on by default.
#[track_caller]
fn policies(rule: &Documentation) -> PolicySet {
    let entry: String = example(rule, "Policy")
        .lines()
        .flat_map(|line| ["    ", line, "\n"])
        .collect();
    let source = Source {
        name: "policy.yaml".to_owned(),
        text: format!(
            "apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {{name: documented}}\nspec:\n  {}:\n{entry}",
            rule.list.as_str()
        ),
    };
    PolicySet::from_sources(&[source], 1).unwrap_or_else(|errors| panic!("{}: {errors:#?}", rule.name))
}

/// What the policy of a rule's documentation says to objects, in a namespace with the quotas that stand before the last of them. That
/// is an object of its own, or an application whose pods are meant.
#[track_caller]
fn verdicts<'a>(
    rule: &Documentation,
    arena: &'a Arena,
    manifest: &'a str,
    objects: impl FnOnce(&PolicySet, &Request<'a>) -> Vec<Json<'a>>,
) -> Vec<Verdict> {
    let policies = policies(rule);
    let (documents, errors) = parse_stream(arena, manifest);
    assert_eq!(errors, [], "{}", rule.name);
    let Some((document, quotas)) = documents.split_last() else {
        panic!("{} has no object in {manifest}", rule.name);
    };
    let quotas: Vec<ResourceQuota> = quotas.iter().map(|quota| unused(quota.root)).collect();
    let facts = Facts {
        quotas: Some(&quotas),
        limit_ranges: Some(&[]),
        statement: Some(&Statement::default()),
        ..Facts::default()
    };
    let request = |object| Request::of_manifest(arena, object, Some("team-a")).unwrap();
    objects(&policies, &request(document.root))
        .into_iter()
        .map(|object| evaluate(&policies, &request(object), &facts))
        .collect()
}

/// What the policy of a rule's documentation says to a manifest of it.
#[track_caller]
fn verdict(rule: &Documentation, section: &str) -> Verdict {
    let (arena, manifest) = (Arena::new(), example(rule, section));
    let verdicts = verdicts(rule, &arena, &manifest, |_, request| {
        request.object.into_iter().collect()
    });
    verdicts.into_iter().next().unwrap()
}

/// What stands before the object of an example is the quota of its namespace.
fn unused(manifest: Json<'_>) -> ResourceQuota {
    let mut quota = ResourceQuota::from_json(manifest).unwrap();
    quota.assume_unused();
    quota
}

#[test]
fn the_examples_do_what_is_said() {
    for rule in &RULES {
        let name = rule.name;
        match rule.list {
            List::Validate => {
                let denied = verdict(rule, "Fails").findings;
                let is_denial = |finding| matches!(finding, (Enforcement::Deny, found) if found == name);
                let mut found = denied.iter().map(|finding| (finding.enforcement, finding.rule));
                assert!(found.any(is_denial), "{name} does not deny what fails: {denied:#?}");
                let passed = verdict(rule, "Passes").findings;
                assert!(passed.is_empty(), "{name} finds in what passes: {passed:#?}");
            }
            // What mutations change, the tests of each show.
            List::Mutate => drop(policies(rule)),
        }
    }
}

/// A driver pod with these labels beside Spark's, and this spec, in flow style.
fn pod(labels: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: etl-driver, labels: {{spark-role: driver, spark-app-selector: spark-1, {labels}}}, annotations: {{example.com/owner: ann@example.com}}}}\nspec: {spec}\n"
    )
}

#[test]
fn about_pods_alone_a_rule_decides_where_it_says_so() {
    // One that fails, and one that passes.
    let pods = [
        (
            "images",
            pod("", "{containers: [{name: spark, image: evil.io/spark:1}]}"),
            pod("", "{containers: [{name: spark, image: registry.example.com/spark:1}]}"),
        ),
        (
            "notOnSpot",
            pod("", "{tolerations: [{operator: Exists}], containers: [{name: spark}]}"),
            pod("", "{containers: [{name: spark}]}"),
        ),
        (
            "podSecurity",
            pod("", "{containers: [{name: spark}]}"),
            pod(
                "",
                "{securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, containers: [{name: spark, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}",
            ),
        ),
        (
            "requiredMetadata",
            pod("team: data", "{containers: [{name: spark}]}"),
            pod(
                "team: data, cost-center: CC-1234, stage: prod",
                "{containers: [{name: spark}]}",
            ),
        ),
        (
            "resources",
            pod(
                "",
                "{containers: [{name: spark, resources: {requests: {cpu: 17, memory: 20Gi}}}]}",
            ),
            pod(
                "",
                "{containers: [{name: spark, resources: {limits: {cpu: 2, memory: 4Gi}}}]}",
            ),
        ),
        (
            "scheduling",
            pod(
                "queue: root.team-a",
                "{schedulerName: mine, containers: [{name: spark}]}",
            ),
            pod(
                "queue: root.team-a",
                "{schedulerName: volcano, containers: [{name: spark}]}",
            ),
        ),
        (
            "secrets",
            pod(
                "",
                "{containers: [{name: spark, env: [{name: DB_PASSWORD, value: a}]}]}",
            ),
            pod("", "{containers: [{name: spark, env: [{name: DB_HOST, value: a}]}]}"),
        ),
        (
            "wellFormed",
            pod(
                "",
                "{containers: [{name: spark, volumeMounts: [{name: data, mountPath: /data}]}]}",
            ),
            pod(
                "",
                "{volumes: [{name: data}], containers: [{name: spark, volumeMounts: [{name: data, mountPath: /data}]}]}",
            ),
        ),
    ];
    let of_rule = |rule: &Documentation, verdicts: Vec<Verdict>| {
        let findings = verdicts.into_iter().flat_map(|verdict| verdict.findings);
        findings.filter(|finding| finding.rule == rule.name).collect::<Vec<_>>()
    };
    for rule in RULES.iter().filter(|rule| rule.list == List::Validate) {
        let arena = Arena::new();
        let name = rule.name;
        if rule.stage == Stage::Applications {
            let manifest = example(rule, "Fails");
            let found = verdicts(rule, &arena, &manifest, |policies, request| {
                let preview = preview::of_application(policies, request, &Facts::default());
                let pods = preview.unwrap().unwrap().workload.pods;
                pods.iter().map(|pod| pod.pod).collect()
            });
            assert_eq!(found.len(), 2, "{name}");
            assert_eq!(of_rule(rule, found), [], "{name}");
            continue;
        }
        let (_, fails, passes) = pods.iter().find(|(of, ..)| *of == name).expect(name);
        let judged = |manifest| {
            verdicts(rule, &arena, manifest, |_, request| {
                request.object.into_iter().collect()
            })
        };
        assert_ne!(of_rule(rule, judged(fails)), [], "{name}");
        assert_eq!(of_rule(rule, judged(passes)), [], "{name}");
    }
}

#[test]
fn every_rule_is_documented_in_the_same_form() {
    for rule in &RULES {
        let text = rule.text();
        let name = rule.name;
        assert!(
            text.starts_with(&format!("`{name}`: {}.\n\n", rule.summary())),
            "{text}"
        );
        assert!(rule.summary().len() <= 100, "{name}: {}", rule.summary());
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let examples: &[&str] = match rule.list {
            List::Validate => &["Fails", "Passes"],
            List::Mutate => &[],
        };
        assert_eq!(
            headings,
            [&["What it does", "Why", "Policy"], examples].concat(),
            "{name}"
        );
    }
}

/// The rules that a policy can have, as it is told that writes none.
fn rules_of(list: List) -> BTreeSet<String> {
    let list = list.as_str();
    let source = Source {
        name: "policy.yaml".to_owned(),
        text: format!(
            "apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {{name: a}}\nspec: {{{list}: [{{name: b}}]}}\n"
        ),
    };
    let errors = PolicySet::from_sources(&[source], 1).unwrap_err();
    let help = errors[0].help.clone().unwrap();
    help.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_rule_of_policies_is_listed() {
    for list in List::ALL {
        let listed = RULES.iter().filter(|rule| rule.list == list);
        let listed: BTreeSet<String> = listed.map(|rule| rule.name.to_owned()).collect();
        assert_eq!(listed, rules_of(list));
    }
    assert!(RULES.is_sorted_by_key(|rule| (rule.list, rule.name)));
}

/// What stands in the columns of a line.
fn cells(line: &str) -> Vec<&str> {
    line.split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}

#[test]
fn the_command_lists_the_rules_and_prints_one() {
    let list = run(root(), &["rules"], "");
    assert_eq!((list.exit, list.err.as_str()), (0, ""));
    let listed: Vec<Vec<&str>> = list.out.lines().map(cells).collect();
    for rule in &RULES {
        let line = vec![rule.name, rule.stage.as_str(), rule.summary()];
        assert!(listed.contains(&line), "no {line:?} in {}", list.out);
    }
    let one = run(root(), &["rules", "notOnSpot"], "");
    assert_eq!((one.exit, one.err.as_str()), (0, ""));
    assert_eq!(one.out, Documentation::find("notOnSpot").next().unwrap().text());
    let two = run(root(), &["rules", "sparkConf"], "");
    let pages: Vec<String> = Documentation::find("sparkConf").map(Documentation::text).collect();
    assert_eq!((pages.len(), two.out), (2, pages.join("\n")));
}

#[test]
fn a_name_that_no_rule_has_is_an_error() {
    let cases = [
        ("notOnSport", "did you mean `notOnSpot`?"),
        ("not-on-spot", "did you mean `notOnSpot`?"),
        ("quantum", "`sparkgate rules` lists those that there are"),
        ("", "`sparkgate rules` lists those that there are"),
    ];
    for (name, help) in cases {
        let ran = run(root(), &["rules", name], "");
        assert_eq!((ran.exit, ran.out.as_str()), (2, ""), "{name}");
        assert_eq!(ran.err, format!("error: there is no rule `{name}`; {help}\n"));
    }
}
