//! A unit coming back: from its save, then from the log, without a word.

use crate::{
    error::ShellError, recorded::Recorded, saved::SavedUnit, unit::Unit, voice::Voice, wire,
};
use eventlog::{Log, Reader};
use std::time::Duration;

impl Unit {
    /// Puts a save back.
    pub(crate) fn resume(&mut self, saved: SavedUnit, identity: &str) -> Result<(), ShellError> {
        if saved.log_identity != identity {
            return Err(self.mismatch("was saved for another log"));
        }
        if saved.cursor.positions.len() != self.stages.len()
            || saved.written.len() != self.outputs.len()
        {
            return Err(self.mismatch("was saved with another partition count"));
        }
        self.machine.restore(&saved.machine)?;
        self.cursor = saved.cursor;
        self.own_from.clone_from(&saved.own_from);
        self.own_end = saved.own_from;
        self.written = saved.written;
        Ok(())
    }

    /// Takes in what was said when the run was opened: it precedes every input.
    pub(crate) fn take_opening(&mut self, recorded: &mut Recorded) -> Result<(), ShellError> {
        recorded.load(self.cursor.closed)?;
        for event in recorded.take_all() {
            self.machine.evolve(&event);
        }
        Ok(())
    }

    /// Reads what the log holds up to `limits` (by stage), speaking with `voice`.
    pub(crate) fn run_to(
        &mut self,
        log: &dyn Log,
        limits: &[u64],
        voice: &mut Voice<'_>,
    ) -> Result<(), ShellError> {
        let mut reader = log.reader()?;
        let behind = |unit: &Unit| {
            (0..limits.len())
                .any(|stage| unit.grouped(stage) && unit.cursor.positions[stage] < limits[stage])
        };
        while behind(self) {
            let stage = self.cursor.stage;
            let (place, from) = (self.place(stage).clone(), self.cursor.positions[stage]);
            let limit = if self.grouped(stage) { limits[stage] } else { u64::MAX };
            if !self.has_read() {
                let fetched = reader.poll(&[(place, from)], 2_000, Duration::from_secs(2))?;
                let Some(fetched) = fetched.into_iter().next() else {
                    // A slow log gives nothing for a while; only its end says that there is nothing.
                    if log.watermarks(self.place(stage))?.high > from {
                        return Err(wire::gave_nothing(self.place(stage)).into());
                    }
                    return Err(self.mismatch("waits for a marker that the log does not hold, though later offsets are committed"));
                };
                let records = fetched.records.into_iter().filter(|record| record.offset < limit);
                self.read(records, fetched.position.min(limit));
            }
            self.step(voice)?;
            if self.cursor.stage == stage && self.cursor.positions[stage] >= limit && behind(self) {
                return Err(self.mismatch(
                    "has read all that is committed of one input and not of a later one",
                ));
            }
        }
        self.read_unowned(&mut *reader, voice)
    }

    /// A topic that every instance reads has no committed offset: what is there of the due day
    /// is taken in, as a unit that had run all the time would have.
    fn read_unowned(
        &mut self,
        reader: &mut dyn Reader,
        voice: &mut Voice<'_>,
    ) -> Result<(), ShellError> {
        let stage = self.cursor.stage;
        if self.grouped(stage) {
            return Ok(());
        }
        if !self.has_read() {
            let (place, from) = (self.place(stage).clone(), self.cursor.positions[stage]);
            for fetched in reader.poll(&[(place, from)], 2_000, Duration::ZERO)? {
                self.read(fetched.records.into_iter(), fetched.position);
            }
        }
        self.step(voice).map(|_| ())
    }

    pub(crate) fn mismatch(&self, what: &str) -> ShellError {
        ShellError::StateMismatch { unit: self.name.clone(), what: what.to_owned() }
    }
}
