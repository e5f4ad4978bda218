//! How the clients of this program are configured, in one place.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;

use super::errors::Place;
use crate::Result;

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
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    /// Addresses of some brokers, `host:port` separated by commas.
    pub brokers: String,
    /// Stands before every topic, group and transactional id of the run.
    pub prefix: String,
    /// librdkafka properties passed through to every client; they come last and win.
    pub extra: BTreeMap<String, String>,
    /// Copies of each partition of a new topic; none leaves it to the brokers.
    pub replication: Option<u32>,
    /// How groups share partitions.
    pub group_protocol: GroupProtocol,
    /// How long one request may take.
    pub timeout: Duration,
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
    /// have become due meanwhile, so it waits briefly; the queue is kept small because
    /// what is not due any more is thrown away.
    pub(crate) fn reader(&self) -> ClientConfig {
        self.config(&[
            ("group.id", &self.name("reader")),
            ("isolation.level", "read_committed"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"),
            ("fetch.wait.max.ms", "10"),
            ("fetch.queue.backoff.ms", "5"),
            ("queued.max.messages.kbytes", "16384"),
        ])
    }

    /// The config of a member of `group`. With the new protocol the broker decides on
    /// sessions and heartbeats.
    pub(crate) fn member(&self, group: &str, instance: &str, classic: bool) -> ClientConfig {
        let mut config = self.config(&[
            ("group.id", &self.name(group)),
            ("client.id", instance),
            ("isolation.level", "read_committed"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"),
        ]);
        let protocol: &[(&str, &str)] = match classic {
            true => &[
                ("partition.assignment.strategy", "range"),
                ("session.timeout.ms", "6000"),
                ("heartbeat.interval.ms", "2000"),
            ],
            false => &[("group.protocol", "consumer"), ("group.remote.assignor", "range")],
        };
        for (key, value) in protocol {
            if !self.extra.contains_key(*key) {
                config.set(*key, *value);
            }
        }
        config
    }

    /// The config of a transactional producer.
    pub(crate) fn producer(&self, transactional_id: &str) -> ClientConfig {
        self.config(&[
            ("transactional.id", &self.name(transactional_id)),
            ("transaction.timeout.ms", "10000"),
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("compression.type", "zstd"),
            ("linger.ms", "1"),
        ])
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
        for (key, value) in pairs {
            config.set(*key, *value);
        }
        for (key, value) in &self.extra {
            config.set(key, value);
        }
        config
    }
}

/// Sends librdkafka's own log where ours goes.
pub(crate) fn say(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
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
        tracing::warn!(%error, reason, "kafka");
    }
}

impl ConsumerContext for Quiet {}
