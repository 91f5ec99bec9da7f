//! What `java.util.Properties` makes of a text was asked of Java 17; the table is its answers, trimmed as Spark trims them.

use json_patch::jsonptr::PointerBuf;
use proptest::prelude::*;

use super::*;
use crate::engine::finding::Blame;

/// The properties of a text, and the lines and messages of its problems.
fn read(text: &str) -> (Vec<(String, String)>, Vec<String>) {
    let arena = Arena::new();
    let file = parse(&arena, text);
    let properties = file.document.root.members().iter();
    let properties = properties.map(|(name, value)| ((*name).to_owned(), value.as_str().unwrap().to_owned()));
    let problems = file.problems.iter().map(|problem| {
        let Position { line, column, .. } = problem.position;
        format!("{line}:{column}: {}", problem.kind)
    });
    (properties.collect(), problems.collect())
}

#[test]
fn a_line_means_what_it_means_to_java() {
    let cases: [(&str, &[(&str, &str)]); 30] = [
        ("a=b", &[("a", "b")]),
        ("a:b", &[("a", "b")]),
        ("a b", &[("a", "b")]),
        ("a\tb", &[("a", "b")]),
        ("  a = b  ", &[("a", "b")]),
        ("a  :  b", &[("a", "b")]),
        ("a==b", &[("a", "=b")]),
        ("a = = b", &[("a", "= b")]),
        ("a b=c", &[("a", "b=c")]),
        ("a=", &[("a", "")]),
        ("a =", &[("a", "")]),
        ("a\\=b=c", &[("a=b", "c")]),
        ("a\\:b\\ c d", &[("a:b c", "d")]),
        ("a\\\\=b", &[("a\\", "b")]),
        ("a=b\\nc\\td\\re\\ff\\zg\\\"", &[("a", "b\nc\td\re\u{c}fzg\"")]),
        ("a=\\u00e9\\u0041\\ud83d\\ude00", &[("a", "éA😀")]),
        ("a=b \\n", &[("a", "b \n")]),
        ("a=\\ b\\ ", &[("a", "b")]),
        ("# a=b\n  ! a=b\n\n \t\na=b", &[("a", "b")]),
        ("a=b # c", &[("a", "b # c")]),
        ("# a \\\nb=c", &[("b", "c")]),
        ("a=b,\\\n   c,\\\r\n\td", &[("a", "b,c,d")]),
        ("\\\n# c\na=b", &[("a", "b")]),
        ("a=b\\\n# c", &[("a", "b# c")]),
        ("a=b\\\\\nc=d", &[("a", "b\\"), ("c", "d")]),
        ("a=b\\\n\nc=d", &[("a", "b"), ("c", "d")]),
        ("a\\\n=b", &[("a", "b")]),
        ("\\\na=b\\", &[("a", "b")]),
        ("a=b\rc=d\r\ne=f\n", &[("a", "b"), ("c", "d"), ("e", "f")]),
        ("\n", &[]),
    ];
    for (text, expected) in cases {
        let (properties, problems) = read(text);
        let properties: Vec<_> = properties
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(properties, expected, "{text:?}");
        assert_eq!(problems, [""; 0], "{text:?}");
    }
}

#[test]
fn a_broken_line_is_named_and_the_others_are_read() {
    let text = "\
spark.a 1
spark.b
spark.c=\\u12g4
  spark.d\\u1=1
spark.a=2
spark.e = hunter2, \\
  \\u12
spark.f 3
";
    let (properties, problems) = read(text);
    let expected = [("spark.a", "2"), ("spark.f", "3")];
    assert_eq!(
        properties,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    let no_escape = "`\\u` is not followed by four hexadecimal digits: Spark cannot read the file";
    assert_eq!(
        problems,
        [
            "2:1: `spark.b` has no value",
            &format!("3:9: {no_escape}"),
            &format!("4:10: {no_escape}"),
            "5:1: `spark.a` is given twice, first at line 1; this one counts",
            &format!("7:3: {no_escape}"),
        ]
    );
}

#[test]
fn a_property_needs_a_name_and_a_byte_order_mark_spoils_the_first() {
    let cases: [(&str, &[&str], &[&str]); 5] = [
        (
            "=b\n: c\nspark.a 1",
            &["spark.a"],
            &[
                "1:1: there is a value without a name",
                "2:1: there is a value without a name",
            ],
        ),
        (
            "\u{feff}spark.a=1\nspark.b=2",
            &["spark.b"],
            &[
                "1:1: the file begins with a byte order mark: spark-submit takes it for a part of `spark.a`, which it leaves out",
            ],
        ),
        ("\u{feff}# comment\nspark.b=2", &["spark.b"], &[]),
        ("\u{feff}\nspark.b=2", &["spark.b"], &[]),
        ("\u{feff}", &[], &[]),
    ];
    for (text, expected, said) in cases {
        let (properties, problems) = read(text);
        let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected, "{text:?}");
        assert_eq!(problems, said, "{text:?}");
    }
}

#[test]
fn a_property_is_found_in_the_file() {
    let text = "# first\nspark.a=é1\n  spark.b\\:c  2  # not a comment\nspark.d=\nspark.e=3, \\\n        4\n";
    let arena = Arena::new();
    let positions = parse(&arena, text).document.positions;
    let cases = [
        ("spark.a", "é1", (2, 9)),
        ("spark.b:c", "2  # not a comment", (3, 15)),
        ("spark.d", "spark.d", (4, 1)),
        ("spark.e", "spark.e", (5, 1)),
        ("spark.none", "", (1, 1)),
    ];
    for (name, shown, place) in cases {
        let position = positions.nearest(&PointerBuf::from_tokens([name]), Blame::Value);
        assert_eq!(&text[position.start..position.end], shown, "{name}");
        assert_eq!((position.line, position.column), place, "{name}");
    }
    let whole = positions.value(&PointerBuf::from_tokens(["spark.e"])).unwrap();
    assert_eq!(&text[whole.start..whole.end], "3, \\\n        4");
}

proptest! {
    #[test]
    fn any_text_can_be_read(text in "[a-z=: \\\\\n\r\tu0#!é]{0,40}") {
        let arena = Arena::new();
        let file = parse(&arena, &text);
        for (name, _) in file.document.root.members() {
            let position = file.document.positions.value(&PointerBuf::from_tokens([*name])).unwrap();
            prop_assert!(text.get(position.start..position.end).is_some());
        }
    }
}
