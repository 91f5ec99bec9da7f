//! `sparkgate serve`: answer the API server's admission reviews over TLS.

mod certificates;
mod denials;
mod facts;
mod jobs;

use std::future::pending;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, anyhow};
use arc_swap::ArcSwap;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use kube::Client;
use prometheus_client::registry::Registry;
use rustls::crypto::ring;
use rustls::server::danger::ClientCertVerifier;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use self::certificates::{CertificateArguments, Certificates};
use self::denials::Denials;
use self::jobs::Jobs;
use super::Exit;
use super::operator::OperatorArguments;
use crate::certs;
use crate::cluster::events::{Events, Outbox};
use crate::cluster::facts::ClusterFacts;
use crate::cluster::version::version;
use crate::cluster::watch::Settled;
use crate::cluster::{self, ClusterError};
use crate::engine;
use crate::engine::finding::Enforcement;
use crate::engine::kubernetes_version::KubernetesVersion;
use crate::policies;
use crate::policies::watch::Reloader;
use crate::server::accept::{self, Plain};
use crate::server::admin::{self, Admin, Readiness};
use crate::server::drain;
use crate::server::metrics;
use crate::server::reservations::Reservations;
use crate::server::routes::{self, Admission};
use crate::telemetry::{self, LogFormat};

/// How long requests are still accepted after SIGTERM: until every node has heard that this pod is no longer an endpoint
/// of the Service, API servers go on connecting to it.
const ENDPOINTS_TIME: Duration = Duration::from_secs(5);

/// The arguments of `serve`.
#[derive(Debug, clap::Args)]
pub struct ServeArguments {
    /// The directory with the policies; it is watched, and reloaded when it changes [default: only what is on by default]
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,

    /// Where to answer admission reviews, over TLS
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:9443")]
    listen: SocketAddr,

    /// Where to answer /livez, /readyz and /metrics, over plain HTTP
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8080")]
    admin_listen: SocketAddr,

    #[command(flatten)]
    certificates: CertificateArguments,

    /// Lower every policy to at most this, for the first weeks and for bad nights
    #[arg(long, value_name = "ENFORCEMENT", default_value = "deny", value_parser = enforcement_parser())]
    max_enforcement: Enforcement,

    /// The cluster to know the facts of, and as whom, where that is not the cluster and the service account of this pod
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,

    #[command(flatten)]
    operator: OperatorArguments,

