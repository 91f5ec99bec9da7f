//! `manifests/`, applied as its page says.

use super::shared;

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn are_what_the_api_server_takes_and_nothing_else() {
    let cluster = shared();
    // What is left out wants cert-manager.
    for name in ["namespace", "rbac", "deployment", "webhooks"] {
        let file = format!("manifests/{name}.yaml");
        let applied = cluster.kubectl(&["apply", "--dry-run=server", "--validate=strict", "-f", &file]);
        let error = String::from_utf8(applied.stderr).unwrap();
        assert!(applied.status.success(), "{file}: {error}");
    }
}
