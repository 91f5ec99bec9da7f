use std::time::UNIX_EPOCH;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Validity;
use super::*;

const LIFE: u64 = 300;
const DWELL: u64 = 20;
/// How long ago what an API server knows may have been so.
const LAG: u64 = 15;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_893_456_000 + seconds)
}

fn named(name: &str, made: u64) -> Generation {
    Generation {
        authority: format!("<{name}>"),
        certificate: String::new(),
        key: String::new(),
        validity: Validity {
            not_before: at(made),
            not_after: at(made + LIFE),
        },
    }
}

#[test]
fn one_step_follows_another() {
    let alone = Rotation::begin(named("a", 0));
    let both = alone.clone().introduce(named("b", 200));
    let promoted = both.clone().promote();
    // What the Secret holds, what this replica holds, for how long the bundle has been carried, and when that is.
    let cases = [
        (None, None, None, 0, Step::Begin),
        (None, None, Some(DWELL), 0, Step::Begin),
        (None, Some(&alone), None, 10, Step::Restore),
        (None, Some(&alone), None, 299, Step::Restore),
        (None, Some(&alone), None, 300, Step::Begin),
        (Some(&alone), None, None, 0, Step::Publish),
        (Some(&alone), Some(&both), None, 0, Step::Publish),
        (Some(&alone), None, Some(0), 199, Step::Rest),
        (Some(&alone), None, None, 200, Step::Publish),
        (Some(&alone), None, Some(0), 200, Step::Introduce),
        (Some(&alone), None, Some(0), 299, Step::Introduce),
        (Some(&alone), None, Some(DWELL), 300, Step::Begin),
        (Some(&both), None, None, 200, Step::Publish),
        (Some(&both), None, Some(DWELL - 1), 220, Step::Rest),
        (Some(&both), None, Some(DWELL), 220, Step::Promote),
        (Some(&both), None, None, 220, Step::Publish),
        (Some(&both), None, None, 300, Step::Promote),
        (Some(&both), None, Some(DWELL), 500, Step::Begin),
        (Some(&promoted), None, None, 220, Step::Publish),
        (Some(&promoted), None, Some(DWELL), 299, Step::Rest),
        (Some(&promoted), None, Some(0), 300, Step::Retire),
        (Some(&promoted), None, Some(0), 400, Step::Introduce),
    ];
    for (number, (stored, held, carried_for, now, expected)) in cases.into_iter().enumerate() {
        let observed = Observed {
            stored,
            held,
            carried_for: carried_for.map(Duration::from_secs),
        };
        let step = next_step(observed, Duration::from_secs(DWELL), at(now));
        assert_eq!(step, expected, "case {number}");
    }
}

#[test]
fn the_bundle_has_every_authority_whose_leaf_may_be_met() {
    let rotation = Rotation::begin(named("a", 0));
    assert_eq!(rotation.bundle(), "<a>");
    let rotation = rotation.introduce(named("b", 200));
    assert_eq!(rotation.bundle(), "<a><b>");
    let rotation = rotation.promote();
    assert_eq!(rotation.bundle(), "<a><b>");
    let rotation = rotation.retire(at(299));
    assert_eq!(rotation.bundle(), "<a><b>");
    assert_eq!(rotation.retire(at(300)).bundle(), "<b>");
}

#[test]
fn the_dwell_begins_anew_with_another_bundle_and_after_a_gap() {
    let start = Instant::now();
    let mut publication = Publication::default();
    let cases = [
        (0, Some("a"), Some(0)),
        (5, Some("a"), Some(5)),
        (9, Some("b"), Some(0)),
        (11, Some("b"), Some(2)),
        (12, None, None),
        (15, Some("b"), Some(0)),
    ];
    for (seconds, bundle, expected) in cases {
        let carried_for = publication.note(bundle.map(str::to_owned), start + Duration::from_secs(seconds));
        assert_eq!(carried_for, expected.map(Duration::from_secs), "after {seconds} s");
    }
}

/// An object of the API server, with what a conditional write has to know.
#[derive(Clone, Debug, Default)]
struct Versioned<T> {
    content: T,
    version: u64,
}

