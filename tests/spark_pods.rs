//! Whole pods: what is built of the properties of each recorded run, against the pods that real Spark made of them.

mod compared;
mod generated;
mod recording;
mod rendered;

use serde_json::Value;
use sparkgate::engine::json::Arena;
use sparkgate::engine::validate::well_formed;
use sparkgate::engine::workload::RoleName;

use compared::compared;

#[test]
fn every_recorded_pod_is_built_as_spark_made_it() {
    let mut differing = Vec::new();
    let mut pods = 0;
    for recording in recording::all() {
        let arena = Arena::of_file();
        let workload = recording.workload(&arena);
        for pod in &workload.pods {
            let Some(made) = recording.pod(pod.role) else {
                continue;
            };
            pods += 1;
            let (built, made) = (compared(&pod.pod.to_value()), compared(made));
            if built != made {
                let text = |value| serde_json::to_string_pretty(value).unwrap();
                let difference = similar::TextDiff::from_lines(text(&made), text(&built))
                    .unified_diff()
                    .to_string();
                differing.push(format!("{} {}\n{difference}", recording.name, pod.role));
            }
        }
    }
    assert!(
        differing.is_empty(),
        "{} of {pods} differ:\n{}",
        differing.len(),
        differing.join("\n")
    );
    assert_eq!(pods, recording::PODS);
}

#[test]
fn spark_starts_as_many_executors_as_foreseen() {
    for recording in recording::all() {
        let arena = Arena::of_file();
        if let Some(count) = recording.executor_count() {
            assert_eq!(
                u64::from(recording.workload(&arena).executors.initial),
                count,
                "{}",
                recording.name
            );
        }
        assert!(
            recording.pod(RoleName::Driver).is_some() || recording.is_refused(),
            "{}",
            recording.name
        );
    }
}

/// What is found where Spark refused, by case. `gpu` fails for a script that the image lacks, which no property tells.
const REFUSED: &[(&str, &str)] = &[
    (
        "dyn-min-gt-max",
        "the minimum of executors, 20, is above the maximum, 10",
    ),
    ("gpu", ""),
    ("gpu-exec-no-vendor", "nobody says whose gpu the executor gets"),
    ("instances-0", "`0` is no number of executors"),
    ("label-driver-spark-role", "the label spark-role is Spark's own"),
    ("no-image", "nobody says which image the job runs"),
    (
        "overhead-executor-fraction",
        "cannot read `1.5g` as spark.executor.memoryOverhead",
    ),
    ("pull-policy-sometimes", "`Sometimes` is no image pull policy"),
    ("secret-ref-bad-one", "does not name a Secret and a key in it"),
    ("units-bare-number", "Spark makes pods for `3072` MiB"),
];

#[test]
fn what_spark_refused_is_refused_and_nothing_else() {
    for recording in recording::all() {
        let arena = Arena::of_file();
        let workload = recording.workload(&arena);
        let refusals = well_formed::refusals(&workload, &RoleName::ALL);
        let messages: Vec<&str> = refusals.iter().map(|refusal| refusal.message.as_str()).collect();
        let Some((_, expected)) = REFUSED.iter().find(|(case, _)| *case == recording.case("name")) else {
            assert!(
                !recording.is_refused() && messages.is_empty(),
                "{}: {messages:?}",
                recording.name
            );
            continue;
        };
        assert!(recording.is_refused(), "{}", recording.name);
        if expected.is_empty() {
            assert_eq!(messages, [""; 0], "{}", recording.name);
        } else {
            assert!(
                messages.iter().any(|message| message.contains(expected)),
                "{}: {messages:?}",
                recording.name
            );
        }
    }
}

#[test]
fn executors_get_the_java_options_of_their_spark() {
    /// What the driver finds out when it starts.
    const PORTS: [&str; 2] = ["-Dspark.driver.port=", "-Dspark.driver.blockManager.port="];
    for recording in recording::all() {
        let Some(made) = recording.pod(RoleName::Executor) else {
            continue;
        };
        let arena = Arena::of_file();
        let workload = recording.workload(&arena);
        let [_, executor] = workload.pods.map(|pod| pod.pod.to_value());
        let known = |options: Vec<String>| -> Vec<String> {
            let is_known = |option: &String| !PORTS.iter().any(|port| option.starts_with(port));
            options.into_iter().filter(is_known).collect()
        };
        assert_eq!(
            known(java_options(&executor)),
            known(java_options(made)),
            "{}",
            recording.name
        );
    }
}

/// The options that the image's entrypoint makes of `SPARK_JAVA_OPT_n`, in their order.
fn java_options(pod: &Value) -> Vec<String> {
    let containers = pod["spec"]["containers"].as_array().unwrap();
    let variables = containers.last().unwrap()["env"].as_array().unwrap();
    let mut options: Vec<(u32, String)> = variables
        .iter()
        .filter_map(|variable| {
            let number = variable["name"].as_str()?.strip_prefix("SPARK_JAVA_OPT_")?;
            Some((number.parse().unwrap(), variable["value"].as_str()?.to_owned()))
        })
        .collect();
    options.sort();
    options.into_iter().map(|(_, option)| option).collect()
}
