//! A unit as it was when it had closed an earlier day, made again from the log: its state, and the offsets that belong
//! to it. Nothing is decided: what the unit decided then is read from its own outputs.
//!
//! Invariants:
//! 1. State and offsets are of one moment, the end of a day: neither is ever set without the other.
//! 2. No day is reached that the unit has not closed by its own markers.

use crate::checkpoint::UnitCheckpoint;
use crate::decisions::DecisionSource;
use crate::env::{Env, outputs_from};
use crate::error::ShellError;
use crate::open;
use crate::recorded::Recorded;
use eventlog::TopicPartition;
use schemas::Day;
use schemas::role::Role;

/// A unit at the end of an earlier day.
#[derive(Clone, PartialEq, Debug)]
pub struct EarlierState {
    /// Its name.
    pub unit: String,
    /// The last day it had closed: the run's beginning where that is the day before its first.
    pub closed: Day,
    /// Its state then; none at the run's beginning.
    pub checkpoint: Option<UnitCheckpoint>,
    /// The offsets that its group commits with that state.
    pub offsets: Vec<(TopicPartition, u64)>,
}

impl Env {
    /// The unit of `role` that holds `partitions`, as it was when `day` was the last that it had closed, or the last
    /// before `day`.
    ///
    /// # Errors
    /// Those of the log, and a run that was never opened.
    pub fn earlier_state(
        &self,
        role: Role,
        partitions: &[u32],
        day: Day,
    ) -> Result<EarlierState, ShellError> {
        let log = &*self.log;
        let opened = open::opened(log)?.ok_or(ShellError::NotOpened)?;
        let mut unit = self.fresh_unit(role, partitions, opened.previous_day)?;
        if day > opened.previous_day {
            let mut recorded = Recorded::new(log, role, &outputs_from(&unit))?;
            let mut source = DecisionSource::Recovery { recorded: &mut recorded, log };
            unit.recover_through(log, day, &mut source)?;
            unit.carry_out()?;
        }
        let begun = unit.cursor.closed > opened.previous_day;
        let grouped = (0..unit.stages.len()).filter(|stage| unit.grouped(*stage));
        let offsets = grouped
            .map(|stage| match begun {
                true => (unit.place(stage).clone(), unit.cursor.positions[stage]),
                false => (unit.place(stage).clone(), 0),
            })
            .collect();
        let identity = self.identity()?;
        Ok(EarlierState {
            unit: unit.identity.name.clone(),
            closed: unit.cursor.closed,
            checkpoint: begun.then(|| unit.save(&identity)),
            offsets,
        })
    }
}
