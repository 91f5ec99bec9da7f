//! `secrets`: no credentials written out in manifests.

use super::{application, assert_found, driver_pod, findings, pod, policy, scheduled};
use crate::command::{directory, run};

const RULE: &str = "secrets";
const ENTRY: &str = "  validate: [{name: tested, secrets: {}}]";

#[test]
fn literals_are_found_wherever_they_are_written() {
    let rows: &[(&str, &str, &[(&str, &str)])] = &[
        ("nothing", "", &[]),
        (
            "a variable",
            "driver: {env: [{name: A, value: b}, {name: DB_PASSWORD, value: hunter2}]}",
            &[(
                "/spec/driver/env/1/value",
                "the environment variable `DB_PASSWORD` of the driver's container `spark-kubernetes-driver` holds a password",
            )],
        ),
        (
            "the older field, which becomes a property",
            "executor: {envVars: {API_TOKEN: hunter2}}",
            &[(
                "/spec/executor/envVars/API_TOKEN",
                "the environment variable `API_TOKEN` of the executor's",
            )],
        ),
        (
            "a property that becomes a variable",
            "sparkConf: {spark.executorEnv.API_TOKEN: hunter2, spark.kubernetes.driverEnv.API_TOKEN: hunter2}",
            &[
                (
                    "/spec/sparkConf/spark.kubernetes.driverEnv.API_TOKEN",
                    "variable `API_TOKEN`",
                ),
                ("/spec/sparkConf/spark.executorEnv.API_TOKEN", "variable `API_TOKEN`"),
            ],
        ),
        (
            "a property",
            "sparkConf: {spark.hadoop.fs.s3a.secret.key: hunter2}",
            &[(
                "/spec/sparkConf/spark.hadoop.fs.s3a.secret.key",
                "`spark.hadoop.fs.s3a.secret.key` holds a key",
            )],
        ),
        (
            "hadoopConf",
            "hadoopConf: {fs.s3a.secret.key: hunter2}",
            &[("/spec/hadoopConf/fs.s3a.secret.key", "holds a key")],
        ),
        (
            "a property that Spark drops",
            "sparkConf: {DB_PASSWORD: hunter2}",
            &[("/spec/sparkConf/DB_PASSWORD", "`DB_PASSWORD` holds a password")],
        ),
        (
            "a URL in a property",
            "sparkConf: {spark.acme.database: \"postgresql://etl:hunter2@db/x\"}",
            &[("/spec/sparkConf/spark.acme.database", "holds a URL with a password")],
        ),
        (
            "Java options, once for all the variables that they become",
            "executor: {javaOptions: \"-Xss1m -Djavax.net.ssl.trustStorePassword=hunter2\"}",
            &[("/spec/executor/javaOptions", "holds a password")],
        ),
        (
            "the driver's Java options",
            "driver: {javaOptions: \"-Ddb.password=hunter2\"}",
            &[(
                "/spec/driver/javaOptions",
                "`spark.driver.extraJavaOptions` holds a password",
            )],
        ),
        (
            "arguments, by their options and by their shapes",
            "arguments: [--password, hunter2, --token=hunter2, --keys, AKIAIOSFODNN7EXAMPLE, --secret, --verbose]",
            &[
                (
                    "/spec/arguments/1",
                    "an argument of the driver's container `spark-kubernetes-driver` holds a password",
                ),
                ("/spec/arguments/2", "holds a token"),
                ("/spec/arguments/4", "holds an AWS access key"),
            ],
        ),
        (
            "an init container of the template",
            "driver: {template: {spec: {initContainers: [{name: fetch, env: [{name: TOKEN, value: hunter2}], command: [sh, -c, \"PASSWORD=hunter2 fetch\"]}]}}}",
            &[
                (
                    "/spec/driver/template/spec/initContainers/0/env/0/value",
                    "`TOKEN` of the driver's container `fetch`",
                ),
                (
                    "/spec/driver/template/spec/initContainers/0/command/2",
                    "an argument of the driver's container `fetch`",
                ),
            ],
        ),
        (
            "a sidecar",
            "driver: {sidecars: [{name: log, env: [{name: TOKEN, value: hunter2}]}]}",
            &[("/spec/driver/sidecars/0/env/0/value", "container `log`")],
        ),
        (
            "the main file",
            "mainApplicationFile: \"https://etl:hunter2@files/job.jar\"",
            &[("/spec/mainApplicationFile", "a URL with a password")],
        ),
        (
            "what says where a credential is",
            "driver: {env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}, {name: TOKEN, value: \"\"}, {name: SECRET, value: \"${SECRET}\"}, {name: TOKEN_FILE, value: /x/y}], envSecretKeyRefs: {A_TOKEN: {name: a, key: token}}, secrets: [{name: db-password, path: /etc/db, secretType: Generic}], annotations: {vault/agent-inject-secret: \"secret/data/db\"}}",
            &[],
        ),
        (
            "properties that say where a credential is",
            "sparkConf: {spark.kubernetes.driver.secretKeyRef.DB_PASSWORD: \"db:password\", spark.kubernetes.executor.secrets.db-password: /etc/db, spark.hadoop.fs.s3a.aws.credentials.provider: com.amazonaws.Provider, spark.hadoop.fs.s3a.secret.key: \"{{ key }}\", spark.ssl.keyPassword: \"${env:KEY}\"}",
            &[],
        ),
        (
            "what Spark tells its executors",
            "sparkConf: {spark.authenticate: \"true\"}",
            &[],
        ),
    ];
    let policies = policy(ENTRY);
    for (case, members, expected) in rows {
        let findings = findings(RULE, &policies, &application(members));
        assert_found(case, &findings, expected);
        assert!(!format!("{findings:?}").contains("hunter2"), "{case}: {findings:?}");
        assert!(!format!("{findings:?}").contains("AKIA"), "{case}: {findings:?}");
    }
}

