//! Command lines that are written as one text, such as the options of a JVM.

/// One word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// As it is written, with its quotes.
    pub written: &'t str,
    /// What is meant.
    pub value: String,
}

/// Splits a command line at white space, but not within quotes.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.value).collect()
}

/// Splits a command line as `Utils.splitCommandString` does, and `parseOptionString` of `CommandBuilderUtils`, which differs only in that it
/// refuses what is not closed.
#[must_use]
pub fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut begun: Option<(usize, String)> = None;
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (character, quote) {
            ('\\', Some('"') | None) => {
                if let Some((_, next)) = characters.next() {
                    begin(&mut begun, at).push(next);
                }
            }
            (character, Some(open)) if character == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(character);
                begin(&mut begun, at);
            }
            (character, None) if character.is_whitespace() => {
                words.extend(begun.take().map(|(start, value)| Word {
                    written: &text[start..at],
                    value,
                }));
            }
            (character, _) => begin(&mut begun, at).push(character),
        }
    }
    words.extend(begun.map(|(start, value)| Word {
        written: &text[start..],
        value,
    }));
    words
}

/// The value of the word that is under way, or of one that begins here.
fn begin(word: &mut Option<(usize, String)>, at: usize) -> &mut String {
    &mut word.get_or_insert_with(|| (at, String::new())).1
}

#[cfg(test)]
mod tests {
    use super::{split, words};

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

    #[test]
    fn keeps_each_word_as_it_is_written() {
        let text = " -Da='b c'  \"é\" x\\ y ";
        let written: Vec<&str> = words(text).iter().map(|word| word.written).collect();
        assert_eq!(written, ["-Da='b c'", "\"é\"", "x\\ y"]);
    }
}
