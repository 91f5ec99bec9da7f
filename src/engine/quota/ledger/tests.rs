use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::engine::facts::Facts;
use crate::engine::json::Arena;
use crate::engine::quota::AdmittedPod;
use crate::engine::quota::job::PodDemand;

/// What a pod of so many cores is charged; pods of another priority are of another class.
fn pod(cores: u32, priority: &str) -> (PodClass, Charges) {
    let arena = Arena::new();
    let spec = json!({
        "priorityClassName": priority,
        "containers": [{"resources": {"requests": {"cpu": cores}}}],
    });
    let pod = AdmittedPod::stored(arena.import(&json!({ "spec": spec })), &Facts::default()).unwrap();
    let charges = pod.charges();
    (pod.class, charges)
}

fn one(resource: &str) -> Charges {
    let mut charges = Charges::default();
    charges.add(resource, Quantity::from_count(1));
    charges
}

fn demand(cores: u32, executors: u32) -> JobDemand {
    let of = |cores, priority, objects| {
        let (class, pod) = pod(cores, priority);
        PodDemand { class, pod, objects }
    };
    JobDemand {
        itself: one("count/sparkapplications.sparkoperator.k8s.io"),
        driver: of(1, "high", one("configmaps")),
        executor: of(cores, "low", one("persistentvolumeclaims")),
        executors,
    }
}

fn claim(application: &str, demand: JobDemand) -> Claim {
    Claim {
        application: application.to_owned(),
        demand,
    }
}

fn own_pod(application: &str, role: RoleName, cores: u32) -> OwnPod {
    // Executors of three cores have had their priority changed by somebody else.
    let priority = match (role, cores) {
        (RoleName::Driver, _) => "high",
        (RoleName::Executor, 3) => "changed",
        (RoleName::Executor, _) => "low",
    };
    let (class, charges) = pod(cores, priority);
    OwnPod {
        application: application.to_owned(),
        role,
        class,
        charges,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is no other way to a time, and which one it is makes no difference"
)]
fn any_time() -> Instant {
    Instant::now()
}

/// What is reserved of a resource, over all classes.
fn reserved(ledger: &Ledger, resource: &str) -> String {
    let statement = ledger.statement("somebody-else");
    let amounts = statement.reserved.iter().map(|(_, charges)| charges.get(resource));
    amounts.sum::<Quantity>().to_string()
}

#[test]
fn reserves_what_the_pods_of_a_job_are_not_charged_yet() {
    let mut ledger = Ledger::default();
    assert_eq!(ledger.apply("job", Some(demand(4, 2))), Arrival::Unclaimed);
    assert_eq!(reserved(&ledger, "cpu"), "9");
    assert_eq!(reserved(&ledger, "pods"), "3");
    assert_eq!(reserved(&ledger, "configmaps"), "1");
    assert_eq!(reserved(&ledger, "persistentvolumeclaims"), "2");
    let count = "count/sparkapplications.sparkoperator.k8s.io";
    assert_eq!(reserved(&ledger, count), "0", "the application is there already");

    ledger.apply_pod("driver", own_pod("job", RoleName::Driver, 1));
    ledger.apply_pod("exec-1", own_pod("job", RoleName::Executor, 4));
    assert_eq!(reserved(&ledger, "cpu"), "4");
    assert_eq!(reserved(&ledger, "configmaps"), "0");
    assert_eq!(reserved(&ledger, "persistentvolumeclaims"), "1");

    // Applied again, it is not charged twice; changed, it is charged as it is now.
    ledger.apply_pod("exec-1", own_pod("job", RoleName::Executor, 4));
    assert_eq!(reserved(&ledger, "cpu"), "4");
    ledger.apply_pod("exec-1", own_pod("job", RoleName::Executor, 3));
    assert_eq!(reserved(&ledger, "cpu"), "5");
    ledger.delete_pod("exec-1");
    ledger.delete_pod("exec-1");
    assert_eq!(reserved(&ledger, "cpu"), "8");

    // More than it asked for is used, and does not make up for what others are to have.
    for name in ["exec-2", "exec-3", "exec-4", "exec-5"] {
        ledger.apply_pod(name, own_pod("job", RoleName::Executor, 4));
    }
    assert_eq!(reserved(&ledger, "cpu"), "0");

    assert_eq!(ledger.apply("job", None), Arrival::Known);
    assert_eq!(reserved(&ledger, "pods"), "0");
    ledger.delete("job");
    ledger.delete("never-seen");
}

