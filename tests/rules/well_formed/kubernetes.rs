//! Settings of Spark's own part for Kubernetes.

use super::assert_rows;

#[test]
fn settings_are_what_spark_starts_with() {
    assert_rows(&[
        (
            "well",
            "sparkConf: {spark.kubernetes.allocation.batch.size: \"5\", spark.kubernetes.allocation.pods.allocator: statefulset,
                spark.kubernetes.driver.service.ipFamilies: \"IPv6,IPv4\"}",
            &[],
        ),
        (
            "a class of somebody's own",
            "sparkConf: {spark.kubernetes.allocation.pods.allocator: com.acme.Allocator}",
            &[],
        ),
        (
            "no batches",
            "sparkConf: {spark.kubernetes.allocation.batch.size: \"0\"}",
            &[("/spec/sparkConf/spark.kubernetes.allocation.batch.size", "does not take `0`")],
        ),
        (
            "a delay that Spark minds from 4.0 on",
            "sparkConf: {spark.kubernetes.allocation.batch.delay: 50ms}",
            &[],
        ),
        (
            "a delay that is too short",
            "sparkVersion: 4.0.1, sparkConf: {spark.kubernetes.allocation.batch.delay: 50ms}",
            &[("/spec/sparkConf/spark.kubernetes.allocation.batch.delay", "does not take `50ms`")],
        ),
        (
            "no policy and no family of addresses",
            "sparkConf: {spark.kubernetes.driver.service.ipFamilyPolicy: Dual, spark.kubernetes.driver.service.ipFamilies: IPv5}",
            &[
                ("/spec/sparkConf/spark.kubernetes.driver.service.ipFamilyPolicy", "`Dual`"),
                ("/spec/sparkConf/spark.kubernetes.driver.service.ipFamilies", "`IPv5`"),
            ],
        ),
        (
            "an allocator of a later Spark",
            "sparkConf: {spark.kubernetes.allocation.pods.allocator: deployment}",
            &[("/spec/sparkConf/spark.kubernetes.allocation.pods.allocator", "`deployment`")],
        ),
    ]);
}
