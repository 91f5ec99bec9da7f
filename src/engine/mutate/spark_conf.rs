//! `sparkConf`: properties of an application, as defaults or enforced.
//!
//! ## What it does
//! Adds properties to `sparkConf` when an application is created; on an update it changes nothing, since the operator would restart the
//! job. Under `onConflict: keep` they are defaults, under `override` they are enforced. A property that the application sets by a field of its own,
//! such as `dynamicAllocation`, is as good as written: the field wins over `sparkConf`, so that it can be kept or denied, but not
//! replaced. A `ScheduledSparkApplication` stays as it is, and its runs get the properties.
//!
//! ## Why
//! Shuffle tracking, decommissioning, event logs: what every job of a platform should have, no job should have to know of.
//!
//! ## Policy
//! ```yaml
//! - name: decommission
//!   onConflict: override                  # keep what the application says | override | deny
//!   sparkConf:
//!     spark.decommission.enabled: "true"
//!     spark.storage.decommission.enabled: "true"
//! ```

use std::collections::BTreeMap;

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::Deserialize;

use super::{ApplicationContext, Editor, Mutation, PodContext};
use crate::engine::json::Json;
use crate::engine::patch::PatchError;
use crate::engine::policy::document::Problem;
use crate::engine::spark_property::{Confidence, NearMiss, Standing};
use crate::engine::spark_version::SparkVersion;

/// The field of a policy entry that the mutation is written in.
pub const NAME: &str = "sparkConf";

/// Properties, by name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SparkConf(BTreeMap<String, String>);

impl Mutation for SparkConf {
    fn problems(&self) -> Vec<Problem> {
        if self.0.is_empty() {
            return vec![
                Problem::at(PointerBuf::root(), "the mutation sets no property")
                    .with_help("write `spark.name: \"value\"`"),
            ];
        }
        self.0.keys().filter_map(|name| problem_of_name(name)).collect()
    }

    fn change_pod(&self, _context: &PodContext<'_>, _editor: &mut Editor<'_, '_>) -> Result<(), PatchError> {
        Ok(())
    }

    fn changes_pods(&self) -> bool {
        false
    }

    fn change_application<'a>(
        &self,
        context: &ApplicationContext<'_, 'a>,
        editor: &mut Editor<'_, 'a>,
    ) -> Result<(), PatchError> {
        let conf = context
            .kind
            .spec(editor.root())
            .pointer
            .with_trailing_token("sparkConf");
        for (name, wanted) in &self.0 {
            let place = conf.with_trailing_token(name.as_str());
            let field = context.workload.properties.get(name).and_then(|property| {
                let pointer = property.origin.pointer().filter(|pointer| **pointer != *place)?;
                Some((property.value, pointer))
            });
            match field {
                Some((value, _)) if value == wanted => {}
                Some((_, field)) => set_by_a_field(name, wanted, field, editor),
                // The workload is that of the application as it came: what another policy has set since stands in the object alone.
                None => {
                    let value = Json::String(editor.arena().string(wanted));
                    editor.set(&place, value, |_| {
                        (
                            format!("the property `{name}` is something else than the policy's `{wanted}`"),
                            format!("leave `{name}` out, or write `{name}: \"{wanted}\"`"),
                        )
                    })?;
                }
            }
        }
        Ok(())
    }

    fn changes_applications(&self) -> bool {
        true
    }
}

/// A field of the application wins over what `sparkConf` says of the same.
fn set_by_a_field(name: &str, wanted: &str, field: &Pointer, editor: &mut Editor<'_, '_>) {
    editor.cede(
        field,
        format!(
            "this field sets the property `{name}`, which the policy wants to be `{wanted}`, and wins over `sparkConf`"
        ),
        format!("take the field out, or let it say `{wanted}`"),
    );
}

/// A name that no Spark reads would be set in vain, in every application.
fn problem_of_name(name: &str) -> Option<Problem> {
    let place = PointerBuf::from_tokens([name]);
    let problem = match Standing::of(name, Some(SparkVersion::NEWEST_KNOWN), &[]) {
        Standing::Dropped { meant } => {
            let problem = Problem::at_key(
                place,
                format!("`{name}` does not begin with `spark.`, so Spark never sees it"),
            );
            (problem, meant)
        }
        Standing::NearMiss(NearMiss {
            meant,
            confidence: Confidence::Certain,
        }) => (Problem::at_key(place, format!("Spark has no property `{name}`")), meant),
        _ => return None,
    };
    Some(match problem {
        (problem, meant) if meant.is_empty() => problem.with_help("begin it with `spark.`"),
        (problem, meant) => problem.with_help(format!("did you mean `{}`?", meant.join("` or `"))),
    })
}

#[cfg(test)]
mod tests;
