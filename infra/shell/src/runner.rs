//! Running roles in one process, a thread an instance, until told to stop or until a day is
//! closed by all.

use crate::instance::{Env, Instance, Progress};
use crate::{error::ShellError, source::Source};
use schemas::Day;
use schemas::role::Role;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Which roles, and how many instances of each.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Role and number of instances (one is active where the role is not by partition).
    pub roles: Vec<(Role, u32)>,
    /// Stop when every unit has closed this day.
    pub until: Option<Day>,
    /// What this process is called among those that run the same roles; it is in the names of
    /// its producers, so two processes of one name would fence each other.
    pub name: Option<String>,
}

impl Plan {
    /// Every role that reads, two scanners among them: the scanner is where the time goes.
    pub fn everything(until: Option<Day>) -> Plan {
        let roles = Role::ALL.into_iter().filter(|role| !role.inputs().is_empty());
        Plan {
            roles: roles.map(|role| (role, if role == Role::Scanner { 2 } else { 1 })).collect(),
            until,
            name: None,
        }
    }

    /// How many units its roles have together.
    pub fn units(&self, partitions: u32) -> usize {
        self.roles
            .iter()
            .map(|(role, _)| if role.by_partition() { partitions as usize } else { 1 })
            .sum()
    }
}

/// What the threads of a run share.
struct Shared {
    stop: Arc<AtomicBool>,
    failure: Mutex<Option<ShellError>>,
}

