//! The events a unit has already published, read from its own output topics. In recovery they
//! replace decisions; verification compares them with new ones. They, not the committed offsets, say
//! what has been decided: an operator can set offsets to whatever he likes.

use crate::controls::ControlBook;
use crate::error::REMEDY;
use crate::record_codec;
use crate::twice::Twice;
use eventlog::{Log, LogError, PartitionReader, Record, Result};
use schemas::role::Role;
use schemas::{Day, Event, EventId, Topic};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A partition of an own output, and how far it has been read.
struct OutputTail {
    topic: Topic,
    partition: u32,
    from: u64,
    next: u64,
    end: u64,
    ahead: VecDeque<RecordedEvent>,
    /// The last day whose own marker was skipped, because an event of a later day stands before it.
    skipped: Option<Day>,
    /// Whether any record was there.
    seen: bool,
}

/// What own outputs hold beyond a closed day.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Beyond {
    /// Nothing.
    Nothing,
    /// A day that was closed.
    Day(Day),
    /// A part of a day, by the events that caused it.
    Part(BTreeSet<EventId>),
}

/// The outputs of one day at a time, by the event that caused them.
pub struct Recorded {
    /// Who writes them: its role, whoever opened the run, and operators. Anything else there is a stranger's.
    writers: [String; 3],
    reader: PartitionReader,
    tails: Vec<OutputTail>,
    day: Option<Day>,
    by_cause: BTreeMap<Option<EventId>, Vec<(Event, Vec<u8>)>>,
    markers: BTreeMap<(Topic, u32), (Event, Vec<u8>)>,
    /// For effects that are repeated; opened once, as it is a connection.
    controls: Option<ControlBook>,
    /// Where events that stand there twice are looked for.
    twice: Option<Twice>,
}

impl Recorded {
    /// The events of these outputs, each from its offset to its present end. To be created after the
    /// committed offsets are known: everything published with them is then read, and waited for
    /// where the cluster does not show it yet.
    pub fn new(log: &dyn Log, role: Role, outputs: &[(Topic, u32, u64)]) -> Result<Recorded> {
        let mut tails = Vec::with_capacity(outputs.len());
        for &(topic, partition, from) in outputs {
            let end = log.written_end(&record_codec::place(topic, partition))?;
            tails.push(OutputTail {
                topic,
                partition,
                from,
                next: from,
                end,
                ahead: VecDeque::new(),
                skipped: None,
                seen: false,
            });
        }
        Ok(Recorded {
            writers: [role.name(), "opening", "operator"].map(record_codec::writer),
            reader: PartitionReader::new(log)?,
            tails,
            day: None,
            by_cause: BTreeMap::new(),
            markers: BTreeMap::new(),
            controls: None,
            twice: None,
        })
    }

    /// The same, looking for events that stand there twice.
    pub(crate) fn looking_for(self, twice: Twice) -> Recorded {
        Recorded { twice: Some(twice), ..self }
    }

    /// Reads what is left, and gives what looked for events that stand there twice.
    pub(crate) fn into_twice(mut self) -> Result<Option<Twice>> {
        for tail in &mut self.tails {
            while tail.next < tail.end {
                tail.fetch(&mut self.reader, &self.writers, &mut self.twice)?;
                tail.ahead.clear();
            }
        }
        Ok(self.twice)
    }

    /// `controls`, for effects that are repeated.
    pub(crate) fn controls(&mut self, log: &dyn Log) -> Result<&mut ControlBook> {
        match &mut self.controls {
            Some(book) => Ok(book),
            none => Ok(none.insert(ControlBook::new(log)?)),
        }
    }

    /// Reads the events of `day`, to the next day's first event or the end, and skips earlier days.
    /// The first event of an id stands.
    pub fn load(&mut self, day: Day) -> Result<()> {
        if self.day == Some(day) {
            return Ok(());
        }
        self.day = Some(day);
        self.by_cause.clear();
        self.markers.clear();
        for tail in &mut self.tails {
            let (events, marker) =
                tail.read_day(&mut self.reader, &self.writers, day, &mut self.twice)?;
            for (event, bytes) in events {
                self.by_cause.entry(event.causation).or_default().push((event, bytes));
            }
            if let Some(marker) = marker {
                self.markers.insert((tail.topic, tail.partition), marker);
            }
        }
        Ok(())
    }

