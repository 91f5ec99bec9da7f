//! `manifests/`, applied as its page says.

use super::shared;

#[test]
#[ignore = "needs KUBEBUILDER_ASSETS"]
fn are_what_the_api_server_takes_and_nothing_else() {
    let cluster = shared();
    // Of the overlays, the other wants cert-manager.
    for directory in [
        "manifests/base",
        "manifests/overlays/self-signed",
        "manifests/overlays/cluster-wide",
    ] {
        let applied = cluster.kubectl(&["apply", "--dry-run=server", "--validate=strict", "-k", directory]);
        let error = String::from_utf8(applied.stderr).unwrap();
        assert!(applied.status.success(), "{directory}: {error}");
    }
}
