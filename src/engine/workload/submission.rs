//! What Spark is told when a job is submitted: by an operator, or by a person who runs `spark-submit`.

use json_patch::jsonptr::PointerBuf;

use super::draft::Draft;
use super::executors::Executors;
use super::origin::ApplicationOrigins;
use super::refusal::Refusal;
use super::{EffectivePod, Language, Located, Origins, Properties, Property, RoleName, Workload, pod_builder};
use crate::engine::json::Arena;
use crate::engine::spark_version::SparkVersion;

/// What Spark calls an application.
pub const APP_NAME: &str = "spark.app.name";
/// Where Spark makes the pods.
pub const NAMESPACE: &str = "spark.kubernetes.namespace";
/// `KubernetesConf.appName` where nobody says it.
pub const DEFAULT_APP_NAME: &str = "spark";
/// `spark.kubernetes.namespace` where nobody says it.
pub const DEFAULT_NAMESPACE: &str = "default";
/// Which image the pods of both roles run, unless they have their own.
pub const IMAGE: &str = "spark.kubernetes.container.image";

/// What Spark is told when a job is submitted.
#[derive(Clone, Debug)]
pub struct Submission<'a> {
    /// What the job is written in, as far as its manifest tells it.
    pub language: Option<Language>,
    /// The version of Spark; `None` where the manifest does not say one that can be read.
    pub spark_version: Option<SparkVersion>,
    /// The version of Spark that submits, and so makes the driver's pod; `None` where it is the job's own, or not known.
    pub submitter_version: Option<SparkVersion>,
    /// The `--conf`s, and whatever other options come down to them.
    pub properties: Properties<'a>,
    /// `--class`.
    pub main_class: Option<Located<'a>>,
    /// What is run: a jar, or a script.
    pub main_file: Option<Located<'a>>,
    /// What it is run with.
    pub arguments: Vec<Located<'a>>,
    /// The pod templates of driver and executor.
    pub templates: [Option<Draft<'a>>; 2],
    /// The id of the job, which also begins the names of its pods, where whoever submits gives one. Else Spark makes up both.
    pub application_id: Option<Property<'a>>,
    /// Who submits. Spark's containers run as that user towards Hadoop.
    pub user: &'a str,
    /// `--proxy-user`.
    pub proxy_user: Option<Located<'a>>,
    /// What the user sets to say which image the pods run.
    pub image_setting: &'static str,
    /// Where the user writes about driver and executor: stands in for what they did not write.
    pub sections: [PointerBuf; 2],
}

impl<'a> Submission<'a> {
    /// The job that Spark will make of it. `finish` has the last word on each pod, as an operator's own pod webhook has.
    pub fn into_workload(self, arena: &'a Arena, mut finish: impl FnMut(RoleName, &mut Draft<'a>)) -> Workload<'a> {
        let mut refusals: Vec<Refusal> = Vec::new();
        let [driver, executor] = pod_builder::build(arena, &self, &mut refusals);
        let pods = [(RoleName::Driver, driver), (RoleName::Executor, executor)].map(|(role, mut pod)| {
            // Policies write into it, and do not make it.
            pod.member("spec");
            finish(role, &mut pod);
            pod_builder::settle(&mut pod, arena);
            let mut origins = ApplicationOrigins::of_role(self.section(role).clone());
            EffectivePod {
                role,
                pod: pod.finish(arena, &mut origins),
                origins: Origins::Application(origins),
            }
        });
        Workload {
            language: self.language,
            spark_version: self.spark_version,
            executors: Executors::of(&self.properties),
            properties: self.properties,
            pods,
            refusals,
        }
    }

    /// The version of Spark that makes the pods of a role: the submitter's makes the driver's, and the driver's makes the executors'.
    #[must_use]
    pub fn maker_of(&self, role: RoleName) -> Option<SparkVersion> {
        match role {
            RoleName::Driver => self.submitter_version.or(self.spark_version),
            RoleName::Executor => self.spark_version,
        }
    }

    /// The pod template of a role.
    #[must_use]
    pub fn template(&self, role: RoleName) -> Option<&Draft<'a>> {
        let [driver, executor] = &self.templates;
        match role {
            RoleName::Driver => driver.as_ref(),
            RoleName::Executor => executor.as_ref(),
        }
    }

    /// Where the user writes about a role.
    #[must_use]
    pub fn section(&self, role: RoleName) -> &PointerBuf {
        let [driver, executor] = &self.sections;
        match role {
            RoleName::Driver => driver,
            RoleName::Executor => executor,
        }
    }
}
