//! Command lines that are written as one text, such as the options of a JVM.

/// Splits a command line at white space, but not within quotes: `Utils.splitCommandString`, and `parseOptionString` of
/// `CommandBuilderUtils`, which are the same in all that starts at all.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\\', Some('"') | None) => {
                if let Some(next) = characters.next() {
                    word.get_or_insert_default().push(next);
                }
            }
            (character, Some(open)) if character == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (character, None) if character.is_whitespace() => words.extend(word.take()),
            (character, _) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn splits_as_a_shell_does() {
        let cases: [(&str, &[&str]); 6] = [
            ("-Xss4m  -Da=b", &["-Xss4m", "-Da=b"]),
            ("-Da='b c' -Dd=\"e f\"", &["-Da=b c", "-Dd=e f"]),
            ("-Da=b\\ c", &["-Da=b c"]),
            ("\"\" x", &["", "x"]),
            ("'a\\b'", &["a\\b"]),
            ("  ", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text), expected, "{text}");
        }
    }
}