    /// How the log looks; it goes to standard error, filtered by the variable `SPARKGATE_LOG`
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

fn enforcement_parser() -> impl TypedValueParser<Value = Enforcement> {
    PossibleValuesParser::new(Enforcement::ALL.map(Enforcement::as_str)).try_map(|word| {
        Enforcement::ALL
            .into_iter()
            .find(|enforcement| enforcement.as_str() == word)
            .ok_or("no such enforcement")
    })
}

/// Runs the command until a signal ends it.
///
/// # Errors
/// Where the server cannot start.
pub fn run(arguments: ServeArguments) -> anyhow::Result<Exit> {
    // Taken apart, so that an argument that nobody uses does not compile.
    let ServeArguments {
        policies,
        listen,
        admin_listen,
        certificates,
        max_enforcement,
        kubeconfig,
        operator,
        log_format,
    } = arguments;
    ring::default_provider()
        .install_default()
        .map_err(|_| anyhow!("another provider of cryptography is installed already"))?;
    telemetry::init(log_format)?;

    // Each module registers what it counts; the prefix is all that they have in common.
    let mut registry = Registry::with_prefix("sparkgate");
    let reload_metrics = policies::watch::Metrics::register(&mut registry);
    let certificate_metrics = certs::Metrics::register(&mut registry);
    let cluster_metrics = cluster::Metrics::register(&mut registry);
    let (events, outbox) = Events::register(&mut registry);
    let admission_metrics = metrics::Metrics::register(&mut registry);
    let reservations = Arc::new(Reservations::register(&mut registry));

    let reloader = policies
        .map(|directory| Reloader::start(&directory, max_enforcement, reload_metrics))
        .transpose()?;
    let in_force = match &reloader {
        Some(reloader) => reloader.policies(),
        None => Arc::new(ArcSwap::from_pointee(
            policies::load(None, 0)?.with_max_enforcement(max_enforcement),
        )),
    };
    let clients = certificates.clients()?;
    let certificates = certificates.load(certificate_metrics)?;

    let facts: Arc<ClusterFacts> = Arc::default();
    let (readiness, seen_readiness) = watch::channel(Readiness::Starting);
    let server = Server {
        listen,
        admin_listen,
        clients,
        certificates,
        reloader,
        jobs: Jobs {
            facts: Arc::clone(&facts),
            policies: Arc::clone(&in_force),
            reservations: Arc::clone(&reservations),
            events: events.clone(),
            operator_webhook: operator.webhook(),
            kubernetes_version: None,
        },
        kubeconfig,
        cluster_metrics,
        outbox,
        readiness,
        admission: Admission {
            policies: Arc::clone(&in_force),
            denials: Arc::new(Denials {
                facts: Arc::clone(&facts),
                events,
            }),
            facts,
            reservations,
            operator_webhook: operator.webhook(),
            kubernetes_version: None,
            evaluate: engine::evaluate,
            metrics: admission_metrics,
        },
        admin: Admin {
            readiness: seen_readiness,
            policies: in_force,
            registry: Arc::new(registry),
        },
    };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(server.serve())?;
    Ok(Exit::Clean)
}

/// Everything that there is to be before the first connection.
struct Server {
    listen: SocketAddr,
    admin_listen: SocketAddr,
    clients: Arc<dyn ClientCertVerifier>,
    certificates: Certificates,
    reloader: Option<Reloader>,
    jobs: Jobs,
    kubeconfig: Option<PathBuf>,
    cluster_metrics: cluster::Metrics,
    outbox: Outbox,
    readiness: watch::Sender<Readiness>,
    admission: Admission,
    admin: Admin,
}

impl Server {
    async fn serve(mut self) -> anyhow::Result<()> {
        let mut signals = Signals::new().context("cannot listen for signals")?;
        let webhook_port = bind(self.listen).await?;
        let admin_port = bind(self.admin_listen).await?;
        let (listen, admin_listen) = (webhook_port.local_addr()?, admin_port.local_addr()?);
        let policies = self.admission.policies.load_full();

        if let Some(reloader) = self.reloader {
            tokio::spawn(reloader.run());
        }
        tokio::spawn(accept::serve(admin_port, Plain, admin::router(self.admin), pending()));
        let client = match cluster::client(self.kubeconfig.as_deref()).await {
            Ok(client) => Some(client),
            Err(ClusterError::Outside(reason)) => {
                tracing::info!(%reason, "not in a cluster, of which nothing is known");
                None
            }
            Err(error) => return Err(error.into()),
        };
        let ca_file = self.certificates.ca_file();
        let resolver = tokio::select! {
            resolver = self.certificates.serve(client.as_ref()) => resolver?,
            _ = signals.next() => return Ok(()),
        };
        let tls = certs::server_config(Arc::clone(&resolver) as _, self.clients)?;
        if let Some(client) = client {
            tokio::spawn(self.outbox.run(client.clone()));
            tokio::select! {
                version = know(self.jobs, &client, &self.cluster_metrics) => self.admission.kubernetes_version = version,
                _ = signals.next() => return Ok(()),
            }
        }
        // A connection that comes before it is accepted waits in the kernel's backlog.
        self.readiness.send_replace(Readiness::Ready);
        tracing::info!(
            %listen,
            %admin_listen,
            generation = policies.generation(),
            policies = policies.policy_count(),
            "serving"
        );
        if let Some(ca_file) = &ca_file {
            log_trust(ca_file, listen);
        }
        if resolver.expired(SystemTime::now()) {
            tracing::warn!("the certificate has expired: API servers will not connect");
        }
        drop(policies);

        accept::serve(
            webhook_port,
            TlsAcceptor::from(Arc::new(tls)),
            drain::lead_away(routes::router(self.admission), self.readiness.subscribe()),
            stopped(signals, self.readiness),
        )
        .await;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Waits until the cluster is known, and tells the version of its API server, if it can be learnt. What jobs are to be charged is
/// worked out by all the rest.
async fn know(mut jobs: Jobs, client: &Client, metrics: &cluster::Metrics) -> Option<KubernetesVersion> {
    all(jobs.facts.watch(client, metrics)).await;
    let version = learn_version(client).await;
    jobs.kubernetes_version = version;
    all(jobs.watch(client, metrics)).await;
    version
}

async fn all(settled: Vec<Settled>) {
    for settled in settled {
        settled.wait().await;
    }
}

async fn learn_version(client: &Client) -> Option<KubernetesVersion> {
    match version(client).await {
        Ok(version) => Some(version),
        Err(error) => {
            let error = anyhow!(error);
            tracing::warn!(
                error = format!("{error:#}"),
                "the version of the API server is not known"
            );
            None
        }
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

fn log_trust(ca_file: &Path, address: SocketAddr) {
    let ca_file = ca_file.display();
    tracing::info!(
        %ca_file,
        "to trust this server: curl --cacert {ca_file} --data-binary @review.json https://localhost:{}/mutate",
        address.port()
    );
}

/// Waits for the end of serving, and tells of it beforehand.
async fn stopped(mut signals: Signals, readiness: watch::Sender<Readiness>) {
    let signal = signals.next().await;
    readiness.send_replace(Readiness::Draining);
    tracing::info!("draining");
    // SIGINT comes from somebody at a terminal, and so does a second signal: there are no endpoints to wait for.
    if signal == SignalKind::terminate() {
        tokio::select! {
            () = sleep(ENDPOINTS_TIME) => {}
            _ = signals.next() => {}
        }
    }
}

/// The signals that ask for an end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        }
    }
}
