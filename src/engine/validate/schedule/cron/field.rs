//! One field of a schedule: `getField` and `getRange` of `parser.go`.

use super::CronError;

/// What a field counts.
pub(super) struct Unit {
    /// For messages.
    pub(super) name: &'static str,
    min: u32,
    max: u32,
    /// What the values are also called, from the least on.
    names: &'static [&'static str],
}

pub(super) const MINUTES: Unit = Unit::numbered("minute", 0, 59);
pub(super) const HOURS: Unit = Unit::numbered("hour", 0, 23);
pub(super) const DAYS: Unit = Unit::numbered("day of the month", 1, 31);
pub(super) const MONTHS: Unit = Unit {
    names: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
    ..Unit::numbered("month", 1, 12)
};
pub(super) const WEEKDAYS: Unit = Unit {
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    ..Unit::numbered("day of the week", 0, 6)
};

/// The values that a field allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    bits: u64,
    /// Whether it says `*` or `?`, in which case the other of the two fields about days decides alone.
    pub(super) is_any: bool,
}

impl Field {
    /// Whether it allows nothing, as a lone comma does.
    pub(super) fn is_empty(&self) -> bool {
        self.bits == 0
    }

    pub(super) fn contains(&self, value: u32) -> bool {
        self.bits & (1 << value) != 0
    }
}

impl Unit {
    const fn numbered(name: &'static str, min: u32, max: u32) -> Self {
        Self {
            name,
            min,
            max,
            names: &[],
        }
    }

    /// Reads a list of ranges. Nothing between two commas counts as nothing.
    pub(super) fn parse(&self, text: &str) -> Result<Field, CronError> {
        let mut field = Field { bits: 0, is_any: false };
        for range in text.split(',').filter(|range| !range.is_empty()) {
            let Field { bits, is_any } = self.parse_range(range)?;
            field.bits |= bits;
            field.is_any |= is_any;
        }
        Ok(field)
    }

    /// Reads `*`, `5`, `1-5`, each with an optional `/2`. `5/2` goes to the end, and what follows `*-` is not read.
    fn parse_range(&self, text: &str) -> Result<Field, CronError> {
        let no_range = || CronError::Range(text.to_owned());
        let (range, step) = match text.split_once('/') {
            Some((_, step)) if step.contains('/') => return Err(no_range()),
            Some((range, step)) => (range, Some(step)),
            None => (text, None),
        };
        let (low, high) = match range.split_once('-') {
            Some((low, high)) => (low, Some(high)),
            None => (range, None),
        };
        let is_any = matches!(low, "*" | "?");
        let (start, end) = match (low, high) {
            _ if is_any => (self.min, self.max),
            (_, Some(high)) if high.contains('-') => return Err(no_range()),
            (low, Some(high)) => (self.value(low)?, self.value(high)?),
            (low, None) => {
                let start = self.value(low)?;
                (start, if step.is_some() { self.max } else { start })
            }
        };
        if start > end {
            return Err(CronError::Backwards(text.to_owned()));
        }
        let step = match step {
            Some(step) => step
                .parse::<u32>()
                .ok()
                .filter(|step| *step > 0)
                .ok_or_else(|| CronError::Step(step.to_owned()))?,
            None => 1,
        };
        let values = (start..=end).step_by(usize::try_from(step).unwrap_or(usize::MAX));
        Ok(Field {
            bits: values.fold(0, |bits, value| bits | (1 << value)),
            is_any: is_any && step == 1,
        })
    }

    fn value(&self, text: &str) -> Result<u32, CronError> {
        let named = (self.min..)
            .zip(self.names)
            .find(|(_, name)| text.eq_ignore_ascii_case(name));
        named
            .map(|(value, _)| value)
            .or_else(|| text.parse().ok())
            .filter(|value| (self.min..=self.max).contains(value))
            .ok_or_else(|| CronError::Value {
                text: text.to_owned(),
                unit: self.name,
                min: self.min,
                max: self.max,
            })
    }
}
