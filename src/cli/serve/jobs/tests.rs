use std::time::Instant;

use prometheus_client::registry::Registry;
use serde_json::json;

use super::*;
use crate::cluster::events::Outbox;
use crate::engine::facts::ResourceQuota;
use crate::engine::policy::Source;
use crate::engine::quantity::Quantity;

const POLICY: &str = "apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {name: quota}\nspec: {validate: [{name: fits, quotaFit: {}}]}";

/// The sinks of the watches, with what they are told.
struct World {
    jobs: Arc<Jobs>,
    kubeflow: Applications,
    apache: Applications,
    pods: Pods,
    outbox: Outbox,
}

impl World {
    /// Nothing was listed yet.
    fn new() -> Self {
        let source = Source {
            name: "quota.yaml".to_owned(),
            text: POLICY.to_owned(),
        };
        let policies = PolicySet::from_sources(&[source], 1).unwrap();
        let (events, outbox) = Events::register(&mut Registry::default());
        let jobs = Arc::new(Jobs {
            facts: Arc::default(),
            policies: Arc::new(ArcSwap::from_pointee(policies)),
            reservations: Arc::new(Reservations::register(&mut Registry::default())),
            events,
            operator_webhook: OperatorWebhook::Installed,
            kubernetes_version: None,
        });
        let demands = Arc::new(Demands::new(Arc::clone(&jobs)));
        let applications = |kind| Applications {
            kind,
            known: Reader {
                store: Arc::clone(jobs.facts.applications(kind).unwrap()),
                read: |object| StoredApplication::from_json(object).map(Arc::new),
            },
            demands: Arc::clone(&demands),
        };
        Self {
            kubeflow: applications(ApplicationKind::Kubeflow),
            apache: applications(ApplicationKind::Apache),
            pods: Pods(Arc::clone(&jobs)),
            outbox,
            jobs,
        }
    }

    /// Everything was listed, and there is nothing.
    fn empty() -> Self {
        let world = Self::new();
        world.jobs.facts.limit_ranges.list(Vec::new());
        world.jobs.facts.priority_classes.list(Vec::new());
        world.kubeflow.list(Vec::new());
        world.apache.list(Vec::new());
        world.pods.list(Vec::new());
        world
    }

    /// How many pods are reserved in the namespace; `None` when that is not known.
    fn reserved(&self) -> Option<u32> {
        let statement = self.jobs.reservations.statement("team", "", Instant::now())?;
        let pods: Quantity = statement.reserved.iter().map(|(_, charges)| charges.get("pods")).sum();
        Some(pods.to_string().parse().unwrap())
    }
}

fn read<S: Sink>(sink: &S, object: &Value) -> (Key, S::Fact) {
    let key = key(object["metadata"]["name"].as_str().unwrap());
    let fact = sink.read(&key, object);
    (key, fact)
}

fn apply<S: Sink>(sink: &S, object: &Value) {
    let (key, fact) = read(sink, object);
    sink.apply(key, fact);
}

fn key(name: &str) -> Key {
    Key {
        namespace: "team".to_owned(),
        name: name.to_owned(),
    }
}

/// An application of a driver and two executors.
fn application(name: &str, state: &str) -> Value {
    json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": name, "namespace": "team", "uid": "u-1", "labels": {"tier": "gold"}},
        "spec": {
            "type": "Scala",
            "mode": "cluster",
            "image": "spark:3.5.1",
            "mainClass": "Main",
            "mainApplicationFile": "local:///main.jar",
            "sparkVersion": "3.5.1",
            "driver": {"cores": 1, "memory": "2g"},
            "executor": {"cores": 1, "memory": "2g", "instances": 2},
        },
        "status": {"applicationState": {"state": state}},
    })
}

fn executor(name: &str, application: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "team",
            "labels": {
                "spark-app-selector": "spark-1",
                "spark-role": "executor",
                "sparkoperator.k8s.io/app-name": application,
            },
        },
        "spec": {"containers": [{
            "name": "spark-kubernetes-executor",
            "args": ["executor"],
            "env": [{"name": "SPARK_EXECUTOR_ID", "value": "1"}, {"name": "SPARK_APPLICATION_ID", "value": "spark-1"}],
            "resources": {"requests": {"cpu": 1}},
        }]},
    })
}

#[test]
fn nothing_is_reserved_for_sure_before_all_is_listed() {
    let world = World::new();
    world.jobs.facts.limit_ranges.list(Vec::new());
    world
        .kubeflow
        .list(vec![read(&world.kubeflow, &application("job", "RUNNING"))]);
    assert_eq!(world.reserved(), None);
    world.pods.list(Vec::new());
    assert_eq!(world.reserved(), None);
    world.apache.list(Vec::new());
    assert_eq!(world.reserved(), Some(3));
}

