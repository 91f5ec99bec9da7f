use serde_json::{Value, json};

use super::*;
use crate::engine::json::Arena;

const DRIVER: Option<RoleName> = Some(RoleName::Driver);
const EXECUTOR: Option<RoleName> = Some(RoleName::Executor);

fn env(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"name": name, "value": "x"})).collect()
}

/// A container of Spark's image, told its role by an argument.
fn container(argument: &str, variable: &str) -> Value {
    json!({"name": "any", "args": [argument, "--more"], "env": env(&[variable])})
}

fn running(containers: &Value) -> Value {
    json!({"metadata": {"name": "job"}, "spec": {"containers": containers}})
}

/// A pod of one container with a command line and no variable.
fn command(line: &[&str]) -> Value {
    running(&json!([{"name": "main", "command": line}]))
}

fn script(script: &str) -> Value {
    running(&json!([{"name": "main", "command": ["/bin/bash", "-ec"], "args": [script]}]))
}

fn variables(names: &[&str]) -> Value {
    running(&json!([{"name": "main", "env": env(names)}]))
}

fn labelled(role: &str) -> Value {
    json!({"metadata": {"labels": {"spark-role": role, "spark-app-selector": "spark-1"}}})
}

fn owned(api_version: &str, kind: &str) -> Value {
    json!({"metadata": {"ownerReferences": [{"apiVersion": api_version, "kind": kind, "name": "etl", "uid": "u"}]}})
}

