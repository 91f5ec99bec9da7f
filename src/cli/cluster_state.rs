//! `--cluster`: what a cluster holds, from the manifests that `kubectl get -o yaml` prints, in place of the watches of a server.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;
use json_patch::jsonptr::PointerBuf;

use super::inputs;
use super::manifests::{self, Manifests, Object};
use super::operator::OperatorArguments;
use crate::engine::Facts;
use crate::engine::facts::{self, FactError, LimitRange, PriorityClass, ResourceQuota, RuntimeClass};
use crate::engine::finding::Blame;
use crate::engine::json::Arena;
use crate::engine::policy::PolicySet;
use crate::engine::quota::{Ledger, NotAdmitted, Statement, account_of, account_of_request, stored};
use crate::engine::request::{ObjectKind, Request};
use crate::engine::subject::{ApplicationKind, Subject};
use crate::engine::workload::kubeflow::OperatorWebhook;
use crate::engine::workload::pod::DriverPod;
use crate::report::{Failure, SourceFile};

/// The label that the API server gives to every namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// The option that names a cluster's state.
#[derive(Debug, clap::Args)]
pub struct ClusterArguments {
    /// What the cluster holds, as manifests: quotas, limit ranges, namespaces, priority classes, runtime classes, applications, pods.
    /// Files, directories, or - for standard input
    #[arg(long, value_name = "PATH")]
    cluster: Vec<PathBuf>,
}

/// What a cluster holds.
#[derive(Debug, Default)]
pub(super) struct ClusterState {
    namespaces: BTreeMap<String, NamespaceState>,
    priority_classes: Vec<PriorityClass>,
    runtime_classes: Vec<RuntimeClass>,
    operator_webhook: OperatorWebhook,
}

#[derive(Debug, Default)]
struct NamespaceState {
    labels: Option<BTreeMap<String, String>>,
    quotas: Vec<ResourceQuota>,
    limit_ranges: Vec<LimitRange>,
    drivers: Vec<DriverPod>,
    ledger: Option<Ledger>,
}

impl ClusterState {
    /// Reads what the option names; nothing is known of a cluster where it is not given. `namespace` is that of objects which name none.
    pub(super) fn load(
        arguments: &ClusterArguments,
        operator: OperatorArguments,
        policies: &PolicySet,
        namespace: Option<&str>,
    ) -> anyhow::Result<Self> {
        let mut state = Self {
            operator_webhook: operator.webhook(),
            ..Self::default()
        };
        let mut failures = Vec::new();
        let arena = Arena::of_file();
        let mut jobs = Vec::new();
        for input in inputs::find(&arguments.cluster, &mut failures) {
            let text = match input.read() {
                Ok(text) => arena.string(&text),
                Err(failure) => {
                    failures.push(failure);
                    continue;
                }
            };
            let read = Manifests::read(&arena, input.name(), text);
            failures.extend(read.failures);
            for document in &read.documents {
                for object in manifests::objects(&arena, document) {
                    let request = Request::of_manifest(&arena, object.manifest, namespace);
                    let noted = request.map_or(Ok(()), |request| state.note(&request, &mut jobs));
                    failures.extend(noted.err().map(|error| {
                        let pointer = object.at.concat(&error.pointer);
                        let position = document.positions.nearest(&pointer, Blame::Value);
                        failure(&read.file, &object, &error, (position.line, position.column))
                    }));
                }
            }
        }
        if let Some(failure) = failures.first() {
            bail!("cannot read what the cluster holds: {}", describe(failure));
        }
        if !arguments.cluster.is_empty() && state.is_empty() {
            bail!(
                "there is nothing of a cluster in what --cluster names: quotas, limit ranges, namespaces and the like"
            );
        }
        for known in state.namespaces.values_mut() {
            // As the API server lists them.
            known.limit_ranges.sort_by(|one, other| one.name.cmp(&other.name));
            known.quotas.sort_by(|one, other| one.name.cmp(&other.name));
        }
        state.open_ledgers(policies, &jobs);
        Ok(state)
    }

