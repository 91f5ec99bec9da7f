//! Memory that Spark reads, and can run in.

use super::assert_rows;

#[test]
fn memory_is_what_this_version_of_spark_reads() {
    assert_rows(&[
        ("nothing written", "", &[]),
        (
            "every unit",
            "driver: {memory: 4g, memoryOverhead: 512m}, executor: {memory: 4194304k, memoryOverhead: 1gb}",
            &[],
        ),
        (
            "any case, and blanks around",
            "driver: {memory: \" 4G \"}, executor: {memory: 2048M}",
            &[],
        ),
        (
            "a fraction",
            "driver: {memory: 1.5g}",
            &[(
                "/spec/driver/memory",
                "Spark cannot read `1.5g` as spark.driver.memory: Spark reads whole numbers only",
            )],
        ),
        (
            "in every version",
            "sparkVersion: 4.3.0, executor: {memory: 1.5Gi}",
            &[("/spec/executor/memory", "whole numbers only")],
        ),
        (
            "Kubernetes' unit before 4.2",
            "sparkVersion: 4.1.4, executor: {memory: 4Gi}",
            &[("/spec/executor/memory", "only from 4.2 on")],
        ),
        (
            "from 4.2 on",
            "sparkVersion: 4.2.0, executor: {memory: 4Gi, memoryOverhead: 1GiB}",
            &[],
        ),
        (
            "in a preview of it",
            "sparkVersion: 4.2.0-preview1, executor: {memory: 4Gi}",
            &[],
        ),
        (
            "of nobody knows which version",
            "sparkVersion: latest, executor: {memory: 4Gi}",
            &[],
        ),
        (
            "a blank inside",
            "driver: {memory: 4 g}",
            &[("/spec/driver/memory", "cannot read `4 g`")],
        ),
        (
            "below zero",
            "driver: {memory: -1g}",
            &[("/spec/driver/memory", "cannot read `-1g`")],
        ),
        (
            "nothing at all",
            "driver: {memory: \"\"}",
            &[("/spec/driver/memory", "cannot read `` as spark.driver.memory")],
        ),
        (
            "an overhead",
            "executor: {memoryOverhead: 0.5g}",
            &[("/spec/executor/memoryOverhead", "spark.executor.memoryOverhead")],
        ),
        (
            "a property",
            "sparkConf: {spark.executor.memory: 8Gi}",
            &[("/spec/sparkConf/spark.executor.memory", "only from 4.2 on")],
        ),
        (
            "a property that a field hides",
            "executor: {memory: 8g}, sparkConf: {spark.executor.memory: 8Gi}",
            &[],
        ),
        (
            "Python's memory",
            "type: Python, sparkConf: {spark.executor.pyspark.memory: 1.5g}",
            &[("/spec/sparkConf/spark.executor.pyspark.memory", "whole numbers only")],
        ),
        (
            "memory off the heap",
            "sparkConf: {spark.memory.offHeap.size: 2Gi}",
            &[("/spec/sparkConf/spark.memory.offHeap.size", "only from 4.2 on")],
        ),
        (
            "memory off the heap, switched on without any",
            "sparkConf: {spark.memory.offHeap.enabled: \"true\"}",
            &[(
                "/spec/sparkConf/spark.memory.offHeap.enabled",
                "does not start with `spark.memory.offHeap.enabled` and less than 1 MiB",
            )],
        ),
        (
            "with too little",
            "sparkConf: {spark.memory.offHeap.enabled: \"true\", spark.memory.offHeap.size: 900k}",
            &[("/spec/sparkConf/spark.memory.offHeap.size", "less than 1 MiB")],
        ),
        (
            "a minimum that 4.0 reads",
            "sparkVersion: 4.0.0, sparkConf: {spark.driver.minMemoryOverhead: 1.5g}",
            &[("/spec/sparkConf/spark.driver.minMemoryOverhead", "whole numbers only")],
        ),
        (
            "a minimum that 3.5 does not",
            "sparkConf: {spark.driver.minMemoryOverhead: 1.5g}",
            &[(
                "/spec/sparkConf/spark.driver.minMemoryOverhead",
                "Spark reads `spark.driver.minMemoryOverhead` from 4.0.0 on",
            )],
        ),
        (
            "more than 64 bits",
            "executor: {memory: 99999999999999999999g}",
            &[("/spec/executor/memory", "more than Spark can count")],
        ),
        (
            "a number for a text, once",
            "executor: {memory: 4096}",
            &[("/spec/executor/memory", "`memory` is an integer and should be a string")],
        ),
    ]);
}

