//! How the clients of this program are configured, in one place.
//!
//! Memory is bounded by the queue sizes here, whatever the cluster does:
//!
//! | what | most |
//! |---|---|
//! | a reader | 16 MiB of values queued and, a broker, one answer of 16 MiB under way; records on their way to the caller 4 MiB, headers and keys with them |
//! | a producer | 64 MiB; a publish beyond that waits, and ends after `timeout` |
//! | a member | 1 MiB: what it is given is paused and read by a reader |
//!
//! In librdkafka's queues headers, keys and its own accounts come on top, about 1 KiB a record of
//! this program's. Nothing else
//! collects: a role reads on only when what it read is published, and while no broker answers
//! it waits with nothing in hand. Errors queued by clients that only ask are taken out at each
//! question.

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

/// librdkafka makes and clears zstd's tables anew for each batch of a partition, which has a few
/// records where events come one by one. At its default, level 3, the 99th percentile of an event from
/// scan to prediction was 92 to 193 ms (`bench pipeline`, three runs in turn), at this 78 to 88.
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
    /// Stands before every topic, group and transactional id of the run.
    pub prefix: String,
    /// librdkafka properties passed through to every client; they come last and win. Those that
    /// [`reserved`](super::reserved) names are refused where a user may set some.
    pub extra: BTreeMap<String, String>,
    /// Copies of each partition of a new topic; none leaves it to the brokers.
    pub replication: Option<u32>,
    /// How groups share partitions.
    pub group_protocol: GroupProtocol,
    /// How long one request may take.
    pub timeout: Duration,
    /// What the clients made of these settings know together.
    pub(super) outage: Outage,
}

/// The properties may hold secrets, so only their names are told.
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

    /// The name in the cluster of what the run calls `name`.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The config of a client that asks about the cluster.
    pub(crate) fn asker(&self) -> ClientConfig {
        self.config(&[("isolation.level", "read_committed"), ("enable.auto.commit", "false")])
    }

    /// The config of a reader. A fetch that waits at the broker delays partitions that
    /// have become due meanwhile, so it does not wait long; the queue is kept small because
    /// what is not due any more is thrown away.
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

    /// The config of a member of `group`. With the new protocol the broker decides on
    /// sessions and heartbeats.
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
            // A transaction's offsets are refused while the one before is still being ended, for a
            // few milliseconds; librdkafka's own 100 were the longest waits of all. It grows to
            // retry.backoff.max.ms, a second, while a broker is away.
            ("retry.backoff.ms", "5"),
            // The topic decides; only the largest may come near to it.
            ("message.max.bytes", "4194304"),
            ("queue.buffering.max.kbytes", "65536"),
            // Sending offsets waits without end where the group's coordinator has left the cluster
            // (librdkafka issue 5511), until any connection changes. So idle ones are let go: the
            // wait ends after 4 to 6 seconds, before the transaction times out.
            ("connections.max.idle.ms", "6000"),
        ])
    }

    /// What a producer and a reader of these settings are given, for a report: by the one's properties
    /// where both have one.
    pub fn own_properties(&self) -> BTreeMap<String, String> {
        let (reader, producer) = (self.reader(), self.producer(""));
        let all = reader.config_map().into_iter().chain(producer.config_map());
        all.map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    /// The config of the yardstick's consumer: librdkafka's own choices, no group.
    pub(crate) fn plain_reader(&self) -> ClientConfig {
        self.config(&[
            ("group.id", &self.name("yardstick")),
            ("enable.auto.commit", "false"),
            ("auto.offset.reset", "error"),
        ])
    }

    /// The config of the yardstick's producer: as safe as ours but for the transaction.
    pub(crate) fn plain_producer(&self) -> ClientConfig {
        self.config(&[
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("compression.type", "zstd"),
            ("compression.level", ZSTD_LEVEL),
        ])
    }

    /// Says once for all clients that no broker is left.
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
        // A cluster that comes back is found within this, not within ten seconds.
        config.set("reconnect.backoff.max.ms", "2000");
        for (key, value) in pairs {
            config.set(*key, *value);
        }
        for (key, value) in &self.extra {
            config.set(key, value);
        }
        // Whoever asks librdkafka for more is to see it.
        if self.extra.contains_key("debug") {
            config.set_log_level(RDKafkaLogLevel::Debug);
        }
        config
    }
}

/// Sends librdkafka's own log where ours goes. Connections and transactions that fail are told
/// there by every client; what comes of them is in the errors and in [`Outage`].
pub(crate) fn say(level: RDKafkaLogLevel, facility: &str, message: &str) {
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

/// The context of a client that only asks or reads.
#[derive(Debug, Clone)]
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        say(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
    }
}

impl ConsumerContext for Quiet {}

#[cfg(test)]
mod tests;