#[test]
fn tells_an_application_of_the_others_and_of_itself() {
    let mut ledger = Ledger::default();
    ledger.apply("one", Some(demand(4, 2)));
    ledger.apply("other", Some(demand(1, 1)));
    ledger.apply_pod("driver", own_pod("one", RoleName::Driver, 1));
    let statement = ledger.statement("one");
    let cpu = |tally: &Tally| tally.iter().map(|(_, charges)| charges.get("cpu")).sum::<Quantity>();
    assert_eq!(cpu(&statement.reserved), Quantity::from_count(2));
    let own = statement.own.unwrap();
    assert_eq!(cpu(&own.used), Quantity::from_count(1));
    assert_eq!(cpu(&own.granted.unwrap()), Quantity::from_count(9));
    assert_eq!(ledger.statement("third").own, None);
}

#[test]
fn a_claim_holds_until_it_is_confirmed_or_lapses() {
    let start = any_time();
    let mut ledger = Ledger::default();
    ledger.claim(claim("seen", demand(4, 2)), 0, start).unwrap();
    let later = start + Duration::from_secs(1);
    ledger.claim(claim("lost", demand(1, 1)), 1, later).unwrap();
    assert_eq!(reserved(&ledger, "cpu"), "11");
    assert_eq!(reserved(&ledger, "count/sparkapplications.sparkoperator.k8s.io"), "2");

    assert_eq!(ledger.apply("seen", Some(demand(4, 2))), Arrival::Claimed);
    ledger.lapse(start + CLAIM_TIME);
    assert_eq!(
        reserved(&ledger, "cpu"),
        "11",
        "one is confirmed, the other has a second left"
    );
    ledger.lapse(later + CLAIM_TIME);
    assert_eq!(reserved(&ledger, "cpu"), "9");
}

#[test]
fn a_claim_for_a_change_holds_until_the_change_is_seen() {
    let start = any_time();
    let mut ledger = Ledger::default();
    ledger.apply("job", Some(demand(4, 2)));
    let version = ledger.statement("job").version;
    ledger.claim(claim("job", demand(4, 5)), version, start).unwrap();
    assert_eq!(reserved(&ledger, "cpu"), "21");
    assert_eq!(ledger.apply("job", Some(demand(4, 2))), Arrival::Known);
    assert_eq!(reserved(&ledger, "cpu"), "21", "this was what it was before");
    ledger.apply("job", Some(demand(4, 5)));
    ledger.apply("job", Some(demand(4, 1)));
    assert_eq!(reserved(&ledger, "cpu"), "5");
}

#[test]
fn a_newer_claim_is_not_ended_by_the_time_of_an_older_one() {
    let start = any_time();
    let second = start + Duration::from_secs(20);
    let mut ledger = Ledger::default();
    ledger.claim(claim("job", demand(4, 2)), 0, start).unwrap();
    ledger.claim(claim("job", demand(4, 3)), 1, second).unwrap();
    ledger.lapse(start + CLAIM_TIME);
    assert_eq!(reserved(&ledger, "cpu"), "13");
    ledger.lapse(second + CLAIM_TIME);
    assert_eq!(reserved(&ledger, "cpu"), "0");
}

#[test]
fn a_claim_for_a_name_outlives_the_end_of_its_last_bearer() {
    let mut ledger = Ledger::default();
    ledger.apply("job", Some(demand(4, 2)));
    ledger.delete("job");
    let version = ledger.statement("job").version;
    ledger.claim(claim("job", demand(1, 1)), version, any_time()).unwrap();
    ledger.delete("job");
    assert_eq!(reserved(&ledger, "cpu"), "2");
}

#[test]
fn of_two_decisions_by_one_version_only_the_first_is_kept() {
    let now = any_time();
    let mut ledger = Ledger::default();
    let [one, other] = ["one", "other"].map(|name| ledger.statement(name).version);
    ledger.claim(claim("one", demand(4, 2)), one, now).unwrap();
    assert_eq!(ledger.claim(claim("other", demand(4, 2)), other, now), Err(Moved));
    let again = ledger.statement("other").version;
    ledger.claim(claim("other", demand(4, 2)), again, now).unwrap();
}

#[test]
fn what_changes_nothing_leaves_decisions_as_they_are() {
    let mut ledger = Ledger::default();
    ledger.apply("job", Some(demand(4, 2)));
    ledger.apply_pod("exec-1", own_pod("job", RoleName::Executor, 4));
    let version = ledger.statement("job").version;
    ledger.apply("job", Some(demand(4, 2)));
    ledger.apply_pod("exec-1", own_pod("job", RoleName::Executor, 4));
    ledger.delete("other");
    ledger.delete_pod("other");
    ledger.lapse(any_time());
    assert_eq!(ledger.statement("job").version, version);
}

