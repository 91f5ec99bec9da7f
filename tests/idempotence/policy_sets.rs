//! Policy sets of all mutations, and what each entry names of an object.

use std::collections::BTreeMap;
use std::slice;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use sparkgate::engine::policy::{PolicySet, Source};

use crate::judging::policies;

const KEYS: [&str; 4] = ["pool", "zone", "example.com/pool", "team"];
const VALUES: [&str; 3] = ["a", "b", ""];

/// Tolerations that a policy can give.
pub fn tolerations() -> Vec<Value> {
    vec![
        json!({"key": "spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"}),
        json!({"key": "spot", "value": "true", "effect": "NoSchedule"}),
        json!({"key": "spot", "operator": "Exists"}),
        json!({"operator": "Exists"}),
        json!({"key": "spot", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}),
        json!({"key": "example.com/spot", "operator": "Exists", "effect": "NoExecute"}),
    ]
}

pub fn node_selector() -> impl Strategy<Value = BTreeMap<&'static str, &'static str>> {
    btree_map(select(&KEYS[..]), select(&VALUES[..]), 0..4)
}

/// One entry of `mutate`, before it is written down.
#[derive(Clone, Debug)]
pub struct Entry {
    pub role: Option<&'static str>,
    pub on_conflict: &'static str,
    required: bool,
    pub rule: &'static str,
    pub fields: Value,
}

#[derive(Clone, Debug)]
pub struct Policy {
    pub name: String,
    pub order: i32,
    pub entries: Vec<Entry>,
}

impl Policy {
    fn source(&self) -> Source {
        let entries: Vec<Value> = self
            .entries
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                let mut written = json!({
                    "name": format!("entry-{index}"),
                    "onConflict": entry.on_conflict,
                    "required": entry.required,
                    entry.rule: entry.fields,
                });
                if let Some(role) = entry.role {
                    written["roles"] = json!([role]);
                }
                written
            })
            .collect();
        let document = json!({
            "apiVersion": "sparkgate.io/v1alpha1",
            "kind": "SparkPolicy",
            "metadata": {"name": self.name},
            "spec": {"order": self.order, "mutate": entries},
        });
        Source {
            name: format!("{}.json", self.name),
            text: document.to_string(),
        }
    }
}

/// The policies as they are loaded.
pub fn compiled(set: &[Policy]) -> PolicySet {
    policies(&set.iter().map(Policy::source).collect::<Vec<_>>())
}

fn node_selectors() -> impl Strategy<Value = (&'static str, Value)> {
    btree_map(select(&KEYS[..]), select(&VALUES[..]), 1..4).prop_map(|selector| ("nodeSelector", json!(selector)))
}

fn lists_of_tolerations() -> impl Strategy<Value = (&'static str, Value)> {
    vec(select(tolerations()), 1..3).prop_map(|list| ("tolerations", json!(list)))
}

fn one_of(rule: &'static str, fields: Vec<Value>) -> impl Strategy<Value = (&'static str, Value)> {
    select(fields).prop_map(move |fields| (rule, fields))
}

fn secrets() -> impl Strategy<Value = (&'static str, Value)> {
    one_of(
        "envFromSecret",
        vec![
            json!({"secret": "lake"}),
            json!({"secret": "lake", "prefix": "LAKE_", "containers": "all"}),
            json!({"secret": "lake", "keys": {"TOKEN": "token"}, "containers": "all"}),
            json!({"secret": "other", "keys": {"TOKEN": "key", "TZ": "zone"}}),
        ],
    )
}

/// Labels from labels are taken from such as no policy sets: a circle of overrides never comes to rest.
fn metadata() -> impl Strategy<Value = (&'static str, Value)> {
    one_of(
        "metadata",
        vec![
            json!({"labels": {"team": {"value": "a"}}}),
            json!({"labels": {"team": {"podLabel": "spark-role"}, "example.com/pool": {"value": "b"}}}),
            json!({"labels": {"zone": {"applicationLabel": "none", "default": ""}}}),
            json!({"annotations": {"example.com/of": {"podLabel": "spark-app-selector", "default": "x"}}}),
            json!({"annotations": {"prometheus.io/port": {"value": "1"}}}),
        ],
    )
}

