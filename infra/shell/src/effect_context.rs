//! The outside as long work sees it: what the log holds, and how much time is left.

use crate::{controls::ControlBook, error::ShellError, inspect::inspect, record_codec};
use eventlog::Log;
use schemas::controls::ControlState;
use schemas::events::Settings;
use schemas::role::{EffectError, World};
use schemas::{Event, Topic};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Whoever asks a process to end waits for what it has in hand. Work that watches the clock begins
/// nothing new after this.
const LONGEST: Duration = Duration::from_secs(15);

fn failed(what: &str, error: &ShellError) -> EffectError {
    let away = error.passing() && error.away();
    EffectError { what: format!("{what} cannot be read: {error}"), away }
}

/// The outside, as the log shows it.
pub struct EffectContext<'a> {
    log: &'a dyn Log,
    controls: RefCell<&'a mut ControlBook>,
    begun: Instant,
}

impl<'a> EffectContext<'a> {
    /// For work that begins now.
    pub fn new(log: &'a dyn Log, controls: &'a mut ControlBook) -> EffectContext<'a> {
        EffectContext { log, controls: RefCell::new(controls), begun: Instant::now() }
    }

    /// Asks the book of `controls`, read to its end.
    fn ask<T>(&self, question: impl FnOnce(&mut ControlBook) -> T) -> Result<T, EffectError> {
        let mut book = self.controls.borrow_mut();
        book.refresh(self.log).map_err(|error| failed("the controls", &error.into()))?;
        Ok(question(&mut book))
    }
}

/// The rows on `samples` before these offsets, by partition, in their order; of two with one id
/// the first.
pub(crate) fn samples_before(log: &dyn Log, ends: &[i64]) -> Result<Vec<Event>, ShellError> {
    let mut events: Vec<Event> = Vec::new();
    if ends.iter().all(|end| *end <= 0) {
        return Ok(events);
    }
    let mut reader = log.reader()?;
    for (partition, &end) in ends.iter().enumerate() {
        let (place, end) = (record_codec::place(Topic::Samples, partition as u32), end.max(0) as u64);
        let mut next = 0;
        while next < end {
            let fetched = reader.poll(&[(place.clone(), next)], 2_000, Duration::from_secs(5))?;
            let fetched = fetched.into_iter().next().ok_or_else(|| record_codec::gave_nothing(&place))?;
            let before_end = fetched.records.iter().filter(|record| record.offset < end);
            let sound =
                |record| inspect(Topic::Samples, partition as u32, ends.len() as u32, record).ok();
            events.extend(before_end.filter_map(sound));
            next = fetched.position;
        }
    }
    let mut known = BTreeSet::new();
    events.retain(|event| known.insert(event.id));
    Ok(events)
}

impl World for EffectContext<'_> {
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
