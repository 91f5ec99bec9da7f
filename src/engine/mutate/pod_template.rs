//! `podTemplate`: whatever a pod can have, from a Pod manifest.
//!
//! ## What it does
//! Merges a Pod manifest into the pod: a file of the policy directory, or one that is written inline. Lists merge by Kubernetes' own keys:
//! variables, volumes and containers by name, mounts by path, ports by number and protocol, tolerations by their whole value. Where the pod
//! says something else, `onConflict` decides, key by key; what the API server filled in, nobody said. A required node affinity is added to
//! each of the pod's alternatives, so that it narrows down where the pod may go.
//!
//! In `containers`, `spark` is the container that Spark runs in, whatever it is called and wherever it stands. Its image, command, arguments,
//! cpu and memory stay Spark's; other resources merge. Everything else that is to run in the pod is an init container, or, with
//! `restartPolicy: Always`, a sidecar (Kubernetes 1.29): a plain container would keep the driver's pod alive for ever. Both bring their
//! requests and limits of cpu and memory, and a restricted security context. Of the metadata a template has labels and annotations.
//!
//! ## Why
//! What the platform needs in every pod, nobody should have to write into every application. A template of Spark's own does not know what
//! is in the pod already, and kubeflow's operator replaces whole what it sets.
//!
//! ## Policy
//! ```yaml
//! - name: platform
//!   # keep: what the pod says stays. override: the template wins. deny: the pod's stays, and a finding says so.
//!   onConflict: keep
//!   podTemplate:
//!     # A manifest of `apiVersion: v1` and `kind: Pod` right in the policy directory, instead of `inline`:
//!     # file: platform-pod.yaml
//!     inline:
//!       spec:
//!         terminationGracePeriodSeconds: 60
//!         volumes:
//!           - {name: scratch, emptyDir: {sizeLimit: 10Gi}}
//!         containers:
//!           - name: spark
//!             env:
//!               - {name: TZ, value: UTC}
//!             volumeMounts:
//!               - {name: scratch, mountPath: /scratch}
//! ```

mod document;
mod merging;
mod node_affinity;
mod problems;
mod template;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::{AddedVolume, Editor, Mutation, PodContext};
use crate::engine::patch::PatchError;
use crate::engine::policy::document::Problem;
pub use document::{PodTemplateDocument, TemplateFiles};
use merging::Merging;
pub use template::Template;

/// The field of a policy entry that the mutation is written in.
pub const NAME: &str = "podTemplate";

const METADATA: &Pointer = Pointer::from_static("/metadata");
const SPEC: &Pointer = Pointer::from_static("/spec");
const VOLUMES: &Pointer = Pointer::from_static("/spec/volumes");

/// What the API server works out of a field, and would refuse to see beside another value of that field (the admission plugins `Priority`
/// and `RuntimeClass`). A pod arrives with it.
const DERIVED: [(&Pointer, &[&Pointer]); 2] = [
    (
        Pointer::from_static("/spec/priorityClassName"),
        &[
            Pointer::from_static("/spec/priority"),
            Pointer::from_static("/spec/preemptionPolicy"),
        ],
    ),
    (
        Pointer::from_static("/spec/runtimeClassName"),
        &[Pointer::from_static("/spec/overhead")],
    ),
];

/// A template, and where its policy says it.
#[derive(Debug)]
pub struct PodTemplate {
    template: Arc<Template>,
    reference: Reference,
}

/// How a policy says which template it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reference {
    File,
    Inline,
}

impl Mutation for PodTemplate {
    /// What is wrong with a template was found as it was read.
    fn problems(&self) -> Vec<Problem> {
        Vec::new()
    }

    fn change_pod(&self, context: &PodContext<'_>, editor: &mut Editor<'_, '_>) -> Result<(), PatchError> {
        let Template {
            metadata,
            volumes,
            spec,
            spark,
        } = &*self.template;
        let before = DERIVED.map(|(field, _)| editor.get(field));
        let mut merging = Merging::new(editor, context.kubernetes_version);
        merging.fields(&["metadata"], METADATA, metadata)?;
        // What mounts them looks for them.
        merging.field(&["spec", "volumes"], VOLUMES, volumes)?;
        merging.fields(&["spec"], SPEC, spec)?;
        if !spark.is_empty() {
            merging.spark_container(spark)?;
        }
        for ((field, derived), before) in DERIVED.into_iter().zip(before) {
            if editor.get(field) != before {
                derived.iter().try_for_each(|derived| editor.forget(derived))?;
            }
        }
        Ok(())
    }

    fn volumes(&self) -> Vec<AddedVolume<'_>> {
        let place = |index: usize| match self.reference {
            Reference::File => PointerBuf::from_tokens([document::FILE]),
            Reference::Inline => PointerBuf::from_tokens([document::INLINE])
                .concat(VOLUMES)
                .with_trailing_token(index),
        };
        self.template
            .volumes()
            .enumerate()
            .map(|(index, volume)| AddedVolume {
                pointer: place(index),
                volume,
            })
            .collect()
    }
}
