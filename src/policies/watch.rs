//! Reloading: the policies in force follow their directory. A set that does not load changes nothing.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::load::{self, LoadError};
use crate::directory_watch;
use crate::engine::finding::Enforcement;
use crate::engine::policy::{PolicySet, Source};

/// The first generation that is loaded from a directory. Without one, what is on by default is generation 0.
const FIRST_GENERATION: u64 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabels {
    result: &'static str,
}

const SUCCESS: ReloadLabels = ReloadLabels { result: "success" };
const FAILURE: ReloadLabels = ReloadLabels { result: "failure" };

/// What is counted about reloading.
#[derive(Clone, Debug)]
pub struct Metrics {
    generation: Gauge,
    reloads: Family<ReloadLabels, Counter>,
    last_reload_succeeded: Gauge,
}

impl Metrics {
    /// Adds the families to `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            generation: Gauge::default(),
            reloads: Family::default(),
            last_reload_succeeded: Gauge::default(),
        };
        registry.register(
            "policy_generation",
            "The generation of the policies in force",
            metrics.generation.clone(),
        );
        registry.register(
            "policy_reloads",
            "Changes of the policy directory, by whether the new set loaded",
            metrics.reloads.clone(),
        );
        registry.register(
            "policy_last_reload_succeeded",
            "1 when the policies in force are those in the directory, 0 when these do not load",
            metrics.last_reload_succeeded.clone(),
        );
        metrics.last_reload_succeeded.set(1);
        // Alerts on failures need the series before the first one.
        for labels in [SUCCESS, FAILURE] {
            drop(metrics.reloads.get_or_create(&labels));
        }
        metrics
    }

    fn in_force(&self, policies: &PolicySet) {
        self.generation
            .set(i64::try_from(policies.generation()).unwrap_or(i64::MAX));
    }

    fn reloaded(&self, policies: &PolicySet) {
        self.in_force(policies);
        self.reloads.get_or_create(&SUCCESS).inc();
        self.last_reload_succeeded.set(1);
    }

    fn not_reloaded(&self) {
        self.reloads.get_or_create(&FAILURE).inc();
        self.last_reload_succeeded.set(0);
    }
}

/// Keeps the policies in force in step with their directory.
#[derive(Debug)]
pub struct Reloader {
    directory: PathBuf,
    max_enforcement: Enforcement,
    metrics: Metrics,
    policies: Arc<ArcSwap<PolicySet>>,
    /// What the directory held when it was last looked at, whether or not that loaded; or why it could not be read.
    seen: Result<Vec<Source>, String>,
}

impl Reloader {
    /// Loads the policies of `directory` for the first time.
    ///
    /// # Errors
    /// Where they do not load.
    pub fn start(directory: &Path, max_enforcement: Enforcement, metrics: Metrics) -> Result<Self, LoadError> {
        let sources = load::read(directory)?;
        let policies = load::compile(&sources, FIRST_GENERATION)?.with_max_enforcement(max_enforcement);
        metrics.in_force(&policies);
        Ok(Self {
            directory: directory.to_owned(),
            max_enforcement,
            metrics,
            policies: Arc::new(ArcSwap::from_pointee(policies)),
            seen: Ok(sources),
        })
    }

    /// The handle through which the policies in force are read.
    #[must_use]
    pub fn policies(&self) -> Arc<ArcSwap<PolicySet>> {
        Arc::clone(&self.policies)
    }

    /// Looks at the directory. What it holds comes into force if it is new and loads; otherwise all stays as it is.
    pub fn reload(&mut self) {
        let found = load::read(&self.directory).map_err(|error| error.to_string());
        if found == self.seen {
            return;
        }
        let generation = self.policies.load().generation() + 1;
        match found
            .as_deref()
            .map_err(Clone::clone)
            .and_then(|sources| compile(sources, generation))
        {
            Ok(policies) => {
                let policies = policies.with_max_enforcement(self.max_enforcement);
                tracing::info!(generation, policies = policies.policy_count(), "policies reloaded");
                self.metrics.reloaded(&policies);
                self.policies.store(Arc::new(policies));
            }
            Err(error) => {
                tracing::error!(
                    generation = generation - 1,
                    error,
                    "policies not reloaded; those in force stay"
                );
                self.metrics.not_reloaded();
            }
        }
        self.seen = found;
    }

    /// Reloads whenever something happens in the directory, and every now and then, for ever.
    pub async fn run(self) {
        let directory = self.directory.clone();
        directory_watch::follow(&[&directory], self, Self::reload).await;
    }
}

/// Compiles a set. One that the compiler trips over is as bad as one that does not load.
fn compile(sources: &[Source], generation: u64) -> Result<PolicySet, String> {
    match catch_unwind(|| load::compile(sources, generation)) {
        Ok(compiled) => compiled.map_err(|error| error.to_string()),
        Err(_) => Err("compiling them failed inside sparkgate".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use prometheus_client::encoding::text;

    use super::*;

    fn policy(pool: &str) -> String {
        format!(
            "apiVersion: sparkgate.io/v1alpha1\n\
             kind: SparkPolicy\n\
             metadata: {{name: pools}}\n\
             spec:\n  mutate:\n    - name: pool\n      nodeSelector: {{node-pool: {pool}}}\n"
        )
    }

    fn exposition(registry: &Registry) -> String {
        let mut exposition = String::new();
        text::encode(&mut exposition, registry).unwrap();
        exposition
    }

    #[test]
    fn counts_a_generation_for_each_change_that_loads() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("pools.yaml");
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        fs::write(&file, policy("first")).unwrap();
        let mut reloader = Reloader::start(directory.path(), Enforcement::Deny, metrics).unwrap();
        let policies = reloader.policies();

        // What the file holds, then: the generation in force, reloads that succeeded and that failed, and the gauge.
        let cases = [
            (policy("first"), 1, 0, 0, 1),
            (policy("second"), 2, 1, 0, 1),
            (policy("second"), 2, 1, 0, 1),
            ("spec: [".to_owned(), 2, 1, 1, 0),
            ("spec: [".to_owned(), 2, 1, 1, 0),
            ("spec: {".to_owned(), 2, 1, 2, 0),
            (policy("third"), 3, 2, 2, 1),
        ];
        for (text, generation, successes, failures, last) in cases {
            fs::write(&file, &text).unwrap();
            reloader.reload();
            assert_eq!(policies.load().generation(), generation, "{text}");
            let exposition = exposition(&registry);
            for line in [
                format!("policy_generation {generation}\n"),
                format!("policy_reloads_total{{result=\"success\"}} {successes}\n"),
                format!("policy_reloads_total{{result=\"failure\"}} {failures}\n"),
                format!("policy_last_reload_succeeded {last}\n"),
            ] {
                assert!(exposition.contains(&line), "after {text}: no {line} in {exposition}");
            }
        }
    }

    #[test]
    fn keeps_the_policies_while_their_directory_is_away() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("policies");
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("pools.yaml"), policy("first")).unwrap();
        let metrics = Metrics::register(&mut Registry::default());
        let mut reloader = Reloader::start(&directory, Enforcement::Deny, metrics).unwrap();
        let policies = reloader.policies();

        fs::remove_dir_all(&directory).unwrap();
        reloader.reload();
        assert_eq!(policies.load().generation(), 1);

        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("pools.yaml"), policy("second")).unwrap();
        reloader.reload();
        assert_eq!(policies.load().generation(), 2);
    }
}
