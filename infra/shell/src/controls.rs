//! `controls`, folded: to its end before a decision, or up to the offset under which a recorded
//! decision was made.

use crate::{decision_text::command, inspect::inspect, record_codec};
use eventlog::{Log, PartitionReader, Result};
use schemas::controls::ControlState;
use schemas::events::Controls;
use schemas::role::Role;
use schemas::{Body, Event, Topic};

/// Every control event so far, and the fold of them.
pub struct ControlBook {
    reader: PartitionReader,
    next: u64,
    events: Vec<(i64, Event)>,
    latest: ControlState,
    past: ControlState,
    /// Commands that the log has heard of, once it has been told the present state.
    logged: Option<usize>,
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
            logged: None,
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

    /// Logs the commands that are new to `role` and concern it; the first time, what is halted.
    pub(crate) fn log_new(&mut self, role: Role) {
        let from = self.logged.replace(self.events.len());
        if from.is_none() && role == Role::Executor {
            for (track, offset) in &self.latest.halted {
                tracing::info!("{} is halted since controls offset {offset}", track.name());
            }
        }
        for (offset, event) in &self.events[from.unwrap_or(self.events.len())..] {
            if let Some(said) = command(event).filter(|_| concerns(role, event)) {
                tracing::info!(role = role.name(), offset, "{said}");
            }
        }
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

/// Whether `role` is the one that acts on a command; others see it too.
fn concerns(role: Role, event: &Event) -> bool {
    let Body::Controls(command) = &event.body else { return false };
    role == match command {
        Controls::RolledBack(_)
        | Controls::PromotionRequested(_)
        | Controls::TrainingRequested(_) => Role::Retrainer,
        Controls::DayReleased(_) | Controls::MoveConfirmed(_) | Controls::DayForced(_) => {
            Role::Source
        }
        _ => Role::Executor,
    }
}
