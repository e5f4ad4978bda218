//! `controls`, folded: to its end before a decision, or up to the offset under which a recorded
//! decision was made.

use crate::{inspect::inspect, record_codec};
use eventlog::{Log, PartitionReader, Result};
use schemas::controls::ControlState;
use schemas::{Event, Topic};

/// Every control event so far, and the fold of them.
pub struct ControlBook {
    reader: PartitionReader,
    next: u64,
    events: Vec<(i64, Event)>,
    latest: ControlState,
    past: ControlState,
}

impl ControlBook {
    /// Nothing read yet.
    pub fn new(log: &dyn Log) -> Result<ControlBook> {
        Ok(ControlBook {
            reader: PartitionReader::new(log)?,
            next: 0,
            events: Vec::new(),
            latest: ControlState::default(),
            past: ControlState::default(),
        })
    }

    /// Reads to the present end.
    pub fn refresh(&mut self, log: &dyn Log) -> Result<()> {
        let place = record_codec::place(Topic::Controls, 0);
        let end = log.watermarks(&place)?.high;
        let mut records = self.reader.records(&place, self.next..end);
        while let Some(batch) = records.next_batch()? {
            for record in &batch {
                // A bad control event changes nothing; `topics list` counts it.
                if let Ok(event) = inspect(Topic::Controls, 0, 1, record) {
                    let offset = record.offset as i64;
                    self.latest.apply(offset, &event);
                    self.events.push((offset, event));
                }
            }
            self.next = records.position();
        }
        Ok(())
    }

    /// The fold of everything read.
    pub fn latest(&self) -> &ControlState {
        &self.latest
    }

    /// The fold asked for last.
    pub(crate) fn asked_last(&self) -> &ControlState {
        &self.past
    }

    /// The fold up to `offset`, inclusive.
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
