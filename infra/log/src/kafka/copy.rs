//! A yardstick for benches: how fast plain librdkafka copies one topic to another, with
//! idempotence and acknowledgement by all replicas, but without transactions, groups, committed
//! offsets or state. No role can be faster on the same broker.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use rdkafka::{Offset, TopicPartitionList};

use super::errors::{self, Place};
use super::settings::{KafkaSettings, Quiet, forward_log};
use crate::{ErrorClass, LogError, Result};

/// Records sent between two looks at acknowledgements.
const TURN: u64 = 512;
const PAUSE: Duration = Duration::from_millis(5);

/// How much was copied, and how fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Copied {
    /// Records acknowledged.
    pub records: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// From the first record read to the last one acknowledged; connecting is not counted.
    pub seconds: f64,
}

/// Copies the first `records` of `from`, in the order its partitions give them, to the same
/// partitions of `to`, with keys, headers and times. Fails where `from` has fewer.
pub fn copy_plainly(
    settings: &KafkaSettings,
    from: &str,
    to: &str,
    records: u64,
) -> Result<Copied> {
    let consumer: BaseConsumer<Quiet> = settings.create(&settings.plain_reader(), Quiet)?;
    let producer: BaseProducer<Acknowledged> =
        settings.create(&settings.plain_producer(), Acknowledged::default())?;
    consumer.assign(&whole(settings, &consumer, from)?).at(from)?;
    let to = settings.name(to);
    let mut copied = Copied { records: 0, bytes: 0, seconds: 0.0 };
    let mut begun = Instant::now();
    let mut idle_since: Option<Instant> = None;
    while copied.records < records {
        match consumer.poll(PAUSE) {
            Some(Ok(message)) => {
                if copied.records == 0 {
                    begun = Instant::now();
                }
                send(settings, &producer, &to, &message)?;
                copied.records += 1;
                copied.bytes += (message.payload_len() + message.key_len()) as u64;
                idle_since = None;
                if copied.records.is_multiple_of(TURN) {
                    producer.poll(Duration::ZERO);
                }
            }
            Some(Err(error)) => passing(errors::of(&error, from))?,
            None if idle_since.get_or_insert_with(Instant::now).elapsed() > settings.timeout => {
                let what =
                    format!("it has only {} of the {records} records to copy", copied.records);
                return Err(LogError::fatal(what, from, "write more records to it first"));
            }
            None => producer.poll(Duration::ZERO),
        }
    }
    wait_for_all(settings, &producer, &to, records)?;
    copied.seconds = begun.elapsed().as_secs_f64();
    Ok(copied)
}

/// Every partition of `topic`, from its beginning.
fn whole(
    settings: &KafkaSettings,
    consumer: &BaseConsumer<Quiet>,
    topic: &str,
) -> Result<TopicPartitionList> {
    let name = settings.name(topic);
    let metadata = consumer.fetch_metadata(Some(&name), settings.timeout).at(topic)?;
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
        list.add_partition_offset(&name, partition.id(), Offset::Beginning).at(topic)?;
    }
    match list.count() {
        0 => Err(LogError::no_topic(topic)),
        _ => Ok(list),
    }
}

fn send(
    settings: &KafkaSettings,
    producer: &BaseProducer<Acknowledged>,
    to: &str,
    message: &BorrowedMessage<'_>,
) -> Result<()> {
    let deadline = Instant::now() + settings.timeout;
    loop {
        let mut record = BaseRecord::<[u8], [u8]>::to(to).partition(message.partition());
        record.key = message.key();
        record.payload = message.payload();
        record.timestamp = message.timestamp().to_millis();
        record.headers = message.headers().map(BorrowedHeaders::detach);
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(Code::QueueFull), _))
                if Instant::now() < deadline =>
            {
                producer.poll(PAUSE);
            }
            Err((error, _)) => return Err(errors::of(&error, to)),
        }
    }
}

/// Waits until every record is acknowledged.
fn wait_for_all(
    settings: &KafkaSettings,
    producer: &BaseProducer<Acknowledged>,
    to: &str,
    records: u64,
) -> Result<()> {
    let deadline = Instant::now() + settings.timeout;
    while producer.in_flight_count() > 0 && Instant::now() < deadline {
        producer.poll(Duration::from_millis(1));
    }
    let acknowledged = producer.context();
    let failed = *acknowledged.failed.lock();
    match failed {
        Some(code) => Err(errors::of_code(code, to)),
        None if acknowledged.arrived.load(Ordering::Relaxed) < records => {
            Err(errors::of_code(Code::MessageTimedOut, to))
        }
        None => Ok(()),
    }
}

fn passing(error: LogError) -> Result<()> {
    match error.class {
        ErrorClass::Retry => Ok(()),
        _ => Err(error),
    }
}

/// Counts acknowledged records and keeps the first failure.
#[derive(Default)]
struct Acknowledged {
    arrived: AtomicU64,
    failed: Mutex<Option<Code>>,
}

impl ClientContext for Acknowledged {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        forward_log(level, facility, message);
    }
}

impl ProducerContext for Acknowledged {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => {
                self.arrived.fetch_add(1, Ordering::Relaxed);
            }
            Err((error, _)) => {
                let code = error.rdkafka_error_code().unwrap_or(Code::Unknown);
                self.failed.lock().get_or_insert(code);
            }
        }
    }
}
