//! What every step of the building reads.

use super::Draft;
use crate::engine::json::{Arena, Json, Number};
use crate::engine::spark_version::SparkVersion;
use crate::engine::workload::origin::Origin;
use crate::engine::workload::refusal::Refusal;
use crate::engine::workload::spark_conf::iteration_order::{self, Scala};
use crate::engine::workload::submission::Submission;
use crate::engine::workload::{Property, RoleName};

/// How many properties Spark has besides those that are known here: `spark-submit` adds the master, the deploy mode, the time, the jars and the
/// Python files, and whoever runs it a few more. Only the size of a hash table follows from it, and from that an order.
const OF_SPARK_SUBMIT: usize = 9;
/// And how many more the driver has: those that the steps of its pod add, and those of its `SparkContext`.
const OF_THE_DRIVER: usize = 16;

/// The building of one pod, as its steps see it.
pub(super) struct Step<'s, 'a> {
    pub(super) arena: &'a Arena,
    pub(super) submission: &'s Submission<'a>,
    pub(super) role: RoleName,
    /// Where the driver's volumes are mounted that it writes to: found as its pod is built, and read by its executors.
    pub(super) directories_of_the_driver: Option<&'a str>,
    /// The properties, in the order in which Spark goes through them.
    in_order: Vec<(&'a str, &'s Property<'a>)>,
    refusals: &'s mut Vec<Refusal>,
}

impl<'s, 'a> Step<'s, 'a> {
    pub(super) fn new(
        arena: &'a Arena,
        submission: &'s Submission<'a>,
        role: RoleName,
        refusals: &'s mut Vec<Refusal>,
    ) -> Self {
        let version = submission.maker_of(role);
        let others = match role {
            RoleName::Driver => OF_SPARK_SUBMIT,
            RoleName::Executor => OF_SPARK_SUBMIT + OF_THE_DRIVER,
        };
        Self {
            arena,
            submission,
            role,
            directories_of_the_driver: None,
            in_order: submission.properties.in_spark_order(Scala::of(version), others),
            refusals,
        }
    }

    /// The version of the Spark that makes the pod.
    pub(super) fn version(&self) -> Option<SparkVersion> {
        self.submission.maker_of(self.role)
    }

    /// Whether Spark is of the line `major.minor`, or later. A version that nobody knows is taken for the newest.
    pub(super) fn since(&self, major: u32, minor: u32) -> bool {
        self.version()
            .is_none_or(|version| version >= SparkVersion::new(major, minor))
    }

    /// Of two names, the role's.
    pub(super) fn of_role(&self, driver: &'static str, executor: &'static str) -> &'static str {
        match self.role {
            RoleName::Driver => driver,
            RoleName::Executor => executor,
        }
    }

    pub(super) fn property(&self, name: &str) -> Option<&'s Property<'a>> {
        self.submission.properties.get(name)
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a str> {
        self.property(name).map(|property| property.value)
    }

    /// The first of these properties that is set: Spark lets the role's own fall back on that of both.
    pub(super) fn first_of<const N: usize>(&self, names: [&str; N]) -> Option<&'s Property<'a>> {
        names.into_iter().find_map(|name| self.property(name))
    }

    /// The properties whose names begin with `prefix`, with what follows it, in the order in which Spark goes through them.
    pub(super) fn with_prefix(&self, prefix: &str) -> Vec<(&'a str, &'s Property<'a>)> {
        let all = self.in_order.iter();
        let found: Vec<(&str, &Property<'_>)> = all
            .filter_map(|(name, property)| Some((name.strip_prefix(prefix)?, *property)))
            .filter(|(rest, _)| !rest.is_empty())
            .collect();
        let scala = Scala::of(self.version());
        iteration_order::of_immutable(scala, &found, |(rest, _)| iteration_order::hash_of_text(rest))
    }

    /// A list in a property: separated by commas, without what is empty.
    pub(super) fn list(&self, name: &str) -> Vec<Draft<'a>> {
        let items = self.property(name).into_iter().flat_map(|property| {
            let items = property.value.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(|item| Draft::text(item, property.origin.clone()))
        });
        items.collect()
    }

    /// Whether a property is `true`, and `default` where it is not set.
    pub(super) fn is_true(&mut self, name: &str, default: bool) -> bool {
        let Some(property) = self.property(name) else {
            return default;
        };
        property.as_bool().unwrap_or_else(|| {
            let message = format!("{name} is `{}`, and Spark reads only true and false", property.value);
            self.refuse(&property.origin, message, None);
            default
        })
    }

    /// A whole number in a property, and `default` where it is not set.
    pub(super) fn number(&mut self, name: &str, default: i32) -> Draft<'a> {
        let Some(property) = self.property(name) else {
            return Draft::new(number(default), super::spark_pod::SPARK_DEFAULT);
        };
        if let Some(value) = property.as_i32() {
            return Draft::new(number(value), property.origin.clone());
        }
        let message = format!("{name} is `{}`, and Spark reads a whole number", property.value);
        self.refuse(&property.origin, message, None);
        Draft::new(number(default), super::spark_pod::SPARK_DEFAULT)
    }

    /// Notes that Spark makes no pod, and why.
    pub(super) fn refuse(&mut self, origin: &Origin, message: impl Into<String>, help: Option<String>) {
        let refusal = Refusal {
            origin: origin.clone(),
            message: message.into(),
            help,
        };
        // What both roles read is refused once.
        if !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }
}

/// A number of a pod.
pub(super) fn number<'a>(number: i32) -> Json<'a> {
    Json::Number(match u64::try_from(number) {
        Ok(number) => Number::Unsigned(number),
        Err(_) => Number::Signed(number.into()),
    })
}
