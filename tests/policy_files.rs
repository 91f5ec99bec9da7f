//! What loading says about policy files that are wrong, and where.
//!
//! In these tables `«` stands before the character that the error has to name; it is taken out before the file is read.

use std::fs;
use std::process::Command;

use sparkgate::engine::documentation::{List, RULES};
use sparkgate::engine::policy::{PolicyError, PolicySet, Source};

const MARK: char = '«';
const HEAD: &str = "apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {name: p}\nspec:\n";
/// A `validate` that nothing is wrong with.
const VALIDATE: &str = "  validate: [{name: a, wellFormed: {}}]\n";

/// A whole file.
fn whole(text: &str) -> String {
    format!("{text}\n")
}

/// A policy with this in its metadata.
fn metadata(fields: &str) -> String {
    HEAD.replace("name: p", fields) + VALIDATE
}

/// A policy with this in its spec, indented by two.
pub fn policy(spec: &str) -> String {
    format!("{HEAD}  {spec}\n")
}

/// A policy that would do but for this field of its spec.
fn field(field: &str) -> String {
    format!("{HEAD}  {field}\n{VALIDATE}")
}

/// A policy whose only mutation has these fields.
pub fn mutation(fields: &str) -> String {
    policy(&format!("mutate:\n  - {{name: a, {fields}}}"))
}

/// A policy whose only validation has these fields.
pub fn validation(fields: &str) -> String {
    policy(&format!("validate:\n  - {{name: a, {fields}}}"))
}

pub fn source(name: &str, text: &str) -> Source {
    Source {
        name: name.to_owned(),
        text: text.replace(MARK, ""),
    }
}

/// Where the mark stands.
pub fn marked(text: &str) -> (usize, usize) {
    let (before, _) = text.split_once(MARK).expect("a row marks where it is wrong");
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    (line, column)
}

pub fn errors(sources: &[Source]) -> Vec<PolicyError> {
    PolicySet::from_sources(sources, 1).err().unwrap_or_default()
}

/// Loads what `file` makes of each row: what is written on one line, `\n` for a line end, and on the next what is said of
/// it, the help after a semicolon, where `(all validations)` stands for their names.
#[track_caller]
pub fn assert_rows(file: fn(&str) -> String, rows: &str) {
    let validations = RULES.iter().filter(|rule| rule.list == List::Validate);
    let validations: Vec<String> = validations.map(|rule| format!("`{}`", rule.name)).collect();
    let rows = rows.replace("(all validations)", &validations.join(", "));
    let lines: Vec<&str> = rows.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    for row in lines.chunks(2) {
        let [written, expected] = row else {
            panic!("a row has two lines: {row:?}");
        };
        let text = file(&written.replace("\\n", "\n").replace("\\t", "\t"));
        let said: Vec<String> = errors(&[source("p.yaml", &text)]).iter().map(said).collect();
        let (line, column) = marked(&text);
        match expected.strip_suffix('…') {
            None => assert_eq!(said, [format!("p.yaml:{line}:{column}: {expected}")], "{text}"),
            Some(beginning) => {
                assert_eq!(said.len(), 1, "{said:?}");
                assert!(
                    said[0].starts_with(&format!("p.yaml:{line}:{column}: {beginning}")),
                    "{said:?}"
                );
            }
        }
    }
}

/// Asserts of each row, which has the fields of a validation, that it does not load, and what is said of it.
#[track_caller]
pub fn assert_refused_validations(rows: &str) {
    assert_rows(validation, rows);
}

/// All that an error says, in one line.
pub fn said(error: &PolicyError) -> String {
    match &error.help {
        Some(help) => format!("{error}; {help}"),
        None => error.to_string(),
    }
}

