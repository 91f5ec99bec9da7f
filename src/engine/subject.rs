//! What an object is to sparkgate.

use json_patch::jsonptr::PointerBuf;

use super::Facts;
use super::finding::SubjectKind;
use super::json::{Arena, Json};
use super::request::ObjectKind;
use super::workload::origin::Document;
use super::workload::{Located, RoleName, Workload, kubeflow, pod};

/// The API group of kubeflow's operator.
pub const KUBEFLOW_GROUP: &str = "sparkoperator.k8s.io";
/// The one version of that group that is understood.
pub const KUBEFLOW_VERSION: &str = "v1beta2";

/// The API group of Apache's operator.
pub const APACHE_GROUP: &str = "spark.apache.org";

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A manifest that a Spark job is made from.
    Application(ApplicationKind),
    /// A manifest that a Spark job is made from, of a kind that is not judged yet.
    NotJudgedYet,
    /// A pod that Spark made.
    Pod(RoleName),
    /// Nothing of Spark's.
    Other,
}

/// Which kind of application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationKind {
    /// kubeflow's `SparkApplication`.
    Kubeflow,
    /// kubeflow's `ScheduledSparkApplication`.
    KubeflowScheduled,
}

impl ApplicationKind {
    /// The spec of the Spark job: `/spec`, or the template of a schedule.
    #[must_use]
    pub fn spec(self, object: Json<'_>) -> Located<'_> {
        let root = Located::root(object);
        let found = match self {
            Self::Kubeflow => root.get("spec"),
            Self::KubeflowScheduled => root.at(["spec", "template"]),
        };
        found.unwrap_or_else(|| Located {
            json: Json::Object(&[]),
            document: Document::Object,
            pointer: match self {
                Self::Kubeflow => PointerBuf::from_tokens(["spec"]),
                Self::KubeflowScheduled => PointerBuf::from_tokens(["spec", "template"]),
            },
        })
    }

    /// The job that Spark will make of an application of this kind.
    #[must_use]
    pub fn workload<'a>(self, arena: &'a Arena, object: Json<'a>, facts: &Facts<'_>) -> Workload<'a> {
        kubeflow::workload(arena, object, self, facts.operator_webhook)
    }
}

impl Subject {
    /// Tells what an object is.
    #[must_use]
    pub fn of(kind: ObjectKind<'_>, object: Json<'_>) -> Self {
        match (kind.group, kind.kind) {
            (KUBEFLOW_GROUP, "SparkApplication") => Self::Application(ApplicationKind::Kubeflow),
            (KUBEFLOW_GROUP, "ScheduledSparkApplication") => Self::Application(ApplicationKind::KubeflowScheduled),
            (APACHE_GROUP, "SparkApplication") => Self::NotJudgedYet,
            ("", "Pod") => pod::role_of(object).map_or(Self::Other, Self::Pod),
            _ => Self::Other,
        }
    }

    /// The word for logs and reports.
    #[must_use]
    pub fn kind(self) -> SubjectKind {
        match self {
            Self::Application(ApplicationKind::Kubeflow) => SubjectKind::Application,
            Self::Application(ApplicationKind::KubeflowScheduled) => SubjectKind::ScheduledApplication,
            Self::Pod(RoleName::Driver) => SubjectKind::DriverPod,
            Self::Pod(RoleName::Executor) => SubjectKind::ExecutorPod,
            Self::NotJudgedYet | Self::Other => SubjectKind::Other,
        }
    }
}
