//! What loading says about rules that could never do what they are written for.

use crate::policy_files::{assert_rows, validation};

#[test]
fn patterns_that_do_not_compile_are_refused_where_they_stand() {
    assert_rows(
        validation,
        r#"
        images: {registries: [a.io, «"b[.io"]}
            `b[.io` is no pattern: unclosed character class; missing ']'
        images: {registries: [«"/"]}
            an empty text is no pattern: write a name, or `*` for any
        sparkConf: {forbidden: [«"spark.{a"]}
            `spark.{a` is no pattern: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
        sparkConf: {values: {spark.a: [b, «""]}}
            an empty text is no pattern: write a name, or `*` for any
        secrets: {except: [«"["]}
            `[` is no pattern: unclosed character class; missing ']'
        requiredMetadata: {labels: {team: [«"[z-a]"]}}
            `[z-a]` is no pattern: invalid range; 'z' > 'a'
        scheduling: {queues: [«"a}"]}
            `a}` is no pattern: unopened alternate group; missing '{' (maybe escape '}' with '[}]'?)
        "#,
    );
}

#[test]
fn rules_that_contradict_themselves_or_ask_for_nothing_are_refused() {
    assert_rows(
        validation,
        r#"
        «images: {}
            the rule asks for nothing; give it `registries`, `pinned` or `sameInBothRoles: true`
        images: {«registries: []}
            no image may come from anywhere; name a registry, or leave the field out
        images: {pinned: «latest}
            unknown value `latest`; write one of `tag`, `digest`
        «sparkConf: {}
            the rule asks for nothing; give it `forbidden`, `required` or `values`
        sparkConf: {forbidden: [«plugins]}
            `plugins` is no property of Spark: those begin with `spark.`
        sparkConf: {required: [«"sparkling.*"]}
            `sparkling.*` is no property of Spark: those begin with `spark.`
        sparkConf: {forbidden: ["spark.a*"], required: [spark.b, «spark.ab]}
            `spark.ab` is required here, and forbidden above; take it out of one of the lists
        sparkConf: {values: {«spark.a: []}}
            `spark.a` may have no value at all; name a value, or put it into `forbidden`
        sparkConf: {values: {«a: [b]}}
            `a` is no property of Spark: those begin with `spark.`
        sparkConf: {forbidden: ["*.a"], values: {«spark.a: [b]}}
            `spark.a` is forbidden, so that its values never matter; take it out of one of the two
        secrets: {names: [A, «B], except: ["B*"]}
            `B` is excepted below; take it out of one of the lists
        «requiredMetadata: {}
            the rule asks for nothing; name `labels` or `annotations`
        requiredMetadata: {labels: {«team: []}}
            `team` may have no value at all; name its values, or write `["*"]` for any
        requiredMetadata: {labels: {«"a b": ["*"]}}
            `a b` is no label key; a key is up to 63 letters, digits, `-`, `_` and `.`, after an optional DNS name and `/`
        requiredMetadata: {labels: {team: [data, «"a b"]}}
            `a b` is no label value; a value is up to 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit
        requiredMetadata: {annotations: {«"/a": ["a b"]}}
            `/a` is no annotation key; a key is up to 63 letters, digits, `-`, `_` and `.`, after an optional DNS name and `/`
        «podSecurity: {}
            `level` is missing
        podSecurity: {level: «privileged}
            unknown value `privileged`; write one of `baseline`, `restricted`
        podSecurity: {level: baseline, «version: v1.30}
            unknown field `version`; write `level`
        scheduling: {«schedulers: []}
            nothing is allowed here; name something, or leave the field out
        scheduling: {priorityClasses: «high}
            a string stands here, and a list is expected; put it in brackets: `[a, b]`
        "#,
    );
}
