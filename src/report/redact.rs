//! What a report must not show of the lines that it quotes: the values of environment variables and Secrets, of the
//! properties that Spark itself hides in its logs, and whatever else looks like a credential.

use json_patch::jsonptr::PointerBuf;

use crate::engine::json::Json;
use crate::engine::validate::secrets::{credential, options_before};
use crate::engine::yaml::Document;

/// What Spark's own `spark.redaction.regex` looks for, in lower case.
const SECRET_PROPERTIES: [&str; 5] = ["secret", "password", "token", "access.key", "accesskey"];

/// The text of a file with every secret value in its documents written over by `*`, one for each byte, so that every
/// place in it stays where it was. What is in none of the documents could not be read, and must not be quoted.
#[must_use]
pub fn redact(text: &str, documents: &[Document<'_>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for document in documents {
        let mut secrets = Vec::new();
        find_secrets(document.root, &mut PointerBuf::new(), &mut secrets);
        for position in secrets.iter().filter_map(|pointer| document.positions.value(pointer)) {
            let secret = bytes.get_mut(position.start..position.end).unwrap_or_default();
            // Line ends stay, so that lines keep their numbers.
            for byte in secret.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
                *byte = b'*';
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

fn find_secrets(json: Json<'_>, at: &mut PointerBuf, secrets: &mut Vec<PointerBuf>) {
    let is_secret = json.get("kind").and_then(Json::as_str) == Some("Secret");
    for (key, value) in json.members() {
        at.push_back(*key);
        match (*key, *value) {
            ("env", Json::Array(variables)) => {
                let values =
                    (0..variables.len()).map(|index| at.with_trailing_token(index).with_trailing_token("value"));
                secrets.extend(values);
            }
            ("envVars", Json::Object(variables)) => secrets.extend(each(at, variables)),
            ("data" | "stringData", Json::Object(entries)) if is_secret => secrets.extend(each(at, entries)),
            (_, Json::Object(_) | Json::Array(_)) => find_secrets(*value, at, secrets),
            _ if is_environment_variable(key) || is_secret_property(key) => secrets.push(at.clone()),
            (_, Json::String(text)) if credential(Some(key), text).is_some() => secrets.push(at.clone()),
            _ => {}
        }
        at.pop_back();
    }
    let items = json.items();
    for (index, (item, option)) in items.iter().zip(options_before(items)).enumerate() {
        at.push_back(index);
        if item.as_str().is_some_and(|text| credential(option, text).is_some()) {
            secrets.push(at.clone());
        }
        find_secrets(*item, at, secrets);
        at.pop_back();
    }
}

fn each(object: &PointerBuf, members: &[(&str, Json<'_>)]) -> Vec<PointerBuf> {
    members
        .iter()
        .map(|(key, _)| object.with_trailing_token(*key))
        .collect()
}

/// Whether a key is written as environment variables are, which people take for properties.
fn is_environment_variable(key: &str) -> bool {
    let is_of_a_variable = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    key.starts_with(|first: char| first.is_ascii_uppercase()) && key.chars().all(is_of_a_variable)
}

/// Whether a key is a property, which has dots, whose value is not for others' eyes: one that sets an environment
/// variable, `spark.executorEnv.NAME` or a misspelling of it, or one of those that Spark hides.
fn is_secret_property(key: &str) -> bool {
    let key = key.to_lowercase();
    key.rsplit_once('.')
        .is_some_and(|(head, _)| head.contains("env") || SECRET_PROPERTIES.iter().any(|word| key.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::json::Arena;
    use crate::engine::yaml::parse_stream;

    fn redacted(text: &str) -> String {
        let arena = Arena::new();
        redact(text, &parse_stream(&arena, text).0)
    }

    #[test]
    fn secret_values_are_written_over_and_nothing_else() {
        let cases = [
            (
                "env: [{name: A, value: geheim}, {name: B}]",
                "env: [{name: A, value: ******}, {name: B}]",
            ),
            (
                "- env:\n  - name: A\n    value: 'é'\n",
                "- env:\n  - name: A\n    value: ****\n",
            ),
            (
                "env:\n- value: |\n    one\n    two\n- name: B\n",
                "env:\n- value: |\n    ***\n*******\n- name: B\n",
            ),
            ("envVars: {A: x, B: y}", "envVars: {A: *, B: *}"),
            (
                "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]",
                "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]",
            ),
            (
                "sparkConf: {spark.hadoop.fs.s3a.secret.key: wJalr}",
                "sparkConf: {spark.hadoop.fs.s3a.secret.key: *****}",
            ),
            (
                "sparkConf: {fs.s3a.access.key: AK, spark.a.PassWord: p}",
                "sparkConf: {fs.s3a.access.key: **, spark.a.PassWord: *}",
            ),
            (
                "sparkConf: {spark.executorEnv.A: x, spark.kubernetes.driverEnv.A: y}",
                "sparkConf: {spark.executorEnv.A: *, spark.kubernetes.driverEnv.A: *}",
            ),
            (
                "sparkConf: {spark.executor.env.A: x, spark.kubernetes.driver.env.B: y, AWS_KEY_2: z}",
                "sparkConf: {spark.executor.env.A: *, spark.kubernetes.driver.env.B: *, AWS_KEY_2: *}",
            ),
            (
                "arguments: [--user, etl, --password, geheim, --token=geheim, -v]",
                "arguments: [--user, etl, --password, ******, **************, -v]",
            ),
            (
                "sparkConf: {spark.acme.db: \"postgresql://etl:geheim@db\", spark.acme.url: \"https://db\"}",
                "sparkConf: {spark.acme.db: ****************************, spark.acme.url: \"https://db\"}",
            ),
            ("javaOptions: -Da.password=geheim", "javaOptions: *******************"),
            (
                "sparkConf: {spark.executor.memory: 4g}",
                "sparkConf: {spark.executor.memory: 4g}",
            ),
            ("secret: {secretName: s}", "secret: {secretName: s}"),
            (
                "{kind: Secret, data: {a: eA==}, stringData: {b: x}}",
                "{kind: Secret, data: {a: ****}, stringData: {b: *}}",
            ),
            ("{kind: ConfigMap, data: {a: x}}", "{kind: ConfigMap, data: {a: x}}"),
            (
                "{\"items\": [{\"kind\": \"Secret\", \"data\": {\"a\": \"eA==\"}}]}",
                "{\"items\": [{\"kind\": \"Secret\", \"data\": {\"a\": ******}}]}",
            ),
            (
                "env: [{value: a}]\n---\nenv: [{value: b}]\n",
                "env: [{value: *}]\n---\nenv: [{value: *}]\n",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(redacted(text), expected);
        }
    }
}