#[test]
fn unknown_fields_are_named_at_their_keys() {
    assert_rows(
        field,
        r"
        «matches: {}
            unknown field `matches`; write one of `description`, `order`, `match`, `exclude`, `enforcement`, `mutate`, `validate`
        match: {«namespace: [a]}
            unknown field `namespace`; did you mean `namespaces`?
        exclude: {«name-spaces: [a]}
            unknown field `name-spaces`; did you mean `namespaces`?
        match: {objectSelector: {«matchLabel: {a: b}}}
            unknown field `matchLabel`; did you mean `matchLabels`?
        match: {objectSelector: {«team: alpha}}
            unknown field `team`; write one of `matchLabels`, `matchExpressions`
        match: {objectSelector: {matchExpressions: [{key: a, operator: In, «value: [b]}]}}
            unknown field `value`; did you mean `values`?
        match: {submitters: {«serviceaccount: [ci:deployer]}}
            unknown field `serviceaccount`; did you mean `serviceAccounts`?
    ",
    );
    assert_rows(
        validation,
        r"
        «role: [driver], wellFormed: {}
            unknown field `role`; did you mean `roles`?
        «onConflict: deny, wellFormed: {}
            unknown field `onConflict`; write one of `name`, `roles`, `enforcement`, `message`, (all validations)
        «jmxExporter: {}
            unknown field `jmxExporter`; write one of `name`, `roles`, `enforcement`, `message`, (all validations)
        memoryOverhead: {minRatio: 0.1, «language: {Python: 0.2}}
            unknown field `language`; did you mean `languages`?
        wellFormed: {«strict: true}
            unknown field `strict`; write `propertyPrefixes`
        notOnSpot: {«pool: []}
            unknown field `pool`; did you mean `pools`?
        notOnSpot: {pools: [{«label: {a: b}}]}
            unknown field `label`; did you mean `labels`?
        notOnSpot: {pools: [{labels: {a: b}, taint: {key: k, effect: NoSchedule, «operator: Exists}}]}
            unknown field `operator`; write one of `key`, `value`, `effect`
    ",
    );
    assert_rows(
        mutation,
        r"
        «hostAliases: {}
            unknown field `hostAliases`; write one of `name`, `roles`, `enforcement`, `message`…
        tolerations: [{key: k, «tolerationSecond: 5}]
            unknown field `tolerationSecond`; did you mean `tolerationSeconds`?
    ",
    );
    assert_rows(
        whole,
        r"
        apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\n«metdata: {name: p}
            unknown field `metdata`; did you mean `metadata`?
    ",
    );
    assert_rows(
        metadata,
        r"
        name: p, «namespace: x
            unknown field `namespace`; write one of `name`, `labels`, `annotations`
    ",
    );
}

#[test]
fn unknown_words_are_named_where_they_stand() {
    assert_rows(
        field,
        r"
        enforcement: «error
            unknown value `error`; write one of `audit`, `warn`, `deny`
        enforcement: «Deny
            unknown value `Deny`; did you mean `deny`?
        match: {languages: [«python]}
            unknown value `python`; did you mean `Python`?
        match: {objectSelector: {matchExpressions: [{key: a, operator: «NotEquals, values: [b]}]}}
            unknown value `NotEquals`; write one of `In`, `NotIn`, `Exists`, `DoesNotExist`
    ",
    );
    assert_rows(
        validation,
        r"
        enforcement: «denied, wellFormed: {}
            unknown value `denied`; write one of `audit`, `warn`, `deny`
        roles: [driver, «drivers], wellFormed: {}
            unknown value `drivers`; did you mean `driver`?
        memoryOverhead: {minRatio: 0.1, languages: {«python: 0.2}}
            unknown value `python`; did you mean `Python`?
        notOnSpot: {pools: [{taint: {key: k, effect: «Never}}]}
            unknown value `Never`; write one of `NoSchedule`, `PreferNoSchedule`, `NoExecute`
    ",
    );
    assert_rows(
        mutation,
        r"
        onConflict: «replace, nodeSelector: {a: b}
            unknown value `replace`; write one of `keep`, `override`, `deny`
        tolerations: [{key: k, operator: «Exist}]
            unknown value `Exist`; did you mean `Exists`?
        tolerations: [{key: k, effect: «noSchedule}]
            unknown value `noSchedule`; did you mean `NoSchedule`?
    ",
    );
}