impl<T> Versioned<T> {
    /// Writes if nobody has since it had that version.
    fn write(&mut self, version: u64, content: T) -> bool {
        let unchanged = self.version == version;
        if unchanged {
            self.content = content;
            self.version += 1;
        }
        unchanged
    }
}

/// How far a replica is in its turn. Between any two of these, others may do anything, for any time.
#[derive(Debug, Default)]
enum Turn {
    #[default]
    Begun,
    KnowsBundle(Versioned<String>),
    KnowsSecret(Versioned<String>, Versioned<Option<Rotation>>),
    Decided(Step, Versioned<String>, Versioned<Option<Rotation>>),
}

/// A replica of which each believes that it leads: a Lease makes it rare that two do, and no more than that.
#[derive(Debug, Default)]
struct Replica {
    turn: Turn,
    held: Option<Rotation>,
    publication: Publication,
}

#[derive(Debug)]
struct World {
    start: Instant,
    seconds: u64,
    made: u32,
    secret: Versioned<Option<Rotation>>,
    configuration: Versioned<String>,
    /// Each bundle that was published, and since when.
    bundles: Vec<(u64, String)>,
    replicas: Vec<Replica>,
    /// Until when nothing can be asked of the bundle, since nothing that anybody trusted was served.
    excused_until: Option<u64>,
}

impl World {
    fn new(replicas: usize) -> Self {
        Self {
            start: Instant::now(),
            seconds: 0,
            made: 0,
            secret: Versioned::default(),
            configuration: Versioned::default(),
            bundles: vec![(0, String::new())],
            replicas: (0..replicas).map(|_| Replica::default()).collect(),
            excused_until: None,
        }
    }

    fn make(&mut self) -> Generation {
        self.made += 1;
        named(&self.made.to_string(), self.seconds)
    }

    /// Takes one replica one action further.
    fn act(&mut self, number: usize) {
        let now = at(self.seconds);
        let replica = &mut self.replicas[number];
        let turn = std::mem::take(&mut replica.turn);
        let turn = match turn {
            Turn::Begun => Turn::KnowsBundle(self.configuration.clone()),
            Turn::KnowsBundle(configuration) => Turn::KnowsSecret(configuration, self.secret.clone()),
            Turn::KnowsSecret(configuration, secret) => {
                if secret.content.is_some() {
                    replica.held.clone_from(&secret.content);
                }
                let bundle = secret.content.as_ref().map(Rotation::bundle);
                let carried = bundle.filter(|bundle| *bundle == configuration.content);
                let clock = self.start + Duration::from_secs(self.seconds);
                let observed = Observed {
                    stored: secret.content.as_ref(),
                    held: replica.held.as_ref(),
                    carried_for: replica.publication.note(carried, clock),
                };
                let step = next_step(observed, Duration::from_secs(DWELL), now);
                Turn::Decided(step, configuration, secret)
            }
            Turn::Decided(step, configuration, secret) => {
                self.take(step, &configuration, secret);
                Turn::Begun
            }
        };
        self.replicas[number].turn = turn;
    }

    fn take(&mut self, step: Step, configuration: &Versioned<String>, secret: Versioned<Option<Rotation>>) {
        let now = at(self.seconds);
        let version = secret.version;
        let rotation = match (step, secret.content) {
            (Step::Publish, Some(rotation)) => {
                if self.configuration.write(configuration.version, rotation.bundle()) {
                    self.bundles.push((self.seconds, rotation.bundle()));
                }
                return;
            }
            (Step::Begin, stored) => {
                if let Some(stored) = stored {
                    assert!(stored.current.validity.expired(now), "begun anew without need");
                }
                Rotation::begin(self.make())
            }
            (Step::Introduce, Some(stored)) => stored.introduce(self.make()),
            (Step::Promote, Some(stored)) => stored.promote(),
            (Step::Retire, Some(stored)) => stored.retire(now),
            (Step::Rest, _) => return,
            (step, stored) => panic!("{step:?} of {stored:?}"),
        };
        let nobody_was_served = self
            .secret
            .content
            .as_ref()
            .is_none_or(|stored| stored.current.validity.expired(now));
        if self.secret.write(version, Some(rotation)) && nobody_was_served {
            self.excused_until = Some(u64::MAX);
        }
    }

