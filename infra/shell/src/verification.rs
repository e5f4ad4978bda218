//! Deciding everything again from the log. Every unit is a function of the log alone, so units are verified beside each
//! other; what is found does not depend on how many at once.

use crate::controls::ControlBook;
use crate::decisions::{DecisionSource, Difference};
use crate::env::Env;
use crate::error::ShellError;
use crate::score_comparison::{ScoreComparison, ScoresCompared, ScoringWith, asked_once};
use crate::twice::{Again, Twice};
use schemas::role::Role;
use serde::Serialize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

/// The outcome of a verification.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Verified {
    /// Events and day markers that the roles took in.
    pub events: u64,
    /// Decisions compared.
    pub decisions: u64,
    /// Those that differ from the record.
    pub differences: Vec<Difference>,
    /// By whom scores were repeated, and how closely they were compared.
    pub scores: Vec<ScoresCompared>,
    /// The parts of each role.
    pub roles: Vec<RoleVerified>,
}

/// What was read and decided of one role.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RoleVerified {
    /// The role.
    pub role: &'static str,
    /// Events and day markers that it took in.
    pub events: u64,
    /// Decisions compared.
    pub decisions: u64,
}

/// The roles whose decisions can be verified.
pub const DECIDING: [Role; 6] =
    [Role::Scanner, Role::Scorer, Role::Labeler, Role::Executor, Role::Broker, Role::Retrainer];

/// What is verified, and how.
pub struct Verification {
    /// The roles.
    pub roles: Vec<Role>,
    /// Who repeats the scores of a provider.
    pub with: ScoringWith,
    /// Units at a time.
    pub threads: usize,
}

impl Default for Verification {
    /// Every role, half as many units again at a time as there are processors, because some wait for the log, and scores
    /// repeated by this process's own provider.
    fn default() -> Verification {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = processors + processors / 2;
        Verification { roles: DECIDING.to_vec(), with: Arc::new(|_| None), threads }
    }
}

/// Decides everything again that is recorded or committed, from offset 0, and compares event by event; an event that
/// stands on the log twice is a difference too. `say` is given each unit's name as it is done. Each score is repeated
/// by the provider that its record names, where `with` has machines for it.
///
/// # Errors
/// Those of the log, and a run that was never opened.
pub fn verify(
    env: &Env,
    what: Verification,
    say: &mut dyn FnMut(&str),
) -> Result<Verified, ShellError> {
    let with = asked_once(what.with);
    let shares = |role: &Role| Env::shares(*role, 0..env.partitions).into_iter();
    let mut jobs: Vec<Job> = Vec::new();
    for role in DECIDING.into_iter().filter(|role| what.roles.contains(role)) {
        jobs.extend(shares(&role).map(|share| Job { role, share, with: Arc::clone(&with) }));
    }
    let done = all(env, &jobs, what.threads, say)?;
    let (mut found, mut scores) = (Verified::default(), ScoreComparison::new(with));
    let mut done = jobs.iter().zip(done).peekable();
    while let Some((Job { role, .. }, _)) = done.peek() {
        let mut of = RoleVerified { role: role.name(), events: 0, decisions: 0 };
        let mut twice = Vec::new();
        while let Some((_, unit)) = done.next_if(|(job, _)| job.role.name() == of.role) {
            of.events += unit.events;
            of.decisions += unit.decisions;
            found.differences.extend(unit.differences);
            twice.extend(unit.twice);
            scores.add(unit.scores);
        }
        // Topic by topic, though each unit has found those of all its outputs.
        twice.sort_by_key(|again| (again.topic, again.partition));
        let twice = twice.into_iter();
        let difference = |Again { unit, day, what, .. }| Difference { unit, day, what };
        found.differences.extend(twice.map(difference));
        found.events += of.events;
        found.decisions += of.decisions;
        found.roles.push(of);
    }
    found.scores = scores.into_found();
    Ok(found)
}

/// A unit to verify.
struct Job {
    role: Role,
    share: Vec<u32>,
    with: ScoringWith,
}

/// A verified unit.
struct UnitVerified {
    name: String,
    events: u64,
    decisions: u64,
    differences: Vec<Difference>,
    twice: Vec<Again>,
    scores: ScoreComparison,
}

/// Verifies all `jobs`, `threads` at a time; their results in the order of the jobs.
fn all(
    env: &Env,
    jobs: &[Job],
    threads: usize,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<UnitVerified>, ShellError> {
    // Roles of one unit first: they take longest, and nothing may be left to wait for them at the end.
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_key(|job| jobs[*job].role.by_partition());
    let mut done: Vec<Option<Result<UnitVerified, ShellError>>> =
        jobs.iter().map(|_| None).collect();
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let threads = threads.clamp(1, jobs.len().max(1));
        let (send, receive) = mpsc::sync_channel(threads);
        for _ in 0..threads {
            let (send, order, next, failed) = (send.clone(), &order, &next, &failed);
            scope.spawn(move || {
                while !failed.load(Ordering::Relaxed) {
                    let Some(&job) = order.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    let result = jobs[job].verify(env);
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    if send.send((job, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        for (job, result) in receive {
            if let Ok(unit) = &result {
                say(&unit.name);
            }
            done[job] = Some(result);
        }
    });
    // Every job before one that was begun was begun too, so this is the same error on any number of threads.
    let mut units: Vec<(usize, UnitVerified)> = Vec::new();
    for job in order {
        if let Some(result) = done[job].take() {
            units.push((job, result?));
        }
    }
    units.sort_by_key(|(job, _)| *job);
    Ok(units.into_iter().map(|(_, unit)| unit).collect())
}

impl Job {
    fn verify(&self, env: &Env) -> Result<UnitVerified, ShellError> {
        let mut controls = ControlBook::new(&*env.log)?;
        controls.refresh(&*env.log)?;
        let mut found = UnitVerified {
            name: String::new(),
            events: 0,
            decisions: 0,
            differences: Vec::new(),
            twice: Vec::new(),
            scores: ScoreComparison::new(Arc::clone(&self.with)),
        };
        let mut machines = Some(env.machines.clone());
        while let Some(with) = machines {
            let env = Env { machines: with, ..env.clone() };
            self.pass(&env, &mut controls, &mut found)?;
            machines = found.scores.next_pass();
        }
        Ok(found)
    }

    /// Decides everything of the unit again with the machines of `env`.
    fn pass(
        &self,
        env: &Env,
        controls: &mut ControlBook,
        found: &mut UnitVerified,
    ) -> Result<(), ShellError> {
        let opened = controls.latest().opened.as_ref().ok_or(ShellError::NotOpened)?;
        let previous = opened.previous_day;
        let (mut unit, mut recorded) =
            env.fresh_unit_with_outputs(self.role, &self.share, previous)?;
        let mut source = DecisionSource::Verify {
            recorded: &mut recorded,
            controls,
            differences: &mut found.differences,
            compared: &mut found.decisions,
            scores: &mut found.scores,
        };
        unit.recover(&*env.log, None, &mut source)?;
        unit.run_to(&*env.log, &env.reached(&unit)?, &mut source)?;
        if found.scores.first_pass() {
            found.name.clone_from(&unit.identity.name);
            found.events = unit.cursor.counts.all();
            let twice = recorded.into_twice()?;
            found.twice = twice.map(Twice::into_found).into_iter().flatten().collect();
        }
        Ok(())
    }
}
