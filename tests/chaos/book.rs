//! The whole content of a log: records by partition and committed offsets.

use eventlog::{Log, Record, TopicPartition};
use schemas::{Event, Topic};
use shell::record_codec;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// An offset of each partition.
pub(crate) type Places = BTreeMap<TopicPartition, u64>;

/// Whether two records have the same content; headers may carry wall time, offsets may count markers.
pub(crate) fn same(a: &Record, b: &Record) -> bool {
    (&a.key, a.timestamp_ms, &a.value) == (&b.key, b.timestamp_ms, &b.value)
}

/// The topic of a partition.
pub(crate) fn of_place(place: &TopicPartition) -> Option<Topic> {
    place.topic.parse().ok()
}

/// Every partition of every topic.
pub(crate) fn places(partitions: u32) -> impl Iterator<Item = TopicPartition> {
    Topic::ALL.into_iter().flat_map(move |topic| {
        (0..topic.partitions(partitions)).map(move |one| record_codec::place(topic, one))
    })
}

/// A log's records.
#[derive(Clone, Default)]
pub(crate) struct Book {
    /// By partition, in order.
    pub records: BTreeMap<TopicPartition, Vec<Record>>,
}

impl Book {
    /// Reads everything.
    pub(crate) fn read(log: &dyn Log, partitions: u32) -> eventlog::Result<Book> {
        let mut reader = log.reader()?;
        let mut book = Book::default();
        for place in places(partitions) {
            let end = log.watermarks(&place)?.high;
            let (mut next, mut found) = (0, Vec::new());
            let deadline = Instant::now() + Duration::from_secs(30);
            while next < end && Instant::now() < deadline {
                let due = [(place.clone(), next)];
                for fetched in reader.poll(&due, 10_000, Duration::from_secs(1))? {
                    next = fetched.position;
                    found.extend(fetched.into_records());
                }
            }
            book.records.insert(place, found);
        }
        Ok(book)
    }

    /// Records in all.
    pub(crate) fn len(&self) -> u64 {
        self.records.values().map(|records| records.len() as u64).sum()
    }

    /// Events of a topic and their places, markers included.
    pub(crate) fn events(&self, topic: Topic) -> Vec<(TopicPartition, u64, Event)> {
        let held = self.records.iter().filter(|(place, _)| &*place.topic == topic.name());
        held.flat_map(|(place, records)| {
            records.iter().filter_map(move |record| {
                Some((place.clone(), record.offset, record_codec::event(topic, record).ok()?))
            })
        })
        .collect()
    }
}
