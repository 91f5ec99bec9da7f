//! The cases that kubeflow's operator tests its own pod mutation with (`sparkpod_defaulter_test.go`), as far as a template can say them.

use serde_json::{Value, json};

use super::{RESTRICTED, added, driver, executor_behind_a_sidecar, merged, spark_of};

/// What a template that says `field` of a pod's spec makes of a driver's pod.
fn with_field(field: &str) -> Value {
    merged(&format!("spec: {{{field}}}"), &driver())["spec"].clone()
}

/// What a template that says `field` of the Spark container makes of it.
fn with_spark_field(field: &str, pod: &Value) -> Value {
    spark_of(&merged(
        &format!("spec: {{containers: [{{name: spark, {field}}}]}}"),
        pod,
    ))
    .clone()
}

#[test]
fn affinity() {
    let spec = with_field(
        "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {security: S1}}, topologyKey: zone}]}}",
    );
    let terms = json!([{"labelSelector": {"matchLabels": {"security": "S1"}}, "topologyKey": "zone"}]);
    assert_eq!(
        spec["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"],
        terms
    );
}

#[test]
fn tolerations() {
    let spec = with_field("tolerations: [{key: Key, operator: Equal, value: Value, effect: NoSchedule}]");
    let toleration = json!({"key": "Key", "operator": "Equal", "value": "Value", "effect": "NoSchedule"});
    assert_eq!(
        added(&driver()["spec"]["tolerations"], &spec["tolerations"]),
        [toleration]
    );
}

#[test]
fn pod_security_context() {
    let spec = with_field("securityContext: {runAsUser: 1000}");
    assert_eq!(spec["securityContext"]["runAsUser"], 1000);
}

#[test]
fn container_security_context() {
    let spark = with_spark_field(
        "securityContext: {runAsUser: 1000, capabilities: {drop: [ALL]}}",
        &executor_behind_a_sidecar(),
    );
    assert_eq!(spark["securityContext"]["runAsUser"], 1000);
    assert_eq!(spark["securityContext"]["capabilities"], json!({"drop": ["ALL"]}));
}

#[test]
fn scheduler_name() {
    let mut pod = driver();
    // As the API server hands it over.
    pod["spec"]["schedulerName"] = json!("default-scheduler");
    assert_eq!(
        merged("spec: {schedulerName: another}", &pod)["spec"]["schedulerName"],
        "another"
    );
}

#[test]
fn priority_class_clears_priority() {
    let mut pod = driver();
    pod["spec"]["priority"] = json!(0);
    pod["spec"]["preemptionPolicy"] = json!("PreemptLowerPriority");
    let spec = merged("spec: {priorityClassName: critical}", &pod)["spec"].clone();
    assert_eq!(spec["priorityClassName"], "critical");
    assert_eq!((spec.get("priority"), spec.get("preemptionPolicy")), (None, None));
}

#[test]
fn two_sidecars_and_two_init_containers_in_order() {
    let container = |name: &str, more: &str| format!("{{name: {name}, image: \"tool:1\", {more} {RESTRICTED}}}");
    let spec = with_field(&format!(
        "initContainers: [{}, {}, {}, {}]",
        container("init-container1", ""),
        container("init-container2", ""),
        container("sidecar1", "restartPolicy: Always,"),
        container("sidecar2", "restartPolicy: Always,"),
    ));
    let names: Vec<_> = added(&driver()["spec"]["initContainers"], &spec["initContainers"])
        .iter()
        .map(|container| container["name"].clone())
        .collect();
    assert_eq!(names, ["init-container1", "init-container2", "sidecar1", "sidecar2"]);
    assert_eq!(spec["containers"], driver()["spec"]["containers"]);
}

#[test]
fn dns_config() {
    let spec = with_field(
        "dnsConfig: {nameservers: [8.8.8.8, 4.4.4.4], searches: [svc.cluster.local], options: [{name: ndots, value: \"5\"}]}",
    );
    let expected = json!({
        "nameservers": ["8.8.8.8", "4.4.4.4"], "searches": ["svc.cluster.local"], "options": [{"name": "ndots", "value": "5"}],
    });
    assert_eq!(spec["dnsConfig"], expected);
}

#[test]
fn host_network() {
    for (field, expected) in [
        ("hostNetwork: null", None),
        ("hostNetwork: false", None),
        ("hostNetwork: true", Some(&json!(true))),
    ] {
        for pod in [driver(), executor_behind_a_sidecar()] {
            let after = merged(&format!("spec: {{hostname: a, {field}}}"), &pod);
            assert_eq!(after["spec"].get("hostNetwork"), expected, "{field}");
        }
    }
}

