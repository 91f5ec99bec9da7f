//! `sparkConf`: properties that a job has to set, may not set, or may set to some values only.

use sparkgate::engine::policy::PolicySet;

use super::{application, assert_found, driver_pod, findings, policy, scheduled};

const RULE: &str = "sparkConf";

fn asking_for(rule: &str) -> PolicySet {
    policy(&format!("  validate: [{{name: tested, sparkConf: {{{rule}}}}}]"))
}

/// Each row: a case, members of an application's spec, what is found and where.
fn assert_rows(rule: &str, rows: &[(&str, &str, &[(&str, &str)])]) {
    let policies = asking_for(rule);
    for (case, members, expected) in rows {
        assert_found(case, &findings(RULE, &policies, &application(members)), expected);
    }
}

#[test]
fn what_is_forbidden_is_found_wherever_it_is_set() {
    assert_rows(
        "forbidden: [spark.plugins, spark.jars.packages, \"spark.kubernetes.*.volumes.hostPath.*\", \"spark.kubernetes.*.podTemplateFile\", \"spark.hadoop.fs.s3a.endpoint*\"]",
        &[
            ("nothing", "", &[]),
            ("another property", "sparkConf: {spark.plugin: a}", &[]),
            (
                "by its name",
                "sparkConf: {spark.plugins: com.example.Plugin}",
                &[("/spec/sparkConf/spark.plugins", "`spark.plugins` is forbidden")],
            ),
            (
                "an empty value",
                "sparkConf: {spark.plugins: \"\"}",
                &[("/spec/sparkConf/spark.plugins", "is forbidden")],
            ),
            (
                "by a pattern",
                "sparkConf: {spark.kubernetes.driver.volumes.hostPath.root.mount.path: /host, spark.kubernetes.driver.volumes.nfs.a.mount.path: /a}",
                &[(
                    "/spec/sparkConf/spark.kubernetes.driver.volumes.hostPath.root.mount.path",
                    "is forbidden",
                )],
            ),
            (
                "a field that becomes the property",
                "deps: {packages: [\"org.example:a:1\"]}",
                &[(
                    "/spec/deps/packages",
                    "this sets `spark.jars.packages`, which is forbidden",
                )],
            ),
            (
                "hadoopConf",
                "hadoopConf: {fs.s3a.endpoint: evil.example.com}",
                &[(
                    "/spec/hadoopConf/fs.s3a.endpoint",
                    "this sets `spark.hadoop.fs.s3a.endpoint`",
                )],
            ),
            (
                "a property that the operator overrides",
                "sparkConf: {spark.kubernetes.driver.podTemplateFile: /tmp/pod.yaml}",
                &[(
                    "/spec/sparkConf/spark.kubernetes.driver.podTemplateFile",
                    "is forbidden",
                )],
            ),
            ("the operator's own template", "driver: {template: {spec: {}}}", &[]),
            (
                "a system property in the driver's field",
                "driver: {javaOptions: \"-Xss1m -Dspark.plugins=com.example.Plugin\"}",
                &[("/spec/driver/javaOptions", "this sets `spark.plugins`")],
            ),
            (
                "in a property",
                "sparkConf: {spark.driver.defaultJavaOptions: \"-Dspark.plugins=a\"}",
                &[(
                    "/spec/sparkConf/spark.driver.defaultJavaOptions",
                    "this sets `spark.plugins`",
                )],
            ),
            (
                "in the executor's, once",
                "executor: {javaOptions: \"-Dspark.plugins=a\"}",
                &[("/spec/executor/javaOptions", "this sets `spark.plugins`")],
            ),
            (
                "in the driver's environment",
                "driver: {env: [{name: JAVA_TOOL_OPTIONS, value: \"-Dspark.plugins=a\"}]}",
                &[("/spec/driver/env/0/value", "this sets `spark.plugins`")],
            ),
            (
                "in a template's",
                "driver: {template: {spec: {containers: [{name: spark-kubernetes-driver, env: [{name: SPARK_SUBMIT_OPTS, value: \"-Dspark.plugins=a\"}]}]}}}",
                &[(
                    "/spec/driver/template/spec/containers/0/env/0/value",
                    "this sets `spark.plugins`",
                )],
            ),
            (
                "in a variable of something else",
                "driver: {env: [{name: OTHER, value: \"-Dspark.plugins=a\"}]}",
                &[],
            ),
            (
                "among the arguments",
                "arguments: [--conf, spark.plugins=a, --conf=spark.jars.packages=b, --verbose, spark.plugins=c]",
                &[
                    ("/spec/arguments/1", "this sets `spark.plugins`"),
                    ("/spec/arguments/2", "this sets `spark.jars.packages`"),
                ],
            ),
        ],
    );
}

