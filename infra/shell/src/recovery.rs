//! The recovery of a unit: from its checkpoint, then from the log, publishing nothing.

use crate::{
    checkpoint::UnitCheckpoint, decisions::DecisionSource, error::ShellError, record_codec,
    recorded::Recorded, unit::Unit,
};
use eventlog::{Log, Reader, TopicPartition};
use std::time::Duration;

impl Unit {
    /// Restores a checkpoint.
    pub(crate) fn resume(
        &mut self,
        saved: UnitCheckpoint,
        identity: &str,
    ) -> Result<(), ShellError> {
        if saved.log_identity != identity {
            return Err(self.mismatch("was saved for another log"));
        }
        if saved.cursor.positions.len() != self.stages.len()
            || saved.written.len() != self.identity.outputs.len()
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

    /// Takes in the events of the run's opening, which precede every input.
    pub(crate) fn take_opening(&mut self, recorded: &mut Recorded) -> Result<(), ShellError> {
        recorded.load(self.cursor.closed)?;
        for event in recorded.take_all() {
            self.machine.evolve(&event);
        }
        Ok(())
    }

    /// Takes in the log up to `limits` (by stage), with decisions from `source`, or as far as the days' order
    /// lets it: offsets that somebody has set need not fit together.
    pub(crate) fn run_to(
        &mut self,
        log: &dyn Log,
        limits: &[u64],
        source: &mut DecisionSource<'_>,
    ) -> Result<(), ShellError> {
        let mut reader = log.reader()?;
        self.forget_ahead();
        let limits: Vec<u64> = (0..limits.len())
            .map(|stage| if self.grouped(stage) { limits[stage] } else { u64::MAX })
            .collect();
        while self.behind(&limits) {
            if !self.has_read() && !self.read_to(&mut *reader, &limits)? {
                // The rest may be transaction markers without an event.
                self.skip_to_read();
                if !self.behind(&limits) {
                    break;
                }
                // A slow log gives nothing for a while; only its end shows that nothing is left.
                let due = self.cursor.stage;
                for stage in (0..limits.len()).filter(|&stage| self.grouped(stage) || stage == due)
                {
                    let (place, from) = (self.place(stage), self.next(stage));
                    if from < limits[stage] && log.written_end(place)? > from {
                        return Err(record_codec::gave_nothing(place).into());
                    }
                }
                self.forget_ahead();
                return Ok(());
            }
            self.step(usize::MAX, source)?;
        }
        self.read_unowned(&mut *reader, source)
    }

    fn behind(&self, limits: &[u64]) -> bool {
        (0..limits.len())
            .any(|stage| self.grouped(stage) && self.cursor.positions[stage] < limits[stage])
    }

    /// Reads more of each wanted stage, to its limit; false when nothing came.
    pub(crate) fn read_to(
        &mut self,
        reader: &mut dyn Reader,
        limits: &[u64],
    ) -> Result<bool, ShellError> {
        let wanted: Vec<(usize, (TopicPartition, u64))> = self
            .wanted()
            .filter(|&(stage, _, from)| from < limits[stage])
            .map(|(stage, place, from)| (stage, (place.clone(), from)))
            .collect();
        let due: Vec<(TopicPartition, u64)> = wanted.iter().map(|(_, due)| due.clone()).collect();
        if due.is_empty() {
            return Ok(false);
        }
        let fetched = reader.poll(&due, 2_000, Duration::from_secs(2))?;
        let found = !fetched.is_empty();
        for part in fetched {
            let stage = wanted.iter().find(|(_, (place, _))| *place == part.tp).map(|(s, _)| *s);
            let Some(stage) = stage else { continue };
            let limit = limits[stage];
            let records = part.records.into_iter().filter(|record| record.offset < limit);
            self.read(stage, records, part.position.min(limit));
        }
        Ok(found)
    }

    /// A topic that every instance reads has no committed offset: takes in its records of the due
    /// day, as a unit that had never stopped would have.
    fn read_unowned(
        &mut self,
        reader: &mut dyn Reader,
        source: &mut DecisionSource<'_>,
    ) -> Result<(), ShellError> {
        let stage = self.cursor.stage;
        if self.grouped(stage) {
            return Ok(());
        }
        if !self.has_read() {
            let (place, from) = (self.place(stage).clone(), self.cursor.positions[stage]);
            for fetched in reader.poll(&[(place, from)], 2_000, Duration::ZERO)? {
                self.read(stage, fetched.records.into_iter(), fetched.position);
            }
        }
        self.step(usize::MAX, source).map(|_| ())
    }

    pub(crate) fn mismatch(&self, what: &str) -> ShellError {
        ShellError::StateMismatch { unit: self.identity.name.clone(), what: what.to_owned() }
    }
}
