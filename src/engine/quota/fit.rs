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
    /// Of which resources there is too little, if the job has so many executors.
    ///
    /// # Errors
    /// What is not known, where the answer depends on it.
    pub fn shortfalls(&self, executors: u32) -> Result<Vec<Shortfall>, NotAdmitted> {
        let total = self.demand.with_executors(executors);
        let mut still_to_come = total.clone();
        if let Some(own) = self.own() {
            still_to_come.take_off(&own.used);
        }
        let mut shortfalls = Vec::new();
        for quota in self.quotas {
            for (resource, hard) in &quota.hard {
                let wanted = counted(&still_to_come, quota, resource)?;
                if wanted.is_zero() || !self.grows(&total, quota, resource)? {
                    continue;
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
                if needed > *hard || needed.is_capped() {
                    shortfalls.push(Shortfall {
                        quota: quota.name.clone(),
                        resource: resource.clone(),
                        wanted,
                        used,
                        reserved,
                        hard: *hard,
                        short_by: needed - *hard,
                    });
                }
            }
        }
        Ok(shortfalls)
    }

    /// With how many executors, of those that count, the job would fit; `None` where not even its driver does.
    ///
    /// # Errors
    /// As those of [`Self::shortfalls`].
    pub fn most_executors(&self) -> Result<Option<u32>, NotAdmitted> {
        let fits = |executors| Ok(self.shortfalls(executors)?.is_empty());
        if !fits(0)? {
            return Ok(None);
        }
        // More executors are never charged less. `fit` do fit, and `too_many` do not.
        let (mut fit, mut too_many) = (0, self.demand.executors.saturating_add(1));
        while too_many - fit > 1 {
            let middle = fit + (too_many - fit) / 2;
            if fits(middle)? {
                fit = middle;
            } else {
                too_many = middle;
            }
        }
        Ok(Some(fit))
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