#[test]
fn an_application_reserves_until_it_ends() {
    let world = World::empty();
    assert_eq!(world.reserved(), Some(0));
    apply(&world.kubeflow, &application("job", ""));
    assert_eq!(world.reserved(), Some(3));
    apply(&world.pods, &executor("exec-1", "job"));
    assert_eq!(world.reserved(), Some(2));
    world.pods.delete(&key("exec-1"));
    assert_eq!(world.reserved(), Some(3));
    apply(&world.kubeflow, &application("job", "COMPLETED"));
    assert_eq!(world.reserved(), Some(0));
    apply(&world.kubeflow, &application("job", ""));
    world.kubeflow.delete(&key("job"));
    assert_eq!(world.reserved(), Some(0));
}

#[test]
fn a_list_of_one_kind_leaves_what_is_known_of_the_other() {
    let world = World::empty();
    apply(&world.kubeflow, &application("job", ""));
    world.apache.list(Vec::new());
    assert_eq!(world.reserved(), Some(3));
    world.kubeflow.list(Vec::new());
    assert_eq!(world.reserved(), Some(0));
}

#[test]
fn what_one_watch_loses_is_known_again_once_that_one_is_back() {
    let world = World::empty();
    apply(&world.kubeflow, &application("job", ""));
    world.apache.forget();
    assert_eq!(world.reserved(), None);
    world.apache.list(Vec::new());
    assert_eq!(world.reserved(), Some(3));
    world.pods.forget();
    assert_eq!(world.reserved(), None);
    world.pods.list(Vec::new());
    assert_eq!(world.reserved(), Some(3));
}

#[test]
fn as_long_as_one_demand_is_not_known_nothing_is() {
    let world = World::empty();
    world.jobs.facts.limit_ranges.forget();
    apply(&world.kubeflow, &application("job", ""));
    assert_eq!(world.reserved(), None);
    world.jobs.facts.limit_ranges.list(Vec::new());
    apply(&world.kubeflow, &application("job", ""));
    assert_eq!(world.reserved(), Some(3));

    world.jobs.facts.limit_ranges.forget();
    apply(&world.kubeflow, &application("job", ""));
    world.kubeflow.delete(&key("job"));
    assert_eq!(world.reserved(), Some(0));
}

#[test]
fn pods_that_no_operator_made_reserve_nothing_and_use_nothing() {
    let world = World::empty();
    apply(&world.kubeflow, &application("job", ""));
    let mut pod = executor("exec-1", "job");
    pod["metadata"]["labels"] = json!({"spark-app-selector": "spark-1", "spark-role": "executor"});
    apply(&world.pods, &pod);
    assert_eq!(world.reserved(), Some(3));
}

#[test]
fn an_application_that_another_replica_let_in_beyond_the_quota_is_told() {
    let mut world = World::empty();
    let quota = json!({
        "metadata": {"name": "small", "namespace": "team"},
        "spec": {"hard": {"pods": "4"}},
        "status": {"hard": {"pods": "4"}, "used": {"pods": "0"}},
    });
    let arena = Arena::new();
    let quota = ResourceQuota::from_json(arena.import(&quota)).unwrap();
    world.jobs.facts.quotas.list(vec![(key("small"), Some(quota))]);
    apply(&world.kubeflow, &application("fits", ""));
    assert_eq!(world.outbox.next_told(), None);
    apply(&world.kubeflow, &application("does-not", ""));
    let notice = world.outbox.next_told().unwrap();
    assert_eq!(notice.reason, "QuotaOverdrawn");
    assert_eq!(notice.regarding.name.as_deref(), Some("does-not"));
    assert!(
        notice.note.contains("the quotas small of the namespace"),
        "{}",
        notice.note
    );
}

#[test]
fn a_pod_is_judged_by_what_its_application_says() {
    let world = World::empty();
    let labels = |pod: &Value| {
        let arena = Arena::new();
        let request = Request::of_manifest(&arena, arena.import(pod), None).unwrap();
        let known = Known::about(&request, &*world.jobs.facts);
        known
            .facts(None)
            .application
            .map(|application| application.labels.clone())
    };
    let pod = executor("exec-1", "job");
    assert_eq!(labels(&pod), None);
    apply(&world.kubeflow, &application("job", ""));
    assert_eq!(labels(&pod).unwrap()["tier"], "gold");
    assert_eq!(labels(&executor("exec-1", "other")), None);
    world.kubeflow.forget();
    assert_eq!(labels(&pod), None);
}
