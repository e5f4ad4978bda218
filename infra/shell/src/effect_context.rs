//! What a decision's effect may ask for: samples, controls, and whether its time is up.

use crate::event_reader::sound_events;
use crate::{controls::ControlBook, error::ShellError, record_codec};
use eventlog::{Log, PartitionReader};
use schemas::controls::ControlState;
use schemas::events::Settings;
use schemas::role::{EffectContext, EffectError};
use schemas::{Event, Topic};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A process that is asked to stop first finishes its work in hand. An effect that watches the clock
/// begins nothing new after this time.
const LONGEST: Duration = Duration::from_secs(15);

fn failed(what: &str, error: &ShellError) -> EffectError {
    let away = error.passing() && error.away();
    EffectError { what: format!("{what} cannot be read: {error}"), away, stuck: false }
}

/// What an effect may ask for, as the log has it.
pub(crate) struct LogEffectContext<'a> {
    log: &'a dyn Log,
    controls: RefCell<&'a mut ControlBook>,
    begun: Instant,
}

impl<'a> LogEffectContext<'a> {
    /// For an effect that begins now.
    pub(crate) fn new(log: &'a dyn Log, controls: &'a mut ControlBook) -> LogEffectContext<'a> {
        LogEffectContext { log, controls: RefCell::new(controls), begun: Instant::now() }
    }

    /// Asks `controls`, read to its end first.
    fn ask<T>(&self, question: impl FnOnce(&mut ControlBook) -> T) -> Result<T, EffectError> {
        let mut book = self.controls.borrow_mut();
        book.refresh(self.log).map_err(|error| failed("the controls", &error.into()))?;
        Ok(question(&mut book))
    }
}

/// The rows on `samples` before these offsets, by partition, in order; the first of two with the
/// same id.
pub(crate) fn samples_before(log: &dyn Log, ends: &[i64]) -> Result<Vec<Event>, ShellError> {
    let mut events: Vec<Event> = Vec::new();
    if ends.iter().all(|end| *end <= 0) {
        return Ok(events);
    }
    let (mut reader, total) = (PartitionReader::new(log)?, ends.len() as u32);
    for (partition, &end) in (0..total).zip(ends) {
        let place = record_codec::place(Topic::Samples, partition);
        let records = reader.records(&place, 0..end.max(0) as u64);
        for event in sound_events(records, Topic::Samples, partition, total) {
            events.push(event?.1);
        }
    }
    let mut known = BTreeSet::new();
    events.retain(|event| known.insert(event.id));
    Ok(events)
}

impl EffectContext for LogEffectContext<'_> {
    fn samples(&self, end: &[i64]) -> Result<Vec<Event>, EffectError> {
        samples_before(self.log, end).map_err(|error| failed("the samples", &error))
    }

    fn settings(&self, offset: i64) -> Result<Settings, EffectError> {
        self.ask(|book| book.at(offset).settings.clone())
    }

    fn controls(&self) -> Result<ControlState, EffectError> {
        self.ask(|book| book.latest().clone())
    }

    fn overdue(&self) -> bool {
        self.begun.elapsed() > LONGEST
    }
}