#[test]
fn what_is_required_is_set_by_whomever() {
    assert_rows(
        "required: [spark.eventLog.enabled, \"spark.*.memory\"]",
        &[
            (
                "nobody",
                "",
                &[("/spec/sparkConf", "`spark.eventLog.enabled` has to be set")],
            ),
            ("the user", "sparkConf: {spark.eventLog.enabled: \"false\"}", &[]),
            (
                "a Java option",
                "driver: {javaOptions: -Dspark.eventLog.enabled=true}",
                &[],
            ),
        ],
    );
}

#[test]
fn values_are_those_that_are_allowed() {
    assert_rows(
        "values: {spark.eventLog.enabled: [\"true\"], spark.eventLog.dir: [\"s3a://logs/*\", \"file:/logs\"], spark.executor.memory: [\"?g\"]}",
        &[
            ("nothing set", "", &[]),
            (
                "one value",
                "sparkConf: {spark.eventLog.enabled: \"true\", spark.eventLog.dir: \"s3a://logs/etl\"}",
                &[],
            ),
            (
                "others",
                "sparkConf: {spark.eventLog.enabled: \"false\", spark.eventLog.dir: \"s3a://evil/etl\"}",
                &[
                    (
                        "/spec/sparkConf/spark.eventLog.dir",
                        "`spark.eventLog.dir` does not have a value that is allowed",
                    ),
                    (
                        "/spec/sparkConf/spark.eventLog.enabled",
                        "`spark.eventLog.enabled` does not",
                    ),
                ],
            ),
            (
                "a field",
                "executor: {memory: 16g}",
                &[(
                    "/spec/executor/memory",
                    "this sets `spark.executor.memory`, which does not",
                )],
            ),
            (
                "what a field overrides does not count",
                "sparkConf: {spark.executor.memory: 16g}, executor: {memory: 4g}",
                &[],
            ),
            (
                "a Java option",
                "driver: {javaOptions: -Dspark.eventLog.enabled=false}",
                &[(
                    "/spec/driver/javaOptions",
                    "this sets `spark.eventLog.enabled`, which does not",
                )],
            ),
        ],
    );
    let findings = findings(
        RULE,
        &asking_for("values: {spark.a: [b, \"c*\"]}"),
        &application("sparkConf: {spark.a: hunter2}"),
    );
    let help: Vec<_> = findings.iter().map(|finding| finding.help.as_deref()).collect();
    assert_eq!(help, [Some("write `b` or `c*`")]);
    assert!(!format!("{findings:?}").contains("hunter2"));
}

#[test]
fn an_entry_is_about_its_roles_and_the_job() {
    let of = |roles: &str| {
        let policies = policy(&format!(
            "  validate: [{{name: tested, roles: [{roles}], sparkConf: {{forbidden: [\"spark.*{{b,B}}\"], required: [spark.driver.a, spark.executor.a, spark.a]}}}}]"
        ));
        let manifest = application("sparkConf: {spark.driver.b: x, spark.executorEnv.B: x, spark.b: x}");
        let found = findings(RULE, &policies, &manifest);
        let written = found
            .iter()
            .filter_map(|finding| finding.pointer.as_str().strip_prefix("/spec/sparkConf"));
        written
            .map(|place| place.trim_start_matches('/').to_owned())
            .collect::<Vec<_>>()
    };
    // An empty place is that of what is missing.
    assert_eq!(of("driver"), ["spark.b", "spark.driver.b", "", ""]);
    assert_eq!(of("executor"), ["spark.b", "spark.executorEnv.B", "", ""]);
    assert_eq!(
        of("driver, executor"),
        ["spark.b", "spark.driver.b", "spark.executorEnv.B", "", "", ""]
    );
}

#[test]
fn other_kinds_of_application_are_judged_and_pods_are_not() {
    let policies = asking_for("forbidden: [spark.plugins], required: [spark.a]");
    assert_found(
        "a schedule",
        &findings(RULE, &policies, &scheduled("sparkConf: {spark.plugins: a}")),
        &[
            ("/spec/template/sparkConf/spark.plugins", "is forbidden"),
            ("/spec/template/sparkConf", "`spark.a` has to be set"),
        ],
    );
    let apache = "apiVersion: spark.apache.org/v1\nkind: SparkApplication\nmetadata: {name: job, namespace: team}\nspec: {jars: \"local:///job.jar\", runtimeVersions: {sparkVersion: 4.0.0}, driverArgs: [-c, spark.plugins=a], sparkConf: {spark.a: x}}";
    assert_found(
        "Apache's",
        &findings(RULE, &policies, apache),
        &[("/spec/driverArgs/1", "this sets `spark.plugins`")],
    );
    let pod = driver_pod("{containers: [{name: c, args: [driver, --conf, spark.plugins=a]}]}");
    assert_found("a pod", &findings(RULE, &policies, &pod), &[]);
}
