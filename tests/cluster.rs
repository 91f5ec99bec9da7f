//! sparkgate with a real API server: what is refused to people, what is stored, and what happens when sparkgate is away.
//!
//! The API server and its etcd are those of `KUBEBUILDER_ASSETS`, else of `/usr/local/kubebuilder/bin`, as for envtest.
//! There are no controllers, no nodes and no kubelets, so nothing runs: pods are only stored, and nobody makes service
//! accounts or counts quotas.

mod api_server;
mod balancer;
mod certificates;
mod client;
mod corpus;
mod facts;
mod manifests;
mod outage;
mod pods;
mod policies;
mod port;
mod quotas;
mod registration;
mod replicas;
mod sidecar_injector;
mod submitters;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use axum::http::Method;
use serde_json::{Map, Value, json};
use sparkgate::engine::json::Arena;
use sparkgate::engine::yaml::parse_stream;

use super::serve::process::{Server, until};
use api_server::ApiServer;
use client::Client;

/// Who runs `kubectl`.
const ADMIN: &str = "admin";
/// The server's namespace and service account.
const SPARKGATE: &str = "sparkgate";

/// The one of this run, which the tests share.
static CLUSTER: LazyLock<RwLock<Cluster>> = LazyLock::new(|| RwLock::new(Cluster::start()));

/// The cluster, for a test that keeps to a namespace of its own.
pub fn shared() -> RwLockReadGuard<'static, Cluster> {
    CLUSTER.read().unwrap_or_else(PoisonError::into_inner)
}

/// The cluster, for a test that others would notice.
pub fn alone() -> RwLockWriteGuard<'static, Cluster> {
    CLUSTER.write().unwrap_or_else(PoisonError::into_inner)
}

/// An API server, and who may ask it what.
pub struct Cluster {
    api_server: ApiServer,
    /// Somebody who may do everything.
    pub admin: Client,
}

impl Cluster {
    fn start() -> Self {
        let api_server = ApiServer::start();
        let admin = Client::new(&api_server.kubeconfig(api_server::ADMIN));
        for definition in documents(&root().join("tests/cluster/crds.yaml")) {
            admin.create(&definition).unwrap();
        }
        for path in [
            "sparkoperator.k8s.io/v1beta2/scheduledsparkapplications",
            "spark.apache.org/v1/sparkapplications",
        ] {
            until(&format!("{path} is served"), || {
                admin
                    .request(&Method::GET, &format!("/apis/{path}"), &Value::Null)
                    .is_ok()
            });
        }
        for kind in ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding"] {
            admin.create(&shipped(kind)).unwrap();
        }
        let cluster = Self { api_server, admin };
        for (whose, kubeconfig) in [
            (ADMIN, cluster.api_server.kubeconfig(api_server::ADMIN)),
            (SPARKGATE, cluster.kubeconfig_of(SPARKGATE, SPARKGATE)),
        ] {
            fs::write(cluster.file_of(whose), kubeconfig.to_string()).unwrap();
        }
        cluster
    }

    /// The kubeconfig of somebody who starts a program.
    fn file_of(&self, whose: &str) -> PathBuf {
        self.api_server.directory.join(whose).with_extension("kubeconfig")
    }

    /// Makes a namespace that sparkgate looks after. What a controller manager would make in it is there.
    pub fn namespace(&self, name: &str) {
        let labels = json!({"sparkgate.io/managed": "true"});
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
        self.admin.create(&namespace).unwrap();
        self.account(name, "default");
    }

    /// Makes a service account. Its pods get no token: they would be stored with a volume more than they were sent with.
    pub fn account(&self, namespace: &str, name: &str) {
        self.admin
            .create(&json!({
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"namespace": namespace, "name": name},
                "automountServiceAccountToken": false,
            }))
            .unwrap();
    }

    /// Makes a quota of which nothing is used.
    pub fn quota(&self, namespace: &str, hard: &Value) {
        let metadata = json!({"namespace": namespace, "name": "quota"});
        let spec = json!({"hard": hard});
        let mut quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec});
        self.admin.create(&quota).unwrap();
        let unused = hard
            .as_object()
            .unwrap()
            .keys()
            .map(|resource| (resource.clone(), json!("0")));
        quota["status"] = json!({"hard": hard, "used": unused.collect::<Map<_, _>>()});
        self.admin.replace_by("status", &quota).unwrap();
    }

    /// Lets a subject, such as `{"kind": "User", "name": "dana"}`, do everything with a resource of a namespace.
    pub fn allow(&self, namespace: &str, subject: &Value, group: &str, resource: &str) {
        let rbac = "rbac.authorization.k8s.io";
        let metadata = json!({"namespace": namespace, "name": resource});
        let rules = json!([{"apiGroups": [group], "resources": [resource], "verbs": ["*"]}]);
        let version = format!("{rbac}/v1");
        self.admin
            .create(&json!({"apiVersion": version, "kind": "Role", "metadata": metadata, "rules": rules}))
            .unwrap();
        self.admin
            .create(&json!({
                "apiVersion": version,
                "kind": "RoleBinding",
                "metadata": metadata,
                "roleRef": {"apiGroup": rbac, "kind": "Role", "name": resource},
                "subjects": [subject],
            }))
            .unwrap();
    }

    /// Asks as the owner of a token of the API server's own.
    pub fn user(&self, token: &str) -> Client {
        Client::new(&self.api_server.kubeconfig(token))
    }

    /// Asks as a service account.
    pub fn as_account(&self, namespace: &str, name: &str) -> Client {
        Client::new(&self.kubeconfig_of(namespace, name))
    }

    fn kubeconfig_of(&self, namespace: &str, account: &str) -> Value {
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
        let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
        let answer = self.admin.request(&Method::POST, &path, &request).unwrap();
        let mut kubeconfig = self.api_server.kubeconfig(answer["status"]["token"].as_str().unwrap());
        // As for a pod of the account.
        kubeconfig["contexts"][0]["context"]["namespace"] = json!(namespace);
        kubeconfig
    }

    /// Runs `kubectl` in the repository, as somebody who may do everything.
    pub fn kubectl(&self, arguments: &[&str]) -> Output {
        Command::new("kubectl")
            .current_dir(root())
            .env("KUBECONFIG", self.file_of(ADMIN))
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Starts `sparkgate serve` as its service account, with the rights that `manifests/` give it.
    pub fn sparkgate(&self, policies: &Path) -> Server {
        Server::start(&[
            "--kubeconfig",
            path(&self.file_of(SPARKGATE)),
            "--policies",
            path(policies),
        ])
    }

    /// The same in a directory that is there.
    pub fn sparkgate_in(&self, directory: &Path, policies: &Path) -> Server {
        let kubeconfig = self.file_of(SPARKGATE);
        Server::start_in(
            directory,
            &["--kubeconfig", path(&kubeconfig), "--policies", path(policies)],
        )
    }
}

/// Of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The documents of a file.
pub fn documents(file: &Path) -> Vec<Value> {
    let arena = Arena::new();
    let text = fs::read_to_string(file).unwrap();
    let (documents, errors) = parse_stream(&arena, &text);
    assert_eq!(errors, [], "{}", file.display());
    documents.iter().map(|document| document.root.to_value()).collect()
}

/// The one object of a kind in `manifests/base/`.
#[track_caller]
pub fn shipped(kind: &str) -> Value {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("manifests/base")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "yaml") {
            found.extend(documents(&file).into_iter().filter(|object| object["kind"] == kind));
        }
    }
    assert_eq!(found.len(), 1, "{kind}");
    found.remove(0)
}
