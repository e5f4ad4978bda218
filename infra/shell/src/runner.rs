//! Runs roles in one process, one thread per instance, until a stop is asked for or all units have
//! closed a given day.

use crate::input_ends::InputEnds;
use crate::instance::{Env, Instance, Progress};
use crate::pulse::Pulse;
use crate::status_board::StatusBoard;
use crate::{error::ShellError, settle, source::Source};
use eventlog::ErrorClass;
use parking_lot::Mutex;
use schemas::Day;
use schemas::role::Role;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, Scope};
use std::time::{Duration, Instant};

/// The roles to run, and how many instances of each.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Role and number of instances (one is active where the role is not by partition).
    pub roles: Vec<(Role, u32)>,
    /// Stop when every unit has closed this day.
    pub until: Option<Day>,
    /// This process's name among those that run the same roles. Its producers bear it, so two
    /// processes with one name would fence each other.
    pub name: Option<String>,
}

impl Plan {
    /// Every role with inputs; two scanners, as scanning takes the most time.
    pub fn everything(until: Option<Day>) -> Plan {
        let roles = Role::ALL.into_iter().filter(|role| !role.inputs().is_empty());
        Plan {
            roles: roles.map(|role| (role, if role == Role::Scanner { 2 } else { 1 })).collect(),
            until,
            name: None,
        }
    }

    /// How many units these roles have.
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
    /// Where the inputs end once every unit has closed the plan's last day.
    ends: OnceLock<InputEnds>,
    /// Instances that have not settled at those ends yet.
    unsettled: AtomicU32,
    board: Arc<StatusBoard>,
}