#[test]
fn values_of_another_type_are_described_in_plain_words() {
    assert_rows(
        validation,
        r#"
        roles: «driver, wellFormed: {}
            a string stands here, and a list is expected; put it in brackets: `[a, b]`
        roles: [«1], wellFormed: {}
            an integer stands here, and one of `driver`, `executor` is expected
        memoryOverhead: {minRatio: «"0.1"}
            a string stands here, and a number is expected; leave out the quotes
        memoryOverhead: «0.1
            a fraction stands here, and an object is expected
        notOnSpot: {pools: [{«taint: [k, v, NoSchedule]}]}
            a list stands here, and an object is expected; write `name: value`, without a `- ` before it
    "#,
    );
    assert_rows(
        field,
        r#"
        order: «high
            a string stands here, and a whole number is expected
        order: «"5"
            a string stands here, and a whole number is expected; leave out the quotes
        order: «1.5
            a fraction stands here, and a whole number is expected
        order: «99999999999
            integer `99999999999` does not fit here
        enforcement: «2
            an integer stands here, and one of `audit`, `warn`, `deny` is expected
        «enforcement: {deny: true}
            an object stands here, and one of `audit`, `warn`, `deny` is expected
        description: «yes
            a boolean stands here, and a string is expected; put it in quotes
        match: «team-a
            a string stands here, and an object is expected
        «match: [{namespaces: [a]}]
            a list stands here, and an object is expected; write `name: value`, without a `- ` before it
        match: {namespaces: «"*"}
            a string stands here, and a list is expected; put it in brackets: `[a, b]`
        match: {sparkVersions: «3.5}
            a fraction stands here, and a string is expected; put it in quotes
    "#,
    );
    assert_rows(
        mutation,
        r#"
        required: «"true", nodeSelector: {a: b}
            a string stands here, and true or false is expected; leave out the quotes
        nodeSelector: {spot: «true}
            a boolean stands here, and a string is expected; put it in quotes
        «tolerations: {key: k, operator: Exists}
            an object stands here, and a list is expected; begin each item with `- `
        tolerations: [{key: k, value: «1}]
            an integer stands here, and a string is expected; put it in quotes
    "#,
    );
    assert_rows(
        metadata,
        r"
        «name: [p]
            a list stands here, and a string is expected
        name: p, labels: «3
            an integer stands here, and an object is expected
    ",
    );
}

#[test]
fn a_value_that_somebody_forgot_is_not_taken_for_absent() {
    assert_rows(
        field,
        r"
        match: {«namespaces: }
            nothing stands here, and a list is expected; write one, or leave the field out
        «exclude:
            nothing stands here, and an object is expected; write one, or leave the field out
        enforcement: «~
            nothing stands here, and one of `audit`, `warn`, `deny` is expected; write one, or leave the field out
    ",
    );
    assert_rows(
        validation,
        r"
        wellFormed: «~
            nothing stands here, and an object is expected; write one, or leave the field out
    ",
    );
    assert_rows(
        mutation,
        r"
        nodeSelector: {«a: }
            nothing stands here, and a string is expected; write one, or leave the field out
    ",
    );
    assert_rows(
        whole,
        r"
        apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {name: p}\n«spec:
            nothing stands here, and an object is expected; write one, or leave the field out
    ",
    );
}

#[test]
fn what_is_missing_is_named_where_it_should_be() {
    assert_rows(
        policy,
        r"
        validate:\n  - «wellFormed: {}
            `name` is missing
        validate:\n  - name: a\n    wellFormed: {}\n  - «{roles: [driver], wellFormed: {}}
            `name` is missing
    ",
    );
    assert_rows(
        validation,
        r"
        «memoryOverhead: {}
            `minRatio` is missing
        «notOnSpot: {}
            `pools` is missing
        notOnSpot: {pools: [{«taint: {key: k}}]}
            `effect` is missing
    ",
    );
    assert_rows(
        field,
        r"
        match: {objectSelector: {matchExpressions: [«{key: a}]}}
            `operator` is missing
    ",
    );
    assert_rows(
        whole,
        r"
        «apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nspec: {validate: []}
            `metadata` is missing
        «apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {name: p}
            `spec` is missing
        apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\n«metadata: {labels: {}}\nspec: {}
            `name` is missing
    ",
    );
}

