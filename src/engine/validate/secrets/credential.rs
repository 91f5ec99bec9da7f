//! Credentials by the name of what holds them.

/// Words that name a credential where they stand together, and what it is.
const PHRASES: [(&[&str], &str); 18] = [
    (&["secret", "access", "key"], "a key"),
    (&["password"], "a password"),
    (&["passwd"], "a password"),
    (&["passphrase"], "a password"),
    (&["pwd"], "a password"),
    (&["access", "key"], "a key"),
    (&["secret", "key"], "a key"),
    (&["api", "key"], "a key"),
    (&["private", "key"], "a key"),
    (&["account", "key"], "a key"),
    (&["shared", "key"], "a key"),
    (&["auth", "key"], "a key"),
    (&["azure", "sas"], "a key"),
    (&["connection", "string"], "a connection string"),
    (&["secret"], "a secret"),
    (&["token"], "a token"),
    (&["credential"], "a credential"),
    (&["credentials"], "a credential"),
];

/// The same, written as the end of one word.
const ENDINGS: [(&str, &str); 8] = [
    ("password", "a password"),
    ("passwd", "a password"),
    ("secretkey", "a key"),
    ("accesskey", "a key"),
    ("apikey", "a key"),
    ("privatekey", "a key"),
    ("accountkey", "a key"),
    ("authtoken", "a token"),
];

/// Words behind a phrase by which the name is that of something about a credential.
const ABOUT: [&str; 66] = [
    "age",
    "algorithm",
    "arn",
    "audience",
    "binding",
    "bit",
    "bits",
    "bucket",
    "capacity",
    "class",
    "count",
    "dir",
    "directory",
    "enable",
    "enabled",
    "endpoint",
    "envkeys",
    "expiration",
    "expiry",
    "file",
    "filenames",
    "files",
    "format",
    "header",
    "host",
    "id",
    "impl",
    "interval",
    "issuer",
    "item",
    "kind",
    "length",
    "lifetime",
    "limit",
    "location",
    "manager",
    "mapping",
    "max",
    "mechanism",
    "method",
    "min",
    "mount",
    "name",
    "names",
    "path",
    "pattern",
    "policy",
    "port",
    "principal",
    "provider",
    "providers",
    "rate",
    "ratio",
    "ref",
    "regex",
    "renewal",
    "renewer",
    "scope",
    "service",
    "size",
    "store",
    "ttl",
    "type",
    "url",
    "use",
    "wait",
];

/// Names that look like those of credentials, and say something else: `keytab` or `ccache`, and the working directory.
const OTHERS: [&str; 2] = ["spark.kerberos.renewal.credentials", "PWD"];
/// Properties of Spark's with this end name a file.
const KEY_FILE: &str = ".privateKey";

/// How references to credentials begin that something else resolves when the job runs.
const REFERENCES: [&str; 6] = ["$", "vault:", "arn:", "ref+", "op://", "sm://"];

/// What credential stands under a name, if the name is one's and the value is there.
pub(super) fn named(name: &str, value: &str) -> Option<&'static str> {
    let is_file = name.starts_with("spark.ssl.") && name.ends_with(KEY_FILE);
    if is_file || OTHERS.contains(&name) || is_elsewhere(value) {
        return None;
    }
    let words = words(name);
    (0..words.len()).find_map(|start| {
        let rest = words.get(start..)?;
        let (what, behind) = phrase_at(rest)?;
        let is_about = behind.iter().any(|word| ABOUT.contains(&word.as_str()));
        (!is_about).then_some(what)
    })
}

/// The phrase that words begin with, and the words behind it.
fn phrase_at(words: &[String]) -> Option<(&'static str, &[String])> {
    let phrase = PHRASES.iter().find_map(|(phrase, what)| {
        let behind = words.get(phrase.len()..)?;
        let is_it = words.iter().zip(*phrase).all(|(word, expected)| word == expected);
        is_it.then_some((*what, behind))
    });
    phrase.or_else(|| {
        let (first, behind) = words.split_first()?;
        let (_, what) = ENDINGS.iter().find(|(ending, _)| first.ends_with(ending))?;
        Some((*what, behind))
    })
}

