//! What the operator's webhook and properties make of where a pod is scheduled.

use json_patch::jsonptr::PointerBuf;
use serde_json::{Value, json};

use super::*;
use crate::engine::workload::Origins;
use crate::engine::workload::origin::ApplicationOrigins;

fn built(spec: &Value, role: RoleName) -> (Value, ApplicationOrigins) {
    let arena = Arena::new();
    let object = arena.import(&json!({ "spec": spec }));
    let workload = workload(&arena, object, ApplicationKind::Kubeflow, OperatorWebhook::Installed);
    let pod = workload.pods.into_iter().find(|pod| pod.role == role).unwrap();
    let Origins::Application(origins) = pod.origins else {
        panic!()
    };
    (pod.pod.get("spec").unwrap_or(Json::Object(&[])).to_value(), origins)
}

#[test]
fn puts_together_every_place_that_says_where_a_pod_goes() {
    let spec = json!({
        "nodeSelector": {"a": "application", "b": "application", "c": "application"},
        "sparkConf": {
            "spark.kubernetes.node.selector.d": "both",
            "spark.kubernetes.driver.node.selector.b": "driver property",
            "spark.kubernetes.executor.node.selector.b": "executor property",
        },
        "driver": {
            "nodeSelector": {"c": "driver field"},
            "tolerations": [{"key": "field"}],
            "affinity": {"nodeAffinity": {}},
            "template": {"spec": {
                "nodeSelector": {"a": "template", "e": "template"},
                "tolerations": [{"key": "template"}],
                "affinity": {"podAffinity": {}},
                "schedulerName": "volcano",
            }},
        },
    });
    let (pod, origins) = built(&spec, RoleName::Driver);
    assert_eq!(pod["schedulerName"], "volcano");
    assert_eq!(
        pod["nodeSelector"],
        json!({"a": "application", "b": "driver property", "c": "driver field", "d": "both", "e": "template"})
    );
    assert_eq!(pod["tolerations"], json!([{"key": "template"}, {"key": "field"}]));
    assert_eq!(pod["affinity"], json!({"nodeAffinity": {}}));
    let places = [
        ("/spec/nodeSelector/a", "/spec/nodeSelector/a"),
        (
            "/spec/nodeSelector/b",
            "/spec/sparkConf/spark.kubernetes.driver.node.selector.b",
        ),
        ("/spec/nodeSelector/c", "/spec/driver/nodeSelector/c"),
        ("/spec/nodeSelector/e", "/spec/driver/template/spec/nodeSelector/e"),
        ("/spec/tolerations/0", "/spec/driver/template/spec/tolerations/0"),
        ("/spec/tolerations/1", "/spec/driver/tolerations/0"),
        ("/spec/affinity/nodeAffinity", "/spec/driver/affinity/nodeAffinity"),
        ("/spec/schedulerName", "/spec/driver/template/spec/schedulerName"),
    ];
    for (pod, application) in places {
        let pod = PointerBuf::parse(pod).unwrap();
        assert_eq!(origins.place_of(&pod).as_str(), application, "{pod}");
    }
    let (pod, _) = built(&spec, RoleName::Executor);
    assert_eq!(
        pod["nodeSelector"],
        json!({"a": "application", "b": "executor property", "c": "application", "d": "both"})
    );
}

#[test]
fn selectors_of_one_role_are_read_from_spark_3_3_on() {
    let spec = |version: &str| {
        json!({
            "sparkVersion": version,
            "sparkConf": {"spark.kubernetes.driver.node.selector.pool": "a", "spark.kubernetes.node.selector.zone": "b"},
        })
    };
    let (pod, _) = built(&spec("3.2.4"), RoleName::Driver);
    assert_eq!(pod["nodeSelector"], json!({"zone": "b"}));
    let (pod, _) = built(&spec("3.3.0"), RoleName::Driver);
    assert_eq!(pod["nodeSelector"], json!({"pool": "a", "zone": "b"}));
}

#[test]
fn an_application_that_says_nothing_makes_a_pod_that_goes_anywhere() {
    for spec in [
        json!({}),
        json!({"driver": null}),
        json!({"driver": {"template": null, "tolerations": []}}),
    ] {
        let (pod, _) = built(&spec, RoleName::Driver);
        for anything in ["nodeSelector", "affinity", "tolerations"] {
            assert_eq!(pod.get(anything), None, "{anything} of {spec}");
        }
    }
}
