//! The plan of a round, drawn from its seed: which roles share a process, which faults strike, and
//! how far the run has come when each does.

use crate::coverage::dealt;
use schemas::role::Role;
use std::fmt;
use tests::simulation::rng::SimRng;

/// A fault. An actor is a process, by its number; actor 0 owns the embedded log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Fault {
    /// `kill -9`, then a restart.
    Kill { actor: usize },
    /// `SIGSTOP`, and `SIGCONT` later: shorter or longer than its lease.
    Pause { actor: usize, ms: u64 },
    /// Connections to the log break, and none succeeds for a while.
    Cut { link: usize, ms: u64 },
    /// Nothing passes for a while, then all of it does.
    Stall { link: usize, ms: u64 },
    /// Calls arrive, answers do not; then the connections break.
    Deaf { link: usize, ms: u64 },
    /// A second process with the actor's roles, stopped after a while.
    Second { actor: usize, ms: u64, killed: bool },
    /// The process that holds `role` is killed, or paused until it has lost it, while a second one
    /// of its actor's roles stands by.
    HandOver { actor: usize, role: Role, killed: bool },
    /// The disk under the data folder is full for a while.
    FullDisk { ms: u64 },
    /// `kill -9` of a broker, restarted after a while.
    KillBroker { node: usize, ms: u64 },
    /// `SIGSTOP` of a broker, and `SIGCONT` later.
    PauseBroker { node: usize, ms: u64 },
}

impl Fault {
    /// Its name without the particulars.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Fault::Kill { .. } => "kill",
            Fault::Pause { ms, .. } if ms > LEASE_MS => "pause beyond the lease",
            Fault::Pause { .. } => "pause",
            Fault::Cut { .. } => "cut",
            Fault::Stall { .. } => "stall",
            Fault::Deaf { .. } => "deaf",
            Fault::Second { .. } => "second process",
            Fault::HandOver { killed: true, .. } => "kill with a standby",
            Fault::HandOver { .. } => "pause with a standby",
            Fault::FullDisk { .. } => "full disk",
            Fault::KillBroker { .. } => "kill of a broker",
            Fault::PauseBroker { .. } => "pause of a broker",
        }
    }

    /// Whether it strikes a broker.
    pub(crate) fn of_a_broker(self) -> bool {
        matches!(self, Fault::KillBroker { .. } | Fault::PauseBroker { .. })
    }
}

/// Seeds that once found a bug, and the bug.
pub(crate) const FOUND: [(u64, &str); 4] = [
    (2, "an owner whose disk had been full went on refusing instead of ending"),
    (3, "a process ended when the log went away between its start and its joining a group"),
    (17, "a process hung at its end, or could not begin again, after the disk had been full"),
    (27, "an owner whose disk had been full and whose roles only waited did not end"),
];

/// How long a silent member stays in its group, with some time to spare.
pub(crate) const LEASE_MS: u64 = 6_600;

/// A fault and when it strikes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strike {
    /// Records written by then, in thousandths of all that the round will write.
    pub at: u32,
    /// Milliseconds after that.
    pub delay_ms: u64,
    /// The fault.
    pub fault: Fault,
}

/// Where the log lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Home {
    /// In a folder, owned by actor 0.
    Embedded,
    /// On a cluster of so many brokers.
    Kafka(usize),
}

/// One round.
#[derive(Clone)]
pub(crate) struct Plan {
    /// Everything is drawn from it.
    pub seed: u64,
    /// The roles of each actor.
    pub cast: Vec<Vec<Role>>,
    /// In the order in which they strike.
    pub strikes: Vec<Strike>,
}

impl Plan {
    /// The round of `seed`.
    pub(crate) fn of(seed: u64, home: Home, tmpfs: bool) -> Plan {
        let mut rng = SimRng::new(seed);
        let cast = cast(&mut rng);
        let (dealt, drawn) = match home {
            Home::Embedded => (Vec::new(), rng.within(3, 7)),
            Home::Kafka(nodes) => (dealt(&mut rng, seed, &cast, nodes), rng.within(0, 2)),
        };
        let mut strikes: Vec<Strike> = (0..drawn)
            .map(|_| Strike {
                at: rng.within(0, 850),
                delay_ms: rng.within(0, 60).into(),
                fault: fault(&mut rng, &cast, home),
            })
            .collect();
        strikes.extend(dealt.into_iter().map(|fault| Strike {
            at: rng.within(0, 850),
            delay_ms: rng.within(0, 60).into(),
            fault,
        }));
        if tmpfs {
            let fault = Fault::FullDisk { ms: rng.within(300, 1_500).into() };
            strikes.push(Strike { at: rng.within(0, 600), delay_ms: 0, fault });
        }
        strikes.sort_by_key(|strike| (strike.at, strike.delay_ms));
        Plan { seed, cast, strikes }
    }

    /// Whether the data folder must lie on a small disk of its own.
    pub(crate) fn fills_disk(&self) -> bool {
        self.strikes.iter().any(|strike| matches!(strike.fault, Fault::FullDisk { .. }))
    }
}

/// Whether the round of `seed` fills the disk, where mounting is permitted.
pub(crate) fn wants_full_disk(seed: u64, home: Home) -> bool {
    home == Home::Embedded && seed % 5 == 2
}

/// Distributes the roles over four or five processes.
fn cast(rng: &mut SimRng) -> Vec<Vec<Role>> {
    let mut roles = Role::ALL.to_vec();
    for last in (1..roles.len()).rev() {
        roles.swap(last, rng.below(last + 1));
    }
    let actors = 4 + rng.below(2);
    let mut cast = vec![Vec::new(); actors];
    for (number, role) in roles.into_iter().enumerate() {
        let actor = if number < actors { number } else { rng.below(actors) };
        cast[actor].push(role);
    }
    cast
}

fn fault(rng: &mut SimRng, cast: &[Vec<Role>], home: Home) -> Fault {
    let actor = rng.below(cast.len());
    // The owner reaches its own log without a network; each broker has a link of its own.
    let link = match home {
        Home::Embedded => 1 + rng.below(cast.len() - 1),
        Home::Kafka(nodes) => rng.below(nodes),
    };
    let ms = u64::from(rng.within(50, 1_500));
    match rng.below(20) {
        0..=6 => kill(rng, actor, home),
        7..=8 => Fault::Pause { actor, ms },
        9 => Fault::Pause { actor, ms: LEASE_MS + ms / 2 },
        10..=11 => Fault::Cut { link, ms },
        12..=13 => Fault::Stall { link, ms },
        14..=16 => Fault::Deaf { link, ms },
        _ => Fault::Second { actor, ms: 500 + 2 * ms, killed: rng.below(2) == 0 },
    }
}

fn kill(rng: &mut SimRng, actor: usize, home: Home) -> Fault {
    match home {
        Home::Kafka(nodes) if nodes > 1 && rng.below(2) == 0 => {
            let (node, ms) = (rng.below(nodes), u64::from(rng.within(500, 5_000)));
            match rng.below(3) {
                0 => Fault::PauseBroker { node, ms },
                _ => Fault::KillBroker { node, ms },
            }
        }
        _ => Fault::Kill { actor },
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, roles) in self.cast.iter().enumerate() {
            let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
            write!(f, "{}{number}: {}", if number == 0 { "" } else { "; " }, names.join(" "))?;
        }
        self.strikes.iter().try_for_each(|strike| {
            write!(f, "\n  {:>3} ‰ + {:>2} ms: {:?}", strike.at, strike.delay_ms, strike.fault)
        })
    }
}