#[test]
fn an_entry_has_exactly_one_rule_and_a_policy_an_entry() {
    assert_rows(
        policy,
        r"
        validate:\n  - «name: a
            the entry has no rule; give it one of (all validations)
        mutate:\n  - «{name: a}
            the entry has no rule; give it one of …
        mutate:\n  - «{name: a, nodeSelector: {a: b}, tolerations: [{key: a}]}
            the entry has more than one rule; make each an entry of its own, with its own name
    ",
    );
    assert_rows(
        validation,
        r"
        «roles: [], wellFormed: {}
            the entry is about no role; leave `roles` out for both, or write `[driver]` or `[executor]`
    ",
    );
    assert_rows(
        whole,
        r"
        apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {name: p}\n«spec: {enforcement: deny}
            the policy does nothing; give it an entry in `mutate` or `validate`
        apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {name: p}\n«spec: {mutate: [], validate: []}
            the policy does nothing; give it an entry in `mutate` or `validate`
    ",
    );
}

#[test]
fn names_can_be_used_in_codes() {
    assert_rows(
        metadata,
        r#"
        name: «Spot
            `Spot` is not a name; write up to 63 lower-case letters, digits and `-`, beginning and ending with a letter or digit
        name: «spot.executors
            `spot.executors` is not a name; write up to 63 lower-case letters, digits and `-`, beginning and ending with a letter or digit
        name: «-spot
            `-spot` is not a name; write up to 63 lower-case letters, digits and `-`, beginning and ending with a letter or digit
        name: «""
            `` is not a name; write up to 63 lower-case letters, digits and `-`, beginning and ending with a letter or digit
        name: «team/spot
            `team/spot` is not a name; write up to 63 lower-case letters, digits and `-`, beginning and ending with a letter or digit
        name: «sparkgate
            `sparkgate` is the name of the policy that is on by default; choose another name
    "#,
    );
    assert_rows(
        policy,
        r"
        validate:\n  - {name: «Not_Spot, wellFormed: {}}
            `Not_Spot` is not a name; write up to 63 lower-case letters, digits and `-`, beginning and ending with a letter or digit
        validate:\n  - {name: a, wellFormed: {}}\n  - {name: «a, wellFormed: {}}
            the policy has an entry `a` already; choose another name
        mutate:\n  - {name: a, nodeSelector: {a: b}}\n  validate:\n  - {name: «a, wellFormed: {}}
            the policy has an entry `a` already; choose another name
    ",
    );
}

#[test]
fn selectors_select_something() {
    assert_rows(
        field,
        r#"
        match: {«namespaces: []}
            nothing is named here; name something, or leave the field out
        exclude: {«objectSelector: {}}
            nothing is named here; name something, or leave the field out
        match: {«namespaceSelector: {matchLabels: {}}}
            nothing is named here; name something, or leave the field out
        match: {«submitters: {groups: []}}
            nothing is named here; name something, or leave the field out
        match: {«languages: []}
            nothing is named here; name something, or leave the field out
        match: {namespaces: [ok, «"team-["]}
            `team-[` is no pattern: unclosed character class; missing ']'; write a name, in which `*` stands for any letters, `?` for one, and `{a,b}` for either
        match: {submitters: {groups: [«"{a,b"]}}
            `{a,b` is no pattern: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?); write a name, in which `*` stands for any letters, `?` for one, and `{a,b}` for either
        match: {submitters: {serviceAccounts: [«deployer]}}
            `deployer` is no service account; write `namespace:name`
        match: {submitters: {serviceAccounts: [«"system:serviceaccount:ci:deployer"]}}
            `system:serviceaccount:ci:deployer` is no service account; write `ci:deployer`
        match: {sparkVersions: «"3.x"}
            `3.x` is no range of Spark versions: write comparisons such as `>=3.2`, `>=3.3, <4` or `=3.5`
        match: {sparkVersions: «">=3.2 <4"}
            `>=3.2 <4` is no range of Spark versions: write comparisons such as `>=3.2`, `>=3.3, <4` or `=3.5`
        match: {objectSelector: {matchLabels: {«"my team": a}}}
            `my team` is no label key; a key is up to 63 letters, digits, `-`, `_` and `.`, after an optional DNS name and `/`
        match: {objectSelector: {matchLabels: {team: «"a b"}}}
            `a b` is no label value; a value is up to 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit
        match: {namespaceSelector: {matchExpressions: [{key: «"a b", operator: Exists}]}}
            `a b` is no label key; a key is up to 63 letters, digits, `-`, `_` and `.`, after an optional DNS name and `/`
        match: {objectSelector: {matchExpressions: [«{key: a, operator: In}]}}
            `In` and `NotIn` need values; write `values: [a, b]`, or the operator `Exists` or `DoesNotExist`
        match: {objectSelector: {matchExpressions: [{key: a, operator: Exists, «values: [b]}]}}
            `Exists` and `DoesNotExist` take no values; leave `values` out, or write the operator `In` or `NotIn`
    "#,
    );
}

