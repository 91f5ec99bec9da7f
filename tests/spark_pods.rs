//! Whole pods: what is built of the properties of each recorded run, against the pods that real Spark made of them.

mod compared;
mod generated;
mod recording;
mod rendered;

use sparkgate::engine::json::Arena;
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
        assert!(recording.pod(RoleName::Driver).is_some(), "{}", recording.name);
    }
}
