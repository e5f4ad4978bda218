//! A unit at the start of an instance: from its saved state, then from the log as far as its own outputs go, and
//! whether its group's committed offsets say the same.

use crate::decided::KeptLetters;
use crate::decisions::DecisionSource;
use crate::env::{Env, outputs_from};
use crate::offsets::Doubts;
use crate::{error::ShellError, recorded::Recorded, unit::Unit};
use eventlog::{ErrorClass, LogError, TopicPartition};
use schemas::Day;
use schemas::role::Role;

/// Committed offsets that are behind what a role has written itself.
#[derive(Clone)]
pub(crate) struct Stale {
    role: Role,
    place: TopicPartition,
    committed: Option<u64>,
    reached: u64,
    partitions: usize,
}

impl Stale {
    pub(crate) fn and(mut self, more: &Stale) -> Stale {
        self.partitions += more.partitions;
        self
    }
}

impl std::fmt::Display for Stale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Stale { role, place, committed, reached, partitions } = self;
        write!(f, "the committed offsets of group {role} were behind what it has decided: ")?;
        match committed {
            Some(offset) => write!(f, "{offset} of {place}")?,
            None => write!(f, "none of {place}")?,
        }
        write!(f, ", decided up to {reached}")?;
        if *partitions > 1 {
            write!(f, ", and {} more partitions", partitions - 1)?;
        }
        write!(f, "; they are put right, and nothing is decided twice")
    }
}

/// Where units start from.
pub(crate) struct Start<'a> {
    /// The day before the run's first.
    pub(crate) previous: Day,
    /// The identity that saved state must have.
    pub(crate) identity: &'a str,
}

/// A unit as its own outputs leave it.
pub(crate) struct Recovered {
    pub(crate) unit: Unit,
    /// Its committed offsets, if they are behind that.
    pub(crate) behind: Option<Stale>,
    /// Whether it differs from its saved state.
    pub(crate) moved: bool,
}

impl Env {
    /// The unit of `role` that holds the partitions of `share`, recovered.
    pub(crate) fn recovered(
        &self,
        role: Role,
        share: &[u32],
        start: &Start<'_>,
        doubts: &mut Doubts,
        letters: &mut KeptLetters,
    ) -> Result<Recovered, ShellError> {
        let (machine, previous) = (self.machine(role)?, start.previous);
        let mut unit = Unit::new(role, share, self.partitions, machine, previous);
        match self.states.load(&unit.identity.name)? {
            Some(saved) => unit.resume(saved, start.identity)?,
            None => unit = self.fresh_unit(role, share, previous)?,
        }
        let committed = self.committed(&unit, doubts)?;
        let mut moved = false;
        // No offset vouches for this state: it is made again, as far as its outputs vouch for it.
        if unit.ahead_of(&committed).is_some() && !unit.identity.outputs.is_empty() {
            unit = self.fresh_unit(role, share, previous)?;
            moved = true;
        }
        let saved = unit.cursor.positions.clone();
        if let Err(error) = self.catch_up(&mut unit, &committed, letters) {
            self.check_still(&unit, &committed)?;
            return Err(error);
        }
        moved |= unit.cursor.positions != saved;
        let behind = unit.ahead_of(&committed).map(|(stage, partitions)| Stale {
            role,
            place: unit.place(stage).clone(),
            committed: committed[stage],
            reached: unit.cursor.positions[stage],
            partitions,
        });
        if behind.is_some() {
            self.check_still(&unit, &committed)?;
        }
        Ok(Recovered { unit, behind, moved })
    }

    /// Another owner may have gone on in the meantime, and then nothing is wrong.
    fn check_still(&self, unit: &Unit, committed: &[Option<u64>]) -> Result<(), ShellError> {
        if self.asked(unit)? == committed {
            return Ok(());
        }
        let what = "the committed offsets have moved since they were asked for";
        let (class, group) = (ErrorClass::Rebalanced, unit.identity.role.name());
        Err(LogError::new(class, what, group, "it is tried again").into())
    }

    /// Re-applies what the unit has decided. A role without outputs goes on from its saved state: what it does can be
    /// done again.
    fn catch_up(
        &self,
        unit: &mut Unit,
        committed: &[Option<u64>],
        letters: &mut KeptLetters,
    ) -> Result<(), ShellError> {
        let log = &*self.log;
        let mut recorded = Recorded::new(log, unit.identity.role, &outputs_from(unit))?;
        letters.refresh(log)?;
        let mut source = DecisionSource::Recovery { recorded: &mut recorded, log };
        unit.recover(log, Some(letters), &mut source)?;
        unit.committed = committed.iter().map(|offset| offset.unwrap_or(0)).collect();
        Ok(())
    }
}
