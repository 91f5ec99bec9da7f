//! The commands of a shell script, as far as they can be told without running it.

/// The words of each simple command. Quotes and escapes are taken off; variables stay as they are written.
pub(super) fn commands(script: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = script.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None | Some('"'), '\\') => match characters.next() {
                None | Some('\n') => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(character);
            }
            (None, '#') if word.is_none() => {
                characters
                    .by_ref()
                    .take_while(|character| *character != '\n')
                    .for_each(drop);
                commands.push(Vec::new());
            }
            (None, ';' | '&' | '|' | '\n' | '(' | ')' | '`') => {
                end(&mut word, &mut commands);
                commands.push(Vec::new());
            }
            (None, _) if character.is_whitespace() => end(&mut word, &mut commands),
            _ => word.get_or_insert_default().push(character),
        }
    }
    end(&mut word, &mut commands);
    commands.retain(|words| !words.is_empty());
    commands
}

fn end(word: &mut Option<String>, commands: &mut [Vec<String>]) {
    if let (Some(word), Some(command)) = (word.take(), commands.last_mut()) {
        command.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_scripts_apart() {
        let cases: [(&str, &[&[&str]]); 9] = [
            ("", &[]),
            ("one two", &[&["one", "two"]]),
            (
                "cd /opt && exec run --a 'b c'",
                &[&["cd", "/opt"], &["exec", "run", "--a", "b c"]],
            ),
            ("run \\\n  --conf \"a=b \\\"c\\\"\"", &[&["run", "--conf", "a=b \"c\""]]),
            ("# run this\nrun that # not this", &[&["run", "that"]]),
            ("a; b | c", &[&["a"], &["b"], &["c"]]),
            ("$(run --x)", &[&["$"], &["run", "--x"]]),
            ("run ''", &[&["run", ""]]),
            ("an 'open quote\n", &[&["an", "open quote\n"]]),
        ];
        for (script, expected) in cases {
            assert_eq!(commands(script), expected, "{script}");
        }
    }
}
