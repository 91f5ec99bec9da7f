//! The version of the API server.

use kube::Client;

use crate::engine::kubernetes_version::KubernetesVersion;

/// Why the version is not known.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// The API server does not answer, or refuses.
    #[error("cannot ask the API server for its version")]
    Unanswered(#[from] kube::Error),
    /// It answers something else than two numbers.
    #[error("the API server says that its version is `{major}.{minor}`")]
    Unreadable {
        /// What it says of the first number.
        major: String,
        /// Of the second.
        minor: String,
    },
}

/// Asks for the version, which every service account may (`system:public-info-viewer`).
///
/// # Errors
/// An API server that does not answer, or not with a version.
pub async fn version(client: &Client) -> Result<KubernetesVersion, VersionError> {
    let info = client.apiserver_version().await?;
    KubernetesVersion::parse(&info.major, &info.minor).ok_or(VersionError::Unreadable {
        major: info.major,
        minor: info.minor,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::super::fake_api::{Behaviour, FakeApi};
    use super::*;

    #[tokio::test]
    async fn the_api_server_tells_its_version() {
        let api = FakeApi::new(Behaviour::Serves(1, Vec::new()));
        assert_eq!(version(&api.client()).await.unwrap(), KubernetesVersion::new(1, 33));
    }

    #[tokio::test]
    async fn an_api_server_that_refuses_leaves_it_unknown() {
        let api = FakeApi::new(Behaviour::Refuses(StatusCode::FORBIDDEN));
        assert!(matches!(version(&api.client()).await, Err(VersionError::Unanswered(_))));
    }
}
