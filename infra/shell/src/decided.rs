//! How far a unit has decided, by what it has written itself: its outputs, and the dead letters that it keeps.
//! Committed offsets say the same, until somebody resets them, a broker forgets them or they expire; what is on
//! the log twice is there for ever. So recovery goes by the outputs, and offsets are put right from there.
//!
//! Invariants:
//! 1. A day whose markers the unit wrote is re-applied whole; of the day after it, the inputs up to the last one
//!    that led to an event of its own.
//! 2. Inputs after that led to nothing that is on the log. They are decided, whatever the offsets say.

use crate::decisions::DecisionSource;
use crate::error::ShellError;
use crate::inspect::inspect;
use crate::record_codec;
use crate::recorded::Beyond;
use crate::unit::Unit;
use eventlog::{Consumed, Log, PartitionReader, Reader, TopicPartition};
use schemas::events::DeadLetters;
use schemas::{Body, Day, EventId, Topic};
use std::collections::{BTreeMap, BTreeSet};

/// Inputs of the open day before a unit's place in which a cause is looked for, at most.
const MOST_BEHIND: u64 = 20_000;

/// Where the dead letters on the log come from: the last offset of each partition that has one, by the role that
/// keeps it.
#[derive(Default)]
pub(crate) struct KeptLetters {
    next: u64,
    last: BTreeMap<(String, String, i64), u64>,
}

impl KeptLetters {
    /// Reads on. To be called after the committed offsets are known.
    pub(crate) fn refresh(&mut self, log: &dyn Log) -> Result<(), ShellError> {
        let place = record_codec::place(Topic::DeadLetters, 0);
        let end = log.written_end(&place)?;
        if self.next >= end {
            return Ok(());
        }
        let mut reader = PartitionReader::new(log)?;
        for record in reader.records(&place, self.next..end) {
            let event = record_codec::event(Topic::DeadLetters, &record?);
            let Ok(Body::DeadLetters(DeadLetters::EventRejected(letter))) = event.map(|it| it.body)
            else {
                continue;
            };
            let offset = u64::try_from(letter.offset).unwrap_or(0);
            let last = self.last.entry((letter.role, letter.topic, letter.partition)).or_default();
            *last = offset.max(*last);
        }
        self.next = end;
        Ok(())
    }

    fn after(&self, role: &str, place: &TopicPartition) -> Option<u64> {
        let key = (role.to_owned(), place.topic.to_string(), i64::from(place.partition));
        self.last.get(&key).map(|last| last + 1)
    }
}

impl Unit {
    /// Takes in the log as far as the unit's own outputs say that it has decided. Decisions come from `source`,
    /// which reads those outputs.
    pub(crate) fn recover(
        &mut self,
        log: &dyn Log,
        letters: Option<&KeptLetters>,
        source: &mut DecisionSource<'_>,
    ) -> Result<(), ShellError> {
        let mut reader: Option<Box<dyn Reader>> = None;
        loop {
            let beyond = match source.recorded() {
                Some(recorded) => recorded.beyond(log, self.cursor.closed)?,
                None => Beyond::Nothing,
            };
            let causes = match beyond {
                Beyond::Day(day) => {
                    self.run_day(log, opened(&mut reader, log)?, day, source)?;
                    continue;
                }
                Beyond::Part(causes) => causes,
                Beyond::Nothing => BTreeSet::new(),
            };
            let by_event = self.last_cause(log, causes)?;
            let by_letter = letters.and_then(|letters| self.last_letter(letters));
            if let Some((stage, offset)) = by_event.max(by_letter) {
                self.run_part(log, opened(&mut reader, log)?, stage, offset, source)?;
            }
            return Ok(());
        }
    }

    /// Takes in the days that the unit has closed, up to `last` and no further; a role that writes no topic takes in
    /// its inputs' days.
    pub(crate) fn recover_through(
        &mut self,
        log: &dyn Log,
        last: Day,
        source: &mut DecisionSource<'_>,
    ) -> Result<(), ShellError> {
        let mut reader = log.reader()?;
        while self.cursor.closed < last {
            let next = match source.recorded() {
                Some(recorded) if !self.identity.outputs.is_empty() => {
                    match recorded.beyond(log, self.cursor.closed)? {
                        Beyond::Day(day) => day,
                        Beyond::Part(_) | Beyond::Nothing => break,
                    }
                }
                _ => last,
            };
            if next > last {
                break;
            }
            self.run_day(log, &mut *reader, next, source)?;
        }
        Ok(())
    }

    fn run_day(
        &mut self,
        log: &dyn Log,
        reader: &mut dyn Reader,
        day: Day,
        source: &mut DecisionSource<'_>,
    ) -> Result<(), ShellError> {
        while self.cursor.closed < day {
            if !self.has_read() && !self.read_to(reader, &self.no_limits())? {
                self.nothing_came(log, format!("decided {day}"))?;
            }
            self.step(usize::MAX, source)?;
        }
        Ok(())
    }

