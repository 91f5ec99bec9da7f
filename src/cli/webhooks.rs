//! `sparkgate manifests`: the webhook configurations for the policies in force.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Exit;
use crate::engine::label;
use crate::policies;
use crate::webhooks::{FailurePolicy, Label, MANAGED, Scope, Webhooks};

/// The arguments of `manifests`.
#[derive(Debug, clap::Args)]
pub struct WebhooksArguments {
    /// Directory of policy files; without it, only the built-in policy applies
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,

    /// Namespace of the server
    #[arg(short, long, value_name = "NAME", default_value = "sparkgate")]
    namespace: String,

    /// Ask about the namespaces that have this label
    #[arg(long, value_name = "KEY=VALUE", default_value = MANAGED, value_parser = Label::parse)]
    namespace_label: Label,

    /// Ask about all namespaces, but for those that a cluster needs to get well again
    #[arg(long, conflicts_with = "namespace_label")]
    cluster_wide: bool,

    /// What becomes of objects while nobody answers /validate; /mutate always lets them pass
    #[arg(long, value_name = "POLICY", default_value = "Fail", value_parser = failure_policy_parser())]
    failure_policy: FailurePolicy,

    /// For how many seconds a request may wait for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=30))]
    timeout: u8,
}

fn failure_policy_parser() -> impl TypedValueParser<Value = FailurePolicy> {
    PossibleValuesParser::new(FailurePolicy::ALL.map(FailurePolicy::as_str)).try_map(|word| {
        FailurePolicy::ALL
            .into_iter()
            .find(|policy| policy.as_str() == word)
            .ok_or("no such policy")
    })
}

/// Runs the command.
///
/// # Errors
/// Policies that do not load, configurations that could lock a cluster out, and a standard output that cannot be written to.
pub fn run(arguments: &WebhooksArguments) -> anyhow::Result<Exit> {
    let WebhooksArguments {
        policies: directory,
        namespace,
        namespace_label,
        cluster_wide,
        failure_policy,
        timeout,
    } = arguments;
    ensure!(
        label::is_dns_label(namespace),
        "`{namespace}` is no namespace: write up to 63 small letters, digits and `-`"
    );
    let scope = if *cluster_wide {
        Scope::Cluster
    } else {
        Scope::Labelled(namespace_label.clone())
    };
    let webhooks = Webhooks {
        policies: &policies::load(directory.as_deref(), 1)?,
        namespace,
        scope: &scope,
        failure_policy: *failure_policy,
        timeout_seconds: *timeout,
    };
    let text = webhooks.render()?;
    match io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Clean),
        written => written.map(|()| Exit::Clean).context("cannot write the configurations"),
    }
}
