use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::table::{Owner, Schema, Shape, paragraphs};
use super::{APACHE, KUBEFLOW, OF_APACHE, OF_KUBEFLOW, application_problems};
use crate::engine::finding::Blame;
use crate::engine::json::Arena;
use crate::engine::subject::ApplicationKind;

/// What is said of an object, a line a problem: the pointer, with ` (key)` where the key is to blame, the message, and
/// after ` -> ` the help.
fn problems(object: &Value, kind: ApplicationKind) -> Vec<String> {
    let arena = Arena::new();
    application_problems(arena.import(object), kind)
        .into_iter()
        .map(|problem| {
            let blame = match problem.blame {
                Blame::Key => " (key)",
                Blame::Value => "",
            };
            let help = problem.help.map(|help| format!(" -> {help}")).unwrap_or_default();
            format!("{}{blame}: {}{help}", problem.pointer, problem.message)
        })
        .collect()
}

/// The least that is a whole specification, with the fields of `more` added or put in place of its own, object by object.
fn spec(more: &Value) -> Value {
    let mut spec = json!({
        "type": "Scala",
        "sparkVersion": "3.5.1",
        "mainApplicationFile": "local:///app.jar",
        "driver": {"cores": 1},
        "executor": {"cores": 2},
    });
    merge(&mut spec, more);
    spec
}

fn merge(base: &mut Value, more: &Value) {
    match (base, more) {
        (Value::Object(base), Value::Object(more)) => {
            for (key, value) in more {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, more) => *base = more.clone(),
    }
}

fn application(more: &Value) -> Value {
    json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": "etl", "whatever": {"is": "here"}},
        "spec": spec(more),
    })
}

fn scheduled(template: &Value) -> Value {
    json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "ScheduledSparkApplication",
        "metadata": {"name": "etl"},
        "spec": {"schedule": "@daily", "concurrencyPolicy": "Forbid", "template": template},
    })
}

fn check(cases: &[(Value, &[&str])]) {
    for (more, expected) in cases {
        assert_eq!(
            problems(&application(more), ApplicationKind::Kubeflow),
            *expected,
            "{more}"
        );
    }
}

const REFUSED: &str = "kubectl refuses it, and from other clients the API server drops it";

/// One unknown field of a type: its pointer, the type, and the help.
fn check_unknown(cases: &[(Value, &str, &str, &str)]) {
    for (more, pointer, name, help) in cases {
        let key = pointer.rsplit('/').next().unwrap();
        let help = if help.is_empty() {
            String::new()
        } else {
            format!(" -> {help}")
        };
        let expected = format!("{pointer} (key): `{key}` is not a field of {name}: {REFUSED}{help}");
        assert_eq!(
            problems(&application(more), ApplicationKind::Kubeflow),
            [expected],
            "{more}"
        );
    }
}

#[test]
fn every_named_type_is_defined_once_and_used_and_all_are_in_order() {
    let mut used_by_any = BTreeSet::from(["Pod"]);
    for (tables, schema) in [(OF_KUBEFLOW, &KUBEFLOW), (OF_APACHE, &APACHE)] {
        let mut defined = BTreeSet::new();
        for (_, table) in tables {
            let names: Vec<_> = paragraphs(table).map(|(name, _)| name).collect();
            assert!(names.is_sorted(), "types out of order in {names:?}");
            assert!(
                table.lines().all(|line| line.len() <= 120),
                "a line of more than 120 columns"
            );
            for name in names {
                assert!(defined.insert(name), "{name} is defined twice");
            }
        }
        let mut used = BTreeSet::from(["SparkApplication", "ScheduledSparkApplication"]);
        for of in schema.types() {
            assert!(
                of.fields.iter().is_sorted_by(|one, next| one.name < next.name),
                "fields of {} out of order",
                of.name
            );
            used.extend(of.fields.iter().filter_map(|field| named(&field.shape)));
        }
        for of in schema.types().filter(|of| of.owner == Owner::Operator) {
            assert!(used.contains(of.name), "{} is used nowhere", of.name);
        }
        used.remove("ScheduledSparkApplication");
        assert!(used.is_subset(&defined), "{used:?} are not all defined");
        used_by_any.extend(used);
    }
    for of in KUBEFLOW.types().filter(|of| of.owner == Owner::Kubernetes) {
        assert!(used_by_any.contains(of.name), "{} is used nowhere", of.name);
    }
}

