//! What an object is to sparkgate.

use json_patch::jsonptr::PointerBuf;

use super::Facts;
use super::finding::SubjectKind;
use super::json::{Arena, Json};
use super::request::{ObjectKind, Operation, Request};
use super::workload::origin::Document;
use super::workload::pod::{self, DriverPod};
use super::workload::{Located, RoleName, Workload, apache, kubeflow};

/// The API group of kubeflow's operator.
pub const KUBEFLOW_GROUP: &str = "sparkoperator.k8s.io";
/// The API group of Apache's operator.
pub const APACHE_GROUP: &str = "spark.apache.org";

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A manifest that a Spark job is made from.
    Application(ApplicationKind),
    /// A pod that Spark runs in.
    Pod(RoleName),
    /// Nothing of Spark's.
    Other,
}

/// Which kind of application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApplicationKind {
    /// kubeflow's `SparkApplication`.
    Kubeflow,
    /// kubeflow's `ScheduledSparkApplication`.
    KubeflowScheduled,
    /// Apache's `SparkApplication`.
    Apache,
}

impl ApplicationKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kubeflow, Self::KubeflowScheduled, Self::Apache];

    /// Its API group.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self {
            Self::Kubeflow | Self::KubeflowScheduled => KUBEFLOW_GROUP,
            Self::Apache => APACHE_GROUP,
        }
    }

    /// Its name in the paths of the API: the plural of the kind.
    #[must_use]
    pub fn resource(self) -> &'static str {
        match self {
            Self::Kubeflow | Self::Apache => "sparkapplications",
            Self::KubeflowScheduled => "scheduledsparkapplications",
        }
    }

    /// The kind of application that has this name in an API group.
    #[must_use]
    pub fn of(group: &str, kind: &str) -> Option<Self> {
        match (group, kind) {
            (KUBEFLOW_GROUP, "SparkApplication") => Some(Self::Kubeflow),
            (KUBEFLOW_GROUP, "ScheduledSparkApplication") => Some(Self::KubeflowScheduled),
            (APACHE_GROUP, "SparkApplication") => Some(Self::Apache),
            _ => None,
        }
    }

    /// The versions of its API that are understood; the one to write comes first. Apache's `v1beta1` is `v1` by its old name, and
    /// goes with operator 2.0; `v1alpha1` went with operator 1.0.
    #[must_use]
    pub fn versions(self) -> &'static [&'static str] {
        match self {
            Self::Kubeflow | Self::KubeflowScheduled => &["v1beta2"],
            Self::Apache => &["v1", "v1beta1"],
        }
    }

    /// Whether mutations change the object itself. A schedule stays as it is: its runs are changed as they are made.
    #[must_use]
    pub fn is_patched(self) -> bool {
        match self {
            Self::Kubeflow | Self::Apache => true,
            Self::KubeflowScheduled => false,
        }
    }

    /// The spec of the Spark job: `/spec`, or the template of a schedule.
    #[must_use]
    pub fn spec(self, object: Json<'_>) -> Located<'_> {
        let root = Located::root(object);
        let found = match self {
            Self::Kubeflow | Self::Apache => root.get("spec"),
            Self::KubeflowScheduled => root.at(["spec", "template"]),
        };
        found.unwrap_or_else(|| Located {
            json: Json::Object(&[]),
            document: Document::Object,
            pointer: match self {
                Self::Kubeflow | Self::Apache => PointerBuf::from_tokens(["spec"]),
                Self::KubeflowScheduled => PointerBuf::from_tokens(["spec", "template"]),
            },
        })
    }

    /// Where the user writes about a role.
    #[must_use]
    pub fn section(self, role: RoleName) -> &'static str {
        match (self, role) {
            (Self::Kubeflow | Self::KubeflowScheduled, RoleName::Driver) => "driver",
            (Self::Kubeflow | Self::KubeflowScheduled, RoleName::Executor) => "executor",
            (Self::Apache, RoleName::Driver) => "driverSpec",
            (Self::Apache, RoleName::Executor) => "executorSpec",
        }
    }

    /// The field of a role's section that holds its pod template.
    #[must_use]
    pub fn template(self) -> &'static str {
        match self {
            Self::Kubeflow | Self::KubeflowScheduled => "template",
            Self::Apache => "podTemplateSpec",
        }
    }

    /// The job that Spark will make of an object of this kind.
    #[must_use]
    pub fn workload<'a>(self, arena: &'a Arena, object: Json<'a>, facts: &Facts<'_>) -> Workload<'a> {
        match self {
            Self::Kubeflow | Self::KubeflowScheduled => kubeflow::workload(arena, object, self, facts.operator_webhook),
            Self::Apache => apache::workload(arena, object),
        }
    }
}

impl Subject {
    /// Tells what an object is by what stands in it.
    #[must_use]
    pub fn of(kind: ObjectKind<'_>, object: Json<'_>) -> Self {
        if kind.is_pod() {
            return pod::role_of(object).map_or(Self::Other, Self::Pod);
        }
        ApplicationKind::of(kind.group, kind.kind).map_or(Self::Other, Self::Application)
    }

    /// Tells what the object of a request is. A pod that does not say it may have said it before it was changed; else the driver that
    /// made it tells, whose pods are executors.
    #[must_use]
    pub fn of_request(request: &Request<'_>, object: Json<'_>, facts: &Facts<'_>) -> Self {
        let before = || Some(Self::of(request.kind, request.old_object?));
        match Self::of(request.kind, object) {
            Self::Other if request.kind.is_pod() => before()
                .filter(|before| *before != Self::Other)
                .unwrap_or_else(|| Self::of_unknown_pod(request, object, facts)),
            told => told,
        }
    }

    fn of_unknown_pod(request: &Request<'_>, object: Json<'_>, facts: &Facts<'_>) -> Self {
        let is_made_by = |driver: &DriverPod| {
            let (Operation::Create, Some(submitter), Some(namespace)) =
                (request.operation, request.submitter, request.namespace)
            else {
                return false;
            };
            driver.is_user(submitter.username, namespace)
        };
        let mut drivers = facts.drivers.unwrap_or_default().iter();
        if drivers.any(|driver| driver.owns(object) || is_made_by(driver)) {
            Self::Pod(RoleName::Executor)
        } else {
            Self::Other
        }
    }

    /// The word for logs and reports.
    #[must_use]
    pub fn kind(self) -> SubjectKind {
        match self {
            Self::Application(ApplicationKind::Kubeflow | ApplicationKind::Apache) => SubjectKind::Application,
            Self::Application(ApplicationKind::KubeflowScheduled) => SubjectKind::ScheduledApplication,
            Self::Pod(RoleName::Driver) => SubjectKind::DriverPod,
            Self::Pod(RoleName::Executor) => SubjectKind::ExecutorPod,
            Self::Other => SubjectKind::Other,
        }
    }
}
