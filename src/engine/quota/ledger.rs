//! What the jobs of a namespace that were let in are still to be charged: each one's demand less what its own pods are charged already.
//!
//! A plain index, one a namespace. Whoever watches the cluster applies and deletes what there is. An admission leaves a claim, which
//! holds until the application is seen, or lapses. All that is asked of it is kept as a sum, so a question costs the same whatever the number of
//! applications.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::charges::{Charges, Tally};
use super::job::JobDemand;
use super::scope::{Class, PodClass};
use crate::engine::quantity::Quantity;
use crate::engine::workload::RoleName;

/// For how long a claim holds that nobody confirms. A watch tells of an application within a second, if it was stored at all: another webhook, or
/// the quota itself, may have refused it after us.
pub const CLAIM_TIME: Duration = Duration::from_secs(30);

/// The jobs of a namespace, by their accounts ([`account_of`](super::account_of)).
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    jobs: HashMap<String, Job>,
    /// Whose each pod is, and what it is charged.
    pods: HashMap<String, OwnPod>,
    /// The sum of what the jobs reserve.
    reserved: Tally,
    /// Claims by the time at which they lapse. Those confirmed meanwhile are still here.
    claims: VecDeque<(Instant, String)>,
    version: u64,
}

/// What is known of a job.
#[derive(Clone, Debug, Default)]
struct Job {
    stored: Stored,
    claim: Option<(JobDemand, Instant)>,
    /// What its pods are charged, by what quotas tell apart.
    charged: Tally,
    drivers: OwnPods,
    executors: OwnPods,
    /// What it adds to what is reserved.
    reserved: Tally,
}

/// The pods of a job that are of one role.
#[derive(Clone, Debug, Default)]
struct OwnPods {
    count: u32,
    /// What they are charged in all.
    charged: Charges,
}

/// An application, as the API server has it.
#[derive(Clone, Debug, Default)]
enum Stored {
    /// There is none, as far as is known.
    #[default]
    No,
    /// It has nothing to come: it is suspended, or has finished.
    Idle,
    /// It is still to be charged this, less what its pods are charged.
    Active(Box<JobDemand>),
}

/// A pod of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPod {
    /// The account of the application that it belongs to.
    pub application: String,
    /// What it is to the job.
    pub role: RoleName,
    /// What quotas' scopes tell it apart by.
    pub class: PodClass,
    /// What it is charged.
    pub charges: Charges,
}

/// What an admission asks the ledger to keep for an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The account of the application.
    pub application: String,
    /// What it is charged.
    pub demand: JobDemand,
}

/// What a ledger tells an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// The version of the ledger. Decisions by a statement hold as long as the ledger has this version.
    pub version: u64,
    /// What all others reserve.
    pub reserved: Tally,
    /// The application's own account; `None` where the ledger knows nothing of it.
    pub own: Option<Account>,
}

/// What a ledger knows of one application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// What it was let in with; `None` where it has nothing to come.
    pub granted: Option<Tally>,
    /// What it is charged already, and so counted as used.
    pub used: Tally,
}

/// How an application came to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It was seen before.
    Known,
    /// It was claimed here.
    Claimed,
    /// Nobody claimed it here: another replica let it in, or nobody was asked.
    Unclaimed,
}

/// The ledger is not the one any more that a decision was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what others reserve of the namespace's quotas has changed meanwhile")]
pub struct Moved;

impl Ledger {
    /// What there is to tell an application.
    #[must_use]
    pub fn statement(&self, application: &str) -> Statement {
        let mut reserved = self.reserved.clone();
        let own = self.jobs.get(application).map(|job| {
            reserved.take_off(&job.reserved);
            job.account()
        });
        Statement {
            version: self.version,
            reserved,
            own,
        }
    }

    /// Notes an application as it is stored, with what it is to be charged; nothing, if it is suspended or has finished.
    pub fn apply(&mut self, application: &str, demand: Option<JobDemand>) -> Arrival {
        self.change(application, |job| {
            let is_confirmed = match (&job.stored, &job.claim, &demand) {
                (_, None, _) => false,
                (Stored::No, Some(_), _) => true,
                // What is seen may still be what was before the change that was claimed.
                (_, Some((claimed, _)), demand) => demand.as_ref() == Some(claimed),
            };
            let arrival = match (&job.stored, is_confirmed) {
                (Stored::No, false) => Arrival::Unclaimed,
                (Stored::No, true) => Arrival::Claimed,
                _ => Arrival::Known,
            };
            if is_confirmed {
                job.claim = None;
            }
            job.stored = demand.map_or(Stored::Idle, |demand| Stored::Active(Box::new(demand)));
            arrival
        })
    }

    /// Notes that an application is gone. Another one of that name may have been claimed since.
    pub fn delete(&mut self, application: &str) {
        self.change(application, |job| job.stored = Stored::No);
    }

    /// Notes all applications that there are, as [`Self::apply`] does each. Claims stay.
    pub fn list(&mut self, applications: BTreeMap<String, Option<JobDemand>>) {
        let is_gone =
            |(name, job): &(&String, &Job)| !matches!(job.stored, Stored::No) && !applications.contains_key(*name);
        let gone: Vec<String> = self.jobs.iter().filter(is_gone).map(|(name, _)| name.clone()).collect();
        for application in gone {
            self.delete(&application);
        }
        for (application, demand) in applications {
            self.apply(&application, demand);
        }
    }