    /// What the outputs hold beyond `closed`. Days follow one another by their markers, so events that only
    /// bear another date are no day.
    ///
    /// # Errors
    /// Those of the log, and of outputs from which records are gone: to decide on would be to decide again.
    pub(crate) fn beyond(&mut self, log: &dyn Log, closed: Day) -> Result<Beyond> {
        let (mut after, mut part, mut days) = (closed, BTreeSet::new(), 0);
        while let Some(day) = self.next_day(after)? {
            self.load(day)?;
            if self.follows(closed) {
                return Ok(Beyond::Day(day));
            }
            let own = |marker: &&RecordedEvent| marker.0.causation.is_some();
            if let Some((marker, _)) = self.markers.values().find(own) {
                let place = record_codec::place(marker.topic(), 0);
                let what = format!("the own marker of {day} does not follow that of {closed}");
                return Err(LogError::fatal(what, place.topic, REMEDY));
            }
            part.extend(self.by_cause.keys().flatten());
            (after, days) = (day, days + 1);
        }
        for tail in &self.tails {
            tail.is_there(log)?;
        }
        if let Some(tail) = self.tails.iter().find(|tail| tail.skipped > Some(closed)) {
            return Err(LogError::fatal(
                "an event of a later day stands before a day's own events, so what was decided cannot be told",
                record_codec::place(tail.topic, tail.partition),
                "this log can still be read and backtested; continue as another run (--run ID)",
            ));
        }
        if days > 1 {
            self.rewind();
        }
        Ok(if part.is_empty() { Beyond::Nothing } else { Beyond::Part(part) })
    }

    /// Whether the day at hand was closed in every output, after `closed`.
    fn follows(&self, closed: Day) -> bool {
        let closes = |tail: &OutputTail| {
            let marker = self.markers.get(&(tail.topic, tail.partition));
            marker.is_some_and(|(event, _)| {
                event.causation.is_some()
                    && event.body.marker().is_some_and(|marker| marker.previous_day == closed)
            })
        };
        !self.tails.is_empty() && self.tails.iter().all(closes)
    }

    /// The first day after `after` that an event bears.
    fn next_day(&mut self, after: Day) -> Result<Option<Day>> {
        let mut next: Option<Day> = None;
        for tail in &mut self.tails {
            let day = tail.day_after(&mut self.reader, &self.writers, after, &mut self.twice)?;
            next = day.into_iter().chain(next).min();
        }
        Ok(next)
    }

    /// Back to the first record.
    fn rewind(&mut self) {
        self.day = None;
        for tail in &mut self.tails {
            tail.next = tail.from;
            tail.ahead.clear();
        }
    }

    /// The events caused by `cause`, in the order of topic, partition and offset.
    pub fn take(&mut self, cause: EventId) -> Vec<(Event, Vec<u8>)> {
        self.by_cause.remove(&Some(cause)).unwrap_or_default()
    }

    /// All events of the day, whatever their cause.
    pub fn take_all(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.by_cause).into_values().flatten().map(|(event, _)| event).collect()
    }

    /// The own day marker of a partition and its bytes, if the day was closed there.
    pub fn marker(&self, topic: Topic, partition: u32) -> Option<&(Event, Vec<u8>)> {
        self.markers.get(&(topic, partition))
    }
}

type RecordedEvent = (Event, Vec<u8>);

impl OutputTail {
    /// Fails where records were written and every one is gone.
    fn is_there(&self, log: &dyn Log) -> Result<()> {
        let place = record_codec::place(self.topic, self.partition);
        // Transactions that were ended before they had written anything take offsets too.
        let unread = self.from == 0 && !self.seen && self.end > 4;
        if unread && log.holds_nothing(&place, 0, self.end)? {
            let what = format!("none of the records before offset {} is there any more", self.end);
            return Err(LogError::fatal(what, place, REMEDY));
        }
        Ok(())
    }

    /// The day's events in this partition, and its marker. If an operator closed the day before the
    /// role got to it, the role's events follow that marker and count, and the role's own marker
    /// (the one with a cause) stands for the day.
    fn read_day(
        &mut self,
        reader: &mut PartitionReader,
        writers: &[String],
        day: Day,
        twice: &mut Option<Twice>,
    ) -> Result<(Vec<RecordedEvent>, Option<RecordedEvent>)> {
        let (mut found, mut marker): (Vec<RecordedEvent>, Option<RecordedEvent>) =
            (Vec::new(), None);
        let mut ids = BTreeSet::new();
        loop {
            while let Some((event, bytes)) = self.ahead.pop_front() {
                if event.day > day {
                    self.ahead.push_front((event, bytes));
                    return Ok((found, marker));
                }
                if event.day < day {
                    self.skip(&event);
                    continue;
                }
                if event.body.marker().is_some() {
                    if marker.as_ref().is_none_or(|(first, _)| first.causation.is_none()) {
                        marker = Some((event, bytes));
                    }
                } else if ids.insert(event.id) {
                    found.push((event, bytes));
                }
            }
            if self.next >= self.end {
                return Ok((found, marker));
            }
            self.fetch(reader, writers, twice)?;
        }
    }

