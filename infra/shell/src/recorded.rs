//! What a unit has already said, read from its own output topics: in recovery it stands in the
//! place of decisions, in verification beside them.

use crate::controls::ControlBook;
use crate::record_codec;
use eventlog::{Log, PartitionReader, Result};
use schemas::{Day, Event, EventId, Topic};
use std::collections::BTreeMap;

/// A partition of an own output and how far it has been read.
struct OutputTail {
    topic: Topic,
    partition: u32,
    next: u64,
    end: u64,
    ahead: Vec<(Event, Vec<u8>)>,
}

/// The outputs of one day at a time, by the event that led to them.
pub struct Recorded {
    reader: PartitionReader,
    tails: Vec<OutputTail>,
    day: Option<Day>,
    by_cause: BTreeMap<Option<EventId>, Vec<(Event, Vec<u8>)>>,
    markers: BTreeMap<(Topic, u32), (Event, Vec<u8>)>,
    /// For work that is done again; opened once, because that is a connection.
    controls: Option<ControlBook>,
}

impl Recorded {
    /// Of these outputs, each read from its offset to its end as it is now. To be made after the
    /// committed offsets were asked for: what was published with them is read then, and waited for
    /// where the cluster does not show it yet.
    pub fn new(log: &dyn Log, outputs: &[(Topic, u32, u64)]) -> Result<Recorded> {
        let mut tails = Vec::with_capacity(outputs.len());
        for &(topic, partition, next) in outputs {
            let end = log.written_end(&record_codec::place(topic, partition))?;
            tails.push(OutputTail { topic, partition, next, end, ahead: Vec::new() });
        }
        Ok(Recorded {
            reader: PartitionReader::new(log)?,
            tails,
            day: None,
            by_cause: BTreeMap::new(),
            markers: BTreeMap::new(),
            controls: None,
        })
    }

    /// The book of `controls`, for work that is done again.
    pub(crate) fn controls(&mut self, log: &dyn Log) -> Result<&mut ControlBook> {
        match &mut self.controls {
            Some(book) => Ok(book),
            none => Ok(none.insert(ControlBook::new(log)?)),
        }
    }

    /// Reads what was said on `day`, to the next day's first event or the end. Earlier days are passed over;
    /// of what was said under one id the first stands.
    pub fn load(&mut self, day: Day) -> Result<()> {
        if self.day == Some(day) {
            return Ok(());
        }
        self.day = Some(day);
        self.by_cause.clear();
        self.markers.clear();
        for tail in &mut self.tails {
            let (events, marker) = tail.read_day(&mut self.reader, day)?;
            for (event, bytes) in events {
                self.by_cause.entry(event.causation).or_default().push((event, bytes));
            }
            if let Some(marker) = marker {
                self.markers.insert((tail.topic, tail.partition), marker);
            }
        }
        Ok(())
    }

    /// What `cause` led to, in the order of topic, partition and offset.
    pub fn take(&mut self, cause: EventId) -> Vec<(Event, Vec<u8>)> {
        self.by_cause.remove(&Some(cause)).unwrap_or_default()
    }

    /// Everything of the day, whatever led to it.
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
    /// The day's events in this partition and its marker. An operator may have closed the day
    /// before the role came to it: what the role then said follows that marker and counts, and
    /// its own marker (the one with a cause) stands for the day.
    fn read_day(
        &mut self,
        reader: &mut PartitionReader,
        day: Day,
    ) -> Result<(Vec<RecordedEvent>, Option<RecordedEvent>)> {
        let (mut found, mut marker): (Vec<RecordedEvent>, Option<RecordedEvent>) =
            (Vec::new(), None);
        let mut ids = std::collections::BTreeSet::new();
        loop {
            let ahead = std::mem::take(&mut self.ahead);
            let mut ahead = ahead.into_iter();
            while let Some((event, bytes)) = ahead.next() {
                if event.day > day {
                    self.ahead = std::iter::once((event, bytes)).chain(ahead).collect();
                    return Ok((found, marker));
                }
                if event.day < day {
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
            self.fetch(reader)?;
        }
    }

    fn fetch(&mut self, reader: &mut PartitionReader) -> Result<()> {
        let place = record_codec::place(self.topic, self.partition);
        let mut records = reader.records(&place, self.next..self.end);
        for record in records.next_batch()?.into_iter().flatten() {
            // Bytes on an own output that are no event were not written by this role.
            if let Ok(event) = record_codec::event(self.topic, &record) {
                self.ahead.push((event, record.value));
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

    /// Offsets committed in a transaction were seen before its records were: what the role had said
    /// was taken for nothing, and said again.
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
        let mut recorded = Recorded::new(&log, &[(Topic::Outcomes, 0, 0)]).unwrap();
        recorded.load(Day(1)).unwrap();
        assert!(recorded.marker(Topic::Outcomes, 0).is_some());
    }
}
