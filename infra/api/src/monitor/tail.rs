//! The events at the ends of partitions, counted as they come: an offset is no event, because on Kafka the end of a
//! transaction takes one too, and it does not tell the time of the event that is there.
//!
//! 1. A count is exact or there is none: a partition that has not been read to its end yet counts nothing.
//! 2. What is kept grows with days and transactions, not with events.

use eventlog::{Log, LogError, Reader, TopicPartition};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::time::{Duration, Instant};

/// Records of one poll, and of one round.
const MOST_RECORDS: usize = 5_000;
const MOST_OF_A_ROUND: usize = 100_000;
/// The longest that a round takes.
const ROUND: Duration = Duration::from_millis(700);
/// The wait for the first record of a poll: records are there, so more means that the log is slow.
const WAIT: Duration = Duration::from_millis(200);

/// Records of one event time without a gap between them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stretch {
    from: u64,
    to: u64,
    event_time_ms: i64,
}

/// The end of a partition.
#[derive(Default)]
pub(crate) struct PlaceTail {
    /// Nothing before it has been read.
    start: u64,
    /// The next offset to read.
    position: u64,
    stretches: VecDeque<Stretch>,
}

impl PlaceTail {
    fn from(start: u64) -> PlaceTail {
        PlaceTail { start, position: start, stretches: VecDeque::new() }
    }

    fn take(&mut self, offset: u64, event_time_ms: i64) {
        match self.stretches.back_mut() {
            Some(last) if last.to == offset && last.event_time_ms == event_time_ms => last.to += 1,
            _ => self.stretches.push_back(Stretch { from: offset, to: offset + 1, event_time_ms }),
        }
    }

    /// Forgets what lies before `from`.
    fn forget(&mut self, from: u64) {
        while self.stretches.front().is_some_and(|first| first.to <= from) {
            self.stretches.pop_front();
        }
        self.start = self.start.max(from.min(self.position));
    }

    /// The events at `range`; none where part of it has not been read.
    pub(crate) fn events(&self, range: Range<u64>) -> Option<u64> {
        let known = self.start <= range.start && range.end <= self.position;
        let within =
            |one: &Stretch| one.to.min(range.end).saturating_sub(one.from.max(range.start));
        known.then(|| self.stretches.iter().map(within).sum())
    }

    /// The time of the first event at or behind `offset`, if there is one.
    pub(crate) fn event_time_at(&self, offset: u64) -> Option<i64> {
        let first = self.stretches.iter().find(|one| one.to > offset)?;
        (self.start <= offset).then_some(first.event_time_ms)
    }

    /// The time of the last event read.
    pub(crate) fn last_event_time(&self) -> Option<i64> {
        self.stretches.back().map(|last| last.event_time_ms)
    }
}

/// The ends of all partitions that are watched.
#[derive(Default)]
pub(crate) struct Tails {
    places: BTreeMap<TopicPartition, PlaceTail>,
    reader: Option<Box<dyn Reader>>,
}

impl Tails {
    /// Reads on: each place of `needed` from the offset given there to the end, as far as a round goes.
    ///
    /// # Errors
    /// The log's; the next round begins with another reader.
    pub(crate) fn read_on(
        &mut self,
        log: &dyn Log,
        needed: &BTreeMap<TopicPartition, Range<u64>>,
    ) -> Result<(), LogError> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => log.reader()?,
        };
        self.forget(needed);
        self.round(&mut *reader, needed)?;
        self.reader = Some(reader);
        Ok(())
    }

    fn forget(&mut self, needed: &BTreeMap<TopicPartition, Range<u64>>) {
        self.places.retain(|place, _| needed.contains_key(place));
        for (place, range) in needed {
            let tail =
                self.places.entry(place.clone()).or_insert_with(|| PlaceTail::from(range.start));
            // What comes before is needed again where offsets were set back, and all of it where the log was made anew.
            if range.start < tail.start || range.end < tail.position {
                *tail = PlaceTail::from(range.start);
            }
            // The last event stays, because its time is shown.
            let last = tail.stretches.back().map_or(range.start, |last| last.to - 1);
            tail.forget(range.start.min(last));
        }
    }

    fn round(
        &mut self,
        reader: &mut dyn Reader,
        needed: &BTreeMap<TopicPartition, Range<u64>>,
    ) -> Result<(), LogError> {
        let (began, mut read) = (Instant::now(), 0);
        while read < MOST_OF_A_ROUND && began.elapsed() < ROUND {
            let behind = self.places.iter().filter(|(place, tail)| {
                needed.get(*place).is_some_and(|range| tail.position < range.end)
            });
            let due: Vec<(TopicPartition, u64)> =
                behind.map(|(place, tail)| (place.clone(), tail.position)).collect();
            if due.is_empty() {
                break;
            }
            for part in reader.poll(&due, MOST_RECORDS, WAIT)? {
                let Some(tail) = self.places.get_mut(&part.tp) else { continue };
                read += part.records.len();
                for record in &part.records {
                    tail.take(record.offset, record.timestamp_ms);
                }
                tail.position = part.position;
            }
        }
        Ok(())
    }

    /// The end of `place`.
    pub(crate) fn of(&self, place: &TopicPartition) -> Option<&PlaceTail> {
        self.places.get(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offsets 10, 11 of day 1, a transaction's end at 12, 13 of day 1 and 14 of day 2.
    fn tail() -> PlaceTail {
        let mut tail = PlaceTail::from(10);
        for (offset, time) in [(10, 1), (11, 1), (13, 1), (14, 2)] {
            tail.take(offset, time);
        }
        tail.position = 16;
        tail
    }

    #[test]
    fn the_ends_of_transactions_are_no_events() {
        let tail = tail();
        for (range, events) in [
            (10..16, Some(4)),
            (11..14, Some(2)),
            (12..13, Some(0)),
            (15..16, Some(0)),
            (9..16, None),
            (10..17, None),
        ] {
            assert_eq!(tail.events(range.clone()), events, "{range:?}");
        }
    }

    #[test]
    fn the_time_at_an_offset_is_that_of_the_next_event() {
        let tail = tail();
        let times: Vec<Option<i64>> = (9..16).map(|offset| tail.event_time_at(offset)).collect();
        assert_eq!(times, [None, Some(1), Some(1), Some(1), Some(1), Some(2), None]);
        assert_eq!(tail.last_event_time(), Some(2));
    }

    #[test]
    fn what_is_forgotten_counts_nothing_any_more() {
        let mut tail = tail();
        tail.forget(13);
        assert_eq!((tail.events(13..16), tail.events(12..16)), (Some(2), None));
        assert_eq!(tail.stretches.len(), 2);
    }
}
