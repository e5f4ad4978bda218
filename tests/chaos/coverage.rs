//! How many rounds make a full set on each home of the log, and the faults that must strike in it.
//! On the embedded log that many drawn rounds contain all of them. On Kafka a round takes longer and
//! few fit, so each gets its share by its seed: any two in a row contain all of them.

use crate::plan::{Fault, Home, LEASE_MS, Plan};
use crate::round::Ended;
use schemas::role::Role;
use std::collections::BTreeMap;
use tests::simulation::rng::SimRng;

/// Rounds of the full set on Kafka.
const ON_KAFKA: u64 = 2;

/// Rounds of a home's full set.
pub(crate) fn full(home: Home) -> u64 {
    match home {
        Home::Embedded => 25,
        Home::Kafka(_) => ON_KAFKA,
    }
}

/// The share of the round of `seed` on a cluster of `nodes`.
pub(crate) fn dealt(rng: &mut SimRng, seed: u64, cast: &[Vec<Role>], nodes: usize) -> Vec<Fault> {
    let part = seed % ON_KAFKA;
    let of = |role: Role| cast.iter().position(|roles| roles.contains(&role)).unwrap_or_default();
    let mine = Role::ALL.into_iter().zip(0..).filter(|(_, number)| number % ON_KAFKA == part);
    let mut faults: Vec<Fault> = mine.map(|(role, _)| Fault::Kill { actor: of(role) }).collect();
    let hand_over = |role, killed| Fault::HandOver { actor: of(role), role, killed };
    let (actor, link, node) = (rng.below(cast.len()), rng.below(nodes), rng.below(nodes));
    let ms = u64::from(rng.within(50, 1_500));
    let away = u64::from(rng.within(500, 5_000));
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

/// The faults that must strike at least once in a full set; a disk is filled only where mounting is
/// permitted.
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

/// The names under which a fault is counted.
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

/// The sum of all rounds.
#[derive(Default)]
pub(crate) struct Tally {
    /// The faults that struck, and how often.
    pub struck: BTreeMap<String, u64>,
    /// Processes started.
    pub lives: u64,
    /// Rounds with a full disk that could not mount one.
    pub no_mount: u64,
    /// Rounds run.
    pub played: u64,
    /// Seeds of the failed ones.
    pub failed: Vec<u64>,
}

impl Tally {
    /// Counts a round.
    pub(crate) fn add(&mut self, plan: &Plan, ended: &Ended, home: Home) {
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

    /// The faults that never struck.
    pub(crate) fn missing(&self, home: Home) -> Vec<String> {
        let due = due(home, self.no_mount == 0);
        due.into_iter().filter(|name| !self.struck.contains_key(name)).collect()
    }
}
