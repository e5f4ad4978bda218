//! What a unit has already said, read from its own output topics: in recovery it stands in the
//! place of decisions, in verification beside them.

use crate::controls::ControlBook;
use crate::record_codec;
use eventlog::{Log, Reader, Result};
use schemas::{Day, Event, EventId, Topic};
use std::collections::BTreeMap;
use std::time::Duration;

/// Polls of two seconds that may give nothing, one after the other, before a read is given up: who
/// waits in it neither stops nor says what it waits for.
const PATIENCE: u32 = 6;

/// A partition of an own output and how far it has been read.
struct Tail {
    topic: Topic,
    partition: u32,
    next: u64,
    end: u64,
    ahead: Vec<(Event, Vec<u8>)>,
}

/// The outputs of one day at a time, by the event that led to them.
pub struct Recorded {
    reader: Box<dyn Reader>,
    tails: Vec<Tail>,
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
            tails.push(Tail { topic, partition, next, end, ahead: Vec::new() });
        }
        Ok(Recorded {
            reader: log.reader()?,
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
            let (events, marker) = tail.read_day(&mut *self.reader, day)?;
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

type Said = (Event, Vec<u8>);

impl Tail {
    /// The day's events in this partition and its marker. An operator may have closed the day
    /// before the role came to it: what the role then said follows that marker and counts, and
    /// its own marker (the one with a cause) stands for the day.
    fn read_day(&mut self, reader: &mut dyn Reader, day: Day) -> Result<(Vec<Said>, Option<Said>)> {
        let (mut found, mut marker): (Vec<Said>, Option<Said>) = (Vec::new(), None);
        let mut ids = std::collections::BTreeSet::new();
        let mut nothing = 0;
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
            let from = self.next;
            self.fetch(reader)?;
            nothing = if self.next > from { 0 } else { nothing + 1 };
            if nothing == PATIENCE {
                return Err(record_codec::gave_nothing(&record_codec::place(self.topic, self.partition)));
            }
        }
    }

    fn fetch(&mut self, reader: &mut dyn Reader) -> Result<()> {
        let due = [(record_codec::place(self.topic, self.partition), self.next)];
        for fetched in reader.poll(&due, 2_000, Duration::from_secs(2))? {
            for record in fetched.records {
                // Bytes on an own output that are no event were not written by this role.
                if let Ok(event) = record_codec::event(self.topic, &record) {
                    self.ahead.push((event, record.value));
                }
            }
            self.next = fetched.position;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::ensure_topics;
    use crate::faulty_log::FaultyMemoryLog;
    use eventlog::{Batch, ErrorClass, Fetched, TopicPartition};
    use schemas::events::DayClosed;

    /// A log that is away.
    struct Silent;

    impl Reader for Silent {
        fn poll(
            &mut self,
            _: &[(TopicPartition, u64)],
            _: usize,
            _: Duration,
        ) -> Result<Vec<Fetched>> {
            Ok(Vec::new())
        }
    }

    /// A role that came back while no broker answered could not be stopped.
    #[test]
    fn a_log_that_gives_nothing_is_not_waited_for_without_end() {
        let mut tail =
            Tail { topic: Topic::Scans, partition: 0, next: 0, end: 1, ahead: Vec::new() };
        let error = tail.read_day(&mut Silent, Day(0)).err().map(|error| error.class);
        assert_eq!(error, Some(ErrorClass::Retry));
    }

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