fn named(shape: &Shape) -> Option<&'static str> {
    match shape {
        Shape::Object(name) => Some(name),
        Shape::List(shape) | Shape::Map(shape) => named(shape),
        _ => None,
    }
}

#[test]
fn every_word_of_the_tables_is_a_field() {
    for (owner, table) in OF_KUBEFLOW.into_iter().chain(OF_APACHE) {
        let schema = Schema::parse(&[(owner, table)]);
        for (name, words) in paragraphs(table) {
            let fields = schema.get(name).map(|of| of.fields.len());
            assert_eq!(fields, Some(words.len()), "{name}");
        }
        let lines = table
            .lines()
            .filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()));
        assert_eq!(lines.count(), schema.types().count());
    }
}

#[test]
fn finds_the_misspelt_field_that_was_meant() {
    check_unknown(&[
        (
            json!({"drivers": {}}),
            "/spec/drivers",
            "SparkApplicationSpec",
            "did you mean `driver`?",
        ),
        (
            json!({"Image": "i"}),
            "/spec/Image",
            "SparkApplicationSpec",
            "did you mean `image`?",
        ),
        (
            json!({"sparkConfig": {}}),
            "/spec/sparkConfig",
            "SparkApplicationSpec",
            "did you mean `sparkConf`?",
        ),
        (
            json!({"spark_conf": {}}),
            "/spec/spark_conf",
            "SparkApplicationSpec",
            "did you mean `sparkConf`?",
        ),
        (
            json!({"arguements": []}),
            "/spec/arguements",
            "SparkApplicationSpec",
            "did you mean `arguments`?",
        ),
        (
            json!({"driver": {"memoryOverHead": "1g"}}),
            "/spec/driver/memoryOverHead",
            "DriverSpec",
            "did you mean `memoryOverhead`?",
        ),
        (
            json!({"driver": {"serviceAccountName": "spark"}}),
            "/spec/driver/serviceAccountName",
            "DriverSpec",
            "did you mean `serviceAccount`?",
        ),
        (
            json!({"executor": {"instance": 2}}),
            "/spec/executor/instance",
            "ExecutorSpec",
            "did you mean `instances`?",
        ),
        (
            json!({"dynamicAllocation": {"maxExecutor": 2}}),
            "/spec/dynamicAllocation/maxExecutor",
            "DynamicAllocation",
            "did you mean `maxExecutors`?",
        ),
        (
            json!({"executor": {"tolerations": [{"key": "spot", "efect": "NoSchedule"}]}}),
            "/spec/executor/tolerations/0/efect",
            "Toleration",
            "did you mean `effect`?",
        ),
        (
            json!({"volumes": [{"name": "tmp", "emptyDir": {"sizelimit": "1Gi"}}]}),
            "/spec/volumes/0/emptyDir/sizelimit",
            "EmptyDirVolumeSource",
            "did you mean `sizeLimit`?",
        ),
    ]);
}

#[test]
fn a_misspelt_field_is_not_missing_as_well() {
    let object = json!({"spec": {
        "type": "Scala", "sparkVersion": "3.5.1", "mainApplicationFile": "a", "driver": {}, "exector": {},
    }, "metadata": {}});
    let expected = format!(
        "/spec/exector (key): `exector` is not a field of SparkApplicationSpec: {REFUSED} -> did you mean `executor`?"
    );
    assert_eq!(problems(&object, ApplicationKind::Kubeflow), [expected]);
}