#[test]
fn amounts_at_the_extremes_come_and_go_without_a_trace() {
    let mut enormous = demand(4, u32::MAX);
    enormous.executor.pod.add("memory", Quantity::LARGEST_COUNTED);
    let mut ledger = Ledger::default();
    ledger.apply("small", Some(demand(4, 2)));
    let before = ledger.statement("somebody-else").reserved;
    for name in ["a", "b", "c", "d", "e"] {
        ledger.apply(name, Some(enormous.clone()));
    }
    for name in ["e", "a", "c", "b", "d"] {
        ledger.delete(name);
    }
    assert_eq!(ledger.statement("somebody-else").reserved, before);
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Happening {
    Application(u8, Option<(u32, u32)>),
    ApplicationGone(u8),
    Pod(u8, u8, RoleName, u32),
    PodGone(u8),
    Claim(u8, u32, u32),
    TimePasses(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let role = prop_oneof![Just(RoleName::Driver), Just(RoleName::Executor)];
    prop_oneof![
        (0..4_u8, prop::option::of((1..4_u32, 0..5_u32)))
            .prop_map(|(name, demand)| Happening::Application(name, demand)),
        (0..4_u8).prop_map(Happening::ApplicationGone),
        (0..6_u8, 0..4_u8, role, 1..4_u32).prop_map(|(name, application, role, cores)| Happening::Pod(
            name,
            application,
            role,
            cores
        )),
        (0..6_u8).prop_map(Happening::PodGone),
        (0..4_u8, 1..4_u32, 0..5_u32).prop_map(|(name, cores, executors)| Happening::Claim(name, cores, executors)),
        (0..40_u64).prop_map(Happening::TimePasses),
    ]
}

/// What there is, without any sums.
#[derive(Default)]
struct World {
    applications: BTreeMap<String, Option<JobDemand>>,
    pods: BTreeMap<String, OwnPod>,
    claims: BTreeMap<String, (JobDemand, Instant)>,
}

impl World {
    /// What is reserved in all, counted afresh.
    fn reserved(&self) -> Tally {
        let mut sum = Tally::default();
        for name in (0..4).map(|name: u8| name.to_string()) {
            let stored = self.applications.get(&name);
            let pods: Vec<&OwnPod> = self.pods.values().filter(|pod| pod.application == name).collect();
            let demands = stored.into_iter().flatten();
            let mut most = Tally::default();
            for demand in demands.chain(self.claims.get(&name).map(|(demand, _)| demand)) {
                let mut rest = demand.total();
                let count = |role| u32::try_from(pods.iter().filter(|pod| pod.role == role).count()).unwrap();
                let drivers = count(RoleName::Driver).min(1);
                let executors = count(RoleName::Executor).min(demand.executors);
                let mut used = Tally::default();
                for pod in &pods {
                    let foreseen = demand.role(pod.role).class.clone();
                    used.add_times(&Class::Pod(foreseen), &pod.charges, 1);
                }
                used.add_times(&Class::Object, &demand.driver.objects, drivers);
                used.add_times(&Class::Object, &demand.executor.objects, executors);
                used.add_times(&Class::Object, &demand.itself, u32::from(stored.is_some()));
                rest.take_off(&used);
                most.raise(&rest);
            }
            sum.add(&most);
        }
        sum
    }
}

proptest! {
    #[test]
    fn what_is_reserved_is_what_a_fresh_count_gives(happenings in prop::collection::vec(happening(), 0..60)) {
        let mut ledger = Ledger::default();
        let mut world = World::default();
        let mut now = any_time();
        for happening in happenings {
            match happening {
                Happening::Application(name, size) => {
                    let (name, demand) = (name.to_string(), size.map(|(cores, executors)| demand(cores, executors)));
                    let is_new = !world.applications.contains_key(&name);
                    let is_confirmed = world.claims.get(&name).is_some_and(|(claimed, _)| Some(claimed) == demand.as_ref());
                    if is_new || is_confirmed {
                        world.claims.remove(&name);
                    }
                    ledger.apply(&name, demand.clone());
                    world.applications.insert(name, demand);
                }
                Happening::ApplicationGone(name) => {
                    ledger.delete(&name.to_string());
                    world.applications.remove(&name.to_string());
                }
                Happening::Pod(name, application, role, cores) => {
                    let pod = own_pod(&application.to_string(), role, cores);
                    ledger.apply_pod(&name.to_string(), pod.clone());
                    world.pods.insert(name.to_string(), pod);
                }
                Happening::PodGone(name) => {
                    ledger.delete_pod(&name.to_string());
                    world.pods.remove(&name.to_string());
                }
                Happening::Claim(name, cores, executors) => {
                    let (name, demand) = (name.to_string(), demand(cores, executors));
                    let version = ledger.statement(&name).version;
                    ledger.claim(claim(&name, demand.clone()), version, now).unwrap();
                    world.claims.insert(name, (demand, now + CLAIM_TIME));
                }
                Happening::TimePasses(seconds) => {
                    now += Duration::from_secs(seconds);
                    ledger.lapse(now);
                    world.claims.retain(|_, (_, lapses)| *lapses > now);
                }
            }
            prop_assert_eq!(ledger.statement("somebody-else").reserved, world.reserved());
        }
    }
}
