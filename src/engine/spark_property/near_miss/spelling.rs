//! How a name is spelt, without what is most often wrong in it.

/// A name's letters alone, in one case; and the stems of its words.
pub(super) fn spellings(name: &str) -> [String; 2] {
    [letters(name), words(name).iter().map(|word| stem(word)).collect()]
}

/// A name's letters and digits, in lower case.
pub(super) fn letters(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

/// The words of a name, in lower case: `extraJavaOptions` has three.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut letters = name.chars().peekable();
    let mut last = ' ';
    while let Some(letter) = letters.next() {
        let is_capital =
            letter.is_uppercase() && (!last.is_uppercase() || letters.peek().is_some_and(|next| next.is_lowercase()));
        if is_capital || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        last = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The stems of words, in an order of their own.
pub(super) fn sorted_stems(words: &[String]) -> Vec<String> {
    let mut stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
    stems.sort_unstable();
    stems
}

/// A word in lower case without what tells many from one, and in full where people shorten it.
pub(super) fn stem(word: &str) -> String {
    let word = match word {
        "config" | "configuration" => "conf",
        "directory" => "dir",
        "enabled" => "enable",
        "k8s" => "kubernetes",
        "max" => "maximum",
        "mem" => "memory",
        "min" => "minimum",
        "opts" => "options",
        word => word,
    };
    let is_plural = word.len() > 3 && !word.ends_with("ss");
    let singular = word.strip_suffix('s').filter(|_| is_plural);
    singular.unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_words_of_a_name() {
        let cases: [(&str, &[&str]); 7] = [
            (
                "spark.driver.extraJavaOptions",
                &["spark", "driver", "extra", "java", "options"],
            ),
            (
                "spark.sql.sources.v2.bucketing",
                &["spark", "sql", "sources", "v2", "bucketing"],
            ),
            (
                "spark.kubernetes.executor.useDriverPodIP",
                &["spark", "kubernetes", "executor", "use", "driver", "pod", "ip"],
            ),
            ("HTTPServer", &["http", "server"]),
            ("dt-secret_key", &["dt", "secret", "key"]),
            ("..", &[]),
            ("", &[]),
        ];
        for (name, expected) in cases {
            assert_eq!(words(name), expected, "{name}");
        }
    }

    #[test]
    fn words_of_one_meaning_have_one_stem() {
        for (one, other) in [
            ("core", "cores"),
            ("enable", "enabled"),
            ("opts", "options"),
            ("option", "options"),
            ("k8s", "kubernetes"),
            ("dir", "directory"),
            ("class", "class"),
        ] {
            assert_eq!(stem(one), stem(other), "{one}");
        }
        for (one, other) in [("min", "max"), ("as", "a"), ("class", "clas"), ("read", "write")] {
            assert_ne!(stem(one), stem(other), "{one}");
        }
    }
}
