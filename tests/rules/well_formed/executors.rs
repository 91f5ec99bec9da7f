//! How many executors.

use super::assert_rows;

#[test]
fn counts_of_executors_are_in_range() {
    assert_rows(&[
        ("instances", "executor: {instances: 3}", &[]),
        (
            "none",
            "executor: {instances: 0}",
            &[(
                "/spec/executor/instances",
                "`0` is no number of executors; Spark takes a whole number of at least 1",
            )],
        ),
        (
            "fewer, in a property",
            "sparkConf: {spark.executor.instances: \"-1\"}",
            &[(
                "/spec/sparkConf/spark.executor.instances",
                "`-1` is no number of executors",
            )],
        ),
        (
            "a fraction",
            "sparkConf: {spark.executor.instances: \"1.5\"}",
            &[("/spec/sparkConf/spark.executor.instances", "`1.5`")],
        ),
        (
            "an empty property takes the operator's default",
            "sparkConf: {spark.executor.instances: \"\"}",
            &[],
        ),
        (
            "a property that a field hides",
            "executor: {instances: 3}, sparkConf: {spark.executor.instances: \"0\"}",
            &[],
        ),
        (
            "in quotes, once",
            "executor: {instances: \"0\"}",
            &[(
                "/spec/executor/instances",
                "`instances` is a string and should be an integer",
            )],
        ),
        (
            "more than 32 bits",
            "executor: {instances: 3000000000}",
            &[("/spec/executor/instances", "`3000000000`")],
        ),
        (
            "none to begin with, dynamically",
            "sparkConf: {spark.dynamicAllocation.enabled: \"true\", spark.executor.instances: \"0\"}",
            &[],
        ),
        (
            "which the field cannot say",
            "executor: {instances: 0}, dynamicAllocation: {enabled: true}",
            &[(
                "/spec/executor/instances",
                "the API server takes a whole number of at least 1",
            )],
        ),
        (
            "bounds",
            "dynamicAllocation: {enabled: true, minExecutors: 1, initialExecutors: 2, maxExecutors: 10}",
            &[],
        ),
        (
            "all equal",
            "dynamicAllocation: {enabled: true, minExecutors: 2, initialExecutors: 2, maxExecutors: 2}",
            &[],
        ),
        (
            "initially fewer than the minimum, which Spark corrects",
            "dynamicAllocation: {enabled: true, minExecutors: 5, initialExecutors: 1, maxExecutors: 10}",
            &[],
        ),
        (
            "the minimum above the maximum",
            "dynamicAllocation: {enabled: true, minExecutors: 20, maxExecutors: 10}",
            &[(
                "/spec/dynamicAllocation/minExecutors",
                "the minimum of executors, 20, is above the maximum, 10: Spark refuses to start",
            )],
        ),
        (
            "in properties",
            "sparkConf: {spark.dynamicAllocation.enabled: \"TRUE\", spark.dynamicAllocation.minExecutors: \"20\", spark.dynamicAllocation.maxExecutors: \"10\"}",
            &[("/spec/sparkConf/spark.dynamicAllocation.minExecutors", "20")],
        ),
        (
            "initially above the maximum",
            "dynamicAllocation: {enabled: true, initialExecutors: 20, maxExecutors: 10}",
            &[(
                "/spec/dynamicAllocation/initialExecutors",
                "the initial number of executors, 20",
            )],
        ),
        (
            "instances above the maximum",
            "executor: {instances: 20}, dynamicAllocation: {enabled: true, maxExecutors: 10}",
            &[("/spec/executor/instances", "the number of executors, 20, is above")],
        ),
        (
            "all three",
            "executor: {instances: 3}, dynamicAllocation: {enabled: true, minExecutors: 3, initialExecutors: 3, maxExecutors: 2}",
            &[
                ("/spec/dynamicAllocation/minExecutors", "3"),
                ("/spec/dynamicAllocation/initialExecutors", "3"),
                ("/spec/executor/instances", "3"),
            ],
        ),
        (
            "a minimum alone",
            "dynamicAllocation: {enabled: true, minExecutors: 1000}",
            &[],
        ),
        (
            "a maximum of none",
            "dynamicAllocation: {enabled: true, maxExecutors: 0}",
            &[(
                "/spec/dynamicAllocation/maxExecutors",
                "`0` is no maximum of executors; Spark takes a whole number of at least 1",
            )],
        ),
        (
            "a minimum below none",
            "dynamicAllocation: {enabled: true, minExecutors: -1}",
            &[(
                "/spec/dynamicAllocation/minExecutors",
                "`-1` is no minimum of executors",
            )],
        ),
        (
            "initially below none, which Spark does not mind",
            "dynamicAllocation: {enabled: true, initialExecutors: -1, minExecutors: 1}",
            &[],
        ),
        (
            "bounds in words",
            "sparkConf: {spark.dynamicAllocation.enabled: \"true\", spark.dynamicAllocation.maxExecutors: many}",
            &[("/spec/sparkConf/spark.dynamicAllocation.maxExecutors", "`many`")],
        ),
        (
            "bounds that nobody reads",
            "dynamicAllocation: {enabled: false, minExecutors: 20, maxExecutors: 10}",
            &[],
        ),
        (
            "properties that nobody reads",
            "sparkConf: {spark.dynamicAllocation.minExecutors: \"20\", spark.dynamicAllocation.maxExecutors: \"10\"}",
            &[],
        ),
        (
            "switched off by a field, on by a property",
            "dynamicAllocation: {enabled: false}, sparkConf: {spark.dynamicAllocation.enabled: \"true\", spark.dynamicAllocation.minExecutors: \"20\", spark.dynamicAllocation.maxExecutors: \"10\"}",
            &[("/spec/sparkConf/spark.dynamicAllocation.minExecutors", "20")],
        ),
        (
            "a field over a property",
            "dynamicAllocation: {enabled: true, maxExecutors: 30}, sparkConf: {spark.dynamicAllocation.minExecutors: \"20\", spark.dynamicAllocation.maxExecutors: \"10\"}",
            &[],
        ),
    ]);
}