#[test]
fn finds_the_place_where_a_field_belongs() {
    check_unknown(&[
        (
            json!({"memory": "4g"}),
            "/spec/memory",
            "SparkApplicationSpec",
            "did you mean `spec.driver.memory` or `spec.executor.memory`?",
        ),
        (
            json!({"instances": 4}),
            "/spec/instances",
            "SparkApplicationSpec",
            "did you mean `spec.executor.instances`?",
        ),
        (
            json!({"minExecutors": 4}),
            "/spec/minExecutors",
            "SparkApplicationSpec",
            "did you mean `spec.dynamicAllocation.minExecutors`?",
        ),
        (
            json!({"onFailureRetries": 4}),
            "/spec/onFailureRetries",
            "SparkApplicationSpec",
            "did you mean `spec.restartPolicy.onFailureRetries`?",
        ),
        (
            json!({"driver": {"volumes": []}}),
            "/spec/driver/volumes",
            "DriverSpec",
            "did you mean `spec.volumes`?",
        ),
        (
            json!({"executor": {"sparkConf": {}}}),
            "/spec/executor/sparkConf",
            "ExecutorSpec",
            "did you mean `spec.sparkConf`?",
        ),
        (
            json!({"monitoring": {"exposeDriverMetrics": true, "exposeExecutorMetrics": true, "port": 8090}}),
            "/spec/monitoring/port",
            "MonitoringSpec",
            "did you mean `spec.monitoring.prometheus.port`?",
        ),
        (
            json!({"driver": {"fsGroup": 185}}),
            "/spec/driver/fsGroup",
            "DriverSpec",
            "did you mean `spec.driver.podSecurityContext.fsGroup`?",
        ),
        (
            json!({"driver": {"spec": {"containers": []}}}),
            "/spec/driver/spec",
            "DriverSpec",
            "did you mean `spec.driver.template.spec`?",
        ),
        (
            json!({"driverIngressOptions": [{"servicePort": 1, "servicePortName": "ui", "sparkUIOptions": {}}]}),
            "/spec/driverIngressOptions/0/sparkUIOptions",
            "DriverIngressConfiguration",
            "did you mean `spec.sparkUIOptions`?",
        ),
    ]);
}

#[test]
fn recites_the_fields_of_a_small_type_and_else_says_only_what_is_wrong() {
    check_unknown(&[
        (
            json!({"favouriteColour": "blue"}),
            "/spec/favouriteColour",
            "SparkApplicationSpec",
            "",
        ),
        (json!({"driver": {"name": "d"}}), "/spec/driver/name", "DriverSpec", ""),
        (
            json!({"executor": {"gpu": {"name": "nvidia.com/gpu", "quantity": 1, "vendor": "x"}}}),
            "/spec/executor/gpu/vendor",
            "GPUSpec",
            "GPUSpec has `name` and `quantity`",
        ),
    ]);
}

#[test]
fn finds_numbers_and_strings_of_the_wrong_type() {
    check(&[
        (
            json!({"driver": {"cores": "2"}}),
            &["/spec/driver/cores: `cores` is a string and should be an integer -> leave out the quotes"],
        ),
        (
            json!({"executor": {"instances": "3"}}),
            &["/spec/executor/instances: `instances` is a string and should be an integer -> leave out the quotes"],
        ),
        (
            json!({"executor": {"instances": "three"}}),
            &["/spec/executor/instances: `instances` is a string and should be an integer"],
        ),
        (
            json!({"driver": {"cores": 1.5}}),
            &["/spec/driver/cores: `cores` is a fraction and should be an integer"],
        ),
        (json!({"driver": {"cores": 2.0}}), &[]),
        (
            json!({"sparkConf": {"spark.executor.cores": 4}}),
            &[
                "/spec/sparkConf/spark.executor.cores: `spark.executor.cores` is an integer and should be a string \
               -> put it in quotes",
            ],
        ),
        (
            json!({"sparkConf": {"spark.speculation": true, "spark.memory.fraction": 0.6}}),
            &[
                "/spec/sparkConf/spark.memory.fraction: `spark.memory.fraction` is a fraction and should be a string \
                 -> put it in quotes",
                "/spec/sparkConf/spark.speculation: `spark.speculation` is a boolean and should be a string \
                 -> put it in quotes",
            ],
        ),
        (
            json!({"sparkConf": [{"spark.executor.cores": "4"}]}),
            &["/spec/sparkConf: `sparkConf` is a list and should be an object \
               -> write `name: value`, without a `- ` before it"],
        ),
        (
            json!({"hadoopConf": {"a/b": 1}}),
            &["/spec/hadoopConf/a~1b: `a/b` is an integer and should be a string -> put it in quotes"],
        ),
        (
            json!({"sparkVersion": 3.5}),
            &["/spec/sparkVersion: `sparkVersion` is a fraction and should be a string -> put it in quotes"],
        ),
        (
            json!({"memoryOverheadFactor": 0.2}),
            &[
                "/spec/memoryOverheadFactor: `memoryOverheadFactor` is a fraction and should be a string \
               -> put it in quotes",
            ],
        ),
    ]);
}

