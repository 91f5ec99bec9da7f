//! What holds for the pods of any properties and any template.

use json_patch::jsonptr::PointerBuf;
use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use sparkgate::engine::json::{Arena, Json};
use sparkgate::engine::quantity::Quantity;
use sparkgate::engine::spark_version::SparkVersion;
use sparkgate::engine::workload::origin::Document;
use sparkgate::engine::workload::spark_submit::{self, Invocation};
use sparkgate::engine::workload::{Language, Located, Origins, RoleName, Workload};

/// What Spark's steps read, once for each role, and what both read.
const OF_ROLES: &[&str] = &[
    "spark.{}.memory",
    "spark.{}.memoryOverhead",
    "spark.{}.memoryOverheadFactor",
    "spark.{}.minMemoryOverhead",
    "spark.{}.cores",
    "spark.{}.resource.gpu.amount",
    "spark.{}.resource.gpu.vendor",
    "spark.{}.resource.",
    "spark.{}.extraJavaOptions",
    "spark.{}.blockManager.port",
    "spark.kubernetes.{}.request.cores",
    "spark.kubernetes.{}.limit.cores",
    "spark.kubernetes.{}.container.image",
    "spark.kubernetes.{}.podTemplateContainerName",
    "spark.kubernetes.{}.label.team",
    "spark.kubernetes.{}.label.spark-role",
    "spark.kubernetes.{}.annotation.a",
    "spark.kubernetes.{}.node.selector.zone",
    "spark.kubernetes.{}.secrets.creds",
    "spark.kubernetes.{}.secretKeyRef.PASSWORD",
    "spark.kubernetes.{}.volumes.emptyDir.spark-local-dir-1.mount.path",
    "spark.kubernetes.{}.volumes.emptyDir.spark-local-dir-1.options.sizeLimit",
    "spark.kubernetes.{}.volumes.persistentVolumeClaim.data.mount.path",
    "spark.kubernetes.{}.volumes.persistentVolumeClaim.data.mount.readOnly",
    "spark.kubernetes.{}.volumes.persistentVolumeClaim.data.options.claimName",
    "spark.kubernetes.{}.volumes.hostPath.",
    "spark.kubernetes.{}.volumes.tape.t.mount.path",
    "spark.kubernetes.{}.scheduler.name",
    "spark.kubernetes.{}.pod.featureSteps",
    "spark.kubernetes.{}.pod.excludedFeatureSteps",
    "spark.kubernetes.authenticate.{}.serviceAccountName",
    "spark.kubernetes.{}.securityContext.allowPrivilegeEscalation",
];
const OF_BOTH: &[&str] = &[
    "spark.app.name",
    "spark.authenticate",
    "spark.blockManager.port",
    "spark.decommission.enabled",
    "spark.dynamicAllocation.enabled",
    "spark.dynamicAllocation.maxExecutors",
    "spark.executor.extraClassPath",
    "spark.executor.instances",
    "spark.executor.pyspark.memory",
    "spark.executorEnv.A",
    "spark.executorEnv.1",
    "spark.kerberos.keytab",
    "spark.kubernetes.allocation.pods.allocator",
    "spark.kubernetes.allocation.recoveryMode.enabled",
    "spark.kubernetes.authenticate.driver.oauthToken",
    "spark.kubernetes.container.image",
    "spark.kubernetes.container.image.pullPolicy",
    "spark.kubernetes.container.image.pullSecrets",
    "spark.kubernetes.driver.pod.name",
    "spark.kubernetes.driverEnv.B",
    "spark.kubernetes.driverEnv.",
    "spark.kubernetes.executor.disableConfigMap",
    "spark.kubernetes.executor.podNamePrefix",
    "spark.kubernetes.executor.podTemplateFile",
    "spark.kubernetes.executor.terminationGracePeriodSeconds",
    "spark.kubernetes.hadoop.configMapName",
    "spark.kubernetes.kerberos.krb5.configMapName",
    "spark.kubernetes.kerberos.krb5.path",
    "spark.kubernetes.kerberos.tokenSecret.name",
    "spark.kubernetes.local.dirs.tmpfs",
    "spark.kubernetes.memoryOverheadFactor",
    "spark.kubernetes.namespace",
    "spark.kubernetes.node.selector.zone",
    "spark.local.dir",
    "spark.memory.offHeap.enabled",
    "spark.memory.offHeap.size",
    "spark.pyspark.python",
    "spark.task.cpus",
    "spark.ui.port",
];
const VALUES: &[&str] = &[
    "",
    " ",
    ",",
    ",,a,",
    "0",
    "1",
    "-1",
    "3",
    "2147483648",
    "99999999999999999999",
    "0.5",
    "500m",
    "4",
    "1g",
    "1.5g",
    "4Gi",
    "512k",
    "9000000p",
    "1e3",
    "true",
    "FALSE",
    "yes",
    "db:password",
    ":",
    "a:b:c",
    "/data",
    "local:///a.jar",
    "/a.jar",
    "OnDemand",
    "c-SPARK_EXECUTOR_ID",
    "{{APP_ID}}-{{EXECUTOR_ID}}",
    "Always",
    "sometimes",
    "statefulset",
    "deployment",
    "30s",
    "nvidia.com",
    "spark",
    "logger",
    "-Xss4m \"-Da=b c\" 'x",
    "\\",
    "Größe 数据",
    "-----",
    "a.b.c",
    "org.apache.spark.deploy.k8s.features.VolcanoFeatureStep",
    "org.apache.spark.deploy.k8s.features.MountVolumesFeatureStep",
];
const VERSIONS: [&str; 9] = [
    "3.2.1", "3.3.4", "3.4.2", "3.5.9", "4.0.5", "4.1.4", "4.2.1", "4.3.0", "5.0.0",
];

