//! A pod, and apart from it the container that Spark runs in.
//!
//! `SparkPod` and `KubernetesUtils.selectSparkContainer` of Spark.

use super::step::Step;
use super::{Draft, RoleName};
use crate::engine::json::Json;
use crate::engine::workload::origin::Origin;

/// Spark's own default, for what nobody wrote.
pub(super) const SPARK_DEFAULT: Origin = Origin::Default("Spark's default");

/// A pod, and apart from it the container that Spark runs in: it goes to the end of the list, wherever the template had it.
pub(super) struct SparkPod<'a> {
    pub(super) pod: Draft<'a>,
    pub(super) container: Draft<'a>,
}

impl<'a> SparkPod<'a> {
    /// The template's pod, and of its containers the one that the property names, else the first.
    pub(super) fn from_template(step: &mut Step<'_, 'a>) -> Self {
        let Some(mut pod) = step.submission.template(step.role).cloned() else {
            return Self {
                pod: Draft::empty(),
                container: Draft::empty(),
            };
        };
        let wanted = step.value(match step.role {
            RoleName::Driver => "spark.kubernetes.driver.podTemplateContainerName",
            RoleName::Executor => "spark.kubernetes.executor.podTemplateContainerName",
        });
        refuse_unless_list(step, &mut pod);
        if !step.since(3, 3) {
            drop_newer_fields(&mut pod);
        }
        let containers = pod.at(["spec", "containers"]).items();
        let is_wanted = |container: &Draft<'_>| container.text_of("name") == wanted;
        let named = containers.iter().filter(|container| is_wanted(container)).count();
        // A name that several have is as good as none.
        let place = if wanted.is_some() && named == 1 {
            containers.iter().position(is_wanted).unwrap_or(0)
        } else {
            0
        };
        let container = if containers.is_empty() {
            Draft::empty()
        } else {
            containers.remove(place)
        };
        Self { pod, container }
    }

    /// The whole pod, the Spark container last.
    pub(super) fn assembled(self) -> Draft<'a> {
        let Self { mut pod, container } = self;
        pod.member("spec").append("containers", [container]);
        pod
    }

    pub(super) fn metadata(&mut self) -> &mut Draft<'a> {
        self.pod.member("metadata")
    }

    pub(super) fn spec(&mut self) -> &mut Draft<'a> {
        self.pod.member("spec")
    }

    /// Appends to the Spark container's environment.
    pub(super) fn add_env(&mut self, variables: impl IntoIterator<Item = Draft<'a>>) {
        self.container.append("env", variables);
    }

    /// Appends a volume, of the kind and with the source given, and its mount in the Spark container.
    pub(super) fn add_volume(
        &mut self,
        name: Draft<'a>,
        kind: &'a str,
        source: Draft<'a>,
        mount: impl IntoIterator<Item = (&'a str, Draft<'a>)>,
    ) {
        let volume = Draft::object([("name", name.clone()), (kind, source)]);
        self.spec().append("volumes", [volume]);
        let mount = [("name", name)].into_iter().chain(mount);
        self.container.append("volumeMounts", [Draft::object(mount)]);
    }
}

/// What is no list of containers, Spark cannot load.
fn refuse_unless_list<'a>(step: &mut Step<'_, 'a>, template: &mut Draft<'a>) {
    let containers = template.get("spec").and_then(|spec| spec.get("containers"));
    if let Some(containers) = containers
        && let Some(json) = containers.json()
        && !matches!(json, Json::Array(_))
        && let Some(origin) = containers.origin().cloned()
    {
        let message = format!(
            "the containers of the {}'s pod template are {}, and should be a list",
            step.role,
            json.kind()
        );
        step.refuse(&origin, message, None);
    }
}

/// Fields of containers that the Kubernetes client of Spark 3.2 does not know, and drops; later ones keep what they do not know.
fn drop_newer_fields(template: &mut Draft<'_>) {
    for list in ["initContainers", "containers"] {
        let containers = template.get("spec").and_then(|spec| spec.get(list));
        for container in containers
            .into_iter()
            .flat_map(|containers| containers.items().iter_mut())
        {
            for field in ["restartPolicy", "resizePolicy"] {
                container.remove(field);
            }
        }
    }
}