fn properties() -> impl Strategy<Value = (&'static str, Value)> {
    one_of(
        "sparkConf",
        vec![
            json!({"spark.decommission.enabled": "true"}),
            json!({"spark.decommission.enabled": "false", "spark.eventLog.dir": "s3a://logs"}),
            json!({"spark.acme~a/b": "1"}),
        ],
    )
}

fn exporters() -> impl Strategy<Value = (&'static str, Value)> {
    one_of(
        "jmxExporter",
        vec![
            json!({"image": "exporter:1", "config": {"inline": {}}}),
            json!({"image": "exporter:2", "port": 9405, "jmxPort": 9998, "config": {"inline": {"rules": []}}, "prometheusAnnotations": true}),
            json!({"mode": "agent", "jar": "/opt/jmx.jar", "config": {"inline": {}}}),
            json!({"mode": "agent", "image": "exporter:1", "jar": "/jmx.jar", "config": {"inline": {}}}),
        ],
    )
}

/// Parts of a template's spec, of which some contradict others.
fn parts() -> Vec<Value> {
    let injected = |name: &str, image: &str| {
        json!({
            "name": name,
            "image": image,
            "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "100m", "memory": "64Mi"}},
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "capabilities": {"drop": ["ALL"]},
                "runAsNonRoot": true,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
        })
    };
    let term = |key: &str| {
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": key, "operator": "Exists"}]},
        ]}}}})
    };
    let mut logs = injected("logs-of-ours", "logs:1");
    logs["restartPolicy"] = json!("Always");
    vec![
        json!({"terminationGracePeriodSeconds": 60}),
        json!({"terminationGracePeriodSeconds": 90, "schedulerName": "yunikorn"}),
        json!({"priorityClassName": "one"}),
        json!({"priorityClassName": "two"}),
        json!({"nodeSelector": {"pool": "c", "team": "a"}}),
        json!({"tolerations": [{"key": "spot", "operator": "Exists"}]}),
        json!({"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}]}),
        json!({"initContainers": [injected("fetch", "tool:1"), logs]}),
        json!({"initContainers": [injected("fetch", "tool:2")]}),
        json!({"securityContext": {"runAsUser": 1000, "runAsNonRoot": true}}),
        term("a"),
        term("b"),
        json!({"fromTheFuture": {"a": {"b": 1}, "c~/": [1]}}),
    ]
}

/// Parts of what a template says of the Spark container.
fn parts_of_spark() -> Vec<Value> {
    vec![
        json!({"env": [{"name": "TZ", "value": "UTC"}]}),
        json!({"env": [{"name": "TOKEN", "value": "fixed"}, {"name": "SPARK_SUBMIT_OPTS", "value": "-Da=b"}]}),
        json!({"volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}),
        json!({"lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}}}),
        json!({"ports": [{"containerPort": 9404, "name": "ours"}]}),
        json!({"resources": {"limits": {"example.com/gpu": 1, "memory": "9Gi"}}}),
    ]
}

fn templates() -> impl Strategy<Value = (&'static str, Value)> {
    (subsequence(parts(), 1..5), subsequence(parts_of_spark(), 0..4)).prop_map(|(parts, of_spark)| {
        let merged = |parts: Vec<Value>| {
            parts.into_iter().fold(json!({}), |mut all, part| {
                json_patch::merge(&mut all, &part);
                all
            })
        };
        let mut spec = merged(parts);
        spec["volumes"] = json!([{"name": "cache", "emptyDir": {}}]);
        let mut spark = merged(of_spark);
        spark["name"] = json!("spark");
        spec["containers"] = json!([spark]);
        let metadata = json!({"labels": {"zone": "c"}});
        ("podTemplate", json!({"inline": {"metadata": metadata, "spec": spec}}))
    })
}

fn sets(rules: impl Strategy<Value = (&'static str, Value)>) -> impl Strategy<Value = Vec<Policy>> {
    let entry = (
        select(vec![None, Some("driver"), Some("executor")]),
        select(vec!["keep", "override", "deny"]),
        any::<bool>(),
        rules,
    )
        .prop_map(|(role, on_conflict, required, (rule, fields))| Entry {
            // Properties are of the job, not of a role.
            role: role.filter(|_| rule != "sparkConf"),
            on_conflict,
            required,
            rule,
            fields,
        });
    vec((0..3, vec(entry, 1..4)), 1..4).prop_map(|policies| {
        let named = policies
            .into_iter()
            .enumerate()
            .map(|(index, (order, entries))| Policy {
                name: format!("policy-{index}"),
                order,
                entries,
            });
        named.collect()
    })
}

/// Sets of all mutations.
pub fn policy_sets() -> impl Strategy<Value = Vec<Policy>> {
    sets(prop_oneof![
        node_selectors(),
        lists_of_tolerations(),
        secrets(),
        metadata(),
        properties(),
        exporters(),
        templates(),
    ])
}

/// Sets of those mutations whose result a few lines can foretell.
pub fn policy_sets_about_nodes() -> impl Strategy<Value = Vec<Policy>> {
    sets(prop_oneof![node_selectors(), lists_of_tolerations()])
}

impl Entry {
    /// The places that it is about, of an object whose Spark container stands at `spark`. `*` stands for any token.
    pub fn places(&self, spark: usize) -> Vec<Vec<String>> {
        let spark = format!("spec/containers/{spark}");
        let of_lists = |fields: &[&str]| -> Vec<String> {
            let lists = match self.fields["containers"].as_str() {
                Some("all") => vec!["spec/containers/*", "spec/initContainers/*"],
                _ => vec![spark.as_str()],
            };
            let of_list = |list: &str| fields.iter().map(|field| format!("{list}/{field}")).collect::<Vec<_>>();
            lists.into_iter().flat_map(of_list).collect()
        };
        let fixed = match self.rule {
            "tolerations" => vec!["spec/tolerations".to_owned()],
            "envFromSecret" => of_lists(&["env", "envFrom"]),
            "jmxExporter" => [
                of_lists(&["env", "volumeMounts", "ports"]),
                ["spec/volumes", "spec/initContainers", "metadata/annotations"]
                    .map(str::to_owned)
                    .to_vec(),
            ]
            .concat(),
            _ => Vec::new(),
        };
        let mut places: Vec<Vec<String>> = fixed
            .iter()
            .map(|place| place.split('/').map(str::to_owned).collect())
            .collect();
        let mut members = |place: &[&str], fields: &Value| {
            let place: Vec<String> = place.iter().map(|token| (*token).to_owned()).collect();
            places.extend(leaves(place, fields));
        };
        match self.rule {
            "nodeSelector" => members(&["spec", "nodeSelector"], &self.fields),
            "sparkConf" => members(&["spec", "sparkConf"], &self.fields),
            "metadata" => {
                for (list, values) in self.fields.as_object().unwrap() {
                    for key in values.as_object().unwrap().keys() {
                        members(&["metadata", list, key], &Value::Null);
                    }
                }
            }
            "podTemplate" => {
                let template = &self.fields["inline"];
                let mut spec = template["spec"].clone();
                let containers = spec.as_object_mut().unwrap().remove("containers").unwrap();
                members(&["metadata"], &template["metadata"]);
                members(&["spec"], &spec);
                members(&spark.split('/').collect::<Vec<_>>(), &containers[0]);
                if spec["priorityClassName"].is_string() {
                    // What the API server works out of it.
                    members(&["spec", "priority"], &Value::Null);
                    members(&["spec", "preemptionPolicy"], &Value::Null);
                }
            }
            _ => {}
        }
        places
    }
}

/// The places of a value's parts that have no members.
pub fn leaves(place: Vec<String>, value: &Value) -> Vec<Vec<String>> {
    let members = value.as_object().filter(|members| !members.is_empty());
    let Some(members) = members else {
        return vec![place];
    };
    let of_member = |(key, value): (&String, &Value)| leaves([&place[..], slice::from_ref(key)].concat(), value);
    members.iter().flat_map(of_member).collect()
}
