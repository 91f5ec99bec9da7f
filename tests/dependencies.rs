//! What must not come into the program by way of another crate.

use std::fs;
use std::path::Path;

/// Two providers of cryptography make rustls panic when it is asked for the default one; and OpenSSL is not built here.
#[test]
fn there_is_one_provider_of_cryptography() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let names: Vec<&str> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).collect();
    assert!(names.contains(&"\"ring\""));
    for unwanted in [
        "\"aws-lc-rs\"",
        "\"aws-lc-sys\"",
        "\"native-tls\"",
        "\"openssl\"",
        "\"openssl-sys\"",
    ] {
        assert!(
            !names.contains(&unwanted),
            "{unwanted} is in Cargo.lock: look for a default feature with cargo tree -i"
        );
    }
}
