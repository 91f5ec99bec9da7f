//! The fields that applications have, and what an object says that is not among them.

mod table;
#[cfg(test)]
mod tests;
mod walk;

use std::sync::LazyLock;

use json_patch::jsonptr::PointerBuf;

use self::table::{Owner, Schema, Shape};
use self::walk::{Reader, Walk};
use super::finding::Blame;
use super::json::Json;
use super::subject::ApplicationKind;

const KUBERNETES: (Owner, &str) = (Owner::Kubernetes, include_str!("schema/kubernetes.txt"));
const OF_KUBEFLOW: [(Owner, &str); 2] = [(Owner::Operator, include_str!("schema/kubeflow.txt")), KUBERNETES];
const OF_APACHE: [(Owner, &str); 2] = [(Owner::Operator, include_str!("schema/apache.txt")), KUBERNETES];

static KUBEFLOW: LazyLock<Schema> = LazyLock::new(|| Schema::parse(&OF_KUBEFLOW));
static APACHE: LazyLock<Schema> = LazyLock::new(|| Schema::parse(&OF_APACHE));

/// Something in an application that its schema does not have, or not so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where; of a field that is missing, the object that lacks it.
    pub pointer: PointerBuf,
    /// Which part of that place.
    pub blame: Blame,
    /// What is wrong, in one line. Holds names of fields, never a value.
    pub message: String,
    /// What to write instead, where that can be told.
    pub help: Option<String>,
}

/// What is wrong with the shape of an application: fields that do not exist, values of the wrong type or outside an
/// enum, and required fields that are missing. `metadata` and `status` are not looked into, and `null` is as good as
/// absent.
///
/// In Kubernetes' own types, which may have grown since, an unknown field or value is a problem only where it looks like
/// a misspelling of a known one; in pod templates nothing is required.
///
/// An object full of nonsense is not followed to its end: a hundred problems are enough.
#[must_use]
pub fn application_problems(object: Json<'_>, kind: ApplicationKind) -> Vec<Problem> {
    let (schema, root, reader_of_templates) = match kind {
        ApplicationKind::Kubeflow => (&KUBEFLOW, "SparkApplication", Reader::Operator),
        ApplicationKind::KubeflowScheduled => (&KUBEFLOW, "ScheduledSparkApplication", Reader::Operator),
        ApplicationKind::Apache => (&APACHE, "SparkApplication", Reader::LenientApiServer),
    };
    Walk::new(schema, reader_of_templates).run(object, Reader::ApiServer, &Shape::Object(root))
}

/// The same of a pod manifest in a policy, whose values become part of pods: what is missing, the API server will miss there.
#[must_use]
pub fn pod_problems(pod: Json<'_>) -> Vec<Problem> {
    Walk::new(&KUBEFLOW, Reader::Policy).run(pod, Reader::Policy, &Shape::Object("Pod"))
}
