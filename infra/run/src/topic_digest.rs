//! A digest of a topic's contents: SHA-256 over partition, key, timestamp and value of every
//! record in order. Headers are left out, because they may carry wall time.

use anyhow::Result;
use eventlog::{Log, PartitionReader, Record};
use rayon::prelude::*;
use schemas::{Day, Event, Topic, id::hex};
use serde::Serialize;
use sha2::{Digest, Sha256};
use shell::holes::Hole;
use shell::placed_events::each_checked_record;
use shell::record_codec;
use std::collections::BTreeMap;

/// The contents of a topic, counted and hashed.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct TopicDigest {
    /// Events, day markers left out.
    pub events: u64,
    /// Day markers.
    pub markers: u64,
    /// Events by kind, markers included.
    pub kinds: BTreeMap<String, u64>,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// The digest of one topic.
pub fn topic(log: &dyn Log, topic: Topic, partitions: u32) -> Result<TopicDigest> {
    let mut reader = PartitionReader::new(log)?;
    let (mut hash, mut found) = (Sha256::new(), TopicDigest::default());
    for partition in 0..topic.partitions(partitions) {
        for record in reader.to_end(log, &record_codec::place(topic, partition))? {
            let record = record?;
            let event = record_codec::event(topic, &record).ok();
            found.take(&mut hash, partition, &record, event.as_ref());
        }
    }
    found.sha256 = hex(&hash.finalize());
    Ok(found)
}

/// The digest of what there is of a topic, and what is not there; `previous` is the day before the run's first. A
/// partition that cannot be read is named and hides no other.
pub fn checked(
    log: &dyn Log,
    topic: Topic,
    partitions: u32,
    previous: Day,
) -> (TopicDigest, Vec<Hole>) {
    let (mut hash, mut found) = (Sha256::new(), TopicDigest::default());
    let gone = each_checked_record(log, topic, partitions, previous, &mut |check, of, record| {
        let event = record_codec::event(topic, record).ok();
        found.take(&mut hash, of, record, event.as_ref());
        check.take_read(record, event.as_ref());
    });
    found.sha256 = hex(&hash.finalize());
    (found, gone)
}

impl TopicDigest {
    /// Takes the next record, and the event in it, if it can be read.
    fn take(&mut self, hash: &mut Sha256, partition: u32, record: &Record, event: Option<&Event>) {
        let key = record.key.as_deref().unwrap_or_default();
        hash.update(partition.to_be_bytes());
        hash.update((key.len() as u64).to_be_bytes());
        hash.update(key);
        hash.update(record.timestamp_ms.to_be_bytes());
        hash.update((record.value.len() as u64).to_be_bytes());
        hash.update(&record.value);
        let marker = event.is_some_and(|event| event.body.marker().is_some());
        *if marker { &mut self.markers } else { &mut self.events } += 1;
        let kind = event.map_or("UNREADABLE", |event| event.body.kind());
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
    }
}

/// The digest of every topic by its short name, and what is gone from them; `previous` is the day before the run's first.
pub fn all(
    log: &dyn Log,
    partitions: u32,
    previous: Day,
) -> (BTreeMap<String, TopicDigest>, Vec<Hole>) {
    let found: Vec<(TopicDigest, Vec<Hole>)> =
        Topic::ALL.into_par_iter().map(|topic| checked(log, topic, partitions, previous)).collect();
    let (digests, gone): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let names = Topic::ALL.map(|topic| topic.dataset().to_owned());
    (names.into_iter().zip(digests).collect(), gone.concat())
}
