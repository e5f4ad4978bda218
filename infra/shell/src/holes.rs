//! What a log no longer holds. Records are written one after the other and kept for ever, so that whatever is not
//! there was taken away: by retention (a partition begins above offset 0), by compaction (offsets in the middle hold
//! nothing, day markers are missing, days have fewer events than their marker says), or by somebody's hand.
//!
//! On Kafka the end of a transaction takes an offset too, and an aborted one leaves its records' offsets empty. So a
//! gap alone is none of these in a topic whose markers count its events.

mod look;

pub use crate::error::REMEDY;
pub use look::{HolesFound, at_a_glance, in_a_moment, of_partition, thorough};

use crate::error::ShellError;
use crate::inspect::inspect;
use crate::record_codec;
use eventlog::{Log, Record};
use schemas::{Day, Event, EventId, Topic};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is known of a hole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HoleKind {
    /// The beginning is deleted.
    Deleted,
    /// Offsets in the middle hold no record.
    Empty,
    /// Day markers are missing.
    Markers,
    /// A day has fewer events than its marker says.
    Events,
    /// The partition cannot be read.
    Unreadable,
}

/// A part of a partition that is gone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Hole {
    /// The topic's short name.
    pub topic: &'static str,
    /// The partition.
    pub partition: u32,
    /// The first offset that it may concern.
    pub from: u64,
    /// The offset after the last.
    pub to: u64,
    /// Its kind.
    pub kind: HoleKind,
    /// The same with its cause, in a sentence.
    pub what: String,
}

impl fmt::Display for Hole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Hole { topic, partition, from, to, what, .. } = self;
        match to.saturating_sub(*from) {
            0 => write!(f, "{topic}/{partition}: {what}"),
            1 => write!(f, "{topic}/{partition}, offset {from}: {what}"),
            _ => write!(f, "{topic}/{partition}, offsets {from} to {}: {what}", to - 1),
        }
    }
}

/// Ends of transactions that may follow one another where one role writes: of those that were ended before they had
/// written anything.
const TRANSACTION_ENDS: u64 = 4;

/// Looks at one partition, record by record.
pub struct PartitionCheck {
    topic: Topic,
    partition: u32,
    total: u32,
    /// The offset after everything taken.
    next: u64,
    /// The last marker: its day and the offset after it.
    closed: Option<(Day, u64)>,
    /// Offsets without a record since then, more than one at a time.
    gaps: Vec<(u64, u64)>,
    ids: BTreeMap<Day, BTreeSet<EventId>>,
    found: Vec<Hole>,
}

impl PartitionCheck {
    /// Of a partition of `total` that begins at `low`; `previous` is the day before the run's first.
    pub fn new(topic: Topic, partition: u32, total: u32, low: u64, previous: Day) -> Self {
        let mut check = PartitionCheck {
            topic,
            partition,
            total,
            next: low,
            closed: None,
            gaps: Vec::new(),
            ids: BTreeMap::new(),
            found: Vec::new(),
        };
        if low > 0 {
            check.find(0, low, HoleKind::Deleted, deleted());
        } else {
            check.closed = Some((previous, 0));
        }
        check
    }

    fn find(&mut self, from: u64, to: u64, kind: HoleKind, what: String) {
        let (topic, partition) = (self.topic.dataset(), self.partition);
        self.found.push(Hole { topic, partition, from, to, kind, what });
    }

    /// Takes the next record.
    pub fn take(&mut self, record: &Record) {
        let event = inspect(self.topic, self.partition, self.total, record);
        self.take_event(record.offset, event.ok().as_ref());
    }

    /// The same, with the event in it, if a role would take it in.
    pub(crate) fn take_event(&mut self, offset: u64, event: Option<&Event>) {
        if offset > self.next + 1 {
            self.gaps.push((self.next, offset));
        }
        self.next = offset + 1;
        let Some(event) = event else { return };
        match event.body.marker() {
            Some(marker) => self.close(event.day, marker.previous_day, marker.events, offset),
            None => {
                self.ids.entry(event.day).or_default().insert(event.id);
            }
        }
    }

    fn close(&mut self, day: Day, previous: Day, events: i64, offset: u64) {
        let (closed, behind) = self.closed.unwrap_or((previous, 0));
        // An opening's marker, one again, or a stranger's.
        if day <= closed || previous < closed {
            return;
        }
        let from = self.gaps.first().map_or(behind, |(from, _)| *from);
        let to = self.gaps.last().map_or(offset, |(_, to)| *to);
        if previous > closed {
            let what = format!(
                "the markers between {closed} and {day} are gone, and maybe events of those days; compaction (cleanup.policy) removes markers"
            );
            self.find(from, to, HoleKind::Markers, what);
        }
        let there = self.ids.get(&day).map_or(0, BTreeSet::len) as i64;
        if there < events && self.closed.is_some() {
            let what = format!(
                "{events} events of {day} were written, and {there} are there; compaction (cleanup.policy) or somebody has removed them"
            );
            self.find(from, to, HoleKind::Events, what);
        }
        self.closed = Some((day, offset + 1));
        self.gaps.clear();
        self.ids = self.ids.split_off(&(day + 1));
    }

    /// Everything found, in a partition that ends at `high`. Where no marker counts events, a gap is asked about: the
    /// log tells whether something was written there and aborted.
    pub fn end(mut self, log: &dyn Log, high: u64) -> Result<Vec<Hole>, ShellError> {
        if high > self.next + 1 {
            self.gaps.push((self.next, high));
        }
        let place = record_codec::place(self.topic, self.partition);
        // Every role writes dead letters, at the same time.
        let writers = if self.topic == Topic::DeadLetters { 8 } else { 1 };
        for (from, to) in std::mem::take(&mut self.gaps) {
            if to - from > writers * TRANSACTION_ENDS && log.holds_nothing(&place, from, to)? {
                self.find(from, to, HoleKind::Empty, empty_offsets());
            }
        }
        Ok(self.found)
    }
}

fn empty_offsets() -> String {
    "these offsets hold no record, and no transaction explains that; compaction (cleanup.policy) or somebody has removed them"
        .to_owned()
}

fn deleted() -> String {
    "deleted by retention (retention.ms, retention.bytes, local.retention) or by somebody (kafka-delete-records)"
        .to_owned()
}

/// A partition that cannot be read.
pub fn unreadable(topic: Topic, partition: u32, error: &dyn fmt::Display) -> Hole {
    let (topic, kind, what) = (topic.dataset(), HoleKind::Unreadable, error.to_string());
    Hole { topic, partition, from: 0, to: 0, kind, what }
}

/// Fails with the first of `found`.
///
/// # Errors
/// There is one.
pub fn refuse(found: &[Hole]) -> Result<(), ShellError> {
    match found {
        [] => Ok(()),
        [first, more @ ..] => Err(ShellError::Holes { first: first.to_string(), more: more.len() }),
    }
}

#[cfg(test)]
mod tests;