/// The words of a name, in lower case: `AWS_SECRET`, `aws.secret` and `awsSecret` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_after_lower = false;
    for letter in name.chars() {
        let begins = !letter.is_alphanumeric() || (letter.is_uppercase() && is_after_lower);
        if begins {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        is_after_lower = letter.is_lowercase() || letter.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a text is no credential itself, but nothing, a switch, a placeholder, or the place where one is.
pub(super) fn is_elsewhere(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let is_path = value.starts_with("file:")
        || (value.matches('/').count() > 1 && value.starts_with('/') && !value.contains(['+', '=']));
    value.is_empty()
        || is_path
        || ["true", "false"]
            .iter()
            .any(|switch| value.eq_ignore_ascii_case(switch))
        || has_placeholder(value)
        || REFERENCES.iter().any(|reference| value.starts_with(reference))
}

/// Whether something is filled into a text later: `${…}`, `$(…)`, `{{…}}`, or the whole of it, `<…>`.
pub(super) fn has_placeholder(text: &str) -> bool {
    let has = |open: &str, close: &str| text.split_once(open).is_some_and(|(_, rest)| rest.contains(close));
    has("${", "}") || has("$(", ")") || has("{{", "}}") || (text.starts_with('<') && text.ends_with('>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_credentials() {
        let cases = [
            ("DB_PASSWORD", Some("a password")),
            ("DBPASSWORD", Some("a password")),
            ("db.pwd", Some("a password")),
            ("spark.ssl.keyStorePassword", Some("a password")),
            ("javax.jdo.option.ConnectionPassword", Some("a password")),
            ("spark.hadoop.fs.s3a.access.key", Some("a key")),
            ("spark.hadoop.fs.s3a.secret.key", Some("a key")),
            ("spark.hadoop.fs.s3a.bucket.data.session.token", Some("a token")),
            ("AWS_SECRET_ACCESS_KEY", Some("a key")),
            (
                "spark.hadoop.fs.azure.account.key.acme.dfs.core.windows.net",
                Some("a key"),
            ),
            ("spark.hadoop.fs.azure.account.oauth2.client.secret", Some("a secret")),
            ("AccountKey", Some("a key")),
            ("OPENAI_API_KEY", Some("a key")),
            ("spark.openlineage.transport.auth.apiKey", Some("a key")),
            ("spark.authenticate.secret", Some("a secret")),
            ("spark.kubernetes.authenticate.submission.oauthToken", Some("a token")),
            ("AZURE_STORAGE_CONNECTION_STRING", Some("a connection string")),
            ("GITHUB_TOKEN", Some("a token")),
            ("--db-password", Some("a password")),
            ("spark.kubernetes.authenticate.submission.oauthTokenFile", None),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", None),
            ("spark.hadoop.fs.s3a.aws.credentials.provider", None),
            ("spark.hadoop.hadoop.security.credential.provider.path", None),
            ("spark.authenticate.secretBitLength", None),
            ("spark.security.credentials.hive.enabled", None),
            ("spark.security.credentials.renewalRatio", None),
            ("spark.kubernetes.kerberos.tokenSecret.itemKey", None),
            ("spark.kubernetes.container.image.pullSecrets", None),
            ("spark.kerberos.renewal.credentials", None),
            ("spark.io.encryption.keySizeBits", None),
            ("spark.hadoop.fs.s3a.server-side-encryption.key", None),
            ("spark.redaction.regex", None),
            ("TOKENIZERS_PARALLELISM", None),
            ("MAX_TOKENS", None),
            ("SECRET_NAME", None),
            ("AWS_ACCESS_KEY_ID", None),
            ("PWD", None),
            ("PARTITION_KEY", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(named(name, "correct-horse"), expected, "{name}");
        }
    }

    #[test]
    fn of_sparks_own_properties_only_credentials_are_found() {
        let table = include_str!("../../spark_property/known.tsv");
        let names = table.lines().filter_map(|line| line.split('\t').next());
        let found: Vec<_> = names.filter(|name| named(name, "correct-horse").is_some()).collect();
        let ends = ["Password", "secret", "secret.values", "oauthToken", "token"];
        assert!(found.len() > 20);
        for name in found {
            assert!(ends.iter().any(|end| name.ends_with(end)), "{name}");
        }
    }

    #[test]
    fn what_is_kept_elsewhere_is_no_credential() {
        for value in [
            "",
            " ",
            "\"\"",
            "true",
            "False",
            "${env:DB_PASSWORD}",
            "$(DB_PASSWORD)",
            "$DB_PASSWORD",
            "{{ .Values.password }}",
            "{{secrets/scope/key}}",
            "<password>",
            "/var/run/secrets/token",
            "file:///etc/token",
            "vault:secret/data/db#password",
            "arn:aws:secretsmanager:eu-west-1:1:secret:db",
        ] {
            assert_eq!(named("DB_PASSWORD", value), None, "{value}");
        }
        for value in ["a", "123456", "/abc", "a/b/c", "/a+b/c=", "p$word", "{a}"] {
            assert_eq!(named("DB_PASSWORD", value), Some("a password"), "{value}");
        }
    }
}
