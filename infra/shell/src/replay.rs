//! Rebuilding state from nothing.

use crate::checkpoint::CheckpointStore;
use crate::controls::ControlBook;
use crate::decisions::DecisionSource;
use crate::env::{Env, outputs_from};
use crate::{error::ShellError, recorded::Recorded, unit::Unit};
use schemas::Day;
use schemas::role::Role;
use serde::Serialize;

fn previous_day(book: &ControlBook) -> Result<Day, ShellError> {
    book.latest().opened.as_ref().map(|opened| opened.previous_day).ok_or(ShellError::NotOpened)
}

/// A unit whose state was rebuilt.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Rebuilt {
    /// Which unit.
    pub unit: String,
    /// The last day it closed.
    pub closed: Day,
    /// Whether the saved state had the same bytes; `None` without one at the same offsets.
    pub same: Option<bool>,
}

/// Rebuilds the state of every unit from offset 0 (with it the materializer's views and lake), as far as its own
/// outputs go, and saves it in the place of any state there; compared with the state `before` where both are at the
/// same offsets.
pub fn rebuild(
    env: &Env,
    before: Option<&dyn CheckpointStore>,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<Rebuilt>, ShellError> {
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
            // A rebuild also replaces unreadable state.
            let old = before.and_then(|before| before.load(&unit.identity.name).ok().flatten());
            let mut recorded = Recorded::new(log, role, &outputs_from(&unit))?;
            let mut source = DecisionSource::Recovery { recorded: &mut recorded, log };
            unit.recover(log, None, &mut source)?;
            let saved = old.as_ref().filter(|old| old.log_identity == identity);
            let limits = rest(env, &unit, saved.map(|old| &old.cursor.positions[..]))?;
            unit.run_to(log, &limits, &mut source)?;
            unit.carry_out()?;
            let made = unit.save(&identity);
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
    env.states.save(&mut saves.into_iter())?;
    Ok(report)
}

/// How far a unit goes on behind its own outputs: to the saved state, where the committed offsets go as far. A role
/// without outputs goes to whichever of the two is further, and to the end where neither is anywhere, as after
/// a rebuild that was interrupted and offsets that were reset.
fn rest(env: &Env, unit: &Unit, saved: Option<&[u64]>) -> Result<Vec<u64>, ShellError> {
    let reached = env.reached(unit)?;
    let saved: Vec<u64> = match saved {
        Some(saved) if saved.len() == reached.len() => saved.to_vec(),
        _ => vec![0; reached.len()],
    };
    let both = saved.into_iter().zip(reached);
    if !unit.identity.outputs.is_empty() {
        return Ok(both.map(|(saved, reached)| saved.min(reached)).collect());
    }
    let mut limits: Vec<u64> = both.map(|(saved, reached)| saved.max(reached)).collect();
    let nowhere = limits.iter().all(|limit| *limit == 0);
    for (stage, limit) in limits.iter_mut().enumerate() {
        let end = env.log.watermarks(unit.place(stage))?.high;
        *limit = if nowhere { end } else { end.min(*limit) };
    }
    Ok(limits)
}

/// The last closed day and the state of a role with one unit, rebuilt from the log as far as its own
/// outputs go; saves nothing. Serves readers of a run that works in another process.
pub fn state_of(env: &Env, role: Role) -> Result<(Day, Vec<u8>), ShellError> {
    let log = &*env.log;
    let mut controls = ControlBook::new(log)?;
    controls.refresh(log)?;
    let all: Vec<u32> = (0..env.partitions).collect();
    let mut unit = env.fresh_unit(role, &all, previous_day(&controls)?)?;
    let mut recorded = Recorded::new(log, role, &outputs_from(&unit))?;
    let mut source = DecisionSource::Recovery { recorded: &mut recorded, log };
    unit.recover(log, None, &mut source)?;
    Ok((unit.cursor.closed, unit.machine.save()))
}
