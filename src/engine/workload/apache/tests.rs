use serde_json::{Value, json};

use super::*;
use crate::engine::json::Arena;

fn object(spec: &Value) -> Value {
    json!({
        "apiVersion": "spark.apache.org/v1",
        "kind": "SparkApplication",
        "metadata": {"name": "pi", "namespace": "team"},
        "spec": spec,
    })
}

/// The value of a property, and where it comes from.
fn property(object: &Value, name: &str) -> Option<(String, String)> {
    let arena = Arena::new();
    let workload = workload(&arena, arena.import(object));
    let property = workload.properties.get(name)?;
    let origin = match &property.origin {
        Origin::Default(whose) => (*whose).to_owned(),
        origin => origin.pointer()?.to_string(),
    };
    Some((property.value.to_owned(), origin))
}

#[test]
fn hands_over_the_properties_that_the_operator_does() {
    const DEFAULT: &str = "the operator's default";
    let cases = [
        (
            "spark.executor.memory",
            json!({"sparkConf": {"spark.executor.memory": "4g"}}),
            Some(("4g", "/spec/sparkConf/spark.executor.memory")),
        ),
        ("spark.executor.instances", json!({}), None),
        (
            "spark.executor.instances",
            json!({"applicationTolerations": {"instanceConfig": {"initExecutors": 5, "maxExecutors": 9}}}),
            None,
        ),
        (
            "spark.kubernetes.namespace",
            json!({"sparkConf": {"spark.kubernetes.namespace": "other"}}),
            Some(("team", "/metadata/namespace")),
        ),
        ("spark.app.name", json!({}), None),
        (
            "spark.app.name",
            json!({"sparkConf": {"spark.app.name": "Pi"}}),
            Some(("pi", "/metadata/name")),
        ),
        ("spark.app.id", json!({}), Some(("pi-0", "/metadata/name"))),
        (
            "spark.app.id",
            json!({"sparkConf": {"spark.app.id": "mine"}}),
            Some(("mine", "/spec/sparkConf/spark.app.id")),
        ),
        (
            "spark.kubernetes.driver.label.spark.operator/name",
            json!({}),
            Some(("spark-kubernetes-operator", DEFAULT)),
        ),
        (
            "spark.kubernetes.executor.label.spark.operator/spark-app-name",
            json!({"sparkConf": {"spark.kubernetes.executor.label.spark.operator/spark-app-name": "other"}}),
            Some(("pi", "/metadata/name")),
        ),
        ("spark.jars", json!({"jars": "a.jar"}), Some(("a.jar", "/spec/jars"))),
        (
            "spark.jars",
            json!({"jars": "a.jar", "sparkConf": {"spark.jars": "b.jar"}}),
            Some(("b.jar", "/spec/sparkConf/spark.jars")),
        ),
        (
            "spark.submit.pyFiles",
            json!({"pyFiles": "a.py"}),
            Some(("a.py", "/spec/pyFiles")),
        ),
        (
            "spark.submit.pyFiles",
            json!({"jars": "a.jar", "pyFiles": "a.py"}),
            None,
        ),
        ("spark.files", json!({"files": "a.txt"}), None),
        (
            "spark.master",
            json!({}),
            Some((
                "k8s://https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT",
                DEFAULT,
            )),
        ),
        (
            "spark.master",
            json!({"sparkConf": {"spark.master": "k8s://https://here"}}),
            Some(("k8s://https://here", "/spec/sparkConf/spark.master")),
        ),
    ];
    for (name, spec, expected) in cases {
        let found = property(&object(&spec), name);
        let found = found.as_ref().map(|(value, origin)| (value.as_str(), origin.as_str()));
        assert_eq!(found, expected, "{name} of {spec}");
    }
}

#[test]
fn the_first_of_the_files_tells_the_language() {
    let cases = [
        (
            json!({"jars": "a.jar", "pyFiles": "a.py"}),
            Language::Java,
            Some("/spec/jars"),
        ),
        (
            json!({"jars": "", "pyFiles": "a.py"}),
            Language::Python,
            Some("/spec/pyFiles"),
        ),
        (json!({"sparkRFiles": "a.R"}), Language::R, Some("/spec/sparkRFiles")),
        (json!({"mainClass": "org.example.Pi"}), Language::Java, None),
    ];
    for (spec, language, main_file) in cases {
        let arena = Arena::new();
        let object = Located::root(arena.import(&object(&spec)));
        let submission = submission(&arena, &object);
        assert_eq!(submission.language, Some(language), "{spec}");
        let place = submission.main_file.map(|file| file.pointer.to_string());
        assert_eq!(place.as_deref(), main_file, "{spec}");
    }
}