    /// What is known for a request about an object of this namespace, but for what its ledger says.
    pub(super) fn facts(&self, namespace: Option<&str>) -> Facts<'_> {
        let known = namespace.and_then(|namespace| self.namespaces.get(namespace));
        Facts {
            namespace_labels: known.and_then(|known| known.labels.as_ref()),
            quotas: known.map(|known| known.quotas.as_slice()),
            limit_ranges: known.map(|known| known.limit_ranges.as_slice()),
            application: None,
            statement: None,
            drivers: known.map(|known| known.drivers.as_slice()),
            priority_classes: some(&self.priority_classes),
            runtime_classes: some(&self.runtime_classes),
            kubernetes_version: None,
            operator_webhook: self.operator_webhook,
        }
    }

    /// What the namespace's ledger says to the application that a request is about.
    pub(super) fn statement(&self, request: &Request<'_>) -> Option<Statement> {
        let ledger = self.namespaces.get(request.namespace?)?.ledger.as_ref()?;
        Some(ledger.statement(&account_of_request(request)?))
    }

    fn is_empty(&self) -> bool {
        self.namespaces.is_empty() && self.priority_classes.is_empty() && self.runtime_classes.is_empty()
    }

    /// Keeps what an object tells. What is to be read once all else is known is put by.
    fn note<'a>(&mut self, request: &Request<'a>, jobs: &mut Vec<Request<'a>>) -> Result<(), FactError> {
        let Some(object) = request.object else {
            return Ok(());
        };
        let ObjectKind { group, kind, .. } = request.kind;
        match (group, kind) {
            ("", "ResourceQuota") => {
                let mut quota = ResourceQuota::from_json(object)?;
                quota.assume_unused();
                self.namespace_of(request)?.quotas.push(quota);
            }
            ("", "LimitRange") => {
                let range = LimitRange::from_json(object)?;
                self.namespace_of(request)?.limit_ranges.push(range);
            }
            ("", "Namespace") => {
                let known = self.namespaces.entry(request.name.to_owned()).or_default();
                let mut labels = facts::labels_of(object);
                labels.insert(NAME_LABEL.to_owned(), request.name.to_owned());
                known.labels = Some(labels);
            }
            ("scheduling.k8s.io", "PriorityClass") => self.priority_classes.push(PriorityClass::from_json(object)?),
            ("node.k8s.io", "RuntimeClass") => self.runtime_classes.push(RuntimeClass::from_json(object)?),
            _ => {
                let subject = Subject::of(request.kind, object);
                if let Subject::Pod(_) = subject
                    && let Err(NotAdmitted::Refused { pointer, message }) = stored::pod_of(object, &Facts::default())
                {
                    return Err(FactError { pointer, message });
                }
                if subject != Subject::Other {
                    let known = self.namespace_of(request)?;
                    known.drivers.extend(DriverPod::of(object));
                    jobs.push(*request);
                }
            }
        }
        Ok(())
    }

    fn namespace_of(&mut self, request: &Request<'_>) -> Result<&mut NamespaceState, FactError> {
        match request.namespace {
            Some(namespace) => Ok(self.namespaces.entry(namespace.to_owned()).or_default()),
            None => Err(FactError {
                pointer: PointerBuf::from_tokens(["metadata"]),
                message: "the object names no namespace: write it, or name it with --namespace".to_owned(),
            }),
        }
    }

    /// Enters the applications and the pods that there are.
    fn open_ledgers(&mut self, policies: &PolicySet, jobs: &[Request<'_>]) {
        let names: Vec<String> = self.namespaces.keys().cloned().collect();
        for name in names {
            let facts = self.facts(Some(&name));
            let own = jobs.iter().filter(|request| request.namespace == Some(&name));
            let ledger = ledger_of(own, policies, &facts).ok();
            if let Some(known) = self.namespaces.get_mut(&name) {
                known.ledger = ledger;
            }
        }
    }
}

/// The ledger of a namespace.
///
/// # Errors
/// What some application still has to come is not known.
fn ledger_of<'r, 'a: 'r>(
    jobs: impl Iterator<Item = &'r Request<'a>>,
    policies: &PolicySet,
    facts: &Facts<'_>,
) -> Result<Ledger, NotAdmitted> {
    let mut ledger = Ledger::default();
    for request in jobs {
        let Some(object) = request.object else {
            continue;
        };
        match Subject::of(request.kind, object) {
            // A schedule has no pods of its own: each of its runs is an application.
            Subject::Application(ApplicationKind::KubeflowScheduled) | Subject::Other => {}
            Subject::Application(kind @ (ApplicationKind::Kubeflow | ApplicationKind::Apache)) => {
                ledger.apply(
                    &account_of(kind, request.name),
                    stored::demand_of(policies, request, facts)?,
                );
            }
            Subject::Pod(_) => {
                if let Some(pod) = stored::pod_of(object, facts)? {
                    ledger.apply_pod(request.name, pod);
                }
            }
        }
    }
    Ok(ledger)
}

/// Every cluster has priority classes; where no manifest of one was given, none is known. Runtime classes are asked for by name only.
fn some<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}

fn failure(file: &SourceFile, object: &Object<'_>, error: &FactError, at: (u32, u32)) -> Failure {
    let name = object.name().unwrap_or(manifests::UNNAMED);
    Failure {
        file: file.name.clone(),
        at: Some(at),
        message: format!("{name}: {}", error.message),
        help: None,
    }
}

fn describe(failure: &Failure) -> String {
    match failure.at {
        Some((line, column)) => format!("{}:{line}:{column}: {}", failure.file, failure.message),
        None => format!("{}: {}", failure.file, failure.message),
    }
}
