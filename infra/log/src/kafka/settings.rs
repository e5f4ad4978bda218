//! The configuration of every Kafka client of this program.
//!
//! Memory is bounded by the queue sizes here, whatever the cluster does:
//!
//! | what | most |
//! |---|---|
//! | a reader | 16 MiB of queued values and, per broker, one answer of 16 MiB in flight; 4 MiB of records handed to the caller, headers and keys included |
//! | a producer | 64 MiB; a larger publish waits, and fails after `timeout` |
//! | a member | 1 MiB: its partitions are paused, a reader reads them |
//!
//! Headers, keys and librdkafka's own bookkeeping add about 1 KiB for each queued record of this
//! program. Nothing else piles up: a role reads on only after publishing what it has read, and
//! while no broker answers it waits with nothing in hand. Each query empties the queue of errors
//! of its client.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use super::errors::Place;
use super::outage::Outage;
use crate::Result;

/// librdkafka allocates and clears zstd's tables for each batch of a partition, and a batch is a few
/// records where events come one by one. From scan to prediction the 99th percentile of an event was
/// 92 to 193 ms at the default, level 3 (`bench pipeline`, three runs each, in turn), 78 to 88 at this.
const ZSTD_LEVEL: &str = "1";

/// How members of a group agree on who reads what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupProtocol {
    /// The new protocol where the brokers have it, the classic one otherwise.
    #[default]
    Auto,
    /// The new protocol (KIP-848), assigned by the broker.
    Consumer,
    /// The classic protocol, assigned by a member.
    Classic,
}

/// Where the cluster is and how to use it.
#[derive(Clone)]
pub struct KafkaSettings {
    /// Addresses of some brokers, `host:port` separated by commas.
    pub brokers: String,
    /// Precedes the name of every topic, group and transactional id of the run.
    pub prefix: String,
    /// librdkafka properties passed to every client; they override all others. The configuration
    /// refuses those that [`reserved`](super::reserved) names.
    pub extra: BTreeMap<String, String>,
    /// Copies of each partition of a new topic; `None` leaves it to the brokers.
    pub replication: Option<u32>,
    /// How groups share partitions.
    pub group_protocol: GroupProtocol,
    /// How long one request may take.
    pub timeout: Duration,
    /// Shared by all clients with these settings.
    pub(super) outage: Outage,
}

/// Shows only the names of the properties, whose values may be secrets.
impl fmt::Debug for KafkaSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { brokers, prefix, extra, replication, group_protocol, timeout, outage: _ } = self;
        f.debug_struct("KafkaSettings")
            .field("brokers", brokers)
            .field("prefix", prefix)
            .field("extra", &extra.keys())
            .field("replication", replication)
            .field("group_protocol", group_protocol)
            .field("timeout", timeout)
            .finish()
    }
}

