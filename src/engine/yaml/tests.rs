//! What kubectl's parser (`sigs.k8s.io/yaml` 1.4) makes of a text was asked of that parser itself; the tables are
//! its answers.

use json_patch::jsonptr::{Pointer, PointerBuf};
use proptest::prelude::*;
use serde_json::Value;

use super::{Position, YamlError, emit, parse_stream};
use crate::engine::finding::Blame;
use crate::engine::json::{Arena, Json};

/// The one document of a text.
fn read(text: &str) -> Result<Value, String> {
    let arena = Arena::new();
    let (documents, errors) = parse_stream(&arena, text);
    match (documents.as_slice(), errors.first()) {
        (_, Some(error)) => Err(error.to_string()),
        ([document], None) => Ok(document.root.to_value()),
        (others, None) => Err(format!("{} documents", others.len())),
    }
}

fn first_error(text: &str) -> Option<YamlError> {
    parse_stream(&Arena::new(), text).1.into_iter().next()
}

/// Checks what each text means against the answer of kubectl's parser.
fn assert_meanings(cases: &[(&str, &str)]) {
    for (text, json) in cases {
        let expected: Value = serde_json::from_str(json).unwrap();
        assert_eq!(read(text), Ok(expected), "{text}");
    }
}

#[test]
fn booleans_and_nulls_have_the_spellings_of_yaml_1_1() {
    assert_meanings(&[
        (
            "[y, Y, yes, Yes, YES, true, True, TRUE, on, On, ON]",
            "[true,true,true,true,true,true,true,true,true,true,true]",
        ),
        (
            "[n, N, no, No, NO, false, False, FALSE, off, Off, OFF]",
            "[false,false,false,false,false,false,false,false,false,false,false]",
        ),
        ("[~, null, Null, NULL, ]", "[null,null,null,null]"),
        (
            "[yEs, oN, tRUE, yess, None, nUll, '~', \"yes\", 'null']",
            r#"["yEs","oN","tRUE","yess","None","nUll","~","yes","null"]"#,
        ),
        ("a:", r#"{"a":null}"#),
    ]);
}

#[test]
fn integers_have_the_prefixes_and_underscores_of_go() {
    assert_meanings(&[
        (
            "[0, 1, -1, +1, 00, 1_000, 1__0, 1_, -1_000, 0_]",
            "[0,1,-1,1,0,1000,10,1,-1000,0]",
        ),
        ("[012, -012, 0_7, 0o17, 0O17, -0o7]", "[10,-10,7,15,15,-7]"),
        ("[0x1F, 0X1f, -0x10, +0x1F, 0x_1, 0x1_F]", "[31,31,-16,31,1,31]"),
        ("[0b101, 0B11, -0b11, +0b11]", "[5,3,-3,3]"),
        (
            "[0x, 0o, 0b2, 0o8, 0xg, +, _1, 0x1.8p1, 0x1p4]",
            r#"["0x","0o","0b2","0o8","0xg","+","_1","0x1.8p1","0x1p4"]"#,
        ),
        (
            "[9223372036854775807, 9223372036854775808, 18446744073709551615]",
            "[9223372036854775807,9223372036854775808,18446744073709551615]",
        ),
        (
            "[-9223372036854775808, 0xFFFFFFFFFFFFFFFF, 01777777777777777777777]",
            "[-9223372036854775808,18446744073709551615,18446744073709551615]",
        ),
        (
            "[18446744073709551616, -9223372036854775809, 0x10000000000000000]",
            r#"[18446744073709552000,-9223372036854776000,"0x10000000000000000"]"#,
        ),
    ]);
}

#[test]
fn a_fraction_of_nothing_is_an_integer_by_the_time_that_the_api_server_sees_it() {
    assert_meanings(&[
        (
            "[08, 09.5, 1e3, 1E3, 1e+3, 1e-3, 1., 12e03, 1e5_0]",
            "[8,9.5,1000,1000,1000,0.001,1,12000,1e50]",
        ),
        (
            "[.5, .5e1, -.5, +.5, 1_000.5, 1.10, 0.1, 1e-7]",
            "[0.5,5,-0.5,0.5,1000.5,1.1,0.1,1e-7]",
        ),
        (
            "[1.0, -1.0, 0.0, -0, 3.0e2, 9007199254740993.0, 12345678901234567168.0]",
            "[1,-1,0,0,300,9007199254740992,12345678901234567000]",
        ),
        (
            "[1e20, 1e21, 100000000000000000000000, 123456789012345678901234.0]",
            "[1e20,1e21,1e23,1.2345678901234569e23]",
        ),
        (
            "[1e400, -1e400, 1e, 0.5.5, 1:30, ., .., .e5, ...x]",
            r#"["1e400","-1e400","1e","0.5.5","1:30",".","..",".e5","...x"]"#,
        ),
        (
            "[inf, nan, NaN, Infinity, .infinity, .Nan]",
            r#"["inf","nan","NaN","Infinity",".infinity",".Nan"]"#,
        ),
    ]);
}

#[test]
fn versions_sizes_and_times_stay_strings() {
    assert_meanings(&[
        (
            "[3.5.0, 4g, 1.5g, 4Gi, 512m, 1200m, 10%, '0777', u@h]",
            r#"["3.5.0","4g","1.5g","4Gi","512m","1200m","10%","0777","u@h"]"#,
        ),
        (
            "[2001-01-01, 2026-06-06T00:00:00Z, 2001-12-14 21:59:43.10 -5, 12:30:45]",
            r#"["2001-01-01","2026-06-06T00:00:00Z","2001-12-14 21:59:43.10 -5","12:30:45"]"#,
        ),
    ]);
}

#[test]
fn keys_become_strings() {
    assert_meanings(&[
        (
            "{1: a, 1.5: b, yes: c, 010: d, 0x10: e, 2001-01-01: f}",
            r#"{"1":"a","1.5":"b","true":"c","8":"d","16":"e","2001-01-01":"f"}"#,
        ),
        ("{on: a, off: b}", r#"{"true":"a","false":"b"}"#),
        (
            "{1.10: a, 1e3: b, 1000000.0: c, 0.00001: d, 123456.5: e, 1234567.5: f, 0.1234567891: g}",
            r#"{"1.1":"a","1000":"b","1e+06":"c","1e-05":"d","123456.5":"e","1.2345675e+06":"f","0.12345679":"g"}"#,
        ),
        (
            "{.inf: a, -.inf: b, .nan: c, -1.5: d}",
            r#"{".inf":"a","-.inf":"b",".nan":"c","-1.5":"d"}"#,
        ),
        ("? |\n  k\n: v", r#"{"k\n":"v"}"#),
        ("a: &x yes\n*x : 2", r#"{"a":true,"true":2}"#),
        ("&x yes: 1\nb: *x", r#"{"true":1,"b":true}"#),
    ]);
}

#[test]
fn of_merges_and_keys_the_later_wins_and_of_a_list_of_merges_the_first() {
    assert_meanings(&[
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", r#"{"a":{"b":1},"c":{"b":1,"d":2}}"#),
        ("a: &x {b: 1}\nc: {b: 9, <<: *x}", r#"{"a":{"b":1},"c":{"b":1}}"#),
        ("a: &x {b: 1}\nc: {<<: *x, b: 9}", r#"{"a":{"b":1},"c":{"b":9}}"#),
        (
            "a: &a {b: 1, c: 1}\nd: &d {b: 2, e: 2}\nf: {<<: [*a, *d]}",
            r#"{"a":{"b":1,"c":1},"d":{"b":2,"e":2},"f":{"b":1,"c":1,"e":2}}"#,
        ),
        (
            "a: &a {b: 1, c: 1}\nd: &d {b: 2, e: 2}\nf: {<<: *a, <<: *d}",
            r#"{"a":{"b":1,"c":1},"d":{"b":2,"e":2},"f":{"b":2,"c":1,"e":2}}"#,
        ),
        (
            "a: &a {b: 1}\nc: &c {<<: *a, d: 1}\ne: {<<: *c}",
            r#"{"a":{"b":1},"c":{"b":1,"d":1},"e":{"b":1,"d":1}}"#,
        ),
        ("{<<: {a: 1}, <<: [{b: 2}]}", r#"{"a":1,"b":2}"#),
        ("{'<<': 1}", r#"{"<<":1}"#),
        ("{!!merge <<: {a: 1}}", r#"{"a":1}"#),
        ("[<<]", r#"["<<"]"#),
    ]);
}

#[test]
fn an_alias_is_the_latest_value_of_that_name() {
    assert_meanings(&[
        ("a: &x 1\nb: *x\nc: &x 2\nd: *x", r#"{"a":1,"b":1,"c":2,"d":2}"#),
        ("a: &x\nb: *x", r#"{"a":null,"b":null}"#),
    ]);
}

#[test]
fn tags_choose_the_type() {
    assert_meanings(&[
        (
            "[!!str yes, !!str ~, !!str , !custom 3, ! 3, ! '3', !!seq 3]",
            r#"["yes","~","","3","3","3","3"]"#,
        ),
        (
            "[!!int '3', !!int \"0x10\", !!float 3, !!float '1.5', !!bool 'yes', !!null '', !!null ~]",
            "[3,16,3,1.5,true,null,null]",
        ),
        (
            "[!!binary aGVsbG8=, !!timestamp 2001-01-01]",
            r#"["hello","2001-01-01"]"#,
        ),
        ("!!set {a, b}", r#"{"a":null,"b":null}"#),
    ]);
}

#[test]
fn scalars_may_have_several_lines() {
    assert_meanings(&[
        (
            "a: |\n  x\n  y\nb: >\n  x\n  y\n\n  z\nc: |-\n  x\nd: >+\n  x\n\n",
            r#"{"a":"x\ny\n","b":"x y\nz\n","c":"x","d":"x\n\n"}"#,
        ),
        (
            "a: 'x\n  y\n\n  z'\nb: x\n  y\nc: \"x\\\n   y\"",
            r#"{"a":"x y\nz","b":"x y","c":"xy"}"#,
        ),
        (
            "a: 'it''s'\nb: \"\\u00e9\\n\\x41\\e\"",
            "{\"a\":\"it's\",\"b\":\"é\\nA\\u001b\"}",
        ),
    ]);
}

#[test]
fn flow_style_comments_line_ends_and_tabs_are_read() {
    assert_meanings(&[
        ("{a, b: }", r#"{"a":null,"b":null}"#),
        ("[a: 1, b]", r#"[{"a":1},"b"]"#),
        ("{a: b:c, d: http://x:80/y}", r#"{"a":"b:c","d":"http://x:80/y"}"#),
        ("a: x # y\nb: x#y\n# z", r#"{"a":"x","b":"x#y"}"#),
        ("a: 1\r\nb: |\r\n  x\r\n  y\r\n", r#"{"a":1,"b":"x\ny\n"}"#),
        ("\u{feff}a: 1", r#"{"a":1}"#),
        ("a:\tb", r#"{"a":"b"}"#),
        ("{\n\t\"a\":\t[\n\t\t1,\n\t\t2\n\t]\n}", r#"{"a":[1,2]}"#),
        ("- a\n-\n- ~\n-   - b", r#"["a",null,null,["b"]]"#),
        ("'a'", r#""a""#),
    ]);
}

#[test]
fn what_kubectl_refuses_is_refused_with_its_place() {
    let cases = [
        (
            "[.inf]",
            "1:2: JSON has no infinity and no not-a-number; quote it if it is a string",
        ),
        (
            "a: -.Inf",
            "1:4: JSON has no infinity and no not-a-number; quote it if it is a string",
        ),
        ("{~: a}", "1:2: a key must be a string, a number or a boolean"),
        ("? \n: a", "2:1: a key must be a string, a number or a boolean"),
        ("{[a]: b}", "1:2: a key must be a string, a number or a boolean"),
        ("{<<: 1}", "1:6: a merge key takes an object or a list of objects"),
        ("{<<: [1]}", "1:6: a merge key takes an object or a list of objects"),
        (
            "x: &x [{a: 1}]\nz: {<<: *x}",
            "2:9: a merge key takes an object or a list of objects",
        ),
        ("a: &a [*a]", "1:8: this alias stands inside the value that it names"),
        ("a: *nope", "1:4: while parsing node, found unknown anchor"),
        ("[!!int x]", "1:8: this is tagged !!int, and cannot be read as that"),
        ("[!!null 3]", "1:9: this is tagged !!null, and cannot be read as that"),
        (
            "[!!binary '*']",
            "1:11: this is tagged !!binary, and cannot be read as that",
        ),
        ("%YAML 1.2\n---\na: yes", "1:1: YAML directives are disallowed"),
        ("a: b: c", "1:5: mapping values are not allowed in this context"),
        ("a: @x", "1:4: unexpected character: `@'"),
        (
            "a:\n\t- b",
            "2:2: tabs disallowed within this context (block indentation)",
        ),
        ("spec: [1, 2", "1:7: unclosed bracket '['"),
        ("a: \"x", "1:4: unclosed quote"),
    ];
    for (text, message) in cases {
        assert_eq!(read(text), Err(message.to_owned()), "{text}");
    }
}

#[test]
fn a_key_given_twice_is_an_error_with_both_places() {
    let cases = [
        (
            "a: 1\nb: 2\na: 3",
            r#"3:1: the key "a" is given twice in one object, first at line 1, column 1"#,
        ),
        (
            "x: {b: 1, c: 2, b: 3}",
            r#"1:17: the key "b" is given twice in one object, first at line 1, column 5"#,
        ),
        (
            "1: a\n'1': b",
            r#"2:1: the key "1" is given twice in one object, first at line 1, column 1"#,
        ),
        (
            "yes: a\ntrue: b",
            r#"2:1: the key "true" is given twice in one object, first at line 1, column 1"#,
        ),
    ];
    for (text, message) in cases {
        assert_eq!(read(text), Err(message.to_owned()), "{text}");
    }
}

#[test]
fn aliases_cannot_grow_without_bound() {
    let text = (1..10).fold("a0: &a0 [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n".to_owned(), |text, level| {
        let uses = vec![format!("*a{}", level - 1); 10].join(", ");
        format!("{text}a{level}: &a{level} [{uses}]\n")
    });
    let error = first_error(&text).unwrap();
    assert!(
        error.message.starts_with("the file has more than 200000 values"),
        "{error}"
    );
}

#[test]
fn nesting_is_bounded_through_aliases_too() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let block = |depth: usize| (0..depth).fold(String::new(), |text, level| format!("{text}{}a:\n", " ".repeat(level)));
    let aliased = |depth: usize| {
        (1..depth).fold("a0: &a0 []\n".to_owned(), |text, level| {
            format!("{text}a{level}: &a{level} [*a{}]\n", level - 1)
        })
    };
    // The aliased lists are inside one object more.
    for (deep_enough, too_deep) in [
        (nested(127), nested(128)),
        (block(127), block(128)),
        (aliased(126), aliased(127)),
    ] {
        assert_eq!(first_error(&deep_enough), None);
        let error = first_error(&too_deep).unwrap();
        assert!(
            error.message.contains("nest") || error.message.contains("recursion"),
            "{error}"
        );
    }
}

#[test]
fn every_document_of_a_file_is_read() {
    let arena = Arena::new();
    let text = "# a comment\n---\na: 1\n---\n# nothing\n---\nnull\n---\n~\n---\nb: 2\n...\n---\n";
    let (documents, errors) = parse_stream(&arena, text);
    let roots: Vec<Value> = documents.iter().map(|document| document.root.to_value()).collect();
    assert_eq!(errors, []);
    assert_eq!(roots, [serde_json::json!({"a": 1}), serde_json::json!({"b": 2})]);
    let lines: Vec<u32> = documents
        .iter()
        .map(|document| place(&document.positions, "").line)
        .collect();
    assert_eq!(lines, [3, 11]);
}

#[test]
fn a_broken_document_does_not_take_its_neighbours_with_it() {
    let cases = [
        ("a: 1\n---\nb: [1\n---\nc: 1\n", &["3:4: unclosed bracket '['"][..]),
        (
            "a: 1\n---\nb: 1\nb: 1\n---\nc: 1\n",
            &[r#"4:1: the key "b" is given twice in one object, first at line 3, column 1"#],
        ),
        (
            "a: 1\n---\nb: x\n y: z\n---\nc: 1\n---\nd: 'd' d\n",
            &[
                "4:3: mapping values are not allowed in this context",
                "8:8: invalid trailing content after single-quoted scalar",
            ],
        ),
        (
            "a: 1\n---\n'b' x\n---\nc: 1\n",
            &["3:5: invalid trailing content after single-quoted scalar"],
        ),
    ];
    for (text, messages) in cases {
        let arena = Arena::new();
        let (documents, errors) = parse_stream(&arena, text);
        let roots: Vec<Value> = documents.iter().map(|document| document.root.to_value()).collect();
        assert_eq!(
            roots,
            [serde_json::json!({"a": 1}), serde_json::json!({"c": 1})],
            "{text}"
        );
        let errors: Vec<String> = errors.iter().map(YamlError::to_string).collect();
        assert_eq!(errors, messages, "{text}");
    }
}

const MANIFEST: &str = "\
kind: SparkApplication
spec:
  driver: {cores: 1, \"memory\": '2g'}
  volumes:
  - name: scratch
    emptyDir: {}
  command: &command
    - sh
    - -c
    - |
      true
  sparkConf:
    spark.kubernetes.node/selector: é è
    nothing:
  again: *command
  merged:
    <<: {from: elsewhere}
";

fn place(positions: &super::Positions<'_>, pointer: &str) -> Position {
    positions.value(Pointer::parse(pointer).unwrap()).unwrap()
}

fn shown(text: &str, position: Position) -> String {
    let Position {
        line,
        column,
        start,
        end,
    } = position;
    format!("{line}:{column} {}", &text[start..end])
}

#[test]
fn values_and_keys_are_found_by_pointer() {
    let arena = Arena::new();
    let (documents, errors) = parse_stream(&arena, MANIFEST);
    assert_eq!(errors, []);
    let positions = &documents[0].positions;
    let cases = [
        ("", Some("1:1 kind"), None),
        ("/kind", Some("1:7 SparkApplication"), Some("1:1 kind")),
        ("/spec", Some("3:3 driver"), Some("2:1 spec")),
        ("/spec/driver", Some("3:11 {"), Some("3:3 driver")),
        ("/spec/driver/cores", Some("3:19 1"), Some("3:12 cores")),
        ("/spec/driver/memory", Some("3:32 '2g'"), Some("3:22 \"memory\"")),
        ("/spec/volumes", Some("5:5 name"), Some("4:3 volumes")),
        ("/spec/volumes/0", Some("5:5 name"), None),
        ("/spec/volumes/0/emptyDir", Some("6:15 {"), Some("6:5 emptyDir")),
        ("/spec/command/1", Some("9:7 -c"), None),
        ("/spec/command/2", Some("11:7 true\n  "), None),
        (
            "/spec/sparkConf/spark.kubernetes.node~1selector",
            Some("13:37 é è"),
            Some("13:5 spark.kubernetes.node/selector"),
        ),
        ("/spec/sparkConf/nothing", Some("14:12 "), Some("14:5 nothing")),
        ("/spec/again", Some("15:10 *command"), Some("15:3 again")),
        ("/spec/again/0", Some("8:7 sh"), None),
        ("/spec/merged/from", Some("17:16 elsewhere"), Some("17:10 from")),
        ("/spec/executor", None, None),
        ("/spec/volumes/1", None, None),
        ("/spec/volumes/-", None, None),
        ("/kind/x", None, None),
    ];
    for (pointer, value, key) in cases {
        let parsed = PointerBuf::parse(pointer).unwrap();
        let text = |position: Option<Position>| position.map(|position| shown(MANIFEST, position));
        assert_eq!(text(positions.value(&parsed)).as_deref(), value, "{pointer}");
        assert_eq!(text(positions.key(&parsed)).as_deref(), key, "{pointer}");
    }
}

#[test]
fn a_finding_points_at_the_nearest_thing_that_one_can_see() {
    let arena = Arena::new();
    let (documents, _) = parse_stream(&arena, MANIFEST);
    let cases = [
        ("/kind", Blame::Value, "1:7 SparkApplication"),
        ("/kind", Blame::Key, "1:1 kind"),
        ("/spec/driver", Blame::Value, "3:3 driver"),
        ("/spec/driver/memory", Blame::Value, "3:32 '2g'"),
        ("/spec/driver/memoryOverhead", Blame::Value, "3:3 driver"),
        ("/spec/driver/env/0/name", Blame::Value, "3:3 driver"),
        ("/spec/executor/cores", Blame::Key, "2:1 spec"),
        ("/spec/volumes/0", Blame::Value, "5:5 name"),
        ("/spec/volumes/0/hostPath", Blame::Value, "5:5 name"),
        ("/spec/command/2", Blame::Value, "11:7 true\n  "),
        ("/spec/sparkConf/nothing", Blame::Value, "14:5 nothing"),
        ("/spec/again", Blame::Value, "15:3 again"),
        ("/metadata/name", Blame::Value, "1:1 kind"),
        ("", Blame::Value, "1:1 kind"),
    ];
    for (pointer, blame, expected) in cases {
        let pointer = PointerBuf::parse(pointer).unwrap();
        let position = documents[0].positions.nearest(&pointer, blame);
        assert_eq!(shown(MANIFEST, position), expected, "{pointer} {blame:?}");
    }
}

/// Any JSON document, with the numbers that YAML and JSON agree on: a fraction is one in both.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i16>().prop_map(|number| Value::from(f64::from(number) + 0.25)),
        any::<String>().prop_map(Value::from),
        "[-0-9a-z.~:#_ \"'\\\\]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[-0-9a-z.~:#_ \"'\\\\<]{0,8}", inner, 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Text made of the pieces that YAML gives a meaning to.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b: ",
        "- ",
        "\n",
        "\n  ",
        "\n---\n",
        "...\n",
        "\t",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&x ",
        "*x ",
        "<<: ",
        "? ",
        ": ",
        "!!int ",
        "!x ",
        "|\n",
        ">-\n",
        "'",
        "\"",
        "\\",
        "# ",
        "%YAML 1.1\n",
        "0x",
        "_",
        "1e",
        ".",
        "é",
        "\u{feff}",
        "\r",
        "\0",
        "~",
        "0",
        "-",
        "9",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn every_position_is_in_the_text(text: &str) {
    fn check(text: &str, positions: &super::Positions<'_>, at: &mut PointerBuf, json: Json<'_>) {
        for position in [
            positions.value(at),
            positions.key(at),
            Some(positions.nearest(at, Blame::Value)),
        ] {
            let Some(Position {
                line,
                column,
                start,
                end,
            }) = position
            else {
                continue;
            };
            assert!(text.get(start..end).is_some(), "{start}..{end} of {text:?}");
            assert!(line > 0 && column > 0);
        }
        for (index, item) in json.items().iter().enumerate() {
            at.push_back(index);
            check(text, positions, at, *item);
            at.pop_back();
        }
        for (key, value) in json.members() {
            at.push_back(*key);
            assert!(positions.key(at).is_some(), "{at} of {text:?}");
            check(text, positions, at, *value);
            at.pop_back();
        }
    }
    let arena = Arena::new();
    for document in parse_stream(&arena, text).0 {
        check(text, &document.positions, &mut PointerBuf::new(), document.root);
    }
}

proptest! {
    #[test]
    fn a_json_document_is_the_same_tree_as_json(value in any_json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        if value.is_null() {
            prop_assert_eq!(read(&text), Err("0 documents".to_owned()));
        } else {
            prop_assert_eq!(read(&text), Ok(value));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        every_position_is_in_the_text(&text);
    }

    #[test]
    fn no_yaml_makes_it_panic(text in yaml_like()) {
        every_position_is_in_the_text(&text);
    }
}

#[test]
fn a_string_is_quoted_where_a_reader_would_take_it_for_something_else() {
    let cases = [
        ("spark", "spark"),
        ("1408Mi", "1408Mi"),
        ("3.5.9", "3.5.9"),
        ("-Xmx4g -Dk=v", "-Xmx4g -Dk=v"),
        ("local:///opt/app.jar", "local:///opt/app.jar"),
        ("yes", "\"yes\""),
        ("on", "\"on\""),
        ("n", "\"n\""),
        ("1", "\"1\""),
        ("1e3", "\"1e3\""),
        ("1_000", "\"1_000\""),
        ("012", "\"012\""),
        ("0x1", "\"0x1\""),
        (".inf", "\".inf\""),
        ("2026-01-01", "\"2026-01-01\""),
        ("2026-01-01T00:00:00Z", "\"2026-01-01T00:00:00Z\""),
        ("12:30", "\"12:30\""),
        ("null", "\"null\""),
        ("", "\"\""),
        ("~", "\"~\""),
        ("<<", "\"<<\""),
        ("=", "\"=\""),
        ("-", "\"-\""),
        ("- a", "\"- a\""),
        ("---", "\"---\""),
        ("a: b", "\"a: b\""),
        ("a:", "\"a:\""),
        ("a #b", "\"a #b\""),
        ("#b", "\"#b\""),
        ("*a", "\"*a\""),
        ("&a", "\"&a\""),
        ("!a", "\"!a\""),
        ("%a", "\"%a\""),
        ("@a", "\"@a\""),
        (" a", "\" a\""),
        ("a ", "\"a \""),
        ("say \"a\"", "say \"a\""),
        ("\"a\\", "\"\\\"a\\\\\""),
        ("a\tb", "\"a\\tb\""),
        ("a\u{2028}b\u{7}", "\"a\\U00002028b\\U00000007\""),
        ("a\nb", "|-\n  a\n  b"),
        ("a\n\n b\n", "|\n  a\n\n   b"),
        ("\na", "\"\\na\""),
    ];
    for (text, expected) in cases {
        assert_eq!(emit(Json::String(text)), format!("{expected}\n"), "{text:?}");
    }
}

#[test]
fn a_manifest_is_written_as_kubectl_writes_it() {
    let pod = serde_json::json!({
        "status": {},
        "spec": {
            "containers": [{"args": ["driver", "one\ntwo\n\n", ["nested"]], "env": [], "name": "spark"}, {}],
            "terminationGracePeriodSeconds": 30,
        },
        "kind": "Pod",
        "metadata": {"labels": {"8080": "yes", "a": null}},
        "apiVersion": "v1",
    });
    let arena = Arena::new();
    insta::assert_snapshot!(emit(arena.import(&pod)), @r#"
    apiVersion: v1
    kind: Pod
    metadata:
      labels:
        "8080": "yes"
        a: null
    spec:
      containers:
      - args:
        - driver
        - |+
          one
          two

        - - nested
        env: []
        name: spark
      - {}
      terminationGracePeriodSeconds: 30
    status: {}
    "#);
}

/// Texts that mean something to a reader of YAML, and any other.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+.:_0-9eExXoOTZ ]{0,12}",
        "[-:#?,&*!|>'\"%@`~<={}\\[\\]\\\\ \n\ta]{0,8}",
        "(y|n|yes|No|ON|off|true|False|null|~|<<|---|\\.\\.\\.)",
        "\\PC{0,8}",
        any::<String>().prop_map(|text| text.chars().take(20).collect()),
    ]
}

fn trees() -> impl Strategy<Value = Value> {
    let leaves = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    leaves.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(texts(), inner, 0..5)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again_as_the_same(tree in trees()) {
        let arena = Arena::new();
        let text = emit(arena.import(&tree));
        if tree.is_null() {
            prop_assert_eq!(text, "null\n");
        } else {
            prop_assert_eq!(read(&text), Ok(tree), "{}", text);
        }
    }
}
