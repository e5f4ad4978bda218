//! Reads named partitions from named offsets.
//!
//! The partitions met so far stay assigned by hand; what is not due is paused, and what is
//! due at another offset than the reader's is sought. The positions given are
//! librdkafka's, which step over transaction markers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use super::errors::{self, Place};
use super::settings::{KafkaSettings, Quiet};
use super::{partition_list, unsigned};
use crate::{ErrorClass, Fetched, Reader, Record, Result, TopicPartition};

/// Bytes of records one poll gives at most, apart from a first record that is larger.
const POLL_BYTES: usize = 4 << 20;

/// A partition of which nothing came for so long is assigned afresh: after brokers were lost and
/// leaders moved, librdkafka was seen to fetch nothing more of some, without an error.
const QUIET: Duration = Duration::from_secs(8);

/// Where the consumer stands in one partition.
struct Stand {
    /// The next offset it gives; none where that is unknown.
    position: Option<u64>,
    paused: bool,
    /// When it moved last, or was assigned afresh.
    moved: Instant,
}

/// A reader.
pub(crate) struct KafkaReader {
    settings: KafkaSettings,
    consumer: BaseConsumer<Quiet>,
    stands: BTreeMap<TopicPartition, Stand>,
}

impl KafkaReader {
    /// A reader with nothing assigned yet.
    pub(crate) fn new(settings: KafkaSettings) -> Result<Self> {
        let consumer = settings.create(&settings.reader(), Quiet)?;
        Ok(Self { settings, consumer, stands: BTreeMap::new() })
    }