#[test]
fn heaps_are_large_enough_to_start_with() {
    assert_rows(&[
        (
            "the smallest",
            "driver: {memory: 450m}, executor: {memory: 471859200b}",
            &[],
        ),
        (
            "smaller",
            "driver: {memory: 449m}",
            &[(
                "/spec/driver/memory",
                "does not start with `449m` as spark.driver.memory: a heap has at least 450m",
            )],
        ),
        (
            "none",
            "executor: {memory: 0g}",
            &[("/spec/executor/memory", "does not start with `0g`")],
        ),
        (
            "a bare number is bytes when Spark starts",
            "executor: {memory: \"3072\"}",
            &[(
                "/spec/executor/memory",
                "makes pods for `3072` MiB as spark.executor.memory, and then reads it as bytes",
            )],
        ),
        (
            "in a property too",
            "sparkConf: {spark.driver.memory: \"2048\"}",
            &[("/spec/sparkConf/spark.driver.memory", "makes pods for `2048` MiB")],
        ),
        (
            "an overhead in a bare number is MiB",
            "executor: {memoryOverhead: \"1024\"}",
            &[],
        ),
    ]);
}

#[test]
fn overhead_factors_are_what_spark_takes() {
    assert_rows(&[
        ("a factor", "memoryOverheadFactor: \"0.25\"", &[]),
        ("none", "memoryOverheadFactor: \"\"", &[]),
        ("an integer", "memoryOverheadFactor: \"1\"", &[]),
        (
            "a number for a text, once",
            "memoryOverheadFactor: 0.25",
            &[(
                "/spec/memoryOverheadFactor",
                "`memoryOverheadFactor` is a fraction and should be a string",
            )],
        ),
        (
            "a percentage",
            "memoryOverheadFactor: 25%",
            &[(
                "/spec/memoryOverheadFactor",
                "cannot read `25%` as a memory overhead factor",
            )],
        ),
        (
            "a comma",
            "sparkConf: {spark.kubernetes.memoryOverheadFactor: \"0,25\"}",
            &[("/spec/sparkConf/spark.kubernetes.memoryOverheadFactor", "`0,25`")],
        ),
        (
            "below zero",
            "sparkConf: {spark.kubernetes.memoryOverheadFactor: \"-0.1\"}",
            &[("/spec/sparkConf/spark.kubernetes.memoryOverheadFactor", "`-0.1`")],
        ),
        (
            "zero for both roles",
            "sparkConf: {spark.kubernetes.memoryOverheadFactor: \"0\"}",
            &[],
        ),
        (
            "zero for one role",
            "sparkConf: {spark.executor.memoryOverheadFactor: \"0\"}",
            &[("/spec/sparkConf/spark.executor.memoryOverheadFactor", "`0`")],
        ),
        (
            "a role's factor that 3.2 does not read",
            "sparkVersion: 3.2.0, sparkConf: {spark.executor.memoryOverheadFactor: lots}",
            &[(
                "/spec/sparkConf/spark.executor.memoryOverheadFactor",
                "Spark reads `spark.executor.memoryOverheadFactor` from 3.3.0 on",
            )],
        ),
        (
            "one and more, which 3.2 refuses",
            "sparkVersion: 3.2.0, memoryOverheadFactor: \"1\"",
            &[("/spec/memoryOverheadFactor", "`1`")],
        ),
        (
            "not a number",
            "memoryOverheadFactor: NaN",
            &[("/spec/memoryOverheadFactor", "`NaN`")],
        ),
        (
            "without end",
            "memoryOverheadFactor: Infinity",
            &[("/spec/memoryOverheadFactor", "`Infinity`")],
        ),
    ]);
}
