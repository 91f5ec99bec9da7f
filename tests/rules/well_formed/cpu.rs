//! Cores, and cpu that Kubernetes reads.

use super::assert_rows;

#[test]
fn cores_and_cpu_are_in_range() {
    assert_rows(&[
        (
            "cores",
            "driver: {cores: 2}, executor: {cores: 4, coreRequest: 3500m, coreLimit: \"4\"}",
            &[],
        ),
        ("a whole number with a point", "driver: {cores: 2.0}", &[]),
        (
            "a request of a fraction",
            "driver: {coreRequest: \"0.5\"}, executor: {coreRequest: 500m}",
            &[],
        ),
        ("a request of nothing", "driver: {coreRequest: \"0\"}", &[]),
        (
            "no cores",
            "driver: {cores: 0}",
            &[(
                "/spec/driver/cores",
                "the driver has `0` cores; Spark takes a whole number of at least 1",
            )],
        ),
        (
            "fewer",
            "executor: {cores: -1}",
            &[("/spec/executor/cores", "the executor has `-1` cores")],
        ),
        (
            "cores in words, once",
            "driver: {cores: two}",
            &[("/spec/driver/cores", "`cores` is a string and should be an integer")],
        ),
        (
            "cores in quotes, once",
            "driver: {cores: \"0\"}",
            &[("/spec/driver/cores", "`cores` is a string and should be an integer")],
        ),
        (
            "half a core, once",
            "driver: {cores: 0.5}",
            &[("/spec/driver/cores", "`cores` is a fraction and should be an integer")],
        ),
        (
            "half a core in a property",
            "sparkConf: {spark.driver.cores: \"0.5\"}",
            &[("/spec/sparkConf/spark.driver.cores", "the driver has `0.5` cores")],
        ),
        (
            "thousandths in a property",
            "sparkConf: {spark.executor.cores: 500m}",
            &[("/spec/sparkConf/spark.executor.cores", "the executor has `500m` cores")],
        ),
        (
            "a property that a field hides",
            "driver: {cores: 1}, sparkConf: {spark.driver.cores: \"0.5\"}",
            &[],
        ),
        (
            "what is no quantity",
            "driver: {coreRequest: 1 core}",
            &[(
                "/spec/driver/coreRequest",
                "Kubernetes cannot read `1 core` as cpu of the driver",
            )],
        ),
        (
            "in a property",
            "sparkConf: {spark.kubernetes.executor.limit.cores: two}",
            &[(
                "/spec/sparkConf/spark.kubernetes.executor.limit.cores",
                "cannot read `two`",
            )],
        ),
        (
            "less than nothing",
            "driver: {coreRequest: -500m}",
            &[(
                "/spec/driver/coreRequest",
                "refuses `-500m` as cpu of the driver, which is below zero",
            )],
        ),
        (
            "a limit below the request",
            "executor: {cores: 4, coreRequest: \"2\", coreLimit: 1500m}",
            &[(
                "/spec/executor/coreLimit",
                "the executor asks for 2 cpu and is limited to 1500m",
            )],
        ),
        (
            "a limit below the cores",
            "executor: {cores: 4, coreLimit: 2000m}",
            &[("/spec/executor/coreLimit", "asks for 4 cpu and is limited to 2000m")],
        ),
        (
            "a limit of what the request is",
            "executor: {cores: 4, coreLimit: 4000m}",
            &[],
        ),
        (
            "a limit alone, below the default of one core",
            "driver: {coreLimit: 500m}",
            &[("/spec/driver/coreLimit", "asks for 1 cpu and is limited to 500m")],
        ),
        ("a limit alone, above it", "driver: {coreLimit: 1200m}", &[]),
        (
            "a limit of nothing",
            "driver: {coreLimit: \"0\"}",
            &[("/spec/driver/coreLimit", "limited to 0")],
        ),
        (
            "a request in a property, a limit in a field",
            "executor: {coreLimit: \"1\"}, sparkConf: {spark.kubernetes.executor.request.cores: \"2\"}",
            &[("/spec/executor/coreLimit", "asks for 2 cpu")],
        ),
    ]);
}