    /// Notes all pods that there are.
    pub fn list_pods(&mut self, pods: BTreeMap<String, OwnPod>) {
        let gone: Vec<String> = self
            .pods
            .keys()
            .filter(|name| !pods.contains_key(*name))
            .cloned()
            .collect();
        for name in gone {
            self.delete_pod(&name);
        }
        for (name, pod) in pods {
            self.apply_pod(&name, pod);
        }
    }

    /// Notes a pod as it is stored.
    pub fn apply_pod(&mut self, name: &str, pod: OwnPod) {
        if self.pods.get(name) == Some(&pod) {
            return;
        }
        self.delete_pod(name);
        self.change(&pod.application, |job| job.add(&pod));
        self.pods.insert(name.to_owned(), pod);
    }

    /// Notes that a pod is gone.
    pub fn delete_pod(&mut self, name: &str) {
        if let Some(pod) = self.pods.remove(name) {
            self.change(&pod.application, |job| job.take_off(&pod));
        }
    }

    /// Keeps what an application is to be charged, if nothing has happened since the version that this was decided by.
    ///
    /// # Errors
    /// Something has.
    pub fn claim(&mut self, claim: Claim, version: u64, now: Instant) -> Result<(), Moved> {
        if version != self.version {
            return Err(Moved);
        }
        let lapses = now + CLAIM_TIME;
        let Claim { application, demand } = claim;
        self.change(&application, |job| job.claim = Some((demand, lapses)));
        self.claims.push_back((lapses, application));
        Ok(())
    }

    /// Drops the claims that nobody confirmed in time.
    pub fn lapse(&mut self, now: Instant) {
        while self.claims.front().is_some_and(|(lapses, _)| *lapses <= now)
            && let Some((lapses, application)) = self.claims.pop_front()
        {
            let is_held = |job: &Job| job.claim.as_ref().is_some_and(|(_, time)| *time == lapses);
            if self.jobs.get(&application).is_some_and(is_held) {
                self.change(&application, |job| job.claim = None);
            }
        }
    }

    /// Changes a job, and the sums with it.
    fn change<T>(&mut self, application: &str, change: impl FnOnce(&mut Job) -> T) -> T {
        let mut job = self.jobs.remove(application).unwrap_or_default();
        let before = (job.account(), std::mem::take(&mut job.reserved));
        let changed = change(&mut job);
        job.reserved = job.still_to_come();
        if before != (job.account(), job.reserved.clone()) {
            self.version += 1;
        }
        self.reserved.take_off(&before.1);
        self.reserved.add(&job.reserved);
        if !job.is_forgotten() {
            self.jobs.insert(application.to_owned(), job);
        }
        changed
    }
}

impl OwnPod {
    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        tally.add_times(&Class::Pod(self.class.clone()), &self.charges, 1);
        tally
    }
}

impl Job {
    fn demands(&self) -> impl Iterator<Item = &JobDemand> {
        let stored = match &self.stored {
            Stored::Active(demand) => Some(&**demand),
            Stored::No | Stored::Idle => None,
        };
        stored.into_iter().chain(self.claim.iter().map(|(demand, _)| demand))
    }

    fn account(&self) -> Account {
        let mut account = Account {
            granted: None,
            used: self.charged.clone(),
        };
        for demand in self.demands() {
            account.granted.get_or_insert_default().raise(&demand.total());
            account.used.raise(&self.used(demand));
        }
        account
    }

    fn still_to_come(&self) -> Tally {
        let mut sum = Tally::default();
        for demand in self.demands() {
            sum.raise(&self.rest_of(demand));
        }
        // Beyond that no sum of many would be exact, and nothing is left of any quota.
        sum.at_most(Quantity::LARGEST_COUNTED)
    }

    /// What is not charged yet of what a job demands. The pods of a role count for what they are charged, be they of the class that was foreseen
    /// or made into another by somebody else.
    fn rest_of(&self, demand: &JobDemand) -> Tally {
        let mut rest = Tally::default();
        rest.add_times(
            &Class::Object,
            &demand.itself,
            u32::from(matches!(self.stored, Stored::No)),
        );
        for (demand, own, pods) in [
            (&demand.driver, &self.drivers, 1),
            (&demand.executor, &self.executors, demand.executors),
        ] {
            let mut charges = Charges::default();
            charges.add_times(&demand.pod, pods);
            charges.take_off(&own.charged);
            rest.add_times(&Class::Pod(demand.class.clone()), &charges, 1);
            rest.add_times(&Class::Object, &demand.objects, pods.saturating_sub(own.count));
        }
        rest
    }

    /// What is charged already of what a job demands: its pods, and what was made for them.
    fn used(&self, demand: &JobDemand) -> Tally {
        let mut used = self.charged.clone();
        used.add_times(&Class::Object, &demand.driver.objects, self.drivers.count.min(1));
        let executors = self.executors.count.min(demand.executors);
        used.add_times(&Class::Object, &demand.executor.objects, executors);
        used
    }

    fn add(&mut self, pod: &OwnPod) {
        self.charged.add(&pod.tally());
        let own = self.of_role(pod.role);
        own.count += 1;
        own.charged.add_times(&pod.charges, 1);
    }

    fn take_off(&mut self, pod: &OwnPod) {
        self.charged.take_off(&pod.tally());
        let own = self.of_role(pod.role);
        own.count -= 1;
        own.charged.take_off(&pod.charges);
    }

    fn of_role(&mut self, role: RoleName) -> &mut OwnPods {
        match role {
            RoleName::Driver => &mut self.drivers,
            RoleName::Executor => &mut self.executors,
        }
    }

    fn is_forgotten(&self) -> bool {
        matches!(self.stored, Stored::No) && self.claim.is_none() && self.drivers.count + self.executors.count == 0
    }
}

#[cfg(test)]
mod tests;
