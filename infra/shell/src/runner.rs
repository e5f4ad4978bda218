//! Running roles in one process, a thread an instance, until told to stop or until a day is
//! closed by all.

use crate::instance::{Env, Instance, Progress};
use crate::{error::ShellError, source::Source};
use schemas::Day;
use schemas::role::Role;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Which roles, and how many instances of each.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Role and number of instances (one is active where the role is not by partition).
    pub roles: Vec<(Role, u32)>,
    /// Stop when every unit has closed this day.
    pub until: Option<Day>,
}

impl Plan {
    /// Every role that reads, two scanners among them: the scanner is where the time goes.
    pub fn everything(until: Option<Day>) -> Plan {
        let roles = Role::ALL.into_iter().filter(|role| !role.inputs().is_empty());
        Plan {
            roles: roles.map(|role| (role, if role == Role::Scanner { 2 } else { 1 })).collect(),
            until,
        }
    }

    fn units(&self, partitions: u32) -> usize {
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
    let mut instances = Vec::new();
    for &(role, count) in &plan.roles {
        for number in 0..count {
            instances.push((
                format!("{role}-{number}"),
                Instance::join(env, role, &number.to_string())?,
            ));
        }
    }
    std::thread::scope(|scope| {
        let shared = &shared;
        if let Some(mut source) = source {
            scope.spawn(move || drive("source", shared, &mut || source.step()));
        }
        for (name, mut instance) in instances {
            scope.spawn(move || {
                drive(&name, shared, &mut || instance.step());
                if let Err(error) = instance.finish() {
                    tracing::warn!(instance = name, "the last batch was not committed: {error}");
                }
            });
        }
        while !shared.stopped() {
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

/// Failures in a row of a role's own long work (a training, writing the lake) before it is given
/// up. A log that is away is waited for.
const PATIENCE: u32 = 20;

fn drive(name: &str, shared: &Shared, step: &mut dyn FnMut() -> Result<Progress, ShellError>) {
    let mut failures = 0_u32;
    while !shared.stopped() {
        match step() {
            Ok(_) => failures = 0,
            Err(error) if error.passing() && (failures < PATIENCE || error.of_the_log()) => {
                failures += 1;
                tracing::warn!(instance = name, failures, "{error}; going on from the last save");
                std::thread::sleep(Duration::from_millis(50) * failures.min(40));
            }
            Err(error) => shared.fail(error),
        }
    }
}