fn properties() -> impl Strategy<Value = Value> {
    let of_role = (select(OF_ROLES), select(&RoleName::ALL[..]))
        .prop_map(|(name, role): (&str, RoleName)| name.replace("{}", role.as_str()));
    let name = prop_oneof![of_role, select(OF_BOTH).prop_map(str::to_owned)];
    let value = prop_oneof![4 => select(VALUES).prop_map(str::to_owned), 1 => "\\PC{0,12}"];
    btree_map(name, value, 0..16).prop_map(|properties| json!(properties))
}

/// Templates as they are and as they should not be: what a list, an object or an amount should be may be anything.
fn template() -> impl Strategy<Value = Value> {
    let anything = || {
        select(vec![
            json!(null),
            json!(true),
            json!(3),
            json!("500m"),
            json!([]),
            json!({}),
            json!([1, "a", null, {}]),
        ])
    };
    let container = prop_oneof![
        Just(json!({"name": "spark", "resources": {"requests": {"cpu": "7"}, "limits": {"cpu": "250m", "memory": 5}}})),
        Just(json!({"name": "logger", "resources": {"limits": {"cpu": 1, "memory": "64Mi"}}})),
        Just(
            json!({"name": "spark", "volumeMounts": [{"name": "spark-local-dir-9", "mountPath": "/m"}], "env": [], "ports": [{}]})
        ),
        anything().prop_map(|any| json!({"name": any, "resources": any, "env": any, "volumeMounts": any, "args": any})),
        anything(),
    ];
    let containers = proptest::collection::vec(container, 0..3).prop_map(Value::from);
    prop_oneof![
        containers
            .prop_map(|containers| json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers}})),
        anything().prop_map(|any| json!({"metadata": any, "spec": any})),
        anything().prop_map(
            |any| json!({"spec": {"containers": any, "volumes": any, "nodeSelector": any, "initContainers": any}})
        ),
        anything(),
    ]
}

fn workload<'a>(
    arena: &'a Arena,
    properties: &Value,
    templates: &[Option<Value>; 2],
    language: Language,
    version: &str,
) -> Workload<'a> {
    let located = |role: RoleName, template: &Option<Value>| {
        let template = template.as_ref()?;
        Some(Located::root_of(Document::Template(role), arena.import(template)))
    };
    let [driver, executor] = templates;
    let invocation = Invocation {
        properties: Located::root(arena.import(properties)),
        namespace: None,
        language,
        spark_version: SparkVersion::parse(version).unwrap(),
        templates: [located(RoleName::Driver, driver), located(RoleName::Executor, executor)],
        user: "somebody",
    };
    spark_submit::workload(arena, invocation)
}

/// The pointers of all scalars.
fn scalars(json: Json<'_>, at: &PointerBuf, found: &mut Vec<PointerBuf>) {
    match json {
        Json::Object(members) => members
            .iter()
            .for_each(|(key, value)| scalars(*value, &at.with_trailing_token(*key), found)),
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                scalars(*item, &at.with_trailing_token(index), found);
            }
        }
        _ => found.push(at.clone()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_properties_make_a_pod_whose_request_is_over_its_limit(
        properties in properties(),
        templates in [proptest::option::of(template()), proptest::option::of(template())],
        language in select(vec![Language::Java, Language::Scala, Language::Python, Language::R]),
        version in select(&VERSIONS[..]),
    ) {
        let arena = Arena::new();
        let workload = workload(&arena, &properties, &templates, language, version);
        for pod in &workload.pods {
            let containers = pod.pod.at(["spec", "containers"]).unwrap().items();
            let spark = containers.last().unwrap();
            let arguments = spark.get("args").unwrap().items();
            prop_assert!(arguments.iter().any(|argument| argument.as_str() == Some(pod.role.as_str())), "{arguments:?}");
            for (resource, limit) in spark.at(["resources", "limits"]).map_or(&[][..], Json::members) {
                let request = spark.at(["resources", "requests", resource]).and_then(Json::as_str).unwrap();
                let amount = |text: &str| text.parse::<Quantity>().unwrap();
                prop_assert!(amount(request) <= amount(limit.as_str().unwrap()), "{resource}: {spark:?}");
            }
        }
        // What it would refuse can be said, and the same is made of the same.
        prop_assert!(workload.refusals.iter().all(|refusal| !refusal.message.is_empty()));
        let again = self::workload(&arena, &properties, &templates, language, version);
        prop_assert_eq!(again.pods.map(|pod| pod.pod), workload.pods.map(|pod| pod.pod));
    }

    #[test]
    fn everything_in_a_pod_knows_where_it_comes_from(
        properties in properties(),
        templates in [proptest::option::of(template()), proptest::option::of(template())],
        version in select(&VERSIONS[..]),
    ) {
        let arena = Arena::new();
        let object = arena.import(&properties);
        let workload = workload(&arena, &properties, &templates, Language::Python, version);
        for pod in &workload.pods {
            let Origins::Application(origins) = &pod.origins else {
                panic!("a pod that Spark will make is not the object itself");
            };
            let mut found = Vec::new();
            scalars(pod.pod, &PointerBuf::root(), &mut found);
            for pointer in found {
                let origin = origins.origin_of(&pointer);
                prop_assert!(origin.is_some(), "nobody knows where {pointer} comes from");
                if let Some(place) = origin.as_ref().and_then(|origin| origin.pointer()) {
                    prop_assert!(object.resolve(place).is_some(), "{pointer} comes from nowhere: {place}");
                }
            }
        }
    }
}
