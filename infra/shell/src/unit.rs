//! A unit: one machine with its place in the day. A role by partition has one unit per partition,
//! any other role has one unit.
//!
//! Invariants:
//! 1. State changes only by [`Machine::evolve`]: by inputs in the cursor's order, and by the unit's
//!    own events, right after the event that caused them.
//! 2. A live unit evolves an own event before publishing it; a recovering one reads it from the log
//!    at the same point. So state is a function of the log.
//! 3. The own marker of a day and the offset of the day's last input marker are published
//!    together or not at all.

use crate::checkpoint::UnitCheckpoint;
use crate::cursor::{Cursor, Stage, stages};
use crate::decision_notes::DecisionNotes;
use crate::decision_spans::DecisionSpans;
use crate::error::ShellError;
use crate::input_ends::InputEnds;
use crate::read_ahead::ReadAhead;
use crate::record_codec;
use crate::status_board::UnitStatus;
use crate::unit_identity::UnitIdentity;
use eventlog::{Consumed, NewRecord, SharedRecord, TopicPartition};
use schemas::role::{Machine, Role};
use schemas::{Day, Topic};
use std::collections::BTreeMap;
use std::time::Instant;

#[cfg(test)]
mod tests;

/// Records inspected together, at most, which bounds the latency that batching adds to an event.
/// The first of them waits until all are decoded, 0.3 to 0.45 ms for 256 features on a busy machine,
/// and until the machine has prepared all at once; a scorer scores 256 rows in 30 µs with ONNX
/// Runtime (`butterquant model bench`). That is half a millisecond. A smaller lot never waits for
/// more.
pub const TOGETHER: usize = 256;

/// One machine and its place in the day.
pub struct Unit {
    pub(crate) identity: UnitIdentity,
    pub(crate) stages: Vec<Stage>,
    pub(crate) places: Vec<TopicPartition>,
    pub(crate) cursor: Cursor,
    pub(crate) machine: Box<dyn Machine>,
    pub(crate) written: Vec<i64>,
    /// Own outputs before these offsets, by output, belong to the state.
    pub(crate) own_from: Vec<u64>,
    /// Known ends of own outputs: the next `own_from`, once a later publish has shown that no other
    /// owner was writing to them.
    pub(crate) own_end: Vec<u64>,
    pub(crate) committed: Vec<u64>,
    pub(crate) pending: Vec<NewRecord>,
    /// What the program's log will say of them.
    pub(crate) notes: DecisionNotes,
    pub(crate) spans: DecisionSpans,
    /// Records read before they are due, by stage.
    pub(crate) ahead: Vec<ReadAhead>,
    /// When the inputs taken in since the last publish arrived, and how many; for metrics only.
    pub(crate) arrivals: Vec<(Instant, u32)>,
    /// While work is put off, the last day before the first of it.
    pub(crate) done: Option<Day>,
}

impl Unit {
    /// A unit of `role` that holds `partitions` of `total`, at the start of a run; `previous` is the
    /// day before the run's first.
    pub fn new(
        role: Role,
        partitions: &[u32],
        total: u32,
        machine: Box<dyn Machine>,
        previous: Day,
    ) -> Unit {
        let stages = stages(role, partitions);
        let places =
            stages.iter().map(|stage| record_codec::place(stage.topic, stage.partition)).collect();
        let identity = UnitIdentity::new(role, partitions, total);
        let outputs = identity.outputs.len();
        Unit {
            cursor: Cursor::new(previous, stages.len()),
            committed: vec![0; stages.len()],
            written: vec![0; outputs],
            own_from: vec![0; outputs],
            own_end: vec![0; outputs],
            ahead: stages.iter().map(|_| ReadAhead::default()).collect(),
            stages,
            places,
            identity,
            machine,
            pending: Vec::new(),
            arrivals: Vec::new(),
            notes: DecisionNotes::default(),
            spans: DecisionSpans::default(),
            done: None,
        }
    }

    /// The due partition and the offset it goes on from.
    pub fn due(&self) -> (&TopicPartition, u64) {
        (&self.places[self.cursor.stage], self.cursor.positions[self.cursor.stage])
    }

    /// The stages to read now and their offsets, the due stage first. The others are read ahead, so
    /// that a day costs one fetch rather than one per partition; little is held in memory.
    pub fn wanted(&self) -> impl Iterator<Item = (usize, &TopicPartition, u64)> {
        let (due, count) = (self.cursor.stage, self.stages.len());
        (due..count)
            .chain(0..due)
            .filter(|&stage| !self.ahead[stage].is_full())
            .map(|stage| (stage, &self.places[stage], self.next(stage)))
    }

    /// The stage that reads `place`.
    pub(crate) fn stage_of(&self, place: &TopicPartition) -> Option<usize> {
        self.places.iter().position(|own| own == place)
    }

    /// The offset after everything read of a stage.
    pub(crate) fn next(&self, stage: usize) -> u64 {
        self.ahead[stage].position.max(self.cursor.positions[stage])
    }

    /// Whether the role's group commits the stage's offsets; it does not for a topic that every
    /// instance reads.
    pub(crate) fn grouped(&self, stage: usize) -> bool {
        !(self.identity.role.by_partition() && self.stages[stage].topic.single())
    }

    pub(crate) fn place(&self, stage: usize) -> &TopicPartition {
        &self.places[stage]
    }

