//! Publishes batches as transactions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::deliveries::{Deliveries, failure};
use super::errors::{self, Place};
use super::member::KafkaMember;
use super::partitions::partition_list;
use super::settings::KafkaSettings;
use crate::membership::foreign_member;
use crate::{Batch, ErrorClass, LogError, Member, NewRecord, Nulls, Producer, Result};

const PAUSE: Duration = Duration::from_millis(20);
/// Pause between two looks at deliveries. rdkafka's poll spins through a timeout below two
/// milliseconds, which costs a core while a transaction waits.
const TURN: Duration = Duration::from_micros(300);

/// A transactional producer.
pub(crate) struct KafkaProducer {
    settings: KafkaSettings,
    id: String,
    producer: BaseProducer<Deliveries>,
    /// Partitions of the topics written to so far.
    counts: BTreeMap<Arc<str>, u32>,
    ended: Option<LogError>,
}

impl KafkaProducer {
    /// Opens a producer: fences an older one of the same id and ends its open transaction.
    pub(crate) fn open(settings: KafkaSettings, id: &str) -> Result<Self> {
        let producer: BaseProducer<Deliveries> =
            settings.create(&settings.producer(id), Deliveries::default())?;
        let deadline = Instant::now() + settings.timeout;
        // Just after the cluster has started, its coordinator is still loading.
        while let Err(error) = producer.init_transactions(settings.timeout) {
            let error = errors::of(&error, id);
            if error.class != ErrorClass::Retry || Instant::now() > deadline {
                return Err(error);
            }
            thread::sleep(PAUSE);
        }
        Ok(Self { settings, id: id.to_string(), producer, counts: BTreeMap::new(), ended: None })
    }

    /// Waits until every record is acknowledged or failed. rdkafka's own flush looks only ten
    /// times a second.
    fn deliver(&self) -> Result<()> {
        let deadline = Instant::now() + self.settings.timeout;
        while self.producer.in_flight_count() > 0 {
            if Instant::now() > deadline {
                return Err(errors::of_code(Code::MessageTimedOut, &self.id));
            }
            self.producer.poll(Duration::ZERO);
            if self.producer.in_flight_count() > 0 {
                thread::sleep(TURN);
            }
        }
        Ok(())
    }

    /// Refuses a record for a missing partition, which librdkafka would hold until it times out.
    fn check(&mut self, record: &NewRecord) -> Result<()> {
        record.check()?;
        let tp = &record.to;
        if self.counts.get(&tp.topic).is_some_and(|count| tp.partition < *count) {
            return Ok(());
        }
        let name = self.settings.name(&tp.topic);
        let found = self.producer.client().fetch_metadata(Some(&name), self.settings.timeout);
        let found = found.at(tp)?;
        let topic = found.topics().first();
        // A missing right or leader is reported as such, not as a missing topic.
        if let Some(code) = topic.and_then(|topic| topic.error()).map(Code::from)
            && !matches!(code, Code::UnknownTopicOrPartition | Code::UnknownTopic)
        {
            return Err(errors::of_code(code, tp));
        }
        let count = topic.map_or(0, |topic| topic.partitions().len() as u32);
        self.counts.insert(Arc::clone(&tp.topic), count);
        match tp.partition < count {
            true => Ok(()),
            false if count == 0 => Err(LogError::no_topic(&tp.topic)),
            false => Err(LogError::no_partition(tp)),
        }
    }

    fn send_all(&self, batch: &Batch, member: Option<&KafkaMember>) -> Result<Vec<u64>> {
        self.producer.context().begin(batch.records.len());
        for index in 0..batch.records.len() {
            if let Err(refused) = self.send(index, &batch.records) {
                // librdkafka can abort only after the records before it are acknowledged or failed.
                let _ = self.deliver();
                return Err(refused);
            }
        }
        // Offsets travel to the coordinator while records travel to their partitions.
        let committed = match member {
            Some(member) => self.send_offsets(batch, member),
            None => Ok(()),
        };
        self.deliver()?;
        // A lost place in the group is the cause to report; that its records were purged follows.
        if let Err(lost) = &committed
            && matches!(lost.class, ErrorClass::Fenced | ErrorClass::Rebalanced)
        {
            return Err(lost.clone());
        }
        let offsets = self.producer.context().outcome(&batch.records)?;
        committed.map(|()| offsets)
    }

    fn send_offsets(&self, batch: &Batch, member: &KafkaMember) -> Result<()> {
        let next = |c: &crate::Consumed| {
            (c.tp.clone(), Offset::Offset(i64::try_from(c.next).unwrap_or(i64::MAX)))
        };
        let list = partition_list(&self.settings, batch.consumed.iter().map(next))?;
        let deadline = Instant::now() + self.settings.timeout;
        self.again_until(deadline, || {
            let metadata = member.metadata()?;
            let timeout = self.settings.timeout;
            Ok(self.producer.send_offsets_to_transaction(&list, &metadata, timeout))
        })
    }

