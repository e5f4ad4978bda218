//! Looks for holes in one partition: gaps between offsets, days without a marker, days with fewer events than their
//! marker says.

use super::hole::{Hole, HoleKind, deleted, empty_offsets};
use crate::error::ShellError;
use crate::inspect::check;
use crate::record_codec;
use eventlog::{Log, Record};
use schemas::{Day, Event, EventId, Topic};
use std::collections::{BTreeMap, BTreeSet};

/// Ends of transactions that may follow one another where one role writes: of those that were ended before they had
/// written anything.
pub(super) const TRANSACTION_ENDS: u64 = 4;

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
        let event = record_codec::event(self.topic, record);
        self.take_read(record, event.ok().as_ref());
    }

    /// The same, with the event that was read from it, if it is one.
    pub fn take_read(&mut self, record: &Record, event: Option<&Event>) {
        let taken_in = |event: &&Event| check(event, self.partition, self.total, record).is_ok();
        self.take_event(record.offset, event.filter(taken_in));
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
