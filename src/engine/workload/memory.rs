//! How much memory Spark asks for, as Spark counts it.
//!
//! `BasicDriverFeatureStep`, `BasicExecutorFeatureStep` and `ResourceProfile.calculateOverHeadMemory` of Spark 3.2 to 4.3; checked against
//! what these made of the properties of every case in `fixtures/spark-pods`.

use super::{Language, Origin, Properties, Property, RoleName};
use crate::engine::quantity::{JvmMemory, JvmMemoryError, Units, parse_double};
use crate::engine::spark_version::SparkVersion;

/// Spark's default for the heap of both roles.
const DEFAULT_HEAP: JvmMemory = JvmMemory::from_mebibytes(1024);
/// Spark's least overhead, unless it is given as an amount.
const DEFAULT_MINIMUM_OVERHEAD: JvmMemory = JvmMemory::from_mebibytes(384);
const JVM_FACTOR: f64 = 0.1;
const NON_JVM_FACTOR: f64 = 0.4;

/// The properties that say how much memory a role gets, each with its name in Spark.
pub(crate) struct MemoryProperties {
    /// The heap.
    pub(crate) heap: &'static str,
    /// The overhead as an amount.
    pub(crate) overhead: &'static str,
    /// The overhead as a share of the heap, where this version of Spark reads it.
    pub(crate) factor: Option<&'static str>,
    /// The least overhead, where this version of Spark reads it.
    pub(crate) minimum_overhead: Option<&'static str>,
}

impl MemoryProperties {
    /// The share of both roles.
    pub(crate) const FACTOR_OF_BOTH: &'static str = "spark.kubernetes.memoryOverheadFactor";

    /// The properties of a role that a version of Spark reads; of a version that is not known, all.
    pub(crate) fn of(role: RoleName, version: Option<SparkVersion>) -> Self {
        let (heap, overhead, factor, minimum_overhead) = match role {
            RoleName::Driver => (
                "spark.driver.memory",
                "spark.driver.memoryOverhead",
                "spark.driver.memoryOverheadFactor",
                "spark.driver.minMemoryOverhead",
            ),
            RoleName::Executor => (
                "spark.executor.memory",
                "spark.executor.memoryOverhead",
                "spark.executor.memoryOverheadFactor",
                "spark.executor.minMemoryOverhead",
            ),
        };
        let from = |first: SparkVersion| version.is_none_or(|version| version >= first);
        Self {
            heap,
            overhead,
            factor: from(SparkVersion::new(3, 3)).then_some(factor),
            minimum_overhead: from(SparkVersion::new(4, 0)).then_some(minimum_overhead),
        }
    }

    /// The property whose factor holds for the role, with its name; `None` where Spark takes its default.
    pub(crate) fn deciding_factor<'p, 'a>(
        &self,
        properties: &'p Properties<'a>,
    ) -> Option<(&'static str, &'p Property<'a>)> {
        self.factor
            .into_iter()
            .chain([Self::FACTOR_OF_BOTH])
            .find_map(|name| Some((name, properties.get(name)?)))
    }
}

/// The memory of one role's pods that the JVM and its overhead take.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleMemory {
    /// `-Xmx`.
    pub heap: JvmMemory,
    /// Who said how large the heap is.
    pub heap_origin: Origin,
    /// What the pod gets beyond the heap, for all that is not heap.
    pub overhead: JvmMemory,
    /// How the overhead came about.
    pub overhead_source: OverheadSource,
}

/// How the overhead came about.
#[derive(Clone, Debug, PartialEq)]
pub enum OverheadSource {
    /// It was given as an amount, which holds even below the minimum.
    Amount(Origin),
    /// It is the heap times a factor, rounded down to whole MiB.
    Factor {
        /// The factor.
        factor: f64,
        /// Who said it.
        origin: Origin,
    },
    /// The factor would give less than the least that Spark asks for.
    Minimum(Origin),
}

impl OverheadSource {
    /// Who is to blame for the overhead being what it is.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        match self {
            Self::Amount(origin) | Self::Factor { origin, .. } | Self::Minimum(origin) => origin,
        }
    }
}

