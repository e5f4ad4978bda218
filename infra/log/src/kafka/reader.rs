//! Reads named partitions from named offsets.
//!
//! Partitions stay assigned once they were due. Those not due are paused, those due at another
//! offset than the reader's are sought. Positions are librdkafka's, which step over transaction
//! markers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};

use super::errors::{self, Place};
use super::partitions::{partition_list, unsigned};
use super::record_headers;
use super::settings::{KafkaSettings, Quiet};
use crate::{ErrorClass, Fetched, Headers, Nulls, Reader, Record, Result, TopicPartition};

/// Bytes of records of one poll, at most, apart from a larger first record.
const POLL_BYTES: usize = 4 << 20;

/// A partition that gave nothing for so long is assigned afresh: after brokers were lost and leaders
/// moved, librdkafka stopped fetching some partitions without an error.
const QUIET: Duration = Duration::from_secs(8);

/// The consumer's state in one partition.
struct PartitionState {
    /// The next offset it gives, if known.
    position: Option<u64>,
    paused: bool,
    /// When the position last moved, or the partition was assigned afresh.
    moved: Instant,
}

/// A reader.
pub(crate) struct KafkaReader {
    settings: KafkaSettings,
    consumer: BaseConsumer<Quiet>,
    states: BTreeMap<TopicPartition, PartitionState>,
}

impl KafkaReader {
    /// A reader with nothing assigned yet.
    pub(crate) fn new(settings: KafkaSettings) -> Result<Self> {
        let consumer = settings.create(&settings.reader(), Quiet)?;
        Ok(Self { settings, consumer, states: BTreeMap::new() })
    }

    /// One that is shown aborted records too.
    pub(crate) fn uncommitted(settings: KafkaSettings) -> Result<Self> {
        let mut config = settings.reader();
        config.set("isolation.level", "read_uncommitted");
        let consumer = settings.create(&config, Quiet)?;
        Ok(Self { settings, consumer, states: BTreeMap::new() })
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

    /// Makes the consumer read the due partitions from their offsets, and no others.
    fn turn_to(&mut self, due: &[(TopicPartition, u64)]) -> Result<()> {
        let there = |(tp, from): &(TopicPartition, u64)| {
            let state = self.states.get(tp);
            state.is_some_and(|state| !state.paused && state.position == Some(*from))
        };
        let reading = self.states.values().filter(|state| !state.paused).count();
        if reading == due.len() && due.iter().all(there) {
            return Ok(());
        }
        let wanted: BTreeSet<&TopicPartition> = due.iter().map(|(tp, _)| tp).collect();
        let mut fresh = Vec::new();
        let (mut resumed, mut moved, mut paused) = (Vec::new(), Vec::new(), Vec::new());
        for place in due {
            match self.states.get(&place.0) {
                None => fresh.push(place.clone()),
                Some(state) => {
                    if state.paused {
                        resumed.push(place.clone());
                    }
                    if state.position != Some(place.1) {
                        moved.push(place.clone());
                    }
                }
            }
        }
        for (tp, state) in &self.states {
            if !state.paused && !wanted.contains(tp) {
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
            self.states.entry(tp.clone()).and_modify(|state| state.paused = true);
        }
        for (tp, from) in due {
            let still = |state: &&PartitionState| !state.paused && state.position == Some(*from);
            let moved = self.states.get(tp).filter(still).map_or_else(Instant::now, |s| s.moved);
            let state = PartitionState { position: Some(*from), paused: false, moved };
            self.states.insert(tp.clone(), state);
        }
        Ok(())
    }

    /// Moves partitions to other offsets. Those in which librdkafka cannot seek yet, such as ones
    /// just assigned, are unassigned and assigned again.
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

    /// Assigns afresh the due partitions that have not moved for long.
    fn wake(&mut self, due: &[(TopicPartition, u64)]) -> Result<()> {
        let quiet = self.quiet(due, Instant::now());
        if quiet.is_empty() { Ok(()) } else { self.assign_afresh(&quiet) }
    }

    /// The partitions of `due` that have not moved for long, each named once in that time.
    fn quiet(&mut self, due: &[(TopicPartition, u64)], now: Instant) -> Vec<(TopicPartition, u64)> {
        let mut quiet = Vec::new();
        for place in due {
            if let Some(state) = self.states.get_mut(&place.0)
                && now.duration_since(state.moved) > QUIET
            {
                state.moved = now;
                quiet.push(place.clone());
            }
        }
        quiet
    }

    /// Takes the fetched records, waiting for the first one only.
    fn take(&mut self, max: usize, wait: Duration) -> Result<Vec<(TopicPartition, Record)>> {
        let deadline = Instant::now() + wait;
        let mut taken: Vec<(TopicPartition, Record)> = Vec::new();
        let mut bytes = 0;
        while taken.len() < max && bytes < POLL_BYTES {
            // Whole milliseconds, because rdkafka spins through a fraction of one.
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

    /// A record's partition, sharing the name of a known one instead of copying it. Records come in
    /// runs of one partition.
    fn place(
        &self,
        message: &BorrowedMessage<'_>,
        last: Option<&TopicPartition>,
    ) -> TopicPartition {
        let topic = message.topic();
        let topic = topic.strip_prefix(&self.settings.prefix).unwrap_or(topic);
        let partition = message.partition() as u32;
        let named = |tp: &&TopicPartition| tp.partition == partition && &*tp.topic == topic;
        let known = last.filter(named).or_else(|| self.states.keys().find(named));
        known.cloned().unwrap_or_else(|| TopicPartition::new(topic, partition))
    }

    /// Logs errors that librdkafka recovers from; returns the others.
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

    /// Forgets every assignment, so that the next poll starts afresh.
    fn start_over(&mut self) {
        self.states.clear();
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
        let reported: BTreeMap<(&str, i32), Offset> =
            elements.iter().map(|e| ((e.topic(), e.partition()), e.offset())).collect();
        let mut fetched = Vec::new();
        for (tp, from) in due {
            let records = records.remove(tp).unwrap_or_default();
            let name = self.settings.name(&tp.topic);
            let read = records.last().map_or(*from, |record| record.offset + 1);
            let position = match reported.get(&(name.as_str(), tp.partition as i32)) {
                Some(Offset::Offset(offset)) => unsigned(*offset).max(read),
                _ => read,
            };
            if let Some(state) = self.states.get_mut(tp) {
                state.position = Some(position);
                if position > *from {
                    state.moved = Instant::now();
                }
            }
            if position > *from {
                let records = records.into_iter().map(Into::into).collect();
                fetched.push(Fetched { tp: tp.clone(), records, position });
            }
        }
        // Records of a partition that is not due are dropped; it is sought again when due.
        for tp in records.keys() {
            self.states.entry(tp.clone()).and_modify(|state| state.position = None);
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
    let mut nulls = Nulls { value: message.payload().is_none(), ..Nulls::default() };
    let mut headers = Headers::default();
    for (name, value) in record_headers::headers(message) {
        if value.is_none() {
            nulls.headers.insert(headers.len());
        }
        headers.push(&name, &value.unwrap_or_default());
    }
    nulls.mark(&mut headers);
    Record {
        offset: unsigned(message.offset()),
        timestamp_ms: message.timestamp().to_millis().unwrap_or(0),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().unwrap_or_default().to_vec(),
        headers,
    }
}

#[cfg(test)]
mod tests;