#[test]
fn pods_are_judged_as_they_are() {
    let policies = policy(ENTRY);
    let spec = "{initContainers: [{name: a, env: [{name: TOKEN, value: hunter2}]}], containers: [{name: b, env: [{name: _SPARK_AUTH_SECRET, value: hunter2}, {name: URL, value: \"https://u:hunter2@h\"}, {name: FROM, valueFrom: {secretKeyRef: {name: s, key: k}}}], args: [driver, --password, hunter2]}], ephemeralContainers: [{name: c, env: [{name: KEYS, value: \"-----BEGIN PRIVATE KEY-----\"}]}]}";
    let expected = [
        ("/spec/initContainers/0/env/0/value", "`TOKEN`"),
        ("/spec/containers/0/env/1/value", "`URL`"),
        ("/spec/containers/0/args/2", "an argument"),
        ("/spec/ephemeralContainers/0/env/0/value", "a private key"),
    ];
    for role in ["driver", "executor"] {
        let findings = findings(RULE, &policies, &pod(role, spec));
        assert_found(role, &findings, &expected);
        assert!(!format!("{findings:?}").contains("hunter2"));
    }
    assert_found("nothing", &findings(RULE, &policies, &driver_pod("{}")), &[]);
}

#[test]
fn other_kinds_of_application_are_judged() {
    let policies = policy(ENTRY);
    assert_found(
        "a schedule",
        &findings(
            RULE,
            &policies,
            &scheduled("sparkConf: {spark.ssl.keyPassword: hunter2}"),
        ),
        &[("/spec/template/sparkConf/spark.ssl.keyPassword", "holds a password")],
    );
    let apache = "apiVersion: spark.apache.org/v1\nkind: SparkApplication\nmetadata: {name: job, namespace: team}\nspec: {jars: \"local:///job.jar\", runtimeVersions: {sparkVersion: 4.0.0}, driverArgs: [--token, hunter2], driverSpec: {podTemplateSpec: {spec: {containers: [{name: s, env: [{name: PASSWORD, value: hunter2}]}]}}}}";
    assert_found(
        "Apache's",
        &findings(RULE, &policies, apache),
        &[
            (
                "/spec/driverSpec/podTemplateSpec/spec/containers/0/env/0/value",
                "`PASSWORD`",
            ),
            ("/spec/driverArgs/1", "holds a token"),
        ],
    );
}

#[test]
fn an_entry_is_about_its_roles_and_the_job() {
    let policies = policy("  validate: [{name: tested, roles: [executor], secrets: {}}]");
    let manifest = application(
        "driver: {env: [{name: TOKEN, value: a}], javaOptions: -Da.password=b}, sparkConf: {spark.ssl.keyPassword: c, spark.executorEnv.TOKEN: d}",
    );
    assert_found(
        "executors",
        &findings(RULE, &policies, &manifest),
        &[
            ("/spec/sparkConf/spark.executorEnv.TOKEN", "`TOKEN`"),
            ("/spec/sparkConf/spark.ssl.keyPassword", "`spark.ssl.keyPassword`"),
        ],
    );
}

#[test]
fn a_policy_adds_names_and_takes_some_out() {
    let policies =
        policy("  validate: [{name: tested, secrets: {names: [\"*_LICENSE\"], except: [\"*_BUDGET_TOKEN\"]}}]");
    let env = "driver: {env: [{name: ACME_LICENSE, value: a}, {name: MY_BUDGET_TOKEN, value: b}, {name: B_LICENSE, value: \"${X}\"}]}";
    assert_found(
        "variables",
        &findings(RULE, &policies, &application(env)),
        &[("/spec/driver/env/0/value", "`ACME_LICENSE`")],
    );
}

#[test]
fn no_report_shows_what_is_found() {
    let policies =
        format!("apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {{name: p}}\nspec:\n{ENTRY}");
    let manifest = application(
        "arguments: [--password, hunter2, \"https://u:hunter2@h\"], driver: {javaOptions: -Da.password=hunter2, env: [{name: TOKEN, value: hunter2}]}, sparkConf: {spark.acme.db: \"jdbc:x://h;password=hunter2\"}",
    );
    let directory = directory(&[("policies/p.yaml", &policies), ("job.yaml", &manifest)]);
    for format in ["human", "json"] {
        let ran = run(
            directory.path(),
            &["check", "--policies", "policies", "--format", format, "job.yaml"],
            "",
        );
        assert_eq!(ran.exit, 1, "{}", ran.err);
        assert_eq!(ran.out.matches("p/tested").count(), 5, "{}", ran.out);
        assert!(!ran.out.contains("hunter2"), "{}", ran.out);
    }
}