#[test]
fn rules_ask_for_something_that_can_be() {
    assert_rows(
        mutation,
        r#"
        «nodeSelector: {}
            the mutation selects nothing; write `key: value`
        nodeSelector: {«a/b/c: d}
            `a/b/c` is no label key; a key is up to 63 letters, digits, `-`, `_` and `.`, after an optional DNS name and `/`
        nodeSelector: {a: «"b/c"}
            `b/c` is no label value; a value is up to 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit
        «tolerations: []
            the mutation tolerates nothing
        tolerations: [«{effect: NoSchedule}]
            a toleration without a key is for every taint; write `operator: Exists` if that is meant
        tolerations: [{key: a, operator: Exists, value: «b}]
            `Exists` takes no value; leave `value` out, or write `operator: Equal`
        tolerations: [{key: a, effect: NoSchedule, tolerationSeconds: «5}]
            only what is tolerated of `NoExecute` has a time; write `effect: NoExecute`, or leave `tolerationSeconds` out
    "#,
    );
    assert_rows(
        validation,
        r#"
        memoryOverhead: {minRatio: «25}
            25 is no ratio of overhead to heap; write a fraction, such as 0.25 for a quarter of the heap
        memoryOverhead: {minRatio: 0.1, languages: {Python: «-0.1}}
            -0.1 is no ratio of overhead to heap; write a fraction, such as 0.25 for a quarter of the heap
        notOnSpot: {«pools: []}
            no pool is described; give each pool its labels and its taint
        notOnSpot: {pools: [«{}]}
            a pool without labels and taint is every node; write the labels that its nodes have, or their taint
        notOnSpot: {pools: [{labels: {a: «"b c"}}]}
            `b c` is no label value; a value is up to 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit
        wellFormed: {propertyPrefixes: [spark.acme., «acme.]}
            `acme.` is no prefix of properties; begin it with `spark.` and end it with a dot, as in `spark.acme.`
        wellFormed: {propertyPrefixes: [«spark.acme]}
            `spark.acme` is no prefix of properties; begin it with `spark.` and end it with a dot, as in `spark.acme.`
        wellFormed: {propertyPrefixes: [«spark.]}
            `spark.` is no prefix of properties; begin it with `spark.` and end it with a dot, as in `spark.acme.`
        wellFormed: {propertyPrefixes: [«spark..]}
            `spark..` is no prefix of properties; begin it with `spark.` and end it with a dot, as in `spark.acme.`
        notOnSpot: {pools: [{taint: {key: «"", effect: NoSchedule}}]}
            `` is no taint key; a key is up to 63 letters, digits, `-`, `_` and `.`, after an optional DNS name and `/`
    "#,
    );
}

#[test]
fn other_documents_are_no_policies() {
    assert_rows(
        whole,
        r"
        apiVersion: v1\nkind: «ConfigMap\nmetadata: {name: p}
            this is a ConfigMap of v1, and no policy; a policy begins with `apiVersion: sparkgate.io/v1alpha1` and `kind: SparkPolicy`; keep everything else in another directory
        apiVersion: «sparkgate.io/v1\nkind: SparkPolicy
            `sparkgate.io/v1` is not a version of SparkPolicy; write `apiVersion: sparkgate.io/v1alpha1`
        apiVersion: sparkgate.io/v1alpha1\nkind: «SparkPolice
            `SparkPolice` is not a kind of policy document; did you mean `SparkPolicy`?
        apiVersion: sparkgate.io/v1alpha1\nkind: «Policy
            `Policy` is not a kind of policy document; write `kind: SparkPolicy`
        «kind: SparkPolicy\nmetadata: {name: p}
            this is no policy: it has no `apiVersion`; a policy begins with `apiVersion: sparkgate.io/v1alpha1` and `kind: SparkPolicy`
        «apiVersion: sparkgate.io/v1alpha1
            this is no policy: it has no `kind`; a policy begins with `apiVersion: sparkgate.io/v1alpha1` and `kind: SparkPolicy`
        «just a text
            this is no policy: it has no `apiVersion`; a policy begins with `apiVersion: sparkgate.io/v1alpha1` and `kind: SparkPolicy`
        - «a\n- b
            this is no policy: it has no `apiVersion`; a policy begins with `apiVersion: sparkgate.io/v1alpha1` and `kind: SparkPolicy`
    ",
    );
}

