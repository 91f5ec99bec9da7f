//! What the operator's webhook makes of a pod, when Spark asks for it.
//!
//! `mutateSparkPod` of `internal/webhook/sparkpod_defaulter.go`: one step after the other, in its order and by its letter. Lists are
//! appended to, whatever stands in them already; what is an object is replaced whole.

mod container;
mod pod;
mod volumes;

use super::application::Application;
use crate::engine::json::Arena;
use crate::engine::workload::draft::Draft;
use crate::engine::workload::{Located, Origin, Refusal, RoleName};

/// The steps, in the order of the operator.
const STEPS: [fn(&mut Step<'_, '_>); 26] = [
    pod::owner_reference,
    container::env,
    container::env_from,
    volumes::hadoop_config_map,
    volumes::spark_config_map,
    volumes::config_maps,
    volumes::volumes,
    container::ports,
    pod::host_network,
    pod::host_aliases,
    pod::init_containers,
    pod::sidecars,
    pod::dns_config,
    pod::priority_class_name,
    pod::scheduler_name,
    pod::node_selector,
    pod::affinity,
    pod::tolerations,
    container::memory_limit,
    container::gpu,
    volumes::prometheus,
    container::security_context,
    pod::security_context,
    pod::termination_grace_period,
    container::lifecycle,
    pod::share_process_namespace,
];

/// Changes a pod of the application as the webhook does. That it would refuse the pod is added to the refusals.
pub(super) fn mutate<'a>(
    arena: &'a Arena,
    application: &Application<'a>,
    role: RoleName,
    pod: &mut Draft<'a>,
    refusals: &mut Vec<Refusal>,
) {
    let mut step = Step {
        arena,
        application,
        role,
        section: application.section(role),
        pod,
        refusals,
    };
    for take in STEPS {
        take(&mut step);
    }
}

/// What each step works on.
struct Step<'s, 'a> {
    arena: &'a Arena,
    application: &'s Application<'a>,
    role: RoleName,
    section: Located<'a>,
    pod: &'s mut Draft<'a>,
    refusals: &'s mut Vec<Refusal>,
}

impl<'a> Step<'_, 'a> {
    /// A field of the role's section.
    fn field(&self, name: &str) -> Option<Located<'a>> {
        self.section.get(name)
    }

    /// The items of a list in the role's section.
    fn items(&self, name: &str) -> Vec<Located<'a>> {
        self.field(name).iter().flat_map(Located::items).collect()
    }

    fn spec(&mut self) -> &mut Draft<'a> {
        self.pod.member("spec")
    }

    /// The container that the operator takes for Spark's: by its name, and if none has it, the first.
    fn container(&mut self) -> Option<&mut Draft<'a>> {
        let names: &[&str] = match self.role {
            RoleName::Driver => &["spark-kubernetes-driver"],
            RoleName::Executor => &["executor", "spark-kubernetes-executor"],
        };
        let containers = self.spec().member("containers").items();
        let is_named = |container: &Draft<'_>| container.text_of("name").is_some_and(|name| names.contains(&name));
        let place = containers.iter().position(is_named).unwrap_or(0);
        containers.get_mut(place)
    }

    /// Appends to a list of the Spark container.
    fn append_to_container(&mut self, list: &'static str, items: impl IntoIterator<Item = Draft<'a>>) {
        if let Some(container) = self.container() {
            container.append(list, items);
        }
    }

    fn refuse(&mut self, origin: Origin, message: String, help: &str) {
        self.refusals.push(Refusal {
            origin,
            message,
            help: Some(help.to_owned()),
        });
    }
}