#[test]
fn finds_lists_and_objects_of_the_wrong_type() {
    check(&[
        (
            json!({"arguments": "--date=today"}),
            &["/spec/arguments: `arguments` is a string and should be a list -> begin each item with `- `"],
        ),
        (
            json!({"arguments": ["--days", 7]}),
            &["/spec/arguments/1: an item of `arguments` is an integer and should be a string -> put it in quotes"],
        ),
        (
            json!({"driver": {"env": {"APP_ENV": "production"}}}),
            &["/spec/driver/env: `env` is an object and should be a list -> begin each item with `- `"],
        ),
        (
            json!({"driver": {"env": [{"name": "PASSWORD", "value": 1234}]}}),
            &["/spec/driver/env/0/value: `value` is an integer and should be a string -> put it in quotes"],
        ),
        (
            json!({"driver": {"env": ["APP_ENV=production"]}}),
            &[
                "/spec/driver/env/0: an item of `env` is a string and should be an object \
               -> EnvVar has `name`, `value` and `valueFrom`",
            ],
        ),
        (
            json!({"restartPolicy": "Never"}),
            &[
                "/spec/restartPolicy: `restartPolicy` is a string and should be an object -> RestartPolicy has \
               `onFailureRetries`, `onFailureRetryInterval`, `onSubmissionFailureRetries`, \
               `onSubmissionFailureRetryInterval` and `type`",
            ],
        ),
        (
            json!({"dynamicAllocation": {"enabled": "true"}}),
            &["/spec/dynamicAllocation/enabled: `enabled` is a string and should be a boolean -> leave out the quotes"],
        ),
        (
            json!({"dynamicAllocation": {"enabled": "yes"}}),
            &["/spec/dynamicAllocation/enabled: `enabled` is a string and should be a boolean"],
        ),
        (
            json!({"driver": {"labels": {"canary": false}}}),
            &["/spec/driver/labels/canary: `canary` is a boolean and should be a string -> put it in quotes"],
        ),
        (
            json!({"imagePullSecrets": [{"name": "registry"}]}),
            &["/spec/imagePullSecrets/0: an item of `imagePullSecrets` is an object and should be a string"],
        ),
        (
            json!({"driver": [{"cores": 1}]}),
            &["/spec/driver: `driver` is a list and should be an object \
               -> write `name: value`, without a `- ` before it"],
        ),
    ]);
}

