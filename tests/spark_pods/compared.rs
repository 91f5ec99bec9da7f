//! What of two pods is compared: all, but for what nobody can foresee and what the API server adds.

use serde_json::{Map, Value, json};

/// Fields of a pod's spec that the API server adds, each with the value that it adds.
fn added_to_the_spec() -> Value {
    json!({
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": true,
        "schedulerName": "default-scheduler",
        "securityContext": {},
        // Spark 4.1 and later say it themselves for executors, with the same value.
        "terminationGracePeriodSeconds": 30,
    })
}

/// A pod as far as it is compared. Left out, by name:
/// - ids that Spark makes up: their hexadecimal digits become zeros, wherever they stand;
/// - `SPARK_JAVA_OPT_n`: they hold the port that the driver got, and are numbered in the order of a hash table;
/// - the address of the driver, which the recorder put in place of the service;
/// - what the API server adds: defaults, the priority and the policy of preemption, which it derives of the class, the tolerations that it gives to every pod.
pub(super) fn compared(pod: &Value) -> Value {
    let text = zeroed(&serde_json::to_string(pod).unwrap());
    let mut pod: Value = serde_json::from_str(&text).unwrap();
    let spec = pod["spec"].as_object_mut().unwrap();
    leave_out(spec, &added_to_the_spec());
    for derived in ["priority", "preemptionPolicy"] {
        spec.remove(derived);
    }
    if let Some(Value::Array(tolerations)) = spec.get_mut("tolerations") {
        tolerations.retain(|toleration| {
            !toleration["key"]
                .as_str()
                .unwrap_or_default()
                .starts_with("node.kubernetes.io/")
        });
        if tolerations.is_empty() {
            spec.remove("tolerations");
        }
    }
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            compare_container(container.as_object_mut().unwrap());
        }
    }
    for volume in spec
        .get_mut("volumes")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        for source in ["configMap", "secret"] {
            if let Some(source) = volume.get_mut(source).and_then(Value::as_object_mut) {
                leave_out(source, &json!({"defaultMode": 420}));
            }
        }
    }
    pod
}

fn compare_container(container: &mut Map<String, Value>) {
    let added = json!({
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    });
    leave_out(container, &added);
    let is_spark = container
        .get("args")
        .is_some_and(|args| args[0] == "driver" || args[0] == "executor");
    if !is_spark {
        leave_out(container, &json!({"imagePullPolicy": "IfNotPresent"}));
    }
    for port in container
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        port.as_object_mut().unwrap().entry("protocol").or_insert(json!("TCP"));
    }
    let Some(Value::Array(variables)) = container.get_mut("env") else {
        return;
    };
    variables.retain(|variable| !variable["name"].as_str().unwrap().starts_with("SPARK_JAVA_OPT_"));
    for variable in variables {
        if variable["name"] == "SPARK_DRIVER_URL" {
            variable["value"] = json!("spark://CoarseGrainedScheduler@the driver");
        }
    }
}

fn leave_out(from: &mut Map<String, Value>, added: &Value) {
    for (key, value) in added.as_object().unwrap() {
        if from.get(key) == Some(value) {
            from.remove(key);
        }
    }
}

/// Writes zeros for each run of 16 and more hexadecimal digits, and for the parts of a UUID.
fn zeroed(text: &str) -> String {
    let mut zeroed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        let length = uuid_length(rest).unwrap_or(digits);
        if length >= 16 {
            zeroed.extend(
                rest[..length]
                    .chars()
                    .map(|character| if character == '-' { '-' } else { '0' }),
            );
            rest = &rest[length..];
        } else {
            let length = digits.max(character.len_utf8());
            zeroed.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    zeroed
}

fn uuid_length(text: &str) -> Option<usize> {
    let candidate = text.get(..36)?;
    let lengths: Vec<usize> = candidate.split('-').map(str::len).collect();
    let is_uuid = lengths == [8, 4, 4, 4, 12] && candidate.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    is_uuid.then_some(36)
}

#[test]
fn leaves_out_ids_and_nothing_else() {
    let cases = [
        ("a-353160a1fbf2f7e7-driver", "a-0000000000000000-driver"),
        (
            "spark-185a419b578e4ecca2b918e784cb3596",
            "spark-00000000000000000000000000000000",
        ),
        (
            "/spark-1a1b29ca-8c7f-4799-9b71-d84bc7e205aa\"",
            "/spark-00000000-0000-0000-0000-000000000000\"",
        ),
        ("deadbeef-café", "deadbeef-café"),
        ("1408Mi", "1408Mi"),
    ];
    for (text, expected) in cases {
        assert_eq!(zeroed(text), expected);
    }
}
