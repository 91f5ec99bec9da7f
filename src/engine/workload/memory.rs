//! How much memory Spark asks for, as Spark counts it.
//!
//! `BasicDriverFeatureStep`, `BasicExecutorFeatureStep`, `ResourceProfile.getResourcesForClusterManager` and
//! `Utils.executorOffHeapMemorySizeAsMb` of Spark 3.2 to 4.3; checked against what these made of the properties of every case in
//! `fixtures/spark-pods`. One difference is on purpose: Spark takes a negative amount for the overhead of a driver off its heap, and
//! here it is refused, as that of an executor is.

#[cfg(test)]
mod tests;

use std::fmt;

use super::{Language, Origin, Properties, Property, RoleName};
use crate::engine::quantity::{JvmMemory, JvmMemoryError, Units};
use crate::engine::spark_version::SparkVersion;

/// Spark's default for the heap of both roles.
const DEFAULT_HEAP: JvmMemory = JvmMemory::from_mebibytes(1024);
/// Spark's least overhead, unless it is given as an amount.
const DEFAULT_MINIMUM_OVERHEAD: JvmMemory = JvmMemory::from_mebibytes(384);
const JVM_FACTOR: f64 = 0.1;
const NON_JVM_FACTOR: f64 = 0.4;

/// What Python workers may take of an executor.
pub(crate) const PYSPARK: &str = "spark.executor.pyspark.memory";
/// Whether executors get memory that the garbage collector does not know.
const OFF_HEAP_ENABLED: &str = "spark.memory.offHeap.enabled";
/// How much of it; bare numbers are bytes.
pub(crate) const OFF_HEAP_SIZE: &str = "spark.memory.offHeap.size";

/// The properties that say how much memory a role gets, each with its name in Spark.
pub(crate) struct MemoryProperties {
    /// The heap.
    pub(crate) heap: &'static str,
    /// The overhead as an amount.
    pub(crate) overhead: &'static str,
    /// The older name of the same, which Spark still reads where the newer is not set.
    pub(crate) older_overhead: &'static str,
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
        let (heap, overhead, older_overhead, factor, minimum_overhead) = match role {
            RoleName::Driver => (
                "spark.driver.memory",
                "spark.driver.memoryOverhead",
                "spark.yarn.driver.memoryOverhead",
                "spark.driver.memoryOverheadFactor",
                "spark.driver.minMemoryOverhead",
            ),
            RoleName::Executor => (
                "spark.executor.memory",
                "spark.executor.memoryOverhead",
                "spark.yarn.executor.memoryOverhead",
                "spark.executor.memoryOverheadFactor",
                "spark.executor.minMemoryOverhead",
            ),
        };
        let from = |first: SparkVersion| version.is_none_or(|version| version >= first);
        Self {
            heap,
            overhead,
            older_overhead,
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

/// The memory that Spark asks for in one role's pods: requested, and the limit too.
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
    /// What Python workers may take: of executors of a Python job, where it is given.
    pub pyspark: Option<Extra>,
    /// Off-heap memory: of executors, where it is switched on. Spark never counts a driver's.
    pub off_heap: Option<Extra>,
}

/// Memory that Spark adds to heap and overhead.
#[derive(Clone, Debug, PartialEq)]
pub struct Extra {
    /// How much.
    pub amount: JvmMemory,
    /// Who said so.
    pub origin: Origin,
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

/// A property for which Spark does not come to asking for memory.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadableMemory<'a> {
    /// Its name in Spark.
    pub name: &'static str,
    /// As it was written.
    pub property: Property<'a>,
    /// Why.
    pub error: MemoryError,
}

/// Why Spark does not come to asking for memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryError {
    /// An amount that Spark cannot read.
    Amount(JvmMemoryError),
    /// A share of the heap that Spark cannot read, or that is below zero.
    Factor,
    /// Off-heap memory is switched on, and there is less than a MiB of it.
    NoOffHeap,
}

impl fmt::Display for UnreadableMemory<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, property, error } = self;
        let value = property.value;
        match error {
            MemoryError::Amount(error) => write!(formatter, "Spark cannot read `{value}` as {name}: {error}"),
            MemoryError::Factor => write!(formatter, "Spark cannot read `{value}` as a memory overhead factor"),
            MemoryError::NoOffHeap => write!(
                formatter,
                "Spark does not start with `{OFF_HEAP_ENABLED}` and less than 1 MiB as {OFF_HEAP_SIZE}"
            ),
        }
    }
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
    /// A property that Spark cannot read, whether or not the answer hangs on it: it will not come to asking.
    pub fn of<'a>(
        role: RoleName,
        properties: &Properties<'a>,
        language: Language,
        version: Option<SparkVersion>,
    ) -> Result<Self, UnreadableMemory<'a>> {
        let names = MemoryProperties::of(role, version);
        let units = units_of(version);
        let amount = |name| read(properties, name, |text| JvmMemory::parse(text, units));
        let given = amount(names.overhead)?.map_or_else(|| amount(names.older_overhead), |given| Ok(Some(given)))?;
        let minimum = names.minimum_overhead.map(amount).transpose()?.flatten();
        let factor = overhead_factor(&names, properties, language, version)?;
        let Extra {
            amount: heap,
            origin: heap_origin,
        } = amount(names.heap)?.unwrap_or(Extra {
            amount: DEFAULT_HEAP,
            origin: Origin::Default("Spark's default"),
        });
        let (overhead, overhead_source) = match given {
            Some(Extra { amount, origin }) => (amount, OverheadSource::Amount(origin)),
            None => factor.or_at_least(heap, minimum),
        };
        let (pyspark, off_heap) = match role {
            RoleName::Driver => (None, None),
            RoleName::Executor => (amount(PYSPARK)?, off_heap(properties, units)?),
        };
        Ok(Self {
            heap,
            heap_origin,
            overhead,
            overhead_source,
            pyspark: pyspark.filter(|_| language == Language::Python),
            off_heap,
        })
    }

    /// All of it: what Spark requests for its container.
    #[must_use]
    pub fn total(&self) -> JvmMemory {
        let extras = [&self.pyspark, &self.off_heap].into_iter().flatten();
        let extras: u64 = extras.map(|extra| extra.amount.mebibytes()).sum();
        JvmMemory::from_mebibytes(self.heap.mebibytes() + self.overhead.mebibytes() + extras)
    }
}