    fn send(&self, index: usize, records: &[NewRecord]) -> Result<()> {
        let record = &records[index];
        let topic = self.settings.name(&record.to.topic);
        let deadline = Instant::now() + self.settings.timeout;
        loop {
            let (nulls, kept) = Nulls::of(&record.headers);
            let none = OwnedHeaders::new_with_capacity(kept.len().max(1));
            let headers = kept.enumerate().fold(none, |headers, (at, (key, value))| {
                let value = (!nulls.headers.contains(&at)).then_some(value);
                headers.insert(Header { key, value })
            });
            let mut message = BaseRecord::with_opaque_to(&topic, index)
                .partition(record.to.partition as i32)
                .timestamp(record.timestamp_ms)
                .headers(headers);
            message.key = record.key.as_ref();
            message.payload = (!nulls.value).then_some(&record.value);
            match self.producer.send(message) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(Code::QueueFull), _))
                    if Instant::now() < deadline =>
                {
                    self.producer.poll(PAUSE);
                }
                Err((KafkaError::MessageProduction(code), _)) => {
                    return Err(failure(code, index, records));
                }
                Err((error, _)) => return Err(errors::of(&error, &record.to)),
            }
        }
    }

    /// Repeats a transactional call until it succeeds or may not be repeated.
    fn again_until(
        &self,
        deadline: Instant,
        mut call: impl FnMut() -> Result<std::result::Result<(), KafkaError>>,
    ) -> Result<()> {
        loop {
            let error = match call()? {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let again = matches!(&error, KafkaError::Transaction(e) if e.is_retriable());
            if !again || Instant::now() > deadline {
                return Err(errors::of(&error, &self.id));
            }
            thread::sleep(PAUSE);
        }
    }

    /// Commits; says whether the transaction is known not to have been committed.
    fn commit(&mut self) -> Result<()> {
        let deadline = Instant::now() + self.settings.timeout;
        loop {
            let Err(error) = self.producer.commit_transaction(self.settings.timeout) else {
                return Ok(());
            };
            let failed = errors::of(&error, &self.id);
            let KafkaError::Transaction(cause) = error else { return Err(self.doubt(failed)) };
            if cause.txn_requires_abort() {
                return Err(self.abort(failed));
            }
            if failed.class == ErrorClass::Fenced {
                return Err(self.end(failed));
            }
            if !cause.is_retriable() || Instant::now() > deadline {
                return Err(self.doubt(failed));
            }
            thread::sleep(PAUSE);
        }
    }

    /// Aborts the open transaction and returns the reason.
    fn abort(&mut self, reason: LogError) -> LogError {
        // Records purged by a fatal error do not name it.
        if let Some((code, what)) = self.producer.client().fatal_error() {
            return self.end(LogError { what, ..errors::of_code(code, &self.id) });
        }
        let deadline = Instant::now() + self.settings.timeout;
        let aborted = self
            .again_until(deadline, || Ok(self.producer.abort_transaction(self.settings.timeout)));
        match aborted {
            Ok(()) => reason,
            Err(error) if error.class == ErrorClass::Fenced => self.end(error),
            Err(error) => {
                tracing::info!(%error, "could not abort a transaction; the broker will time it out");
                self.end(reason)
            }
        }
    }

    /// Refuses every later publish.
    fn end(&mut self, error: LogError) -> LogError {
        let remedy = "open a new producer after reloading";
        self.ended = Some(LogError { remedy: remedy.to_string(), ..error.clone() });
        error
    }

    /// The outcome is unknown.
    fn doubt(&mut self, error: LogError) -> LogError {
        let remedy = "reload, look at the committed offsets and open a new producer";
        self.end(LogError { class: ErrorClass::Uncertain, remedy: remedy.to_string(), ..error })
    }
}

impl Producer for KafkaProducer {
    fn publish(&mut self, batch: Batch, member: Option<&dyn Member>) -> Result<Vec<u64>> {
        if let Some(ended) = &self.ended {
            return Err(ended.clone());
        }
        let member = match member {
            _ if batch.consumed.is_empty() => None,
            None => {
                return Err(LogError::fatal(
                    "offsets can only be committed by a member of a group",
                    &self.id,
                    "publish with the member whose group reads these partitions",
                ));
            }
            Some(member) => match member.as_any().downcast_ref::<KafkaMember>() {
                Some(own) => Some(own),
                None => return Err(foreign_member(member)),
            },
        };
        batch.records.iter().try_for_each(|record| self.check(record))?;
        if batch.records.is_empty() && member.is_none() {
            return Ok(Vec::new());
        }
        if let Err(error) = self.producer.begin_transaction() {
            let error = errors::of(&error, &self.id);
            return Err(if error.class == ErrorClass::Retry { error } else { self.end(error) });
        }
        match self.send_all(&batch, member) {
            Ok(offsets) => self.commit().map(|()| offsets),
            Err(error) => Err(self.abort(error)),
        }
    }
}