impl Shared {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn fail(&self, error: ShellError) {
        let mut failure = self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        failure.get_or_insert(error);
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Runs `plan` (and `source`) until `stop` is set, `plan.until` is reached, or a role cannot go
/// on. Every instance finishes the batch in hand, commits and saves. `watch` is called a few
/// times a second with the last day that all have closed.
pub fn run(
    env: &Env,
    plan: &Plan,
    source: Option<Source>,
    stop: &Arc<AtomicBool>,
    watch: &mut dyn FnMut(Option<Day>),
) -> Result<(), ShellError> {
    let shared = Shared { stop: Arc::clone(stop), failure: Mutex::new(None) };
    std::thread::scope(|scope| {
        let shared = &shared;
        if let Some(mut source) = source {
            scope.spawn(move || {
                guarded("source", shared, || {
                    drive("source", shared, &mut || Ok(source.step()? == Progress::Worked));
                });
            });
        }
        for &(role, count) in &plan.roles {
            for number in 0..count {
                let name = match &plan.name {
                    Some(name) => format!("{name}-{number}"),
                    None => number.to_string(),
                };
                let instance = format!("{role}-{name}");
                scope.spawn(move || {
                    guarded(&instance, shared, || one(env, role, &name, shared));
                });
            }
        }
        while !shared.stopped() {
            if let Err(error) = env.log.check_open() {
                shared.fail(error.into());
            }
            let closed = env.board.closed_by_all(plan.units(env.partitions));
            watch(closed);
            if plan.until.is_some() && closed >= plan.until {
                shared.stop.store(true, Ordering::Relaxed);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let failure = shared.failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    failure.map_or(Ok(()), Err)
}

/// A thread that ends badly ends the others too, and with them the process: without one of its
/// roles it would only seem to run.
fn guarded(name: &str, shared: &Shared, work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        shared.fail(ShellError::Panicked { name: name.to_owned() });
    }
}

/// One instance, from its joining on: a log that is away just then is waited for as well.
fn one(env: &Env, role: Role, name: &str, shared: &Shared) {
    let instance = format!("{role}-{name}");
    let mut joined: Option<Instance> = None;
    drive(&instance, shared, &mut || match &mut joined {
        Some(joined) => {
            // What was only read and applied again after a failure is no progress.
            let before = joined.publishes();
            joined.step()?;
            Ok(joined.publishes() > before)
        }
        none => {
            *none = Some(Instance::join(env, role, name)?);
            Ok(false)
        }
    });
    if let Some(Err(error)) = joined.map(Instance::finish) {
        tracing::warn!(instance, "the last batch was not committed: {error}");
    }
}

/// Failures of a role's own long work (a training, writing the lake) without a publish between
/// them before it is given up. A log or a broker that is away is waited for.
const PATIENCE: u32 = 20;

/// How long after it was told a wait is told again.
const REMIND: Duration = Duration::from_secs(60);

/// Failures in a row: told when they begin, once a minute while they last, and when they end.
#[derive(Default)]
struct Streak {
    failures: u32,
    /// Those of its own work among them: it is done again only after others succeeded.
    own: u32,
    begun: Option<Instant>,
    told: Option<Instant>,
}

impl Streak {
    /// Waits longer after each failure, up to two seconds.
    fn failed(&mut self, instance: &str, error: &ShellError) {
        self.failures += 1;
        self.own += u32::from(!error.away());
        self.begun.get_or_insert_with(Instant::now);
        let failures = self.failures;
        if self.told.is_none_or(|told| told.elapsed() > REMIND) {
            self.told = Some(Instant::now());
            tracing::warn!(instance, failures, "{error}; going on from the last save");
        } else {
            tracing::debug!(instance, failures, "{error}");
        }
        std::thread::sleep(Duration::from_millis(50) * failures.min(40));
    }

    fn over(&mut self, instance: &str) {
        if let Some(begun) = self.begun {
            let (failures, seconds) = (self.failures, begun.elapsed().as_secs_f64());
            tracing::info!(instance, failures, "goes on after {seconds:.1} s");
            *self = Streak::default();
        }
    }
}

fn drive(name: &str, shared: &Shared, step: &mut dyn FnMut() -> Result<bool, ShellError>) {
    let mut streak = Streak::default();
    while !shared.stopped() {
        match step() {
            Ok(published) => {
                if published || streak.own == 0 {
                    streak.over(name);
                }
            }
            Err(error) if error.passing() && (streak.own < PATIENCE || error.away()) => {
                streak.failed(name, &error);
            }
            Err(error) => shared.fail(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Board;
    use crate::instance::Policy;
    use crate::saved::MemoryStates;
    use crate::troubled::TroubledLog;
    use eventlog::ErrorClass;

    /// A process that only serves the log to others has nothing to publish and so would never
    /// hear that its log is closed, while those others wait for it to start again.
    #[test]
    fn who_owns_a_log_that_takes_no_more_ends_though_it_has_no_role() {
        let env = Env {
            log: Arc::new(TroubledLog::closed()),
            states: Arc::new(MemoryStates::default()),
            partitions: 1,
            machines: Arc::new(|role| panic!("{role} was not asked for")),
            board: Arc::new(Board::default()),
            policy: Policy::default(),
        };
        let plan = Plan { roles: Vec::new(), until: None, name: None };
        let (stop, begun) = (Arc::new(AtomicBool::new(false)), Instant::now());
        let ended = run(&env, &plan, None, &stop, &mut |_| {
            stop.fetch_or(begun.elapsed() > Duration::from_secs(5), Ordering::Relaxed);
        });
        let Err(ShellError::Log(error)) = ended else { panic!("it went on: {ended:?}") };
        assert_eq!(error.class, ErrorClass::Closed);
    }

    /// It went on without the role, and said that all was well.
    #[test]
    fn a_thread_that_ends_badly_stops_the_others_and_names_itself() {
        let stop = Arc::<AtomicBool>::default();
        let shared = Shared { stop: Arc::clone(&stop), failure: Mutex::default() };
        guarded("executor-0", &shared, || panic!("a defect"));
        assert!(shared.stopped());
        let failure = shared.failure.into_inner().ok().flatten();
        let said = failure.map_or(String::new(), |failure| failure.to_string());
        assert!(said.starts_with("executor-0 ended badly"), "{said}");
    }
}