/// A property that Spark cannot read.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadableMemory<'a> {
    /// Its name in Spark.
    pub name: &'static str,
    /// As it was written.
    pub property: Property<'a>,
    /// Why.
    pub error: JvmMemoryError,
}

/// Which units that Spark reads. A version that is not known is given the benefit of the doubt.
#[must_use]
pub fn units_of(version: Option<SparkVersion>) -> Units {
    match version {
        Some(version) if version < SparkVersion::new(4, 2) => Units::Jvm,
        _ => Units::JvmAndBinary,
    }
}

impl RoleMemory {
    /// Works out what Spark will ask for.
    ///
    /// # Errors
    /// A property that Spark cannot read: it will not come to asking.
    pub fn of<'a>(
        role: RoleName,
        properties: &Properties<'a>,
        language: Language,
        version: Option<SparkVersion>,
    ) -> Result<Self, UnreadableMemory<'a>> {
        let names = MemoryProperties::of(role, version);
        let read = |name| read(properties, name, units_of(version));
        let (heap, heap_origin) = read(names.heap)?.unwrap_or((DEFAULT_HEAP, Origin::Default("Spark's default")));
        if let Some((overhead, origin)) = read(names.overhead)? {
            return Ok(Self {
                heap,
                heap_origin,
                overhead,
                overhead_source: OverheadSource::Amount(origin),
            });
        }
        let minimum = match names.minimum_overhead {
            Some(name) => read(name)?,
            None => None,
        };
        let (minimum, minimum_origin) =
            minimum.unwrap_or((DEFAULT_MINIMUM_OVERHEAD, Origin::Default("Spark's minimum")));
        let (factor, origin) = overhead_factor(&names, properties, language)?;
        let by_factor = share(heap, factor);
        Ok(if by_factor >= minimum {
            Self {
                heap,
                heap_origin,
                overhead: by_factor,
                overhead_source: OverheadSource::Factor { factor, origin },
            }
        } else {
            Self {
                heap,
                heap_origin,
                overhead: minimum,
                overhead_source: OverheadSource::Minimum(minimum_origin),
            }
        })
    }
}

/// The share of the heap that `factor` is, in whole MiB, rounded down as Spark does.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "Scala's (factor * heap).toInt: a double, cut off and saturated; a heap in MiB is far below 2^52"
)]
pub fn share(heap: JvmMemory, factor: f64) -> JvmMemory {
    let share = (factor * heap.mebibytes() as f64) as i32;
    JvmMemory::from_mebibytes(share.max(0) as u64)
}

fn overhead_factor<'a>(
    names: &MemoryProperties,
    properties: &Properties<'a>,
    language: Language,
) -> Result<(f64, Origin), UnreadableMemory<'a>> {
    if let Some((name, property)) = names.deciding_factor(properties) {
        let factor = parse_factor(name, property.value).ok_or_else(|| UnreadableMemory {
            name,
            property: property.clone(),
            error: JvmMemoryError::NotMemory,
        })?;
        return Ok((factor, property.origin.clone()));
    }
    Ok(if language.runs_in_the_jvm() {
        (JVM_FACTOR, Origin::Default("Spark's default"))
    } else {
        (NON_JVM_FACTOR, Origin::Default("Spark's default for Python and R"))
    })
}

/// Reads the value of the property `name` as an overhead factor. Spark refuses factors below zero, and of one role's factors zero too.
#[must_use]
pub fn parse_factor(name: &str, text: &str) -> Option<f64> {
    let factor = parse_double(text)?;
    let is_allowed = factor > 0.0 || (factor == 0.0 && name == MemoryProperties::FACTOR_OF_BOTH);
    is_allowed.then_some(factor)
}

fn read<'a>(
    properties: &Properties<'a>,
    name: &'static str,
    units: Units,
) -> Result<Option<(JvmMemory, Origin)>, UnreadableMemory<'a>> {
    let Some(property) = properties.get(name) else {
        return Ok(None);
    };
    match JvmMemory::parse(property.value, units) {
        Ok(memory) => Ok(Some((memory, property.origin.clone()))),
        Err(error) => Err(UnreadableMemory {
            name,
            property: property.clone(),
            error,
        }),
    }
}
