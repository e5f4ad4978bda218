//! Taking records in: inspect, evolve, decide, and close the day behind its last marker.

use crate::cursor::{Stage, Verdict};
use crate::decision_spans;
use crate::decisions::{Decided, DecisionSource};
use crate::error::ShellError;
use crate::inspect::{Bad, inspect};
use crate::record_codec;
use crate::unit::{TOGETHER, Unit};
use eventlog::Record;
use schemas::events::DayClosed;
use schemas::role::{Cause, Context};
use schemas::{Day, Event, EventId};
use std::sync::Arc;

/// What every role makes of a record before it takes it in.
struct Inspected {
    event: Result<Event, Bad>,
    fingerprint: u64,
}

impl Unit {
    /// Takes in records of the due stage, up to its marker and at most `most`; true when that closed
    /// a day.
    pub fn step(
        &mut self,
        most: usize,
        source: &mut DecisionSource<'_>,
    ) -> Result<bool, ShellError> {
        let stage = self.cursor.stage;
        let mut left = most;
        while left > 0 {
            let lot = self.inspect_lot(stage, left.min(TOGETHER), source);
            if lot.is_empty() {
                self.cursor.positions[stage] = self.next(stage);
                return Ok(false);
            }
            left -= lot.len();
            for inspected in lot {
                let Some(record) = self.ahead[stage].pop() else { return Ok(false) };
                self.cursor.positions[stage] = record.offset + 1;
                if source.is_live() {
                    self.note_arrival(stage, record.offset);
                }
                if let Some(marker) = self.take_in(&record, &inspected, source)? {
                    if self.cursor.stage_done() {
                        self.finish_day(&marker, source)?;
                        return Ok(true);
                    }
                    return Ok(false);
                }
            }
        }
        Ok(false)
    }

    /// Notes when an input arrived, until the publish that answers it.
    fn note_arrival(&mut self, stage: usize, offset: u64) {
        let Some(at) = self.ahead[stage].arrival_of(offset) else { return };
        match self.arrivals.last_mut() {
            Some((last, count)) if *last == at => *count += 1,
            _ => self.arrivals.push((at, 1)),
        }
    }

    /// Inspects the next records of a stage, up to its marker and at most `most`, and lets a machine
    /// that is to decide prepare for the sound events.
    fn inspect_lot(
        &mut self,
        stage: usize,
        most: usize,
        source: &DecisionSource<'_>,
    ) -> Vec<Arc<Inspected>> {
        let Stage { topic, partition, .. } = self.stages[stage];
        let mut lot = Vec::new();
        for record in self.ahead[stage].next().take(most) {
            // Every role judges it alike, so the first to have it reads it for all.
            let inspected = record.made(|record| Inspected {
                event: inspect(topic, partition, self.identity.total, record),
                fingerprint: fingerprint(&record.value),
            });
            let last = inspected.event.as_ref().is_ok_and(|event| event.body.marker().is_some());
            lot.push(inspected);
            if last {
                break;
            }
        }
        if let Some(controls) = source.controls_now()
            && self.machine.decides_on(topic)
        {
            let events: Vec<&Event> =
                lot.iter().filter_map(|one| one.event.as_ref().ok()).collect();
            self.machine.prepare(&events, &Context { controls, samples_end: &[] });
        }
        lot
    }

    /// Applies one record; returns the event if it is the stage's marker.
    fn take_in(
        &mut self,
        record: &Record,
        inspected: &Inspected,
        source: &mut DecisionSource<'_>,
    ) -> Result<Option<Event>, ShellError> {
        let stage = self.stages[self.cursor.stage];
        let event = match &inspected.event {
            Ok(event) => event,
            Err(bad) => {
                self.cursor.counts.undecodable += 1;
                self.dead_letter(record, bad.clone(), source)?;
                return Ok(None);
            }
        };
        let rejected = |stage, message| Bad { stage, message, event: Some(event.id) };
        if event.body.kind() == "UNKNOWN" {
            self.cursor.counts.unknown += 1;
            return Ok(None);
        }
        match self.cursor.admit(stage, event, inspected.fingerprint) {
            Verdict::Apply => {
                self.spans.taken_in(event);
                self.machine.evolve(event);
                if self.machine.decides_on(stage.topic) {
                    self.respond(Cause::Event(event), event.day, event.id, source)?;
                }
                Ok(None)
            }
            Verdict::Marker => {
                self.machine.evolve(event);
                Ok(Some(event.clone()))
            }
            Verdict::Conflict => {
                let what = "another event already has this id; the first one stands".to_owned();
                self.dead_letter(record, rejected("conflict", what), source)?;
                Ok(None)
            }
            Verdict::OutOfOrder => {
                let what = format!(
                    "an event of {}, though the last closed day is {}",
                    event.day, self.cursor.closed
                );
                self.dead_letter(record, rejected("order", what), source)?;
                Ok(None)
            }
            Verdict::Duplicate | Verdict::Late => Ok(None),
        }
    }

    /// Asks for the events that `cause` leads to, evolves the state by them, and keeps new ones for
    /// publishing.
    fn respond(
        &mut self,
        cause: Cause<'_>,
        day: Day,
        id: EventId,
        source: &mut DecisionSource<'_>,
    ) -> Result<i64, ShellError> {
        let began = decision_spans::begins();
        let Decided { events, fresh, control_offset } =
            source.decide(&self.identity, &*self.machine, cause, day, id)?;
        for event in &events {
            self.machine.evolve(event);
            if let Some(output) = self.identity.output_of(event) {
                self.written[output] += 1;
            }
            if fresh {
                self.notes.decided(event);
                let partition = record_codec::partition(event, self.identity.total);
                self.spans.decided(event, began, partition);
                self.pending.push(record_codec::record(
                    event,
                    self.identity.total,
                    self.identity.role.name(),
                )?);
            }
        }
        Ok(control_offset)
    }

    fn finish_day(
        &mut self,
        last: &Event,
        source: &mut DecisionSource<'_>,
    ) -> Result<(), ShellError> {
        let day = self.cursor.current.unwrap_or(last.day);
        let previous = self.cursor.closed;
        let control_offset =
            self.respond(Cause::DayClosed { day, previous }, day, last.id, source)?;
        for i in 0..self.identity.outputs.len() {
            let (topic, partition) = self.identity.outputs[i];
            let mut marker = DayClosed {
                partition: i64::from(partition),
                previous_day: previous,
                events: self.written[i],
                ..DayClosed::default()
            };
            self.machine.note(&mut marker);
            if let Some(mut marker) = Event::marker(topic, day, marker) {
                marker.causation = Some(last.id);
                marker.control_offset = Some(control_offset);
                if let Some(record) = source.marker(&self.identity, topic, partition, &marker)? {
                    self.pending.push(record);
                }
            }
            self.written[i] = 0;
        }
        self.machine.close_day(day);
        self.cursor.close_day(day);
        self.spans.closed(day);
        if source.is_live() {
            self.notes.closed(day);
        }
        self.done = self.machine.puts_off().then(|| self.done.unwrap_or(previous));
        Ok(())
    }
}

/// FNV-1a, 64 bits: tells a repeated event from a changed one. Checkpoints hold it, so it must not
/// change.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}
