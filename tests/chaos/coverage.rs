//! How many rounds are a home's full set, and what must have struck in it. On the embedded log
//! that many drawn rounds have all of it. On Kafka a round takes longer and few fit, so each is
//! dealt its part by its seed: any two in a row have all of it.

use crate::plan::{Fault, Home, LEASE_MS, Plan};
use crate::round::Ended;
use schemas::role::Role;
use std::collections::BTreeMap;
use tests::simulation::chance::Chance;

/// Rounds of the full set on Kafka.
const ON_KAFKA: u64 = 2;

/// Rounds of a home's full set.
pub fn full(home: Home) -> u64 {
    match home {
        Home::Embedded => 25,
        Home::Kafka(_) => ON_KAFKA,
    }
}

/// The part of the round of `seed` on a cluster of `nodes`.
pub fn dealt(chance: &mut Chance, seed: u64, cast: &[Vec<Role>], nodes: usize) -> Vec<Fault> {
    let part = seed % ON_KAFKA;
    let of = |role: Role| cast.iter().position(|roles| roles.contains(&role)).unwrap_or_default();
    let mine = Role::ALL.into_iter().zip(0..).filter(|(_, number)| number % ON_KAFKA == part);
    let mut faults: Vec<Fault> = mine.map(|(role, _)| Fault::Kill { actor: of(role) }).collect();
    let hand_over = |role, killed| Fault::HandOver { actor: of(role), role, killed };
    let (actor, link, node) = (chance.below(cast.len()), chance.below(nodes), chance.below(nodes));
    let ms = u64::from(chance.within(50, 1_500));
    let away = u64::from(chance.within(500, 5_000));
    faults.extend(match part {
        0 => vec![
            hand_over(Role::Executor, true),
            hand_over(Role::Retrainer, false),
            Fault::Cut { link, ms },
            Fault::Deaf { link, ms },
            Fault::Pause { actor, ms: LEASE_MS + ms / 2 },
            Fault::PauseBroker { node, ms: away },
        ],
        _ => vec![
            hand_over(Role::Executor, false),
            hand_over(Role::Retrainer, true),
            Fault::Stall { link, ms },
            Fault::Pause { actor, ms },
            Fault::KillBroker { node, ms: away },
            Fault::Second { actor, ms: 500 + 2 * ms, killed: true },
        ],
    });
    faults.retain(|fault| nodes > 1 || !fault.of_a_broker());
    faults
}

/// What must have struck at least once in a full set; a disk is filled only where one may be
/// mounted.
fn due(home: Home, disk: bool) -> Vec<String> {
    let mut due: Vec<String> = Role::ALL.iter().map(|role| format!("kill of {role}")).collect();
    let both = ["pause", "pause beyond the lease", "cut", "stall", "deaf", "second process"];
    let more: &[&str] = match home {
        Home::Embedded if disk => &["kill of the log's owner", "full disk"],
        Home::Embedded => &["kill of the log's owner"],
        Home::Kafka(_) => &[
            "hand-over of executor",
            "hand-over of retrainer",
            "kill with a standby",
            "pause with a standby",
        ],
    };
    let brokers: &[&str] = match home {
        Home::Kafka(nodes) if nodes > 1 => &["kill of a broker", "pause of a broker"],
        _ => &[],
    };
    due.extend(both.iter().chain(more).chain(brokers).map(|&name| name.to_owned()));
    due
}

/// Under which names a fault is counted.
fn names(fault: Fault, plan: &Plan, home: Home) -> Vec<String> {
    let mut names = vec![fault.kind().to_owned()];
    let killed = match fault {
        Fault::Kill { actor } | Fault::HandOver { actor, killed: true, .. } => Some(actor),
        _ => None,
    };
    if let Some(actor) = killed {
        names.extend(plan.cast[actor].iter().map(|role| format!("kill of {role}")));
    }
    if killed == Some(0) && home == Home::Embedded {
        names.push("kill of the log's owner".to_owned());
    }
    if let Fault::HandOver { role, .. } = fault {
        names.push(format!("hand-over of {role}"));
    }
    names
}

/// What all rounds together did.
#[derive(Default)]
pub struct Tally {
    /// What struck, and how often.
    pub struck: BTreeMap<String, u64>,
    /// Processes started.
    pub lives: u64,
    /// Rounds that wanted a full disk and could not mount one.
    pub no_mount: u64,
    /// Rounds that were played.
    pub played: u64,
    /// Seeds of those that failed.
    pub failed: Vec<u64>,
}

impl Tally {
    /// Counts a round.
    pub fn add(&mut self, plan: &Plan, ended: &Ended, home: Home) {
        for name in ended.struck.iter().flat_map(|fault| names(*fault, plan, home)) {
            *self.struck.entry(name).or_default() += 1;
        }
        self.lives += ended.lives;
        self.no_mount += u64::from(ended.no_mount);
        self.played += 1;
        if !ended.complaints.is_empty() {
            self.failed.push(plan.seed);
        }
    }

    /// What never struck.
    pub fn missing(&self, home: Home) -> Vec<String> {
        let due = due(home, self.no_mount == 0);
        due.into_iter().filter(|name| !self.struck.contains_key(name)).collect()
    }
}