impl Shared {
    fn new(stop: &Arc<AtomicBool>, instances: u32, board: &Arc<StatusBoard>) -> Shared {
        Shared {
            stop: Arc::clone(stop),
            failure: Mutex::new(None),
            ends: OnceLock::new(),
            unsettled: AtomicU32::new(instances),
            board: Arc::clone(board),
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn fail(&self, error: ShellError) {
        self.failure.lock().get_or_insert(error);
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Every unit has closed the last day: the instances settle and stop.
    fn end(&self, env: &Env) {
        match InputEnds::at_rest(&*env.log, env.partitions) {
            Ok(ends) => _ = self.ends.set(ends),
            Err(error) => tracing::info!("some offsets may stay uncommitted: {error}"),
        }
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Runs `plan` (and `source`) until `stop` is set, `plan.until` is closed, or a role cannot go on.
/// Every instance then finishes its batch, commits and saves. `watch` is called a few times a second
/// with the last day that all units have closed.
pub fn run(
    env: &Env,
    plan: &Plan,
    source: Option<Source>,
    stop: &Arc<AtomicBool>,
    watch: &mut dyn FnMut(Option<Day>),
) -> Result<(), ShellError> {
    let shared = Shared::new(stop, plan.roles.iter().map(|(_, count)| count).sum(), &env.board);
    let roles = plan.roles.iter().map(|(role, _)| *role);
    env.board.put_roles(roles.chain(source.is_some().then_some(Role::Source)));
    std::thread::scope(|scope| {
        let shared = &shared;
        if let Some(mut source) = source {
            spawned("source", shared, scope, move || {
                let pulse = env.board.pulses.begin(true);
                let step = &mut || Ok(source.step()? == Progress::Worked);
                drive("source", Role::Source, shared, &pulse, step);
            });
        }
        for &(role, count) in &plan.roles {
            for number in 0..count {
                let name = match &plan.name {
                    Some(name) => format!("{name}-{number}"),
                    None => number.to_string(),
                };
                let instance = format!("{role}-{name}");
                spawned(&instance, shared, scope, move || one(env, role, &name, shared));
            }
        }
        let mut logged = None;
        while !shared.stopped() {
            if let Err(error) = env.log.check_open() {
                shared.fail(error.into());
            }
            let closed = env.board.closed_by_all(plan.units(env.partitions));
            if let Some(day) = closed.filter(|_| closed > logged) {
                logged = closed;
                tracing::info!("every role of this process has closed {day}");
            }
            watch(closed);
            if plan.until.is_some() && closed >= plan.until {
                shared.end(env);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    shared.failure.into_inner().map_or(Ok(()), Err)
}

/// Does `work` in a thread called `name`: by the role in it the log finds the file of a line.
fn spawned<'scope>(
    name: &str,
    shared: &'scope Shared,
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() + Send + 'scope,
) {
    let own = name.to_owned();
    let thread = Builder::new().name(own.clone());
    if let Err(error) = thread.spawn_scoped(scope, move || guarded(&own, shared, work)) {
        tracing::error!("the thread {name} cannot be started: {error}");
        shared.fail(ShellError::Panicked { name: name.to_owned() });
    }
}

/// A panic in one thread stops the others too, and with them the process: without one of its roles
/// it would only seem to run.
fn guarded(name: &str, shared: &Shared, work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        shared.fail(ShellError::Panicked { name: name.to_owned() });
    }
}

/// One instance, from joining on; waits for a log that is away even then.
fn one(env: &Env, role: Role, name: &str, shared: &Shared) {
    let instance = format!("{role}-{name}");
    let (mut joined, mut furthest): (Option<Instance>, Option<Day>) = (None, None);
    let pulse = env.board.pulses.begin(false);
    drive(&instance, role, shared, &pulse, &mut || match &mut joined {
        Some(joined) => {
            // Reading and applying again after a failure is no progress, and neither is to publish the days up to it
            // again.
            let before = joined.publishes();
            let stepped = joined.step();
            pulse.settle(joined.generation.is_some());
            stepped?;
            let published = joined.publishes() > before;
            let closed =
                joined.units.iter().map(|unit| unit.cursor.closed).max().filter(|_| published);
            let further = role.by_partition() || closed > furthest;
            furthest = closed.max(furthest);
            Ok(published && further)
        }
        none => {
            *none = Some(Instance::join(env, role, name)?);
            Ok(false)
        }
    });
    if let Some(ends) = shared.ends.get() {
        if let Some(joined) = &mut joined {
            settle::settle(&instance, joined, ends);
        }
        // One that leaves makes its group share the partitions anew, and refuses the others' commits.
        let deadline = Instant::now() + settle::PATIENCE;
        shared.unsettled.fetch_sub(1, Ordering::Relaxed);
        while shared.unsettled.load(Ordering::Relaxed) > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    match joined.map(Instance::finish) {
        // Nothing is lost: the next start decides the batch again.
        Some(Err(error)) if error.passing() => {
            tracing::info!(instance, "{error}; the next start takes in its last batch again");
        }
        Some(Err(error)) => tracing::warn!(instance, "the last batch was not committed: {error}"),
        Some(Ok(())) | None => {}
    }
}

/// Failures of a role's own long work (a training, writing the lake) in a row, without a publish
/// in between, before the run ends. A log or an external broker that is away is waited for.
const PATIENCE: u32 = 20;

/// Pause between two warnings about the same streak of failures.
const REMIND: Duration = Duration::from_secs(60);

/// Failures in a row. A warning says when they begin and again every minute; rebalances and
/// failures that the next attempts mend are no reason for one.
#[derive(Default)]
struct Streak {
    /// The role's partitions move between instances.
    shares: bool,
    failures: u32,
    /// Failures of the role's own work among them. It is repeated only after others succeeded.
    own: u32,
    begun: Option<Instant>,
    warned: Option<Instant>,
}

impl Streak {
    /// Waits longer after each failure, up to two seconds.
    fn failed(&mut self, instance: &str, error: &ShellError) {
        self.failures += 1;
        self.own += u32::from(!error.away());
        self.begun.get_or_insert_with(Instant::now);
        let failures = self.failures;
        let due = self.warned.is_none_or(|warned| warned.elapsed() > REMIND);
        if due && failures > tolerated(error, self.shares) {
            self.warned = Some(Instant::now());
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
            *self = Streak { shares: self.shares, ..Streak::default() };
        }
    }
}

/// Failures in a row that call for no warning. Every start or stop of an instance rebalances its
/// group; only a group that does not settle for half a minute needs a look. A call to the log that
/// fails and then succeeds needs none. Failed work is reported at once, and a lost place where the role
/// is not shared among instances (`shares`).
fn tolerated(error: &ShellError, shares: bool) -> u32 {
    match error {
        ShellError::Log(log) => match log.class {
            ErrorClass::Rebalanced => 30,
            ErrorClass::Retry => 2,
            // A partition may move in the moment of a publish; a place that is lost is lost the next times too.
            ErrorClass::Fenced if shares => 2,
            _ => 0,
        },
        _ => 0,
    }
}

fn drive(
    name: &str,
    role: Role,
    shared: &Shared,
    pulse: &Pulse,
    step: &mut dyn FnMut() -> Result<bool, ShellError>,
) {
    let mut streak = Streak { shares: role.by_partition(), ..Streak::default() };
    let instruments = shared.board.instruments();
    while !shared.stopped() {
        pulse.beat();
        match step() {
            Ok(published) => {
                if (published || streak.own == 0) && streak.begun.is_some() {
                    streak.over(name);
                    instruments.works_again(name);
                }
            }
            Err(error) if error.passing() && (streak.own < PATIENCE || error.away()) => {
                instruments.failed(role.name(), name, error.cause(), streak.failures + 1);
                streak.failed(name, &error);
            }
            Err(error) => shared.fail(error),
        }
    }
}

#[cfg(test)]
mod tests;
