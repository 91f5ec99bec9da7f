#![expect(clippy::too_many_lines, reason = "a table of cases is as long as there is to say")]

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

/// The lines of Spark that the table covers.
const LINES: [(u32, u32); 8] = [(3, 2), (3, 3), (3, 4), (3, 5), (4, 0), (4, 1), (4, 2), (4, 3)];

fn standing(name: &str, version: &str) -> Standing {
    Standing::of(name, SparkVersion::parse(version), &[])
}

#[test]
fn the_table_is_in_order_and_is_read_whole() {
    let lines = || {
        let table = include_str!("known.tsv");
        table.lines().filter(|line| !line.starts_with('#'))
    };
    assert_eq!(KNOWN.len(), lines().count());
    assert!(KNOWN.is_sorted_by(|one, other| one.name < other.name));
    for (property, line) in KNOWN.iter().zip(lines()) {
        let columns: Vec<&str> = line.split('\t').collect();
        let is_written = |column: usize| columns.get(column).is_some_and(|text| !text.is_empty());
        assert!(columns.len() <= 5, "{line}");
        assert_eq!(property.since.is_some(), is_written(1), "{line}");
        assert_eq!(property.end.is_some(), is_written(2), "{line}");
        assert_eq!(property.end.is_some(), is_written(3), "{line}");
        let instead = property.end.and_then(|end| end.instead);
        assert_eq!(instead.is_some(), is_written(4), "{line}");
        if let Some(instead) = instead {
            assert_eq!(find(instead).map(|property| property.end), Some(None), "{line}");
        }
    }
}

#[test]
fn what_a_spark_has_is_read_by_it_and_by_no_older_one() {
    for property in KNOWN.iter() {
        for (major, minor) in LINES {
            let version = SparkVersion::new(major, minor);
            let standing = Standing::of(property.name, Some(version), &[]);
            let expected = match (property.since, property.end) {
                (Some(since), _) if version < since => Standing::Newer { since },
                (_, Some(end)) if version >= end.version => Standing::Ended(end),
                _ => Standing::Read,
            };
            assert_eq!(standing, expected, "{} in {version}", property.name);
        }
        assert_eq!(standing(property.name, "latest"), Standing::Read, "{}", property.name);
    }
}