#[test]
fn env_and_env_from() {
    for pod in [driver(), executor_behind_a_sidecar()] {
        let spark = with_spark_field(
            "env: [{name: A, value: b}], envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: keys}}]",
            &pod,
        );
        assert_eq!(
            added(&spark_of(&pod)["env"], &spark["env"]),
            [json!({"name": "A", "value": "b"})]
        );
        let sources = [
            json!({"configMapRef": {"name": "settings"}}),
            json!({"secretRef": {"name": "keys"}}),
        ];
        assert_eq!(added(&spark_of(&pod)["envFrom"], &spark["envFrom"]), sources);
    }
}

#[test]
fn termination_grace_period() {
    let mut pod = driver();
    // As the API server hands it over.
    pod["spec"]["terminationGracePeriodSeconds"] = json!(30);
    assert_eq!(
        merged("spec: {terminationGracePeriodSeconds: 60}", &pod)["spec"]["terminationGracePeriodSeconds"],
        60
    );
}

#[test]
fn lifecycle_whatever_the_container_is_called() {
    for name in ["executor", "spark-kubernetes-executor", "spark"] {
        let mut pod = executor_behind_a_sidecar();
        let containers = pod["spec"]["containers"].as_array_mut().unwrap();
        containers[1]["name"] = json!(name);
        containers[1].as_object_mut().unwrap().remove("lifecycle");
        let spark = with_spark_field("lifecycle: {preStop: {exec: {command: [sh, -c, \"sleep 5\"]}}}", &pod);
        assert_eq!(spark["lifecycle"]["preStop"]["exec"]["command"][0], "sh", "{name}");
    }
}

#[test]
fn host_aliases() {
    let spec =
        with_field("hostAliases: [{ip: 127.0.0.1, hostnames: [localhost]}, {ip: 192.168.0.1, hostnames: [a, b]}]");
    assert_eq!(
        spec["hostAliases"][1],
        json!({"ip": "192.168.0.1", "hostnames": ["a", "b"]})
    );
}

#[test]
fn ports() {
    let pod = driver();
    let spark = with_spark_field(
        "ports: [{name: driver-port1, containerPort: 8080, protocol: TCP}, {name: driver-port2, containerPort: 8081, protocol: TCP}]",
        &pod,
    );
    let numbers: Vec<_> = added(&spark_of(&pod)["ports"], &spark["ports"])
        .iter()
        .map(|port| port["containerPort"].clone())
        .collect();
    assert_eq!(numbers, [8080, 8081]);
}

#[test]
fn share_process_namespace() {
    assert_eq!(with_field("shareProcessNamespace: true")["shareProcessNamespace"], true);
}

#[test]
fn one_volume_of_two_sub_paths() {
    let pod = driver();
    let after = merged(
        "spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}], containers: [{name: spark, volumeMounts: \
         [{name: data, mountPath: /a, subPath: a}, {name: data, mountPath: /b, subPath: b}]}]}",
        &pod,
    );
    assert_eq!(added(&pod["spec"]["volumes"], &after["spec"]["volumes"]).len(), 1);
    let mounts = added(&spark_of(&pod)["volumeMounts"], &spark_of(&after)["volumeMounts"]);
    let paths: Vec<_> = mounts.iter().map(|mount| (&mount["name"], &mount["subPath"])).collect();
    assert_eq!(paths, [(&json!("data"), &json!("a")), (&json!("data"), &json!("b"))]);
}

#[test]
fn volumes_keep_their_order_after_those_that_are_there() {
    let pod = driver();
    let names = ["volume3", "volume1", "volume2"];
    let volumes: Vec<_> = names
        .iter()
        .map(|name| format!("{{name: {name}, emptyDir: {{}}}}"))
        .collect();
    let after = merged(&format!("spec: {{volumes: [{}]}}", volumes.join(", ")), &pod);
    let added: Vec<_> = added(&pod["spec"]["volumes"], &after["spec"]["volumes"])
        .iter()
        .map(|volume| volume["name"].clone())
        .collect();
    assert_eq!(added, names);
}

#[test]
fn scratch_volumes_of_spark_are_not_added_again() {
    let pod = driver();
    let name = pod["spec"]["volumes"][0]["name"].as_str().unwrap();
    let after = merged(&format!("spec: {{volumes: [{{name: {name}, emptyDir: {{}}}}]}}"), &pod);
    assert_eq!(after, pod);
}
