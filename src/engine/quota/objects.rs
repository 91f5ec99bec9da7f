//! What is made for a job beside its pods, and counts against quotas: services, config maps, and claims for volumes.

use super::charges::Charges;
use super::pod::is_countable;
use crate::engine::json::Json;
use crate::engine::quantity::Quantity;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::{Located, RoleName, Workload, demand};

/// What the application itself counts as: `ObjectCountQuotaResourceNameFor` of `k8s.io/apiserver/pkg/quota/v1/generic`.
pub(super) fn of_application(kind: ApplicationKind) -> Charges {
    let mut charges = Charges::default();
    charges.add(
        &format!("count/{}.{}", kind.resource(), kind.group()),
        Quantity::from_count(1),
    );
    charges
}

/// What is made once for a job.
pub(super) fn of_driver<'a>(kind: ApplicationKind, object: Json<'a>, workload: &Workload<'_>) -> Charges {
    let spec = kind.spec(object);
    let mut charges = claims(workload, RoleName::Driver);
    // The driver's own, by which executors find it.
    add_service(&mut charges, None, 1);
    let mut config_maps = spark_config_maps(workload);
    match kind {
        ApplicationKind::Kubeflow | ApplicationKind::KubeflowScheduled => {
            let kind = |options: &Located<'a>| options.json.get("serviceType").and_then(Json::as_str);
            add_service(&mut charges, kind(&spec.get_or_empty("sparkUIOptions")), 1);
            for ingress in spec.get_or_empty("driverIngressOptions").items() {
                add_service(&mut charges, kind(&ingress), 1);
            }
            config_maps += u32::from(spec.at(["monitoring", "prometheus"]).is_some());
        }
        ApplicationKind::Apache => {
            for list in ["driverServiceIngressList", "driverHttpRouteList", "driverGrpcRouteList"] {
                for item in spec.get_or_empty(list).items() {
                    let service = item.get_or_empty("serviceSpec");
                    let kind = service.json.get("type").and_then(Json::as_str);
                    add_service(&mut charges, kind, length(&service, "ports"));
                }
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

fn length(parent: &Located<'_>, list: &str) -> u32 {
    let items = parent.json.get(list).map_or(0, |list| list.items().len());
    u32::try_from(items).unwrap_or(u32::MAX)
}

/// What is counted under its own name as well as among all objects.
fn add_counted(charges: &mut Charges, resource: &str, count: u32) {
    charges.add(resource, Quantity::from_count(count));
    charges.add(&format!("count/{resource}"), Quantity::from_count(count));
}

/// A service of a type, with so many ports: `serviceEvaluator.Usage` of `pkg/quota/v1/evaluator/core/services.go`. A load balancer has node ports too.
fn add_service(charges: &mut Charges, kind: Option<&str>, ports: u32) {
    add_counted(charges, "services", 1);
    if kind == Some("LoadBalancer") {
        charges.add("services.loadbalancers", Quantity::from_count(1));
    }
    if matches!(kind, Some("LoadBalancer" | "NodePort")) {
        charges.add("services.nodeports", Quantity::from_count(ports));
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

/// The claims that are made for a pod: those of Spark's with a storage class and a size, `MountVolumesFeatureStep`, and those of its ephemeral
/// volumes, which Kubernetes makes and names no class of where the cluster's default counts.
fn claims(workload: &Workload<'_>, role: RoleName) -> Charges {
    let mut charges = Charges::default();
    let prefix = format!("spark.kubernetes.{role}.volumes.persistentVolumeClaim.");
    for (key, class) in workload.properties.with_prefix(&prefix) {
        let Some(volume) = key.strip_suffix(".options.storageClass") else {
            continue;
        };
        let size = workload.properties.get(&format!("{prefix}{volume}.options.sizeLimit"));
        if let Some(size) = size.and_then(|size| size.value.parse().ok()) {
            add_claim(&mut charges, Some(class.value), size);
        }
    }
    let pods = workload.pods.iter().filter(|pod| pod.role == role);
    let volumes = pods.flat_map(|pod| pod.pod.at(["spec", "volumes"]).map_or(&[][..], Json::items));
    for claim in volumes.filter_map(|volume| volume.at(["ephemeral", "volumeClaimTemplate", "spec"])) {
        let class = claim.get("storageClassName").and_then(Json::as_str);
        if let Some(size) = claim.at(["resources", "requests", "storage"]).and_then(demand::amount) {
            add_claim(&mut charges, class, size);
        }
    }
    charges
}

/// What a claim is charged: `pvcEvaluator.Usage` of `pkg/quota/v1/evaluator/core/persistent_volume_claims.go`. One of a size that is none is
/// never made.
fn add_claim(charges: &mut Charges, class: Option<&str>, size: Quantity) {
    if !is_countable(size) {
        return;
    }
    add_counted(charges, "persistentvolumeclaims", 1);
    charges.add("requests.storage", size);
    if let Some(class) = class.filter(|class| !class.is_empty()) {
        let of_class = format!("{class}.storageclass.storage.k8s.io");
        charges.add(&format!("{of_class}/persistentvolumeclaims"), Quantity::from_count(1));
        charges.add(&format!("{of_class}/requests.storage"), size);
    }
}
