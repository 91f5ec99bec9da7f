//! What a whole job is charged: its driver, its executors, and what is made for them.

use super::charges::{Charges, Tally};
use super::objects;
use super::pod::{AdmittedPod, NotAdmitted};
use super::scope::{Class, PodClass};
use crate::engine::facts::Facts;
use crate::engine::json::Json;
use crate::engine::subject::ApplicationKind;
use crate::engine::workload::{RoleName, Workload};

/// What a job is charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDemand {
    /// What the application itself counts as.
    pub itself: Charges,
    /// What the driver is charged.
    pub driver: PodDemand,
    /// What each executor is charged.
    pub executor: PodDemand,
    /// How many executors count.
    pub executors: u32,
}

/// What a pod is charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodDemand {
    /// What quotas' scopes tell it apart by.
    pub class: PodClass,
    /// What it is charged itself.
    pub pod: Charges,
    /// What is charged for that which is made for it.
    pub objects: Charges,
}

impl JobDemand {
    /// What an application is charged, with so many executors.
    ///
    /// # Errors
    /// Why that cannot be told of one of its pods.
    pub fn of(
        kind: ApplicationKind,
        object: Json<'_>,
        workload: &Workload<'_>,
        executors: u32,
        facts: &Facts<'_>,
    ) -> Result<Self, NotAdmitted> {
        let [driver, executor] = &workload.pods;
        let demand = |pod, objects| {
            let admitted = AdmittedPod::new(pod, facts)?;
            Ok(PodDemand {
                pod: admitted.charges(),
                class: admitted.class,
                objects,
            })
        };
        Ok(Self {
            itself: objects::of_application(kind),
            driver: demand(driver.pod, objects::of_driver(kind, object, workload))?,
            executor: demand(executor.pod, objects::of_executor(workload))?,
            executors,
        })
    }

    /// What a pod of a role is charged.
    #[must_use]
    pub fn role(&self, role: RoleName) -> &PodDemand {
        match role {
            RoleName::Driver => &self.driver,
            RoleName::Executor => &self.executor,
        }
    }

    /// The whole charge, if there are so many executors.
    #[must_use]
    pub fn with_executors(&self, executors: u32) -> Tally {
        let mut tally = Tally::default();
        tally.add_times(&Class::Object, &self.itself, 1);
        for (demand, pods) in [(&self.driver, 1), (&self.executor, executors)] {
            tally.add_times(&Class::Pod(demand.class.clone()), &demand.pod, pods);
            tally.add_times(&Class::Object, &demand.objects, pods);
        }
        tally
    }

    /// The whole charge.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.with_executors(self.executors)
    }
}