    /// Everything that an API server may believe to be the bundle.
    fn believed(&self) -> impl Iterator<Item = &str> {
        let oldest = self.seconds.saturating_sub(LAG);
        let first = self.bundles.iter().rposition(|(since, _)| *since <= oldest);
        self.bundles[first.unwrap_or(0)..]
            .iter()
            .map(|(_, bundle)| bundle.as_str())
    }

    /// The world is in order again once what is current has been in the bundle for longer than any API server lags.
    fn settle(&mut self) {
        let Some(stored) = &self.secret.content else { return };
        let published = self.configuration.content.contains(&stored.current.authority);
        match self.excused_until {
            Some(u64::MAX) if published => self.excused_until = Some(self.seconds + LAG + 1),
            Some(until) if until <= self.seconds => self.excused_until = None,
            _ => {}
        }
    }

    fn check(&mut self) {
        self.settle();
        if self.excused_until.is_some() {
            return;
        }
        let now = at(self.seconds);
        for (number, replica) in self.replicas.iter().enumerate() {
            let Some(held) = &replica.held else { continue };
            if held.current.validity.expired(now) {
                continue;
            }
            for bundle in self.believed() {
                assert!(
                    bundle.contains(&held.current.authority),
                    "after {} s replica {number} serves {}, and an API server trusts {bundle:?}",
                    self.seconds,
                    held.current.authority,
                );
            }
        }
    }

    /// One replica leads and the others follow, all of them at once.
    fn go_on_orderly(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.seconds += 1;
            for number in 0..self.replicas.len() {
                for _ in 0..4 {
                    self.act(number);
                    self.check();
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Event {
    /// One replica takes some actions, the others none.
    Act(usize, u32),
    Pass(u64),
    Kill(usize),
}

fn event(replicas: usize) -> impl Strategy<Value = Event> {
    prop_oneof![
        60 => ((0..replicas), (1..20_u32)).prop_map(|(replica, actions)| Event::Act(replica, actions)),
        60 => (1..8_u64).prop_map(Event::Pass),
        1 => (0..replicas).prop_map(Event::Kill),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Replicas take their turns in any order, are held up anywhere for any time, each believing that it leads, and are
    /// killed anywhere.
    #[test]
    fn no_replica_serves_what_an_api_server_does_not_trust(events in vec(event(3), 0..1_500)) {
        let mut world = World::new(3);
        for event in events {
            match event {
                Event::Act(number, actions) => {
                    for _ in 0..actions {
                        world.act(number);
                        world.check();
                    }
                }
                Event::Pass(seconds) => world.seconds += seconds,
                Event::Kill(number) => world.replicas[number] = Replica::default(),
            }
            world.check();
        }
        // However it was left, it comes right, and goes on for three more lives.
        world.go_on_orderly(3 * LIFE);
        prop_assert!(world.excused_until.is_none());
        prop_assert!(world.made >= 4);
        for replica in &world.replicas {
            let held = replica.held.as_ref().unwrap();
            prop_assert!(!held.current.validity.expired(at(world.seconds)));
        }
    }
}

#[test]
fn a_rotation_survives_the_loss_of_its_leader_after_any_action() {
    let actions = 4 * 4 * 60;
    for killed_after in 0..actions {
        let mut world = World::new(2);
        world.go_on_orderly(190);
        assert!(world.excused_until.is_none());
        // The other one only reads, and takes over when the leader is gone.
        let mut leader = 0;
        for action in 0..actions {
            if action == killed_after {
                world.replicas[leader] = Replica::default();
                leader = 1;
            }
            world.act(leader);
            world.check();
            if action % 4 == 3 {
                world.seconds += 1;
            }
        }
        world.go_on_orderly(LIFE);
        assert!(world.made >= 3, "killed after {killed_after}: {}", world.made);
    }
}
