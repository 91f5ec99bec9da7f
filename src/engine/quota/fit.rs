//! Whether what a job is still to be charged fits what is left: `CheckRequest` of
//! `k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go`, for all of a job's objects at once.

use serde::Serialize;

use super::charges::Tally;
use super::job::JobDemand;
use super::ledger::Statement;
use super::pod::NotAdmitted;
use crate::engine::facts::ResourceQuota;
use crate::engine::policy::select::Holds;
use crate::engine::quantity::Quantity;

/// What a job has to fit.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'f> {
    /// The quotas of its namespace.
    pub quotas: &'f [ResourceQuota],
    /// What its namespace's ledger says; `None` for a job that starts some other day, which has all of a quota to fit.
    pub statement: Option<&'f Statement>,
    /// What it is charged.
    pub demand: &'f JobDemand,
}

/// A resource of which a quota leaves too little.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortfall {
    /// The quota.
    pub quota: String,
    /// The resource, as the quota calls it.
    pub resource: String,
    /// What the job is still to be charged.
    #[serde(serialize_with = "as_text")]
    pub wanted: Quantity,
    /// What is used already.
    #[serde(serialize_with = "as_text")]
    pub used: Quantity,
    /// What others that were let in are still to be charged.
    #[serde(serialize_with = "as_text")]
    pub reserved: Quantity,
    /// What there may be.
    #[serde(serialize_with = "as_text")]
    pub hard: Quantity,
    /// What is missing.
    #[serde(serialize_with = "as_text")]
    pub short_by: Quantity,
}

fn as_text<S: serde::Serializer>(amount: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

impl Fit<'_> {
    /// Of which resources there is too little, if the job has so many executors. Where there is too little of one, whatever is not known
    /// of another changes nothing.
    ///
    /// # Errors
    /// What is not known, where there is enough of all else.
    pub fn shortfalls(&self, executors: u32) -> Result<Vec<Shortfall>, NotAdmitted> {
        let total = self.demand.with_executors(executors);
        let mut still_to_come = total.clone();
        if let Some(own) = self.own() {
            still_to_come.take_off(&own.used);
        }
        let mut shortfalls = Vec::new();
        let mut unknown = None;
        for quota in self.quotas {
            for (resource, hard) in &quota.hard {
                match self.shortfall(&total, &still_to_come, quota, resource, *hard) {
                    Ok(short) => shortfalls.extend(short),
                    Err(reason) => unknown = Some(reason),
                }
            }
        }
        match unknown {
            Some(reason) if shortfalls.is_empty() => Err(reason),
            _ => Ok(shortfalls),
        }
    }

    fn shortfall(
        &self,
        total: &Tally,
        still_to_come: &Tally,
        quota: &ResourceQuota,
        resource: &str,
        hard: Quantity,
    ) -> Result<Option<Shortfall>, NotAdmitted> {
        let wanted = counted(still_to_come, quota, resource)?;
        if wanted.is_zero() || !self.grows(total, quota, resource)? {
            return Ok(None);
        }
        let (used, reserved) = match self.statement {
            None => Default::default(),
            Some(statement) => {
                let used = quota.used.get(resource).copied();
                let used = used.ok_or(NotAdmitted::NotKnown("how much of the quotas is used is not known"))?;
                (used, counted(&statement.reserved, quota, resource)?)
            }
        };
        let needed = used + reserved + wanted;
        let is_short = needed > hard || needed.is_capped();
        Ok(is_short.then(|| Shortfall {
            quota: quota.name.clone(),
            resource: resource.to_owned(),
            wanted,
            used,
            reserved,
            hard,
            short_by: needed - hard,
        }))
    }

    /// With how many executors, of those that count, the job would fit as far as is known; `None` where not even its driver does.
    #[must_use]
    pub fn most_executors(&self) -> Option<u32> {
        let fits = |executors| self.shortfalls(executors).map_or(true, |short| short.is_empty());
        if !fits(0) {
            return None;
        }
        // More executors are never charged less. `fit` do fit, and `too_many` do not.
        let (mut fit, mut too_many) = (0, self.demand.executors.saturating_add(1));
        while too_many - fit > 1 {
            let middle = fit + (too_many - fit) / 2;
            if fits(middle) {
                fit = middle;
            } else {
                too_many = middle;
            }
        }
        Some(fit)
    }

    /// Whether the job is charged more than it was let in with. What is not more was granted already.
    fn grows(&self, total: &Tally, quota: &ResourceQuota, resource: &str) -> Result<bool, NotAdmitted> {
        let granted = self.own().and_then(|own| own.granted.as_ref());
        match granted {
            Some(granted) => Ok(counted(total, quota, resource)? > counted(granted, quota, resource)?),
            None => Ok(true),
        }
    }

    fn own(&self) -> Option<&super::ledger::Account> {
        self.statement?.own.as_ref()
    }
}

/// The quotas that do not hold all that is used and reserved. What is not known overdraws nothing.
#[must_use]
pub fn overdrawn(quotas: &[ResourceQuota], statement: &Statement) -> Vec<String> {
    let is_overdrawn = |quota: &&ResourceQuota| {
        quota.hard.iter().any(|(resource, hard)| {
            let reserved = counted(&statement.reserved, quota, resource).unwrap_or_default();
            let used = quota.used.get(resource).copied().unwrap_or_default();
            !reserved.is_zero() && used + reserved > *hard
        })
    };
    quotas
        .iter()
        .filter(is_overdrawn)
        .map(|quota| quota.name.clone())
        .collect()
}

/// How much of a tally counts against a quota.
pub(super) fn counted(tally: &Tally, quota: &ResourceQuota, resource: &str) -> Result<Quantity, NotAdmitted> {
    let mut sum = Quantity::default();
    for (class, charges) in tally.iter() {
        let amount = charges.get(resource);
        if amount.is_zero() {
            continue;
        }
        match class.counts_against(quota) {
            Holds::Yes => sum = sum + amount,
            Holds::No => {}
            Holds::Unknown(reason) => return Err(NotAdmitted::NotKnown(reason)),
        }
    }
    Ok(sum)
}
