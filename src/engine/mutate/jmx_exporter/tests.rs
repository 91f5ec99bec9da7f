use std::slice;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::engine::finding::Effect;
use crate::engine::json::Arena;
use crate::engine::kubernetes_version::KubernetesVersion;
use crate::engine::mutate::trial::{Outcome, change_in, change_knowing};
use crate::engine::mutate::{KnownApplication, OnConflict};
use crate::engine::workload::RoleName;
use crate::engine::yaml::emit;

const OPEN_JMX: [&str; 6] = [
    "-Dcom.sun.management.jmxremote.port=9999",
    "-Dcom.sun.management.jmxremote.rmi.port=9999",
    "-Dcom.sun.management.jmxremote.host=127.0.0.1",
    "-Dcom.sun.management.jmxremote.authenticate=false",
    "-Dcom.sun.management.jmxremote.ssl=false",
    "-Djava.rmi.server.hostname=127.0.0.1",
];

fn exporter(fields: &Value) -> JmxExporter {
    serde_json::from_value(fields.clone()).unwrap()
}

fn sidecar() -> JmxExporter {
    exporter(&json!({"image": "exporter:1", "config": {"inline": {"rules": [{"pattern": ".*"}]}}}))
}

fn agent() -> JmxExporter {
    exporter(&json!({"mode": "agent", "jar": "/opt/jmx.jar", "config": {"configMap": {"name": "jmx"}}}))
}

fn brought_agent() -> JmxExporter {
    exporter(
        &json!({"mode": "agent", "image": "exporter:1", "jar": "/jmx.jar", "config": {"configMap": {"name": "jmx"}}}),
    )
}

/// A role's pod, whose Spark container stands behind another one and has these variables.
fn pod(role: RoleName, env: &[Value]) -> Value {
    let id = json!({"name": "SPARK_APPLICATION_ID", "value": "spark-1"});
    let env: Vec<&Value> = slice::from_ref(&id).iter().chain(env).collect();
    json!({"spec": {"containers": [{"name": "logs"}, {"name": "main", "args": [role.as_str()], "env": env}]}})
}

