//! Between events and the log's records, and which partition an event belongs on.

use eventlog::{ErrorClass, LogError, NewRecord, Record, TopicPartition};
use schemas::codec::{self, DecodeError, EncodeError};
use schemas::{Body, Event, Topic, headers, partition_of};

/// The partition of `event` where data topics have `partitions`.
pub fn partition(event: &Event, partitions: u32) -> u32 {
    match event.body.marker() {
        Some(marker) => u32::try_from(marker.partition).unwrap_or(0),
        None if event.topic().single() => 0,
        None => partition_of(&event.ticker, partitions),
    }
}

/// A partition of a topic.
pub fn place(topic: Topic, partition: u32) -> TopicPartition {
    TopicPartition::new(topic.name(), partition)
}

/// The record that carries `event`, written by `role`.
pub fn record(event: &Event, partitions: u32, role: &str) -> Result<NewRecord, EncodeError> {
    let mut head = headers::write(event, role);
    if let Body::DeadLetters(schemas::events::DeadLetters::EventRejected(letter)) = &event.body {
        head.extend(headers::dead_letter(letter));
    }
    Ok(NewRecord {
        to: place(event.topic(), partition(event, partitions)),
        timestamp_ms: event.day.close_ms(),
        key: (!event.ticker.is_empty()).then(|| event.ticker.clone().into_bytes()),
        value: codec::encode(event)?,
        headers: head,
    })
}

/// The event a record of `topic` carries.
pub fn event(topic: Topic, record: &Record) -> Result<Event, DecodeError> {
    let mut event = codec::decode(topic, &record.value)?;
    headers::read(&mut event, &record.headers);
    Ok(event)
}

/// The log does not know a topic that is there.
pub(crate) fn not_known(topic: &str) -> LogError {
    LogError::new(ErrorClass::Retry, "the log does not know the topic", topic, "it is tried again")
}

/// A poll gave nothing although the log holds more: to be tried again, never to be taken for
/// the end.
pub fn gave_nothing(place: &TopicPartition) -> LogError {
    let what = "the log gave nothing in time, though it holds more";
    LogError::new(ErrorClass::Retry, what, place.to_string(), "it is tried again")
}

/// What was published is still hidden from readers. It is not to be said again.
pub(crate) fn not_shown(place: &TopicPartition, offset: u64) -> LogError {
    let what = format!("what was written at offset {offset} is not shown to readers yet");
    let remedy = "it stands behind a transaction that has not ended; look again in a moment";
    LogError::new(ErrorClass::Retry, what, place.to_string(), remedy)
}
