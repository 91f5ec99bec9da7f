//! What is known of the cluster that sparkgate runs in: watches that keep it in memory, so that no request waits for
//! the API server.
//!
//! They need these rights, which `manifests/base/rbac.yaml` grants to sparkgate's service account:
//!
//! ```yaml
//! rules:
//!   - apiGroups: [""]
//!     resources: [namespaces, resourcequotas, limitranges, pods]
//!     verbs: [list, watch]
//!   - apiGroups: [scheduling.k8s.io]
//!     resources: [priorityclasses]
//!     verbs: [list, watch]
//!   - apiGroups: [node.k8s.io]
//!     resources: [runtimeclasses]
//!     verbs: [list, watch]
//!   - apiGroups: [sparkoperator.k8s.io, spark.apache.org]
//!     resources: [sparkapplications]
//!     verbs: [list, watch]
//!   - apiGroups: [events.k8s.io]
//!     resources: [events]
//!     verbs: [create, patch]
//! ```
//!
//! What may not be listed is not known, and the rules that need it answer so. What else is needed is said in [`lease`].

pub mod events;
pub mod facts;
pub mod lease;
pub mod resource;
pub mod store;
pub mod version;
pub mod watch;

#[cfg(test)]
mod fake_api;

use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// For how long what a watch told is still believed when the watch fails, counted from its first failure; the next
/// failure after that makes it unknown. An API server that is upgraded or restarted is back by then as a rule, and little
/// changes while it is away. What is older may be wrong without anybody noticing.
const BELIEF_TIME: Duration = Duration::from_secs(5 * 60);
/// How long one watch call lasts, in seconds, before the next one takes its place. A connection that died silently goes
/// unnoticed for as long.
const WATCH_SECONDS: u32 = 50;
/// How long the API server may say nothing: a little longer than a watch in which nothing happens.
const SILENCE_TIME: Duration = Duration::from_secs(60);

/// Why there is nothing to watch.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// This is not a pod with a service account.
    #[error("not in a cluster: {0}")]
    Outside(#[from] InClusterError),
    /// The file does not say how to reach an API server.
    #[error("cannot use the kubeconfig {}: {reason}", path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, without quoting it.
        reason: String,
    },
    /// The service account's files, or what the kubeconfig names, are of no use.
    #[error("cannot make a client of the API server")]
    Client(#[from] kube::Error),
}

/// A client of the API server that this pod belongs to, as the pod's service account; with a kubeconfig, of the cluster
/// and as the user of its current context. It makes no connection yet.
///
/// # Errors
/// Outside of a cluster when there is no kubeconfig, and where the service account's files or the kubeconfig cannot be
/// used.
pub async fn client(kubeconfig: Option<&Path>) -> Result<Client, ClusterError> {
    let config = match kubeconfig {
        Some(path) => read(path).await.map_err(|error| ClusterError::Kubeconfig {
            path: path.to_owned(),
            reason: reason(&error),
        })?,
        None => Config::incluster()?,
    };
    Ok(client_for(config)?)
}

async fn read(kubeconfig: &Path) -> Result<Config, KubeconfigError> {
    Config::from_custom_kubeconfig(Kubeconfig::read_from(kubeconfig)?, &KubeConfigOptions::default()).await
}

fn reason(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(error, _) => error.to_string(),
        // The parser quotes the lines around a mistake, and there are tokens in them.
        KubeconfigError::Parse(_) => "it is not the YAML or JSON of a kubeconfig".to_owned(),
        _ => error.to_string(),
    }
}

fn client_for(mut config: Config) -> kube::Result<Client> {
    // By default, a call to an API server that hangs never ends.
    config.read_timeout = Some(SILENCE_TIME);
    // The silence before a call does not count.
    config.reset_reader_on_write = true;
    // By default, the client tries again by itself for minutes, before whoever watches hears of a failure.
    config.default_retry = false;
    Client::try_from(config)
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResourceLabels {
    resource: &'static str,
}

/// What is told about facts.
#[derive(Clone, Debug)]
pub struct Metrics {
    synced: Family<ResourceLabels, Gauge>,
}

impl Metrics {
    /// Adds the families to `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            synced: Family::default(),
        };
        registry.register(
            "facts_synced",
            "1 when the facts about a resource of the cluster are known, 0 when they are not",
            metrics.synced.clone(),
        );
        metrics
    }

    /// The gauge of one resource.
    fn synced(&self, resource: &'static str) -> Gauge {
        self.synced.get_or_create_owned(&ResourceLabels { resource })
    }
}