    /// The day of the next event after day `after`; drops those before it.
    fn day_after(
        &mut self,
        reader: &mut PartitionReader,
        writers: &[String],
        after: Day,
        twice: &mut Option<Twice>,
    ) -> Result<Option<Day>> {
        loop {
            while let Some((event, bytes)) = self.ahead.pop_front() {
                if event.day > after {
                    let day = event.day;
                    self.ahead.push_front((event, bytes));
                    return Ok(Some(day));
                }
                self.skip(&event);
            }
            if self.next >= self.end {
                return Ok(None);
            }
            self.fetch(reader, writers, twice)?;
        }
    }

    fn skip(&mut self, event: &Event) {
        if event.causation.is_some() && event.body.marker().is_some() {
            self.skipped = self.skipped.max(Some(event.day));
        }
    }

    fn fetch(
        &mut self,
        reader: &mut PartitionReader,
        writers: &[String],
        twice: &mut Option<Twice>,
    ) -> Result<()> {
        let place = record_codec::place(self.topic, self.partition);
        let own = |record: &Record| writers.iter().any(|one| record_codec::is_by(record, one));
        let mut records = reader.records(&place, self.next..self.end);
        let batch = records.next_batch()?.unwrap_or_default();
        self.seen |= !batch.is_empty();
        for record in batch {
            let own = own(&record);
            if !own && twice.is_none() {
                continue;
            }
            // The role did not write bytes that are not an event.
            let Ok(event) = record_codec::event(self.topic, &record) else { continue };
            if let Some(twice) = twice {
                twice.see(self.topic, self.partition, &record, &event);
            }
            if own {
                self.ahead.push_back((event, record.value));
            }
        }
        self.next = records.position();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faulty_log::FaultyMemoryLog;
    use crate::open::ensure_topics;
    use eventlog::Batch;
    use schemas::events::DayClosed;

    /// Kafka showed a transaction's offsets before its records: the role took these for missing and
    /// published them again.
    #[test]
    fn what_was_said_is_read_also_where_readers_are_not_shown_it_yet() {
        let log = FaultyMemoryLog::late();
        ensure_topics(&log, 1).unwrap();
        let cause = EventId::default();
        let marker = Event::marker(Topic::Outcomes, Day(1), DayClosed::default()).unwrap();
        let marker = Event { causation: Some(cause), ..marker };
        let records = vec![record_codec::record(&marker, 1, "labeler").unwrap()];
        let batch = Batch { records, ..Batch::default() };
        log.producer("labeler").unwrap().publish(batch, None).unwrap();
        let mut recorded = Recorded::new(&log, Role::Labeler, &[(Topic::Outcomes, 0, 0)]).unwrap();
        recorded.load(Day(1)).unwrap();
        assert!(recorded.marker(Topic::Outcomes, 0).is_some());
    }

    /// Compaction takes markers away: the days before them are not undecided.
    #[test]
    fn a_marker_that_follows_none_is_no_beginning() {
        let log = FaultyMemoryLog::late();
        ensure_topics(&log, 1).unwrap();
        let closed = DayClosed { previous_day: Day(4), ..DayClosed::default() };
        let marker = Event::marker(Topic::Outcomes, Day(5), closed).unwrap();
        let marker = Event { causation: Some(EventId::default()), ..marker };
        let records = vec![record_codec::record(&marker, 1, "labeler").unwrap()];
        let batch = Batch { records, ..Batch::default() };
        log.producer("labeler").unwrap().publish(batch, None).unwrap();
        let beyond = |closed| {
            let outputs = [(Topic::Outcomes, 0, 0)];
            Recorded::new(&log, Role::Labeler, &outputs).unwrap().beyond(&log, Day(closed))
        };
        assert_eq!(beyond(4).unwrap(), Beyond::Day(Day(5)));
        assert_eq!(beyond(5).unwrap(), Beyond::Nothing);
        let gone = beyond(1).unwrap_err();
        assert!(gone.to_string().contains("does not follow"), "{gone}");
    }
}