#[track_caller]
fn assert_roles(cases: impl IntoIterator<Item = (&'static str, Value, Option<RoleName>)>) {
    for (case, pod, expected) in cases {
        let arena = Arena::new();
        assert_eq!(role_of(arena.import(&pod)), expected, "{case}");
    }
}

#[test]
fn knows_the_pods_of_spark_by_their_labels() {
    assert_roles([
        ("a driver", labelled("driver"), DRIVER),
        ("an executor", labelled("executor"), EXECUTOR),
        ("a connect server", labelled("connect-server"), None),
        ("a cluster of Apache's operator", labelled("cluster"), None),
        ("a standalone master", labelled("master"), None),
        ("a standalone worker", labelled("worker"), None),
        (
            "somebody else's role label",
            json!({"metadata": {"labels": {"spark-role": "driver"}}}),
            None,
        ),
        (
            "nulls",
            json!({"metadata": {"labels": null, "ownerReferences": null}, "spec": {"containers": null}}),
            None,
        ),
        (
            "values of another kind",
            json!({"metadata": {"labels": {"spark-role": 1, "spark-app-selector": 1}, "ownerReferences": [1]},
                   "spec": {"containers": [1, {"command": 1, "args": [1], "env": [1, {"name": 1}]}]}}),
            None,
        ),
        ("nothing", json!({}), None),
    ]);
}

#[test]
fn knows_what_runs_whatever_the_labels_say() {
    let disguised =
        |labels: Value, container: Value| json!({"metadata": {"labels": labels}, "spec": {"containers": [container]}});
    assert_roles([
        (
            "a driver that is labelled an executor",
            disguised(
                json!({"spark-role": "executor", "spark-app-selector": "spark-1"}),
                container("driver", "SPARK_APPLICATION_ID"),
            ),
            DRIVER,
        ),
        (
            "an executor that is labelled a connect server",
            disguised(
                json!({"spark-role": "connect-server", "spark-app-selector": "spark-1"}),
                container("executor", "SPARK_EXECUTOR_ID"),
            ),
            EXECUTOR,
        ),
        (
            "a labelled executor of which little is told",
            disguised(
                json!({"spark-role": "executor", "spark-app-selector": "spark-1"}),
                container("--start", "SPARK_APPLICATION_ID"),
            ),
            EXECUTOR,
        ),
    ]);
}

#[test]
fn knows_the_pods_of_spark_by_their_environment() {
    assert_roles([
        (
            "Spark's variable, and its argument",
            running(&json!([container("executor", "SPARK_APPLICATION_ID")])),
            EXECUTOR,
        ),
        (
            "Spark's variable, and no argument that tells a role",
            running(&json!([container("start", "SPARK_APPLICATION_ID")])),
            DRIVER,
        ),
        (
            "the driver's address",
            variables(&["SPARK_DRIVER_BIND_ADDRESS"]),
            DRIVER,
        ),
        ("an executor's id", variables(&["SPARK_EXECUTOR_ID"]), EXECUTOR),
        ("the address of its driver", variables(&["SPARK_DRIVER_URL"]), EXECUTOR),
        (
            "its resource profile",
            variables(&["SPARK_RESOURCE_PROFILE_ID"]),
            EXECUTOR,
        ),
        ("one of its JVM options", variables(&["SPARK_JAVA_OPT_12"]), EXECUTOR),
        (
            "no JVM option",
            variables(&["SPARK_JAVA_OPT_", "SPARK_JAVA_OPT_x"]),
            None,
        ),
        (
            "both roles' variables",
            variables(&["SPARK_APPLICATION_ID", "SPARK_EXECUTOR_ID"]),
            EXECUTOR,
        ),
        (
            "what spark-env.sh knows",
            variables(&[
                "SPARK_EXECUTOR_MEMORY",
                "SPARK_EXECUTOR_CORES",
                "SPARK_CONF_DIR",
                "SPARK_LOCAL_DIRS",
            ]),
            None,
        ),
        (
            "a history server",
            variables(&["SPARK_HISTORY_OPTS", "SPARK_NO_DAEMONIZE"]),
            None,
        ),
        (
            "a worker of bitnami's image",
            variables(&["SPARK_MODE", "SPARK_MASTER_URL", "SPARK_WORKER_MEMORY"]),
            None,
        ),
    ]);
}

#[test]
fn looks_into_all_containers() {
    let beside = |list: &str, container: Value| json!({"metadata": {}, "spec": {"containers": [{"name": "sleep", "args": ["infinity"]}], list: [container]}});
    assert_roles([
        (
            "behind a sidecar",
            running(&json!([
                container("run", "OTHER"),
                container("driver", "SPARK_APPLICATION_ID")
            ])),
            DRIVER,
        ),
        (
            "as an init container",
            beside("initContainers", container("executor", "SPARK_EXECUTOR_ID")),
            EXECUTOR,
        ),
        (
            "as an ephemeral container",
            beside("ephemeralContainers", json!({"name": "debug", "command": ["pyspark"]})),
            DRIVER,
        ),
    ]);
}

#[test]
fn knows_the_pods_of_spark_by_their_owners() {
    assert_roles([
        (
            "kubeflow's",
            owned("sparkoperator.k8s.io/v1beta2", "SparkApplication"),
            DRIVER,
        ),
        (
            "kubeflow's schedule",
            owned("sparkoperator.k8s.io/v1beta2", "ScheduledSparkApplication"),
            DRIVER,
        ),
        ("Apache's", owned("spark.apache.org/v1", "SparkApplication"), DRIVER),
        (
            "Apache's by an old version",
            owned("spark.apache.org/v1beta1", "SparkApplication"),
            DRIVER,
        ),
        (
            "a standalone cluster",
            owned("spark.apache.org/v1", "SparkCluster"),
            None,
        ),
        (
            "a connect server",
            owned("sparkoperator.k8s.io/v1alpha1", "SparkConnect"),
            None,
        ),
        ("another group", owned("example.com/v1", "SparkApplication"), None),
        ("a deployment", owned("apps/v1", "ReplicaSet"), None),
        ("a pod of which nothing is known", owned("v1", "Pod"), None),
    ]);
}

#[test]
fn knows_the_pods_of_spark_by_their_command() {
    let submit = |options: &str| script(&format!("spark-submit {options} job.py"));
    assert_roles([
        (
            "an argument alone",
            running(&json!([container("driver", "OTHER")])),
            None,
        ),
        (
            "a CSI driver",
            command(&["/bin/csi", "driver", "--endpoint=unix:///csi"]),
            None,
        ),
        (
            "an executor of something else",
            running(&json!([{"args": ["executor"]}])),
            None,
        ),
        (
            "Spark's image without variables",
            running(&json!([{"args": ["driver", "--properties-file", "/opt/spark/conf/spark.properties"]}])),
            DRIVER,
        ),
        ("the entrypoint", command(&["/opt/entrypoint.sh", "executor"]), EXECUTOR),
        (
            "the entrypoint behind tini",
            command(&["/usr/bin/tini", "-s", "--", "/opt/entrypoint.sh", "driver"]),
            DRIVER,
        ),
        (
            "an entrypoint of others",
            command(&["/entrypoint.sh", "executor"]),
            None,
        ),
        (
            "the entrypoint in a script",
            script("export SPARK_EXECUTOR_ID=1; exec /opt/entrypoint.sh executor"),
            EXECUTOR,
        ),
        (
            "an executor's JVM",
            command(&[
                "java",
                "-cp",
                "/opt/spark/jars/*",
                "org.apache.spark.executor.CoarseGrainedExecutorBackend",
            ]),
            EXECUTOR,
        ),
        (
            "an executor's JVM on Kubernetes",
            script("exec java org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend --cores 1"),
            EXECUTOR,
        ),
        (
            "a driver's JVM",
            command(&["java", "org.apache.spark.deploy.SparkSubmit", "job.py"]),
            DRIVER,
        ),
        ("client mode", submit("--master k8s://https://api"), DRIVER),
        ("local mode", submit("--master 'local[*]'"), DRIVER),
        (
            "a path that is a variable",
            script("$SPARK_HOME/bin/spark-submit job.py"),
            DRIVER,
        ),
        ("a shell", command(&["/opt/spark/bin/pyspark"]), DRIVER),
        (
            "cluster mode",
            submit("--master k8s://https://api --deploy-mode cluster"),
            None,
        ),
        (
            "cluster mode by a property",
            submit("--conf \"spark.submit.deployMode=cluster\""),
            None,
        ),
        ("cluster mode, joined", submit("--deploy-mode=cluster"), None),
        (
            "cluster mode taken back",
            submit("--deploy-mode cluster --deploy-mode client"),
            DRIVER,
        ),
        (
            "cluster mode, which the option takes back",
            submit("-c spark.submit.deployMode=cluster --deploy-mode client"),
            DRIVER,
        ),
        (
            "cluster mode for the job to read",
            script("spark-submit --verbose job.py --deploy-mode cluster"),
            DRIVER,
        ),
        ("a standalone cluster", submit("--master spark://master:7077"), None),
        (
            "a standalone cluster by a property",
            submit("--conf spark.master=spark://master:7077"),
            None,
        ),
        ("the version", script("spark-submit --version"), None),
        (
            "the end of a job",
            script("spark-submit --kill team-a:etl-driver --master k8s://https://api"),
            None,
        ),
        (
            "a history server",
            script("/opt/spark/sbin/start-history-server.sh && tail -f /dev/null"),
            None,
        ),
        (
            "a history server's JVM",
            command(&[
                "/opt/spark/bin/spark-class",
                "org.apache.spark.deploy.history.HistoryServer",
            ]),
            None,
        ),
        (
            "a worker's JVM",
            command(&[
                "/opt/spark/bin/spark-class",
                "org.apache.spark.deploy.worker.Worker",
                "spark://master:7077",
            ]),
            None,
        ),
        (
            "a thrift server of a standalone cluster",
            script(
                "spark-submit --class org.apache.spark.sql.hive.thriftserver.HiveThriftServer2 --master spark://m:7077 spark-internal",
            ),
            None,
        ),
        (
            "a thrift server that has executors on Kubernetes",
            script(
                "spark-submit --class org.apache.spark.sql.hive.thriftserver.HiveThriftServer2 --master k8s://https://api spark-internal",
            ),
            DRIVER,
        ),
        (
            "kubeflow's connect server",
            script("${SPARK_HOME}/sbin/start-connect-server.sh $(SPARK_CONF_OPTIONS) && tail -f /dev/null"),
            None,
        ),
        (
            "kubeflow's operator",
            command(&[
                "/usr/bin/tini",
                "-s",
                "--",
                "/usr/bin/spark-operator",
                "controller",
                "start",
            ]),
            None,
        ),
        (
            "Apache's operator",
            command(&[
                "java",
                "-cp",
                "operator.jar",
                "org.apache.spark.k8s.operator.SparkOperator",
            ]),
            None,
        ),
        ("a comment", script("# spark-submit job.py\nsleep infinity"), None),
    ]);
}

#[test]
fn finds_the_container_that_spark_runs_in() {
    let cases = [
        (
            "by its argument, wherever it stands",
            running(&json!([
                container("run", "OTHER"),
                container("driver", "SPARK_APPLICATION_ID")
            ])),
            Some((1, RoleName::Driver)),
        ),
        (
            "by its argument before a variable",
            running(&json!([
                variables(&["SPARK_APPLICATION_ID"])["spec"]["containers"][0],
                container("executor", "SPARK_APPLICATION_ID")
            ])),
            Some((1, RoleName::Executor)),
        ),
        (
            "by a variable, in the role of the labels",
            json!({"metadata": labelled("executor")["metadata"], "spec": {"containers": [container("a", "B"), container("a", "SPARK_APPLICATION_ID")]}}),
            Some((1, RoleName::Executor)),
        ),
        ("not by labels", labelled("driver"), None),
    ];
    for (case, pod, expected) in cases {
        let arena = Arena::new();
        assert_eq!(spark_container(arena.import(&pod)), expected, "{case}");
    }
}

#[test]
fn knows_the_pods_that_a_driver_makes() {
    let arena = Arena::new();
    let driver = |account: Value| {
        let mut pod = container("driver", "SPARK_APPLICATION_ID");
        pod = json!({"metadata": {"name": "etl-driver"}, "spec": {"containers": [pod]}});
        json_patch::merge(&mut pod, &json!({"spec": {"serviceAccountName": account}}));
        DriverPod::of(arena.import(&pod)).unwrap()
    };
    let named = driver(json!("spark"));
    let owner = |api_version: &str, kind: &str, name: &str| {
        arena.import(
            &json!({"metadata": {"ownerReferences": [{"apiVersion": api_version, "kind": kind, "name": name}]}}),
        )
    };
    let pods = [
        ("its executor", owner("v1", "Pod", "etl-driver"), true),
        ("another driver's", owner("v1", "Pod", "other"), false),
        ("a deployment's", owner("apps/v1", "Deployment", "etl-driver"), false),
        ("nobody's", arena.import(&json!({})), false),
    ];
    for (case, pod, expected) in pods {
        assert_eq!(named.owns(pod), expected, "{case}");
    }
    let users = [
        (&named, "system:serviceaccount:team-a:spark", true),
        (&named, "system:serviceaccount:team-b:spark", false),
        (&named, "system:serviceaccount:team-a:default", false),
        (&named, "spark", false),
        (&driver(Value::Null), "system:serviceaccount:team-a:default", true),
    ];
    for (driver, user, expected) in users {
        assert_eq!(driver.is_user(user, "team-a"), expected, "{user}");
    }
    let executor = running(&json!([container("executor", "SPARK_APPLICATION_ID")]));
    assert_eq!(DriverPod::of(arena.import(&executor)), None);
}