#[test]
fn broken_yaml_is_named_where_it_breaks() {
    assert_rows(
        whole,
        r#"
        metadata: {name: «[p}
            mismatched bracket '[' closed by '}'
        metadata:\n  name: p\n «spec: {}
            while parsing a block mapping, did not find expected key
        kind: SparkPolicy\n«kind: SparkPolicy
            the key "kind" is given twice in one object, first at line 1, column 1
        metadata:\n\t«name: p
            tabs disallowed within this context (block indentation)
    "#,
    );
}

#[test]
fn everything_wrong_in_all_files_is_said_at_once_in_order() {
    let sources = [
        source(
            "b.yaml",
            "apiVersion: sparkgate.io/v1alpha1\n\
             kind: SparkPolicy\n\
             metadata: {name: same}\n\
             spec:\n\
             \x20 match: {namespaces: [\"[\"], sparkVersions: new}\n\
             \x20 validate:\n\
             \x20   - {name: A, wellFormed: {}}\n\
             \x20   - {name: b}\n\
             ---\n\
             kind: [broken\n\
             ---\n\
             apiVersion: sparkgate.io/v1alpha1\n\
             kind: SparkPolicy\n\
             metadata: {name: same}\n\
             spec: {order: first}\n",
        ),
        source("c.yaml", &field("order: 1").replace("name: p", "name: fine")),
        source("a.yaml", &field("enforcement: deny").replace("name: p", "name: Same")),
        source("d.yaml", &field("order: 2").replace("name: p", "name: same")),
        source("empty.yaml", "# nothing yet\n---\n"),
    ];
    let said: Vec<String> = errors(&sources).iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "b.yaml:5:24: `[` is no pattern: unclosed character class; missing ']'",
            "b.yaml:5:45: `new` is no range of Spark versions: write comparisons such as `>=3.2`, `>=3.3, <4` or `=3.5`",
            "b.yaml:7:14: `A` is not a name",
            "b.yaml:8:7: the entry has no rule",
            "b.yaml:10:7: unclosed bracket '['",
            "b.yaml:15:15: a string stands here, and a whole number is expected",
            "a.yaml:3:18: `Same` is not a name",
            "d.yaml:3:18: there is a policy `same` already, in b.yaml",
            "empty.yaml:1:1: there is no policy in this file",
        ]
    );
}

#[test]
fn the_command_shows_the_lines_and_does_no_work() {
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(files.path().join(name), text).unwrap();
    fs::create_dir(files.path().join("policies")).unwrap();
    write("job.yaml", "kind: ConfigMap\napiVersion: v1\n");
    write("policies/a.yaml", &mutation("tolerrations: []"));
    write("policies/b.yaml", &field("order: high").replace("name: p", "name: q"));
    write("policies/c.yaml", &field("order: 1").replace("name: p", "name: r"));
    let output = Command::new(env!("CARGO_BIN_EXE_sparkgate"))
        .args(["check", "--policies", "policies", "job.yaml"])
        .current_dir(files.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @r"
    error: the policies do not load

    error: unknown field `tolerrations`
     --> policies/a.yaml:6:15
      |
    6 |   - {name: a, tolerrations: []}
      |               ^^^^^^^^^^^^
      |
      = help: did you mean `tolerations`?

    error: a string stands here, and a whole number is expected
     --> policies/b.yaml:5:10
      |
    5 |   order: high
      |          ^^^^
    ");
}
