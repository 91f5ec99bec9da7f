//! What an exporter brings to a pod, worked out when the policy loads.

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde_json::Value;

use super::java_options;
use super::plan::Plan;
use super::ports::{self, Port};
use crate::engine::json::Json;
use crate::engine::kubernetes_version::KubernetesVersion;
use crate::engine::mutate::{Editor, PodContext};
use crate::engine::patch::PatchError;
use crate::engine::workload::RoleName;
use crate::engine::workload::pod::spark_container;

/// The name of the container, of its port, and the beginning of the volumes' names. kubeflow's operator calls its port so too.
pub(super) const EXPORTER: &str = "jmx-exporter";

const ANNOTATIONS: &Pointer = Pointer::from_static("/metadata/annotations");
const CONTAINERS: &Pointer = Pointer::from_static("/spec/containers");
const INIT_CONTAINERS: &Pointer = Pointer::from_static("/spec/initContainers");
const VOLUMES: &Pointer = Pointer::from_static("/spec/volumes");
const HOST_NETWORK: &Pointer = Pointer::from_static("/spec/hostNetwork");

/// All that is added to a pod, whatever the mode.
#[derive(Clone, Debug, Default)]
pub(super) struct Injection {
    /// Annotations of the pod, by key.
    pub(super) annotations: Vec<(String, String)>,
    /// Volumes of the pod.
    pub(super) volumes: Vec<Value>,
    /// The exporter's sidecar, or what brings its jar.
    pub(super) init_container: Option<Value>,
    /// Whether that is a sidecar.
    pub(super) is_sidecar: bool,
    /// Mounts of the Spark container.
    pub(super) mounts: Vec<Value>,
    /// A port of the Spark container.
    pub(super) container_port: Option<Value>,
    /// Options of Spark's JVM.
    pub(super) java_options: Vec<String>,
    /// What is listened on.
    pub(super) ports: Vec<Port>,
}

impl Injection {
    /// Adds to a pod what it does not have yet: everything, or nothing where something is in the way.
    ///
    /// # Errors
    /// A pod that does not have the shape of a pod.
    pub(super) fn add_to_pod(&self, context: &PodContext<'_>, editor: &mut Editor<'_, '_>) -> Result<(), PatchError> {
        let (root, arena) = (editor.root(), editor.arena());
        // Without the container that Spark runs in, there is nobody to be measured.
        let Some((index, role)) = spark_container(root) else {
            return Ok(());
        };
        let place = CONTAINERS.with_trailing_token(index);
        let Some(container) = root.resolve(&place) else {
            return Ok(());
        };
        let mut plan = Plan::new(root);
        for (key, value) in &self.annotations {
            let pointer = ANNOTATIONS.with_trailing_token(key.as_str());
            plan.member(
                pointer,
                Json::String(arena.string(value)),
                format!("annotation `{key}`"),
            );
        }
        for volume in &self.volumes {
            plan.item(VOLUMES, "name", arena.import(volume), "volume");
        }
        if let Some(container) = &self.init_container {
            plan.item(INIT_CONTAINERS, "name", arena.import(container), "container");
        }
        for mount in &self.mounts {
            let list = place.with_trailing_token("volumeMounts");
            plan.item(&list, "mountPath", arena.import(mount), "mount");
        }
        if let Some(port) = &self.container_port {
            let list = place.with_trailing_token("ports");
            plan.item(&list, "name", arena.import(port), "port");
        }
        java_options::add(&mut plan, role, &place, container, &self.java_options, arena);
        if plan.is_empty() {
            return Ok(());
        }
        if let Some(pointer) = self.exporter_of_its_own(context, root, &place) {
            editor.keep(&pointer);
            return Ok(());
        }
        self.refuse_what_cannot_work(context, root, &place, &mut plan);
        plan.carry_out(editor)
    }

    /// Where the pod or its application has an exporter already.
    fn exporter_of_its_own(&self, context: &PodContext<'_>, root: Json<'_>, place: &Pointer) -> Option<PointerBuf> {
        let named = |list: &Pointer| {
            let items = root.resolve(list).map_or(&[][..], Json::items);
            let index = items.iter().position(is_exporter)?;
            Some(list.with_trailing_token(index))
        };
        let told = context.application.map(|application| application.role(context.role));
        // An executor's options are in its pod.
        let is_told = told.is_some_and(|told| {
            told.exposes_metrics
                || (context.role == RoleName::Driver && java_options::bring_an_exporter(&told.java_options))
        });
        named(CONTAINERS)
            // One that stands where ours would is in conflict with it.
            .or_else(|| named(INIT_CONTAINERS).filter(|_| self.init_container.is_none()))
            .or_else(|| is_told.then(|| place.to_buf()))
            .or_else(|| {
                let env = place.with_trailing_token("env");
                java_options::exporter_of_its_own(root.resolve(place)?, &env, &self.java_options)
            })
    }

    fn refuse_what_cannot_work(&self, context: &PodContext<'_>, root: Json<'_>, place: &Pointer, plan: &mut Plan<'_>) {
        let native = KubernetesVersion::NATIVE_SIDECARS;
        if let Some(version) = context
            .kubernetes_version
            .filter(|version| self.is_sidecar && *version < native)
        {
            plan.refuse(
                INIT_CONTAINERS.to_buf(),
                format!(
                    "Kubernetes {version} has no native sidecars, and a pod with another kind of sidecar does not end"
                ),
                "have the policy use `mode: agent`, or bring the cluster to Kubernetes 1.29",
            );
        }
        if root.resolve(HOST_NETWORK).and_then(Json::as_bool) == Some(true) {
            plan.refuse(
                HOST_NETWORK.to_buf(),
                "the pod is in the network of its node, where the exporter's ports are anybody's".to_owned(),
                "leave `hostNetwork` out, or exclude the job from the policy",
            );
        }
        let told = context.application.map(|application| application.role(context.role));
        for port in &self.ports {
            if let Some((pointer, holder)) = ports::holder(*port, root, place, told) {
                plan.refuse(
                    pointer,
                    format!(
                        "port {} is taken by {holder}, so that no exporter is added",
                        port.number
                    ),
                    "let one of them use another port: the policy's are `port` and `jmxPort`",
                );
            }
        }
    }
}

/// Whether a container is called as the exporter is.
pub(super) fn is_exporter(container: &Json<'_>) -> bool {
    container.get("name").and_then(Json::as_str) == Some(EXPORTER)
}
