//! `memoryOverhead`: enough memory beyond the heap.
//!
//! ## What it does
//! Asks for a least ratio of memory overhead to heap, for the overhead that Spark will really use: an amount where one is given, else
//! the factor that applies, rounded down to whole MiB, and never less than Spark's minimum. A ratio missed only by that rounding is met.
//! It decides about applications; a pod does not tell how its memory divides.
//!
//! ## Why
//! All that is not heap lives in the overhead: thread stacks, direct buffers, the Python workers. When it runs out, the kernel kills the
//! container (`OOMKilled`, exit code 137), and what Spark logs of it names no cause.
//!
//! ## Policy
//! ```yaml
//! - name: enough-overhead
//!   memoryOverhead:
//!     # overhead / heap
//!     minRatio: 0.1
//!     # where a language needs another: Java, Scala, Python, R
//!     languages: {Python: 0.25, R: 0.25}
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Python
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.py
//!   driver: {}
//!   executor: {memory: 8g, memoryOverhead: 800m}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Python
//!   sparkVersion: 3.5.1
//!   image: spark:3.5.1
//!   mainApplicationFile: local:///etl.py
//!   driver: {}
//!   executor: {memory: 8g, memoryOverhead: 2g}
//! ```

use std::collections::BTreeMap;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use super::{Case, Rule, Violation};
use crate::engine::policy::document::Problem;
use crate::engine::quantity::JvmMemory;
use crate::engine::subject::Subject;
use crate::engine::workload::memory::{MemoryProperties, OverheadSource, RoleMemory, share};
use crate::engine::workload::{Language, Origin, RoleName, Workload};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "memoryOverhead";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MemoryOverhead {
    /// The least ratio of overhead to heap.
    min_ratio: f64,
    /// The least ratio for jobs written in a language, instead of `minRatio`.
    #[serde(default)]
    languages: BTreeMap<Language, f64>,
}

impl Rule for MemoryOverhead {
    fn problems(&self) -> Vec<Problem> {
        let by_language = self.languages.iter().map(|(language, ratio)| {
            let place = PointerBuf::from_tokens(["languages", language.as_str()]);
            (place, *ratio)
        });
        [(PointerBuf::from_tokens(["minRatio"]), self.min_ratio)]
            .into_iter()
            .chain(by_language)
            .filter(|(_, ratio)| !(0.0..=10.0).contains(ratio))
            .map(|(place, ratio)| {
                Problem::at(place, format!("{ratio} is no ratio of overhead to heap"))
                    .with_help("write a fraction, such as 0.25 for a quarter of the heap")
            })
            .collect()
    }

    fn judges_pods(&self) -> bool {
        false
    }

    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        let (Some(workload), Subject::Application(kind)) = (case.workload, case.subject) else {
            return Vec::new();
        };
        let spec = kind.spec(case.object).pointer;
        roles
            .iter()
            .filter_map(|role| self.judge_role(workload, *role, &spec))
            .collect()
    }
}

impl MemoryOverhead {
    fn judge_role(&self, workload: &Workload<'_>, role: RoleName, spec: &PointerBuf) -> Option<Violation> {
        // Memory or a language that cannot be read is for `wellFormed` to say.
        let language = workload.language?;
        let memory = RoleMemory::of(role, &workload.properties, language, workload.spark_version).ok()?;
        let ratio = self.languages.get(&language).copied().unwrap_or(self.min_ratio);
        if memory.overhead >= share(memory.heap, ratio) {
            return None;
        }
        let section = spec.with_trailing_token(role.as_str());
        let place = [memory.overhead_source.origin(), &memory.heap_origin]
            .into_iter()
            .find_map(Origin::pointer)
            .map_or(section, json_patch::jsonptr::Pointer::to_buf);
        let message = format!(
            "the {role} has {overhead} MiB of memory overhead for {heap} MiB of heap, a ratio of {actual}{how}; the {role} of {article} {language} job needs {ratio}",
            overhead = memory.overhead.mebibytes(),
            heap = memory.heap.mebibytes(),
            actual = ratio_of(memory.overhead, memory.heap),
            how = how(&memory.overhead_source),
            article = if language == Language::R { "an" } else { "a" },
        );
        let amount = JvmMemory::from_mebibytes(least_overhead(memory.heap, ratio));
        let help = match memory.overhead_source {
            OverheadSource::Amount(_) => format!("write `memoryOverhead: {amount}` or more for the {role}"),
            OverheadSource::Factor { .. } | OverheadSource::Minimum(_) => format!(
                "write `memoryOverhead: {amount}` for the {role}, or {}",
                factor_to_write(workload, role, ratio)
            ),
        };
        Some(Violation::at(place, message).with_help(help))
    }
}

/// The factor that would do, written where it counts: a role's factor and `sparkConf` win over the application's field.
fn factor_to_write(workload: &Workload<'_>, role: RoleName, ratio: f64) -> String {
    let names = MemoryProperties::of(role, workload.spark_version);
    let written_property = names
        .deciding_factor(&workload.properties)
        .and_then(|(name, property)| {
            property
                .origin
                .pointer()?
                .back()
                .filter(|token| token.encoded() == name)
                .map(|_| name)
        });
    match written_property {
        Some(name) => format!("`{name}: \"{ratio}\"` in `sparkConf`"),
        None => format!("`memoryOverheadFactor: \"{ratio}\"` for the application"),
    }
}

fn how(source: &OverheadSource) -> String {
    let whose = |origin: &Origin| match origin {
        Origin::Default(whose) => format!(", {whose}"),
        Origin::Written(..) | Origin::Policy(_) => String::new(),
    };
    match source {
        OverheadSource::Amount(_) => String::new(),
        OverheadSource::Factor { factor, origin } => format!(" (a factor of {factor}{})", whose(origin)),
        OverheadSource::Minimum(origin) => format!(" (the minimum{})", whose(origin)),
    }
}

/// The ratio, cut off after three places so that it never shows as the ratio that it misses.
#[expect(clippy::cast_precision_loss, reason = "amounts of memory in MiB are far below 2^52")]
fn ratio_of(overhead: JvmMemory, heap: JvmMemory) -> f64 {
    (overhead.mebibytes() as f64 / heap.mebibytes() as f64 * 1000.0).floor() / 1000.0
}

/// The least whole number of MiB that is the ratio or more; what binary fractions add to it (100 × 0.07 = 7.000000000000001) is dropped.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "amounts of memory in MiB are far below 2^52, and neither they nor ratios are negative"
)]
fn least_overhead(heap: JvmMemory, ratio: f64) -> u64 {
    let amount = heap.mebibytes() as f64 * ratio;
    let nearest = amount.round();
    let is_whole = (amount - nearest).abs() <= amount * f64::EPSILON;
    (if is_whole { nearest } else { amount.ceil() }) as u64
}