    /// Offsets applied but not committed yet. Where offsets were set ahead of what has been decided they stay,
    /// until the unit has come so far; one is named all the same, as it fences an older owner.
    pub(crate) fn consumed(&self) -> Vec<Consumed> {
        let name = |stage: usize| Consumed {
            tp: self.places[stage].clone(),
            from: self.committed[stage],
            next: self.cursor.positions[stage].max(self.committed[stage]),
        };
        let grouped = (0..self.stages.len()).filter(|stage| self.grouped(*stage));
        let moved =
            grouped.clone().filter(|&stage| self.cursor.positions[stage] > self.committed[stage]);
        let moved: Vec<Consumed> = moved.map(name).collect();
        match moved.is_empty() && !self.pending.is_empty() {
            true => grouped.map(name).take(1).collect(),
            false => moved,
        }
    }

    /// The first partition whose committed offset is behind what the unit has taken in, and how many there are.
    pub(crate) fn ahead_of(&self, committed: &[Option<u64>]) -> Option<(usize, usize)> {
        let ahead = |stage: &usize| {
            self.grouped(*stage) && self.cursor.positions[*stage] > committed[*stage].unwrap_or(0)
        };
        let mut all = (0..self.stages.len()).filter(ahead);
        all.next().map(|first| (first, 1 + all.count()))
    }

    /// Forgets what was read before it is due.
    pub(crate) fn forget_ahead(&mut self) {
        self.ahead = self.stages.iter().map(|_| ReadAhead::default()).collect();
    }

    /// The own outputs with pending records, and the index of each one's last pending record.
    pub(crate) fn last_of_outputs(&self) -> Vec<(usize, usize)> {
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, record) in self.pending.iter().enumerate() {
            let (topic, partition) = (&*record.to.topic, record.to.partition);
            let same = |own: &(Topic, u32)| own.1 == partition && own.0.name() == topic;
            if let Some(output) = self.identity.outputs.iter().position(same) {
                last.insert(output, at);
            }
        }
        last.into_iter().collect()
    }

    /// After a publish: consumed offsets are committed, and own outputs end after these offsets.
    pub(crate) fn published(&mut self, last: impl Iterator<Item = (usize, u64)>) {
        for (committed, position) in self.committed.iter_mut().zip(&self.cursor.positions) {
            *committed = (*committed).max(*position);
        }
        self.spans.published();
        self.own_from.clone_from(&self.own_end);
        for (output, offset) in last {
            self.own_from[output] = offset + 1;
            self.own_end[output] = offset + 1;
        }
    }

    /// Notes the ends of topics that others write too, so that a recovering unit need not read their
    /// events.
    pub(crate) fn note_ends(&mut self, ends: &BTreeMap<Topic, u64>) {
        for (end, (topic, _)) in self.own_end.iter_mut().zip(&self.identity.outputs) {
            *end = ends.get(topic).map_or(*end, |shared| *shared.max(end));
        }
    }

    /// Carries out what the machine has put off.
    pub(crate) fn carry_out(&mut self) -> Result<(), ShellError> {
        let unit = || self.identity.name.clone();
        self.machine.carry_out().map_err(|cause| ShellError::Effect { unit: unit(), cause })?;
        self.done = None;
        Ok(())
    }

    /// Its checkpoint.
    pub(crate) fn save(&self, log_identity: &str) -> UnitCheckpoint {
        UnitCheckpoint {
            log_identity: log_identity.to_owned(),
            cursor: self.cursor.clone(),
            own_from: self.own_from.clone(),
            written: self.written.clone(),
            machine: self.machine.save(),
        }
    }

    /// Keeps records read of a stage until [`Unit::step`] takes them in.
    pub fn read(
        &mut self,
        stage: usize,
        records: impl Iterator<Item = SharedRecord>,
        position: u64,
    ) {
        let from = self.next(stage);
        self.ahead[stage].extend(records.filter(|record| record.offset >= from), position);
    }

    /// Whether records of the due stage are read and not taken in.
    pub fn has_read(&self) -> bool {
        let stage = self.cursor.stage;
        !self.ahead[stage].is_empty() || self.next(stage) > self.cursor.positions[stage]
    }

    /// In stages with nothing left to take in, due or not, steps over offsets without an event (on
    /// Kafka, transaction markers), so that an idle partition shows no lag.
    pub(crate) fn skip_to_read(&mut self) {
        for stage in 0..self.stages.len() {
            if self.ahead[stage].is_empty() {
                self.cursor.positions[stage] = self.next(stage);
            }
        }
    }

    /// Whether it has not read to `ends` in a stage that its group commits and in which nothing is left to take in.
    pub(crate) fn is_short_of(&self, ends: &InputEnds) -> bool {
        (0..self.stages.len()).any(|stage| {
            let end = ends.of(&self.places[stage]);
            self.grouped(stage) && self.ahead[stage].is_empty() && self.next(stage) < end
        })
    }

    pub(crate) fn status(&self) -> UnitStatus {
        let (place, next_offset) = self.due();
        UnitStatus {
            role: self.identity.role.name().to_owned(),
            unit: self.identity.name.clone(),
            closed: self.done.unwrap_or(self.cursor.closed),
            taken_in: self.cursor.closed,
            current: self.cursor.current,
            waits_for: place.to_string(),
            next_offset,
            counts: self.cursor.counts,
        }
    }
}
