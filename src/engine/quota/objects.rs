//! What is made for a job beside its pods, and counts against quotas: services, config maps, and claims for volumes.

use super::charges::Charges;
use super::pod::is_countable;
use crate::engine::json::Json;
use crate::engine::quantity::Quantity;
use crate::engine::subject::{APACHE_GROUP, ApplicationKind, KUBEFLOW_GROUP};
use crate::engine::workload::{Located, RoleName, Workload};

/// What the application itself counts as: `ObjectCountQuotaResourceNameFor` of `k8s.io/apiserver/pkg/quota/v1/generic`.
pub(super) fn of_application(kind: ApplicationKind) -> Charges {
    let (plural, group) = match kind {
        ApplicationKind::Kubeflow => ("sparkapplications", KUBEFLOW_GROUP),
        ApplicationKind::KubeflowScheduled => ("scheduledsparkapplications", KUBEFLOW_GROUP),
        ApplicationKind::Apache => ("sparkapplications", APACHE_GROUP),
    };
    let mut charges = Charges::default();
    charges.add(&format!("count/{plural}.{group}"), Quantity::from_count(1));
    charges
}

/// What is made once for a job.
pub(super) fn of_driver(kind: ApplicationKind, object: Json<'_>, workload: &Workload<'_>) -> Charges {
    let spec = kind.spec(object);
    let mut charges = claims(workload, RoleName::Driver);
    // The driver's own, by which executors find it.
    add_services(&mut charges, 1);
    let mut config_maps = spark_config_maps(workload);
    match kind {
        ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled => {
            add_ui_service(&mut charges, &spec);
            add_services(&mut charges, length(&spec, "driverIngressOptions"));
            config_maps += u32::from(spec.at(["monitoring", "prometheus"]).is_some());
        }
        ApplicationKind::Apache => {
            for list in ["driverServiceIngressList", "driverHttpRouteList", "driverGrpcRouteList"] {
                add_services(&mut charges, length(&spec, list));
            }
            config_maps += length(&spec, "configMapSpecs");
        }
    }
    add_counted(&mut charges, "configmaps", config_maps);
    charges
}

/// What is made for each executor.
pub(super) fn of_executor(workload: &Workload<'_>) -> Charges {
    claims(workload, RoleName::Executor)
}

fn length(spec: &Located<'_>, list: &str) -> u32 {
    let items = spec.json.get(list).map_or(0, |list| list.items().len());
    u32::try_from(items).unwrap_or(u32::MAX)
}

/// What is counted under its own name as well as among all objects.
fn add_counted(charges: &mut Charges, resource: &str, count: u32) {
    charges.add(resource, Quantity::from_count(count));
    charges.add(&format!("count/{resource}"), Quantity::from_count(count));
}

fn add_services(charges: &mut Charges, count: u32) {
    add_counted(charges, "services", count);
}

/// kubeflow's operator makes a service for Spark's UI, of the type that the application says.
fn add_ui_service(charges: &mut Charges, spec: &Located<'_>) {
    add_services(charges, 1);
    let kind = spec.at(["sparkUIOptions", "serviceType"]);
    // `serviceEvaluator.Usage` of `pkg/quota/v1/evaluator/core/services.go`: a load balancer has node ports too.
    let one = Quantity::from_count(1);
    match kind.and_then(|kind| kind.json.as_str()) {
        Some("NodePort") => charges.add("services.nodeports", one),
        Some("LoadBalancer") => {
            charges.add("services.loadbalancers", one);
            charges.add("services.nodeports", one);
        }
        _ => {}
    }
}

/// Those that Spark makes: of the names that it gives to the volumes which hold them.
fn spark_config_maps(workload: &Workload<'_>) -> u32 {
    const VOLUMES: [&str; 3] = [
        "spark-conf-volume-driver",
        "spark-conf-volume-exec",
        "pod-template-volume",
    ];
    let volumes = workload.pods.iter().flat_map(|pod| {
        let volumes = pod.pod.at(["spec", "volumes"]);
        volumes.map_or(&[][..], Json::items)
    });
    let names = volumes.filter_map(|volume| volume.get("name")?.as_str());
    let count = names.filter(|name| VOLUMES.contains(name)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The claims that Spark makes for a pod, those with a storage class and a size: `MountVolumesFeatureStep`; and what they are charged:
/// `pvcEvaluator.Usage` of `pkg/quota/v1/evaluator/core/persistent_volume_claims.go`.
fn claims(workload: &Workload<'_>, role: RoleName) -> Charges {
    let mut charges = Charges::default();
    let prefix = format!("spark.kubernetes.{role}.volumes.persistentVolumeClaim.");
    for (key, class) in workload.properties.with_prefix(&prefix) {
        let Some(volume) = key.strip_suffix(".options.storageClass") else {
            continue;
        };
        let size = workload
            .properties
            .get(&format!("{prefix}{volume}.options.sizeLimit"))
            .and_then(|size| size.value.parse::<Quantity>().ok());
        let Some(size) = size.filter(|size| is_countable(*size)) else {
            continue;
        };
        let of_class = format!("{}.storageclass.storage.k8s.io", class.value);
        let one = Quantity::from_count(1);
        add_counted(&mut charges, "persistentvolumeclaims", 1);
        charges.add("requests.storage", size);
        charges.add(&format!("{of_class}/persistentvolumeclaims"), one);
        charges.add(&format!("{of_class}/requests.storage"), size);
    }
    charges
}