#[test]
fn quantities_and_ports_are_integers_or_strings() {
    let sidecar = |resources: Value| json!({"driver": {"sidecars": [{"name": "s", "resources": resources}]}});
    let templated = |resources: Value| json!({"driver": {"template": {"spec": {"containers": [{"name": "s", "resources": resources}]}}}});
    let probe =
        |port: Value| json!({"driver": {"sidecars": [{"name": "s", "livenessProbe": {"tcpSocket": {"port": port}}}]}});
    check(&[
        (sidecar(json!({"limits": {"cpu": 1, "memory": "1Gi"}})), &[]),
        (templated(json!({"limits": {"cpu": 0.5, "memory": "1Gi"}})), &[]),
        (
            sidecar(json!({"limits": {"cpu": 0.5}})),
            &[
                "/spec/driver/sidecars/0/resources/limits/cpu: `cpu` is a fraction and should be an integer or a string \
               -> put it in quotes",
            ],
        ),
        (
            templated(json!({"limits": {"cpu": true}})),
            &[
                "/spec/driver/template/spec/containers/0/resources/limits/cpu: `cpu` is a boolean and should be \
               an integer or a string",
            ],
        ),
        (probe(json!(8080)), &[]),
        (probe(json!("http")), &[]),
        (
            probe(json!([8080])),
            &[
                "/spec/driver/sidecars/0/livenessProbe/tcpSocket/port: `port` is a list and should be \
               an integer or a string",
            ],
        ),
    ]);
}

#[test]
fn finds_values_outside_an_enum() {
    check(&[
        (
            json!({"type": "python"}),
            &["/spec/type: `type` must be `Java`, `Python`, `Scala` or `R` -> did you mean `Python`?"],
        ),
        (
            json!({"type": "Kotlin"}),
            &["/spec/type: `type` must be `Java`, `Python`, `Scala` or `R`"],
        ),
        (
            json!({"mode": "in-cluster-client"}),
            &["/spec/mode: `mode` must be `cluster` or `client`"],
        ),
        (
            json!({"pythonVersion": "3.11"}),
            &["/spec/pythonVersion: `pythonVersion` must be `2` or `3`"],
        ),
        (
            json!({"pythonVersion": 3}),
            &["/spec/pythonVersion: `pythonVersion` is an integer and should be a string -> put it in quotes"],
        ),
        (
            json!({"restartPolicy": {"type": "OnFail"}}),
            &["/spec/restartPolicy/type: `type` must be `Never`, `Always` or `OnFailure`"],
        ),
        (
            json!({"executor": {"tolerations": [{"operator": "Exist", "effect": "NoSchedul"}]}}),
            &[
                "/spec/executor/tolerations/0/effect: `effect` must be `NoSchedule`, `PreferNoSchedule` or `NoExecute` \
                 -> did you mean `NoSchedule`?",
                "/spec/executor/tolerations/0/operator: `operator` must be `Exists`, `Equal`, `Lt` or `Gt` \
                 -> did you mean `Exists`?",
            ],
        ),
        (
            json!({"executor": {"tolerations": [{"operator": "Regex", "effect": ""}]}}),
            &[],
        ),
    ]);
}

#[test]
fn finds_what_is_missing() {
    let cases: [(Value, ApplicationKind, &[&str]); 6] = [
        (
            json!({"metadata": {}, "spec": {}}),
            ApplicationKind::Kubeflow,
            &[
                "/spec: `driver` is missing: SparkApplicationSpec requires it",
                "/spec: `executor` is missing: SparkApplicationSpec requires it",
                "/spec: `mainApplicationFile` is missing: SparkApplicationSpec requires it",
                "/spec: `sparkVersion` is missing: SparkApplicationSpec requires it",
                "/spec: `type` is missing: SparkApplicationSpec requires it",
            ],
        ),
        (
            application(&json!({"driver": null})),
            ApplicationKind::Kubeflow,
            &["/spec: `driver` is missing: SparkApplicationSpec requires it"],
        ),
        (
            application(&json!({"monitoring": {"exposeDriverMetrics": true, "prometheus": {}}})),
            ApplicationKind::Kubeflow,
            &[
                "/spec/monitoring/prometheus: `jmxExporterJar` is missing: PrometheusSpec requires it",
                "/spec/monitoring: `exposeExecutorMetrics` is missing: MonitoringSpec requires it",
            ],
        ),
        (
            application(&json!({"driver": {"volumeMounts": [{"name": "tmp"}]}})),
            ApplicationKind::Kubeflow,
            &["/spec/driver/volumeMounts/0: `mountPath` is missing: VolumeMount requires it"],
        ),
        (
            json!({"metadata": {}, "spec": {"template": spec(&json!({}))}}),
            ApplicationKind::KubeflowScheduled,
            &["/spec: `schedule` is missing: ScheduledSparkApplicationSpec requires it"],
        ),
        (
            json!({"metadata": {}}),
            ApplicationKind::Kubeflow,
            &[": `spec` is missing: SparkApplication requires it"],
        ),
    ];
    for (object, kind, expected) in cases {
        assert_eq!(problems(&object, kind), expected, "{object}");
    }
}

