//! The log's types: partitions, records, batches, assignments.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Headers, LogError};

/// One partition of one topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The partition's number, from 0.
    pub partition: u32,
}

impl TopicPartition {
    /// The partition `partition` of `topic`.
    pub fn new(topic: impl Into<Arc<str>>, partition: u32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

impl Serialize for TopicPartition {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (&*self.topic, self.partition).serialize(to)
    }
}

impl<'de> Deserialize<'de> for TopicPartition {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (topic, partition) = <(String, u32)>::deserialize(from)?;
        Ok(Self::new(topic, partition))
    }
}

/// A record as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its place in the partition.
    pub offset: u64,
    /// The event's own time, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// The key, where it has one.
    pub key: Option<Vec<u8>>,
    /// The event's bytes.
    pub value: Vec<u8>,
    /// Names and values, in the order they were written.
    pub headers: Headers,
}

impl Record {
    /// Bytes of its key, value and headers in memory.
    pub fn bytes(&self) -> usize {
        self.key.as_ref().map_or(0, Vec::len) + self.value.len() + self.headers.size()
    }
}

/// A record to be written; the caller chooses the partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRecord {
    /// Where it goes.
    pub to: TopicPartition,
    /// The event's own time, in milliseconds since 1970; above 0, because Kafka reads 0 as "now"
    /// and refuses less.
    pub timestamp_ms: i64,
    /// The key, where it has one.
    pub key: Option<Vec<u8>>,
    /// The event's bytes.
    pub value: Vec<u8>,
    /// Names and values, kept in this order.
    pub headers: Headers,
}

impl NewRecord {
    /// Refuses a record that some home could not keep.
    pub(crate) fn check(&self) -> crate::Result<()> {
        if self.timestamp_ms > 0 {
            return Ok(());
        }
        Err(LogError::fatal(
            format!("a record's time must be after 1970, not {} ms", self.timestamp_ms),
            &self.to,
            "give the event its own time; older history cannot be kept on the log",
        ))
    }
}

/// The offsets a publish consumed of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumed {
    /// The partition read.
    pub tp: TopicPartition,
    /// The committed offset that the publish starts from; 0 where there is none.
    pub from: u64,
    /// The first offset not yet applied.
    pub next: u64,
}

/// Records and consumed offsets that are published together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// What is written, in order.
    pub records: Vec<NewRecord>,
    /// The offsets it was made from; committed for the member's group.
    pub consumed: Vec<Consumed>,
    /// A source's fence: ends that must not have moved. Ignored on Kafka, where the transactional
    /// id fences.
    pub expected_end: Vec<(TopicPartition, u64)>,
}

/// The ends of all partitions and the committed offsets of all groups at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Partitions that hold records, with their ends.
    pub ends: Vec<(TopicPartition, u64)>,
    /// Groups with the partitions they have committed offsets of.
    pub committed: Vec<(String, TopicPartition, u64)>,
}

/// The ends of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermarks {
    /// The first offset still there.
    pub low: u64,
    /// The end for readers of committed records.
    pub high: u64,
}

/// A topic that must exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: u32,
    /// Bytes of the largest batch it must take, where that is more than usual.
    pub largest: Option<u32>,
}

impl TopicSpec {
    /// A topic of records below 1 MB.
    pub fn new(name: impl Into<String>, partitions: u32) -> Self {
        Self { name: name.into(), partitions, largest: None }
    }
}

/// A setting of an existing topic that differs from the one asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicMismatch {
    /// The topic.
    pub topic: String,
    /// The setting's name.
    pub setting: String,
    /// What was asked for.
    pub expected: String,
    /// What the topic has.
    pub found: String,
    /// What would change it.
    pub remedy: String,
}

impl TopicMismatch {
    /// Whether the cluster removes records because of it.
    pub fn removes_records(&self) -> bool {
        matches!(&*self.setting, "cleanup.policy" | "retention.ms" | "retention.bytes")
    }

    /// Another partition count, which cannot change after the first event.
    pub(crate) fn partitions(spec: &TopicSpec, found: u32) -> Self {
        Self {
            topic: spec.name.clone(),
            setting: "partitions".to_string(),
            expected: spec.partitions.to_string(),
            found: found.to_string(),
            remedy: "set `partitions` to the topic's count, or begin another run: with another \
                     count keys would move"
                .to_string(),
        }
    }
}

impl fmt::Display for TopicMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, setting, expected, found, remedy } = self;
        write!(f, "{topic}: {setting} is {found}, not {expected}; {remedy}")
    }
}

/// A topic that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicInfo {
    /// Its name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: u32,
}

/// The partition numbers a member holds, the same of all its topics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Grows at every change; comparable only within one member.
    pub generation: u64,
    /// The partition numbers.
    pub partitions: BTreeSet<u32>,
}
