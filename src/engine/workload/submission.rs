//! What `spark-submit` is told: by an operator that runs it, or by a person.

use json_patch::jsonptr::PointerBuf;

use super::draft::Draft;
use super::executors::Executors;
use super::origin::ApplicationOrigins;
use super::refusal::Refusal;
use super::{EffectivePod, Language, Located, Origins, Properties, RoleName, Workload, pod_builder};
use crate::engine::json::Arena;
use crate::engine::spark_version::SparkVersion;

/// What `spark-submit` is told.
#[derive(Clone, Debug)]
pub struct Submission<'a> {
    /// What the job is written in, as far as its manifest tells it.
    pub language: Option<Language>,
    /// The version of Spark; `None` where the manifest does not say one that can be read.
    pub spark_version: Option<SparkVersion>,
    /// The `--conf`s, and whatever other options come down to them.
    pub properties: Properties<'a>,
    /// `--class`.
    pub main_class: Option<Located<'a>>,
    /// What is run: a jar, or a script.
    pub main_file: Option<Located<'a>>,
    /// What it is run with.
    pub arguments: Vec<Located<'a>>,
    /// `--proxy-user`.
    pub proxy_user: Option<Located<'a>>,
    /// The pod templates of driver and executor.
    pub templates: [Option<Draft<'a>>; 2],
    /// Who submits. Spark's containers run as that user towards Hadoop.
    pub user: &'a str,
    /// Where the user writes about driver and executor: stands in for what they did not write.
    pub sections: [PointerBuf; 2],
}

impl<'a> Submission<'a> {
    /// The job that Spark will make of it. `finish` has the last word on each pod, as an operator's own pod webhook has.
    pub fn into_workload(self, arena: &'a Arena, mut finish: impl FnMut(RoleName, &mut Draft<'a>)) -> Workload<'a> {
        let mut refusals: Vec<Refusal> = Vec::new();
        let pods = RoleName::ALL.map(|role| {
            let mut pod = pod_builder::build(arena, &self, role, &mut refusals);
            finish(role, &mut pod);
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
