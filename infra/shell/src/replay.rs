//! Deciding everything again from what the log recorded, and making state again from nothing.

use crate::controls::ControlBook;
use crate::decisions::{DecisionSource, Difference};
use crate::env::{Env, outputs_from};
use crate::{error::ShellError, recorded::Recorded, unit::Unit};
use schemas::Day;
use schemas::role::Role;
use serde::Serialize;

/// What verification found.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Verified {
    /// Decisions made again.
    pub decisions: u64,
    /// Where they came out otherwise.
    pub differences: Vec<Difference>,
}

/// The roles whose decisions can be made again.
const DECIDING: [Role; 6] =
    [Role::Scanner, Role::Scorer, Role::Labeler, Role::Executor, Role::Broker, Role::Retrainer];

fn previous_day(book: &ControlBook) -> Result<Day, ShellError> {
    book.latest().opened.as_ref().map(|opened| opened.previous_day).ok_or(ShellError::NotOpened)
}

fn limits(env: &Env, unit: &Unit) -> Result<Vec<u64>, ShellError> {
    Ok(env.committed(unit)?.into_iter().map(|offset| offset.unwrap_or(0)).collect())
}

/// Decides everything that is committed again, from offset 0, and compares event by event;
/// `say` hears each unit's name as it begins.
pub fn verify(env: &Env, say: &mut dyn FnMut(&str)) -> Result<Verified, ShellError> {
    let log = &*env.log;
    let mut controls = ControlBook::new(log)?;
    controls.refresh(log)?;
    let previous = previous_day(&controls)?;
    let mut found = Verified::default();
    for role in DECIDING {
        for share in Env::shares(role, 0..env.partitions) {
            let mut unit = env.fresh_unit(role, &share, previous)?;
            say(&unit.identity.name);
            let limits = limits(env, &unit)?;
            let mut recorded = Recorded::new(log, &outputs_from(&unit))?;
            let mut source = DecisionSource::Verify {
                recorded: &mut recorded,
                controls: &mut controls,
                differences: &mut found.differences,
                compared: &mut found.decisions,
            };
            unit.run_to(log, &limits, &mut source)?;
        }
    }
    Ok(found)
}

/// A unit's state, made again.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Rebuilt {
    /// Which unit.
    pub unit: String,
    /// The last day it closed.
    pub closed: Day,
    /// Whether there was a saved state at the same place, and whether its bytes are the same.
    pub same: Option<bool>,
}

/// Makes the state of every unit again from offset 0 (the materializer's views and lake with
/// it) and saves it in the place of the old, which is compared first where it stands at the
/// same offsets.
pub fn rebuild(env: &Env, say: &mut dyn FnMut(&str)) -> Result<Vec<Rebuilt>, ShellError> {
    let log = &*env.log;
    let mut controls = ControlBook::new(log)?;
    controls.refresh(log)?;
    let previous = previous_day(&controls)?;
    let identity = env.identity()?;
    let (mut report, mut saves) = (Vec::new(), Vec::new());
    for role in Role::ALL.into_iter().filter(|role| !role.inputs().is_empty()) {
        for share in Env::shares(role, 0..env.partitions) {
            let mut unit = env.fresh_unit(role, &share, previous)?;
            say(&unit.identity.name);
            let limits = limits(env, &unit)?;
            let mut recorded = Recorded::new(log, &outputs_from(&unit))?;
            unit.run_to(
                log,
                &limits,
                &mut DecisionSource::Recovery { recorded: &mut recorded, log },
            )?;
            let made = unit.save(&identity);
            // An unreadable old state is what a rebuild is for.
            let old = env.states.load(&unit.identity.name).ok().flatten();
            let same = old
                .filter(|old| old.cursor.positions == made.cursor.positions)
                .map(|old| old.machine == made.machine && old.cursor == made.cursor);
            report.push(Rebuilt {
                unit: unit.identity.name.clone(),
                closed: unit.cursor.closed,
                same,
            });
            saves.push((unit.identity.name.clone(), made));
        }
    }
    env.states.clear()?;
    env.states.save(&saves)?;
    Ok(report)
}

/// The state of a role that one instance holds, made again from the log up to what is committed,
/// and the last day it closed; nothing is saved. It is for who looks at a run that works
/// elsewhere.
pub fn state_of(env: &Env, role: Role) -> Result<(Day, Vec<u8>), ShellError> {
    let log = &*env.log;
    let mut controls = ControlBook::new(log)?;
    controls.refresh(log)?;
    let all: Vec<u32> = (0..env.partitions).collect();
    let mut unit = env.fresh_unit(role, &all, previous_day(&controls)?)?;
    let limits = limits(env, &unit)?;
    let mut recorded = Recorded::new(log, &outputs_from(&unit))?;
    unit.run_to(log, &limits, &mut DecisionSource::Recovery { recorded: &mut recorded, log })?;
    Ok((unit.cursor.closed, unit.machine.save()))
}
