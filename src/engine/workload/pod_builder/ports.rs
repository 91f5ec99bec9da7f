//! The ports of the Spark container.
//!
//! `BasicDriverFeatureStep` and `BasicExecutorFeatureStep`.

use super::Draft;
use super::spark_pod::{SPARK_DEFAULT, SparkPod};
use super::step::Step;
use crate::engine::workload::Property;

/// The driver's. Spark Connect has one from 4.1 on.
pub(super) fn of_driver<'a>(step: &mut Step<'_, 'a>) -> Vec<Draft<'a>> {
    let block_manager = if step.property("spark.driver.blockManager.port").is_some() {
        "spark.driver.blockManager.port"
    } else {
        "spark.blockManager.port"
    };
    let mut ports = vec![
        port("driver-rpc-port", step.number("spark.driver.port", 7078)),
        port("blockmanager", step.number(block_manager, 7079)),
        port("spark-ui", step.number("spark.ui.port", 4040)),
    ];
    if step.since(4, 1) {
        let number = step.number("spark.connect.grpc.binding.port", 15002);
        ports.push(port("spark-connect", number));
    }
    ports
}

/// An executor's. Before 3.4, those of the template go.
pub(super) fn set_of_executor<'a>(step: &mut Step<'_, 'a>, pod: &mut SparkPod<'a>) {
    const BLOCK_MANAGER: &str = "spark.blockManager.port";
    if !step.since(3, 4) {
        pod.container.remove("ports");
    }
    let number = step.number(BLOCK_MANAGER, 7079);
    let chosen = step.property(BLOCK_MANAGER).and_then(Property::as_i32).unwrap_or(7079);
    if chosen != 0 && !(1024..=65535).contains(&chosen) {
        let origin = number.origin().cloned().unwrap_or(SPARK_DEFAULT);
        let message = format!("{BLOCK_MANAGER} is {chosen}, and Spark takes 0, or 1024 to 65535");
        step.refuse(&origin, message, None);
    }
    if chosen != 0 {
        pod.container.append("ports", [port("blockmanager", number)]);
    }
}

/// A port of the Spark container. The API server takes it for TCP where nobody says it.
fn port<'a>(name: &'a str, number: Draft<'a>) -> Draft<'a> {
    Draft::object([
        ("name", Draft::text(name, SPARK_DEFAULT)),
        ("containerPort", number),
        ("protocol", Draft::text("TCP", SPARK_DEFAULT)),
    ])
}