#[test]
fn finds_a_specification_one_level_too_deep() {
    let nested = format!(
        "/spec/template/spec (key): `spec` is not a field of SparkApplicationSpec: {REFUSED} -> \
         `template` holds the fields of SparkApplicationSpec itself: move what is under `spec` up one level"
    );
    assert_eq!(
        problems(
            &scheduled(&json!({"spec": spec(&json!({}))})),
            ApplicationKind::KubeflowScheduled
        ),
        [nested]
    );

    let object = json!({"metadata": {}, "spec": {"spec": spec(&json!({}))}});
    let nested = format!(
        "/spec/spec (key): `spec` is not a field of SparkApplicationSpec: {REFUSED} -> \
         `spec` holds the fields of SparkApplicationSpec itself: move what is under `spec` up one level"
    );
    assert_eq!(problems(&object, ApplicationKind::Kubeflow), [nested]);
}

#[test]
fn looks_into_the_template_of_a_schedule() {
    assert_eq!(
        problems(&scheduled(&spec(&json!({}))), ApplicationKind::KubeflowScheduled),
        [""; 0]
    );
    assert_eq!(
        problems(
            &scheduled(&spec(&json!({"executor": {"instances": "2"}}))),
            ApplicationKind::KubeflowScheduled
        ),
        ["/spec/template/executor/instances: `instances` is a string and should be an integer -> leave out the quotes"]
    );
    let mut object = scheduled(&spec(&json!({})));
    merge(
        &mut object,
        &json!({"spec": {"concurrencyPolicy": "forbid", "timezone": "UTC", "sparkConf": {}}}),
    );
    assert_eq!(
        problems(&object, ApplicationKind::KubeflowScheduled),
        [
            "/spec/concurrencyPolicy: `concurrencyPolicy` must be `Allow`, `Forbid` or `Replace` \
             -> did you mean `Forbid`?"
                .to_owned(),
            format!(
                "/spec/sparkConf (key): `sparkConf` is not a field of ScheduledSparkApplicationSpec: {REFUSED} \
                 -> did you mean `spec.template.sparkConf`?"
            ),
            format!(
                "/spec/timezone (key): `timezone` is not a field of ScheduledSparkApplicationSpec: {REFUSED} \
                 -> did you mean `timeZone`?"
            ),
        ]
    );
}

#[test]
fn knows_the_fields_around_the_specification() {
    let mut object = application(&json!({}));
    merge(&mut object, &json!({"status": {"any": 1}, "driver": {}, "metdata": {}}));
    assert_eq!(
        problems(&object, ApplicationKind::Kubeflow),
        [
            format!(
                "/driver (key): `driver` is not a field of SparkApplication: {REFUSED} -> did you mean `spec.driver`?"
            ),
            format!(
                "/metdata (key): `metdata` is not a field of SparkApplication: {REFUSED} -> did you mean `metadata`?"
            ),
        ]
    );
    assert_eq!(
        problems(&json!([]), ApplicationKind::Kubeflow),
        [": the application is a list and should be an object -> write `name: value`, without a `- ` before it"]
    );
}