impl KafkaSettings {
    /// The usual settings for the cluster at `brokers`.
    pub fn new(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            prefix: String::new(),
            extra: BTreeMap::new(),
            replication: None,
            group_protocol: GroupProtocol::Auto,
            timeout: Duration::from_secs(15),
            outage: Outage::default(),
        }
    }

    /// The cluster's name for the run's `name`.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The config of a client that only asks questions.
    pub(crate) fn query_client(&self) -> ClientConfig {
        self.config(&[("isolation.level", "read_committed"), ("enable.auto.commit", "false")])
    }

    /// The config of a reader. A fetch waits at the broker only briefly, as it would delay
    /// partitions that become due in the meantime; the queue is small, as records that are no
    /// longer due are thrown away.
    pub(crate) fn reader(&self) -> ClientConfig {
        self.config(&[
            ("group.id", &self.name("reader")),
            ("isolation.level", "read_committed"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"),
            ("fetch.wait.max.ms", "50"),
            ("fetch.queue.backoff.ms", "5"),
            ("queued.max.messages.kbytes", "16384"),
        ])
    }

    /// The config of a member of `group`. With the new protocol the broker sets sessions and
    /// heartbeats.
    pub(crate) fn member(&self, group: &str, instance: &str, classic: bool) -> ClientConfig {
        let group = self.name(group);
        let mut pairs = vec![
            ("group.id", group.as_str()),
            ("client.id", instance),
            ("isolation.level", "read_committed"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"),
            ("queued.max.messages.kbytes", "1024"),
        ];
        let protocol: &[(&str, &str)] = match classic {
            true => &[
                ("partition.assignment.strategy", "range"),
                ("session.timeout.ms", "6000"),
                ("heartbeat.interval.ms", "2000"),
            ],
            false => &[("group.protocol", "consumer"), ("group.remote.assignor", "range")],
        };
        pairs.extend(protocol);
        self.config(&pairs)
    }

    /// The config of a transactional producer.
    pub(crate) fn producer(&self, transactional_id: &str) -> ClientConfig {
        self.config(&[
            ("transactional.id", &self.name(transactional_id)),
            ("transaction.timeout.ms", "10000"),
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("compression.type", "zstd"),
            ("compression.level", ZSTD_LEVEL),
            ("linger.ms", "0.2"),
            // The coordinator refuses a transaction's offsets for a few milliseconds, until it has
            // ended the one before; librdkafka's default of 100 made these the longest waits of all.
            // The backoff grows to retry.backoff.max.ms, a second, while a broker is away.
            ("retry.backoff.ms", "5"),
            // The topic's own limit decides; only the largest topic comes near this.
            ("message.max.bytes", "4194304"),
            ("queue.buffering.max.kbytes", "65536"),
            // Where the group's coordinator has left the cluster, sending offsets waits until any
            // connection changes (librdkafka issue 5511). Closing idle connections ends that wait
            // after 4 to 6 seconds, before the transaction times out.
            ("connections.max.idle.ms", "6000"),
        ])
    }

    /// The properties of a producer and a reader with these settings, for a report; the producer's
    /// value where both have one.
    pub fn own_properties(&self) -> BTreeMap<String, String> {
        let (reader, producer) = (self.reader(), self.producer(""));
        let all = reader.config_map().into_iter().chain(producer.config_map());
        all.map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    /// The config of the yardstick's consumer: librdkafka's defaults, no group.
    pub(crate) fn plain_reader(&self) -> ClientConfig {
        self.config(&[
            ("group.id", &self.name("yardstick")),
            ("enable.auto.commit", "false"),
            ("auto.offset.reset", "error"),
        ])
    }

    /// The config of the yardstick's producer: as safe as ours, without transactions.
    pub(crate) fn plain_producer(&self) -> ClientConfig {
        self.config(&[
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("compression.type", "zstd"),
            ("compression.level", ZSTD_LEVEL),
        ])
    }

    /// Reports, once for all clients, that no broker is left.
    pub(crate) fn note(&self, error: &KafkaError) {
        if error.rdkafka_error_code() == Some(Code::AllBrokersDown) {
            self.outage.began(&self.brokers);
        }
    }

    /// A client of `config`.
    pub(crate) fn create<C: ClientContext, T: FromClientConfigAndContext<C>>(
        &self,
        config: &ClientConfig,
        context: C,
    ) -> Result<T> {
        config.create_with_context(context).at(&self.brokers)
    }

    fn config(&self, pairs: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers);
        config.set("client.id", "butterquant");
        // A returning cluster is found within two seconds; the default is ten.
        config.set("reconnect.backoff.max.ms", "2000");
        for (key, value) in pairs {
            config.set(*key, *value);
        }
        for (key, value) in &self.extra {
            config.set(key, value);
        }
        // A user who sets `debug` wants to see its lines.
        if self.extra.contains_key("debug") {
            config.set_log_level(RDKafkaLogLevel::Debug);
        }
        config
    }
}

/// Forwards librdkafka's log to ours. Every client logs failed connections and transactions; the
/// errors and [`Outage`] report what matters of them.
pub(super) fn forward_log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        _ if matches!(facility, "FAIL" | "TXNERR") => tracing::debug!(facility, "{message}"),
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error => tracing::error!(facility, "{message}"),
        RDKafkaLogLevel::Warning => tracing::warn!(facility, "{message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!(facility, "{message}"),
        RDKafkaLogLevel::Debug => tracing::debug!(facility, "{message}"),
    }
}

/// The context of a client that only queries or reads.
#[derive(Debug, Clone)]
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        forward_log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
    }
}

impl ConsumerContext for Quiet {}

#[cfg(test)]
mod tests;