    fn list<'a>(
        &self,
        places: impl IntoIterator<Item = &'a (TopicPartition, u64)>,
    ) -> Result<TopicPartitionList> {
        let offset = |(tp, from): &(TopicPartition, u64)| {
            (tp.clone(), Offset::Offset(i64::try_from(*from).unwrap_or(i64::MAX)))
        };
        partition_list(&self.settings, places.into_iter().map(offset))
    }

    /// Makes the consumer read what is due, from where it is due, and nothing else.
    fn turn_to(&mut self, due: &[(TopicPartition, u64)]) -> Result<()> {
        let there = |(tp, from): &(TopicPartition, u64)| {
            let stand = self.stands.get(tp);
            stand.is_some_and(|stand| !stand.paused && stand.position == Some(*from))
        };
        let reading = self.stands.values().filter(|stand| !stand.paused).count();
        if reading == due.len() && due.iter().all(there) {
            return Ok(());
        }
        let wanted: BTreeSet<&TopicPartition> = due.iter().map(|(tp, _)| tp).collect();
        let mut fresh = Vec::new();
        let (mut resumed, mut moved, mut paused) = (Vec::new(), Vec::new(), Vec::new());
        for place in due {
            match self.stands.get(&place.0) {
                None => fresh.push(place.clone()),
                Some(stand) => {
                    if stand.paused {
                        resumed.push(place.clone());
                    }
                    if stand.position != Some(place.1) {
                        moved.push(place.clone());
                    }
                }
            }
        }
        for (tp, stand) in &self.stands {
            if !stand.paused && !wanted.contains(tp) {
                paused.push((tp.clone(), 0));
            }
        }
        if !paused.is_empty() {
            self.consumer.pause(&self.list(&paused)?).at("a reader")?;
        }
        if !resumed.is_empty() {
            self.consumer.resume(&self.list(&resumed)?).at("a reader")?;
        }
        self.seek(&moved)?;
        if !fresh.is_empty() {
            self.consumer.incremental_assign(&self.list(&fresh)?).at("a reader")?;
        }
        for (tp, _) in &paused {
            self.stands.entry(tp.clone()).and_modify(|stand| stand.paused = true);
        }
        for (tp, from) in due {
            let still = |stand: &&Stand| !stand.paused && stand.position == Some(*from);
            let moved = self.stands.get(tp).filter(still).map_or_else(Instant::now, |s| s.moved);
            let stand = Stand { position: Some(*from), paused: false, moved };
            self.stands.insert(tp.clone(), stand);
        }
        Ok(())
    }

    /// Moves partitions to other offsets; those that librdkafka is not ready to seek in,
    /// such as ones assigned a moment ago, are taken out and put in again.
    fn seek(&self, moved: &[(TopicPartition, u64)]) -> Result<()> {
        if moved.is_empty() {
            return Ok(());
        }
        let sought = self.consumer.seek_partitions(self.list(moved)?, self.settings.timeout);
        let well = sought.is_ok_and(|list| list.elements().iter().all(|e| e.error().is_ok()));
        if well { Ok(()) } else { self.assign_afresh(moved) }
    }

    fn assign_afresh(&self, places: &[(TopicPartition, u64)]) -> Result<()> {
        self.consumer.incremental_unassign(&self.list(places)?).at("a reader")?;
        self.consumer.incremental_assign(&self.list(places)?).at("a reader")
    }

    /// Assigns afresh what is due and has not moved for long.
    fn wake(&mut self, due: &[(TopicPartition, u64)]) -> Result<()> {
        let quiet = self.quiet(due, Instant::now());
        if quiet.is_empty() { Ok(()) } else { self.assign_afresh(&quiet) }
    }

    /// What of `due` has not moved for long; it is not named again before as long has passed.
    fn quiet(&mut self, due: &[(TopicPartition, u64)], now: Instant) -> Vec<(TopicPartition, u64)> {
        let mut quiet = Vec::new();
        for place in due {
            if let Some(stand) = self.stands.get_mut(&place.0)
                && now.duration_since(stand.moved) > QUIET
            {
                stand.moved = now;
                quiet.push(place.clone());
            }
        }
        quiet
    }

    /// Takes what has come, waiting for the first record only.
    fn take(&mut self, max: usize, wait: Duration) -> Result<Vec<(TopicPartition, Record)>> {
        let deadline = Instant::now() + wait;
        let mut taken: Vec<(TopicPartition, Record)> = Vec::new();
        let mut bytes = 0;
        while taken.len() < max && bytes < POLL_BYTES {
            // In whole milliseconds, because rdkafka spins through the rest of one.
            let left = match taken.is_empty() {
                true => deadline.saturating_duration_since(Instant::now()).as_micros(),
                false => 0,
            };
            let left = Duration::from_millis(left.div_ceil(1_000) as u64);
            match self.consumer.poll(left) {
                Some(Ok(message)) => {
                    let tp = self.place(&message, taken.last().map(|(tp, _)| tp));
                    let record = record(&message);
                    bytes += record.bytes();
                    taken.push((tp, record));
                }
                Some(Err(error)) => self.note(&error)?,
                None if taken.is_empty() && Instant::now() < deadline => {}
                None => break,
            }
        }
        Ok(taken)
    }

    /// Names are shared with those already known instead of copied for each record, and records
    /// come in runs of one partition.
    fn place(
        &self,
        message: &BorrowedMessage<'_>,
        last: Option<&TopicPartition>,
    ) -> TopicPartition {
        let topic = message.topic();
        let topic = topic.strip_prefix(&self.settings.prefix).unwrap_or(topic);
        let partition = message.partition() as u32;
        let named = |tp: &&TopicPartition| tp.partition == partition && &*tp.topic == topic;
        let known = last.filter(named).or_else(|| self.stands.keys().find(named));
        known.cloned().unwrap_or_else(|| TopicPartition::new(topic, partition))
    }

    /// Troubles that librdkafka deals with itself are noted; the rest is the caller's.
    fn note(&self, error: &KafkaError) -> Result<()> {
        self.settings.note(error);
        let error = errors::of(error, "a reader");
        match error.class {
            ErrorClass::Retry => {
                tracing::debug!(%error, "reading goes on");
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// Forgets every assignment, so that the next poll starts from a clean slate.
    fn start_over(&mut self) {
        self.stands.clear();
        if let Err(error) = self.consumer.unassign() {
            tracing::debug!(%error, "could not unassign a reader's partitions");
        }
    }

    fn fetched(
        &mut self,
        due: &[(TopicPartition, u64)],
        taken: Vec<(TopicPartition, Record)>,
    ) -> Result<Vec<Fetched>> {
        let mut records: BTreeMap<TopicPartition, Vec<Record>> = BTreeMap::new();
        for (tp, record) in taken {
            records.entry(tp).or_default().push(record);
        }
        let positions = self.consumer.position().at("a reader")?;
        let elements = positions.elements();
        let told: BTreeMap<(&str, i32), Offset> =
            elements.iter().map(|e| ((e.topic(), e.partition()), e.offset())).collect();
        let mut fetched = Vec::new();
        for (tp, from) in due {
            let records = records.remove(tp).unwrap_or_default();
            let name = self.settings.name(&tp.topic);
            let read = records.last().map_or(*from, |record| record.offset + 1);
            let position = match told.get(&(name.as_str(), tp.partition as i32)) {
                Some(Offset::Offset(offset)) => unsigned(*offset).max(read),
                _ => read,
            };
            if let Some(stand) = self.stands.get_mut(tp) {
                stand.position = Some(position);
                if position > *from {
                    stand.moved = Instant::now();
                }
            }
            if position > *from {
                fetched.push(Fetched { tp: tp.clone(), records, position });
            }
        }
        // What came of a partition that is not due will be sought again when it is.
        for tp in records.keys() {
            self.stands.entry(tp.clone()).and_modify(|stand| stand.position = None);
        }
        Ok(fetched)
    }
}

impl Reader for KafkaReader {
    fn poll(
        &mut self,
        due: &[(TopicPartition, u64)],
        max_records: usize,
        wait: Duration,
    ) -> Result<Vec<Fetched>> {
        let outcome = self
            .turn_to(due)
            .and_then(|()| self.wake(due))
            .and_then(|()| self.take(max_records, wait))
            .and_then(|taken| self.fetched(due, taken));
        if outcome.is_err() {
            self.start_over();
        }
        outcome
    }
}

fn record(message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().map(|headers| {
        headers
            .iter()
            .map(|header| (header.key.to_string(), header.value.unwrap_or_default().to_vec()))
            .collect()
    });
    Record {
        offset: unsigned(message.offset()),
        timestamp_ms: message.timestamp().to_millis().unwrap_or(0),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().unwrap_or_default().to_vec(),
        headers: headers.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