    /// Takes in the log up to `offset`, exclusive, of `stage`.
    fn run_part(
        &mut self,
        log: &dyn Log,
        reader: &mut dyn Reader,
        stage: usize,
        offset: u64,
        source: &mut DecisionSource<'_>,
    ) -> Result<(), ShellError> {
        while self.cursor.positions[stage] < offset {
            if !self.has_read() && !self.read_to(reader, &self.no_limits())? {
                let place = self.place(stage);
                self.nothing_came(log, format!("decided on offset {} of {place}", offset - 1))?;
            }
            let most = match self.cursor.stage == stage {
                true => self.ahead[stage].next().filter(|record| record.offset < offset).count(),
                false => usize::MAX,
            };
            // Offsets without a record (on Kafka, transaction markers) are stepped over.
            self.step(most.max(1), source)?;
        }
        Ok(())
    }

    /// Committed offsets that no record has had, set back to where the unit is.
    pub(crate) fn beyond_end(&self, log: &dyn Log) -> Result<Vec<Consumed>, ShellError> {
        let mut set_back = Vec::new();
        for stage in (0..self.stages.len()).filter(|stage| self.grouped(*stage)) {
            let (tp, from) = (self.place(stage).clone(), self.committed[stage]);
            if from > self.cursor.positions[stage] && from > log.written_end(&tp)? {
                set_back.push(Consumed { tp, from, next: self.cursor.positions[stage] });
            }
        }
        Ok(set_back)
    }

    fn no_limits(&self) -> Vec<u64> {
        vec![u64::MAX; self.stages.len()]
    }

    /// Tells a log that is slow from one that has lost what the unit has read before.
    fn nothing_came(&self, log: &dyn Log, what: String) -> Result<(), ShellError> {
        let (place, from) = self.due();
        if log.written_end(place)? > from {
            return Err(record_codec::gave_nothing(place).into());
        }
        Err(ShellError::Hole {
            unit: self.identity.name.clone(),
            what: format!("{what}, and {place} ends at offset {from}, before that"),
        })
    }

    /// The last input of the open day that is among `causes`: its stage and the offset after it. Every one of them
    /// must be there: to decide on without it would be to decide again.
    fn last_cause(
        &self,
        log: &dyn Log,
        mut causes: BTreeSet<EventId>,
    ) -> Result<Option<(usize, u64)>, ShellError> {
        if causes.is_empty() {
            return Ok(None);
        }
        let (mut last, mut reader) = (None, PartitionReader::new(log)?);
        let deciding = |stage: &usize| self.machine.decides_on(self.stages[*stage].topic);
        for stage in (self.cursor.stage..self.stages.len()).filter(deciding) {
            let (place, from) = (self.place(stage), self.cursor.positions[stage]);
            let ends = log.watermarks(place)?;
            // A saved state may hold more of its outputs than it says; their causes are behind it.
            let behind = from.saturating_sub(MOST_BEHIND).max(ends.low);
            for record in reader.records(place, behind..ends.high.max(behind)) {
                let record = record?;
                let topic = self.stages[stage].topic;
                let Ok(event) = inspect(topic, place.partition, self.identity.total, &record)
                else {
                    continue;
                };
                if causes.remove(&event.id) && record.offset >= from {
                    last = Some((stage, record.offset + 1));
                }
                if event.body.marker().is_some_and(|it| it.previous_day == self.cursor.closed) {
                    break;
                }
            }
        }
        if causes.is_empty() {
            return Ok(last);
        }
        let closed = self.cursor.closed;
        Err(ShellError::Hole {
            unit: self.identity.name.clone(),
            what: format!(
                "written events that follow from {} others after {closed}, and its inputs or its own markers do not hold those",
                causes.len()
            ),
        })
    }

    /// The last dead letter that the unit has kept and not yet come to again: in the open day, or in any where
    /// dead letters are all that the role writes.
    fn last_letter(&self, letters: &KeptLetters) -> Option<(usize, u64)> {
        let role = self.identity.role.name();
        let from = if self.identity.outputs.is_empty() { 0 } else { self.cursor.stage };
        let stages = (from..self.stages.len()).rev();
        let mut kept = stages.filter_map(|stage| {
            let after = letters.after(role, self.place(stage))?;
            (after > self.cursor.positions[stage]).then_some((stage, after))
        });
        kept.next()
    }
}

fn opened<'a>(
    reader: &'a mut Option<Box<dyn Reader>>,
    log: &dyn Log,
) -> Result<&'a mut dyn Reader, ShellError> {
    Ok(&mut **match reader {
        Some(reader) => reader,
        none => none.insert(log.reader()?),
    })
}
