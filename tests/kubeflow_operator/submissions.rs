//! What is handed to `spark-submit`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sparkgate::engine::json::Arena;
use sparkgate::engine::subject::ApplicationKind;
use sparkgate::engine::workload::kubeflow::{self, OperatorWebhook};
use sparkgate::engine::workload::submission::Submission;
use sparkgate::engine::workload::{Located, Origin};

use super::{application, finished, overlay, recordings};

/// Spark's options that are properties too, of which the option counts.
const OPTIONS: [(&str, &str); 10] = [
    ("--master", "spark.master"),
    ("--deploy-mode", "spark.submit.deployMode"),
    ("--name", "spark.app.name"),
    ("--jars", "spark.jars"),
    ("--packages", "spark.jars.packages"),
    ("--exclude-packages", "spark.jars.excludes"),
    ("--repositories", "spark.jars.repositories"),
    ("--py-files", "spark.submit.pyFiles"),
    ("--files", "spark.files"),
    ("--archives", "spark.archives"),
];

/// What of a submission is recorded.
#[derive(Debug, PartialEq)]
struct HandedOver {
    properties: BTreeMap<String, String>,
    main_class: Option<String>,
    proxy_user: Option<String>,
    command: Vec<String>,
    templates: [Value; 2],
}

impl HandedOver {
    /// What a case expects: what the first case does, but for what is said of it.
    fn expected(first: &Value, case: &Value) -> Self {
        let of = |part: &str| {
            let mut members = first[part].clone();
            overlay(&mut members, &case[part]);
            members
        };
        let texts = |members: Value| -> BTreeMap<String, String> { serde_json::from_value(members).unwrap() };
        let (mut properties, mut options) = (texts(of("properties")), texts(of("options")));
        for (option, property) in OPTIONS {
            if let Some(value) = options.remove(option) {
                properties.insert(property.to_owned(), value);
            }
        }
        let command = case.get("arguments").unwrap_or(&first["arguments"]);
        let handed_over = Self {
            properties,
            main_class: options.remove("--class"),
            proxy_user: options.remove("--proxy-user"),
            command: serde_json::from_value(command.clone()).unwrap(),
            templates: ["driver", "executor"].map(|role| of("templates")[role].clone()),
        };
        assert!(options.is_empty(), "{options:?}");
        handed_over
    }

    fn of<'a>(arena: &'a Arena, submission: Submission<'a>) -> Self {
        let text = |located: &Located<'_>| located.json.as_str().unwrap().to_owned();
        let properties = submission.properties.with_prefix("");
        Self {
            properties: properties
                .map(|(name, property)| (name.to_owned(), property.value.to_owned()))
                .collect(),
            main_class: submission.main_class.as_ref().map(text),
            proxy_user: submission.proxy_user.as_ref().map(text),
            command: submission
                .main_file
                .iter()
                .chain(&submission.arguments)
                .map(text)
                .collect(),
            templates: submission.templates.map(|template| finished(arena, template.unwrap())),
        }
    }
}

#[test]
fn every_field_becomes_what_the_operator_makes_of_it() {
    let cases = recordings("submissions.yaml");
    let first = &cases[0];
    for case in cases.iter().filter(|case| case.get("refused").is_none()) {
        let arena = Arena::new();
        let object = arena.import(&application(case));
        let submission = kubeflow::submission(&arena, object, ApplicationKind::Kubeflow, OperatorWebhook::Installed);
        for (name, property) in submission.properties.with_prefix("") {
            if let Origin::Written(_, pointer) = &property.origin {
                assert!(
                    object.resolve(pointer).is_some(),
                    "{name} of {}: no {pointer}",
                    case["case"]
                );
            }
        }
        let handed_over = HandedOver::of(&arena, submission);
        assert_eq!(handed_over, HandedOver::expected(first, case), "{}", case["case"]);
    }
}

#[test]
fn what_the_operator_gives_up_on_is_refused() {
    let cases = recordings("submissions.yaml");
    let mut refused = 0;
    for case in &cases {
        let arena = Arena::new();
        let object = arena.import(&application(case));
        let workload = kubeflow::workload(&arena, object, ApplicationKind::Kubeflow, OperatorWebhook::Installed);
        let by_operator = workload
            .refusals
            .iter()
            .any(|refusal| refusal.message.contains("operator"));
        assert_eq!(
            by_operator,
            case.get("refused").is_some(),
            "{}: {:#?}",
            case["case"],
            workload.refusals
        );
        refused += usize::from(by_operator);
    }
    assert_eq!(refused, 4);
}

#[test]
fn amounts_for_yunikorn_go_round_as_those_of_go_do() {
    let spec = json!({
        "type": "Python",
        "batchScheduler": "yunikorn",
        "sparkConf": {"spark.executor.pyspark.memory": i64::MAX.to_string()},
    });
    let arena = Arena::new();
    let object = arena.import(&application(&json!({ "spec": spec })));
    let submission = kubeflow::submission(&arena, object, ApplicationKind::Kubeflow, OperatorWebhook::Installed);
    let groups = submission
        .properties
        .get("spark.kubernetes.driver.annotation.yunikorn.apache.org/task-groups")
        .unwrap();
    let groups: Value = serde_json::from_str(groups.value).unwrap();
    // 1024 MiB of heap, 0.4 times that of overhead, and the most MiB that Go counts, which are one less than none in bytes.
    assert_eq!(groups[1]["minResource"]["memory"], "1432Mi");
}
