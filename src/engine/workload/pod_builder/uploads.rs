//! Files of whoever submits, which the pods could not reach.
//!
//! `BasicDriverFeatureStep.getAdditionalPodSystemProperties` and `KubernetesUtils.uploadFileUri`: what has no scheme, or `file:`, is uploaded to
//! where a property says. `local:` is in the image.

use super::step::Step;
use crate::engine::workload::{Language, Origin};

const UPLOAD_PATH: &str = "spark.kubernetes.file.upload.path";
const FILES: [&str; 4] = ["spark.jars", "spark.files", "spark.archives", "spark.submit.pyFiles"];

/// Notes the files that would have to be uploaded, where nobody says where to.
pub(super) fn refuse_without_a_place(step: &mut Step<'_, '_>) {
    if step.property(UPLOAD_PATH).is_some() {
        return;
    }
    for name in FILES {
        if let Some(property) = step.property(name) {
            for file in property.value.split(',').map(str::trim) {
                refuse_local(step, file, &property.origin);
            }
        }
    }
    // Scripts in R are read in the driver's container.
    if step.submission.language != Some(Language::R)
        && let Some(main_file) = &step.submission.main_file
        && let Some(file) = main_file.json.as_str()
    {
        refuse_local(step, file, &main_file.origin());
    }
}

fn refuse_local(step: &mut Step<'_, '_>, file: &str, origin: &Origin) {
    const NO_FILE: &str = "spark-internal";
    let is_local = match file.split_once(':') {
        Some((scheme, _)) => scheme == "file",
        None => true,
    };
    if is_local && !file.is_empty() && file != NO_FILE {
        let path = file.trim_start_matches("file:").trim_start_matches("//");
        let message = format!("Spark would upload `{file}` from where it is submitted, and nobody says where to");
        let help = format!("write `local://{path}` for a file in the image, or set {UPLOAD_PATH}");
        step.refuse(origin, message, Some(help));
    }
}
