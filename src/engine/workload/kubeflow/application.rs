//! What the operator knows of one run: the spec, and the metadata that the run's `SparkApplication` has.

use std::collections::BTreeMap;

use json_patch::jsonptr::PointerBuf;

use super::super::draft::Draft;
use super::super::{Located, Origin, RoleName};
use super::GENERATED;
use crate::engine::json::{Arena, Json};
use crate::engine::subject::ApplicationKind;

const API_VERSION: &str = "sparkoperator.k8s.io/v1beta2";
const KIND: &str = "SparkApplication";

/// What the operator makes up for a run is written with zeros, so that two renderings of one application are the same.
pub(super) const NO_UUID: &str = "00000000-0000-0000-0000-000000000000";
/// A run of a schedule is named by the time, in nanoseconds unless the operator was started with a coarser precision.
const NO_TIMESTAMP: &str = "0000000000000000000";
/// What the API server appends to `generateName`.
const NO_SUFFIX: &str = "xxxxx";

/// A text, and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Sourced<'a> {
    pub(super) text: &'a str,
    pub(super) origin: Origin,
}

/// One run of an application.
#[derive(Clone, Debug)]
pub(super) struct Application<'a> {
    pub(super) spec: Located<'a>,
    pub(super) name: Sourced<'a>,
    pub(super) namespace: Sourced<'a>,
    uid: Sourced<'a>,
    pub(super) labels: Vec<(&'a str, Sourced<'a>)>,
}

impl<'a> Application<'a> {
    /// The application that `object` is, or a run of the schedule that it is.
    pub(super) fn of(arena: &'a Arena, object: Json<'a>, kind: ApplicationKind) -> Self {
        let metadata = Located::root(object).get_or_empty("metadata");
        let written = |key| {
            let field = metadata.get(key)?;
            let text = field.json.as_str().filter(|text| !text.is_empty())?;
            let origin = field.origin();
            Some(Sourced { text, origin })
        };
        let given = written("name").or_else(|| {
            let prefix = written("generateName")?;
            Some(Sourced {
                text: arena.string(&format!("{}{NO_SUFFIX}", prefix.text)),
                origin: prefix.origin,
            })
        });
        let given = given.unwrap_or(Sourced {
            text: "",
            origin: GENERATED,
        });
        let own_labels = metadata.get_or_empty("labels");
        let own_labels = own_labels.members().filter_map(|(key, label)| {
            let (text, origin) = (label.json.as_str()?, label.origin());
            Some((key, Sourced { text, origin }))
        });
        let (name, uid, labels) = match kind {
            ApplicationKind::KubeflowScheduled => {
                let name = Sourced {
                    text: arena.string(&format!("{}-{NO_TIMESTAMP}", given.text)),
                    origin: given.origin.clone(),
                };
                let of_schedule = ("sparkoperator.k8s.io/scheduled-app-name", given);
                (name, None, [of_schedule].into_iter().chain(own_labels).collect())
            }
            _ => (given, written("uid"), own_labels.collect()),
        };
        Self {
            spec: kind.spec(object),
            name,
            namespace: written("namespace").unwrap_or(Sourced {
                text: "default",
                origin: Origin::Default("Kubernetes' default"),
            }),
            uid: uid.unwrap_or(Sourced {
                text: NO_UUID,
                origin: GENERATED,
            }),
            labels,
        }
    }

    /// The section about a role, as if it were empty where there is none.
    pub(super) fn section(&self, role: RoleName) -> Located<'a> {
        self.spec.get_or_empty(role.as_str())
    }

    /// Where the section about a role stands.
    pub(super) fn place_of(&self, role: RoleName) -> PointerBuf {
        self.spec.pointer.with_trailing_token(role.as_str())
    }

    /// The volumes by their names, of which the last of several counts.
    pub(super) fn volumes(&self) -> BTreeMap<&'a str, Located<'a>> {
        let volumes = self.spec.get_or_empty("volumes");
        volumes
            .items()
            .filter_map(|volume| Some((volume.json.get("name")?.as_str()?, volume)))
            .collect()
    }

    /// A text made of the application's name, which comes from where the name does.
    pub(super) fn named(&self, arena: &'a Arena, before: &str, after: &str) -> Draft<'a> {
        let text = arena.string(&format!("{before}{}{after}", self.name.text));
        Draft::text(text, self.name.origin.clone())
    }

    /// What the application's children say of it. Only the driver is under its control: an executor's controller is the driver.
    pub(super) fn owner_reference(&self, role: RoleName) -> Draft<'a> {
        let constant = |json| Draft::new(json, super::OPERATOR);
        let members = [
            ("apiVersion", constant(Json::String(API_VERSION))),
            ("kind", constant(Json::String(KIND))),
            ("name", Draft::text(self.name.text, self.name.origin.clone())),
            ("uid", Draft::text(self.uid.text, self.uid.origin.clone())),
        ];
        let of_controller = (role == RoleName::Driver).then(|| {
            [
                ("controller", constant(Json::Bool(true))),
                ("blockOwnerDeletion", constant(Json::Bool(true))),
            ]
        });
        Draft::object(members.into_iter().chain(of_controller.into_iter().flatten()))
    }

    /// Whether `reference` is [`Self::owner_reference`] of the driver. Nobody else knows the uid.
    pub(super) fn is_controlled_by(&self, reference: &Draft<'a>) -> bool {
        let says = |key, text| reference.text_of(key) == Some(text);
        says("kind", KIND) && says("name", self.name.text) && says("uid", self.uid.text) && reference.has("controller")
    }
}