fn variable(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

#[track_caller]
fn changed(exporter: &JmxExporter, pod: &Value, role: RoleName, on_conflict: OnConflict) -> Outcome {
    assert_eq!(exporter.problems(), []);
    change_in(exporter, pod, on_conflict, role, None).unwrap()
}

#[track_caller]
fn keeping(exporter: &JmxExporter, pod: &Value, role: RoleName) -> Outcome {
    changed(exporter, pod, role, OnConflict::Keep)
}

/// The variables of the Spark container of [`pod`], without the first.
fn env(pod: &Value) -> &[Value] {
    &pod["spec"]["containers"][1]["env"].as_array().unwrap()[1..]
}

#[test]
fn a_sidecar_stands_beside_a_driver_and_its_jvm_is_opened_to_it() {
    let fields = json!({
        "image": "exporter:1",
        "command": ["java", "-jar", "/exporter.jar"],
        "config": {"inline": {"rules": [{"pattern": "a: \"b\""}]}},
        "resources": {"requests": {"cpu": "0.1", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "1024Mi"}},
        "runAsUser": 1000,
        "prometheusAnnotations": true,
    });
    let outcome = keeping(&exporter(&fields), &pod(RoleName::Driver, &[]), RoleName::Driver);
    insta::assert_snapshot!(emit(Arena::new().import(&outcome.object)), @r#"
    metadata:
      annotations:
        prometheus.io/path: /metrics
        prometheus.io/port: "9404"
        prometheus.io/scrape: "true"
        sparkgate.io/jmx-exporter: |
          hostPort: "127.0.0.1:9999"
          rules:
          - pattern: "a: \"b\""
    spec:
      containers:
      - name: logs
      - args:
        - driver
        env:
        - name: SPARK_APPLICATION_ID
          value: spark-1
        - name: SPARK_SUBMIT_OPTS
          value: -Dcom.sun.management.jmxremote.port=9999 -Dcom.sun.management.jmxremote.rmi.port=9999 -Dcom.sun.management.jmxremote.host=127.0.0.1 -Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false -Djava.rmi.server.hostname=127.0.0.1
        name: main
      initContainers:
      - args:
        - "9404"
        - /etc/jmx-exporter/config.yaml
        command:
        - java
        - -jar
        - /exporter.jar
        image: exporter:1
        name: jmx-exporter
        ports:
        - containerPort: 9404
          name: jmx-exporter
          protocol: TCP
        resources:
          limits:
            cpu: "1"
            memory: 1Gi
          requests:
            cpu: 100m
            memory: 64Mi
        restartPolicy: Always
        securityContext:
          allowPrivilegeEscalation: false
          capabilities:
            drop:
            - ALL
          runAsNonRoot: true
          runAsUser: 1000
          seccompProfile:
            type: RuntimeDefault
        volumeMounts:
        - mountPath: /etc/jmx-exporter
          name: jmx-exporter-config
          readOnly: true
      volumes:
      - downwardAPI:
          items:
          - fieldRef:
              fieldPath: metadata.annotations['sparkgate.io/jmx-exporter']
            path: config.yaml
        name: jmx-exporter-config
    "#);
}

#[test]
fn an_agent_that_is_brought_is_loaded_by_the_executor() {
    let outcome = keeping(&brought_agent(), &pod(RoleName::Executor, &[]), RoleName::Executor);
    insta::assert_snapshot!(emit(Arena::new().import(&outcome.object)), @r#"
    spec:
      containers:
      - name: logs
      - args:
        - executor
        env:
        - name: SPARK_APPLICATION_ID
          value: spark-1
        - name: SPARK_JAVA_OPT_0
          value: -javaagent:/opt/jmx-exporter/jmx_prometheus_javaagent.jar=9404:/etc/jmx-exporter/config.yaml
        name: main
        ports:
        - containerPort: 9404
          name: jmx-exporter
          protocol: TCP
        volumeMounts:
        - mountPath: /etc/jmx-exporter
          name: jmx-exporter-config
          readOnly: true
        - mountPath: /opt/jmx-exporter
          name: jmx-exporter-jar
          readOnly: true
      initContainers:
      - command:
        - cp
        - /jmx.jar
        - /opt/jmx-exporter/jmx_prometheus_javaagent.jar
        image: exporter:1
        name: jmx-exporter
        resources:
          limits:
            cpu: 500m
            memory: 128Mi
          requests:
            cpu: 50m
            memory: 128Mi
        securityContext:
          allowPrivilegeEscalation: false
          capabilities:
            drop:
            - ALL
          runAsNonRoot: true
          seccompProfile:
            type: RuntimeDefault
        volumeMounts:
        - mountPath: /opt/jmx-exporter
          name: jmx-exporter-jar
      volumes:
      - configMap:
          items:
          - key: config.yaml
            path: config.yaml
          name: jmx
        name: jmx-exporter-config
      - emptyDir: {}
        name: jmx-exporter-jar
    "#);
}

#[test]
fn an_agent_of_the_image_needs_no_container() {
    let outcome = keeping(&agent(), &pod(RoleName::Driver, &[]), RoleName::Driver);
    assert_eq!(outcome.object["spec"].get("initContainers"), None);
    assert_eq!(
        env(&outcome.object),
        [variable(
            "SPARK_SUBMIT_OPTS",
            "-javaagent:/opt/jmx.jar=9404:/etc/jmx-exporter/config.yaml"
        )]
    );
}

#[test]
fn an_executor_gets_each_option_in_the_next_free_variable() {
    let cases: [(&[&str], u64); 4] = [
        (&[], 0),
        (&["SPARK_JAVA_OPT_0", "SPARK_JAVA_OPT_10", "SPARK_JAVA_OPT_2"], 11),
        (&["SPARK_JAVA_OPT_", "SPARK_JAVA_OPT_x", "OTHER_SPARK_JAVA_OPT_7"], 0),
        (&["SPARK_JAVA_OPT_4294967295"], 4_294_967_296),
    ];
    for (present, next) in cases {
        let present: Vec<Value> = present.iter().map(|name| variable(name, "-Da=1")).collect();
        let outcome = keeping(&sidecar(), &pod(RoleName::Executor, &present), RoleName::Executor);
        let added = (next..).zip(OPEN_JMX);
        let added = added.map(|(number, option)| variable(&format!("SPARK_JAVA_OPT_{number}"), option));
        let expected: Vec<Value> = present.iter().cloned().chain(added).collect();
        assert_eq!(env(&outcome.object), expected, "{present:?}");
    }
}

#[test]
fn what_an_executor_has_of_the_options_is_not_added_again() {
    let present = [
        variable("SPARK_JAVA_OPT_5", OPEN_JMX[2]),
        variable("SPARK_JAVA_OPT_1", OPEN_JMX[0]),
    ];
    let outcome = keeping(&sidecar(), &pod(RoleName::Executor, &present), RoleName::Executor);
    let values: Vec<&str> = env(&outcome.object)
        .iter()
        .filter_map(|variable| variable["value"].as_str())
        .collect();
    assert_eq!(
        values,
        [
            OPEN_JMX[2],
            OPEN_JMX[0],
            OPEN_JMX[1],
            OPEN_JMX[3],
            OPEN_JMX[4],
            OPEN_JMX[5]
        ]
    );
    assert_eq!(env(&outcome.object)[2]["name"], "SPARK_JAVA_OPT_6");
}

#[test]
fn a_driver_keeps_the_options_that_it_has() {
    let all = OPEN_JMX.join(" ");
    let cases = [
        (
            json!({"value": "-Da='b c'  -Dd=e "}),
            format!("-Da='b c'  -Dd=e  {all}"),
        ),
        (json!({"value": ""}), all.clone()),
        (json!({"value": null}), all.clone()),
        (json!({}), all.clone()),
        (json!({"value": all}), all.clone()),
        (
            json!({"value": format!("{} -Da=1", OPEN_JMX[0])}),
            format!("{} -Da=1 {}", OPEN_JMX[0], OPEN_JMX[1..].join(" ")),
        ),
    ];
    for (mut present, expected) in cases {
        present["name"] = json!("SPARK_SUBMIT_OPTS");
        let outcome = keeping(
            &sidecar(),
            &pod(RoleName::Driver, slice::from_ref(&present)),
            RoleName::Driver,
        );
        assert_eq!(
            env(&outcome.object),
            [variable("SPARK_SUBMIT_OPTS", &expected)],
            "{present}"
        );
    }
}

#[test]
fn of_two_variables_of_one_name_the_later_counts() {
    let present = [
        variable("SPARK_SUBMIT_OPTS", "-Da=1"),
        variable("SPARK_SUBMIT_OPTS", "-Db=2"),
    ];
    let outcome = keeping(&agent(), &pod(RoleName::Driver, &present), RoleName::Driver);
    assert_eq!(env(&outcome.object)[0], present[0]);
    assert!(
        env(&outcome.object)[1]["value"]
            .as_str()
            .unwrap()
            .starts_with("-Db=2 -javaagent:")
    );
}

#[test]
fn options_from_elsewhere_cannot_be_added_to() {
    let from = json!({"name": "SPARK_SUBMIT_OPTS", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}});
    let before = pod(RoleName::Driver, &[from]);
    for on_conflict in [OnConflict::Keep, OnConflict::Override, OnConflict::Deny] {
        let outcome = changed(&sidecar(), &before, RoleName::Driver, on_conflict);
        assert_eq!(outcome.object, before);
        let places: Vec<_> = outcome
            .conflicts
            .iter()
            .map(|conflict| conflict.pointer.as_str())
            .collect();
        assert_eq!(places, ["/spec/containers/1/env/1"]);
    }
}

#[test]
fn options_that_are_not_closed_cannot_be_added_to() {
    for value in ["-Da=\"b", "-Da='", "-Da=b\\"] {
        let before = pod(RoleName::Driver, &[variable("SPARK_SUBMIT_OPTS", value)]);
        let outcome = keeping(&agent(), &before, RoleName::Driver);
        assert_eq!(outcome.object, before);
        assert_eq!(outcome.conflicts.len(), 1, "{value}");
    }
}

/// A pod with something in it that contradicts what a sidecar brings, and where that is.
fn contradictions() -> Vec<(RoleName, Value, &'static str)> {
    let mut with_annotation = pod(RoleName::Driver, &[]);
    with_annotation["metadata"] = json!({"annotations": {"sparkgate.io/jmx-exporter": "rules: []\n"}});
    let mut with_volume = pod(RoleName::Driver, &[]);
    with_volume["spec"]["volumes"] = json!([{"name": "jmx-exporter-config", "emptyDir": {}}]);
    let mut with_container = pod(RoleName::Driver, &[]);
    with_container["spec"]["initContainers"] = json!([{"name": "wait"}, {"name": "jmx-exporter", "image": "theirs"}]);
    let theirs = "-Dcom.sun.management.jmxremote.port=1234";
    vec![
        (
            RoleName::Driver,
            with_annotation,
            "/metadata/annotations/sparkgate.io~1jmx-exporter",
        ),
        (RoleName::Driver, with_volume, "/spec/volumes/0"),
        (RoleName::Driver, with_container, "/spec/initContainers/1"),
        (
            RoleName::Driver,
            pod(RoleName::Driver, &[variable("SPARK_SUBMIT_OPTS", theirs)]),
            "/spec/containers/1/env/1/value",
        ),
        (
            RoleName::Executor,
            pod(RoleName::Executor, &[variable("SPARK_JAVA_OPT_3", theirs)]),
            "/spec/containers/1/env/1/value",
        ),
    ]
}

#[test]
fn what_says_something_else_stays_and_nothing_is_added() {
    for (role, before, place) in contradictions() {
        let kept = changed(&sidecar(), &before, role, OnConflict::Keep);
        assert_eq!(kept.object, before);
        assert_eq!(kept.places(Effect::Kept), [place]);
        assert_eq!(kept.conflicts, []);

        let denied = changed(&sidecar(), &before, role, OnConflict::Deny);
        assert_eq!(denied.object, before);
        assert_eq!(denied.changes, []);
        let [conflict] = denied.conflicts.as_slice() else {
            panic!("{:?}", denied.conflicts);
        };
        assert_eq!(conflict.pointer.as_str(), place);
        assert!(!conflict.message.contains("1234"), "{}", conflict.message);
    }
}

#[test]
fn what_says_something_else_is_overridden_and_everything_is_added() {
    for (role, before, place) in contradictions() {
        let outcome = changed(&sidecar(), &before, role, OnConflict::Override);
        assert_eq!(outcome.places(Effect::Overridden), [place]);
        let plain = keeping(&sidecar(), &pod(role, &[]), role).object;
        for pointer in ["/metadata/annotations", "/spec/volumes"] {
            assert_eq!(outcome.object.pointer(pointer), plain.pointer(pointer), "{place}");
        }
        let of_ours = |pod: &Value| {
            let containers = pod["spec"]["initContainers"].as_array().unwrap();
            containers
                .iter()
                .find(|container| container["name"] == "jmx-exporter")
                .cloned()
        };
        assert_eq!(of_ours(&outcome.object), of_ours(&plain), "{place}");
        let values = env(&outcome.object)
            .iter()
            .filter_map(|variable| variable["value"].as_str());
        let values = values.collect::<Vec<_>>().join(" ");
        assert!(OPEN_JMX.iter().all(|option| values.contains(option)), "{values}");
    }
}

#[test]
fn an_agent_contradicts_other_mounts_and_ports() {
    let mut before = pod(RoleName::Driver, &[]);
    before["spec"]["containers"][1]["volumeMounts"] = json!([{"name": "theirs", "mountPath": "/etc/jmx-exporter"}]);
    before["spec"]["containers"][1]["ports"] = json!([{"name": "jmx-exporter", "containerPort": 1234}]);
    let kept = keeping(&agent(), &before, RoleName::Driver);
    assert_eq!(kept.object, before);
    let places = ["/spec/containers/1/volumeMounts/0", "/spec/containers/1/ports/0"];
    assert_eq!(kept.places(Effect::Kept), places);
    let overridden = changed(&agent(), &before, RoleName::Driver, OnConflict::Override);
    assert_eq!(overridden.places(Effect::Overridden), places);
}

#[test]
fn nothing_is_added_where_the_pod_brings_an_exporter() {
    let agent_of_theirs =
        "-javaagent:/prometheus/jmx_prometheus_javaagent-0.20.0.jar=8090:/etc/metrics/conf/prometheus.yaml";
    let mut with_container = pod(RoleName::Driver, &[]);
    with_container["spec"]["containers"][0]["name"] = json!("jmx-exporter");
    let mut with_init_container = pod(RoleName::Executor, &[]);
    with_init_container["spec"]["initContainers"] = json!([{"name": "jmx-exporter"}]);
    let with_variable = |role, name| pod(role, &[variable(name, &format!("-Da=1 {agent_of_theirs}"))]);
    let cases = [
        (sidecar(), RoleName::Driver, with_container, "/spec/containers/0"),
        (
            agent(),
            RoleName::Executor,
            with_init_container,
            "/spec/initContainers/0",
        ),
        (
            sidecar(),
            RoleName::Driver,
            with_variable(RoleName::Driver, "SPARK_SUBMIT_OPTS"),
            "/spec/containers/1/env/1",
        ),
        (
            agent(),
            RoleName::Executor,
            with_variable(RoleName::Executor, "SPARK_JAVA_OPT_0"),
            "/spec/containers/1/env/1",
        ),
        (
            sidecar(),
            RoleName::Driver,
            with_variable(RoleName::Driver, "JAVA_TOOL_OPTIONS"),
            "/spec/containers/1/env/1",
        ),
    ];
    for (exporter, role, before, place) in cases {
        for on_conflict in [OnConflict::Keep, OnConflict::Override, OnConflict::Deny] {
            let outcome = changed(&exporter, &before, role, on_conflict);
            assert_eq!(outcome.object, before, "{on_conflict:?}");
            assert_eq!(outcome.places(Effect::Kept), [place]);
            assert_eq!(outcome.conflicts, []);
        }
    }
}

#[test]
fn nothing_is_added_where_the_application_brings_an_exporter() {
    let monitored = json!({"exposeDriverMetrics": true, "exposeExecutorMetrics": false, "prometheus": {"jmxExporterJar": "/jmx.jar"}});
    let cases = [
        (json!({ "monitoring": monitored }), true, false),
        (json!({"monitoring": {"exposeDriverMetrics": true}}), false, false),
        (
            json!({"driver": {"javaOptions": "-javaagent:/JMX.jar=1:x"}}),
            true,
            false,
        ),
        (
            json!({"sparkConf": {"spark.driver.extraJavaOptions": "-Da=1 -javaagent:/a.jar=1:/jmx.yaml"}}),
            true,
            false,
        ),
        (
            json!({"monitoring": {"exposeExecutorMetrics": true, "prometheus": {}}}),
            false,
            true,
        ),
        (
            json!({"sparkConf": {"spark.driver.defaultJavaOptions": "-Dcom.sun.management.jmxremote.port=1234"}}),
            true,
            false,
        ),
        (
            json!({"driver": {"javaOptions": "-javaagent:/opt/otel.jar -Dother=jmx"}}),
            false,
            false,
        ),
    ];
    for (spec, driver, executor) in cases {
        let application = KnownApplication::of(Arena::new().import(&json!({ "spec": spec })));
        for (role, brings) in [(RoleName::Driver, driver), (RoleName::Executor, executor)] {
            for exporter in [sidecar(), agent()] {
                let before = pod(role, &[]);
                let outcome = change_in(&exporter, &before, OnConflict::Keep, role, Some(&application)).unwrap();
                assert_eq!(outcome.object == before, brings, "{spec} {role}");
            }
        }
    }
}

#[test]
fn a_port_that_is_taken_is_refused() {
    let ports = |list: &str, port: Value| {
        let mut pod = pod(RoleName::Driver, &[]);
        pod["spec"][list] = match list {
            "containers" => {
                let mut containers = pod["spec"][list].clone();
                containers[0]["ports"] = json!([{"containerPort": 1}, port]);
                containers
            }
            _ => json!([{"name": "warm-up", "ports": [{"containerPort": 1}, port]}]),
        };
        pod
    };
    let with = |field: &str, number: i64| {
        let mut fields = json!({"image": "exporter:1", "config": {"configMap": {"name": "jmx"}}});
        fields[field] = json!(number);
        exporter(&fields)
    };
    let plain = pod(RoleName::Driver, &[]);
    let in_container = "/spec/containers/0/ports/1";
    let cases = [
        (with("port", 7078), plain.clone(), Some("/spec/containers/1")),
        (with("jmxPort", 7079), plain.clone(), Some("/spec/containers/1")),
        (with("port", 4040), plain.clone(), Some("/spec/containers/1")),
        (with("port", 15002), plain.clone(), Some("/spec/containers/1")),
        (with("port", 15003), plain, None),
        (
            sidecar(),
            ports("containers", json!({"containerPort": 9404})),
            Some(in_container),
        ),
        (
            sidecar(),
            ports("containers", json!({"containerPort": 9999, "protocol": "TCP"})),
            Some(in_container),
        ),
        (
            sidecar(),
            ports("containers", json!({"containerPort": 9404, "protocol": "UDP"})),
            None,
        ),
        (
            sidecar(),
            ports("initContainers", json!({"containerPort": 9404})),
            Some("/spec/initContainers/0/ports/1"),
        ),
        (
            agent(),
            ports("containers", json!({"containerPort": 9404})),
            Some(in_container),
        ),
        (agent(), ports("containers", json!({"containerPort": 9999})), None),
        (
            agent(),
            ports("containers", json!({"name": "jmx-exporter", "containerPort": 9404})),
            Some(in_container),
        ),
    ];
    for (exporter, before, expected) in cases {
        for on_conflict in [OnConflict::Keep, OnConflict::Override] {
            let outcome = changed(&exporter, &before, RoleName::Driver, on_conflict);
            let place = outcome.conflicts.first().map(|conflict| conflict.pointer.as_str());
            assert_eq!(place, expected, "{before}");
            assert_eq!(outcome.object == before, expected.is_some(), "{before}");
        }
    }
}

#[test]
fn a_port_that_the_operator_will_add_is_taken() {
    let spec = json!({"driver": {"ports": [{"name": "api", "containerPort": 9404, "protocol": "TCP"}]}});
    let application = KnownApplication::of(Arena::new().import(&json!({ "spec": spec })));
    for (role, conflicts) in [(RoleName::Driver, 1), (RoleName::Executor, 0)] {
        let outcome = change_in(&sidecar(), &pod(role, &[]), OnConflict::Keep, role, Some(&application)).unwrap();
        assert_eq!(outcome.conflicts.len(), conflicts, "{role}");
    }
}

#[test]
fn the_network_of_a_node_is_no_place_for_an_exporter() {
    for (host_network, conflicts) in [(json!(true), 1), (json!(false), 0), (Value::Null, 0)] {
        for exporter in [sidecar(), agent()] {
            let mut before = pod(RoleName::Driver, &[]);
            before["spec"]["hostNetwork"] = host_network.clone();
            let outcome = keeping(&exporter, &before, RoleName::Driver);
            assert_eq!(outcome.conflicts.len(), conflicts, "{host_network}");
            assert_eq!(outcome.object == before, conflicts == 1, "{host_network}");
        }
    }
}

#[test]
fn only_a_sidecar_needs_a_cluster_that_knows_native_ones() {
    let cases = [
        (sidecar(), Some((1, 28)), 1),
        (sidecar(), Some((1, 29)), 0),
        (sidecar(), None, 0),
        (agent(), Some((1, 28)), 0),
        (brought_agent(), Some((1, 20)), 0),
    ];
    for (exporter, version, conflicts) in cases {
        let context = PodContext {
            role: RoleName::Driver,
            application: None,
            namespace_labels: None,
            kubernetes_version: version.map(|(major, minor)| KubernetesVersion::new(major, minor)),
        };
        let before = pod(RoleName::Driver, &[]);
        let outcome = change_knowing(&exporter, &before, OnConflict::Override, &context).unwrap();
        assert_eq!(outcome.conflicts.len(), conflicts, "{version:?}");
        assert_eq!(outcome.object == before, conflicts == 1, "{version:?}");
    }
}

#[test]
fn what_the_api_server_adds_to_ours_is_no_contradiction() {
    for exporter in [sidecar(), agent(), brought_agent()] {
        for role in RoleName::ALL {
            let mut after = keeping(&exporter, &pod(role, &[]), role).object;
            let spec = &mut after["spec"];
            for volume in spec["volumes"].as_array_mut().unwrap() {
                for source in ["configMap", "downwardAPI"] {
                    if let Some(source) = volume.get_mut(source) {
                        source["defaultMode"] = json!(420);
                    }
                }
                if let Some(item) = volume.pointer_mut("/downwardAPI/items/0/fieldRef") {
                    item["apiVersion"] = json!("v1");
                }
            }
            for container in spec["initContainers"].as_array_mut().into_iter().flatten() {
                container["terminationMessagePath"] = json!("/dev/termination-log");
                container["imagePullPolicy"] = json!("IfNotPresent");
                let mounts = container["volumeMounts"].as_array_mut().unwrap();
                mounts.insert(
                    0,
                    json!({"name": "kube-api-access-x", "mountPath": "/var/run/secrets", "readOnly": true}),
                );
            }
            let again = changed(&exporter, &after, role, OnConflict::Deny);
            assert_eq!(
                (again.operations.len(), again.conflicts.len(), again.changes.len()),
                (0, 0, 0)
            );
        }
    }
}

#[test]
fn a_pod_that_spark_does_not_run_in_is_left_alone() {
    for before in [
        json!({"spec": {}}),
        json!({"spec": {"containers": null}}),
        json!({"spec": {"containers": [{"name": "spark-kubernetes-driver"}]}}),
    ] {
        let outcome = keeping(&sidecar(), &before, RoleName::Driver);
        assert_eq!(outcome.object, before);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases is as long as there is to say")]
fn refuses_what_cannot_work() {
    let config = || json!({"inline": {}});
    let amounts = |cpu: &str, memory: &str| json!({"cpu": cpu, "memory": memory});
    let resources = |requests: Value, limits: Value| json!({"image": "x", "config": config(), "resources": {"requests": requests, "limits": limits}});
    let cases = [
        (json!({"image": "x", "config": config()}), None),
        (
            json!({"image": "x", "port": 1024, "jmxPort": 65535, "config": config()}),
            None,
        ),
        (json!({"config": config()}), Some("")),
        (json!({"image": "", "config": config()}), Some("/image")),
        (json!({"image": "x y", "config": config()}), Some("/image")),
        (
            json!({"image": "x", "command": [], "config": config()}),
            Some("/command"),
        ),
        (json!({"image": "x", "jar": "/x", "config": config()}), Some("/jar")),
        (json!({"image": "x", "port": 0, "config": config()}), Some("/port")),
        (json!({"image": "x", "port": 80, "config": config()}), Some("/port")),
        (json!({"image": "x", "port": 65536, "config": config()}), Some("/port")),
        (json!({"image": "x", "port": -1, "config": config()}), Some("/port")),
        (
            json!({"image": "x", "jmxPort": 70000, "config": config()}),
            Some("/jmxPort"),
        ),
        (
            json!({"image": "x", "jmxPort": 9404, "config": config()}),
            Some("/jmxPort"),
        ),
        (json!({"image": "x", "port": 9999, "config": config()}), Some("/port")),
        (json!({"image": "x", "config": {}}), Some("/config")),
        (
            json!({"image": "x", "config": {"inline": {}, "configMap": {"name": "a"}}}),
            Some("/config"),
        ),
        (
            json!({"image": "x", "config": {"configMap": {"name": "A"}}}),
            Some("/config/configMap/name"),
        ),
        (
            json!({"image": "x", "config": {"configMap": {"name": "a", "key": "b/c"}}}),
            Some("/config/configMap/key"),
        ),
        (
            json!({"image": "x", "config": {"configMap": {"name": "a", "key": ".."}}}),
            Some("/config/configMap/key"),
        ),
        (
            json!({"image": "x", "config": {"inline": {"hostPort": "a:1"}}}),
            Some("/config/inline/hostPort"),
        ),
        (
            json!({"image": "x", "config": {"inline": {"rules": {}}}}),
            Some("/config/inline/rules"),
        ),
        (
            json!({"image": "x", "config": {"inline": {"rules": ["x"]}}}),
            Some("/config/inline/rules"),
        ),
        (
            json!({"image": "x", "config": {"inline": {"x": "x".repeat(262_144)}}}),
            Some("/config/inline"),
        ),
        (
            json!({"image": "x", "config": config(), "runAsUser": 0}),
            Some("/runAsUser"),
        ),
        (
            json!({"image": "x", "config": config(), "runAsUser": -1}),
            Some("/runAsUser"),
        ),
        (resources(amounts("1", "1Gi"), amounts("1", "1024Mi")), None),
        (
            resources(amounts("2", "1Gi"), amounts("1", "1Gi")),
            Some("/resources/requests/cpu"),
        ),
        (
            resources(amounts("1", "2Gi"), amounts("1", "1Gi")),
            Some("/resources/requests/memory"),
        ),
        (
            resources(amounts("1", "1GB"), amounts("1", "1Gi")),
            Some("/resources/requests/memory"),
        ),
        (
            resources(amounts("1", "1Gi"), amounts("0", "1Gi")),
            Some("/resources/limits/cpu"),
        ),
        (json!({"mode": "agent", "jar": "/x.jar", "config": config()}), None),
        (
            json!({"mode": "agent", "jar": "/x.jar", "image": "x", "runAsUser": 1, "config": config()}),
            None,
        ),
        (json!({"mode": "agent", "config": config()}), Some("")),
        (
            json!({"mode": "agent", "jar": "x.jar", "config": config()}),
            Some("/jar"),
        ),
        (
            json!({"mode": "agent", "jar": "/x y.jar", "config": config()}),
            Some("/jar"),
        ),
        (
            json!({"mode": "agent", "jar": "/x=1.jar", "config": config()}),
            Some("/jar"),
        ),
        (
            json!({"mode": "agent", "jar": "/x$(A).jar", "config": config()}),
            Some("/jar"),
        ),
        (json!({"mode": "agent", "jar": "/", "config": config()}), Some("/jar")),
        (
            json!({"mode": "agent", "jar": "/x.jar", "jmxPort": 9999, "config": config()}),
            Some("/jmxPort"),
        ),
        (
            json!({"mode": "agent", "jar": "/x.jar", "command": ["x"], "config": config()}),
            Some("/command"),
        ),
        (
            json!({"mode": "agent", "jar": "/x.jar", "runAsUser": 1, "config": config()}),
            Some("/runAsUser"),
        ),
        (
            json!({"mode": "agent", "jar": "/x.jar", "config": {"inline": {"jmxUrl": "x"}}}),
            Some("/config/inline/jmxUrl"),
        ),
    ];
    for (fields, expected) in cases {
        let problems = exporter(&fields).problems();
        let places: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(places, Vec::from_iter(expected), "{fields}");
        assert!(problems.iter().all(|problem| problem.help.is_some()), "{fields}");
    }
}

fn variables() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        (0..30u32).prop_map(|number| format!("SPARK_JAVA_OPT_{number}")),
        Just("SPARK_SUBMIT_OPTS".to_owned()),
        "[A-Z_]{1,6}",
    ];
    let value = prop_oneof![
        Just(Value::Null),
        proptest::sample::select(&OPEN_JMX[..]).prop_map(Value::from),
        proptest::sample::select(&OPEN_JMX[..]).prop_map(|option| Value::from(option.replace('9', "8"))),
        "[-a-zA-Z'\"\\\\ =$()]{0,12}".prop_map(Value::from),
        Just(Value::from("-javaagent:/x.jar=9404:/etc/jmx.yaml")),
    ];
    (name, value).prop_map(|(name, value)| json!({"name": name, "value": value}))
}

fn pods() -> impl Strategy<Value = (RoleName, Value)> {
    let containers = proptest::sample::subsequence(vec!["jmx-exporter", "wait", "proxy"], 0..3);
    let ports = proptest::collection::vec(proptest::sample::select(vec![1234, 9404, 9999]), 0..3);
    let role = proptest::sample::select(&RoleName::ALL[..]);
    (role, proptest::collection::vec(variables(), 0..6), containers, ports).prop_map(|(role, env, names, ports)| {
        let mut pod = pod(role, &env);
        let containers: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        pod["spec"]["initContainers"] = if containers.is_empty() {
            Value::Null
        } else {
            json!(containers)
        };
        let ports: Vec<Value> = ports.iter().map(|port| json!({ "containerPort": port })).collect();
        pod["spec"]["containers"][0]["ports"] = json!(ports);
        (role, pod)
    })
}

fn exporters() -> impl Strategy<Value = JmxExporter> {
    prop_oneof![Just(sidecar()), Just(agent()), Just(brought_agent())]
}

proptest! {
    // The trial itself asserts that a second pass changes nothing, and that the patch applies elsewhere.
    #[test]
    fn everything_is_added_or_nothing((role, before) in pods(), exporter in exporters(), overrides in any::<bool>()) {
        let on_conflict = if overrides { OnConflict::Override } else { OnConflict::Keep };
        let outcome = changed(&exporter, &before, role, on_conflict);
        if outcome.operations.is_empty() {
            prop_assert_eq!(outcome.object, before);
        } else {
            prop_assert_eq!(outcome.conflicts, []);
            let again = changed(&exporter, &outcome.object, role, OnConflict::Deny);
            prop_assert!(again.operations.is_empty() && again.changes.is_empty() && again.conflicts.is_empty());
        }
    }

    #[test]
    fn the_sidecars_of_another_mutator_change_nothing_of_ours(
        (role, before) in pods(),
        exporter in exporters(),
        port in proptest::sample::select(vec![1234, 9404, 9999]),
        first in any::<bool>(),
    ) {
        let mut between = changed(&exporter, &before, role, OnConflict::Keep).object;
        prop_assume!(between != before);
        let sidecar = json!({"name": "istio-proxy", "image": "proxy", "ports": [{"containerPort": port}]});
        for list in ["containers", "initContainers"] {
            let list = &mut between["spec"][list];
            if list.is_null() {
                *list = json!([]);
            }
            let items = list.as_array_mut().unwrap();
            let index = if first { 0 } else { items.len() };
            items.insert(index, sidecar.clone());
        }
        let again = changed(&exporter, &between, role, OnConflict::Keep);
        prop_assert!(again.changes.is_empty() && again.conflicts.is_empty());
        prop_assert_eq!(again.object, between);
    }
}
