//! Events as records of the log, and the partition of each event.

use eventlog::{ErrorClass, Headers, LogError, NewRecord, Record, TopicPartition};
use schemas::codec::{self, DecodeError, EncodeError};
use schemas::events::Bars;
use schemas::{Body, Event, Topic, headers, partition_of};

/// The partition of `event` where data topics have `partitions`.
pub fn partition(event: &Event, partitions: u32) -> u32 {
    let named = match &event.body {
        Body::Bars(Bars::IndexLoaded(index)) => Some(index.partition),
        body => body.marker().map(|marker| marker.partition),
    };
    match named {
        Some(partition) => u32::try_from(partition).unwrap_or(0),
        None if event.topic().single() => 0,
        None => partition_of(&event.ticker, partitions),
    }
}

/// The partition `partition` of `topic`.
pub fn place(topic: Topic, partition: u32) -> TopicPartition {
    TopicPartition::new(topic.name(), partition)
}

/// The record that carries `event`, written by `role`.
pub fn record(event: &Event, partitions: u32, role: &str) -> Result<NewRecord, EncodeError> {
    let mut head = Headers::default();
    let mut header = |name: &str, value: &[u8]| head.push(name, value);
    headers::write(event, role, &mut header);
    if let Body::DeadLetters(schemas::events::DeadLetters::EventRejected(letter)) = &event.body {
        headers::dead_letter(letter, &mut header);
    }
    Ok(NewRecord {
        to: place(event.topic(), partition(event, partitions)),
        timestamp_ms: schemas::close_ms(event.day),
        key: (!event.ticker.is_empty()).then(|| event.ticker.clone().into_bytes()),
        value: codec::encode(event)?,
        headers: head,
    })
}

/// The header value by which a record names `role` as its writer.
pub(crate) fn writer(role: &str) -> String {
    format!("/butterquant/{role}")
}

/// Whether `writer` wrote the record.
pub(crate) fn is_by(record: &Record, writer: &str) -> bool {
    record.headers.get("ce_source") == Some(writer.as_bytes())
}

/// The event in a record of `topic`.
pub fn event(topic: Topic, record: &Record) -> Result<Event, DecodeError> {
    let mut event = codec::decode(topic, &record.value)?;
    headers::read(&mut event, record.headers.iter());
    Ok(event)
}

/// The log does not know an existing topic yet.
pub(crate) fn not_known(topic: &str) -> LogError {
    LogError::new(ErrorClass::Retry, "the log does not know the topic", topic, "it is tried again")
}

/// A poll gave nothing though the log holds more: to be tried again, never taken for the end.
pub(crate) fn gave_nothing(place: &TopicPartition) -> LogError {
    let what = "the log gave nothing in time, though it holds more";
    LogError::new(ErrorClass::Retry, what, place.to_string(), "it is tried again")
}

/// A published record that readers cannot see yet. It must not be published again.
pub(crate) fn not_shown(place: &TopicPartition, offset: u64) -> LogError {
    let what = format!("readers cannot see the record written at offset {offset} yet");
    let remedy = "an earlier transaction is still open; look again in a moment";
    LogError::new(ErrorClass::Retry, what, place.to_string(), remedy)
}
