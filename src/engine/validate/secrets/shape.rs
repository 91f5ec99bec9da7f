//! Credentials by what they look like, wherever they stand.

use super::credential;

/// What keys that providers give out begin with, how many characters follow at least, and what they are.
const ISSUED: [(&str, usize, &str); 11] = [
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("AIza", 35, "a Google API key"),
    ("ghp_", 36, "a GitHub token"),
    ("gho_", 36, "a GitHub token"),
    ("ghs_", 36, "a GitHub token"),
    ("github_pat_", 36, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("dapi", 32, "a Databricks token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
];

/// What separates the parts of URLs, connection strings, options and commands.
const SEPARATORS: [char; 4] = [';', '&', '?', ','];

/// What a text has in it that looks like a credential.
pub(super) fn find(text: &str) -> Option<&'static str> {
    private_key(text)
        .or_else(|| issued(text))
        .or_else(|| web_token(text))
        .or_else(|| in_url(text))
        .or_else(|| in_oracle_url(text))
        .or_else(|| in_pairs(text))
}

fn private_key(text: &str) -> Option<&'static str> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    rest.contains("PRIVATE KEY-----").then_some("a private key")
}

fn issued(text: &str) -> Option<&'static str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    text.split(|letter| !is_part(letter)).find_map(|word| {
        ISSUED.iter().find_map(|(prefix, length, what)| {
            let rest = word.strip_prefix(prefix)?;
            let is_it = match *prefix {
                "AKIA" | "ASIA" => {
                    rest.len() == *length
                        && rest
                            .bytes()
                            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
                }
                "dapi" => rest.len() >= *length && rest.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'),
                _ => rest.len() >= *length,
            };
            is_it.then_some(*what)
        })
    })
}

/// `header.payload.signature`, of which the first two are JSON objects in base64, and so begin with `{"`.
fn web_token(text: &str) -> Option<&'static str> {
    const OBJECT: &str = "eyJ";
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    text.split(|letter| !is_part(letter))
        .any(|word| {
            let parts: Vec<&str> = word.split('.').collect();
            matches!(parts.as_slice(), [header, payload, _] if header.starts_with(OBJECT) && payload.starts_with(OBJECT))
        })
        .then_some("a JSON Web Token")
}

/// `scheme://user:password@host`.
fn in_url(text: &str) -> Option<&'static str> {
    text.split("://")
        .skip(1)
        .any(|rest| {
            let authority = rest
                .split(|letter: char| letter.is_whitespace() || matches!(letter, '/' | '?' | '#' | '"' | '\''))
                .next();
            let user = authority.and_then(|authority| Some(authority.rsplit_once('@')?.0));
            user.and_then(|user| user.split_once(':'))
                .is_some_and(|(_, password)| !credential::is_elsewhere(password))
        })
        .then_some("a URL with a password")
}

/// `jdbc:oracle:thin:user/password@host`.
fn in_oracle_url(text: &str) -> Option<&'static str> {
    let (_, rest) = text.split_once("jdbc:oracle:")?;
    let (_, rest) = rest.split_once(':')?;
    let (user, _) = rest.split_once('@')?;
    let (_, password) = user.split_once('/')?;
    (!credential::is_elsewhere(password)).then_some("a URL with a password")
}

/// `name=value`, as in `-Dname=value`, `;name=value` and `--name=value`, whose name is that of a credential.
fn in_pairs(text: &str) -> Option<&'static str> {
    let is_separator = |letter: char| letter.is_whitespace() || SEPARATORS.contains(&letter);
    let pairs = || text.split(is_separator).filter_map(|part| part.split_once('='));
    let named = pairs().find_map(|(name, value)| {
        let name = name.trim_start_matches(['-', '"', '\'']);
        // All of the text may be one `name=value` of which the value is another.
        credential::named(name.strip_prefix('D').unwrap_or(name), value)
    });
    let has = |wanted: &str| pairs().any(|(name, value)| name == wanted && !value.is_empty());
    named.or_else(|| (has("sig") && has("sv")).then_some("a shared access signature"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shapes_tell_credentials() {
        let header = "eyJhbGciOiJIUzI1NiJ9";
        let long = "a".repeat(40);
        let cases = [
            ("AKIAIOSFODNN7EXAMPLE".to_owned(), Some("an AWS access key")),
            ("key=AKIAIOSFODNN7EXAMPLE;".to_owned(), Some("an AWS access key")),
            ("AKIAIOSFODNN7EXAMPLEANDMORE".to_owned(), None),
            ("AKIAiosfodnn7example".to_owned(), None),
            (format!("ghp_{long}"), Some("a GitHub token")),
            ("ghp_short".to_owned(), None),
            (format!("https://x/{}?dapi=1", "glpat-"), None),
            (format!("dapi{}", "0".repeat(32)), Some("a Databricks token")),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE".to_owned(),
                Some("a private key"),
            ),
            ("-----BEGIN PRIVATE KEY-----".to_owned(), Some("a private key")),
            ("-----BEGIN CERTIFICATE-----".to_owned(), None),
            (
                format!("Bearer {header}.eyJzdWIiOiIxIn0.c2ln"),
                Some("a JSON Web Token"),
            ),
            (format!("{header}.c2ln"), None),
            ("eyJ.a.b".to_owned(), None),
            (
                "postgresql://etl:hunter2@db:5432/sales".to_owned(),
                Some("a URL with a password"),
            ),
            ("a, redis://:hunter2@cache".to_owned(), Some("a URL with a password")),
            ("https://user@host/a:b@c".to_owned(), None),
            ("https://user:${PASSWORD}@host".to_owned(), None),
            ("https://user:@host".to_owned(), None),
            ("s3a://bucket/a:b@c".to_owned(), None),
            ("http://[fd00::1]:80/".to_owned(), None),
            (
                "jdbc:oracle:thin:scott/tiger@db:1521:x".to_owned(),
                Some("a URL with a password"),
            ),
            ("jdbc:oracle:thin:@db:1521/x".to_owned(), None),
            (
                "jdbc:sqlserver://db;user=etl;password=hunter2".to_owned(),
                Some("a password"),
            ),
            (
                "jdbc:mysql://db/x?user=etl&password=hunter2".to_owned(),
                Some("a password"),
            ),
            ("jdbc:mysql://db/x?user=etl&password=${DB}".to_owned(), None),
            (
                "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=bm8=".to_owned(),
                Some("a key"),
            ),
            (
                "Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=bm8=".to_owned(),
                Some("a key"),
            ),
            (
                "https://a.blob.core.windows.net/c?sv=2024&sig=bm8%3D".to_owned(),
                Some("a shared access signature"),
            ),
            (
                "-Xmx1g -Djavax.net.ssl.trustStorePassword=changeit".to_owned(),
                Some("a password"),
            ),
            ("--password=hunter2".to_owned(), Some("a password")),
            (
                "Login required username=\"a\" password=\"b\";".to_owned(),
                Some("a password"),
            ),
            ("export DB_PASSWORD=hunter2 && run".to_owned(), Some("a password")),
            ("export DB_PASSWORD=$OTHER && run".to_owned(), None),
            ("-Djavax.net.ssl.trustStore=/etc/trust.jks -DDriver=1".to_owned(), None),
            ("SELECT token FROM t WHERE a = 1".to_owned(), None),
            ("(?i)secret|password|token".to_owned(), None),
            (String::new(), None),
        ];
        for (text, expected) in cases {
            assert_eq!(find(&text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_any_text_without_a_panic(text in ".*", name in ".*") {
            let _ = find(&text);
            let _ = credential::named(&name, &text);
        }
    }
}
