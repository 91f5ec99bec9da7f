//! What a mutation may know beyond the object that it changes.

use std::collections::BTreeMap;

use crate::engine::json::Json;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::{RoleName, Workload};

/// What there is to know about a pod beyond the pod.
#[derive(Clone, Copy, Debug)]
pub struct PodContext<'c> {
    /// Whose it is.
    pub role: RoleName,
    /// The application that it belongs to; `None` where there is none, or it is not known yet.
    pub application: Option<&'c KnownApplication>,
    /// The labels of its namespace; `None` when they are not known.
    pub namespace_labels: Option<&'c BTreeMap<String, String>>,
}

/// What a pod's application tells the mutations of the pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownApplication {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

impl KnownApplication {
    /// Takes it out of the application.
    #[must_use]
    pub fn of(object: Json<'_>) -> Self {
        let labels = object.at(["metadata", "labels"]).map_or(&[][..], Json::members);
        Self {
            labels: labels
                .iter()
                .filter_map(|(key, value)| Some(((*key).to_owned(), value.as_str()?.to_owned())))
                .collect(),
        }
    }
}

/// What there is to know about an application beyond its text.
#[derive(Clone, Copy, Debug)]
pub struct ApplicationContext<'c, 'a> {
    /// Whose API it is of.
    pub kind: ApplicationKind,
    /// The job that Spark would make of it as it is.
    pub workload: &'c Workload<'a>,
    /// The labels of its namespace; `None` when they are not known.
    pub namespace_labels: Option<&'c BTreeMap<String, String>>,
}
