//! Prefixes after which anything may follow: Spark's own, and those of well-known software that runs in Spark.

use super::SparkVersion;

/// A prefix of Spark's own.
#[derive(Debug)]
pub(super) struct FreeForm {
    /// With the dot at its end.
    pub(super) prefix: &'static str,
    /// The version that brought it; `None` where every version has it that this program is about.
    pub(super) since: Option<SparkVersion>,
}

const fn always(prefix: &'static str) -> FreeForm {
    FreeForm { prefix, since: None }
}

const fn since(major: u32, minor: u32, prefix: &'static str) -> FreeForm {
    FreeForm {
        prefix,
        since: Some(SparkVersion::new(major, minor)),
    }
}

/// What Spark reads by prefix. The state store's `RocksDB` takes its own in any case of letters.
pub(super) const OF_SPARK: &[FreeForm] = &[
    always("spark.datasource."),
    always("spark.driver.resource."),
    always("spark.executor.resource."),
    always("spark.executorEnv."),
    always("spark.hadoop."),
    always("spark.hive."),
    always("spark.io.encryption.commons.config."),
    always("spark.kafka.clusters."),
    always("spark.kubernetes.driver.annotation."),
    always("spark.kubernetes.driver.label."),
    since(3, 3, "spark.kubernetes.driver.node.selector."),
    always("spark.kubernetes.driver.secretKeyRef."),
    always("spark.kubernetes.driver.secrets."),
    always("spark.kubernetes.driver.service.annotation."),
    since(3, 4, "spark.kubernetes.driver.service.label."),
    always("spark.kubernetes.driver.volumes."),
    always("spark.kubernetes.driverEnv."),
    always("spark.kubernetes.executor.annotation."),
    always("spark.kubernetes.executor.label."),
    since(3, 3, "spark.kubernetes.executor.node.selector."),
    always("spark.kubernetes.executor.secretKeyRef."),
    always("spark.kubernetes.executor.secrets."),
    always("spark.kubernetes.executor.volumes."),
    always("spark.kubernetes.node.selector."),
    always("spark.metrics.conf."),
    always("spark.network.crypto.config."),
    always("spark.plugins.internal.conf."),
    always("spark.scheduler.listenerbus.eventqueue."),
    always("spark.security.credentials."),
    always("spark.shuffle.plugin.__config__."),
    always("spark.sql.catalog."),
    always("spark.sql.streaming.stateStore.rocksdb."),
    always("spark.task.resource."),
    always("spark.worker.resource."),
];

/// What means nothing in Kubernetes, however it is spelt: Spark's settings for other cluster managers and its own tests.
const ELSEWHERE: &[&str] = &["spark.mesos.", "spark.test.", "spark.testing.", "spark.yarn."];

/// What is known to be read by somebody else.
const OF_OTHERS: &[&str] = &[
    "spark.armada.",
    "spark.auron.",
    "spark.blaze.",
    "spark.cassandra.",
    "spark.celeborn.",
    "spark.clickhouse.",
    "spark.comet.",
    "spark.cosmos.",
    "spark.couchbase.",
    "spark.databricks.",
    "spark.dataflint.",
    "spark.datahub.",
    "spark.dataproc.",
    "spark.delta.",
    "spark.emr-serverless.",
    "spark.emr.",
    "spark.es.",
    "spark.ext.h2o.",
    "spark.glue.",
    "spark.gluten.",
    "spark.hbase.",
    "spark.hoodie.",
    "spark.hyperspace.",
    "spark.io.delta.",
    "spark.jobserver.",
    "spark.jsl.",
    "spark.kyuubi.",
    "spark.lineage.",
    "spark.livy.",
    "spark.microsoft.",
    "spark.mlflow.",
    "spark.mongodb.",
    "spark.oap.",
    "spark.opensearch.",
    "spark.openlineage.",
    "spark.paimon.",
    "spark.qubole.",
    "spark.rapids.",
    "spark.redis.",
    "spark.rss.",
    "spark.sedona.",
    "spark.shuffle.rss.",
    "spark.shuffle.s3.",
    "spark.sparkmeasure.",
    "spark.spline.",
    "spark.sql.gluten.",
    "spark.sql.iceberg.",
    "spark.sql.kyuubi.",
    "spark.sql.oap.",
    "spark.synapse.",
    "spark.tispark.",
    "spark.unravel.",
    "spark.wap.",
    "spark.zeppelin.",
];

/// The prefix of Spark's own that a name begins with, if more follows.
pub(super) fn of_spark(name: &str) -> Option<&'static FreeForm> {
    OF_SPARK
        .iter()
        .find(|form| name.strip_prefix(form.prefix).is_some_and(|rest| !rest.is_empty()))
}

/// Whether Spark need not have a name: others are known to read it, it is of no consequence, or it is a parameter of a
/// filter of the UI, `spark.CLASS.param.NAME` or `spark.CLASS.params`.
pub(super) fn is_let_be(name: &str) -> bool {
    let mut prefixes = OF_OTHERS.iter().chain(ELSEWHERE);
    prefixes.any(|prefix| name.starts_with(prefix)) || name.contains(".param.") || name.ends_with(".params")
}
