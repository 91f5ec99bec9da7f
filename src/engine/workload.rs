//! The normal form of a Spark job: its language, its version, the properties that Spark will read, and the pods that follow.
//!
//! Each value keeps its [`Origin`], so that a finding can point at what the user wrote.

pub mod apache;
pub mod command_line;
pub mod demand;
pub mod draft;
pub mod executors;
pub mod kubeflow;
pub mod located;
pub mod memory;
pub mod origin;
pub mod pod;
pub mod pod_builder;
pub mod refusal;
pub mod shuffle_blocks;
pub mod spark_conf;
pub mod spark_submit;
pub mod submission;
pub mod template;

use std::fmt;

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::{Deserialize, Serialize};

use super::json::Json;
use super::spark_version::SparkVersion;
pub use executors::Executors;
pub use located::Located;
pub use origin::{Document, Origin, Origins};
pub use refusal::Refusal;
pub use spark_conf::{Properties, Property};

/// Which of a job's two kinds of pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    /// The one that plans.
    Driver,
    /// The ones that work.
    Executor,
}

impl RoleName {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Driver, Self::Executor];

    /// The word that Spark's label `spark-role`, its properties and policy files use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Driver => "driver",
            Self::Executor => "executor",
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a job is written in, as kubeflow's `spec.type` spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Language {
    /// Java.
    Java,
    /// Scala.
    Scala,
    /// `PySpark`.
    Python,
    /// `SparkR`.
    R,
}

impl Language {
    /// Reads the spelling of `spec.type`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "Java" => Some(Self::Java),
            "Scala" => Some(Self::Scala),
            "Python" => Some(Self::Python),
            "R" => Some(Self::R),
            _ => None,
        }
    }

    /// The spelling of `spec.type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Java => "Java",
            Self::Scala => "Scala",
            Self::Python => "Python",
            Self::R => "R",
        }
    }

    /// Whether the job's own code runs in the JVM, and so within its heap.
    #[must_use]
    pub fn runs_in_the_jvm(self) -> bool {
        matches!(self, Self::Java | Self::Scala)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A Spark job, as far as its manifest tells it.
#[derive(Clone, Debug)]
pub struct Workload<'a> {
    /// What it is written in; `None` where the manifest says something that is none of the four.
    pub language: Option<Language>,
    /// The version of Spark; `None` where the manifest does not say one that can be read.
    pub spark_version: Option<SparkVersion>,
    /// What Spark will read as its properties.
    pub properties: Properties<'a>,
    /// How many executors.
    pub executors: Executors,
    /// The pods that Spark will make: the driver's, and one executor's.
    pub pods: [EffectivePod<'a>; 2],
    /// For what Spark would make no pod.
    pub refusals: Vec<Refusal>,
}

impl Workload<'_> {
    /// Where in the user's object to show what comes from `origin`: where it is written, and what is written elsewhere
    /// or nowhere at the section that could say it.
    #[must_use]
    pub fn place_of(&self, origin: &Origin) -> PointerBuf {
        let section = |role| {
            self.pods.iter().find_map(|pod| match &pod.origins {
                Origins::Application(origins) if pod.role == role => Some(origins.section()),
                _ => None,
            })
        };
        let place = match origin {
            Origin::Written(Document::Object, pointer) => Some(pointer.as_ref()),
            Origin::Written(Document::Template(role), _) => section(*role),
            Origin::Default(_) | Origin::Policy(_) => section(RoleName::Driver).and_then(Pointer::parent),
        };
        place.unwrap_or(Pointer::root()).to_buf()
    }
}

/// A pod of a Spark job: one that is being made, or one that Spark will make.
#[derive(Clone, Debug)]
pub struct EffectivePod<'a> {
    /// Whose.
    pub role: RoleName,
    /// The pod.
    pub pod: Json<'a>,
    /// Where its parts come from.
    pub origins: Origins,
}

impl EffectivePod<'_> {
    /// Where the user wrote what stands at `pointer` of this pod; `None` for what Spark, an operator or a policy put there.
    #[must_use]
    pub fn written_at(&self, pointer: &Pointer) -> Option<(PointerBuf, Option<super::finding::Effective>)> {
        let is_written = match &self.origins {
            Origins::Itself => true,
            Origins::Application(origins) => origins.origin_of(pointer)?.pointer().is_some(),
        };
        is_written.then(|| self.place_of(pointer))
    }

    /// Where in the user's object the value stands that became `pointer` of this pod; where it stands in the pod too,
    /// when the pod is not itself that object.
    #[must_use]
    pub fn place_of(&self, pointer: &Pointer) -> (PointerBuf, Option<super::finding::Effective>) {
        match &self.origins {
            Origins::Itself => (pointer.to_buf(), None),
            Origins::Application(origins) => (
                origins.place_of(pointer),
                Some(super::finding::Effective {
                    role: self.role,
                    pointer: pointer.to_buf(),
                }),
            ),
        }
    }
}