#[test]
fn pod_templates_are_held_to_their_types_and_nothing_is_required_of_them() {
    let template = |template: Value| json!({"executor": {"template": template}});
    check(&[
        (
            template(json!({
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"creationTimestamp": null, "labels": {"team": "alpha"}},
                "spec": {"containers": [{}], "volumes": [{"emptyDir": {}}]},
                "status": {},
            })),
            &[],
        ),
        (
            template(json!({"spec": {"nodeSelectors": {}}})),
            &[
                "/spec/executor/template/spec/nodeSelectors (key): `nodeSelectors` is not a field of PodSpec: \
               the operator ignores it -> did you mean `nodeSelector`?",
            ],
        ),
        (
            template(json!({"containers": []})),
            &[
                "/spec/executor/template/containers (key): `containers` is not a field of PodTemplateSpec: \
               the operator ignores it -> did you mean `spec.executor.template.spec.containers`?",
            ],
        ),
        (
            template(json!({"metadata": {"annotations": {"prometheus.io/port": 8080}}})),
            &[
                "/spec/executor/template/metadata/annotations/prometheus.io~1port: `prometheus.io/port` is an integer \
               and should be a string -> put it in quotes",
            ],
        ),
        (
            template(json!({"spec": {"tolerations": {"key": "spot"}}})),
            &[
                "/spec/executor/template/spec/tolerations: `tolerations` is an object and should be a list \
               -> begin each item with `- `",
            ],
        ),
        (
            template(json!({"spec": {"containers": [{"name": "c", "securityContext": {"runAsUser": "185"}}]}})),
            &[
                "/spec/executor/template/spec/containers/0/securityContext/runAsUser: `runAsUser` is a string and \
               should be an integer -> leave out the quotes",
            ],
        ),
    ]);
}

#[test]
fn fields_of_a_newer_kubernetes_are_let_in() {
    check(&[
        (
            json!({"driver": {"sidecars": [{"name": "s", "checkpointPolicy": "Never"}]}}),
            &[],
        ),
        (
            json!({"driver": {"sidecars": [{"name": "s", "restartPolicyRules": []}]}}),
            &[],
        ),
        (
            json!({"executor": {"template": {"spec": {"tolerationsPolicy": "Strict"}}}}),
            &[],
        ),
        (json!({"volumes": [{"name": "v", "objectStore": {"bucket": "b"}}]}), &[]),
    ]);
}

#[test]
fn a_real_application_has_no_problem() {
    check(&[(
        json!({
            "type": "Python",
            "pythonVersion": "3",
            "mode": "cluster",
            "restartPolicy": {"type": "OnFailure", "onFailureRetries": 3, "onFailureRetryInterval": 30},
            "sparkConf": {"spark.dynamicAllocation.enabled": "true"},
            "volumes": [
                {"name": "scratch", "emptyDir": {"sizeLimit": "20Gi"}},
                {"name": "jmx", "configMap": {"name": "jmx-exporter-config"}},
            ],
            "driver": {
                "coreLimit": "1200m",
                "env": [{"name": "DB", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
                "envSecretKeyRefs": {"AWS_ACCESS_KEY_ID": {"name": "aws", "key": "id"}},
                "volumeMounts": [{"name": "scratch", "mountPath": "/tmp/spark-local"}],
                "initContainers": [
                    {"name": "jmx-exporter", "restartPolicy": "Always", "ports": [{"containerPort": 8080}]},
                ],
            },
            "executor": {
                "instances": 4,
                "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{
                    "weight": 80,
                    "preference": {"matchExpressions": [{"key": "cpu", "operator": "Lt", "values": ["17"]}]},
                }]}},
                "template": {"apiVersion": "v1", "kind": "Pod", "spec": {
                    "nodeSelector": {"node-pool": "spark-spot"},
                    "tolerations": [{"key": "spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"}],
                    "containers": [{"name": "executor", "env": [{"name": "MALLOC_ARENA_MAX", "value": "4"}]}],
                }},
            },
            "monitoring": {
                "exposeDriverMetrics": true,
                "exposeExecutorMetrics": true,
                "prometheus": {"jmxExporterJar": "/prometheus/agent.jar", "port": 8090},
            },
        }),
        &[],
    )]);
}