/// The share of the heap that the overhead is.
struct Factor {
    factor: f64,
    origin: Origin,
}

impl Factor {
    fn or_at_least(self, heap: JvmMemory, minimum: Option<Extra>) -> (JvmMemory, OverheadSource) {
        let Self { factor, origin } = self;
        let by_factor = share(heap, factor);
        let minimum = minimum.unwrap_or(Extra {
            amount: DEFAULT_MINIMUM_OVERHEAD,
            origin: Origin::Default("Spark's minimum"),
        });
        if by_factor >= minimum.amount {
            (by_factor, OverheadSource::Factor { factor, origin })
        } else {
            (minimum.amount, OverheadSource::Minimum(minimum.origin))
        }
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
    version: Option<SparkVersion>,
) -> Result<Factor, UnreadableMemory<'a>> {
    // The submission reads the factor of both roles even where the role has one of its own.
    for name in names.factor.into_iter().chain([MemoryProperties::FACTOR_OF_BOTH]) {
        if let Some(property) = properties.get(name)
            && factor_of(name, property, version).is_none()
        {
            return Err(unreadable(name, property, MemoryError::Factor));
        }
    }
    let deciding = names.deciding_factor(properties);
    let deciding = deciding.and_then(|(name, property)| {
        Some(Factor {
            factor: factor_of(name, property, version)?,
            origin: property.origin.clone(),
        })
    });
    Ok(deciding.unwrap_or(if language.runs_in_the_jvm() {
        Factor {
            factor: JVM_FACTOR,
            origin: Origin::Default("Spark's default"),
        }
    } else {
        Factor {
            factor: NON_JVM_FACTOR,
            origin: Origin::Default("Spark's default for Python and R"),
        }
    }))
}

/// Reads the property `name` as an overhead factor. Spark refuses factors below zero, and of one role's factors zero too; Spark 3.2 refuses
/// one and more.
pub(crate) fn factor_of(name: &str, property: &Property<'_>, version: Option<SparkVersion>) -> Option<f64> {
    let factor = property.as_f64()?;
    let is_allowed = factor > 0.0 || (factor == 0.0 && name == MemoryProperties::FACTOR_OF_BOTH);
    let is_too_large = factor >= 1.0 && version.is_some_and(|version| version < SparkVersion::new(3, 3));
    (is_allowed && !is_too_large).then_some(factor)
}

/// The off-heap memory that is counted.
///
/// # Errors
/// A size that Spark cannot read, even where it is switched off; less than a MiB where it is on.
pub(crate) fn off_heap<'a>(properties: &Properties<'a>, units: Units) -> Result<Option<Extra>, UnreadableMemory<'a>> {
    let size = read(properties, OFF_HEAP_SIZE, |text| JvmMemory::parse_bytes(text, units))?;
    let enabled = properties.get(OFF_HEAP_ENABLED);
    let Some(enabled) = enabled.filter(|enabled| enabled.as_bool() == Some(true)) else {
        return Ok(None);
    };
    size.and_then(|size| {
        Some(Extra {
            amount: in_32_bits(size.amount)?,
            origin: size.origin,
        })
    })
    .map(Some)
    .ok_or_else(|| {
        let property = properties.get(OFF_HEAP_SIZE).unwrap_or(enabled);
        unreadable(OFF_HEAP_SIZE, property, MemoryError::NoOffHeap)
    })
}

/// Spark keeps the number of MiB in a Scala `Int`, and refuses what is not above zero there.
fn in_32_bits(memory: JvmMemory) -> Option<JvmMemory> {
    let wrapped = memory.mebibytes() & u64::from(u32::MAX);
    (1..=u64::from(i32::MAX.unsigned_abs()))
        .contains(&wrapped)
        .then(|| JvmMemory::from_mebibytes(wrapped))
}

fn read<'a>(
    properties: &Properties<'a>,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<JvmMemory, JvmMemoryError>,
) -> Result<Option<Extra>, UnreadableMemory<'a>> {
    let Some(property) = properties.get(name) else {
        return Ok(None);
    };
    match parse(property.value) {
        Ok(amount) => Ok(Some(Extra {
            amount,
            origin: property.origin.clone(),
        })),
        Err(error) => Err(unreadable(name, property, MemoryError::Amount(error))),
    }
}

fn unreadable<'a>(name: &'static str, property: &Property<'a>, error: MemoryError) -> UnreadableMemory<'a> {
    UnreadableMemory {
        name,
        property: property.clone(),
        error,
    }
}
