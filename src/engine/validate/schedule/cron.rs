//! Schedules as kubeflow's operator reads them: `ParseStandard` of `github.com/robfig/cron` v3.0.1, to which the operator gives the time zone as a
//! prefix, and `time.ParseDuration` of Go.

mod duration;
mod field;
#[cfg(test)]
mod tests;

use self::field::{DAYS, Field, HOURS, MINUTES, MONTHS, WEEKDAYS};
use crate::engine::suggest::did_you_mean;

const DESCRIPTORS: [&str; 7] = [
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
];
/// Less is a second too.
const SHORTEST_PAUSE: i64 = 1_000_000_000;
/// February has 29 in a leap year, of which there is one in every five years that are searched.
const DAYS_OF_MONTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A schedule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cron<'t> {
    /// The time zone that it begins with; it counts in place of any other.
    pub(super) zone: Option<&'t str>,
    times: Times,
}

#[derive(Clone, Copy, Debug)]
enum Times {
    /// One of [`DESCRIPTORS`].
    Named,
    /// With so many nanoseconds between.
    Every(i64),
    Fields {
        minutes: Field,
        hours: Field,
        days: Field,
        months: Field,
        weekdays: Field,
    },
}

/// Why the operator cannot read a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CronError {
    #[error("nothing follows the time zone")]
    OnlyZone,
    #[error(
        "five fields are expected, for minute, hour, day of the month, month and day of the week, and there are {0}"
    )]
    Fields(usize),
    #[error("there is no `{0}`")]
    Descriptor(String),
    #[error("`{0}` is no time")]
    Duration(String),
    #[error("`{text}` is no {unit}, which is a number from {min} to {max}")]
    Value {
        text: String,
        unit: &'static str,
        min: u32,
        max: u32,
    },
    #[error("`{0}` ends before it begins")]
    Backwards(String),
    #[error("`{0}` is no range")]
    Range(String),
    #[error("`{0}` is no step, which is a number above 0")]
    Step(String),
}

impl CronError {
    /// What to write instead.
    pub(super) fn help(&self) -> String {
        match self {
            Self::OnlyZone => "write the schedule after it: `CRON_TZ=UTC 0 2 * * *`".to_owned(),
            Self::Fields(6) => "leave out the seconds: `0 2 * * *` is every day at two".to_owned(),
            Self::Fields(_) => "write, for every day at two, `0 2 * * *`".to_owned(),
            Self::Descriptor(text) => match did_you_mean(text, DESCRIPTORS) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("write one of `{}`, or `@every 2h`", DESCRIPTORS.join("`, `")),
            },
            Self::Duration(_) => "write hours, minutes and seconds without blanks, such as `@every 1h30m`".to_owned(),
            Self::Value { text, unit, .. } if *unit == WEEKDAYS.name && text == "7" => {
                "write `0` or `sun` for Sunday".to_owned()
            }
            Self::Value { unit, .. } if *unit == WEEKDAYS.name => {
                "write `0` for Sunday, or three letters: `sun`".to_owned()
            }
            Self::Value { unit, .. } if *unit == MONTHS.name => {
                "write `1` for January, or three letters: `jan`".to_owned()
            }
            Self::Value { min, max, .. } => format!("write a number from {min} to {max}, or `*` for all"),
            Self::Backwards(_) => "write the two parts as ranges of their own, with a comma between".to_owned(),
            Self::Range(_) | Self::Step(_) => "write a range as `1-5`, and every second of it as `1-5/2`".to_owned(),
        }
    }
}

impl<'t> Cron<'t> {
    /// Reads what an application's `schedule` says.
    pub(super) fn parse(text: &'t str) -> Result<Self, CronError> {
        let prefixed = ["CRON_TZ=", "TZ="]
            .into_iter()
            .find_map(|prefix| text.strip_prefix(prefix));
        let (zone, times) = match prefixed {
            Some(rest) => {
                let (zone, times) = rest.split_once(' ').ok_or(CronError::OnlyZone)?;
                (Some(zone), times)
            }
            None => (None, text),
        };
        Ok(Self {
            zone,
            times: Times::parse(times.trim())?,
        })
    }

    /// Whether there is no day on which it runs: the thirtieth of February.
    pub(super) fn never_runs(&self) -> bool {
        let Times::Fields {
            minutes,
            hours,
            days,
            months,
            weekdays,
        } = &self.times
        else {
            return false;
        };
        if [minutes, hours, days, months, weekdays]
            .into_iter()
            .any(Field::is_empty)
        {
            return true;
        }
        // Where both are restricted, a day of either kind will do.
        let is_by_weekday = !weekdays.is_any && !days.is_any;
        let has_a_day = (1_u32..)
            .zip(DAYS_OF_MONTHS)
            .any(|(month, length)| months.contains(month) && (1..=length).any(|day| days.contains(day)));
        !is_by_weekday && !has_a_day
    }

    /// Whether it asks for less than a second between runs, which comes to a second.
    pub(super) fn runs_each_second(&self) -> bool {
        matches!(self.times, Times::Every(nanoseconds) if nanoseconds < SHORTEST_PAUSE)
    }
}

impl Times {
    fn parse(text: &str) -> Result<Self, CronError> {
        if let Some(pause) = text.strip_prefix("@every ") {
            return duration::parse(pause)
                .map(Self::Every)
                .ok_or_else(|| CronError::Duration(pause.to_owned()));
        }
        if text.starts_with('@') {
            return if DESCRIPTORS.contains(&text) {
                Ok(Self::Named)
            } else {
                Err(CronError::Descriptor(text.to_owned()))
            };
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            return Err(CronError::Fields(fields.len()));
        };
        Ok(Self::Fields {
            minutes: MINUTES.parse(minutes)?,
            hours: HOURS.parse(hours)?,
            days: DAYS.parse(days)?,
            months: MONTHS.parse(months)?,
            weekdays: WEEKDAYS.parse(weekdays)?,
        })
    }
}