/// Whoever adds a property to Spark, or keeps a Spark of their own, names it much as these were named.
#[test]
fn no_property_of_a_newer_spark_looks_like_a_misspelling_of_an_older_one() {
    // Spark 3.3 brought it for both roles at once.
    const EXCEPTIONS: [&str; 1] = ["spark.kubernetes.scheduler.name"];
    let mut compared = 0;
    for property in KNOWN
        .iter()
        .filter(|property| free_form::of_spark(property.name).is_none())
    {
        for (major, minor) in LINES {
            let version = SparkVersion::new(major, minor);
            // The settings of one more TLS endpoint are those of the others.
            let is_new = property.since.is_some_and(|since| since.line() > version) && !property.name.contains(".ssl.");
            if is_new && !EXCEPTIONS.contains(&property.name) {
                let near_miss = near_miss::of(property.name, Some(version));
                assert_eq!(near_miss, None, "{} in {version}", property.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 3000, "{compared}");
}

#[test]
fn finds_what_was_meant() {
    let cases = [
        // Upper and lower case.
        ("spark.dynamicallocation.enabled", "spark.dynamicAllocation.enabled"),
        ("spark.executor.memoryoverhead", "spark.executor.memoryOverhead"),
        (
            "spark.sql.autoBroadCastJoinThreshold",
            "spark.sql.autoBroadcastJoinThreshold",
        ),
        ("spark.sql.session.timezone", "spark.sql.session.timeZone"),
        ("spark.EventLog.dir", "spark.eventLog.dir"),
        // Separators.
        ("spark.executor.memory.overhead", "spark.executor.memoryOverhead"),
        ("spark.executor-memory", "spark.executor.memory"),
        ("spark.executor_memory", "spark.executor.memory"),
        ("spark.executorMemory", "spark.executor.memory"),
        ("spark.executor.memory ", "spark.executor.memory"),
        ("spark.executor.memory.", "spark.executor.memory"),
        ("spark.kryo.serializer.buffer.max", "spark.kryoserializer.buffer.max"),
        ("spark.driver.max.resultSize", "spark.driver.maxResultSize"),
        ("spark.kubernetes.name.space", "spark.kubernetes.namespace"),
        (
            "spark.dynamicAllocation.shuffle.tracking.enabled",
            "spark.dynamicAllocation.shuffleTracking.enabled",
        ),
        // One and many, and other endings.
        ("spark.driver.core", "spark.driver.cores"),
        ("spark.executors.instances", "spark.executor.instances"),
        ("spark.local.dirs", "spark.local.dir"),
        ("spark.jars.package", "spark.jars.packages"),
        (
            "spark.kubernetes.driver.requests.cores",
            "spark.kubernetes.driver.request.cores",
        ),
        ("spark.sql.adaptive.enable", "spark.sql.adaptive.enabled"),
        ("spark.eventLog.directory", "spark.eventLog.dir"),
        ("spark.driver.extraJavaOpts", "spark.driver.extraJavaOptions"),
        ("spark.k8s.namespace", "spark.kubernetes.namespace"),
        // Typing errors.
        ("spark.exector.memory", "spark.executor.memory"),
        ("spark.executor.memry", "spark.executor.memory"),
        ("spark.decommision.enabled", "spark.decommission.enabled"),
        ("spark.dynamicAlocation.enable", "spark.dynamicAllocation.enabled"),
        ("spark.sql.shuffle.partitons", "spark.sql.shuffle.partitions"),
        (
            "spark.sql.autoBroadcastJoinThreshhold",
            "spark.sql.autoBroadcastJoinThreshold",
        ),
        (
            "spark.kubernetes.executor.deleteOnTermintion",
            "spark.kubernetes.executor.deleteOnTermination",
        ),
        ("spark.network.timout", "spark.network.timeout"),
        ("spark.ui.prot", "spark.ui.port"),
        ("spark.executor.xtraJavaOptions", "spark.executor.extraJavaOptions"),
        // A segment too many.
        ("spark.executor.decommission.enabled", "spark.decommission.enabled"),
        (
            "spark.kubernetes.executor.memoryOverhead",
            "spark.executor.memoryOverhead",
        ),
        ("spark.kubernetes.driver.memory", "spark.driver.memory"),
        ("spark.kubernetes.executor.cores", "spark.executor.cores"),
        ("spark.sql.default.parallelism", "spark.default.parallelism"),
        ("spark.executor.memoryFraction", "spark.memory.fraction"),
        ("spark.spark.executor.memory", "spark.executor.memory"),
        // A segment left out.
        ("spark.shuffle.partitions", "spark.sql.shuffle.partitions"),
        (
            "spark.executor.podTemplateFile",
            "spark.kubernetes.executor.podTemplateFile",
        ),
        ("spark.driver.pod.name", "spark.kubernetes.driver.pod.name"),
        ("spark.executor.limit.cores", "spark.kubernetes.executor.limit.cores"),
        (
            "spark.kubernetes.driver.image",
            "spark.kubernetes.driver.container.image",
        ),
        (
            "spark.kubernetes.imagePullSecrets",
            "spark.kubernetes.container.image.pullSecrets",
        ),
        (
            "spark.decommission.shuffleBlocks.enabled",
            "spark.storage.decommission.shuffleBlocks.enabled",
        ),
        ("spark.dynamicAllocation", "spark.dynamicAllocation.enabled"),
        ("spark.shuffle.service", "spark.shuffle.service.enabled"),
        // Another order.
        (
            "spark.kubernetes.driver.cores.request",
            "spark.kubernetes.driver.request.cores",
        ),
        ("spark.memory.enabled.offHeap", "spark.memory.offHeap.enabled"),
        ("spark.kubernetes.image.container", "spark.kubernetes.container.image"),
        // Another idea.
        ("spark.num.executors", "spark.executor.instances"),
        ("spark.kubernetes.executor.limit.memory", "spark.executor.memory"),
        (
            "spark.kubernetes.driver.serviceAccountName",
            "spark.kubernetes.authenticate.driver.serviceAccountName",
        ),
        ("spark.speculation.enabled", "spark.speculation"),
        // Free-form prefixes.
        ("spark.executor.env.FOO", "spark.executorEnv.FOO"),
        ("spark.kubernetes.executorEnv.FOO", "spark.executorEnv.FOO"),
        ("spark.kubernetes.executor.env.FOO", "spark.executorEnv.FOO"),
        ("spark.driver.env.FOO", "spark.kubernetes.driverEnv.FOO"),
        ("spark.kubernetes.driver.env.FOO", "spark.kubernetes.driverEnv.FOO"),
        (
            "spark.kubernetes.driver.labels.team",
            "spark.kubernetes.driver.label.team",
        ),
        (
            "spark.kubernetes.driver.labels.app.kubernetes.io/name",
            "spark.kubernetes.driver.label.app.kubernetes.io/name",
        ),
        (
            "spark.kubernetes.executor.annotations.a/b",
            "spark.kubernetes.executor.annotation.a/b",
        ),
        (
            "spark.kubernetes.nodeSelector.zone",
            "spark.kubernetes.node.selector.zone",
        ),
        (
            "spark.kubernetes.driver.nodeSelector.zone",
            "spark.kubernetes.driver.node.selector.zone",
        ),
        (
            "spark.kubernetes.executor.volume.emptyDir.tmp.mount.path",
            "spark.kubernetes.executor.volumes.emptyDir.tmp.mount.path",
        ),
        (
            "spark.executor.resources.gpu.amount",
            "spark.executor.resource.gpu.amount",
        ),
        ("spark.hadop.fs.s3a.endpoint", "spark.hadoop.fs.s3a.endpoint"),
        ("spark.sql.catalogs.lake", "spark.sql.catalog.lake"),
    ];
    for (name, meant) in cases {
        let expected = Standing::NearMiss(NearMiss {
            meant: vec![meant.to_owned()],
            confidence: Confidence::Certain,
        });
        assert_eq!(standing(name, "3.5.1"), expected, "{name}");
    }
}

#[test]
fn names_each_that_may_have_been_meant() {
    let cases = [
        (
            "spark.kubernetes.authenticate.serviceAccountName",
            Confidence::Certain,
            [
                "spark.kubernetes.authenticate.driver.serviceAccountName",
                "spark.kubernetes.authenticate.executor.serviceAccountName",
            ],
        ),
        (
            "spark.kubernetes.label.team",
            Confidence::Certain,
            [
                "spark.kubernetes.driver.label.team",
                "spark.kubernetes.executor.label.team",
            ],
        ),
        (
            "spark.memoryOverhead",
            Confidence::Likely,
            ["spark.driver.memoryOverhead", "spark.executor.memoryOverhead"],
        ),
        (
            "spark.extraJavaOptions",
            Confidence::Likely,
            ["spark.driver.extraJavaOptions", "spark.executor.extraJavaOptions"],
        ),
    ];
    for (name, confidence, meant) in cases {
        let meant = meant.map(str::to_owned).to_vec();
        assert_eq!(
            standing(name, "3.5.1"),
            Standing::NearMiss(NearMiss { meant, confidence }),
            "{name}"
        );
    }
}

#[test]
fn is_less_sure_of_what_may_be_somebodys_own() {
    let cases = [
        ("spark.container.image", "spark.kubernetes.container.image"),
        ("spark.adaptive.enabled", "spark.sql.adaptive.enabled"),
        ("spark.maxExecutors", "spark.dynamicAllocation.maxExecutors"),
        ("spark.report.interval", "spark.kubernetes.report.interval"),
        ("spark.driverEnv.FOO", "spark.kubernetes.driverEnv.FOO"),
        ("spark.node.selector.zone", "spark.kubernetes.node.selector.zone"),
    ];
    for (name, meant) in cases {
        let expected = Standing::NearMiss(NearMiss {
            meant: vec![meant.to_owned()],
            confidence: Confidence::Likely,
        });
        assert_eq!(standing(name, "3.5.1"), expected, "{name}");
    }
}

#[test]
fn is_less_sure_of_versions_that_it_does_not_know() {
    let cases = [
        ("3.1.3", Confidence::Likely),
        ("3.2.0", Confidence::Certain),
        ("4.3.7", Confidence::Certain),
        ("4.4.0", Confidence::Likely),
        ("latest", Confidence::Likely),
    ];
    for (version, expected) in cases {
        let standing = standing("spark.executor.memoryoverhead", version);
        assert!(
            matches!(standing, Standing::NearMiss(NearMiss { confidence, .. }) if confidence == expected),
            "{version}: {standing:?}"
        );
    }
}

#[test]
fn suggests_only_what_the_version_reads() {
    let name = "spark.executor.minMemoryoverhead";
    assert_eq!(standing(name, "3.5.1"), Standing::Unknown);
    assert!(matches!(standing(name, "4.0.0"), Standing::NearMiss(_)));
    let name = "spark.kubernetes.driver.service.labels.team";
    assert_eq!(standing(name, "3.3.0"), Standing::Unknown);
    assert!(matches!(standing(name, "3.4.0"), Standing::NearMiss(_)));
    let name = "spark.blacklist.enable";
    assert!(matches!(standing(name, "4.0.0"), Standing::NearMiss(_)));
    assert_eq!(standing(name, "4.1.0"), Standing::Unknown);
}

#[test]
fn a_name_that_is_merely_like_another_is_not_taken_for_it() {
    let names = [
        "spark.",
        "spark..",
        "spark.executor",
        "spark.executor.",
        "spark.foo",
        "spark.name",
        "spark.enabled",
        "spark.memory",
        "spark.cores",
        "spark.pool.size",
        "spark.job.name",
        "spark.job.queue",
        "spark.app.env",
        "spark.app.game",
        "spark.app.mode",
        "spark.app.date",
        "spark.app.input.path",
        "spark.myapp.enabled",
        "spark.myapp.executor.memory",
        "spark.acme.ui.port",
        "spark.acme.decommission.enabled",
        "spark.etl.batch.size",
        "spark.etl.shuffle.partitions",
        "spark.files.path",
        "spark.jobs.table",
        "spark.pi.slices",
        "spark.u.port",
        "spark.decommission.timeout",
        "spark.driver.minResultSize",
        "spark.driver.minresultsize",
        "spark.driver.instances",
        "spark.executor.foo",
        "spark.executor.max",
        "spark.executor.gpu.amount",
        "spark.executor.memory.limit",
        "spark.executor.memory.size",
        "spark.kubernetes.tolerations",
        "spark.kubernetes.driver.priorityClassName",
        "spark.kubernetes.executor.affinity",
        "spark.master.url",
        "spark.shuffle.remote.enabled",
        "spark.shuffle.sort.io.plugin.level",
        "spark.sql.acme.enabled",
        "spark.sql.adaptive.v2.enabled",
        "spark.sql.arrow.enabled",
        "spark.sql.files.minPartitionBytes",
        "spark.sql.hudi.enabled",
        "spark.sql.parquet.fs.optimized.committer.optimization-enabled",
        "spark.sql.parquet.int32AsTimestamp",
        "spark.sql.parquet.int69rebasemodeinread",
        "spark.sql.warehouse",
        "spark.streaming.kafka.maxRatePerTopic",
        "spark.ui.host",
    ];
    for name in names {
        assert_eq!(standing(name, "3.5.1"), Standing::Unknown, "{name}");
    }
    assert_eq!(standing(&"spark.executor".repeat(1 << 16), "3.5.1"), Standing::Unknown);
    assert_eq!(
        standing(&".".repeat(1 << 20).replacen('.', "spark.", 1), "3.5.1"),
        Standing::Unknown
    );
}

#[test]
fn knows_what_people_write() {
    let names = [
        "spark.app.name",
        "spark.master",
        "spark.submit.deployMode",
        "spark.submit.pyFiles",
        "spark.files",
        "spark.archives",
        "spark.jars",
        "spark.jars.excludes",
        "spark.jars.ivy",
        "spark.jars.ivySettings",
        "spark.jars.packages",
        "spark.jars.repositories",
        "spark.driver.bindAddress",
        "spark.driver.blockManager.port",
        "spark.driver.cores",
        "spark.driver.defaultJavaOptions",
        "spark.driver.extraClassPath",
        "spark.driver.extraJavaOptions",
        "spark.driver.extraLibraryPath",
        "spark.driver.host",
        "spark.driver.maxResultSize",
        "spark.driver.memory",
        "spark.driver.memoryOverhead",
        "spark.driver.memoryOverheadFactor",
        "spark.driver.port",
        "spark.driver.rpc.io.serverThreads",
        "spark.driver.supervise",
        "spark.driver.userClassPathFirst",
        "spark.driver.log.persistToDfs.enabled",
        "spark.executor.cores",
        "spark.executor.defaultJavaOptions",
        "spark.executor.extraClassPath",
        "spark.executor.extraJavaOptions",
        "spark.executor.heartbeatInterval",
        "spark.executor.instances",
        "spark.executor.logs.rolling.maxRetainedFiles",
        "spark.executor.memory",
        "spark.executor.memoryOverhead",
        "spark.executor.memoryOverheadFactor",
        "spark.executor.metrics.pollingInterval",
        "spark.executor.processTreeMetrics.enabled",
        "spark.executor.pyspark.memory",
        "spark.executor.rpc.netty.dispatcher.numThreads",
        "spark.executor.resource.gpu.vendor",
        "spark.executor.userClassPathFirst",
        "spark.executorEnv.AWS_REGION",
        "spark.task.cpus",
        "spark.task.maxFailures",
        "spark.task.resource.gpu.amount",
        "spark.decommission.enabled",
        "spark.storage.decommission.enabled",
        "spark.storage.decommission.rddBlocks.enabled",
        "spark.storage.decommission.shuffleBlocks.enabled",
        "spark.storage.decommission.fallbackStorage.path",
        "spark.executor.decommission.killInterval",
        "spark.excludeOnFailure.enabled",
        "spark.blacklist.enabled",
        "spark.dynamicAllocation.enabled",
        "spark.dynamicAllocation.cachedExecutorIdleTimeout",
        "spark.dynamicAllocation.executorAllocationRatio",
        "spark.dynamicAllocation.executorIdleTimeout",
        "spark.dynamicAllocation.initialExecutors",
        "spark.dynamicAllocation.maxExecutors",
        "spark.dynamicAllocation.minExecutors",
        "spark.dynamicAllocation.schedulerBacklogTimeout",
        "spark.dynamicAllocation.shuffleTracking.enabled",
        "spark.dynamicAllocation.shuffleTracking.timeout",
        "spark.dynamicAllocation.sustainedSchedulerBacklogTimeout",
        "spark.default.parallelism",
        "spark.serializer",
        "spark.kryo.registrationRequired",
        "spark.kryo.registrator",
        "spark.kryoserializer.buffer",
        "spark.kryoserializer.buffer.max",
        "spark.memory.fraction",
        "spark.memory.storageFraction",
        "spark.memory.offHeap.enabled",
        "spark.memory.offHeap.size",
        "spark.network.timeout",
        "spark.network.crypto.enabled",
        "spark.rpc.askTimeout",
        "spark.rpc.message.maxSize",
        "spark.rpc.io.connectionTimeout",
        "spark.shuffle.io.maxRetries",
        "spark.shuffle.io.retryWait",
        "spark.shuffle.io.serverThreads",
        "spark.shuffle.io.preferDirectBufs",
        "spark.shuffle.compress",
        "spark.shuffle.file.buffer",
        "spark.shuffle.manager",
        "spark.shuffle.registration.timeout",
        "spark.shuffle.service.enabled",
        "spark.shuffle.service.port",
        "spark.shuffle.sort.io.plugin.class",
        "spark.shuffle.useOldFetchProtocol",
        "spark.reducer.maxSizeInFlight",
        "spark.broadcast.blockSize",
        "spark.broadcast.compress",
        "spark.io.compression.codec",
        "spark.io.compression.zstd.level",
        "spark.io.encryption.enabled",
        "spark.rdd.compress",
        "spark.cleaner.periodicGC.interval",
        "spark.cleaner.referenceTracking.cleanCheckpoints",
        "spark.locality.wait",
        "spark.locality.wait.node",
        "spark.local.dir",
        "spark.log.level",
        "spark.logConf",
        "spark.port.maxRetries",
        "spark.scheduler.mode",
        "spark.scheduler.allocation.file",
        "spark.scheduler.minRegisteredResourcesRatio",
        "spark.scheduler.maxRegisteredResourcesWaitingTime",
        "spark.scheduler.listenerbus.eventqueue.capacity",
        "spark.scheduler.listenerbus.eventqueue.appStatus.capacity",
        "spark.speculation",
        "spark.speculation.multiplier",
        "spark.speculation.quantile",
        "spark.extraListeners",
        "spark.plugins",
        "spark.authenticate",
        "spark.authenticate.secret",
        "spark.acls.enable",
        "spark.redaction.regex",
        "spark.eventLog.compress",
        "spark.eventLog.dir",
        "spark.eventLog.enabled",
        "spark.eventLog.logStageExecutorMetrics",
        "spark.eventLog.rolling.enabled",
        "spark.eventLog.rolling.maxFileSize",
        "spark.history.fs.logDirectory",
        "spark.history.ui.port",
        "spark.ui.enabled",
        "spark.ui.filters",
        "spark.com.acme.Filter.param.key",
        "spark.com.acme.Filter.params",
        "spark.ui.port",
        "spark.ui.prometheus.enabled",
        "spark.ui.proxyBase",
        "spark.ui.retainedJobs",
        "spark.ui.reverseProxy",
        "spark.ui.showConsoleProgress",
        "spark.ui.view.acls",
        "spark.metrics.appStatusSource.enabled",
        "spark.metrics.conf",
        "spark.metrics.conf.*.sink.prometheusServlet.class",
        "spark.metrics.conf.driver.sink.jmx.class",
        "spark.metrics.namespace",
        "spark.metrics.staticSources.enabled",
        "spark.ssl.enabled",
        "spark.ssl.ui.keyStore",
        "spark.ssl.historyServer.trustStorePassword",
        "spark.python.profile",
        "spark.python.worker.memory",
        "spark.python.worker.reuse",
        "spark.pyspark.driver.python",
        "spark.pyspark.python",
        "spark.r.command",
        "spark.hadoop.fs.s3a.endpoint",
        "spark.hadoop.hive.metastore.uris",
        "spark.hadoop.validateOutputSpecs",
        "spark.hadoopRDD.ignoreEmptySplits",
        "spark.hive.metastore.uris",
        "spark.security.credentials.hive.enabled",
        "spark.kerberos.keytab",
        "spark.kerberos.principal",
        "spark.yarn.queue",
        "spark.yarn.executor.memoryOverhead",
        "spark.mesos.coarse",
        "spark.kafka.consumer.cache.capacity",
        "spark.kafka.clusters.one.auth.bootstrap.servers",
        "spark.streaming.backpressure.enabled",
        "spark.streaming.kafka.maxRatePerPartition",
        "spark.streaming.stopGracefullyOnShutdown",
        "spark.sql.adaptive.coalescePartitions.enabled",
        "spark.sql.adaptive.enabled",
        "spark.sql.adaptive.skewJoin.enabled",
        "spark.sql.ansi.enabled",
        "spark.sql.autoBroadcastJoinThreshold",
        "spark.sql.broadcastTimeout",
        "spark.sql.catalog.lake",
        "spark.sql.catalog.lake.warehouse",
        "spark.sql.catalog.spark_catalog",
        "spark.sql.catalogImplementation",
        "spark.sql.cbo.enabled",
        "spark.sql.debug.maxToStringFields",
        "spark.sql.defaultCatalog",
        "spark.sql.execution.arrow.maxRecordsPerBatch",
        "spark.sql.execution.arrow.pyspark.enabled",
        "spark.sql.extensions",
        "spark.sql.files.ignoreMissingFiles",
        "spark.sql.files.maxPartitionBytes",
        "spark.sql.files.maxRecordsPerFile",
        "spark.sql.hive.convertMetastoreParquet",
        "spark.sql.hive.metastore.jars",
        "spark.sql.hive.metastore.version",
        "spark.sql.inMemoryColumnarStorage.batchSize",
        "spark.sql.legacy.timeParserPolicy",
        "spark.sql.orc.impl",
        "spark.sql.parquet.compression.codec",
        "spark.sql.parquet.datetimeRebaseModeInRead",
        "spark.sql.parquet.int96RebaseModeInWrite",
        "spark.sql.parquet.mergeSchema",
        "spark.sql.parquet.outputTimestampType",
        "spark.sql.queryExecutionListeners",
        "spark.sql.repl.eagerEval.enabled",
        "spark.sql.session.timeZone",
        "spark.sql.shuffle.partitions",
        "spark.sql.sources.commitProtocolClass",
        "spark.sql.sources.partitionOverwriteMode",
        "spark.sql.streaming.checkpointLocation",
        "spark.sql.streaming.metricsEnabled",
        "spark.sql.streaming.stateStore.providerClass",
        "spark.sql.streaming.stateStore.rocksdb.blockCacheSizeMb",
        "spark.sql.streaming.streamingQueryListeners",
        "spark.sql.ui.retainedExecutions",
        "spark.sql.warehouse.dir",
        "spark.kubernetes.allocation.batch.delay",
        "spark.kubernetes.allocation.batch.size",
        "spark.kubernetes.allocation.driver.readinessTimeout",
        "spark.kubernetes.allocation.executor.timeout",
        "spark.kubernetes.authenticate.driver.serviceAccountName",
        "spark.kubernetes.authenticate.executor.serviceAccountName",
        "spark.kubernetes.authenticate.submission.caCertFile",
        "spark.kubernetes.authenticate.driver.mounted.oauthTokenFile",
        "spark.kubernetes.authenticate.oauthToken",
        "spark.kubernetes.configMap.maxSize",
        "spark.kubernetes.container.image",
        "spark.kubernetes.container.image.pullPolicy",
        "spark.kubernetes.container.image.pullSecrets",
        "spark.kubernetes.context",
        "spark.kubernetes.driver.annotation.prometheus.io/scrape",
        "spark.kubernetes.driver.container.image",
        "spark.kubernetes.driver.label.app.kubernetes.io/name",
        "spark.kubernetes.driver.limit.cores",
        "spark.kubernetes.driver.master",
        "spark.kubernetes.driver.node.selector.pool",
        "spark.kubernetes.driver.ownPersistentVolumeClaim",
        "spark.kubernetes.driver.pod.name",
        "spark.kubernetes.driver.podTemplateContainerName",
        "spark.kubernetes.driver.podTemplateFile",
        "spark.kubernetes.driver.request.cores",
        "spark.kubernetes.driver.reusePersistentVolumeClaim",
        "spark.kubernetes.driver.scheduler.name",
        "spark.kubernetes.driver.secretKeyRef.PASSWORD",
        "spark.kubernetes.driver.secrets.aws",
        "spark.kubernetes.driver.service.annotation.a",
        "spark.kubernetes.driver.service.deleteOnTermination",
        "spark.kubernetes.driver.service.label.a",
        "spark.kubernetes.driver.volumes.persistentVolumeClaim.data.options.claimName",
        "spark.kubernetes.driver.waitToReusePersistentVolumeClaim",
        "spark.kubernetes.driverEnv.AWS_REGION",
        "spark.kubernetes.dynamicAllocation.deleteGracePeriod",
        "spark.kubernetes.executor.apiPollingInterval",
        "spark.kubernetes.executor.checkAllContainers",
        "spark.kubernetes.executor.container.image",
        "spark.kubernetes.executor.deleteOnTermination",
        "spark.kubernetes.executor.disableConfigMap",
        "spark.kubernetes.executor.enablePollingWithResourceVersion",
        "spark.kubernetes.executor.eventProcessingInterval",
        "spark.kubernetes.executor.limit.cores",
        "spark.kubernetes.executor.missingPodDetectDelta",
        "spark.kubernetes.executor.node.selector.pool",
        "spark.kubernetes.executor.podNamePrefix",
        "spark.kubernetes.executor.podTemplateFile",
        "spark.kubernetes.executor.request.cores",
        "spark.kubernetes.executor.rollInterval",
        "spark.kubernetes.executor.scheduler.name",
        "spark.kubernetes.executor.volumes.emptyDir.spark-local-dir-1.options.sizeLimit",
        "spark.kubernetes.file.upload.path",
        "spark.kubernetes.hadoop.configMapName",
        "spark.kubernetes.kerberos.krb5.path",
        "spark.kubernetes.local.dirs.tmpfs",
        "spark.kubernetes.memoryOverheadFactor",
        "spark.kubernetes.namespace",
        "spark.kubernetes.node.selector.zone",
        "spark.kubernetes.report.interval",
        "spark.kubernetes.scheduler.name",
        "spark.kubernetes.scheduler.volcano.podGroupTemplateFile",
        "spark.kubernetes.submission.waitAppCompletion",
        "spark.kubernetes.trust.certificates",
        "spark.rapids.sql.enabled",
        "spark.celeborn.master.endpoints",
        "spark.comet.enabled",
        "spark.openlineage.transport.type",
        "spark.dataflint.telemetry.enabled",
        "spark.shuffle.s3.rootDir",
        "spark.databricks.delta.schema.autoMerge.enabled",
        "spark.delta.logStore.s3.impl",
        "spark.datasource.bigquery.project",
        "spark.gluten.sql.columnar.backend.lib",
        "spark.sql.iceberg.vectorization.enabled",
        "spark.mongodb.read.connection.uri",
        "spark.cassandra.connection.host",
        "spark.es.nodes",
    ];
    let others: Vec<_> = names
        .into_iter()
        .map(|name| (name, standing(name, "3.5.1")))
        .filter(|(_, standing)| *standing != Standing::Read)
        .collect();
    assert_eq!(others, []);
}

#[test]
fn a_policy_lets_prefixes_be() {
    let prefixes = ["spark.acme.", "spark.executors."].map(str::to_owned);
    let cases = [
        ("spark.acme.anything", Standing::Read),
        ("spark.executors.instances", Standing::Read),
        ("spark.acme", Standing::Unknown),
        ("spark.acmes.anything", Standing::Unknown),
    ];
    for (name, expected) in cases {
        let version = SparkVersion::parse("3.5.1");
        assert_eq!(Standing::of(name, version, &prefixes), expected, "{name}");
    }
}

#[test]
fn says_what_to_write_for_a_name_without_spark() {
    let cases = [
        ("executor.memory", "spark.executor.memory"),
        ("sql.shuffle.partitions", "spark.sql.shuffle.partitions"),
        ("io.compression.codec", "spark.io.compression.codec"),
        ("executor.memoryoverhead", "spark.executor.memoryOverhead"),
        ("Spark.executor.memory", "spark.executor.memory"),
        ("SPARK_EXECUTOR_MEMORY", "spark.executor.memory"),
        ("spark-executor-memory", "spark.executor.memory"),
        ("sprak.executor.memory", "spark.executor.memory"),
        ("sparc.executor.memory", "spark.executor.memory"),
        (".spark.executor.memory", "spark.executor.memory"),
        ("Spark.hadoop.fs.s3a.endpoint", "spark.hadoop.fs.s3a.endpoint"),
        ("fs.s3a.endpoint", "spark.hadoop.fs.s3a.endpoint"),
        ("hadoop.fs.s3a.endpoint", "spark.hadoop.fs.s3a.endpoint"),
        ("hadoop.tmp.dir", "spark.hadoop.hadoop.tmp.dir"),
        ("hive.metastore.uris", "spark.hadoop.hive.metastore.uris"),
        (
            "mapreduce.fileoutputcommitter.algorithm.version",
            "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version",
        ),
        ("executorEnv.FOO", "spark.executorEnv.FOO"),
        ("kubernetes.driver.label.team", "spark.kubernetes.driver.label.team"),
        ("openlineage.transport.type", "spark.openlineage.transport.type"),
    ];
    for (name, expected) in cases {
        let meant = vec![expected.to_owned()];
        assert_eq!(standing(name, "3.5.1"), Standing::Dropped { meant }, "{name}");
    }
    for name in [
        "",
        ".",
        "..",
        "spark",
        "foo",
        "log4j.configuration",
        "AWS_REGION",
        "com.acme.key",
    ] {
        assert_eq!(
            standing(name, "3.5.1"),
            Standing::Dropped { meant: Vec::new() },
            "{name}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_letter_that_is_missing_is_never_overlooked(
        property in select(KNOWN.as_slice()),
        position in any::<Index>(),
        version in select(LINES.as_slice()),
    ) {
        let mut name = property.name.to_owned();
        name.remove(position.index(name.len()));
        let version = Some(SparkVersion::new(version.0, version.1));
        let standing = Standing::of(&name, version, &[]);
        prop_assert_eq!(&standing, &Standing::of(&name, version, &[]));
        if let Standing::NearMiss(NearMiss { meant, .. }) = standing {
            prop_assert!((1..=3).contains(&meant.len()));
            for meant in meant {
                prop_assert_eq!(Standing::of(&meant, version, &[]), Standing::Read);
            }
        }
    }

    #[test]
    fn any_name_has_a_standing(name in "(spark\\.)?[a-zA-Z.Σßİ_/ -]{0,40}|\\PC{0,40}", version in ".{0,6}") {
        let _ = standing(&name, &version);
    }
}
