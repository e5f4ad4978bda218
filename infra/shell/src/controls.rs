//! Reading `controls`: to its end before a decision, or up to the offset a recorded decision
//! was made under.

use crate::{inspect::inspect, record_codec};
use eventlog::{Log, Reader, Result};
use schemas::controls::ControlState;
use schemas::{Event, Topic};
use std::time::Duration;

/// Polls of five seconds that may give nothing before a read is given up.
const PATIENCE: u32 = 3;

/// Every control event so far, and the fold of them.
pub struct ControlBook {
    reader: Box<dyn Reader>,
    next: u64,
    events: Vec<(i64, Event)>,
    latest: ControlState,
    past: ControlState,
}

impl ControlBook {
    /// Nothing read yet.
    pub fn new(log: &dyn Log) -> Result<ControlBook> {
        Ok(ControlBook {
            reader: log.reader()?,
            next: 0,
            events: Vec::new(),
            latest: ControlState::default(),
            past: ControlState::default(),
        })
    }

    /// Reads to the end offset asked for now.
    pub fn refresh(&mut self, log: &dyn Log) -> Result<()> {
        let place = record_codec::place(Topic::Controls, 0);
        let end = log.watermarks(&place)?.high;
        let mut nothing = 0;
        while self.next < end {
            let due = [(place.clone(), self.next)];
            let fetched = self.reader.poll(&due, 1_000, Duration::from_secs(5))?;
            nothing = if fetched.is_empty() { nothing + 1 } else { 0 };
            if nothing == PATIENCE {
                return Err(record_codec::gave_nothing(&place));
            }
            for fetched in fetched {
                for record in &fetched.records {
                    // A bad control event changes nothing; `topics list` counts it.
                    if let Ok(event) = inspect(Topic::Controls, 0, 1, record) {
                        let offset = record.offset as i64;
                        self.latest.apply(offset, &event);
                        self.events.push((offset, event));
                    }
                }
                self.next = fetched.position;
            }
        }
        Ok(())
    }

    /// The fold of everything read.
    pub fn latest(&self) -> &ControlState {
        &self.latest
    }

    /// The fold up to and with `offset`.
    pub fn at(&mut self, offset: i64) -> &ControlState {
        if offset < self.past.offset {
            self.past = ControlState::default();
        }
        for (at, event) in &self.events {
            if *at > self.past.offset && *at <= offset {
                self.past.apply(*at, event);
            }
        }
        &self.past
    }
}
