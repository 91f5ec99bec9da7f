//! What Spark's own classes answered for odd properties; 3.2.4, 3.3.4, 3.4.4, 3.5.9, 4.0.5, 4.1.4, 4.2.1 and 4.3.0 were asked.

#![expect(
    clippy::type_complexity,
    reason = "the rows of a table are as wide as there is to say"
)]

use super::*;

const SPARK_3_2: SparkVersion = SparkVersion::new(3, 2);
const SPARK_3_5: SparkVersion = SparkVersion::new(3, 5);
const SPARK_4_3: SparkVersion = SparkVersion::new(4, 3);

/// The total in MiB, or why there is none.
fn total(
    role: RoleName,
    language: Language,
    version: SparkVersion,
    given: &[(&'static str, &'static str)],
) -> Result<u64, (&'static str, MemoryError)> {
    let mut properties = Properties::default();
    for (name, value) in given {
        properties.set(name, value, Origin::Default("a test's"));
    }
    RoleMemory::of(role, &properties, language, Some(version))
        .map(|memory| memory.total().mebibytes())
        .map_err(|refused| (refused.name, refused.error))
}

#[test]
fn counts_what_spark_counts() {
    use Language::{Python, R, Scala};
    use RoleName::{Driver, Executor};
    let off_heap = |size| [(OFF_HEAP_ENABLED, "true"), (OFF_HEAP_SIZE, size)];
    let cases: &[(RoleName, Language, SparkVersion, &[(&str, &str)], u64)] = &[
        (Driver, Scala, SPARK_4_3, &[], 1408),
        (Driver, R, SPARK_4_3, &[("spark.driver.memory", "8g")], 11_468),
        (Executor, Python, SPARK_4_3, &[], 1433),
        (
            Driver,
            Scala,
            SPARK_4_3,
            &[("spark.driver.memoryOverhead", "100k")],
            1024,
        ),
        (Executor, Scala, SPARK_4_3, &[("spark.executor.memory", "1023k")], 384),
        (
            Executor,
            Scala,
            SPARK_4_3,
            &[("spark.executor.minMemoryOverhead", "600m")],
            1624,
        ),
        (
            Executor,
            Scala,
            SPARK_3_5,
            &[("spark.executor.minMemoryOverhead", "two")],
            1408,
        ),
        (
            Executor,
            Scala,
            SPARK_3_2,
            &[("spark.executor.memoryOverheadFactor", "0.5")],
            1408,
        ),
        (
            Executor,
            Scala,
            SPARK_3_5,
            &[("spark.executor.memoryOverheadFactor", "0.5")],
            1536,
        ),
        // Of the JVM's many MiB, an `Int` holds the first 2^31 - 1.
        (
            Executor,
            Scala,
            SPARK_4_3,
            &[("spark.executor.memory", "30000t")],
            33_604_763_647,
        ),
        (
            Executor,
            Scala,
            SPARK_4_3,
            &[("spark.executor.memoryOverhead", "3000000000m")],
            3_000_001_024,
        ),
        (Executor, Python, SPARK_4_3, &[(PYSPARK, "2g")], 3481),
        (Executor, Python, SPARK_4_3, &[(PYSPARK, "512")], 1945),
        (Executor, Python, SPARK_4_3, &[(PYSPARK, "1k")], 1433),
        (Executor, R, SPARK_4_3, &[(PYSPARK, "2g")], 1433),
        (Executor, Scala, SPARK_4_3, &[(PYSPARK, "2g")], 1408),
        (Driver, Python, SPARK_4_3, &[(PYSPARK, "2g")], 1433),
        (Executor, Scala, SPARK_4_3, &off_heap("2g"), 3456),
        (Executor, Scala, SPARK_4_3, &off_heap("1048577"), 1409),
        (Executor, Scala, SPARK_4_3, &off_heap("5p"), 1_073_743_232),
        (Driver, Scala, SPARK_4_3, &off_heap("2g"), 1408),
        (Driver, Scala, SPARK_4_3, &off_heap("four"), 1408),
        (Executor, Scala, SPARK_4_3, &[(OFF_HEAP_SIZE, "2g")], 1408),
        (
            Executor,
            Python,
            SPARK_4_3,
            &[
                ("spark.executor.memoryOverhead", "1g"),
                (PYSPARK, "2g"),
                (OFF_HEAP_ENABLED, " TRUE"),
                (OFF_HEAP_SIZE, "1g"),
            ],
            5120,
        ),
    ];
    for (role, language, version, given, expected) in cases {
        assert_eq!(
            total(*role, *language, *version, given),
            Ok(*expected),
            "{role} of {language} with {given:?}"
        );
    }
}

#[test]
fn refuses_what_spark_refuses_even_where_nothing_hangs_on_it() {
    use RoleName::{Driver, Executor};
    let not_memory = MemoryError::Amount(JvmMemoryError::NotMemory);
    let cases: &[(RoleName, SparkVersion, &[(&str, &str)], (&str, MemoryError))] = &[
        (
            Executor,
            SPARK_4_3,
            &[("spark.executor.memoryOverhead", "-100m")],
            ("spark.executor.memoryOverhead", not_memory),
        ),
        (
            Driver,
            SPARK_4_3,
            &[
                ("spark.driver.memoryOverhead", "1g"),
                ("spark.driver.memoryOverheadFactor", "-1"),
            ],
            ("spark.driver.memoryOverheadFactor", MemoryError::Factor),
        ),
        (
            Driver,
            SPARK_4_3,
            &[
                ("spark.driver.memoryOverheadFactor", "0.5"),
                ("spark.kubernetes.memoryOverheadFactor", "-1"),
            ],
            ("spark.kubernetes.memoryOverheadFactor", MemoryError::Factor),
        ),
        (
            Driver,
            SPARK_4_3,
            &[
                ("spark.driver.memoryOverhead", "1g"),
                ("spark.driver.minMemoryOverhead", "two"),
            ],
            ("spark.driver.minMemoryOverhead", not_memory),
        ),
        (
            Driver,
            SPARK_3_2,
            &[("spark.kubernetes.memoryOverheadFactor", "1")],
            ("spark.kubernetes.memoryOverheadFactor", MemoryError::Factor),
        ),
        (Executor, SPARK_4_3, &[(PYSPARK, "two")], (PYSPARK, not_memory)),
        (
            Executor,
            SPARK_4_3,
            &[(OFF_HEAP_SIZE, "four")],
            (OFF_HEAP_SIZE, not_memory),
        ),
        (
            Executor,
            SPARK_4_3,
            &[(OFF_HEAP_ENABLED, "true")],
            (OFF_HEAP_SIZE, MemoryError::NoOffHeap),
        ),
        (
            Executor,
            SPARK_4_3,
            &[(OFF_HEAP_ENABLED, "true"), (OFF_HEAP_SIZE, "1048575")],
            (OFF_HEAP_SIZE, MemoryError::NoOffHeap),
        ),
        // 3 × 2^30 MiB are below zero in an `Int`.
        (
            Executor,
            SPARK_4_3,
            &[(OFF_HEAP_ENABLED, "true"), (OFF_HEAP_SIZE, "3p")],
            (OFF_HEAP_SIZE, MemoryError::NoOffHeap),
        ),
    ];
    for (role, version, given, expected) in cases {
        assert_eq!(
            total(*role, Language::Scala, *version, given),
            Err(*expected),
            "{role} with {given:?}"
        );
    }
}