#[test]
fn an_object_full_of_nonsense_is_not_followed_to_its_end() {
    let numbers: Value = (0..5000)
        .map(|number| (format!("property-{number}"), json!(number)))
        .collect();
    assert_eq!(
        problems(&application(&json!({"sparkConf": numbers})), ApplicationKind::Kubeflow).len(),
        100
    );
    assert_eq!(problems(&application(&numbers), ApplicationKind::Kubeflow).len(), 100);

    let strange: serde_json::Map<_, _> = (0..1000).map(|number| (format!("a{number}"), json!(1))).collect();
    let mut affinity = Value::Object(strange);
    merge(&mut affinity, &json!({"podAffinty": {}}));
    assert_eq!(
        problems(
            &application(&json!({"driver": {"affinity": affinity}})),
            ApplicationKind::Kubeflow
        ),
        [""; 0]
    );
}

#[test]
fn applications_of_apache_have_fields_of_their_own() {
    let apache = |more: Value| {
        let mut spec = json!({"mainClass": "org.example.Pi", "runtimeVersions": {"sparkVersion": "4.2.0"}});
        merge(&mut spec, &more);
        json!({"apiVersion": "spark.apache.org/v1", "kind": "SparkApplication", "metadata": {"name": "pi"}, "spec": spec})
    };
    let template = |pod: Value| apache(json!({"driverSpec": {"podTemplateSpec": pod}}));
    let cases: [(Value, &[&str]); 10] = [
        (
            apache(json!({"jars": "a.jar", "suspend": true, "driverArgs": ["1"]})),
            &[],
        ),
        (
            apache(json!({"mainApplicationFile": "a.jar"})),
            &["/spec/mainApplicationFile (key): `mainApplicationFile` is not a field of ApplicationSpec: REFUSED"],
        ),
        (
            apache(json!({"driver": {"cores": 1}})),
            &["/spec/driver (key): `driver` is not a field of ApplicationSpec: REFUSED"],
        ),
        (
            apache(json!({"instanceConfig": {"initExecutors": 1}})),
            &[
                "/spec/instanceConfig (key): `instanceConfig` is not a field of ApplicationSpec: REFUSED -> \
                 did you mean `spec.applicationTolerations.instanceConfig`?",
            ],
        ),
        (
            apache(json!({"applicationTolerations": {"restartConfig": {"restartPolicy": "onFailure"}}})),
            &[
                "/spec/applicationTolerations/restartConfig/restartPolicy: `restartPolicy` must be `Always`, `Never`, \
                 `OnFailure` or `OnInfrastructureFailure` -> did you mean `OnFailure`?",
            ],
        ),
        (
            apache(json!({"sparkConf": {"spark.executor.instances": 3}})),
            &[
                "/spec/sparkConf/spark.executor.instances: `spark.executor.instances` is an integer and should be a \
                 string -> put it in quotes",
            ],
        ),
        (
            apache(json!({"runtimeVersions": null})),
            &["/spec: `runtimeVersions` is missing: ApplicationSpec requires it"],
        ),
        // The CRD knows a pod's fields, and requires none of them: a container may go without a name.
        (template(json!({"spec": {"containers": [{"resources": {}}]}})), &[]),
        (
            template(json!({"spec": {"nodeSelektor": {}, "containers": []}})),
            &[
                "/spec/driverSpec/podTemplateSpec/spec/nodeSelektor (key): `nodeSelektor` is not a field of PodSpec: \
               REFUSED -> did you mean `nodeSelector`?",
            ],
        ),
        (template(json!({"spec": {"containers": [], "madeUpLater": 1}})), &[]),
    ];
    for (object, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|line| line.replace("REFUSED", REFUSED)).collect();
        assert_eq!(problems(&object, ApplicationKind::Apache), expected, "{object}");
    }
}