#[test]
fn names_a_job_by_its_name_and_attempt_as_long_as_that_is_short() {
    let long = "a".repeat(LONGEST_ID - 1);
    let cases = [
        (json!({"metadata": {"name": "pi"}}), Some("pi-0")),
        (
            json!({"metadata": {"name": "pi"}, "status": {"currentAttemptSummary": {"attemptInfo": {"id": 2}}}}),
            Some("pi-2"),
        ),
        (json!({"metadata": {"name": long}}), None),
        (json!({"metadata": {"generateName": "pi-"}}), None),
        (
            json!({"metadata": {"name": long}, "spec": {"sparkConf": {"spark.app.id": "mine"}}}),
            Some("mine"),
        ),
    ];
    for (object, expected) in cases {
        let arena = Arena::new();
        let submission = submission(&arena, &Located::root(arena.import(&object)));
        assert_eq!(submission.application_id.map(|id| id.value), expected, "{object}");
    }
}

#[test]
fn the_proxy_user_is_the_user_unless_the_environment_says_another() {
    let cases = [
        (json!({}), "spark"),
        (json!({"proxyUser": "ann"}), "ann"),
        (
            json!({"proxyUser": "ann", "sparkConf": {"spark.kubernetes.driverEnv.SPARK_USER": "bob"}}),
            "spark",
        ),
    ];
    for (spec, user) in cases {
        let arena = Arena::new();
        let submission = submission(&arena, &Located::root(arena.import(&object(&spec))));
        assert_eq!(submission.user, user, "{spec}");
    }
}

#[test]
fn drivers_are_made_by_the_operators_spark_and_executors_by_their_own() {
    let spec = json!({"runtimeVersions": {"sparkVersion": "4.0.2"}});
    let arena = Arena::new();
    let submission = submission(&arena, &Located::root(arena.import(&object(&spec))));
    assert_eq!(submission.maker_of(RoleName::Driver), SparkVersion::parse("4.3.0"));
    assert_eq!(submission.maker_of(RoleName::Executor), SparkVersion::parse("4.0.2"));
}

#[test]
fn takes_of_a_template_what_makes_a_pod() {
    let spec = json!({
        "driverSpec": {"podTemplateSpec": {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [], "nodeSelector": {"pool": "spark"}},
        }},
        "executorSpec": {"podTemplateSpec": {"kind": "Deployment", "spec": {"replicas": 1}}},
    });
    let arena = Arena::new();
    let submission = submission(&arena, &Located::root(arena.import(&object(&spec))));
    let [driver, executor] = submission.templates;
    let mut driver = driver.unwrap();
    assert!(!driver.has("kind") && driver.get("metadata").unwrap().has("labels"));
    assert!(executor.is_none(), "a Deployment is no pod");
}

#[test]
fn containers_of_the_driver_cannot_gain_privileges_unless_they_say_so() {
    let template = |containers: Value| json!({"podTemplateSpec": {"spec": {"containers": containers}}});
    let containers = json!([
        {"name": "plain"},
        {"name": "bold", "securityContext": {"allowPrivilegeEscalation": true}},
        {"name": "user", "securityContext": {"runAsUser": 1}},
    ]);
    let spec = json!({"driverSpec": template(containers.clone()), "executorSpec": template(containers.clone())});
    let arena = Arena::new();
    let workload = workload(&arena, arena.import(&object(&spec)));
    let [driver, executor] = workload.pods.map(|pod| {
        let containers = pod.pod.at(["spec", "containers"]).map_or(&[][..], Json::items);
        let allowed = containers.iter().map(|container| {
            let name = container.get("name").and_then(Json::as_str).unwrap_or_default();
            (
                name,
                container
                    .at(["securityContext", "allowPrivilegeEscalation"])
                    .and_then(Json::as_bool),
            )
        });
        allowed.collect::<Vec<_>>()
    });
    let of_driver = [("bold", Some(true)), ("user", Some(false)), ("plain", Some(false))];
    assert_eq!(driver, of_driver, "Spark's own goes to the end");
    let of_executor = [("bold", Some(true)), ("user", None), ("plain", Some(false))];
    assert_eq!(
        executor, of_executor,
        "a version that nobody says is taken for the newest"
    );
}

#[test]
fn findings_point_into_the_sections_of_the_application() {
    let spec = json!({
        "sparkConf": {"spark.kubernetes.node.selector.zone": "a"},
        "driverSpec": {"podTemplateSpec": {"spec": {"tolerations": [{"key": "spot"}]}}},
    });
    let arena = Arena::new();
    let workload = workload(&arena, arena.import(&object(&spec)));
    let cases = [
        (
            RoleName::Driver,
            "/spec/tolerations/0",
            "/spec/driverSpec/podTemplateSpec/spec/tolerations/0",
        ),
        (
            RoleName::Driver,
            "/spec/nodeSelector/zone",
            "/spec/sparkConf/spark.kubernetes.node.selector.zone",
        ),
        (RoleName::Executor, "/spec/tolerations", "/spec/executorSpec"),
    ];
    for (role, pod, application) in cases {
        let of_role = workload.pods.iter().find(|effective| effective.role == role).unwrap();
        let (place, _) = of_role.place_of(json_patch::jsonptr::Pointer::parse(pod).unwrap());
        assert_eq!(place.as_str(), application, "{pod} of the {role}");
    }
}
